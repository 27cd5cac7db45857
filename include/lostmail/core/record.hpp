#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "lostmail/core/event.hpp"
#include "lostmail/core/log_time.hpp"
#include "lostmail/core/vocabulary.hpp"

namespace lostmail {

/// The wrapper that syslog puts before a message (RFC 3164, RFC 5424, rsyslog's and journald's
/// forms). Views into the line.
struct SyslogFrame {
  LogStamp stamp;
  std::string_view stamp_text;  ///< as written
  std::string_view host;
  std::string_view ident;
  std::string_view pid;  ///< digits; empty where none is written
};

/// Exim's host field (host.c host_build_sender_fullhost()). Only `ip` is a fact.
struct EximHost {
  std::string_view ip;    ///< as written, without brackets
  std::string_view name;  ///< confirmed forward; empty: none
  std::string_view helo;  ///< empty: equal to the name, or none
  bool doubtful = false;  ///< two places of the line could be the address
};

/// One Exim log record: its first physical line.
struct EximRecord {
  enum class Kind : std::uint8_t {
    refusal,   ///< `rejected WHAT`, and the other lines that end a command with 4xx or 5xx
    verify,    ///< `sender verify fail|defer for <…>`
    arrival,   ///< `<=`, `(=`
    delivery,  ///< `=>`, `->`, `>>`
    failure,   ///< `**`
    deferral,  ///< `==`
    completed,
    incomplete,  ///< `incomplete transaction (QUIT) from <…> for …`: whom a refused DATA was for
    attempt_error,  ///< a host's error with a later `**` or `==`: a step, not a result
    context,  ///< understood, of no interest here: connections, warnings, queue runs, daemon lines
              ///< …
    continuation,  ///< a physical line without a time stamp: belongs to the record before it
    unknown,
  };
  Kind kind = Kind::unknown;
  LogStamp stamp;
  std::string_view record;     ///< from its own time stamp on (where it has one)
  std::string_view after_pid;  ///< the record less time stamp and pid; with the stamp it is what
                               ///< identifies a record
  std::string_view stamp_text;
  std::string_view pid;
  std::string_view queue_id;
  std::optional<EximHost> host;    ///< client; on delivery lines the remote server
  std::optional<EximHost> server;  ///< of a cut-through refusal: the next server, who refused
  std::string_view host_text;  ///< `H=…` as it stands, the key of a session where no pid is logged
  std::optional<std::string_view> sender;  ///< of F=, P=<>, MAIL or the arrival's address; without
                                           ///< brackets, empty for <>
  std::string_view
      address;  ///< refused or verified address, delivered or failed address, without brackets
  std::string_view top_address;  ///< of a delivery line: the address before aliasing; may be empty
  Stage stage = Stage::rcpt;
  bool permanent = true;
  int reply_code = 0;  ///< that Exim answers such a line with; 0: its default for the stage
  bool local_submission = false;  ///< no host: a program on this machine
  bool local_delivery = false;    ///< a delivery without a remote host
  std::string_view text;          ///< refusal text, verify reason or remote reply; may be empty
  std::string_view
      recipients;            ///< of incomplete: addresses parted by blanks, as the client gave them
  std::string_view command;  ///< of failure and deferral: the SMTP command that the remote answered
  std::string_view
      bounce_of;  ///< of an arrival: R=, the id of the message that this one is the bounce of
  bool doubtful = false;
  bool address_cut = false;  ///< the refused address was longer than Exim shows: it is not told

  EximRecord() noexcept;
};
/// Not in the class: a record is made for each line, and would be filled with zeros first.
inline EximRecord::EximRecord() noexcept = default;

/// One physical line of an Exim record that syslog cut in parts: `[1\3] …` (log.c write_syslog()).
struct EximPart {
  int number = 0, total = 0;
  bool newline_after = false;  ///< the part ended at a newline of the record, not by length
  std::string_view text;
};

/// One line of Sendmail's log.
struct SendmailRecord {
  enum class Kind : std::uint8_t {
    from,         ///< `from=`: sender and client of an envelope
    to,           ///< `to=`: outcome for recipients
    ruleset,      ///< `ruleset=…, reject=`
    milter,       ///< `Milter: …, reject=`
    user_error,   ///< `ADDR... TEXT` or a bare text while RCPT is processed
    collect,      ///< `message size (N) exceeds maximum (M)` and others that collect.c refuses
    undelivered,  ///< `to=` without mailer and relay: our own refusal after DATA
    dsn,          ///< `PARENT: CHILD: DSN: …`
    clone,        ///< `CHILD: clone: owner=…`
    split,        ///< `split: maxrcpts=N, ids=CHILD,CHILD`
    connection,   ///< a client turned away: tcpwrappers, traffic before the greeting or a reply
    context,
    unknown,
  };
  Kind kind = Kind::unknown;
  std::string_view queue_id;  ///< empty for NOQUEUE and lines without id
  int part = 0;               ///< of a line that was split (`QID[2]: `); 0: whole
  std::string_view body;      ///< after the queue id
  std::string_view ruleset;
  std::string_view argument;     ///< arg1, or the address of Milter:/user_error lines; as written
  std::string_view sender;       ///< from=, a clone's owner=, as written
  std::string_view recipients;   ///< to= list as written
  std::string_view controlling;  ///< ctladdr=
  std::string_view mailer;
  std::string_view relay;  ///< as written: name, [ip], (may be forged)
  std::string_view dsn;
  std::string_view reply;
  std::string_view stat;
  std::string_view reject;        ///< after reject=: code, enhanced code, text
  std::string_view child;         ///< of dsn and clone; of split: all, with commas
  std::string_view command;       ///< of connection: the SMTP command refused; empty: none yet
  std::string_view milter_stage;  ///< from, to, connect, helo, cmd, data
  std::string_view message_id;
  long size = -1;                 ///< of from=
  long recipients_accepted = -1;  ///< nrcpts= of from=
  bool more = false;              ///< `[more]`: the recipient list goes on in the next line

  SendmailRecord() noexcept;
};
inline SendmailRecord::SendmailRecord() noexcept = default;  // as EximRecord's

/// A line of a program that is no MTA of ours; counted, not read.
struct OtherProgram {};

/// `last message repeated N times`; `text` where the form carries the message.
struct Repeated {
  unsigned times = 0;
  std::string_view text;
};

/// Blank, or nothing that is known.
struct NotUnderstood {};

using RecordBody =
    std::variant<NotUnderstood, EximRecord, EximPart, SendmailRecord, OtherProgram, Repeated>;

struct Record {
  std::optional<SyslogFrame> frame;
  RecordBody body;
};

}  // namespace lostmail
