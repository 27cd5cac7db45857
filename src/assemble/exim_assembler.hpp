#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tsl/robin_map.h>

#include "assemble/by_log.hpp"
#include "assemble/callout_memory.hpp"
#include "assemble/context.hpp"
#include "lostmail/assemble/record_id.hpp"

namespace lostmail::assemble {

class EximAssembler {
 public:
  explicit EximAssembler(Context& context) : context_(context) {}

  /// False where the line is none that the grammar knows.
  bool take(const Place& place, const Record& record, const EximRecord& exim);
  /// A part of a record that syslog cut. False where it fits nowhere.
  bool take_part(const Place& place, const Record& record, const EximPart& part);
  /// Cause lines whose refusal did not come by `now` (UTC seconds; absent: ever) become refusals of
  /// their own.
  void give_up_waiting(std::optional<std::int64_t> now);
  void finish(std::optional<std::int64_t> now);

 private:
  /// The salted hash of what tells a session from others: pid, else host field.
  using Session = std::uint64_t;
  /// A `sender verify fail|defer for <…>` line and the refusals that it serves.
  struct CauseLine {
    Refusal refusal;     ///< what it is if nothing follows: recipient unknown
    std::string sender;  ///< of the refusals it serves, once one came
    bool served = false;
  };
  /// When a cause line is to be looked at again.
  struct CauseTime {
    Session session = 0;
    std::uint64_t id = 0;
    std::int64_t when = 0;
  };
  /// Most refusals look for one of their session in vain: pointers, so that few cache lines tell.
  using CauseLines = tsl::robin_map<Session, std::unique_ptr<CauseLine>>;
  /// The lines of a record that come after its first.
  struct Tail {
    std::uint64_t refusal = 0;  ///< id of the refusal whose header block this is; 0: of no interest
    bool in_recipients = false;
    bool any = false;   ///< a record came before at all
    int own_words = 0;  ///< so many lines of an administrator's text may follow
  };
  struct Parts {
    std::string text;
    int next = 1;
    bool record_done = false;
    Tail tail;
    LogView* log = nullptr;  ///< the place of part 1
    Line place;
    LogTime when;
    std::string first_line;
  };
  struct LastOfProcess {
    std::uint64_t words = 0;  ///< a hash of what Exim wrote
    std::uint64_t id = 0;
    bool copied = false;
    std::int64_t when = 0;
  };
  struct PerLog {
    Tail tail;
    std::unordered_map<std::string, Parts> parts;
    std::unordered_map<std::uint64_t, LastOfProcess> last_of_process;  ///< by a salted hash
    tsl::robin_map<std::uint64_t, std::uint32_t> ordinals;
    std::int64_t ordinals_since = 0;
    tsl::robin_map<Session, std::uint64_t>
        causes;  ///< the last cause line of each session that stands in this log: its id
  };

  struct Identity {
    std::uint64_t id = 0;
    bool copy = false;
  };

  bool take_record(const Place& place, const Record& record, const EximRecord& exim, Tail& tail);
  [[nodiscard]] Identity identify(const Record& record, const EximRecord& exim, PerLog& log);
  void take_again(const Place& place, const Record& record, const EximRecord& exim,
                  const PerLog& log, Refusal& refusal);
  void take_continuation(std::string_view text, Tail& tail);
  void take_verify(const Place& place, const Record& record, const EximRecord& exim,
                   std::uint64_t id);
  void take_refusal(const Place& place, const Record& record, const EximRecord& exim,
                    std::uint64_t id);
  bool finish_record(const Place& place, const Record& record, Parts& parts);
  void join_cause(const EximRecord& exim, const Record& record, Refusal& refusal);
  void take_remote_refusal(const Place& place, const Record& record, const EximRecord& exim,
                           std::uint64_t id);
  void take_delivery(const Place& place, const EximRecord& exim);
  /// Remembers a refused DATA, which names nobody, until its session's `incomplete transaction`
  /// line.
  void await_incomplete(const Record& record, const EximRecord& exim, Held& held);
  void take_incomplete(const Record& record, const EximRecord& exim);
  void take_arrival(const Place& place, const EximRecord& exim);
  LastOfProcess& last_of_process(const Record& record, const EximRecord& exim, std::uint64_t words,
                                 PerLog& log) const;
  std::uint64_t numbered(std::uint64_t hash, PerLog& log);
  void begin(const Place& place, const Record& record, Refusal& refusal) const;
  void end_cause(Session session, bool one_process);
  [[nodiscard]] CauseLine* cause_beside(Session session, std::string_view sender);
  [[nodiscard]] CauseLine* cause_for(const EximRecord& exim, const Record& record,
                                     const Refusal& refusal);
  void put_sender(const EximRecord& exim, std::optional<ReversePath>& sender);
  /// A pid tells the sessions of one client apart; Exim writes one where log_selector has +pid.
  [[nodiscard]] static bool names_process(const Record& record, const EximRecord& exim);
  [[nodiscard]] Session session_of(const Record& record, const EximRecord& exim) const;

  Context& context_;
  std::uint64_t salt_ = random_salt();
  CalloutMemory callouts_;
  Delivery
      delivery_;  ///< the last one: half of all lines may be some, and its texts keep their room
  OpenMessage arriving_;  ///< likewise
  CauseLines causes_;
  /// That served in a session which another of its client cut into: by a hash of sender and
  /// session.
  CauseLines beside_;
  std::vector<CauseTime> fresh_causes_;  ///< of the last kCauseWait seconds: one may be orphaned
  std::deque<CauseTime> later_causes_;   ///< beyond, until they serve no more
  std::unordered_map<std::uint64_t, std::uint64_t>
      cut_through_;  ///< ids of held temporary refusals of the next server, by message_key()
  std::unordered_multimap<Session, std::uint64_t> refused_data_;  ///< ids of held refusals
  tsl::robin_map<std::uint64_t, std::int64_t> seen_causes_;  ///< ids of cause lines, against copies
  ByLog<PerLog> logs_;
};

}  // namespace lostmail::assemble
