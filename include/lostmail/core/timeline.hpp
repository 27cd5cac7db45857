#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/message_event.hpp"

namespace lostmail {

/// What became of a message for one recipient.
enum class Outcome : std::uint8_t {
  refused_by_us,
  refused_by_them,
  delivered,
  delivered_later,  ///< after a refusal
  still_trying,     ///< put off, by us or by a remote, and its time is not over
  given_up,         ///< no server refused it for good: unroutable, or tried in vain
  discarded,
  removed,   ///< by an administrator
  accepted,  ///< taken; the logs do not show what became of it
};

template <>
struct Words<Outcome> {
  static constexpr std::array<Word<Outcome>, 9> list{{
      {Outcome::refused_by_us, "refused_by_us"},
      {Outcome::refused_by_them, "refused_by_them"},
      {Outcome::delivered, "delivered"},
      {Outcome::delivered_later, "delivered_later"},
      {Outcome::still_trying, "still_trying"},
      {Outcome::given_up, "given_up"},
      {Outcome::discarded, "discarded"},
      {Outcome::removed, "removed"},
      {Outcome::accepted, "accepted"},
  }};
};

struct Fate {
  std::string recipient;  ///< as the sender wrote it; empty: not known
  Outcome outcome = Outcome::accepted;
  std::optional<Verdict> verdict;    ///< of the case; absent where it was never refused or put off
  LogTime when;                      ///< of the event that decided
  std::optional<std::size_t> event;  ///< that decided, in Timeline::events; absent: only the store
                                     ///< knows of the delivery
  std::uint64_t refusals = 0;        ///< attempts that were refused
  std::uint64_t deferrals = 0;
  std::string bounce;  ///< queue id of the bounce about it; empty: none seen
  std::optional<std::int64_t>
      unseen_from;  ///< UTC seconds: from then on, for a while or until now, no log tells what
                    ///< became of it; absent where it is done, or where all time is covered
  std::optional<std::int64_t> unseen_until;  ///< from when on logs tell again, up to now
  bool seen_in_part = false;                 ///< logs tell of parts of the time since `unseen_from`
};

/// The life of one message, or of one case, in the order of time.
struct Timeline {
  std::optional<ReversePath> sender;
  std::string message_id, subject;
  std::vector<std::string> queue_ids;  ///< of the message itself, bounces aside
  std::vector<MessageEvent> events;
  std::vector<bool> of_bounce;  ///< for each event: it tells of a bounce about the message
  std::vector<Fate> fates;      ///< one for each recipient
  /// Times when we refused a null sender's mail to this sender, around its refusal elsewhere: the
  /// cause is ours to mend. Index of the event.
  std::vector<std::size_t> own_refusals;
};

}  // namespace lostmail
