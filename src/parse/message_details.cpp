#include "lostmail/parse/message_details.hpp"

#include "parse/cursor.hpp"

namespace lostmail::parse {
namespace {

using Kind = EximRecord::Kind;

/// What stands behind `part`, a view into the record, to its end.
std::string_view behind(const EximRecord& record, std::string_view part) {
  const char* end = record.record.data() + record.record.size();
  const char* from = part.data() + part.size();
  return {from, static_cast<std::size_t>(end - from)};
}

/// `KEY=value` or `KEY="value"` up to the next blank outside quotes.
std::string_view take_token(Cursor& cursor) {
  cursor.skip_blanks();
  const auto text = cursor.rest;
  std::size_t end = 0;
  while (end < text.size() && text[end] != ' ') {
    end = text[end] == '"' ? end_of_quotes(text, end) : end + 1;
  }
  cursor.rest.remove_prefix(end);
  return text.substr(0, end);
}

/// The fields behind the client's host (receive.c receive_msg()): its name is the client's, so the
/// search begins behind its address.
void take_arrival(const EximRecord& record, MessageDetails& details) {
  Cursor cursor{behind(record, record.host ? record.host->ip
                               : record.sender && !record.sender->empty()
                                   ? *record.sender
                                   : record.after_pid.substr(0, record.queue_id.size() + 6))};
  if (record.host) cursor.until("]");
  while (!cursor.rest.empty()) {
    cursor.skip_blanks();
    if (cursor.take("for ")) {
      details.recipients = cursor.rest;
      return;
    }
    if (cursor.take("from <")) {  // raw: another's quotes are no quotes here
      cursor.until("> ");
      continue;
    }
    const auto token = take_token(cursor);
    if (token.starts_with("id=")) {
      details.message_id = token.substr(3);
    } else if (token.starts_with("id*=")) {
      details.message_id = token.substr(4);
    } else if (token.starts_with("T=\"") && token.size() > 3) {
      details.subject = token.substr(3, token.size() - (token.ends_with('"') ? 4 : 3));
    }
  }
}

void take_delivery(const EximRecord& record, MessageDetails& details) {
  Cursor cursor{behind(record, record.address)};
  if (cursor.take(" (")) details.parents = cursor.until(")");
  const auto transport = cursor.rest.find(" T=");
  if (transport == std::string_view::npos) return;
  cursor.rest.remove_prefix(transport + 3);
  details.transport = take_token(cursor);
  while (details.transport.ends_with(':')) details.transport.remove_suffix(1);
}

}  // namespace

MessageDetails message_details(const EximRecord& record) {
  MessageDetails details;
  if (record.kind == Kind::arrival) take_arrival(record, details);
  if (record.kind == Kind::delivery || record.kind == Kind::failure ||
      record.kind == Kind::deferral)
    take_delivery(record, details);
  return details;
}

}  // namespace lostmail::parse
