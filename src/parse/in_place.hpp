#pragma once

#include <string_view>

#include "lostmail/core/record.hpp"
#include "lostmail/parse/parse_line.hpp"

namespace lostmail::parse {

/// parse_exim() and parse_sendmail() where the record is to lie: it is large, and a log has many.
/// `record` is a fresh one.
void read_exim(std::string_view text, bool stamped, const Asked& asked, EximRecord& record);
void read_sendmail(std::string_view text, SendmailRecord& record);

}  // namespace lostmail::parse
