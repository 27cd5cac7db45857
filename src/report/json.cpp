#include "lostmail/report/json.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace lostmail::report {
namespace {

/// The length of the UTF-8 character at text[at], 0 where none stands there (RFC 3629 §4).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(i < text.size() ? text[i] : '\0');
  };
  const unsigned char first = byte(at);
  const auto continues = [&](std::size_t i) { return (byte(at + i) & 0xc0U) == 0x80U; };
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xe0 && byte(at + 1) < 0xa0) return 0;
    if (first == 0xed && byte(at + 1) > 0x9f) return 0;  // surrogates
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xf0 && byte(at + 1) < 0x90) return 0;
    if (first == 0xf4 && byte(at + 1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) return false;
  }
  return true;
}

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& writer, const char* key, std::string_view text) {
  writer.Key(key);
  if (is_plain(text)) {
    writer.String(text.data() == nullptr ? "" : text.data(),
                  static_cast<rapidjson::SizeType>(text.size()));
  } else {
    const std::string safe = printable(text);
    writer.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
  }
}

void put_maybe(Writer& writer, const char* key, const std::optional<std::string>& text) {
  if (text) return put(writer, key, std::string_view(*text));
  writer.Key(key);
  writer.Null();
}

template <typename Enum>
void put_word(Writer& writer, const char* key, const std::optional<Enum>& word) {
  if (word) return put(writer, key, name_of(*word));
  writer.Key(key);
  writer.Null();
}

std::optional<std::string> text_of(const std::optional<Mailbox>& mailbox) {
  return mailbox ? std::optional(mailbox->text()) : std::nullopt;
}

void put_parties(Writer& writer, const Refusal& refusal) {
  std::optional<std::string> sender, domain;
  if (refusal.sender) {
    sender = std::string(refusal.sender->text());
    const auto& mailbox = refusal.sender->mailbox();
    if (mailbox && !mailbox->domain().empty()) domain = std::string(mailbox->domain());
  }
  put_maybe(writer, "sender", sender);
  put_maybe(writer, "sender_domain", domain);
  put_maybe(writer, "verified", text_of(refusal.verified));
  put_maybe(writer, "recipient", text_of(refusal.recipient));
  put_maybe(writer, "client_ip", refusal.client ? std::optional(refusal.client->ip) : std::nullopt);
  put_maybe(writer, "client_name", refusal.client ? refusal.client->name : std::nullopt);
  put_maybe(writer, "helo", refusal.client ? refusal.client->helo : std::nullopt);
  put_maybe(writer, "remote_ip", refusal.remote ? refusal.remote->ip : std::nullopt);
  put_maybe(writer, "remote_name", refusal.remote ? refusal.remote->name : std::nullopt);
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const auto length = utf8_length(bytes, i);
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (length == 1 && byte == '\n') {
      result += "\\n";
    } else if (length == 1 && byte == '\t') {
      result += '\t';
    } else if (length == 0 || byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\{:03o}", byte);
    } else if (length == 2 && byte == 0xc2 && static_cast<unsigned char>(bytes[i + 1]) < 0xa0) {
      result += fmt::format("\\{:03o}\\{:03o}", byte,
                            static_cast<unsigned char>(bytes[i + 1]));  // C1 controls
    } else {
      result += bytes.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return result;
}

std::string hex_id(std::uint64_t id) { return fmt::format("{:016x}", id); }

void append_json(const ClassifiedRefusal& classified, std::string& out) {
  const Refusal& refusal = classified.refusal;
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  put(writer, "id", hex_id(refusal.id));
  put(writer, "transaction", hex_id(refusal.transaction));
  put(writer, "time", refusal.when.to_rfc3339());
  put_maybe(writer, "host", refusal.host);
  put(writer, "mta", name_of(refusal.mta));
  put(writer, "direction", name_of(refusal.direction));
  put_word(writer, "stage", refusal.stage);
  writer.Key("permanent");
  writer.Bool(refusal.permanent);
  writer.Key("reply_code");
  if (refusal.reply_code) {
    writer.Int(*refusal.reply_code);
  } else {
    writer.Null();
  }
  put_maybe(writer, "enhanced_code", refusal.enhanced_code);
  put(writer, "variant", name_of(classified.is.variant));
  put_word(writer, "family", classified.is.family);
  put(writer, "cause", name_of(classified.is.cause));
  put_maybe(writer, "pattern",
            classified.is.pattern.empty() ? std::nullopt : std::optional(classified.is.pattern));
  put_parties(writer, refusal);
  put_maybe(writer, "queue_id", refusal.queue_id);
  put(writer, "text", std::string_view(refusal.text));
  writer.Key("doubtful");
  writer.Bool(refusal.doubtful);
  put(writer, "file", std::string_view(*refusal.source.file));
  writer.Key("line");
  writer.Uint64(refusal.source.line);
  writer.Key("offset");
  writer.Uint64(refusal.source.offset);
  writer.EndObject();
  out.append(buffer.GetString(), buffer.GetSize());
}

}  // namespace lostmail::report
