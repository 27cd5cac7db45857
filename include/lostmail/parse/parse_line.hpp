#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/record.hpp"
#include "lostmail/parse/timestamp.hpp"

namespace lostmail::parse {

/// Takes off what syslog wrote before the message, moves `text` to the message. nullopt: no
/// wrapper; `text` is then as before.
[[nodiscard]] std::optional<SyslogFrame> take_syslog_frame(std::string_view& text);

/// take_syslog_frame() for the lines of one log, one after the other: most have minute, host and
/// program of the one before.
class FrameReader {
 public:
  /// The frame where it is to lie. False: no wrapper; `frame` may then hold part of one.
  [[nodiscard]] bool take(std::string_view& text, SyslogFrame& frame);

 private:
  [[nodiscard]] bool take_known_names(std::string_view& text, SyslogFrame& frame) const;
  void remember_names(std::string_view names, std::size_t host_length);

  StampReader stamps_;
  std::string names_;            ///< `mx1 sm-mta[`, as the last line had it behind its stamp
  std::size_t host_length_ = 0;  ///< of the host in it
};

/// One physical line of a log of either MTA. Views into `line`; never fails: a line that no grammar
/// takes is NotUnderstood.
[[nodiscard]] Record parse_line(std::string_view line);

/// What of Exim's lines, half of which tell of mail that was taken and handed on, is asked for.
/// What is not may be left out of the record.
struct Asked {
  bool deliveries = true;      ///< false: their kind alone
  bool delivery_reply = true;  ///< and what else stands behind a delivery's host
  bool arrival_host = true;
};

/// parse_line() for the lines of one log, one after the other, each written over the record that is
/// given: they are large.
class LineParser {
 public:
  explicit LineParser(const Asked& asked = {}) : asked_(asked) {}
  void parse(std::string_view line, Record& record);

 private:
  void parse_message(std::string_view text, const SyslogFrame& frame, RecordBody& body);

  Asked asked_;
  FrameReader frames_;
  StampReader stamps_;  ///< of Exim's own
};

/// One Exim record, from its time stamp on (or, with `stamped` false, from the pid or id on:
/// `syslog_timestamp = no`).
[[nodiscard]] EximRecord parse_exim(std::string_view record, bool stamped = true);

/// The body of a Sendmail line, from the queue id on.
[[nodiscard]] SendmailRecord parse_sendmail(std::string_view text);

/// True for the shapes of Sendmail queue ids that hold a valid time (8.10 to 8.18).
[[nodiscard]] bool is_sendmail_queue_id(std::string_view text);

/// True for both lengths of Exim message ids (4.97 made them longer).
[[nodiscard]] bool is_exim_message_id(std::string_view text);

/// The structure of an Exim verify reason (verify.c do_callout(), 4.50 to 4.99): who was asked
/// what, and the answer.
struct CalloutText {
  Callout callout;
  std::string_view name;   ///< of the server asked; perhaps empty
  std::string_view ip;     ///< without brackets
  std::string_view reply;  ///< with its code; empty where no answer came
};
[[nodiscard]] std::optional<CalloutText> callout_of(std::string_view reason);

/// The addresses of a list that blanks part, quoted local parts whole (Exim's ` for a b`).
[[nodiscard]] std::vector<std::string_view> split_addresses(std::string_view list);

/// Where the path that starts at text[0] == '<' ends: the index of its '>', honouring quoted
/// strings and their backslashes (RFC 5321 §4.1.2); npos where it does not close.
[[nodiscard]] std::size_t end_of_path(std::string_view text);

}  // namespace lostmail::parse
