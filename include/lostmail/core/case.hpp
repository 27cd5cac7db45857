#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/vocabulary.hpp"

namespace lostmail {

/// All refusals of one (direction, sender, recipient) in a window of time. Times are seconds since
/// 1970, UTC.
struct CaseRow {
  Direction direction = Direction::inbound;
  std::string sender;
  std::string recipient;
  std::uint64_t attempts = 0;
  std::uint64_t permanent = 0;  ///< of the attempts
  std::int64_t first = 0, last = 0;
  Variant variant = Variant::other;  ///< of the last attempt
  std::optional<Family> family;
  Cause cause = Cause::as_stated;
  std::optional<std::int64_t> delivered;  ///< latest delivery of the pair that the logs show
  Verdict verdict = Verdict::unknown;
  /// Latest mail between the two, either way, before the first of these refusals; set by
  /// Store::figures() alone.
  std::optional<std::int64_t> corresponded;
};

/// What the store knows of a sender, or of a client without a name, that a whitelist entry could
/// let in. One for each (mta, check family, sender, client); whitelist groups them further.
struct SenderEvidence {
  Mta mta = Mta::exim;
  Family family = Family::sender_verify;
  Variant variant = Variant::sender_verify_failed;
  Cause cause = Cause::as_stated;
  std::string sender;  ///< empty: the null sender or unknown
  std::optional<std::string> client_ip;
  std::optional<std::string> client_name;  ///< from reverse DNS
  std::uint64_t attempts = 0;
  std::uint64_t permanent = 0;
  std::vector<std::int64_t> days;  ///< with an attempt, each once; since 1970 (UTC)
  std::uint64_t recipients = 0;    ///< distinct
  std::int64_t first = 0, last = 0;
  std::uint64_t pairs_delivered = 0;  ///< of the refused (sender, recipient) pairs, those with mail
                                      ///< delivered too, either way, before or after
  /// Numbers for the recipients, and for the pairs of `pairs_delivered`: by them rows tell what
  /// they share. Empty where there are more than kMostListed recipients.
  static constexpr std::size_t kMostListed = 32;
  std::vector<std::int64_t> recipients_listed, delivered_listed;
};

/// What a client address did beside that; the evidence against.
struct ClientRecord {
  std::string ip;
  std::uint64_t senders = 0;             ///< distinct senders refused from it
  std::uint64_t recipients = 0;          ///< distinct recipients refused
  std::uint64_t unknown_recipients = 0;  ///< refusals recipient_unknown
  std::uint64_t block_listed = 0;        ///< refusals dnsbl
  std::uint64_t spam = 0;                ///< refusals spam_content or virus
};

}  // namespace lostmail
