#include "store/text_template.hpp"

namespace lostmail::store {
namespace {

constexpr char kMark = 1;
constexpr std::size_t kShortest = 4;  // what is shorter saves nothing

enum class Byte : std::uint8_t {
  outside,
  inside,  ///< an address or a host name may go on with it
  opener   ///< precedes a token, but can begin a field as well: a quoted local part, an address in
           ///< brackets
};

/// What each byte is. A field is only looked for where a token begins.
constexpr std::array<Byte, 256> kBytes = [] {
  std::array<Byte, 256> bytes{};
  for (unsigned char c = 0; c < 128; ++c) {
    const bool inside = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                        (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
    const bool opener = c == '"' || c == '[' || c == '<';
    bytes[c] = inside ? Byte::inside : opener ? Byte::opener : Byte::outside;
  }
  return bytes;
}();

Byte kind_of(char c) { return kBytes[static_cast<unsigned char>(c)]; }

}  // namespace

QuotedFields::QuotedFields(const Refusal& refusal) {
  const auto add = [&](char letter, std::string_view value) {
    if (value.size() < kShortest) return;
    fields_[count_++] = {letter, value};
    const auto first = static_cast<unsigned char>(value.front());
    begins_[first / 64] |= std::uint64_t{1} << (first % 64);
  };
  if (refusal.sender) add('s', refusal.sender->text());
  if (refusal.recipient) add('r', refusal.recipient->text());
  if (refusal.verified) add('v', refusal.verified->text());
  if (refusal.client) {
    if (refusal.client->name) add('n', *refusal.client->name);
    if (refusal.client->helo) add('h', *refusal.client->helo);
    add('i', refusal.client->ip);
  }
  if (refusal.remote) {
    if (refusal.remote->name) add('m', *refusal.remote->name);
    if (refusal.remote->ip) add('j', *refusal.remote->ip);
  }
  if (refusal.sender && refusal.sender->mailbox()) add('d', refusal.sender->mailbox()->domain());
}

const QuotedFields::Field* QuotedFields::quoted_at(std::string_view text) const {
  const auto first = static_cast<unsigned char>(text.front());
  if ((begins_[first / 64] >> (first % 64) & 1U) == 0) return nullptr;
  for (std::size_t i = 0; i < count_; ++i) {
    if (fields_[i].value.front() == text.front() && text.starts_with(fields_[i].value))
      return &fields_[i];
  }
  return nullptr;
}

bool QuotedFields::shorten(std::string_view text, std::string& shortened) const {
  shortened.clear();
  if (text.find(kMark) != std::string_view::npos) return false;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (const Field* field = quoted_at(text.substr(i))) {
      if (field->value.find(kMark) != std::string_view::npos) return false;
      shortened.append(text, kept, i - kept);
      shortened += kMark;
      shortened += field->letter;
      i = kept = i + field->value.size();
      continue;
    }
    while (i < text.size() && kind_of(text[i]) == Byte::inside) ++i;
    for (; i < text.size(); ++i) {
      const Byte kind = kind_of(text[i]);
      if (kind == Byte::inside) break;
      if (kind == Byte::opener && quoted_at(text.substr(i)) != nullptr) break;
    }
  }
  shortened.append(text, kept);
  return true;
}

std::string QuotedFields::expand(std::string_view shortened) const {
  std::string text;
  for (std::size_t i = 0; i < shortened.size(); ++i) {
    if (shortened[i] != kMark || i + 1 == shortened.size()) {
      text += shortened[i];
      continue;
    }
    ++i;
    for (std::size_t f = 0; f < count_; ++f) {
      if (fields_[f].letter == shortened[i]) {
        text += fields_[f].value;
        break;
      }
    }
  }
  return text;
}

}  // namespace lostmail::store
