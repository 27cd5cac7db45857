#include "lostmail/report/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "lostmail/core/sixteen.hpp"

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

/// A control character, a quote, a backslash or no ASCII, which is negative here.
Sixteen is_odd(Sixteen characters) {
  return (characters < 0x20) | (characters == '"') | (characters == '\\') | (characters == 0x7f);
}

/// Copies `text` to `out`, where there is room for fifteen characters more. True where JSON takes
/// it as it is.
bool copy_plain(std::string_view text, char* out) {
  Sixteen odd{};
  std::size_t at = 0;
  const auto copy = [&](Sixteen characters) {
    std::memcpy(out + at, &characters, sizeof characters);
    odd |= is_odd(characters);
  };
  for (; at + sizeof(Sixteen) <= text.size(); at += sizeof(Sixteen))
    copy(sixteen_at(text.data() + at));
  if (at == text.size()) return !any(odd);
  if (at > 0) {
    at = text.size() - sizeof(Sixteen);  // with some of those before once more
    copy(sixteen_at(text.data() + at));
  } else {
    std::array<char, sizeof(Sixteen)> padded{};
    padded.fill('a');
    text.copy(padded.data(), text.size());
    copy(sixteen_at(padded.data()));
  }
  return !any(odd);
}

constexpr auto kHexDigits = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 512> digits{};
  for (std::size_t i = 0; i < 256; ++i) {
    digits[2 * i] = kDigits[i / 16];
    digits[2 * i + 1] = kDigits[i % 16];
  }
  return digits;
}();

/// `id` in sixteen hex digits, behind which it returns the place.
char* put_hex(char* out, std::uint64_t id) {
  for (int shift = 56; shift >= 0; shift -= 8, out += 2)
    std::memcpy(out, kHexDigits.data() + 2 * ((id >> shift) & 0xffU), 2);
  return out;
}

/// The name of a member, with what stands around it: made when this is compiled.
template <std::size_t N>
struct Name {
  consteval Name(const char (&name)[N]) {  // NOLINT: a literal is a name
    auto at = std::copy_n(",\"", 2, before_text.begin());
    at = std::copy_n(name, N - 1, at);
    std::copy_n("\":\"", 3, at);
  }
  std::array<char, N + 4> before_text{};  ///< `,"name":"`
};

/// One object, written straight into the output. A library's writer looks at each character twice
/// and keeps a stack for nesting that a flat record has not; and a string that grows by each piece
/// asks each time whether it must: together they took a third of a whole run.
class JsonObject {
 public:
  /// Room for all that is put in is made once: for `bytes` of text, that may grow sixfold, and for
  /// the rest. It is kept for the next object of the thread.
  explicit JsonObject(std::size_t bytes) {
    constexpr std::size_t kNamesAndNumbers = 1024;
    if (room_.size() < bytes * 6 + kNamesAndNumbers) room_.resize(bytes * 6 + kNamesAndNumbers);
    at_ = room_.data();
  }
  /// The object; good until the next one is begun.
  [[nodiscard]] std::string_view end() {
    room_.front() = '{';  // instead of the first comma
    put("}");
    return {room_.data(), static_cast<std::size_t>(at_ - room_.data())};
  }

  template <Name name>
  void text(std::string_view value) {
    put(name.before_text);
    if (copy_plain(value, at_)) {
      at_ += value.size();
    } else {
      escape(printable(value));
    }
    *at_++ = '"';
  }
  template <Name name>
  void null() {
    key<name>();
    put("null");
  }
  template <Name name>
  void text(const std::string* value) {
    value == nullptr ? null<name>() : text<name>(std::string_view(*value));
  }
  template <Name name>
  void text(const std::optional<std::string>& value) {
    text<name>(value ? &*value : nullptr);
  }
  template <Name name>
  void text(const std::optional<Mailbox>& value) {
    text<name>(value ? &value->text() : nullptr);
  }
  /// What we made ourselves of ASCII without quotes: nothing to look at.
  template <Name name>
  void own(std::string_view value) {
    put(name.before_text);
    at_ = std::copy(value.begin(), value.end(), at_);
    *at_++ = '"';
  }
  template <Name name>
  void hex(std::uint64_t id) {
    put(name.before_text);
    at_ = put_hex(at_, id);
    *at_++ = '"';
  }
  template <Name name, typename Enum>
  void word(const std::optional<Enum>& value) {
    value ? own<name>(name_of(*value)) : null<name>();
  }
  template <Name name>
  void number(std::uint64_t value) {
    key<name>();
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
  }
  template <Name name>
  void truth(bool value) {
    key<name>();
    value ? put("true") : put("false");
  }

