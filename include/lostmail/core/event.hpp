#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/address.hpp"
#include "lostmail/core/host.hpp"
#include "lostmail/core/log_time.hpp"
#include "lostmail/core/vocabulary.hpp"

namespace lostmail {

/// Where a line stands.
struct SourceRef {
  std::shared_ptr<const std::string> file;  ///< path as given, "-" for standard input
  std::uint64_t line = 0;                   ///< from 1
  std::uint64_t offset = 0;                 ///< of the line's first byte in the decompressed log
  int rank = 0;  ///< of the log among those that hold the record: mainlog 0, syslog 1, rejectlog 2,
                 ///< paniclog 3
  bool seen_before = false;  ///< an earlier run took the line; it is read once more for what it has
                             ///< to do with the next ones
  std::int64_t log = 0;      ///< number of the log in the store; 0: none
};

/// What a callout did, read from the structure of the MTA's own words (Exim verify.c do_callout()).
struct Callout {
  enum class Command : std::uint8_t { connect, helo, mail, rcpt, postmaster, other };
  /// 5xx, 4xx, nothing; not_told: something went wrong, and the log does not say what.
  enum class Outcome : std::uint8_t { refused, deferred, no_answer, not_told };
  Command command = Command::other;
  Outcome outcome = Outcome::no_answer;
};

/// One refused attempt at one recipient. Fields that the log does not give are absent.
struct Refusal {
  std::uint64_t id = 0;           ///< of the deciding record, see assemble/record_id.hpp
  std::uint64_t transaction = 0;  ///< equal for the rows of one refused command
  std::optional<std::uint64_t> cause_record;  ///< id of the cause line that was joined
  LogTime when;
  std::optional<std::string> host;  ///< that wrote the log
  Mta mta = Mta::exim;
  Direction direction = Direction::inbound;
  std::optional<Stage>
      stage;  ///< absent where the log does not tell (Sendmail, some outbound refusals)
  bool permanent = true;
  std::optional<int> reply_code;
  std::optional<std::string> enhanced_code;  ///< RFC 3463
  std::optional<ReversePath> sender;         ///< envelope sender
  std::optional<Mailbox> verified;           ///< the address that was verified, where it is another
  std::optional<Mailbox> recipient;
  std::optional<ClientHost> client;
  std::optional<RemoteHost> remote;
  std::optional<std::string> queue_id;
  std::uint64_t message = 0;  ///< the queue id as a number, see Arrival; 0: none
  std::string text;        ///< what the refusal said, bytes as logged; empty where the log has none
  std::string cause_text;  ///< why, bytes as logged: the reason of Exim's cause line; perhaps empty
  std::optional<Callout> callout;  ///< of the cause text
  bool verified_here =
      false;  ///< the MTA's own sender verification refused, by the MTA's own words
  bool cause_from_cache =
      false;  ///< cause_text and callout stem from an earlier line about the address or domain
  bool doubtful = false;     ///< the log is ambiguous
  bool provisional = false;  ///< the log ended while lines that belong to it might still come
  SourceRef source;          ///< the deciding line
};

/// A message handed on or delivered, for one recipient.
struct Delivery {
  LogTime when;
  std::optional<ReversePath> sender;
  Mailbox recipient;
  bool local = false;  ///< into a mailbox of this machine: the recipient's domain is one of ours
  std::uint64_t message = 0;  ///< the queue id as a number, see Arrival
  bool seen_before = false;   ///< as in SourceRef
};

/// A message was accepted: its sender is known for every line of its queue id.
struct Arrival {
  std::uint64_t message = 0;  ///< assemble/record_id.hpp message_key()
  ReversePath sender;
  int recipients_left = -1;  ///< Sendmail: of nrcpts=, those without a last word yet; -1: unknown
  std::int64_t log = 0;      ///< number of the log that told it
};

/// How the lines of a log were taken.
struct LineCounts {
  std::uint64_t lines = 0;
  std::uint64_t exim = 0;          ///< records that were understood
  std::uint64_t sendmail = 0;      ///< likewise
  std::uint64_t continuation = 0;  ///< further physical lines of a record: header blocks, parts
  std::uint64_t other_program = 0;
  std::uint64_t not_understood = 0;  ///< lines of an MTA that no grammar takes, and lines of nobody

  LineCounts& operator+=(const LineCounts& other);
};

/// Takes what the assembler puts together, in the order of the log.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_refusal(Refusal&& refusal) = 0;  ///< it may be moved from
  virtual void on_delivery(const Delivery& delivery) = 0;
  /// A message for which Assembler::Settings::is_wanted() said yes.
  virtual void on_arrival(const Arrival&) {}
  /// A message that is not done with where the history ends, or where memory for it does, or that
  /// ended in another log than it began, since a log between them may be still to come. New, or
  /// with a new count of recipients.
  virtual void on_open(const Arrival&) {}
  /// A message that was told to on_open() ended in the log that told it.
  virtual void on_closed(std::uint64_t /*message*/, std::int64_t /*log*/) {}
  virtual void on_not_understood(std::string_view line, const SourceRef& source) = 0;
};

/// What the patterns made of a refusal.
struct Classification {
  Variant variant = Variant::other;
  std::optional<Family> family;  ///< absent for unstated and other: no pattern speaks
  Cause cause = Cause::as_stated;
  std::string pattern;  ///< id of the pattern that named the variant; empty for none
};

struct ClassifiedRefusal {
  Refusal refusal;
  Classification is;
};

}  // namespace lostmail
