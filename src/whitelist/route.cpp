#include "whitelist/route.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "lostmail/whitelist/auto_senders.hpp"
#include "lostmail/whitelist/cpanel.hpp"
#include "lostmail/whitelist/exim_list.hpp"
#include "lostmail/whitelist/sendmail_access.hpp"
#include "whitelist/address_check.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

bool is_temporary_dns(const SenderEvidence& row) {
  return row.cause == Cause::dns_temporary ||
         (row.variant == Variant::sender_domain_unresolved && row.permanent == 0);
}

/// Why no list of this program lifts the check; empty where one does.
std::string_view no_list(const SenderEvidence& row) {
  if (row.variant == Variant::sender_syntax || row.cause == Cause::address_syntax) {
    return "the form of a sender is checked before any list is read: the sender must change it";
  }
  if (row.mta == Mta::exim) return {};
  if (is_temporary_dns(row)) return "the refusal is temporary: it retries; fix the resolver";
  if (row.variant == Variant::helo_invalid) {
    return "no key of the access map lifts this check alone: the client must fix its HELO, or "
           "authenticate";
  }
  return {};
}

std::string subject_of(const SenderEvidence& row) {
  if (row.family == Family::client_identity && row.client_ip) return printable(*row.client_ip);
  return row.sender.empty() ? "<>" : printable(row.sender);
}

/// Why `sender` says nothing about a stranger; empty where it does. The domain may be any text.
std::string_view ours_or_nobodys(std::string_view sender, const Policy& policy) {
  const std::string_view domain = domain_of(sender);
  if (is_within(domain, policy.local_domains)) {
    return "the sender's domain is local: whoever forges it would profit";
  }
  if (is_private_domain(domain)) return "the sender's domain is one that every network may use";
  return {};
}

Result<Route> route_to_cpanel(const SenderEvidence& row, std::string_view file) {
  if (!row.client_ip) {
    return fail(ErrorKind::invalid_argument, subject_of(row),
                "the log does not name the client, and cPanel's lists take nothing else");
  }
  return cpanel_key(fmt::format("{}:{}", file, client_text(*row.client_ip)))
      .map([](std::string key) {
        return Route{List::cpanel, std::move(key), {}};
      });
}

Result<Route> route_to_senders(const SenderEvidence& row, const Policy& policy) {
  if (row.mta == Mta::sendmail) {
    return access_sender_key(row.sender).map([](std::string key) {
      return Route{List::sendmail_access, std::move(key), std::string(kAccessValue)};
    });
  }
  // What is no address gets no entry, whichever list it would be.
  auto key = nwildlsearch_key(row.sender);
  if (!key) return tl::unexpected(std::move(key).error());
  if (policy.platform == Platform::cpanel) return route_to_cpanel(row, kCpanelVerifyBypass);
  const Shape* shape = shape_of(*key);
  // The shapes skip the callout alone.
  if (shape != nullptr && shape->changing && !is_unroutable(row.cause)) {
    return Route{
        List::exim_auto_senders, AutoSenders{shape, std::string(domain_of(*key))}.key(), {}};
  }
  return Route{List::exim_senders, std::move(*key), {}};
}

Result<Route> route_to_clients(const SenderEvidence& row, const Policy& policy) {
  if (row.mta == Mta::sendmail) {
    return access_client_key(*row.client_ip).map([](std::string key) {
      return Route{List::sendmail_access, std::move(key), std::string(kAccessValue)};
    });
  }
  if (policy.platform == Platform::cpanel) return route_to_cpanel(row, kCpanelTrusted);
  return host_key(*row.client_ip).map([](std::string key) {
    return Route{List::exim_hosts, std::move(key), {}};
  });
}

}  // namespace

Result<Route> route(const SenderEvidence& row, const Policy& policy) {
  const std::string subject = subject_of(row);
  if (const auto why = no_list(row); !why.empty()) {
    return fail(ErrorKind::invalid_argument, subject, "{}", why);
  }
  if (const auto why = ours_or_nobodys(row.sender, policy); !why.empty()) {
    return fail(ErrorKind::invalid_argument, subject, "{}", why);
  }
  if (row.family != Family::client_identity) {
    if (row.sender.empty()) {
      return fail(ErrorKind::invalid_argument, subject,
                  "the null sender, or one the log does not name");
    }
    return route_to_senders(row, policy);
  }
  if (!row.client_ip) {
    return fail(ErrorKind::invalid_argument, subject, "the log does not name the client's address");
  }
  return route_to_clients(row, policy);
}

bool has_no_domain(const SenderEvidence& row) {
  if (row.family == Family::client_identity) return false;
  if (row.cause == Cause::domain_nonexistent) return true;
  // The refusal alone says so, unless mail between the two shows otherwise.
  return row.variant == Variant::domain_not_found && row.pairs_delivered == 0 &&
         (row.cause == Cause::as_stated || row.cause == Cause::not_logged);
}

