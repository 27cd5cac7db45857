#include <algorithm>
#include <array>

#include "lostmail/core/address.hpp"
#include "lostmail/parse/parse_line.hpp"
#include "lostmail/parse/timestamp.hpp"
#include "parse/cursor.hpp"
#include "parse/exim_context.hpp"
#include "parse/in_place.hpp"

namespace lostmail::parse {
namespace {

using Kind = EximRecord::Kind;

/// The characters of IP addresses.
constexpr auto kOfAddress = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("0123456789abcdefABCDEF.:"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();
bool is_of_address(char c) { return kOfAddress[static_cast<unsigned char>(c)]; }

/// `[192.0.2.7]` at the cursor: the address without brackets, empty where none stands there.
std::string_view take_bracketed(Cursor& cursor) {
  if (!cursor.rest.starts_with('[')) return {};
  std::size_t close = 1;
  while (close < cursor.rest.size() && is_of_address(cursor.rest[close])) ++close;
  if (close < 3 || close == cursor.rest.size() || cursor.rest[close] != ']') return {};
  const auto ip = cursor.rest.substr(1, close - 1);
  cursor.rest.remove_prefix(close + 1);
  return ip;
}

/// `:4321` behind an address (+incoming_port, +outgoing_port). A colon before a blank is the
/// separator and stays.
void skip_port(Cursor& cursor) {
  if (cursor.rest.size() < 2 || cursor.rest[0] != ':' || !is_digit(cursor.rest[1])) return;
  std::size_t end = 1;
  while (end < cursor.rest.size() && is_digit(cursor.rest[end])) ++end;
  cursor.rest.remove_prefix(end);
}

/// Where `) [address]` next stands in `text`, from `from` on: the end of a HELO name in
/// parentheses.
std::size_t end_of_helo(std::string_view text, std::size_t from) {
  for (auto at = text.find(") [", from); at != std::string_view::npos;
       at = text.find(") [", at + 1)) {
    Cursor behind{text.substr(at + 2)};
    if (take_bracketed(behind).empty()) continue;
    skip_port(behind);
    if (behind.rest.empty() || behind.rest.front() == ' ' || behind.rest.front() == ':') return at;
  }
  return std::string_view::npos;
}

/// True where what stands behind a second `) [address]` would pass for the rest of a client's line:
/// with helo_accept_junk_hosts a HELO name can hold all of it, and so can free text, so nobody can
/// tell.
bool second_host_follows(std::string_view text) {
  const auto at = end_of_helo(text, 0);
  if (at == std::string_view::npos) return false;
  const auto behind = text.substr(at);
  for (const auto* token : {" F=<", " rejected ", " temporarily rejected ", " sender verify "}) {
    if (behind.find(token) != std::string_view::npos) return true;
  }
  return false;
}

/// The client's host field behind `H=` or where lines write it without a tag (host.c
/// host_build_sender_fullhost()): `name (helo) [ip]:port`, each part but the address optional.
std::optional<EximHost> take_host(Cursor& cursor) {
  EximHost host;
  Cursor at = cursor;
  if (!at.rest.starts_with('[') && !at.rest.starts_with('(')) {
    const auto blank = find_near(at.rest, ' ');
    if (blank == std::string_view::npos) return std::nullopt;
    host.name = at.rest.substr(0, blank);
    at.rest.remove_prefix(blank + 1);
    at.take("DS ");
  }
  const bool has_helo = at.rest.starts_with('(');
  if (has_helo) {
    const auto close = end_of_helo(at.rest, 0);
    if (close == std::string_view::npos) return std::nullopt;
    host.helo = at.rest.substr(1, close - 1);
    at.rest.remove_prefix(close + 2);
  }
  host.ip = take_bracketed(at);
  if (host.ip.empty()) return std::nullopt;
  host.doubtful = has_helo && second_host_follows(at.rest);
  skip_port(at);
  at.take("*");  // the connection was used before (deliver.c delivery_log())
  cursor = at;
  return host;
}

/// The length of a `KEY=` that is of no interest here, 0 for others.
std::size_t key_length(std::string_view text) {
  static constexpr std::array<std::string_view, 26> kKeys{
      "I=",     "U=",   "Ci=", "X=",  "CV=",  "SNI=", "A=",   "P=",   "SPF=",
      "DMARC=", "PRX=", "Q=",  "S=",  "M8S=", "id=",  "id*=", "R=",   "T=",
      "PS=",    "QT=",  "DT=", "RT=", "D=",   "ST=",  "DN=",  "DKIM="};
  const auto equals = text.substr(0, 6).find('=');
  if (equals == std::string_view::npos) return 0;
  const auto key = text.substr(0, equals + 1);
  return std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end() ? 0 : key.size();
}

/// `KEY=value` tokens without interest here, one at a time; quoted values may hold blanks.
bool skip_token(Cursor& cursor) {
  if (std::size_t end = key_length(cursor.rest); end > 0) {
    if (begins(cursor.rest, "DN=\"")) {  // nothing in it is escaped
      end = std::min(cursor.rest.find("\" ", end + 1), cursor.rest.size());
    } else if (end < cursor.rest.size() && cursor.rest[end] == '"') {
      end = end_of_quotes(cursor.rest, end);
    }
    end = std::min(find_near(cursor.rest, ' ', end), cursor.rest.size());
    if (end < cursor.rest.size() && cursor.rest[end - 1] == ':') --end;  // the separator stays
    cursor.rest.remove_prefix(end);
    return true;
  }
  return cursor.take("DS ") || cursor.take("TFO ") || cursor.take("TFO* ") ||
         cursor.take("PRDR ") || cursor.take("K ") || cursor.take("L ") || cursor.take("L* ") ||
         cursor.take("L. ") || cursor.take("L- ") || cursor.take("L.- ") || cursor.take("ARC ") ||
         cursor.take("DKIM ");
}

/// `<path>` at the cursor; without its brackets. nullopt where it does not close.
std::optional<std::string_view> take_path(Cursor& cursor) {
  const auto end = end_of_path(cursor.rest);
  if (end == std::string_view::npos) return std::nullopt;
  const auto path = cursor.rest.substr(1, end - 1);
  cursor.rest.remove_prefix(end + 1);
  return path;
}

/// The client's fields that stand before an event's phrase (smtp_in.c smtp_handle_acl_fail()).
void take_client_fields(Cursor& cursor, EximRecord& record) {
  for (;;) {
    cursor.skip_blanks();
    if (!record.host && begins(cursor.rest, "H=")) {
      Cursor at{cursor.rest.substr(2)};
      record.host = take_host(at);
      if (!record.host) return;
      record.host_text = cursor.rest.substr(0, cursor.rest.size() - at.rest.size());
      record.doubtful = record.doubtful || record.host->doubtful;
      cursor = at;
    } else if (begins(cursor.rest, "F=<")) {
      if (record.sender) record.doubtful = true;
      Cursor at{cursor.rest.substr(2)};
      const auto path = take_path(at);
      if (!path) return;
      record.sender = *path;
      cursor = at;
    } else if (begins(cursor.rest, "F=")) {  // local_scan() writes it without brackets
      cursor.rest.remove_prefix(2);
      record.sender = cursor.until(" ");
    } else if (!skip_token(cursor)) {
      return;
    }
  }
}

/// True where each quoted string before the path's end closes.
bool closes_its_quotes(std::string_view path) {
  for (std::size_t i = 1; i < path.size() && path[i] != '>'; ++i) {
    if (path[i] != '"') continue;
    i = end_of_quotes(path, i) - 1;
    if (i + 1 >= path.size()) return false;
  }
  return true;
}

/// The argument of a refused command: a path, perhaps without brackets, perhaps with ESMTP
/// parameters, cut at 100 characters.
void take_argument(Cursor& cursor, EximRecord& record) {
  constexpr std::size_t kLongest = 100;  // smtp_in.c cuts what it shows of the argument there
  if (cursor.rest.starts_with('<')) {
    const auto shown = cursor.rest.substr(0, kLongest);
    const auto end = end_of_path(shown);
    // A quote that does not close within a full argument was cut, and what would end the path is
    // inside the quotes.
    const bool cut =
        shown.size() == kLongest && (end == std::string_view::npos || !closes_its_quotes(shown));
    if (end != std::string_view::npos && !cut) {
      record.address = strip_path(shown.substr(1, end - 1));
      cursor.rest.remove_prefix(end + 1);
    } else {
      record.address_cut = true;  // what is left of it is no address
      cursor.rest.remove_prefix(shown.size());
    }
    const auto colon = cursor.rest.find(": ");
    cursor.rest.remove_prefix(colon == std::string_view::npos ? cursor.rest.size() : colon);
    return;
  }
  const auto argument = cursor.rest.substr(0, cursor.rest.find(": "));
  record.address = strip_path(argument.substr(0, argument.find(' ')));
  cursor.rest.remove_prefix(argument.size());
}

struct Phrase {
  std::string_view text;
  Stage stage;
  enum class Then { argument, word, nothing } then;
};

/// What ACL refusals name (globals.c acl_wherenames[]); longer phrases before their beginnings.
constexpr std::array<Phrase, 12> kWhat{{
    {"RCPT ", Stage::rcpt, Phrase::Then::argument},
    {"MAIL ", Stage::mail, Phrase::Then::argument},
    {"after DATA PRDR", Stage::message, Phrase::Then::nothing},
    {"after DATA", Stage::message, Phrase::Then::nothing},
    {"DATA", Stage::data, Phrase::Then::nothing},
    {"during MIME ACL checks", Stage::message, Phrase::Then::nothing},
    {"DKIM ", Stage::message, Phrase::Then::word},
    {"connection in \"connect\" ACL", Stage::connect, Phrase::Then::nothing},
    {"EHLO or HELO ", Stage::helo, Phrase::Then::word},
    {"AUTH ", Stage::auth, Phrase::Then::word},
    {"by local_scan()", Stage::message, Phrase::Then::nothing},
    {"by non-SMTP ACL", Stage::message, Phrase::Then::nothing},
}};

/// Refusals that are none of mail: the client may go on and hand its mail in.
constexpr std::array<std::string_view, 8> kNotOfMail{
    "VRFY ", "EXPN ", "ETRN ", "ATRN ", "NOTQUIT", "STARTTLS", "WELLKNOWN ", "XCLIENT "};

/// Behind `rejected `: what was rejected, and the text. False: not this form.
bool take_what(Cursor cursor, EximRecord& record) {
  for (const auto& what : kWhat) {
    if (!cursor.take(what.text)) continue;
    record.stage = what.stage;
    if (what.then == Phrase::Then::argument) {
      const bool path = cursor.rest.starts_with('<');
      take_argument(cursor, record);
      if (what.stage == Stage::mail && !record.address_cut && (path || !record.address.empty()))
        record.sender = record.address;
    } else if (what.then == Phrase::Then::word) {
      const auto word = cursor.rest.substr(0, cursor.rest.find(": "));
      if (what.stage == Stage::helo && record.host && record.host->helo.empty())
        record.host->helo = word;
      cursor.rest.remove_prefix(word.size());
    }
    if (cursor.take(": ")) {
      record.text = cursor.rest;
    } else if (!cursor.rest.empty()) {
      return false;
    }
    // Up to 4.85 a `discard` verb was logged as a rejection; the client got 250.
    record.kind = begins(record.text, "discarded by ") ? Kind::context : Kind::refusal;
    return true;
  }
  for (const auto word : kNotOfMail) {
    if (!begins(cursor.rest, word)) continue;
    record.kind = Kind::context;
    return true;
  }
  return false;
}

/// `"EHLO name" from HOST` (helo_verify_hosts), `EHLO from HOST: syntactically invalid argument(s):
/// X`, `MAIL from HOST: no HELO/EHLO given`, `"CMD" from HOST: …`. False: not this form.
bool take_command_from(Cursor cursor, EximRecord& record) {
  const bool quoted = cursor.take("\"");
  const auto verb = cursor.rest.substr(0, 4);
  if (verb == "EHLO" || verb == "HELO") {
    record.stage = Stage::helo;
  } else if (verb == "MAIL") {
    record.stage = Stage::mail;
  } else if (verb == "RCPT" && quoted) {
    record.stage = Stage::rcpt;
  } else {
    return false;
  }
  const auto from = quoted ? cursor.rest.find("\" from ") : 4;
  if (from == std::string_view::npos) return false;
  cursor.rest.remove_prefix(from);
  if (!cursor.take(quoted ? "\" from " : " from ")) return false;
  cursor.take("H=");
  auto host = take_host(cursor);
  if (!host) return false;
  record.host = host;
  record.text =
      cursor.take(": ") ? cursor.rest : std::string_view("HELO name does not match the host");
  if (!quoted && record.stage == Stage::helo) {
    record.text = "syntactically invalid HELO argument(s)";
    record.reply_code = 501;
  } else if (!quoted && record.stage == Stage::mail) {
    record.reply_code = 503;  // no HELO/EHLO given
  }
  record.kind = Kind::refusal;
  return true;
}

/// `MAIL FROM:<S> H=…: message too big`, `from <S> H=…: Too many "Received" headers`, `MAIL command
/// H=…: …` (smtp_in.c, receive.c). False: not this form.
bool take_tail_host(Cursor cursor, EximRecord& record) {
  if (cursor.take("MAIL FROM:")) {
    record.stage = Stage::mail;
  } else if (cursor.take("MAIL command ")) {
    record.stage = Stage::mail;
    record.permanent = false;  // too many messages in one connection
    record.reply_code = 421;
  } else if (cursor.take("from ")) {
    record.stage = Stage::message;
  } else {
    return false;
  }
  if (cursor.rest.starts_with('<')) {
    const auto path = take_path(cursor);
    if (!path) return false;
    record.sender = *path;
  }
  take_client_fields(cursor, record);
  if (!cursor.take(": ") && !cursor.take(":")) return false;
  record.text = cursor.rest;
  if (begins(record.text, "message too big")) record.reply_code = 552;
  record.kind = Kind::refusal;
  return true;
}

bool take_rejected(Cursor& cursor, EximRecord& record) {
  Cursor at = cursor;
  record.permanent = !at.take("temporarily ");
  if (!at.take("rejected ")) return false;
  // `MAIL from HOST` and `MAIL FROM:<S> H=…` stand before `MAIL <S>`, whose argument could be
  // anything.
  return take_command_from(at, record) || take_tail_host(at, record) || take_what(at, record);
}

bool take_delivery_fields(Cursor& cursor, EximRecord& record, bool with_reply = true);

/// `ADDR F=<S> rejected after DATA: …`: the next server refused while we passed the message through
/// (verify.c cutthrough_finaldot()); a second H= behind it is that server's.
bool take_cutthrough(Cursor cursor, EximRecord& record) {
  if (!record.host) return false;
  const auto blank = cursor.rest.find(" F=<");
  if (blank == std::string_view::npos ||
      cursor.rest.substr(0, blank).find('@') == std::string_view::npos) {
    return false;
  }
  const auto address = cursor.rest.substr(0, blank);
  cursor.rest.remove_prefix(blank);
  take_client_fields(cursor, record);
  record.permanent = !cursor.take("tmp-reject from cutthrough after DATA");
  if (record.permanent && !cursor.take("rejected after DATA")) return false;
  record.address = address;
  record.stage = Stage::message;
  if (cursor.take(":")) {
    EximRecord delivery;
    take_delivery_fields(cursor, delivery);
    record.server = delivery.host;
    record.text = delivery.text;
  }
  record.kind = Kind::refusal;
  return true;
}

bool take_verify(Cursor cursor, EximRecord& record) {
  if (cursor.take("sender verify fail for ")) {
    record.permanent = true;
  } else if (cursor.take("sender verify defer for ")) {
    record.permanent = false;
  } else {
    return false;
  }
  if (!cursor.rest.starts_with('<')) return false;
  const auto path = take_path(cursor);
  if (!path) return false;
  record.address = *path;
  if (cursor.take(": ")) record.text = cursor.rest;
  record.kind = Kind::verify;
  return true;
}

/// Lines that name the client in their middle or end: beginning, stage, permanent, and the text
/// where the line has none.
struct SpecialLine {
  std::string_view beginning;
  Stage stage;
  bool permanent;
  int code;        ///< of the reply
  bool with_path;  ///< `<S>` follows
  std::string_view text;
};
constexpr std::array<SpecialLine, 8> kSpecialLines{{
    {"refused connection from ", Stage::connect, true, 554, false,
     "connection refused (host_reject_connection)"},
    {"temporarily refused connection from ", Stage::connect, false, 421, false,
     "too much load or too many connections"},
    {"Connection from ", Stage::connect, false, 421, false, "too many connections"},
    {"connection from ", Stage::connect, true, 554, false, "connection refused (IP options)"},
    {"unqualified sender rejected: ", Stage::mail, true, 501, true,
     "sender address must contain a domain"},
    {"unqualified recipient rejected: ", Stage::rcpt, true, 501, true,
     "recipient address must contain a domain"},
    {"too many recipients: message rejected: sender=", Stage::rcpt, true, 552, true,
     "too many recipients"},
    {"too many recipients: excess temporarily rejected: sender=", Stage::rcpt, false, 452, true,
     "too many recipients"},
}};

bool take_special(Cursor cursor, EximRecord& record) {
  if (cursor.rest.empty() ||
      std::string_view("rtCcu").find(cursor.rest[0]) == std::string_view::npos)
    return false;
  for (const auto& line : kSpecialLines) {
    if (!cursor.take(line.beginning)) continue;
    if (line.with_path) {
      const auto path = cursor.rest.starts_with('<') ? take_path(cursor) : std::nullopt;
      if (!path) return false;
      if (line.stage == Stage::rcpt && begins(line.beginning, "unqualified")) {
        record.address = *path;
      } else {
        record.sender = *path;
      }
      take_client_fields(cursor, record);
    } else {
      cursor.take("H=");
      record.host = take_host(cursor);
    }
    if (!record.host) return false;
    if (line.beginning == "Connection from " && !begins(cursor.rest, " refused: ")) return false;
    if (line.beginning == "connection from " && !begins(cursor.rest, " refused (IP options)"))
      return false;
    record.stage = line.stage;
    record.permanent = line.permanent;
    record.reply_code = line.code;
    record.text = line.text;
    record.kind = Kind::refusal;
    return true;
  }
  return false;
}

/// `MAIL FROM:`, in any case, and a path or an address behind it; nullopt where it is another.
std::optional<std::string_view> take_address_of(std::string_view verb, std::string_view command) {
  if (!equals_ignoring_case(command.substr(0, verb.size()), verb)) return std::nullopt;
  Cursor cursor{command.substr(verb.size())};
  cursor.skip_blanks();
  if (cursor.rest.starts_with('<')) return strip_path(take_path(cursor).value_or(""));
  return strip_path(cursor.rest.substr(0, cursor.rest.find(' ')));
}

/// `SMTP protocol synchronization error (…): rejected "CMD" H=… next input="…"`, `… rejected
/// connection from H=… input="…"`. The client chose command and input.
bool take_synchronisation_error(Cursor cursor, EximRecord& record) {
  if (!cursor.take("SMTP protocol synchronization error (") &&
      !cursor.take("SMTP protocol violation: ")) {
    return false;
  }
  const auto rejected = cursor.rest.find(": rejected ");
  if (rejected == std::string_view::npos) return false;
  cursor.rest.remove_prefix(rejected + 11);
  std::string_view command;
  if (!cursor.take("connection from ")) {
    const auto host = cursor.rest.find("\" H=");
    if (!cursor.take("\"") || host == std::string_view::npos) return false;
    record.doubtful = cursor.rest.find("\" H=", host) != std::string_view::npos;
    command = cursor.rest.substr(0, host - 1);
    cursor.rest.remove_prefix(host);
  }
  take_client_fields(cursor, record);
  if (!record.host) return false;
  record.stage = Stage::connect;
  if (const auto sender = take_address_of("MAIL FROM:", command)) {
    record.stage = Stage::mail;
    if (!sender->empty() || command.find("<>") != std::string_view::npos) record.sender = *sender;
  } else if (const auto recipient = take_address_of("RCPT TO:", command)) {
    record.stage = Stage::rcpt;
    record.address = *recipient;
  } else if (equals_ignoring_case(command, "DATA")) {
    record.stage = Stage::data;
  }
  record.reply_code = 554;
  record.text = "SMTP protocol synchronization error";
  record.kind = Kind::refusal;
  return true;
}

/// `SMTP syntax error in "MAIL FROM:<a b>" H=… malformed address: …` (+smtp_syntax_error); of other
/// commands: context.
bool take_syntax_error(Cursor cursor, EximRecord& record) {
  if (!begins(cursor.rest, "SMTP syntax error in \"")) return false;
  cursor.rest.remove_prefix(21);
  const auto command = cursor.rest.substr(1, 10);
  if (!begins(command, "MAIL FROM:") && !begins(command, "RCPT TO:")) return false;
  const auto host = cursor.rest.rfind("\" H=");
  if (host == std::string_view::npos) return false;
  record.doubtful = cursor.rest.find("\" H=") != host;
  cursor.rest.remove_prefix(host + 1);
  take_client_fields(cursor, record);
  if (!record.host) return false;
  record.stage = begins(command, "MAIL") ? Stage::mail : Stage::rcpt;
  record.reply_code = 501;
  record.text = cursor.rest;
  record.kind = Kind::refusal;
  return true;
}

/// `incomplete transaction (QUIT) from <S> for A B` (smtp_in.c incomplete_transaction_log(), with
/// +smtp_incomplete_transaction).
bool take_incomplete(Cursor cursor, EximRecord& record) {
  if (!cursor.take("incomplete transaction (")) return false;
  cursor.until(") from ");
  if (!cursor.rest.starts_with('<')) return false;
  const auto path = take_path(cursor);
  if (!path) return false;
  record.sender = *path;
  if (cursor.take(" for ")) record.recipients = cursor.rest;
  record.kind = Kind::incomplete;
  return true;
}

/// True where ident, SNI or the subject of a certificate stand in the client's fields: claims that
/// Exim does not quote.
bool has_unquoted_claim(std::string_view fields) {
  for (auto at = fields.find('='); at != std::string_view::npos; at = fields.find('=', at + 1)) {
    const auto key = fields.substr(0, at);
    if (key.ends_with(" U") || key.ends_with(" SNI")) return true;
    if (key.ends_with(" DN") && begins(fields.substr(at), "=\"")) return true;
  }
  return false;
}

/// True where the client made claims that Exim does not quote and what follows the event's phrase
/// could be the rest of the real line: then a claim may have spoken the phrase.
bool claim_may_have_spoken(std::string_view fields, std::string_view phrase) {
  if (!has_unquoted_claim(fields)) return false;
  for (const auto* rest : {" F=<", " rejected MAIL ", " rejected DATA", " sender verify fail for <",
                           " sender verify defer for <"}) {
    if (phrase.find(rest) != std::string_view::npos) return true;
  }
  return false;
}

/// Events of the receiving side and all lines without a delivery flag.
void parse_event(std::string_view text, EximRecord& record) {
  Cursor cursor{text};
  if (take_special(cursor, record) || take_synchronisation_error(cursor, record) ||
      take_syntax_error(cursor, record)) {
    return;
  }
  take_client_fields(cursor, record);
  record.local_submission = !record.host;
  if (record.host &&
      claim_may_have_spoken(text.substr(0, text.size() - cursor.rest.size()), cursor.rest)) {
    record.doubtful = true;
  }
  if (take_rejected(cursor, record) || take_verify(cursor, record) ||
      take_cutthrough(cursor, record) || take_incomplete(cursor, record))
    return;
  if (cursor.rest.starts_with("local_scan() function ") &&
      cursor.rest.find(" - message temporarily rejected") != std::string_view::npos) {
    record.stage = Stage::message;
    record.permanent = false;
    record.local_submission = false;  // the line names no client
    record.text = cursor.rest;
    record.kind = Kind::refusal;
    return;
  }
  if (cursor.take(
          "dropped by 'connect' ACL")) {  // TLS on connect (smtp_in.c log_connect_tls_drop())
    record.stage = Stage::connect;
    if (cursor.take(": ")) record.text = cursor.rest;
    record.kind = Kind::refusal;
    return;
  }
  const auto& rest = cursor.rest;
  if (begins(rest, ": SMTP error from remote mail") ||
      begins(rest, "SMTP error from remote mail") || begins(rest, ": LMTP error after ")) {
    record.kind = Kind::attempt_error;
  } else if (is_exim_context(rest) || is_exim_context(text)) {
    record.kind = Kind::context;
  }
}

/// The address of an arrival: up to a blank outside quotes.
std::string_view take_plain_address(Cursor& cursor) {
  std::size_t end = std::min(find_near(cursor.rest, ' '), cursor.rest.size());
  if (find_near(cursor.rest.substr(0, end), '"') != std::string_view::npos) {
    end = 0;
    while (end < cursor.rest.size() && cursor.rest[end] != ' ')
      end = cursor.rest[end] == '"' ? end_of_quotes(cursor.rest, end) : end + 1;
  }
  const auto address = cursor.rest.substr(0, end);
  cursor.rest.remove_prefix(end);
  return address;
}

void parse_arrival(Cursor cursor, const Asked& asked, EximRecord& record) {
  record.kind = Kind::arrival;
  const auto address = take_plain_address(cursor);
  record.sender = address == "<>" ? std::string_view() : address;
  cursor.skip_blanks();
  if (cursor.take("R=")) record.bounce_of = cursor.until(" ");
  cursor.take("DS ");
  record.local_submission = !begins(cursor.rest, "H=");
  if (asked.arrival_host && cursor.take("H=")) record.host = take_host(cursor);
}

/// True where the fields of a delivery line begin: `at` is a blank, or the colon of the separator.
bool fields_begin(std::string_view text, std::size_t at) {
  const auto behind = text.substr(at);
  if (behind.front() == ':') return begins(behind, ": ");
  if (behind.front() != ' ') return false;
  return begins(behind, " R=") || begins(behind, " T=") || begins(behind, " F=<") ||
         begins(behind, " P=<") || begins(behind, " Q=") || begins(behind, " H=") ||
         begins(behind, " : ") || begins(behind, " defer (") || begins(behind, " routing defer");
}

/// True where `quoted`, an address, is `plain` with its local part in quotes.
bool is_quoted_form(std::string_view quoted, std::string_view plain) {
  if (!quoted.starts_with('"')) return false;
  const auto end = end_of_quotes(quoted, 0);
  if (end == quoted.size() || quoted[end] != '@') return false;
  std::size_t at = 0;
  for (std::size_t i = 1; i + 1 < end; ++i, ++at) {
    if (quoted[i] == '\\' && i + 2 < end) ++i;
    if (at == plain.size() || plain[at] != quoted[i]) return false;
  }
  return plain.substr(at) == quoted.substr(end);
}

/// `d > e: f@c.example <"d > e: f"@c.example>`: Exim writes a quoted local part without its quotes
/// first, so anything may stand there, and what closes it is that the same follows in quotes.
bool take_unquoted_address(Cursor& cursor, EximRecord& record) {
  const auto text = cursor.rest;
  std::size_t behind = 0;
  for (auto at = text.find("<\""); at != std::string_view::npos; at = text.find("<\"", at + 1)) {
    if (at == 0 || text[at - 1] != ' ') continue;
    const auto path = text.substr(at);
    const auto end = end_of_path(path);
    if (end == std::string_view::npos) break;
    const auto address = path.substr(1, end - 1);
    if (!is_quoted_form(address, text.substr(0, at - 1))) continue;
    if (behind > 0)
      record.doubtful = true;  // whoever chose the address, or the reply, had this in mind
    if (behind == 0) record.address = address;
    if (behind == 0) behind = at + end + 1;
  }
  cursor.rest.remove_prefix(behind);
  return behind > 0;
}

/// The characters of a delivery line that may end its address, or begin what does not end it.
constexpr auto kEndsOrEncloses = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view(" :\"<")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();
bool ends_or_encloses(char c) { return kEndsOrEncloses[static_cast<unsigned char>(c)]; }

/// The address part of a delivery line (deliver.c string_log_address()): `ADDR`, `ADDR (PARENT…)
/// <TOP>`, `local <full@address>`.
void take_delivery_address(Cursor& cursor, EximRecord& record) {
  if (take_unquoted_address(cursor, record)) return;
  const auto text = cursor.rest;
  std::size_t end = 0;
  for (;;) {
    while (end < text.size() && !ends_or_encloses(text[end])) ++end;
    if (end == text.size() || ((text[end] == ' ' || text[end] == ':') && fields_begin(text, end)))
      break;
    if (text[end] == '"') {
      end = end_of_quotes(text, end);
    } else if (text[end] == '<') {
      const auto close = end_of_path(text.substr(end));
      end = close == std::string_view::npos ? end + 1 : end + close + 1;
    } else {
      ++end;
    }
  }
  cursor.rest.remove_prefix(end);
  auto address = text.substr(0, end);
  if (address.ends_with('>')) {
    const auto open = address.rfind(" <");
    if (open != std::string_view::npos) {
      record.top_address = address.substr(open + 2, address.size() - open - 3);
      address = address.substr(0, open);
    }
  }
  const auto parent = address.find(" (");
  if (address.ends_with(')') && parent != std::string_view::npos)
    address = address.substr(0, parent);
  record.address = address;
}

/// The fields between the address and the message; stops behind the separator. True where a message
/// follows. Without the reply it stops where nothing but that is to come (deliver.c
/// delivery_log()): at the host, or at the reply itself.
bool take_delivery_fields(Cursor& cursor, EximRecord& record, bool with_reply) {
  for (;;) {
    if (cursor.take(": ") || cursor.take(" : ")) return true;
    if (cursor.rest.empty()) return false;
    cursor.skip_blanks();
    if (cursor.take("H=")) {
      record.host = take_host(cursor);
      if (!record.host || !with_reply) return false;
    } else if (cursor.take("F=") || cursor.take("P=")) {
      if (!cursor.rest.starts_with('<')) continue;
      const auto path = take_path(cursor);
      if (!path) return false;
      record.sender = *path;
    } else if (cursor.take("defer (") || cursor.take("routing defer (")) {
      cursor.until(")");
    } else if (cursor.take("C=\"")) {
      if (!with_reply) return false;
      const auto end = end_of_quotes(cursor.rest, 0) - 1;
      record.text = cursor.rest.substr(0, std::min(end, cursor.rest.size()));
      cursor.rest.remove_prefix(std::min(end + 1, cursor.rest.size()));
    } else {
      std::size_t end = 0;
      const auto equals = cursor.rest.substr(0, 6).find('=');
      if (equals != std::string_view::npos && equals + 1 < cursor.rest.size() &&
          cursor.rest[equals + 1] == '"') {
        end = end_of_quotes(cursor.rest, equals + 1);
      }
      end = std::min(find_near(cursor.rest, ' ', end), cursor.rest.size());
      const bool separator = end > 0 && end < cursor.rest.size() && cursor.rest[end - 1] == ':';
      cursor.rest.remove_prefix(end);
      if (separator) {
        cursor.skip_blanks();
        return true;
      }
    }
  }
}

/// `SMTP error from remote mail server after [pipelined ]CMD: [host NAME [IP]: ]REPLY`
/// (transports/smtp.c); leaves the record's text and command set where a reply stands there.
void take_remote_reply(std::string_view message, EximRecord& record) {
  record.text = message;
  Cursor cursor{message};
  // A PRDR reply comes for each recipient at the end of the data.
  const bool at_end = cursor.take("PRDR error after ");
  if (!at_end && !cursor.take("SMTP error from remote mail server after ") &&
      !cursor.take("SMTP error from remote mailer after ") && !cursor.take("LMTP error after ")) {
    return;
  }
  cursor.take("pipelined ");
  const auto command = cursor.rest;
  std::size_t end = 0;
  for (const auto* verb : {"MAIL FROM:", "RCPT TO:"}) {
    const std::string_view word(verb);
    if (command.starts_with(word) && command.substr(word.size()).starts_with('<')) {
      const auto close = end_of_path(command.substr(word.size()));
      if (close != std::string_view::npos) end = word.size() + close;
    }
  }
  end = command.find(": ", end);
  if (end == std::string_view::npos) return;
  cursor.rest.remove_prefix(end + 2);
  Cursor with_host = cursor;
  if (with_host.take("host ")) {  // up to 4.84
    const auto host = take_host(with_host);
    if (host && with_host.take(": ")) {
      record.host = host;
      cursor = with_host;
    }
  }
  const auto reply = cursor.rest;
  if (reply.size() < 3 || reply[0] < '4' || reply[0] > '5' || !is_digit(reply[1]) ||
      !is_digit(reply[2]))
    return;
  record.command = at_end ? std::string_view("end of data") : command.substr(0, end);
  record.text = reply;
  record.permanent = reply[0] == '5';
}

/// `3s`, `1m2s`, `0.123s` (tod.c string_timediff()).
bool is_duration(std::string_view text) {
  return !text.empty() && is_digit(text.front()) &&
         std::string_view("smhdw").find(text.back()) != std::string_view::npos &&
         text.find_first_not_of("0123456789.smhdw") == std::string_view::npos;
}

void parse_outcome(Kind kind, Cursor cursor, const Asked& asked, EximRecord& record) {
  record.kind = kind;
  take_delivery_address(cursor, record);
  const bool with_reply = asked.delivery_reply || kind != Kind::delivery;
  const bool message = take_delivery_fields(cursor, record, with_reply);
  record.local_delivery = !record.host;
  if (!message || kind == Kind::delivery) return;
  auto text = cursor.rest;
  // With +deliver_time the duration stands behind the remote's words (deliver.c failure_log(),
  // since 4.94).
  const auto last = text.rfind(' ');
  if (kind == Kind::failure && last != std::string_view::npos &&
      begins(text.substr(last), " DT=") && is_duration(text.substr(last + 4))) {
    text = text.substr(0, last);
  }
  take_remote_reply(text, record);
}

/// Lines with a message id and a flag. False: no flag.
bool parse_flagged(std::string_view text, const Asked& asked, EximRecord& record) {
  if (begins(text, "Completed")) {
    record.kind = Kind::completed;
    return true;
  }
  Cursor rest{text};
  if (rest.take("<= ") || rest.take("(= ")) {
    parse_arrival(rest, asked, record);
  } else if (rest.take("=> ") || rest.take("-> ") || rest.take(">> ")) {
    record.kind = Kind::delivery;
    if (asked.deliveries) parse_outcome(Kind::delivery, rest, asked, record);
  } else if (rest.take("** ")) {
    parse_outcome(Kind::failure, rest, asked, record);
  } else if (rest.take("== ")) {
    parse_outcome(Kind::deferral, rest, asked, record);
  } else if (rest.take("*> ")) {
    record.kind = Kind::context;  // -N: nothing was delivered
  } else {
    return false;
  }
  return true;
}

/// Without a branch for each: every line of a message begins with an id.
bool base62(std::string_view text) {
  bool all = true;
  for (const char c : text) all &= is_alnum(c);
  return all;
}

/// The length of the message id at the start of `text`, 0 where none stands there.
std::size_t message_id_length(std::string_view text) {
  if (text.size() >= 16 && text[6] == '-' && text[13] == '-' && base62(text.substr(0, 6)) &&
      base62(text.substr(7, 6)) && base62(text.substr(14, 2))) {
    return 16;
  }
  if (text.size() >= 23 && text[6] == '-' && text[18] == '-' && base62(text.substr(0, 6)) &&
      base62(text.substr(7, 11)) && base62(text.substr(19, 4))) {
    return 23;
  }
  return 0;
}

}  // namespace

std::size_t end_of_path(std::string_view text) {
  const auto close = find_near(text, '>', 1);
  if (find_near(text.substr(0, close), '"', 1) == std::string_view::npos) return close;
  bool open = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      const auto end = end_of_quotes(text, i);
      open = end == text.size() && (text.back() != '"' || end == i + 1);
      i = end - 1;
    } else if (text[i] == '>') {
      return i;
    }
  }
  // A quote that never closes is an ordinary character of a broken address.
  return open ? text.find('>') : std::string_view::npos;
}

