#pragma once

#include <string>

#include "lostmail/core/case.hpp"
#include "lostmail/core/result.hpp"
#include "lostmail/whitelist/suggestion.hpp"

/// The table check × platform → list of suggestion.hpp.
namespace lostmail::whitelist {

/// Where the evidence of one row goes.
struct Route {
  List list = List::exim_senders;
  std::string key;
  std::string value;

  friend auto operator<=>(const Route&, const Route&) = default;
};

/// The narrowest entry that lifts the check that refused. Errors: invalid_argument; `where` is the
/// printable sender or client, the message why it takes no entry: no list lifts the check, the
/// address is not fit, the sender is ours.
[[nodiscard]] Result<Route> route(const SenderEvidence& row, const Policy& policy);

/// The sender's domain does not exist: nobody with this address can have a say, not from any
/// client.
[[nodiscard]] bool has_no_domain(const SenderEvidence& row);

/// The sender's server refuses to be asked, whoever the sender is.
[[nodiscard]] bool is_refused_callout(Cause cause);

/// Mail to the sender's domain cannot be routed, whoever the sender is.
[[nodiscard]] bool is_unroutable(Cause cause);

/// The entry names a client, not a sender.
[[nodiscard]] bool names_client(const Route& route);

/// What an entry lifts on `platform`: the check that refused, and what else.
[[nodiscard]] std::string what_it_lifts(const Route& route, Platform platform, Variant variant,
                                        Family family);

}  // namespace lostmail::whitelist
