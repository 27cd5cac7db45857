#pragma once

#include <string>
#include <vector>

#include "cli/common.hpp"
#include "lostmail/report/summary.hpp"

namespace lostmail::cli {

/// Hands a report to the mail server, as text and HTML. Subject: `HOST: N mails lost yesterday`.
/// Errors: invalid_argument for an address, not_found or io_error where sendmail cannot be run or
/// fails.
[[nodiscard]] Result<void> mail_report(const report::Summary& summary,
                                       const std::vector<std::string>& to, const Globals& globals);

}  // namespace lostmail::cli
