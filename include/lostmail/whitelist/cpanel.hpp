#pragma once

#include <array>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"

/// The files of a stock cPanel that lift a check for a client (docs.cpanel.net, Exim Configuration
/// Manager, "Access Lists"). None of them takes a sender.
namespace lostmail::whitelist {

/// Clients that skip sender verification.
inline constexpr std::string_view kCpanelVerifyBypass = "senderverifybypasshosts";
/// Clients that skip all checks at RCPT but that of the recipient.
inline constexpr std::string_view kCpanelTrusted = "trustedmailhosts";
inline constexpr std::array kCpanelFiles{kCpanelVerifyBypass, kCpanelTrusted};

/// `senderverifybypasshosts:192.0.2.7`: the file and one client, canonical; IPv6 as RFC 5952 has
/// it. Without a file in `text`, senderverifybypasshosts is meant. `skipsmtpcheckhosts` is never
/// written: it opens relaying. Errors: invalid_argument, as host_key().
[[nodiscard]] Result<std::string> cpanel_key(std::string_view text);

}  // namespace lostmail::whitelist
