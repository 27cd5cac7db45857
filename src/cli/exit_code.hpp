#pragma once

namespace lostmail::cli {

/// What the program's exit status says; a script may rely on it.
enum class ExitCode : int {
  done = 0,
  nothing_found = 1,  ///< or a decision is waiting
  not_done = 2,
  partly_read = 3,  ///< done, but part of the input could not be read
};

}  // namespace lostmail::cli
