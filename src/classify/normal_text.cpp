#include "lostmail/classify/normal_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "lostmail/core/address.hpp"
#include "lostmail/core/host.hpp"
#include "lostmail/core/sixteen.hpp"

namespace lostmail::classify {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alpha(char c) { return is_lower(c) || is_upper(c); }
bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// True where the text is as it is written: no escape, no control character, no byte above ASCII,
/// which is negative here.
bool is_plain(std::string_view text) {
  return !holds_one(text, [](Sixteen all) -> Sixteen { return (all < 0x20) | (all == '\\'); });
}

/// `\n` as a line break, `\r`, `\t` and other control characters as a blank, `\ooo` as its byte.
std::string unescape(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (c == '\\' && i + 1 < raw.size()) {
      const char next = raw[i + 1];
      if (next == 'n') {
        text += '\n';
        ++i;
        continue;
      }
      if (next == 'r' || next == 't') {
        text += ' ';
        ++i;
        continue;
      }
      if (i + 3 < raw.size() && next <= '3' && is_octal(next) && is_octal(raw[i + 2]) &&
          is_octal(raw[i + 3])) {
        text += static_cast<char>((next - '0') * 64 + (raw[i + 2] - '0') * 8 + (raw[i + 3] - '0'));
        i += 3;
        continue;
      }
    }
    text += c == '\n' || static_cast<unsigned char>(c) >= 0x20 ? c : ' ';
  }
  return text;
}

struct Typographic {
  std::string_view bytes;
  char plain;
};
/// UTF-8 dashes, quotes and the no-break space, and the same of Windows-1252.
constexpr Typographic kTypographic[] = {
    {"\xe2\x80\x90", '-'}, {"\xe2\x80\x91", '-'}, {"\xe2\x80\x92", '-'},  {"\xe2\x80\x93", '-'},
    {"\xe2\x80\x94", '-'}, {"\xe2\x80\x95", '-'}, {"\xe2\x88\x92", '-'},  {"\xe2\x80\x9c", '"'},
    {"\xe2\x80\x9d", '"'}, {"\xe2\x80\x9e", '"'}, {"\xe2\x80\x98", '\''}, {"\xe2\x80\x99", '\''},
    {"\xc2\xa0", ' '},     {"\x96", '-'},         {"\x97", '-'},          {"\x93", '"'},
    {"\x94", '"'},         {"\x91", '\''},        {"\x92", '\''},         {"\xa0", ' '},
};

std::string plain_typography(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      result += text[i++];
      continue;
    }
    const auto* found =
        std::find_if(std::begin(kTypographic), std::end(kTypographic),
                     [&](const auto& entry) { return text.substr(i).starts_with(entry.bytes); });
    if (found != std::end(kTypographic)) {
      result += found->plain;
      i += found->bytes.size();
      continue;
    }
    // Some other character: its continuation bytes must not be taken for Windows-1252.
    result += text[i++];
    while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80)
      result += text[i++];
  }
  return result;
}

/// Drops `550-`, `550 5.1.8 `, and the same once more where a relay puts its own code inside.
std::string_view without_codes(std::string_view line) {
  for (int round = 0; round < 2; ++round) {
    while (line.starts_with(' ')) line.remove_prefix(1);
    if (line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) &&
        is_digit(line[2]) && (line.size() == 3 || line[3] == ' ' || line[3] == '-')) {
      line.remove_prefix(std::min<std::size_t>(line.size(), 4));
    }
    std::size_t at = line.starts_with('#') ? 1 : 0;
    const std::size_t begin = at;
    int dots = 0;
    while (at < line.size() && (is_digit(line[at]) || line[at] == '.'))
      dots += line[at++] == '.' ? 1 : 0;
    if (dots == 2 && at - begin <= 9 && (at == line.size() || line[at] == ' ' || line[at] == ':')) {
      line.remove_prefix(std::min(line.size(), at + 1));
    }
  }
  return line;
}

/// Sorts of characters, so that the common token is gone over once.
enum : std::uint8_t { kEndsToken = 1, kAt = 2, kDotOrColon = 4, kAddressDigit = 8 };
constexpr auto kSorts = [] {
  std::array<std::uint8_t, 256> sorts{};
  for (const char c : std::string_view(" ()<>[]\",;"))
    sorts[static_cast<unsigned char>(c)] = kEndsToken;
  for (const char c : std::string_view("0123456789abcdefABCDEF"))
    sorts[static_cast<unsigned char>(c)] = kAddressDigit;
  for (const char c : std::string_view(".:"))
    sorts[static_cast<unsigned char>(c)] = kDotOrColon | kAddressDigit;
  sorts['@'] = kAt;
  return sorts;
}();
std::uint8_t sort_of(char c) { return kSorts[static_cast<unsigned char>(c)]; }

/// `sorts`: those of its characters.
std::size_t end_of_token(std::string_view text, std::size_t at, std::uint8_t& sorts) {
  for (; at < text.size(); ++at) {
    const auto sort = sort_of(text[at]);
    if (sort == kEndsToken) break;
    sorts |= sort;
  }
  return at;
}

bool is_host(std::string_view token) {
  const auto last = token.rfind('.');
  if (last == std::string_view::npos || last == 0 || token.size() - last < 3) return false;
  const auto top = token.substr(last + 1);
  if (!std::all_of(top.begin(), top.end(), is_alpha) && !top.starts_with("xn--")) return false;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.' && c != '_') return false;
    // `failed.See`: a sentence ended there, and nobody left a blank.
    if (c == '.' && i > 0 && i + 1 < token.size() && is_lower(token[i - 1]) &&
        is_upper(token[i + 1]))
      return false;
  }
  return true;
}

