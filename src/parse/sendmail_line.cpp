#include <algorithm>
#include <array>
#include <charconv>

#include "lostmail/parse/parse_line.hpp"
#include "lostmail/parse/timestamp.hpp"
#include "parse/beginnings.hpp"
#include "parse/cursor.hpp"
#include "parse/in_place.hpp"

namespace lostmail::parse {
namespace {

using Kind = SendmailRecord::Kind;

constexpr auto kNowhere = std::string_view::npos;

long number_at(std::string_view text) {
  long value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Where `mark` first stands in `text` outside quoted strings.
template <std::size_t N>
std::size_t find_outside_quotes(std::string_view text, const char (&mark)[N]) {
  const auto first = find_first(text, mark);
  if (first == kNowhere || find_near(text.substr(0, first), '"') == kNowhere) return first;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      const auto end = end_of_quotes(text, i);
      if (end == text.size() && text.back() != '"') return find_first(text, mark, i);  // stray
      i = end - 1;
    } else if (begins(text.substr(i), mark)) {
      return i;
    }
  }
  return kNowhere;
}

/// An address as the client gave it, up to `, ` and one of `keys`; a bracketed one ends at its
/// bracket.
template <std::size_t... N>
std::string_view take_value(Cursor& cursor, const char (&... keys)[N]) {
  if (cursor.rest.starts_with('<')) {
    const auto end = end_of_path(cursor.rest);
    if (end != kNowhere &&
        (end + 1 == cursor.rest.size() || begins(cursor.rest.substr(end + 1), ", "))) {
      const auto value = cursor.rest.substr(0, end + 1);
      cursor.rest.remove_prefix(end + 1);
      return value;
    }
  }
  const std::size_t end = std::min({cursor.rest.size(), find_outside_quotes(cursor.rest, keys)...});
  const auto value = cursor.rest.substr(0, end);
  cursor.rest.remove_prefix(end);
  return value;
}

/// headers.c logsender(): the size follows the address, the relay ends the line; a Message-ID
/// between is the client's.
void parse_from(Cursor cursor, SendmailRecord& record) {
  record.sender = take_value(cursor, ", size=", ", class=");
  if (cursor.take(", size=")) record.size = number_at(cursor.rest);
  const auto accepted = find_first(cursor.rest, ", nrcpts=");
  if (accepted == kNowhere) return;
  cursor.rest.remove_prefix(accepted + 9);
  record.recipients_accepted = number_at(cursor.rest);
  if (const auto id = find_first(cursor.rest, ", msgid="); id != kNowhere) {
    record.message_id = cursor.rest.substr(id + 8, find_first(cursor.rest, ", ", id + 8) - id - 8);
  }
  const auto relay = find_last(cursor.rest, ", relay=");
  if (relay != kNowhere) record.relay = cursor.rest.substr(relay + 8);
  record.kind = Kind::from;
}

/// The keys of a `to=` line behind `delay=`, in the order of deliver.c logdelivery(); reply= and
/// stat= hold the remote's words.
void take_delivery_keys(Cursor cursor, SendmailRecord& record) {
  while (cursor.take(", ")) {
    if (cursor.take("reply=")) {
      const auto stat = find_last(cursor.rest, ", stat=");
      record.reply = cursor.rest.substr(0, stat);
      if (stat != kNowhere) record.stat = cursor.rest.substr(stat + 7);
      if (record.reply.ends_with(", STS=OK")) record.reply.remove_suffix(8);
      return;
    }
    if (cursor.take("stat=")) {
      record.stat = cursor.rest;
      return;
    }
    const auto end = std::min(find_first(cursor.rest, ", "), cursor.rest.size());
    const auto field = cursor.rest.substr(0, end);
    if (begins(field, "mailer=") && record.mailer.empty()) record.mailer = field.substr(7);
    if (begins(field, "relay=") && record.relay.empty()) record.relay = field.substr(6);
    if (begins(field, "dsn=") && record.dsn.empty()) record.dsn = field.substr(4);
    cursor.rest.remove_prefix(end);
  }
}

void parse_to(Cursor cursor, SendmailRecord& record) {
  const auto control = find_outside_quotes(cursor.rest, ", ctladdr=");
  const auto delay = find_outside_quotes(cursor.rest, ", delay=");
  if (delay == kNowhere) return;
  record.recipients = cursor.rest.substr(0, std::min(control, delay));
  if (control < delay) record.controlling = cursor.rest.substr(control + 10, delay - control - 10);
  if (record.recipients.ends_with(", [more]")) {
    record.more = true;
    record.recipients.remove_suffix(8);
  }
  cursor.rest.remove_prefix(delay);
  take_delivery_keys(cursor, record);
  if (record.stat.empty()) return;
  record.kind = record.mailer.empty() && record.relay.empty() ? Kind::undelivered : Kind::to;
}

/// parseaddr.c rscheck(). The client writes arg1; header rulesets show a whole header there.
void parse_ruleset(Cursor cursor, SendmailRecord& record) {
  record.ruleset = cursor.rest.substr(0, find_first(cursor.rest, ", "));
  cursor.rest.remove_prefix(record.ruleset.size());
  if (cursor.take(", arg1=")) {
    if (begins(record.ruleset, "check_") || begins(record.ruleset, "t")) {
      record.argument = take_value(cursor, ", arg2=", ", relay=", ", reject=");
    } else {
      const auto reject = find_last(cursor.rest, ", reject=");
      const auto relay = find_last(cursor.rest, ", relay=", reject);
      const auto end = std::min({relay, reject, cursor.rest.size()});
      record.argument = cursor.rest.substr(0, end);
      cursor.rest.remove_prefix(end);
    }
  }
  if (cursor.take(", arg2=")) {
    if (record.ruleset == "check_compat")
      record.recipients = take_value(cursor, ", relay=", ", reject=");
    const auto next = std::min(cursor.rest.find(", relay="), cursor.rest.find(", reject="));
    cursor.rest.remove_prefix(std::min(next, cursor.rest.size()));
  }
  if (cursor.take(", relay=")) {
    record.relay = cursor.rest.substr(0, find_first(cursor.rest, ", "));
    cursor.rest.remove_prefix(record.relay.size());
  }
  if (cursor.take(", reject=")) {
    record.reject = cursor.rest;
    record.kind = Kind::ruleset;
  } else if (begins(cursor.rest, ", discard") || begins(cursor.rest, ", quarantine=") ||
             begins(cursor.rest, ", status=")) {
    record.kind = Kind::context;
  }
}

/// srvrsmtp.c MILTER_REPLY and neighbours.
void parse_milter(Cursor cursor, SendmailRecord& record) {
  record.kind = Kind::context;
  if (cursor.take("from=") || cursor.take("to=")) {
    record.milter_stage = cursor.rest.data()[-3] == 't' ? "to" : "from";
    record.argument = take_value(cursor, ", reject=", ", discard");
  } else if (cursor.take("connect: host=")) {
    record.milter_stage = "connect";
    record.argument = cursor.until(", addr=");
    record.relay = cursor.rest.substr(0, cursor.rest.find(", "));
    cursor.rest.remove_prefix(record.relay.size());
  } else if (cursor.take("helo=")) {
    record.milter_stage = "helo";
    record.argument = take_value(cursor, ", reject=");
  } else if (cursor.take("cmd=data")) {
    record.milter_stage = "cmd";
  } else if (cursor.take("data")) {
    record.milter_stage = "data";
  } else {
    return;
  }
  if (cursor.take(", reject=")) {
    record.reject = cursor.rest;
    record.kind = Kind::milter;
  } else if (record.milter_stage == "connect" && cursor.take(", rejecting commands")) {
    record.reject = cursor.take("=") ? cursor.rest : "554 5.0.0 Command rejected";
    record.kind = Kind::milter;
  } else if (record.milter_stage == "connect" && cursor.take(", temp failing commands")) {
    record.reject = cursor.take("=") ? cursor.rest : "451 4.3.2 Please try again later";
    record.kind = Kind::milter;
  } else if (record.milter_stage == "connect" && cursor.take(", shutdown")) {
    record.reject = cursor.take("=") ? cursor.rest : "421 4.7.0 closing connection";
    record.kind = Kind::milter;
  }
}

/// Texts that err.c usrerr() logs without an address while RCPT is processed.
constexpr std::array<std::string_view, 8> kBareErrors{
    "Too many recipients",
    "Please try again later",
    "Syntax error in mailbox address ",
    "8-bit character in mailbox ",
    "Address too long (",
    "aliasing/forwarding loop broken",
    "User unknown",
    "Unbalanced ",
};

bool parse_user_error(std::string_view body, SendmailRecord& record) {
  static const Beginnings bare_errors{kBareErrors};
  if (bare_errors.has_one_of(body)) {
    record.reject = body;
    record.kind = Kind::user_error;
    return true;
  }
  Cursor cursor{body};
  if (body.starts_with('<')) {
    const auto end = end_of_path(body);
    if (end == kNowhere) return false;
    record.argument = body.substr(0, end + 1);
    cursor.rest.remove_prefix(end + 1);
  } else {
    const auto end = body.find("... ");
    if (end == kNowhere || end == 0 || body.substr(0, end).find(' ') != kNowhere) return false;
    record.argument = body.substr(0, end);
    cursor.rest.remove_prefix(end);
  }
  if (!cursor.take("... ") || cursor.rest.empty()) return false;
  record.reject = cursor.rest;
  record.kind = Kind::user_error;
  return true;
}

/// `split: count=2, id=CHILD`, `split: maxrcpts=3, …, ids=CHILD,CHILD` (queue.c
/// split_by_recipient(), split_within_queue()).
bool parse_split(std::string_view body, SendmailRecord& record) {
  const auto equals = body.rfind('=');
  if (!begins(body, "split: ") || equals == kNowhere) return false;
  const auto key = body.substr(0, equals);
  if (!key.ends_with(", id") && !key.ends_with(", ids")) return false;
  record.child = body.substr(equals + 1);
  record.kind = Kind::split;
  return true;
}

/// `clone PARENT, owner=X`: up to 8.11 under the copy's own id (deliver.c).
bool parse_clone(std::string_view body, SendmailRecord& record) {
  Cursor cursor{body};
  if (!cursor.take("clone ") || !is_sendmail_queue_id(cursor.until(", owner="))) return false;
  record.child = record.queue_id;
  record.sender = cursor.rest;
  record.kind = Kind::clone;
  return true;
}

/// `CHILD: DSN: TEXT` and the other kinds (savemail.c returntosender()), `CHILD: clone: owner=X`
/// (deliver.c).
bool parse_child(std::string_view body, SendmailRecord& record) {
  const auto colon = find_first(body, ": ");
  if (colon == kNowhere || !is_sendmail_queue_id(body.substr(0, colon))) return false;
  Cursor cursor{body.substr(colon + 2)};
  record.child = body.substr(0, colon);
  for (const std::string_view kind :
       {"DSN: ", "sender notify: ", "return to sender: ", "postmaster notify: "}) {
    if (cursor.take(kind)) {
      record.stat = cursor.rest;
      record.kind = Kind::dsn;
      return true;
    }
  }
  if (cursor.take("clone: ")) {
    if (cursor.take("owner=")) record.sender = cursor.rest;
    record.kind = Kind::clone;
    return true;
  }
  record.child = {};
  return false;
}

/// `tcpwrappers (HOST, IP) rejection`, `rejecting commands from NAME [IP] due to pre-greeting
/// traffic …`, since 8.18 `rejecting MAIL from NAME [IP] due to traffic before response`.
bool parse_connection(std::string_view body, SendmailRecord& record) {
  Cursor cursor{body};
  if (cursor.take("tcpwrappers (")) {
    record.argument = cursor.until(", ");
    record.relay = cursor.until(") rejection");
    record.reject = "550 5.0.0 Access denied (tcpwrappers)";
    record.kind = Kind::connection;
    return true;
  }
  if (cursor.take("rejecting commands from ")) {
    record.relay = cursor.rest.find(" due to ") < cursor.rest.find(" after ")
                       ? cursor.until(" due to ")
                       : cursor.until(" after ");
    if (cursor.rest.find("pre-greeting traffic") == kNowhere) return false;
    record.reject = "554 5.5.0 rejecting commands due to pre-greeting traffic";
    record.kind = Kind::connection;
    return true;
  }
  if (cursor.take("rejecting ")) {
    record.command = cursor.until(" from ");
    record.relay = cursor.until(" due to traffic before response");
    if (record.command != "MAIL" && record.command != "RCPT" && record.command != "DATA")
      return false;
    if (record.relay.empty()) return false;
    record.reject = "554 5.5.0 SMTP protocol error";
    record.kind = Kind::connection;
    return true;
  }
  return false;
}

/// `message size (N) exceeds maximum (M)`, `headers too large (N max) from H during message
/// collect`, since 8.18 `collect: relay=H, from=A, info=TEXT, where=body, status=tempfail`
/// (collect.c).
bool parse_collect(std::string_view body, SendmailRecord& record) {
  Cursor cursor{body};
  if (cursor.take("collect: relay=")) {
    if (!cursor.rest.ends_with(", status=tempfail")) return false;
    const auto info = find_last(cursor.rest, ", info=");
    const auto where = find_last(cursor.rest, ", where=");
    if (info == kNowhere || where == kNowhere || where < info) return false;
    record.reject = cursor.rest.substr(info + 7, where - info - 7);
    record.dsn = "4.5.0";
  } else if (begins(body, "message size (") || begins(body, "headers too large (")) {
    record.reject = body;
  } else {
    return false;
  }
  record.kind = Kind::collect;
  return true;
}

/// What the lines of no interest begin with or hold; a closed list.
constexpr std::array<std::string_view, 65> kBeginnings{{
    "Authentication-Warning: ",
    "gethostby",
    "poststats: ",
    "engine=",
    "alias ",
    "dns ",
    "started as: ",
    "AUTH: ",
    "hash map ",
    "btree map ",
    "dbm map ",
    "Warning: ",
    "My unqualified host name",
    "File descriptors ",
    "low on ",
    "Truncated ",
    "Fixed ",
    "Aborting queue run",
    "timeout ",
    "savemail",
    "done; delay=",
    "STARTTLS=",
    "STARTTLS",
    "AUTH=",
    "AUTH ",
    "AUTH failure",
    "SYSERR(",
    "SYSERR:",
    "starting daemon",
    "connect from ",
    "milter=",
    "Milter (",
    "Milter insert",
    "Milter add",
    "Milter change",
    "Milter delete",
    "Milter accept",
    "Milter: ",
    "<-- ",
    "--- ",
    "alias database",
    "restarting ",
    "stopping daemon",
    "rejecting connections",
    "rejecting new messages",
    "deferring connections",
    "accepting connections",
    "collect: ",
    "runqueue: ",
    "grew WorkList",
    "SMTP outgoing connect",
    "POSSIBLE ATTACK",
    "invalid domain name",
    "rejecting ",
    "SMTP MAIL command",
    "discarded",
    "split: ",
    "makeconnection",
    "removing ",
    "database ",
    "locked",
    "unable to ",
    "forward ",
    "Losing ",
    "error: ",
}};
constexpr std::array<std::string_view, 12> kPhrases{{
    " aliases, longest ",
    "lost input channel from",
    "did not issue MAIL",
    "Possible SMTP RCPT flood",
    "possible SMTP attack",
    "probable open proxy",
    ": VRFY ",
    ": EXPN ",
    ": ETRN ",
    "queueup",
    "SMTP protocol error",
    "unexpected close on connection",
}};

bool is_context(std::string_view body) {
  static const Beginnings beginnings{kBeginnings};
  return beginnings.has_one_of(body) ||
         std::any_of(kPhrases.begin(), kPhrases.end(),
                     [&](auto text) { return body.find(text) != kNowhere; });
}

void parse_body(SendmailRecord& record) {
  Cursor cursor{record.body};
  if (cursor.take("from=")) return parse_from(cursor, record);
  if (cursor.take("to=")) return parse_to(cursor, record);
  if (cursor.take("ruleset=")) return parse_ruleset(cursor, record);
  if (cursor.take("Milter: ")) return parse_milter(cursor, record);
  if (parse_child(record.body, record) || parse_split(record.body, record) ||
      parse_clone(record.body, record) || parse_connection(record.body, record) ||
      parse_collect(record.body, record)) {
    return;
  }
  if (is_context(record.body)) {
    record.kind = Kind::context;
    return;
  }
  if (!record.queue_id.empty()) parse_user_error(record.body, record);
}

/// The length of a queue id at the start of `text`, 0 for none: 12 to 18 of base 62 that end in 5
/// to 7 digits and begin with a valid time.
std::size_t queue_id_length(std::string_view text) {
  constexpr std::size_t kShortest = 12, kLongest = 18;
  // Not one after the other: each line begins with one.
  if (text.size() < kShortest) return 0;
  bool all = true;
  for (std::size_t i = 0; i < kShortest; ++i) all &= is_alnum(text[i]);
  if (!all) return 0;
  std::size_t end = kShortest;
  while (end < text.size() && end <= kLongest && is_alnum(text[end])) ++end;
  if (end > kLongest) return 0;
  for (std::size_t i = end - 5; i < end; ++i) all &= is_digit(text[i]);
  return all && queue_id_time(text.substr(0, end), 2100) ? end : 0;
}

}  // namespace

