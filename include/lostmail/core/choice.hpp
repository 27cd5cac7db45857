#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lostmail/core/address.hpp"
#include "lostmail/core/result.hpp"

namespace lostmail {

/// Addresses that a question names: one (`alice@example.com`), all of a domain (`@example.com`), or
/// the null reverse-path (`<>`). Compared without regard to ASCII case, local parts too: people do
/// not remember how a client spelt them.
class AddressChoice {
 public:
  /// Takes the three forms, angle brackets around an address as well. Errors: invalid_argument.
  [[nodiscard]] static Result<AddressChoice> parse(std::string_view text);

  [[nodiscard]] bool matches(const Mailbox& mailbox) const { return matches(mailbox.text()); }
  [[nodiscard]] bool matches(const ReversePath& path) const { return matches(path.text()); }
  /// An address without brackets; empty is the null reverse-path.
  [[nodiscard]] bool matches(std::string_view address) const;

  [[nodiscard]] bool is_domain() const { return domain_; }
  /// Lower case: the address, or the domain without its '@'; empty for the null reverse-path.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool domain_ = false;
};

/// Hosts that a question names: an address (`192.0.2.7`), a network (`192.0.2.0/24`,
/// `2001:db8::/32`), or a name, which stands for the hosts below it too.
class HostChoice {
 public:
  /// Errors: invalid_argument.
  [[nodiscard]] static Result<HostChoice> parse(std::string_view text);

  /// `ip` in the spelling of canonical_ip(); both may be empty.
  [[nodiscard]] bool matches(std::string_view ip, std::string_view name) const;
  [[nodiscard]] bool matches_ip(std::string_view ip) const;
  [[nodiscard]] bool matches_name(std::string_view name) const;

  enum class Kind { address, network, name };
  [[nodiscard]] Kind kind() const { return kind_; }
  /// The address in its one spelling, the network's address, or the name in lower case.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Of the address that a network fixes.
  [[nodiscard]] int bits() const { return bits_; }

 private:
  Kind kind_ = Kind::name;
  std::string text_;
  std::string bytes_;  ///< of the network, in network byte order
  int bits_ = 0;
};

}  // namespace lostmail
