#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lostmail/core/event.hpp"

namespace lostmail {

/// What a line of a log, or a refusal of several lines, says of one message, for one recipient.
enum class EventKind : std::uint8_t {
  refused,    ///< one SMTP command refused it, ours or a remote's: `refusal` is there
  accepted,   ///< we took it from a client or a local program
  abandoned,  ///< a client began it and sent nothing: a callout, or it gave up
  copied,     ///< it goes on under another id (Sendmail's clone of a list)
  handed_on,  ///< another queue took it: `other_id` is its id there
  delivered,
  discarded,  ///< taken and thrown away, as configured
  deferred,   ///< a try failed, another follows
  tried,      ///< one host of several failed: a step, not a result
  failed,     ///< given up for this recipient, without a server that refused it
  bounced,    ///< a bounce about it was made: `other_id`
  notified,   ///< a warning or receipt about it was made: `other_id`
  frozen,     ///< waits for an administrator
  removed,    ///< taken off the queue by an administrator
  completed,  ///< no recipient is left
};

template <>
struct Words<EventKind> {
  static constexpr std::array<Word<EventKind>, 15> list{{
      {EventKind::refused, "refused"},
      {EventKind::accepted, "accepted"},
      {EventKind::abandoned, "abandoned"},
      {EventKind::copied, "copied"},
      {EventKind::handed_on, "handed_on"},
      {EventKind::delivered, "delivered"},
      {EventKind::discarded, "discarded"},
      {EventKind::deferred, "deferred"},
      {EventKind::tried, "tried"},
      {EventKind::failed, "failed"},
      {EventKind::bounced, "bounced"},
      {EventKind::notified, "notified"},
      {EventKind::frozen, "frozen"},
      {EventKind::removed, "removed"},
      {EventKind::completed, "completed"},
  }};
};

struct MessageEvent {
  EventKind kind = EventKind::accepted;
  LogTime when;
  std::optional<std::string> host;  ///< that wrote the log
  Mta mta = Mta::exim;
  std::string queue_id;               ///< empty: the message never had one
  std::optional<ReversePath> sender;  ///< absent: the line does not say
  std::string recipient;              ///< as it was delivered; empty: all, or not said
  std::string asked_for;              ///< the address before aliases and forwards, where another
  std::string parents;                ///< addresses between both, as logged
  std::string peer_name, peer_ip;     ///< client, or server; empty: local
  bool local = false;                 ///< submitted or delivered on this machine
  bool permanent = true;              ///< of failed
  bool untried = false;               ///< Sendmail gave an address up without a try
  std::string text;                   ///< what was said, as logged
  std::string other_id;               ///< see EventKind; of accepted: the message it bounces
  std::string message_id;             ///< Message-ID header field, without brackets
  std::string subject;
  long recipients = -1;  ///< of accepted: how many were taken; -1: not said
  SourceRef source;
  std::string line;        ///< as the log has it
  std::string cause_line;  ///< of a refusal: the line before it that told why; may be empty
  std::shared_ptr<const ClassifiedRefusal>
      refusal;  ///< of refused, and of a deferral that a server asked for
};

}  // namespace lostmail
