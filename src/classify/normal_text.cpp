#include "lostmail/classify/normal_text.hpp"

#include <algorithm>

#include "lostmail/core/address.hpp"
#include "lostmail/core/host.hpp"

namespace lostmail::classify {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alpha(char c) { return is_lower(c) || is_upper(c); }
bool is_octal(char c) { return c >= '0' && c <= '7'; }

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

constexpr std::string_view kTokenEnds = " ()<>[]\",;";

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

/// The mask for a token, empty where it stays.
std::string_view mask_of(std::string_view token) {
  if (token.starts_with("http://") || token.starts_with("https://") || token.starts_with("www."))
    return "URL";
  const auto at = token.find('@');
  if (at != std::string_view::npos && at > 0 && at + 1 < token.size()) return "ADDR";
  if (token.find_first_of(".:") == std::string_view::npos) return {};
  if (canonical_ip(token)) return "IP";
  const auto port = token.rfind(':');
  if (port != std::string_view::npos && canonical_ip(token.substr(0, port))) return "IP";
  if (is_host(token)) return "HOST";
  return {};
}

/// `"quoted local part"@domain` at text[at]: its length, else 0.
std::size_t quoted_address(std::string_view text, std::size_t at) {
  std::size_t i = at + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  if (i + 2 >= text.size() || text[i + 1] != '@') return 0;
  const auto end = std::min(text.find_first_of(kTokenEnds, i + 2), text.size());
  return end - at;
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
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '<') {
      if (const auto length = bracketed_address(text, i)) {
        out += "<ADDR>";
        i += length;
        continue;
      }
    } else if (text[i] == '"') {
      if (const auto length = quoted_address(text, i)) {
        out += "ADDR";
        i += length;
        continue;
      }
    }
    if (kTokenEnds.find(text[i]) != std::string_view::npos) {
      out += text[i++];
      continue;
    }
    const auto end = std::min(text.find_first_of(kTokenEnds, i), text.size());
    auto token = text.substr(i, end - i);
    std::size_t tail = token.size();
    while (tail > 1 && std::string_view(".:!?'").find(token[tail - 1]) != std::string_view::npos)
      --tail;
    const auto core = token.substr(0, tail);
    const auto mask = mask_of(core);
    out += mask.empty() ? core : mask;
    out += token.substr(tail);
    i = end;
  }
}

/// One blank for any run of white space, none at the ends.
std::string fold_blanks(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ') {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

}  // namespace

std::size_t NormalText::line_of(std::size_t at) const {
  const auto found = std::lower_bound(line_ends.begin(), line_ends.end(), at);
  return static_cast<std::size_t>(found - line_ends.begin());
}

NormalText normalise(std::string_view raw) {
  constexpr std::size_t kLongest =
      16 * 1024;  // Exim's buffer is 8 KiB, syslog's smaller; what is longer is no reply
  const std::string plain = plain_typography(unescape(raw.substr(0, kLongest)));
  NormalText result;
  std::string_view rest = plain;
  for (;;) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string line = fold_blanks(without_codes(rest.substr(0, end)));
    if (!line.empty()) {
      if (!result.text.empty()) result.text += ' ';
      mask_into(line, result.text);
    }
    result.line_ends.push_back(result.text.size());
    if (end == rest.size()) return result;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace lostmail::classify