std::vector<std::string_view> split_addresses(std::string_view list) {
  std::vector<std::string_view> addresses;
  Cursor cursor{list};
  for (cursor.skip_blanks(); !cursor.rest.empty(); cursor.skip_blanks())
    addresses.push_back(take_plain_address(cursor));
  // log.c log_vwrite() marks a list that did not fit.
  if (!addresses.empty() && addresses.back() == "<trunc>") addresses.pop_back();
  return addresses;
}

bool is_exim_message_id(std::string_view text) {
  return !text.empty() && message_id_length(text) == text.size();
}

EximRecord parse_exim(std::string_view text, bool stamped) {
  EximRecord record;
  StampReader stamps;
  read_exim(text, stamped ? &stamps : nullptr, {}, record);
  return record;
}

void read_exim(std::string_view line, StampReader* stamps, const Asked& asked, EximRecord& record) {
  record.record = line;
  auto text = line;
  if (stamps != nullptr) {
    const std::size_t length = stamps->exim(text, record.stamp);
    if (length == 0) {
      record.kind = Kind::continuation;
      return;
    }
    record.stamp_text = text.substr(0, length - 1);
    text.remove_prefix(length);
  }
  if (text.starts_with('[')) {
    const auto close = text.find("] ");
    if (close != std::string_view::npos && close > 1 &&
        text.substr(1, close - 1).find_first_not_of("0123456789") == std::string_view::npos) {
      record.pid = text.substr(1, close - 1);
      text.remove_prefix(close + 2);
    }
  }
  record.after_pid = text;
  const auto id = message_id_length(text);
  if (id > 0 && id < text.size() && text[id] == ' ') {
    record.queue_id = text.substr(0, id);
    text.remove_prefix(id + 1);
    if (parse_flagged(text, asked, record)) return;
  }
  parse_event(text, record);
}

