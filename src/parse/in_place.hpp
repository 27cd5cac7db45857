#pragma once

#include <string_view>

#include "lostmail/core/record.hpp"
#include "lostmail/parse/parse_line.hpp"
#include "lostmail/parse/timestamp.hpp"

namespace lostmail::parse {

/// parse_exim() and parse_sendmail() where the record is to lie: it is large, and a log has many.
/// `record` is a fresh one. `stamps`: nullptr where the text begins behind the stamp.
void read_exim(std::string_view text, StampReader* stamps, const Asked& asked, EximRecord& record);
void read_sendmail(std::string_view text, SendmailRecord& record);

}  // namespace lostmail::parse