/// A cheap look before the real one: an address begins so, with brackets or `IPv6:` as well.
bool may_be_ip(std::string_view token) {
  return (sort_of(token.front()) & kAddressDigit) != 0 || token.front() == 'I' ||
         token.front() == 'i' || token.front() == '[';
}

/// The mask for a token, empty where it stays. `sorts`: those of its characters, and perhaps of the
/// punctuation behind it.
std::string_view mask_of(std::string_view token, std::uint8_t sorts) {
  if ((sorts & (kAt | kDotOrColon)) == 0) return {};
  if (token.starts_with("http://") || token.starts_with("https://") || token.starts_with("www."))
    return "URL";
  if ((sorts & kAt) != 0) {
    const auto at = token.find('@');
    if (at > 0 && at + 1 < token.size()) return "ADDR";
    if ((sorts & kDotOrColon) == 0) return {};
  }
  if (may_be_ip(token)) {
    if (canonical_ip(token)) return "IP";
    const auto port = token.rfind(':');
    if (port != std::string_view::npos && canonical_ip(token.substr(0, port))) return "IP";
  }
  if (is_host(token)) return "HOST";
  return {};
}

/// `"quoted local part"@domain` at text[at]: its length, else 0.
std::size_t quoted_address(std::string_view text, std::size_t at) {
  std::size_t i = at + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  if (i + 2 >= text.size() || text[i + 1] != '@') return 0;
  std::uint8_t sorts = 0;
  return end_of_token(text, i + 2, sorts) - at;
}

/// `<address>` at text[at]: its length with brackets, else 0. Quoted strings may hold brackets.
std::size_t bracketed_address(std::string_view text, std::size_t at) {
  bool quoted = false, has_at = false;
  for (std::size_t i = at + 1; i < text.size() && i - at < 1024; ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '@') {
      has_at = true;
    } else if (!quoted && c == '>') {
      return has_at ? i + 1 - at : 0;
    } else if (!quoted && (c == ' ' || c == '<')) {
      return 0;
    }
  }
  return 0;
}

void mask_into(std::string_view text, std::string& out) {
  std::size_t kept = 0;  // from here on nothing is masked so far
  const auto replace = [&](std::size_t at, std::size_t length, std::string_view mask) {
    out.append(text, kept, at - kept).append(mask);
    kept = at + length;
    return kept;
  };
  for (std::size_t i = 0; i < text.size();) {
    if (sort_of(text[i]) == kEndsToken) {
      if (const auto length = text[i] == '<' ? bracketed_address(text, i) : 0) {
        i = replace(i, length, "<ADDR>");
      } else if (const auto quoted = text[i] == '"' ? quoted_address(text, i) : 0) {
        i = replace(i, quoted, "ADDR");
      } else {
        ++i;
      }
      continue;
    }
    std::uint8_t sorts = 0;
    const auto end = end_of_token(text, i, sorts);
    auto token = text.substr(i, end - i);
    while (token.size() > 1 &&
           std::string_view(".:!?'").find(token.back()) != std::string_view::npos)
      token.remove_suffix(1);
    const auto mask = mask_of(token, sorts);
    if (!mask.empty()) replace(i, token.size(), mask);
    i = end;
  }
  out.append(text, kept);
}

/// One behind the other.
bool holds_two_blanks(std::string_view text) {
  Sixteen doubled{};
  std::size_t at = 0;
  for (; at + sizeof doubled < text.size(); at += sizeof doubled) {
    doubled |= (sixteen_at(text.data() + at) == ' ') & (sixteen_at(text.data() + at + 1) == ' ');
  }
  bool found = any(doubled);
  for (; at + 1 < text.size(); ++at) found |= text[at] == ' ' && text[at + 1] == ' ';
  return found;
}

/// One blank for any run of white space, none at the ends; `room` holds the text where it changes.
std::string_view fold_blanks(std::string_view text, std::string& room) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (!holds_two_blanks(text)) return text;
  room.clear();
  for (const char c : text) {
    if (c != ' ' || room.back() != ' ') room += c;
  }
  return room;
}

}  // namespace

std::size_t NormalText::line_of(std::size_t at) const {
  const auto found = std::lower_bound(line_ends.begin(), line_ends.end(), at);
  return static_cast<std::size_t>(found - line_ends.begin());
}

NormalText normalise(std::string_view raw) {
  constexpr std::size_t kLongest =
      16 * 1024;  // Exim's buffer is 8 KiB, syslog's smaller; what is longer is no reply
  raw = raw.substr(0, kLongest);
  std::string plain, folded;
  if (!is_plain(raw)) raw = plain = plain_typography(unescape(raw));
  NormalText result;
  result.text.reserve(raw.size());
  for (;;) {
    const auto end = std::min(raw.find('\n'), raw.size());
    const auto line = fold_blanks(without_codes(raw.substr(0, end)), folded);
    if (!line.empty()) {
      if (!result.text.empty()) result.text += ' ';
      mask_into(line, result.text);
    }
    if (end == raw.size()) return result;
    result.line_ends.push_back(result.text.size());
    raw.remove_prefix(end + 1);
  }
}

}  // namespace lostmail::classify
