#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

/// The closed lists of words. One spelling from pattern file to enumerator to SQL column to report;
/// a word, once released, stays.
namespace lostmail {

/// What the refusal said.
enum class Variant : std::uint8_t {
  sender_verify_failed,
  sender_verify_rejected,
  verify_validity,
  administrative_prohibition,
  message_to_verify,
  firewall_upgrade,
  no_reverse_lookup,
  return_address_rejected,
  sender_must_exist,
  domain_not_found,
  callout_incomplete,
  sender_undeliverable,
  header_sender_invalid,
  sender_domain_unresolved,
  sender_syntax,
  reverse_forged,
  helo_invalid,
  dnsbl,
  rate_limited,
  greylisted,
  spam_content,
  virus,
  recipient_unknown,
  mailbox_full,
  relay_denied,
  access_denied,
  auth_required,
  spf_fail,
  dmarc_fail,
  tls_required,
  too_large,
  protocol_error,
  local_fault,
  unstated,
  other,
};

/// Why the mail was refused, as far as the log tells.
enum class Cause : std::uint8_t {
  mailbox_unknown,
  null_sender_refused,
  postmaster_refused,
  callout_host_refused,
  callout_unreachable,
  callout_deferred,
  unroutable,
  domain_nonexistent,
  mx_unusable,
  null_mx,
  dns_temporary,
  ptr_missing,
  ptr_mismatch,
  address_syntax,
  not_logged,  ///< there was a cause; the log does not hold it
  as_stated,   ///< the variant is all that is known
};

/// The group that a report puts a variant in.
enum class Family : std::uint8_t {
  sender_verify,
  sender_domain,
  client_identity,
  reputation,
  content,
  recipient,
  policy,
};

enum class Direction : std::uint8_t {
  inbound,   ///< we refused a client
  outbound,  ///< a remote server refused us
  internal,  ///< our own MTA refused our own submission
};

/// The SMTP command that was refused (RFC 5321 §4.1.1). `data` is the DATA command itself,
/// `message` is after the message's end.
enum class Stage : std::uint8_t { connect, helo, auth, mail, rcpt, data, message };

enum class Mta : std::uint8_t { exim, sendmail };

enum class Verdict : std::uint8_t { lost, delivered_later, retrying, unknown };

template <typename Enum>
struct Word {
  Enum value;
  std::string_view name;
};

/// Specialised for each closed list below; in the order of the enumerators.
template <typename Enum>
struct Words;

template <>
struct Words<Variant> {
  static constexpr std::array<Word<Variant>, 35> list{{
      {Variant::sender_verify_failed, "sender_verify_failed"},
      {Variant::sender_verify_rejected, "sender_verify_rejected"},
      {Variant::verify_validity, "verify_validity"},
      {Variant::administrative_prohibition, "administrative_prohibition"},
      {Variant::message_to_verify, "message_to_verify"},
      {Variant::firewall_upgrade, "firewall_upgrade"},
      {Variant::no_reverse_lookup, "no_reverse_lookup"},
      {Variant::return_address_rejected, "return_address_rejected"},
      {Variant::sender_must_exist, "sender_must_exist"},
      {Variant::domain_not_found, "domain_not_found"},
      {Variant::callout_incomplete, "callout_incomplete"},
      {Variant::sender_undeliverable, "sender_undeliverable"},
      {Variant::header_sender_invalid, "header_sender_invalid"},
      {Variant::sender_domain_unresolved, "sender_domain_unresolved"},
      {Variant::sender_syntax, "sender_syntax"},
      {Variant::reverse_forged, "reverse_forged"},
      {Variant::helo_invalid, "helo_invalid"},
      {Variant::dnsbl, "dnsbl"},
      {Variant::rate_limited, "rate_limited"},
      {Variant::greylisted, "greylisted"},
      {Variant::spam_content, "spam_content"},
      {Variant::virus, "virus"},
      {Variant::recipient_unknown, "recipient_unknown"},
      {Variant::mailbox_full, "mailbox_full"},
      {Variant::relay_denied, "relay_denied"},
      {Variant::access_denied, "access_denied"},
      {Variant::auth_required, "auth_required"},
      {Variant::spf_fail, "spf_fail"},
      {Variant::dmarc_fail, "dmarc_fail"},
      {Variant::tls_required, "tls_required"},
      {Variant::too_large, "too_large"},
      {Variant::protocol_error, "protocol_error"},
      {Variant::local_fault, "local_fault"},
      {Variant::unstated, "unstated"},
      {Variant::other, "other"},
  }};
};

template <>
struct Words<Cause> {
  static constexpr std::array<Word<Cause>, 16> list{{
      {Cause::mailbox_unknown, "mailbox_unknown"},
      {Cause::null_sender_refused, "null_sender_refused"},
      {Cause::postmaster_refused, "postmaster_refused"},
      {Cause::callout_host_refused, "callout_host_refused"},
      {Cause::callout_unreachable, "callout_unreachable"},
      {Cause::callout_deferred, "callout_deferred"},
      {Cause::unroutable, "unroutable"},
      {Cause::domain_nonexistent, "domain_nonexistent"},
      {Cause::mx_unusable, "mx_unusable"},
      {Cause::null_mx, "null_mx"},
      {Cause::dns_temporary, "dns_temporary"},
      {Cause::ptr_missing, "ptr_missing"},
      {Cause::ptr_mismatch, "ptr_mismatch"},
      {Cause::address_syntax, "address_syntax"},
      {Cause::not_logged, "not_logged"},
      {Cause::as_stated, "as_stated"},
  }};
};

template <>
struct Words<Family> {
  static constexpr std::array<Word<Family>, 7> list{{
      {Family::sender_verify, "sender_verify"},
      {Family::sender_domain, "sender_domain"},
      {Family::client_identity, "client_identity"},
      {Family::reputation, "reputation"},
      {Family::content, "content"},
      {Family::recipient, "recipient"},
      {Family::policy, "policy"},
  }};
};

template <>
struct Words<Direction> {
  static constexpr std::array<Word<Direction>, 3> list{{
      {Direction::inbound, "inbound"},
      {Direction::outbound, "outbound"},
      {Direction::internal, "internal"},
  }};
};

template <>
struct Words<Stage> {
  static constexpr std::array<Word<Stage>, 7> list{{
      {Stage::connect, "connect"},
      {Stage::helo, "helo"},
      {Stage::auth, "auth"},
      {Stage::mail, "mail"},
      {Stage::rcpt, "rcpt"},
      {Stage::data, "data"},
      {Stage::message, "message"},
  }};
};

template <>
struct Words<Mta> {
  static constexpr std::array<Word<Mta>, 2> list{
      {{Mta::exim, "exim"}, {Mta::sendmail, "sendmail"}}};
};

template <>
struct Words<Verdict> {
  static constexpr std::array<Word<Verdict>, 4> list{{
      {Verdict::lost, "lost"},
      {Verdict::delivered_later, "delivered_later"},
      {Verdict::retrying, "retrying"},
      {Verdict::unknown, "unknown"},
  }};
};

/// The word of an enumerator, as files, columns and reports spell it.
template <typename Enum>
[[nodiscard]] constexpr std::string_view name_of(Enum value) {
  return Words<Enum>::list[static_cast<std::size_t>(value)].name;
}

/// The enumerator of a word; nullopt for any other text.
template <typename Enum>
[[nodiscard]] constexpr std::optional<Enum> from_name(std::string_view name) {
  for (const auto& word : Words<Enum>::list) {
    if (word.name == name) return word.value;
  }
  return std::nullopt;
}

/// True for the three families that the program exists for; the others are "other reasons".
[[nodiscard]] constexpr bool concerns_sender(Family family) {
  return family == Family::sender_verify || family == Family::sender_domain ||
         family == Family::client_identity;
}

}  // namespace lostmail
