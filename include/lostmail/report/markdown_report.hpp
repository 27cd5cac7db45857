#pragma once

#include <string>
#include <string_view>

#include "lostmail/report/summary.hpp"

namespace lostmail::report {

/// For tickets and wikis: GitHub's Markdown.
[[nodiscard]] std::string markdown_report(const Summary& summary);

/// Text out of a log as a code span that stays within its table cell.
[[nodiscard]] std::string markdown_code(std::string_view text);

}  // namespace lostmail::report
