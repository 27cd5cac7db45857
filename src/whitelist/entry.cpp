#include "lostmail/whitelist/entry.hpp"

#include <fmt/format.h>

#include "lostmail/core/address.hpp"
#include "lostmail/whitelist/auto_senders.hpp"
#include "lostmail/whitelist/cpanel.hpp"
#include "lostmail/whitelist/exim_list.hpp"
#include "lostmail/whitelist/sendmail_access.hpp"
#include "whitelist/address_check.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

/// `text` without `tag`, where it leads it in any case.
std::optional<std::string_view> after_tag(std::string_view text, std::string_view tag) {
  if (!equals_ignoring_case(text.substr(0, tag.size()), tag)) return std::nullopt;
  return text.substr(tag.size());
}

Result<std::string> access_key(std::string_view text) {
  if (const auto sender = after_tag(text, kAccessFrom)) return access_sender_key(*sender);
  if (const auto client = after_tag(text, kAccessConnect)) return access_client_key(*client);
  return text.find('@') != std::string_view::npos ? access_sender_key(text)
                                                  : access_client_key(text);
}

bool is_domain_of(std::string_view address, std::string_view domain) {
  return !domain.empty() && equals_ignoring_case(domain_of(address), domain);
}

}  // namespace

Result<std::string> canonical_key(List list, std::string_view text) {
  switch (list) {
    case List::exim_senders:
      return nwildlsearch_key(text);
    case List::exim_callout_sender_domains:
    case List::exim_callout_receiver_domains:
    case List::exim_sender_verify_domains:
      return checked_domain(text);
    case List::exim_auto_senders:
      return AutoSenders::parse(text).map([](const AutoSenders& senders) { return senders.key(); });
    case List::exim_hosts:
      return host_key(text);
    case List::sendmail_access:
      return access_key(text);
    case List::cpanel:
      return cpanel_key(text);
  }
  return fail(ErrorKind::invalid_argument, printable(text), "no such list");
}

std::string_view value_of(List list) {
  return list == List::sendmail_access ? kAccessValue : std::string_view();
}

Result<void> check(const Entry& entry) {
  const auto key = canonical_key(entry.list, entry.key);
  if (!key) {
    return fail(ErrorKind::invalid_argument, printable(entry.key), "{}", key.error().message);
  }
  if (*key != entry.key) {
    return fail(ErrorKind::invalid_argument, printable(entry.key),
                "not the form that is written: {}", *key);
  }
  if (entry.value != value_of(entry.list)) {
    return fail(ErrorKind::invalid_argument, printable(entry.key), "the value {} is never written",
                printable(entry.value));
  }
  return {};
}

bool covers(const Entry& entry, const Envelope& envelope) {
  const std::string_view key = entry.key;
  switch (entry.list) {
    case List::exim_senders:
      return equals_ignoring_case(envelope.sender, key);
    case List::exim_callout_sender_domains:
    case List::exim_sender_verify_domains:
      return is_domain_of(envelope.sender, key);
    case List::exim_callout_receiver_domains:
      return is_domain_of(envelope.recipient, key);
    case List::exim_auto_senders: {
      const auto senders = AutoSenders::parse(key);
      return senders && senders->covers(envelope.sender);
    }
    case List::exim_hosts:
      return client_text(envelope.client_ip) == key;
    case List::sendmail_access: {
      if (const auto sender = after_tag(key, kAccessFrom)) {
        return equals_ignoring_case(envelope.sender, *sender);
      }
      const auto client = access_client_key(envelope.client_ip);
      return client && *client == key;
    }
    case List::cpanel:
      return client_text(envelope.client_ip) == key.substr(key.find(':') + 1);
  }
  return false;
}

bool is_meant_for(const Entry& entry, Family family) {
  const bool of_sender = family == Family::sender_verify || family == Family::sender_domain;
  const bool of_client = family == Family::client_identity;
  const std::string_view key = entry.key;
  if (entry.list == List::exim_hosts) return of_client;
  if (entry.list == List::cpanel) return key.starts_with(kCpanelTrusted) ? of_client : of_sender;
  if (after_tag(key, kAccessConnect)) return of_client;
  return of_sender;
}

std::string entry_id(List list, std::string_view key) {
  // FNV-1a, 64 bits folded to 32: stable over machines and releases.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : fmt::format("{}|{}", name_of(list), key)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return fmt::format("{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32)));
}

}  // namespace lostmail::whitelist
