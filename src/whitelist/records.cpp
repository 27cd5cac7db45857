#include "lostmail/whitelist/records.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "lostmail/core/log_time.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::size_t kMaxText = 1000;

/// Keys and values of one object.
class Json {
 public:
  Json() { writer_.StartObject(); }

  void put(const char* key, std::string_view text) {
    writer_.Key(key);
    put_text(text);
  }
  void put_or_null(const char* key, std::string_view text) {
    if (!text.empty()) return put(key, text);
    writer_.Key(key);
    writer_.Null();
  }
  void put(const char* key, std::uint64_t number) {
    writer_.Key(key);
    writer_.Uint64(number);
  }
  void put_int(const char* key, int number) {
    writer_.Key(key);
    writer_.Int(number);
  }
  void put_time(const char* key, std::int64_t time) {
    put_or_null(key, time == 0 ? std::string() : utc_rfc3339(time));
  }
  void put(const char* key, const std::vector<std::string>& texts) {
    writer_.Key(key);
    writer_.StartArray();
    for (const std::string& text : texts) put_text(text);
    writer_.EndArray();
  }
  void put(const char* key, const std::vector<Points>& points) {
    writer_.Key(key);
    writer_.StartArray();
    for (const Points& term : points) {
      writer_.StartObject();
      put_int("points", term.points);
      put("why", term.why);
      writer_.EndObject();
    }
    writer_.EndArray();
  }
  [[nodiscard]] std::string take() {
    writer_.EndObject();
    return buffer_.GetString();
  }

 private:
  void put_text(std::string_view text) {
    const std::string safe = printable(text, kMaxText);
    writer_.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace

std::string json_line(const Proposal& proposal) {
  Json json;
  json.put("id", proposal.id);
  json.put("list", name_of(proposal.list));
  json.put("key", proposal.key);
  json.put_or_null("value", proposal.value);
  json.put_int("score", proposal.score);
  json.put("strength", name_of(strength(proposal.score)));
  json.put("points", proposal.points);
  json.put("evidence", proposal.evidence);
  json.put("against", proposal.against);
  json.put("lifts", proposal.lifts);
  json.put_or_null("sender", proposal.sender);
  json.put_or_null("client_ip", proposal.client_ip);
  json.put_or_null("client_name", proposal.client_name);
  json.put("attempts", proposal.attempts);
  json.put("days", proposal.days);
  json.put("recipients", proposal.recipients);
  json.put_time("first", proposal.first);
  json.put_time("last", proposal.last);
  json.put("mta", name_of(proposal.mta));
  json.put("variant", name_of(proposal.variant));
  json.put("cause", name_of(proposal.cause));
  return json.take();
}

std::string json_line(const Record& record) {
  const Entry& entry = record.entry;
  Json json;
  json.put("id", record.id);
  json.put("list", name_of(entry.list));
  json.put("key", entry.key);
  json.put_or_null("value", entry.value);
  json.put("state", record.state);
  json.put("by", entry.approved_by);
  json.put_time("decided", entry.approved);
  json.put_time("expires", entry.expires);
  json.put("reason", entry.reason);
  json.put_or_null("note", entry.note);
  json.put("attempts", entry.attempts);
  json.put_time("first", entry.first);
  json.put_time("last", entry.last);
  json.put_time("exported", record.exported);
  json.put_or_null("proof", name_of(entry.proof));
  json.put_or_null("proof_text", record.proof_text);
  json.put_or_null("outcome", record.watched ? name_of(record.watched->outcome) : "");
  json.put_time("delivered", record.watched ? record.watched->delivered.value_or(0) : 0);
  json.put_time("last_refused", record.watched ? record.watched->last_refused.value_or(0) : 0);
  return json.take();
}

}  // namespace lostmail::whitelist
