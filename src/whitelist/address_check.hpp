#pragma once

#include <set>
#include <string>
#include <string_view>

#include "lostmail/core/result.hpp"

/// What an address, a domain and a client address must be before a list may hold them.
namespace lostmail::whitelist {

/// The address in lower case, where nwildlsearch_key() takes it. Errors: as there.
[[nodiscard]] Result<std::string> checked_address(std::string_view address);

/// The domain in lower case, where a list of domains may hold it: two or more labels that DNS can
/// hold, no public suffix. Errors: invalid_argument.
[[nodiscard]] Result<std::string> checked_domain(std::string_view domain);

/// The canonical client address, where host_key() takes it. Errors: as there.
[[nodiscard]] Result<std::string> checked_client(std::string_view ip);

/// One spelling for each client, canonical where it is an address, without the mapping of IPv4 into
/// IPv6; the text itself where it is none.
[[nodiscard]] std::string client_text(std::string_view ip);

/// After the last '@'; empty where there is none.
[[nodiscard]] std::string_view domain_of(std::string_view address);

/// `domain` is one of `domains` or below one; case and a last dot do not matter.
[[nodiscard]] bool is_within(std::string_view domain, const std::set<std::string>& domains);

/// The part that somebody registered (`example.co.uk` of `mail.example.co.uk`), in lower case;
/// empty for a public suffix and for what is no domain.
[[nodiscard]] std::string registered_domain(std::string_view domain);

/// A domain where the public has mailboxes.
[[nodiscard]] bool is_provider(std::string_view domain);

/// A domain that any network may use for itself (RFC 6761, RFC 6762 appendix G, RFC 8375), so that
/// an address in it names nobody: `root@localhost.localdomain`.
[[nodiscard]] bool is_private_domain(std::string_view domain);

/// RFC 1918, RFC 6598, RFC 4193, link-local: perhaps a proxy or a gateway that stands for many
/// clients.
[[nodiscard]] bool is_private_client(std::string_view canonical_ip);

/// A local part that programs send as: lists, bounces, daemons.
[[nodiscard]] bool is_automatic(std::string_view address);

}  // namespace lostmail::whitelist