bool is_sendmail_queue_id(std::string_view text) {
  const auto length = queue_id_length(text);
  return length > 0 && length == text.size();
}

SendmailRecord parse_sendmail(std::string_view text) {
  SendmailRecord record;
  read_sendmail(text, record);
  return record;
}

void read_sendmail(std::string_view text, SendmailRecord& record) {
  Cursor cursor{text};
  if (begins(cursor.rest, "[ID ")) cursor.until("] ");  // Solaris
  auto length = queue_id_length(cursor.rest);
  if (length > 0) {
    record.queue_id = cursor.rest.substr(0, length);
  } else if (begins(cursor.rest, "NOQUEUE")) {
    length = 7;
  }
  Cursor behind{cursor.rest.substr(length)};
  if (behind.take("[")) {
    const auto number = behind.rest.substr(0, behind.rest.find("]: "));
    if (!number.empty() && number.size() < 4 &&
        number.find_first_not_of("0123456789") == kNowhere) {
      record.part = static_cast<int>(number_at(number));
      behind.rest.remove_prefix(number.size() + 1);
    }
  }
  if ((length > 0 || record.part > 0) && behind.take(": ")) {
    record.body = behind.rest;
  } else {
    record.queue_id = {};
    record.part = 0;
    record.body = cursor.rest;
  }
  if (record.part == 0) parse_body(record);
}

}  // namespace lostmail::parse
