#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/case.hpp"
#include "lostmail/core/vocabulary.hpp"
#include "lostmail/whitelist/entry.hpp"
#include "lostmail/whitelist/list_file.hpp"

/// From evidence to proposals: who gets an entry is a correspondent, not a flood. A proposal is
/// made of parsed fields and waits for a person.
///
/// The narrowest list for a check, on a platform:
///
///     family            exim, debian, directadmin   cpanel                       sendmail
///     sender_verify     exim-senders (a)            senderverifybypasshosts (b)  From:user@domain
///     sender_domain     exim-senders (a)            senderverifybypasshosts (b)  From:user@domain
///     client_identity   exim-hosts                  trustedmailhosts (b)         Connect:IP
///
/// (a) Wider where a sender alone would not help, and then beside the narrower ones:
/// - exim-auto-senders, `bounce-*@domain`, where the address differs in each message (VERP, SRS);
///   `bounce-*@*` beside it once three or more domains were refused for one such shape, or for
///   another automatic one (owner-, -request, root …)
/// - exim-callout-sender-domains, where three or more senders of one domain were refused because
/// its
///   server will not be asked (null_sender_refused, postmaster_refused, callout_host_refused)
/// - exim-sender-verify-domains, likewise where mail to the domain cannot be routed and mail
/// between
///   the two was delivered
/// On debian, whose own list lifts the same for each of these, only the first of them.
/// (b) cPanel's own lists take no sender: the client's address.
///
/// None for Sendmail's helo_invalid (no key lifts it alone) and temporary DNS failures (it
/// retries), none for the syntax of a sender (checked before any list is read). None of the last
/// two lists for a mailbox provider's domain.
///
/// The score is a sum; "unknown" is a sender without mail delivered between the two:
///
///     +30  mail between the two was delivered
///     +10  for each day after the first, 30 at most
///     +15  cause null_sender_refused, postmaster_refused, callout_host_refused
///     +10  cause callout_unreachable, callout_deferred, dns_temporary
///      +5  cause mailbox_unknown
///     -10  cause unroutable, mx_unusable, null_mx
///     +10  the client has a name by reverse DNS that is not called forged
///      +5  that name lies in the sender's own domain (sender lists)
///     -10  the client has no such name (sender lists; for host lists it is the check itself)
///     -10  unknown and seen on one day only; -15 where the cause is unroutable or alike
///     -10  unknown and five or more recipients a day
///     -15  a mailbox provider does not know the address (mailbox_unknown, unroutable or alike)
///     -10  five or more clients claim the sender (sender lists)
///     -10  unknown and ten or more senders refused from the client (host lists)
///     -20  the shape counts for any domain (exim-auto-senders)
///     -10  the last attempt is older than Policy::stale_days
namespace lostmail::whitelist {

/// One term of a score.
struct Points {
  int points = 0;
  std::string why;
};

/// What the score amounts to.
enum class Strength : std::uint8_t {
  weak,  ///< below 30
  fair,  ///< below 60
  strong,
};

/// An entry that would let refused mail in, for a person to decide. All text is printable ASCII,
/// whatever the log held.
struct Proposal {
  std::string id;  ///< entry_id() of list and key
  List list = List::exim_senders;
  std::string key;
  std::string value;  ///< "OK" for Sendmail, else empty
  int score = 0;
  std::vector<Points> points;         ///< whose sum is the score
  std::vector<std::string> evidence;  ///< sentences: counts, client, cause, mail between the two
  std::vector<std::string> against;   ///< sentences
  std::string lifts;                  ///< the check it lifts, and what else
  std::string sender;       ///< lower case; in a host list only where all attempts had the same one
  std::string client_ip;    ///< of the row with most attempts; may be empty
  std::string client_name;  ///< its name by reverse DNS; may be empty
  std::uint64_t attempts = 0;
  std::uint64_t days = 0;        ///< distinct, at least so many
  std::uint64_t recipients = 0;  ///< at most so many
  std::int64_t first = 0, last = 0;
  Mta mta = Mta::exim;
  Variant variant = Variant::sender_verify_failed;  ///< of the latest attempt
  Cause cause = Cause::as_stated;                   ///< likewise
};

/// What counts as a flood is never proposed. A limit is met by this many or more.
struct Policy {
  std::set<std::string> local_domains;  ///< none: nothing is proposed
  Platform platform = Platform::exim;   ///< of the Exim that refused
  int min_score = 10;
  /// Distinct recipients of a sender or a client, where fewer than a quarter had mail with it.
  std::uint64_t flood_recipients = 20;
  std::uint64_t flood_unknown_recipients = 5;
  std::uint64_t flood_block_listed = 1;
  std::uint64_t flood_spam = 1;  ///< and a tenth of the client's recipients
  std::int64_t stale_days = 90;
  std::int64_t now = 0;  ///< seconds since 1970; 0: age does not count
};

struct Suggestions {
  std::vector<Proposal> proposals;     ///< by falling score, then list and key
  std::vector<Rejected> not_proposed;  ///< by subject
};

[[nodiscard]] Strength strength(int score);

/// Groups the inbound evidence by list and key and judges it; `clients` is the record of any client
/// address in it. Attempts from a flooding client count for nothing, whoever they claim to be from.
[[nodiscard]] Suggestions suggest(const std::vector<SenderEvidence>& evidence,
                                  const std::vector<ClientRecord>& clients, const Policy& policy);

/// Whether a person's own entry may stand, whose key canonical_key() made: no domain of ours as
/// sender, no mailbox provider's domain whole, no stranger's domain as one that opts out of
/// callouts. Errors: invalid_argument.
[[nodiscard]] Result<void> check_by_hand(const Entry& entry, const Policy& policy);

/// The entry of an approved proposal.
[[nodiscard]] Entry entry_of(const Proposal& proposal, std::string approved_by,
                             std::int64_t approved, std::int64_t expires);

}  // namespace lostmail::whitelist

namespace lostmail {

template <>
struct Words<whitelist::Strength> {
  static constexpr std::array<Word<whitelist::Strength>, 3> list{{
      {whitelist::Strength::weak, "weak"},
      {whitelist::Strength::fair, "fair"},
      {whitelist::Strength::strong, "strong"},
  }};
};

}  // namespace lostmail
