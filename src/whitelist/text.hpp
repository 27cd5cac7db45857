#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lostmail/core/text.hpp"

namespace lostmail::whitelist {

/// Bytes of a log for a person's eyes and for comments: printable ASCII on one line. Other bytes
/// become `\ooo`, a text longer than `limit` bytes of output is cut and ends in `...`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 160);

/// `2026-11-24`, UTC.
[[nodiscard]] std::string date(std::int64_t utc_seconds);

}  // namespace lostmail::whitelist