bool is_refused_callout(Cause cause) {
  return cause == Cause::null_sender_refused || cause == Cause::postmaster_refused ||
         cause == Cause::callout_host_refused;
}

bool is_unroutable(Cause cause) {
  return cause == Cause::unroutable || cause == Cause::mx_unusable || cause == Cause::null_mx;
}

bool names_client(const Route& route) {
  return route.list == List::exim_hosts || route.list == List::cpanel ||
         (route.list == List::sendmail_access && route.key.starts_with(kAccessConnect));
}

namespace {

std::string lifts_of_senders(Variant variant, Family family) {
  std::string text =
      "Skips sender verification for this address, from every client that claims it (a sender can "
      "be forged), in the ACL statement that names the list and nowhere else: relay control, "
      "recipient checks, DNS lists and content checks stay.";
  if (variant == Variant::header_sender_invalid) {
    return text +
           " The check that refused is verify = header_sender: the statement in the ACL of "
           "acl_smtp_data must name the list.";
  }
  if (family == Family::sender_domain) {
    text += " The statement that refuses unknown sender domains must name the list.";
  }
  return text;
}

constexpr std::string_view kLiftsDebian =
    "exim4-config looks at its two lists in sender verification, both callouts, both local black "
    "lists and the SPF check: the entry lifts all of these at once. Relay control and the check of "
    "the recipient stay.";

constexpr std::string_view kLiftsDirectAdmin =
    " DirectAdmin's releases use the list in different statements: where one is an accept above "
    "relay control, the entry relays too. Verify it.";

constexpr std::string_view kLiftsHosts =
    "Skips the checks of reverse DNS and HELO for this one client address, whatever sender it "
    "names, in the ACL statements that name the list and nowhere else: relay control, sender "
    "verification, DNS lists and content checks stay.";

constexpr std::string_view kLiftsAutoSenders =
    "Skips the callout for every address of this shape, from every client that claims it, in the "
    "ACL statement that names the list. The domain must still be one that mail can be sent to; all "
    "other checks stay.";

constexpr std::string_view kLiftsCalloutDomain =
    "Skips the callout for every sender in this domain, from every client that claims it, in the "
    "ACL statement that names the list. The domain must still be one that mail can be sent to; all "
    "other checks stay.";

constexpr std::string_view kLiftsVerifyDomain =
    "Skips sender verification, callout and route, for every sender in this domain, from every "
    "client that claims it, in the ACL statements that name the list. All other checks stay.";

constexpr std::string_view kLiftsConnect =
    "Skips the check of the client's reverse DNS for this one client address; with it DNS lists "
    "and the limits of connections and rate. It opens no relaying, and checks of the sender stay.";

constexpr std::string_view kLiftsFrom =
    "Skips the check of the sender's domain for this address, and for the same user with any "
    "+detail, and overrides From: keys that refuse it. Where FEATURE(delay_checks) is in use, it "
    "also skips DNS lists, reverse DNS, Connect: REJECT, rate limits and HELO checks, for every "
    "client that claims this sender (a sender can be forged). It opens no relaying.";

constexpr std::string_view kLiftsBypass =
    "Skips sender verification, callout and route, for this one client address, whatever sender it "
    "names. Relay control, the check of the recipient, DNS lists and content checks stay.";

constexpr std::string_view kLiftsTrusted =
    "Skips every check at RCPT but that of the recipient for this one client address: sender "
    "verification, HELO, DNS lists, rate limits. Relay control and content checks stay.";

}  // namespace

std::string what_it_lifts(const Route& route, Platform platform, Variant variant, Family family) {
  const bool debian = platform == Platform::debian;
  switch (route.list) {
    case List::exim_senders: {
      if (debian) return std::string(kLiftsDebian);
      std::string text = lifts_of_senders(variant, family);
      return platform == Platform::directadmin ? text + std::string(kLiftsDirectAdmin) : text;
    }
    case List::exim_hosts:
      if (debian) return std::string(kLiftsDebian);
      return std::string(kLiftsHosts) +
             std::string(platform == Platform::directadmin ? kLiftsDirectAdmin : "");
    case List::exim_auto_senders:
      return std::string(debian ? kLiftsDebian : kLiftsAutoSenders);
    case List::exim_callout_sender_domains:
      return std::string(kLiftsCalloutDomain);
    case List::exim_callout_receiver_domains:
      return "Skips the callout for all mail to this domain of ours.";
    case List::exim_sender_verify_domains:
      return std::string(kLiftsVerifyDomain);
    case List::sendmail_access:
      return std::string(names_client(route) ? kLiftsConnect : kLiftsFrom);
    case List::cpanel:
      return std::string(route.key.starts_with(kCpanelTrusted) ? kLiftsTrusted : kLiftsBypass);
  }
  return {};
}

}  // namespace lostmail::whitelist
