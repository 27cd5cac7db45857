#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "lostmail/core/result.hpp"

namespace lostmail::replay {

/// A program to run: an argument vector, never a shell's line. The environment holds PATH and
/// LC_ALL alone.
struct Command {
  std::string program;  ///< a path, or a name that the usual folders hold
  std::vector<std::string> arguments;
  std::string input;  ///< for its standard input, which is then closed
  std::chrono::milliseconds limit{10'000};
  std::size_t most_output = 8 << 20;  ///< bytes of each stream; the rest is read and dropped
};

struct Output {
  int status = 0;          ///< exit status; 128 + signal where one ended it
  bool timed_out = false;  ///< it and its process group were killed
  std::string out, err;
};

/// Runs it to its end. Errors: not_found, permission_denied, io_error where it cannot be started.
[[nodiscard]] Result<Output> run(const Command& command);

/// The first of `programs` that exists and may be run: a path, or a name in the usual folders (also
/// those of an administrator: /usr/sbin). Empty where none does.
[[nodiscard]] std::string find_program(const std::vector<std::string>& programs);

}  // namespace lostmail::replay
