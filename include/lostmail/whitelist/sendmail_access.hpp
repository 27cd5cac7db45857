#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"
#include "lostmail/whitelist/entry.hpp"
#include "lostmail/whitelist/list_file.hpp"

namespace lostmail::whitelist {

/// The only value that is ever written. RELAY would open relaying, SKIP is a refusal without its
/// feature.
inline constexpr std::string_view kAccessValue = "OK";

/// `From:user@domain` for the access map, in lower case (makemap folds keys). Takes what
/// nwildlsearch_key() takes and nothing else: `*` is no literal here either, since Sendmail looks
/// `user+detail@domain` up as `user+*@domain` too. Errors: invalid_argument.
[[nodiscard]] Result<std::string> access_sender_key(std::string_view address);

/// `Connect:192.0.2.7`, for IPv6 `Connect:IPv6:2001:db8:0:0:0:0:0:20` as Sendmail looks it up
/// (since 8.15, unless UseCompressedIPv6Addresses is set). Errors: as host_key().
[[nodiscard]] Result<std::string> access_client_key(std::string_view ip);

/// The block of the access map (List::sendmail_access; other entries are passed over), sorted: key,
/// TAB, OK. A key that a line of `existing` outside its block holds is left out: that line is a
/// person's decision, and makemap refuses the same key twice. Entries that expired before `now` are
/// left out. Errors: as replace_block().
[[nodiscard]] Result<ListFile> sendmail_access_file(std::span<const Entry> entries,
                                                    std::int64_t now,
                                                    std::string_view existing = {});

/// How the access map at `path` is rebuilt and tested, and what an entry lifts beside its check.
/// Errors: invalid_argument as exim_senders_acl().
[[nodiscard]] Result<std::string> sendmail_access_guide(std::string_view path);

}  // namespace lostmail::whitelist
