#pragma once

#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"

namespace lostmail::whitelist {

/// The only value that is ever written. RELAY would open relaying, SKIP is a refusal without its
/// feature.
inline constexpr std::string_view kAccessValue = "OK";

/// The tags of the keys that are written.
inline constexpr std::string_view kAccessFrom = "From:";
inline constexpr std::string_view kAccessConnect = "Connect:";

/// `From:user@domain` for the access map, in lower case (makemap folds keys). Takes what
/// nwildlsearch_key() takes and nothing else: `*` is no literal here either, since Sendmail looks
/// `user+detail@domain` up as `user+*@domain` too. Errors: invalid_argument.
[[nodiscard]] Result<std::string> access_sender_key(std::string_view address);

/// `Connect:192.0.2.7`, for IPv6 `Connect:IPv6:2001:db8:0:0:0:0:0:20` as Sendmail looks it up
/// (since 8.15, unless UseCompressedIPv6Addresses is set). Errors: as host_key().
[[nodiscard]] Result<std::string> access_client_key(std::string_view ip);

}  // namespace lostmail::whitelist
