#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include <tsl/robin_map.h>

#include "assemble/by_log.hpp"
#include "assemble/context.hpp"
#include "assemble/sendmail_text.hpp"
#include "lostmail/assemble/record_id.hpp"

namespace lostmail::assemble {

class SendmailAssembler {
 public:
  explicit SendmailAssembler(Context& context) : context_(context) {}

  /// As Assembler::expect().
  void expect(const Record& record, const SendmailRecord& sendmail);
  /// False where the line is none that the grammar knows.
  bool take(const Place& place, const Record& record, const SendmailRecord& sendmail);
  /// `last message repeated N times` behind a Sendmail line: only refused recipients without more
  /// are equal lines.
  bool take_repeated(const Place& place, const Record& record, const Repeated& repeated);
  void finish();

 private:
  /// A line that syslog's length limit cut (conf.c sm_syslog()).
  struct Parts {
    std::string text;
    int next = 1;
  };
  struct PerLog {
    std::unordered_map<std::string, Parts> parts;
    tsl::robin_map<std::uint64_t, std::uint32_t> ordinals;
    std::int64_t ordinals_since = 0;
    std::string last_user_error;  ///< message of the last line, where it was one
  };
  /// Refusals of one envelope that wait for its `from=` line, or for the `to=` lines of a refused
  /// message.
  struct Envelope {
    std::vector<std::uint64_t> waiting;
    std::uint64_t refused_message = 0;
    std::string refused_text;
    std::int64_t when = 0;
  };

  bool take_part(const Place& place, const Record& record, const SendmailRecord& part);
  bool take_whole(const Place& place, const Record& record, const SendmailRecord& sendmail);
  void take_from(const Place& place, const Record& record, const SendmailRecord& sendmail);
  void take_to(const Place& place, const Record& record, const SendmailRecord& sendmail);
  void take_ruleset(const Place& place, const Record& record, const SendmailRecord& sendmail);
  void take_milter(const Place& place, const Record& record, const SendmailRecord& sendmail);
  void take_collect(const Place& place, const Record& record, const SendmailRecord& sendmail);
  /// The refusal of a whole message: its `from=` line stands before it, its `to=` lines, which
  /// repeat `words`, follow and name the recipients.
  void hold_message(Refusal&& refusal, std::uint64_t key, std::string words);
  void take_user_error(const Place& place, const Record& record, const SendmailRecord& sendmail);
  void take_connection(const Place& place, const Record& record, const SendmailRecord& sendmail);
  void take_undelivered(const Record& record, const SendmailRecord& sendmail);
  void take_children(const Place& place, const SendmailRecord& sendmail, const Record& record);
  void deliver(const Place& place, const Record& record, const SendmailRecord& sendmail,
               const std::vector<std::string_view>& recipients);
  void refused_by_remote(const Place& place, const Record& record, const SendmailRecord& sendmail,
                         const std::vector<std::string_view>& recipients);
  /// True where the daemon logged the same refusal of a program's mail; it gets the recipients.
  bool joins_own_refusal(const SendmailRecord& sendmail, const RemoteAnswer& answer,
                         const std::optional<ReversePath>& sender,
                         const std::vector<std::string_view>& recipients);
  [[nodiscard]] Refusal blank(const Place& place, const Record& record,
                              const SendmailRecord& sendmail, std::string_view recipient,
                              std::string_view what);
  /// Holds `refusal`; where the envelope's sender or client is not known yet, until its `from=`
  /// line.
  void hold(Refusal&& refusal);
  [[nodiscard]] std::uint64_t message_of(const Record& record, std::string_view queue_id);

  Context& context_;
  ByLog<PerLog> logs_;
  tsl::robin_map<std::uint64_t, Envelope> envelopes_;  ///< by message_of()
  std::deque<std::uint64_t> recent_;                   ///< ids of the last held refusals of clients
  std::string last_host_;                              ///< of message_of()
  std::uint64_t last_host_key_ = host_key({});
};

}  // namespace lostmail::assemble
