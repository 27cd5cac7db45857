#include "lostmail/parse/parse_line.hpp"

#include <array>
#include <charconv>

#include "lostmail/parse/timestamp.hpp"
#include "parse/cursor.hpp"
#include "parse/in_place.hpp"

namespace lostmail::parse {
namespace {

/// `<22>` (RFC 5424 §6.2.1).
void skip_priority(Cursor& cursor) {
  if (!cursor.rest.starts_with('<')) return;
  const auto close = cursor.rest.find('>');
  if (close < 2 || close > 4) return;
  for (std::size_t i = 1; i < close; ++i) {
    if (!is_digit(cursor.rest[i])) return;
  }
  cursor.rest.remove_prefix(close + 1);
}

/// `Sun 2026-11-01 00:00:01 CET ` (journalctl -o short-full): the zone's name says nothing sure and
/// is dropped.
std::optional<ParsedStamp> short_full_stamp(std::string_view text) {
  if (text.size() < 24 || text[3] != ' ') return std::nullopt;
  auto stamp = exim_stamp(text.substr(4));
  if (!stamp) return std::nullopt;
  const auto zone = text.find(' ', 4 + stamp->length);
  if (zone == std::string_view::npos) return std::nullopt;
  if (text.substr(4 + stamp->length, zone - 4 - stamp->length) == "UTC")
    stamp->stamp.offset_minutes = 0;
  stamp->length = zone + 1;
  return stamp;
}

/// Any of them where it is to lie: its length with the blank, 0 where none stands there.
std::size_t take_stamp(std::string_view text, StampReader& stamps, LogStamp& stamp) {
  if (text.empty()) return 0;
  const bool numeric = is_digit(text.front());
  if (const auto length = numeric ? 0 : stamps.rfc3164(text, stamp); length > 0) return length;
  const auto other = numeric ? rfc3339_stamp(text) : short_full_stamp(text);
  if (!other) return 0;
  stamp = other->stamp;
  return other->length;
}

/// `ident[pid]: `, `ident: `; moves behind it. False: no ident stands here.
bool take_ident(Cursor& cursor, SyslogFrame& frame) {
  std::size_t end = 0;
  while (end < cursor.rest.size() && end < 64 && cursor.rest[end] != ' ' &&
         cursor.rest[end] != ':' && cursor.rest[end] != '[') {
    ++end;
  }
  if (end == 0 || end == cursor.rest.size()) return false;
  Cursor behind{cursor.rest.substr(end)};
  std::string_view pid;
  if (behind.take("[")) {
    const auto close = behind.rest.find(']');
    if (close == std::string_view::npos || close > 10) return false;
    pid = behind.rest.substr(0, close);
    behind.rest.remove_prefix(close + 1);
  }
  if (!behind.take(":") || (!behind.rest.empty() && !behind.take(" "))) return false;
  frame.ident = cursor.rest.substr(0, end);
  frame.pid = pid;
  cursor = behind;
  return true;
}

/// RFC 5424 §6: HOST APP-NAME PROCID MSGID STRUCTURED-DATA [BOM]MSG.
bool take_rfc5424(Cursor& cursor, SyslogFrame& frame) {
  Cursor at = cursor;
  frame.host = at.until(" ");
  frame.ident = at.until(" ");
  frame.pid = at.until(" ");
  if (frame.pid == "-") frame.pid = {};
  at.until(" ");
  if (at.take("-")) {
  } else {
    while (at.rest.starts_with('[')) {
      std::size_t i = 1;
      while (i < at.rest.size() && at.rest[i] != ']')
        i = at.rest[i] == '"' ? end_of_quotes(at.rest, i) : i + 1;
      at.rest.remove_prefix(std::min(i + 1, at.rest.size()));
    }
  }
  at.take(" ");
  at.take("\xef\xbb\xbf");
  if (frame.ident.empty()) return false;
  cursor = at;
  return true;
}

bool is_sendmail_ident(std::string_view ident) {
  return ident == "sendmail" || begins(ident, "sm-") || ident == "sendmail-in" ||
         ident == "sendmail-out";
}

/// `last message repeated 3 times`, `message repeated 3 times: [ … ]`.
std::optional<Repeated> repeated(std::string_view text) {
  Cursor cursor{text};
  cursor.take("last ");
  if (!cursor.take("message repeated ")) return std::nullopt;
  Repeated result;
  const auto* end = cursor.rest.data() + cursor.rest.size();
  const auto [next, code] = std::from_chars(cursor.rest.data(), end, result.times);
  if (code != std::errc()) return std::nullopt;
  cursor.rest.remove_prefix(static_cast<std::size_t>(next - cursor.rest.data()));
  if (!cursor.take(" time")) return std::nullopt;
  cursor.take("s");
  if (cursor.take(": [")) {
    cursor.skip_blanks();
    result.text =
        cursor.rest.ends_with(']') ? cursor.rest.substr(0, cursor.rest.size() - 1) : cursor.rest;
  }
  return result;
}

/// `[2\5] ` or `[5/5] ` before a part of a record.
std::optional<EximPart> exim_part(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  EximPart part;
  const char* end = text.data() + text.size();
  auto at = std::from_chars(text.data() + 1, end, part.number);
  if (at.ec != std::errc() || at.ptr == end || (*at.ptr != '/' && *at.ptr != '\\'))
    return std::nullopt;
  part.newline_after = *at.ptr == '\\';
  at = std::from_chars(at.ptr + 1, end, part.total);
  if (at.ec != std::errc() || part.number < 1 || part.number > part.total || end - at.ptr < 2 ||
      at.ptr[0] != ']' || at.ptr[1] != ' ') {
    return std::nullopt;
  }
  part.text = text.substr(static_cast<std::size_t>(at.ptr + 2 - text.data()));
  return part;
}

}  // namespace

/// `mx1 sm-mta[2757]: `, with a pid in digits. What remember_names() kept leads to no other reading
/// in FrameReader::take().
bool FrameReader::take_known_names(std::string_view& text, SyslogFrame& frame) const {
  constexpr std::size_t kLongestPid = 10;
  if (names_.empty() || !text.starts_with(names_)) return false;
  const auto rest = text.substr(names_.size());
  std::size_t pid = 0;
  while (pid < rest.size() && pid < kLongestPid && is_digit(rest[pid])) ++pid;
  if (!begins(rest.substr(pid), "]: ")) return false;
  frame.host = text.substr(0, host_length_);
  frame.ident = text.substr(host_length_ + 1, names_.size() - host_length_ - 2);
  frame.pid = rest.substr(0, pid);
  text = rest.substr(pid + 3);
  return true;
}

/// `names`: host, one blank, program and `[`, of which no stamp can be made. Not where what follows
/// them could change their reading: behind `<` a facility may end, behind `[` a pid.
void FrameReader::remember_names(std::string_view names, std::size_t host_length) {
  if (names == names_) return;
  const auto host = names.substr(0, host_length);
  const bool plain = !host.starts_with('<') && host.find('[') == std::string_view::npos;
  names_ = plain ? names : std::string_view();
  host_length_ = host_length;
}

bool FrameReader::take(std::string_view& text, SyslogFrame& frame) {
  Cursor cursor{text};
  skip_priority(cursor);
  const bool versioned =
      begins(cursor.rest, "1 ") && rfc3339_stamp(cursor.rest.substr(2)).has_value();
  if (versioned) cursor.rest.remove_prefix(2);
  const std::size_t stamp_length = take_stamp(cursor.rest, stamps_, frame.stamp);
  if (stamp_length == 0) return false;
  frame.stamp_text = cursor.rest.substr(0, stamp_length - 1);
  cursor.rest.remove_prefix(stamp_length);
  if (versioned) {
    if (!take_rfc5424(cursor, frame)) return false;
    text = cursor.rest;
    return true;
  }
  if (take_known_names(cursor.rest, frame)) {
    text = cursor.rest;
    return true;
  }
  // Collectors of containers put a stamp of their own before the whole line.
  std::string_view inner = cursor.rest;
  if (SyslogFrame real; take_stamp(inner, stamps_, real.stamp) > 0 && take(inner, real)) {
    text = inner;
    frame = real;
    return true;
  }
  if (cursor.rest.starts_with('<')) {  // FreeBSD: <mail.info>
    const auto close = cursor.rest.find("> ");
    if (close != std::string_view::npos && close < 20) cursor.rest.remove_prefix(close + 2);
  }
  cursor.skip_blanks();
  if (!take_ident(cursor, frame)) {
    const auto names = cursor.rest;
    frame.host = cursor.until(" ");
    cursor.skip_blanks();
    if (!begins(cursor.rest, "last message repeated ") && take_ident(cursor, frame)) {
      const std::size_t length = frame.host.size() + 1 + frame.ident.size() + 1;
      const bool one_blank = frame.ident.data() == frame.host.data() + frame.host.size() + 1;
      if (one_blank && !frame.pid.empty())
        remember_names(names.substr(0, length), frame.host.size());
    }
  }
  text = cursor.rest;
  return true;
}

std::optional<SyslogFrame> take_syslog_frame(std::string_view& text) {
  SyslogFrame frame;
  return FrameReader().take(text, frame) ? std::optional(frame) : std::nullopt;
}

Record parse_line(std::string_view line) {
  Record record;
  LineParser().parse(line, record);
  return record;
}

void LineParser::parse_message(std::string_view text, const SyslogFrame& frame, RecordBody& body) {
  const bool of_exim = begins(frame.ident, "exim");
  if (const auto again = repeated(text)) {
    body = *again;
    return;
  }
  if (const auto part = exim_part(text);
      part && (of_exim || part->number > 1 || exim_stamp(part->text))) {
    body = *part;
    return;
  }
  const bool stamped = text.size() > 4 && text[4] == '-' && exim_stamp(text).has_value();
  if (stamped || of_exim)
    return read_exim(text, stamped ? &stamps_ : nullptr, asked_, body.emplace<EximRecord>());
  auto& record = body.emplace<SendmailRecord>();
  read_sendmail(text, record);
  // -L gives Sendmail any name: an id with a valid date and a known body is its own.
  if (!is_sendmail_ident(frame.ident) &&
      (record.queue_id.empty() || record.kind == SendmailRecord::Kind::unknown ||
       record.kind == SendmailRecord::Kind::context ||
       record.kind == SendmailRecord::Kind::user_error)) {
    body = OtherProgram{};
  }
}

void LineParser::parse(std::string_view line, Record& record) {
  record.frame.reset();
  if (!line.empty() && is_digit(line.front())) {
    auto& exim = record.body.emplace<EximRecord>();
    read_exim(line, &stamps_, asked_, exim);
    if (exim.kind != EximRecord::Kind::continuation) return;  // it has a stamp
  }
  std::string_view text = line;
  if (frames_.take(text, record.frame.emplace())) {
    parse_message(text, *record.frame, record.body);
    return;
  }
  record.frame.reset();
  if (!line.empty()) {
    // A continuation; whether of anything, the assembler knows.
    read_exim(line, &stamps_, asked_, record.body.emplace<EximRecord>());
  } else {
    record.body = NotUnderstood{};
  }
}

}  // namespace lostmail::parse
