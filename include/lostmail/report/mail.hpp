#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/result.hpp"

namespace lostmail::report {

/// A report as a mail: text and HTML as alternatives of each other (RFC 2046 §5.1.4).
struct Mail {
  std::vector<std::string> to;  ///< addresses that check_recipient() passed
  std::string from;             ///< empty: the mail server fills it in
  std::string subject;          ///< made printable ASCII of one line
  std::string text;             ///< lines of at most 998 bytes of ASCII
  std::string html;
};

/// The message as `sendmail -t` takes it, with LF line ends.
[[nodiscard]] std::string mime_message(const Mail& mail);

/// Errors: invalid_argument for all that is not one plain `local@domain`, or a local user's name:
/// blanks, control characters, commas, quotes, brackets, a leading '-'.
[[nodiscard]] Result<void> check_recipient(std::string_view address);

}  // namespace lostmail::report
