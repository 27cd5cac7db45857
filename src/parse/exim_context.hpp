#pragma once

#include <string_view>

namespace lostmail::parse {

/// True for the Exim lines that are understood and of no interest here: a closed list, no
/// catch-all. `text` begins behind time stamp, pid, message id and the client's fields.
[[nodiscard]] bool is_exim_context(std::string_view text);

}  // namespace lostmail::parse
