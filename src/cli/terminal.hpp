#pragma once

#include <string_view>

#include "cli/common.hpp"

namespace lostmail::cli {

/// True where standard output is a terminal that takes colours, and nobody said no to them
/// (--no-color, NO_COLOR, TERM=dumb).
[[nodiscard]] bool colors_wanted(const Globals& globals);

/// Width of the terminal, at least 40, at most 120; 80 where standard output is none.
[[nodiscard]] std::size_t terminal_columns();

/// Shows text: on a terminal that it overflows through the pager ($PAGER, else less), else as it
/// is. The pager is started without a shell. Errors: io_error.
[[nodiscard]] Result<void> show(std::string_view text);

}  // namespace lostmail::cli
