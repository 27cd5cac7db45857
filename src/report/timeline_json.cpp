#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "lostmail/report/json.hpp"
#include "lostmail/report/timeline.hpp"

namespace lostmail::report {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& writer, const char* key, std::string_view text) {
  const std::string safe = printable(text);
  writer.Key(key);
  writer.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
}

/// Null where the text is empty.
void put_maybe(Writer& writer, const char* key, std::string_view text) {
  if (!text.empty()) return put(writer, key, text);
  writer.Key(key);
  writer.Null();
}

void put_sender(Writer& writer, const std::optional<ReversePath>& sender) {
  if (sender) return put(writer, "sender", sender->text());
  writer.Key("sender");
  writer.Null();
}

void put_number(Writer& writer, const char* key, std::uint64_t number) {
  writer.Key(key);
  writer.Uint64(number);
}

void put_event(const MessageEvent& event, bool of_bounce, std::size_t number, std::string& out) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  put_number(writer, "timeline", number);
  put(writer, "event", name_of(event.kind));
  put(writer, "time", event.when.to_rfc3339());
  put_maybe(writer, "host", event.host.value_or(""));
  put(writer, "mta", name_of(event.mta));
  put_maybe(writer, "queue_id", event.queue_id);
  writer.Key("of_bounce");
  writer.Bool(of_bounce);
  put_sender(writer, event.sender);
  put_maybe(writer, "recipient", event.recipient);
  put_maybe(writer, "asked_for", event.asked_for);
  put_maybe(writer, "peer_ip", event.peer_ip);
  put_maybe(writer, "peer_name", event.peer_name);
  writer.Key("local");
  writer.Bool(event.local);
  put_maybe(writer, "other_id", event.other_id);
  put_maybe(writer, "message_id", event.message_id);
  put_maybe(writer, "subject", event.subject);
  put(writer, "text", event.text);
  put(writer, "file",
      event.source.file ? std::string_view(*event.source.file) : std::string_view());
  put_number(writer, "line", event.source.line);
  put_number(writer, "offset", event.source.offset);
  writer.EndObject();
  out.append(buffer.GetString(), buffer.GetSize());
  out += '\n';
}

/// A refusal has the names that it has everywhere, behind what places it in the timeline.
void put_refusal(const MessageEvent& event, bool of_bounce, std::size_t number, std::string& out) {
  std::string refusal;
  append_json(event.refusal->refusal, event.refusal->is, refusal);
  out += "{\"timeline\":" + std::to_string(number) + ",\"event\":\"" +
         std::string(name_of(event.kind)) + "\",\"of_bounce\":" + (of_bounce ? "true" : "false") +
         "," + refusal.substr(1) + '\n';
}

void put_verdict(const Timeline& timeline, const Fate& fate, std::size_t number, std::string& out) {
  const MessageEvent* event = fate.event ? &timeline.events[*fate.event] : nullptr;
  const bool refused = event != nullptr && event->refusal;
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  put_number(writer, "timeline", number);
  put(writer, "event", "verdict");
  put(writer, "time", fate.when.to_rfc3339());
  put_sender(writer, timeline.sender);
  put_maybe(writer, "recipient", fate.recipient);
  put(writer, "outcome", name_of(fate.outcome));
  put_maybe(writer, "verdict", fate.verdict ? name_of(*fate.verdict) : std::string_view());
  put_number(writer, "refusals", fate.refusals);
  put_number(writer, "deferrals", fate.deferrals);
  put_maybe(writer, "variant", refused ? name_of(event->refusal->is.variant) : std::string_view());
  put_maybe(writer, "cause", refused ? name_of(event->refusal->is.cause) : std::string_view());
  put_maybe(writer, "text", event != nullptr ? event->text : std::string_view());
  put_maybe(writer, "bounce", fate.bounce);
  put_maybe(writer, "unseen_from",
            fate.unseen_from ? utc_rfc3339(*fate.unseen_from) : std::string());
  put_maybe(writer, "unseen_until",
            fate.unseen_until ? utc_rfc3339(*fate.unseen_until) : std::string());
  writer.Key("seen_in_part");
  writer.Bool(fate.seen_in_part);
  writer.Key("queue_ids");
  writer.StartArray();
  for (const auto& id : timeline.queue_ids) writer.String(id.c_str());
  writer.EndArray();
  put_maybe(writer, "message_id", timeline.message_id);
  put_maybe(writer, "subject", timeline.subject);
  writer.Key("own_refusal");
  writer.Bool(!timeline.own_refusals.empty());
  writer.EndObject();
  out.append(buffer.GetString(), buffer.GetSize());
  out += '\n';
}

}  // namespace

void append_timeline_json(const Timeline& timeline, std::size_t number, std::string& out) {
  for (std::size_t i = 0; i < timeline.events.size(); ++i) {
    const MessageEvent& event = timeline.events[i];
    if (event.refusal) {
      put_refusal(event, timeline.of_bounce[i], number, out);
    } else {
      put_event(event, timeline.of_bounce[i], number, out);
    }
  }
  for (const auto& fate : timeline.fates) put_verdict(timeline, fate, number, out);
}

}  // namespace lostmail::report
