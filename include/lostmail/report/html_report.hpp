#pragma once

#include <string>
#include <string_view>

#include "lostmail/report/summary.hpp"

namespace lostmail::report {

/// One page that needs nothing beside itself: style, script and charts are in it, and its content
/// security policy forbids requests. Without script it is the same page, unsorted.
[[nodiscard]] std::string html_report(const Summary& summary);

/// `printable()` text as HTML text or attribute value.
[[nodiscard]] std::string html_text(std::string_view text);

}  // namespace lostmail::report
