#pragma once

#include <string>
#include <string_view>

#include "lostmail/report/summary.hpp"

namespace lostmail::report {

/// The same rows as a table: `section` says which of the report's tables a row is of.
[[nodiscard]] std::string csv_report(const Summary& summary);

/// One field by RFC 4180; what a spreadsheet would take for a formula gets an apostrophe before it.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace lostmail::report