namespace {

Callout::Command command_of(std::string_view command) {
  using Command = Callout::Command;
  if (begins(command, "initial connection")) return Command::connect;
  if (begins(command, "HELO") || begins(command, "EHLO") || begins(command, "LHLO"))
    return Command::helo;
  if (begins(command, "MAIL FROM:<>")) return Command::mail;
  if (!begins(command, "RCPT TO:<")) return Command::other;
  return equals_ignoring_case(command.substr(9, 11), "postmaster@") ? Command::postmaster
                                                                    : Command::rcpt;
}

Callout::Outcome outcome_of(std::string_view reply) {
  using Outcome = Callout::Outcome;
  if (reply.empty() || reply == "connection dropped") return Outcome::no_answer;
  if (reply.front() == '5') return Outcome::refused;
  return reply.front() == '4' ? Outcome::deferred : Outcome::not_told;
}

bool take_server(Cursor& cursor, CalloutText& result) {
  const auto host = take_host(cursor);
  if (!host) return false;
  result.name = host->name;
  result.ip = host->ip;
  return true;
}

/// `CMD: REPLY`; the address in the command may hold `: `.
std::optional<std::string_view> take_command(Cursor cursor, CalloutText& result) {
  const auto path = cursor.rest.find(":<");
  std::size_t from = 0;
  if (path != std::string_view::npos && path < 12) {
    const auto close = end_of_path(cursor.rest.substr(path + 1));
    if (close != std::string_view::npos) from = path + 1 + close;
  }
  const auto end = cursor.rest.find(": ", from);
  if (end == std::string_view::npos) return std::nullopt;
  result.reply = cursor.rest.substr(end + 2);
  return cursor.rest.substr(0, end);
}

/// 4.50 to 4.88: `CMD" from HOST [IP] was: REPLY`, behind `response to "`.
std::optional<CalloutText> callout_before_489(Cursor cursor) {
  CalloutText result;
  const auto command = cursor.until("\" from ");
  if (!take_server(cursor, result) || !cursor.take(" was: ")) return std::nullopt;
  result.reply = cursor.rest;
  result.callout = {command_of(command), outcome_of(result.reply)};
  return result;
}

/// `HOST [IP] : `, as all reasons begin since 4.89.
bool take_server_first(Cursor& cursor, CalloutText& result) {
  if (cursor.rest.starts_with('[')) {  // an address literal is its own name: `[ip] [ip] : `
    Cursor twice = cursor;
    if (!take_bracketed(twice).empty() && twice.take(" ") && twice.rest.starts_with('['))
      cursor = twice;
  }
  return take_server(cursor, result) && cursor.take(" : ");
}

/// What stands behind the server since 4.89.
std::optional<CalloutText> callout_since_489(Cursor cursor, CalloutText result) {
  std::optional<std::string_view> command = "initial connection";
  if (cursor.take("SMTP error from remote mail server after ")) {
    cursor.take("pipelined ");
    command = take_command(cursor, result);
  } else if (cursor.take("response to \"")) {
    command = cursor.until("\" was: ");
    result.reply = cursor.rest;
  } else if (cursor.take("SMTP timeout after ") ||
             cursor.take("Remote host closed connection in response to ")) {
    cursor.take("pipelined ");
    command = cursor.rest;
  } else if (cursor.rest == "NULL") {
    // MAIL was answered with 4xx or not at all, and nobody noted which.
    result.callout = {Callout::Command::mail, Callout::Outcome::not_told};
    return result;
  }
  if (!command) return std::nullopt;
  result.callout = {command_of(*command), outcome_of(result.reply)};
  return result;
}

}  // namespace

std::optional<CalloutText> callout_of(std::string_view reason) {
  using Command = Callout::Command;
  using Outcome = Callout::Outcome;
  Cursor cursor{reason};
  const bool incomplete = cursor.take("Could not complete sender verify callout: ") ||
                          cursor.take("Could not complete recipient verify callout: ");
  if (cursor.take("could not connect to ")) {  // 4.50 to 4.88
    CalloutText result;
    take_server(cursor, result);
    result.callout = {Command::connect, Outcome::no_answer};
    return result;
  }
  if (cursor.take("response to \"")) return callout_before_489(cursor);
  CalloutText result;
  if (take_server_first(cursor, result)) return callout_since_489(cursor, result);
  if (!incomplete) return std::nullopt;
  return CalloutText{{Command::other, Outcome::no_answer}, {}, {}, {}};
}

}  // namespace lostmail::parse
