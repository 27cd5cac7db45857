#include "whitelist/route.hpp"

#include <string_view>
#include <utility>

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

Result<Route> route_to_senders(const SenderEvidence& row) {
  const bool exim = row.mta == Mta::exim;
  auto key = exim ? nwildlsearch_key(row.sender) : access_sender_key(row.sender);
  if (!key) return tl::unexpected(std::move(key).error());
  return Route{exim ? List::exim_senders : List::sendmail_access, std::move(*key),
               exim ? "" : std::string(kAccessValue)};
}

Result<Route> route_to_clients(const SenderEvidence& row) {
  const bool exim = row.mta == Mta::exim;
  auto key = exim ? host_key(*row.client_ip) : access_client_key(*row.client_ip);
  if (!key) return tl::unexpected(std::move(key).error());
  return Route{exim ? List::exim_hosts : List::sendmail_access, std::move(*key),
               exim ? "" : std::string(kAccessValue)};
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
    return route_to_senders(row);
  }
  if (!row.client_ip) {
    return fail(ErrorKind::invalid_argument, subject, "the log does not name the client's address");
  }
  return route_to_clients(row);
}

bool has_no_domain(const SenderEvidence& row) {
  if (row.family == Family::client_identity) return false;
  if (row.cause == Cause::domain_nonexistent) return true;
  // The refusal alone says so, unless mail between the two shows otherwise.
  return row.variant == Variant::domain_not_found && row.pairs_delivered == 0 &&
         (row.cause == Cause::as_stated || row.cause == Cause::not_logged);
}

std::string what_it_lifts(const Route& route, Variant variant, Family family) {
  if (route.list == List::exim_senders) {
    std::string text =
        "Skips sender verification for this address, from every client that claims it (a sender "
        "can be "
        "forged), in the ACL statement that names the list and nowhere else: relay control, "
        "recipient "
        "checks, DNS lists and content checks stay.";
    if (variant == Variant::header_sender_invalid) {
      text +=
          " The check that refused is verify = header_sender: the statement in the ACL of "
          "acl_smtp_data must name "
          "the list.";
    } else if (family == Family::sender_domain) {
      text += " The statement that refuses unknown sender domains must name the list.";
    }
    return text;
  }
  if (route.list == List::exim_hosts) {
    return "Skips the checks of reverse DNS and HELO for this one client address, whatever sender "
           "it names, in the ACL "
           "statements that name the list and nowhere else: relay control, sender verification, "
           "DNS lists and content "
           "checks stay.";
  }
  if (route.key.starts_with("Connect:")) {
    return "Skips the check of the client's reverse DNS for this one client address; with it DNS "
           "lists and the limits of "
           "connections and rate. It opens no relaying, and checks of the sender stay.";
  }
  return "Skips the check of the sender's domain for this address, and for the same user with any "
         "+detail, and overrides "
         "From: keys that refuse it. Where FEATURE(delay_checks) is in use, it also skips DNS "
         "lists, reverse DNS, "
         "Connect: REJECT, rate limits and HELO checks, for every client that claims this sender "
         "(a sender can be "
         "forged). It opens no relaying.";
}

}  // namespace lostmail::whitelist
