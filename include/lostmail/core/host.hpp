#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lostmail {

/// The one spelling of an IP address: IPv4 dotted, IPv6 by RFC 5952. Takes brackets, `IPv6:` and
/// all eight groups written out, as the MTAs log them; nullopt for any other text.
[[nodiscard]] std::optional<std::string> canonical_ip(std::string_view text);

/// An IPv6 address with all eight groups written out, as Sendmail has it: `2001:db8:0:0:0:0:0:20`.
/// Any other text as it is.
[[nodiscard]] std::string eight_groups(std::string_view ip);

/// The SMTP client of an inbound refusal (RFC 5321 §2.3.2).
struct ClientHost {
  std::string ip;                   ///< canonical; the only part that is a fact
  std::optional<std::string> name;  ///< from reverse DNS; Exim's is confirmed forward
  std::optional<std::string> helo;  ///< what the client called itself: a claim
  bool may_be_forged = false;       ///< Sendmail: the name does not resolve back to `ip`
};

/// Outbound: the server that refused. Inbound: the server that the callout asked.
struct RemoteHost {
  std::optional<std::string> name;
  std::optional<std::string> ip;
};

}  // namespace lostmail
