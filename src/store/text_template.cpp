#include "store/text_template.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "lostmail/core/sixteen.hpp"

namespace lostmail::store {
namespace {

constexpr char kMark = 1;
constexpr std::size_t kShortest = 4;  // what is shorter saves nothing

/// The first kShortest characters.
std::uint32_t first_of(std::string_view text) {
  std::uint32_t first = 0;
  std::memcpy(&first, text.data(), kShortest);
  return first;
}

/// An address or a host name may go on with such a character.
Sixteen is_inside(Sixteen all) {
  const Sixteen letter = all | 0x20;
  return ((letter >= 'a') & (letter <= 'z')) | ((all >= '0') & (all <= '9')) |
         ((all >= '-') & (all <= '.')) | (all == '_');
}

/// It precedes a token, but can begin a field as well: a quoted local part, an address in brackets.
Sixteen is_opener(Sixteen all) { return (all == '"') | (all == '[') | (all == '<'); }

}  // namespace

QuotedFields::QuotedFields(const Refusal& refusal) {
  const auto add = [&](char letter, std::string_view value) {
    if (value.size() < kShortest) return;
    const auto byte = static_cast<unsigned char>(value.front());
    begins_[byte / 64] |= std::uint64_t{1} << (byte % 64);
    firsts_[count_] = first_of(value);
    fields_[count_++] = {letter, value};
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

const QuotedFields::Field* QuotedFields::quoted_at(std::string_view text, std::size_t at) const {
  if (text.size() < at + kShortest) return nullptr;
  text.remove_prefix(at);
  const auto byte = static_cast<unsigned char>(text.front());
  if ((begins_[byte / 64] >> (byte % 64) & 1U) == 0) return nullptr;
  const std::uint32_t first = first_of(text);
  for (std::size_t i = 0; i < count_; ++i)
    if (firsts_[i] == first && text.starts_with(fields_[i].value)) return &fields_[i];
  return nullptr;
}

/// A field is only looked for where a token begins, and where one has ended.
bool QuotedFields::shorten(std::string_view text, std::string& shortened) const {
  constexpr std::size_t kSixteen = sizeof(Sixteen);
  shortened.clear();
  std::size_t kept = 0;        // so far it is in `shortened`
  unsigned inside_before = 0;  // whether the character before was
  for (std::size_t at = 0; at < text.size(); at += kSixteen) {
    std::array<char, kSixteen> padded{};
    const bool is_last = text.size() - at < kSixteen;
    if (is_last) text.copy(padded.data(), kSixteen, at);
    const Sixteen all = sixteen_at(is_last ? padded.data() : text.data() + at);
    if (any(all == kMark)) return false;
    const unsigned inside = bits_of(is_inside(all));
    unsigned begins = (inside & ~(inside << 1U | inside_before)) | bits_of(is_opener(all));
    if (at == 0) begins |= 1U;
    inside_before = inside >> (kSixteen - 1);
    for (; begins != 0; begins &= begins - 1) {
      const std::size_t i = at + static_cast<std::size_t>(std::countr_zero(begins));
      if (i < kept) continue;  // in a field
      for (const Field* field = quoted_at(text, i); field != nullptr;
           field = quoted_at(text, kept)) {
        if (field->value.find(kMark) != std::string_view::npos) return false;
        const std::size_t from = std::max(kept, i);
        shortened.append(text, kept, from - kept);
        shortened += kMark;
        shortened += field->letter;
        kept = from + field->value.size();
      }
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