 private:
  template <std::size_t N>
  void put(const char (&literal)[N]) {
    std::memcpy(at_, literal, N - 1);
    at_ += N - 1;
  }
  template <std::size_t N>
  void put(const std::array<char, N>& bytes) {
    std::memcpy(at_, bytes.data(), N);
    at_ += N;
  }
  template <Name name>
  void key() {
    put(name.before_text);
    --at_;  // the quote
  }
  /// RFC 8259 §7; printable() left no control character but the tab.
  void escape(std::string_view text) {
    for (const char c : text) {
      if (c == '\t') {
        put("\\t");
        continue;
      }
      if (c == '"' || c == '\\') *at_++ = '\\';
      *at_++ = c;
    }
  }

  static thread_local std::vector<char> room_;
  char* at_ = nullptr;
};

thread_local std::vector<char> JsonObject::room_;

/// The bytes of all texts of a refusal that strangers choose.
std::size_t text_bytes(const Refusal& refusal, const Classification& is) {
  const auto size = [](const auto& text) { return text ? text->size() : 0; };
  const auto mailbox = [](const auto& address) { return address ? address->text().size() : 0; };
  std::size_t bytes = refusal.text.size() + refusal.source.file->size() + is.pattern.size() +
                      size(refusal.host) + size(refusal.queue_id) + size(refusal.enhanced_code) +
                      mailbox(refusal.verified) + mailbox(refusal.recipient) +
                      2 * mailbox(refusal.sender);
  if (refusal.client)
    bytes += refusal.client->ip.size() + size(refusal.client->name) + size(refusal.client->helo);
  if (refusal.remote) bytes += size(refusal.remote->ip) + size(refusal.remote->name);
  return bytes;
}

void put_parties(JsonObject& object, const Refusal& refusal) {
  if (refusal.sender) {
    object.text<"sender">(refusal.sender->text());
  } else {
    object.null<"sender">();
  }
  const auto* sender =
      refusal.sender && refusal.sender->mailbox() ? &*refusal.sender->mailbox() : nullptr;
  if (sender != nullptr && !sender->domain().empty()) {
    object.text<"sender_domain">(sender->domain());
  } else {
    object.null<"sender_domain">();
  }
  object.text<"verified">(refusal.verified);
  object.text<"recipient">(refusal.recipient);
  static const std::optional<std::string> absent;
  object.text<"client_ip">(refusal.client ? &refusal.client->ip : nullptr);
  object.text<"client_name">(refusal.client ? refusal.client->name : absent);
  object.text<"helo">(refusal.client ? refusal.client->helo : absent);
  object.text<"remote_ip">(refusal.remote ? refusal.remote->ip : absent);
  object.text<"remote_name">(refusal.remote ? refusal.remote->name : absent);
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

std::string hex_id(std::uint64_t id) {
  std::string result(16, '0');
  put_hex(result.data(), id);
  return result;
}

void append_json(const Refusal& refusal, const Classification& is, std::string& out) {
  JsonObject object(text_bytes(refusal, is));
  object.hex<"id">(refusal.id);
  object.hex<"transaction">(refusal.transaction);
  object.own<"time">(refusal.when.rfc3339().view());
  object.text<"host">(refusal.host);
  object.own<"mta">(name_of(refusal.mta));
  object.own<"direction">(name_of(refusal.direction));
  object.word<"stage">(refusal.stage);
  object.truth<"permanent">(refusal.permanent);
  if (refusal.reply_code) {
    object.number<"reply_code">(static_cast<std::uint64_t>(*refusal.reply_code));
  } else {
    object.null<"reply_code">();
  }
  object.text<"enhanced_code">(refusal.enhanced_code);
  object.own<"variant">(name_of(is.variant));
  object.word<"family">(is.family);
  object.own<"cause">(name_of(is.cause));
  object.text<"pattern">(is.pattern.empty() ? nullptr : &is.pattern);
  put_parties(object, refusal);
  object.text<"queue_id">(refusal.queue_id);
  object.text<"text">(std::string_view(refusal.text));
  object.truth<"doubtful">(refusal.doubtful);
  object.text<"file">(std::string_view(*refusal.source.file));
  object.number<"line">(refusal.source.line);
  object.number<"offset">(refusal.source.offset);
  out += object.end();
}

}  // namespace lostmail::report
