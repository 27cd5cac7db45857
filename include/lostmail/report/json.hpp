#pragma once

#include <string>
#include <string_view>

#include "lostmail/core/event.hpp"

namespace lostmail::report {

/// One refusal as one line of JSON, without the newline; absent values are null. Bytes that are not
/// UTF-8 stand as `\ooo`.
void append_json(const Refusal& refusal, const Classification& is, std::string& out);

/// UTF-8 as it is; any other byte, and control characters, as Exim writes them: `\ooo`, `\n`.
[[nodiscard]] std::string printable(std::string_view bytes);

/// Sixteen hex digits.
[[nodiscard]] std::string hex_id(std::uint64_t id);

}  // namespace lostmail::report
