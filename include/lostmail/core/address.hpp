#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lostmail {

/// ASCII lower case; bytes from 0x80 up stay as they are.
[[nodiscard]] std::string to_lower(std::string_view text);
/// Whether to_lower() changes anything.
[[nodiscard]] bool has_upper(std::string_view text);

/// True where both are equal but for ASCII case.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right);

/// The address inside an SMTP path: outer angle brackets and a source route are taken off (RFC 5321
/// §4.1.1.3, Appendix C). The view lies in `path`.
[[nodiscard]] std::string_view strip_path(std::string_view path);

/// A mailbox (RFC 5321 §2.3.11). The local part keeps its own case and quotes, the domain is in
/// lower case (§2.4). A local part without a domain is kept too, since MTAs log what clients send;
/// `domain` is then empty.
class Mailbox {
 public:
  /// nullopt for the empty string alone. Bytes that no address may hold are kept: the log is the
  /// witness.
  [[nodiscard]] static std::optional<Mailbox> parse(std::string_view address);
  /// Becomes what parse() makes of `address`, which is not empty, in the room that it has.
  void assign(std::string_view address);

  [[nodiscard]] std::string_view local_part() const {
    return std::string_view(text_).substr(0, at_);
  }
  [[nodiscard]] std::string_view domain() const {
    return at_ == text_.size() ? std::string_view() : std::string_view(text_).substr(at_ + 1);
  }
  [[nodiscard]] const std::string& text() const { return text_; }  ///< local@domain

  friend bool operator==(const Mailbox&, const Mailbox&) = default;

 private:
  void find_domain();

  std::string text_;
  std::size_t at_ = 0;  ///< of the last '@', or the length
};

/// The envelope sender (RFC 5321 §4.1.1.2). The null reverse-path `<>` (§4.5.5) is a value of its
/// own.
class ReversePath {
 public:
  /// Takes `<>`, an empty text, `<a@b>` or `a@b`.
  [[nodiscard]] static ReversePath parse(std::string_view path);
  /// Becomes what parse() makes of `path`, in the room that it has.
  void assign(std::string_view path);

  [[nodiscard]] bool is_null() const { return !mailbox_; }
  [[nodiscard]] const std::optional<Mailbox>& mailbox() const { return mailbox_; }
  [[nodiscard]] std::string_view text() const {  ///< empty for the null reverse-path
    return mailbox_ ? std::string_view(mailbox_->text()) : std::string_view();
  }

  friend bool operator==(const ReversePath&, const ReversePath&) = default;

 private:
  std::optional<Mailbox> mailbox_;
};

}  // namespace lostmail
