#include "lostmail/core/host.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include <fmt/format.h>

#include "lostmail/core/address.hpp"

namespace lostmail {

namespace {

/// The value of a decimal digit, more than 9 for any other character.
unsigned digit(char c) { return static_cast<unsigned char>(c) - unsigned{'0'}; }

/// Four decimal numbers up to 255 without zeros before, as inet_pton(3) takes them: canonical as it
/// stands. Every refusal has one, and most are no IPv6.
bool is_dotted_quad(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int group = 1;; ++group) {
    if (at == end || digit(*at) > 9) return false;
    unsigned value = digit(*at++);
    for (int more = 0; more < 2 && at != end && digit(*at) <= 9; ++more) {
      if (value == 0) return false;
      value = value * 10 + digit(*at++);
    }
    if (value > 255) return false;
    if (group == 4) return at == end;
    if (at == end || *at++ != '.') return false;
  }
}

/// Groups of an IPv6 address that follow one another.
struct Run {
  int first = 0, length = 0;
};

/// The groups of an IPv6 address as it is written, and where its `::` stands.
struct Groups {
  std::array<bool, 8> is_zero{};
  std::array<std::size_t, 8> begins{};  ///< in the text
  int count = 0;
  int gap_at = -1;  ///< that many groups stand before the `::`; -1: none

  /// The longest run of zero groups from `from` to before `until`, the first of equal ones.
  [[nodiscard]] Run zeros(int from, int until) const {
    Run longest, run;
    for (int i = from; i < until; ++i) {
      run = !is_zero[static_cast<std::size_t>(i)] ? Run{}
            : run.length > 0                      ? Run{run.first, run.length + 1}
                                                  : Run{i, 1};
      if (run.length > longest.length) longest = run;
    }
    return longest;
  }
};

/// Groups of one to four hex digits in lower case without zeros before, and at most one `::`, which
/// is not at the start: what else there is takes the longer way.
std::optional<Groups> groups_of(std::string_view text) {
  const auto is_hex = [](char c) { return digit(c) <= 9 || (c >= 'a' && c <= 'f'); };
  Groups groups;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    while (at < text.size() && is_hex(text[at])) ++at;
    const std::size_t digits = at - begin;
    if (digits == 0 || digits > 4 || groups.count == 8) return std::nullopt;
    const bool zero = text[begin] == '0';
    if (zero && digits > 1) return std::nullopt;
    const auto index = static_cast<std::size_t>(groups.count++);
    groups.is_zero[index] = zero;
    groups.begins[index] = begin;
    if (at == text.size()) break;
    if (text[at++] != ':' || at == text.size()) return std::nullopt;
    if (text[at] != ':') continue;
    if (groups.gap_at >= 0) return std::nullopt;
    groups.gap_at = groups.count;
    ++at;
  }
  return groups;
}

/// An IPv6 address as RFC 5952 §4 and inet_ntop(3) spell it, of what Exim (so already) and Sendmail
/// (all eight groups) write. nullopt for what takes the longer way.
std::optional<std::string> short_ipv6(std::string_view text) {
  const auto groups = groups_of(text);
  if (!groups) return std::nullopt;
  if (groups->gap_at < 0) {
    if (groups->count < 8) return std::nullopt;
    const Run run = groups->zeros(0, 8);
    if (run.length < 2) return std::string(text);
    if (run.first == 0) return std::nullopt;  // perhaps an IPv4 address in it
    const auto begin_of = [&](int group) {
      return groups->begins[static_cast<std::size_t>(group)];
    };
    std::string result(text.substr(0, begin_of(run.first) - 1));
    result += "::";
    const int behind = run.first + run.length;
    if (behind < 8) result += text.substr(begin_of(behind));
    return result;
  }
  const int gap = 8 - groups->count;
  const int at = groups->gap_at;
  // `::` stands for the longest run of zero groups, and for the first of two.
  const auto is_zero = [&](int i) {
    return i >= 0 && i < groups->count && groups->is_zero[static_cast<std::size_t>(i)];
  };
  const bool as_it_stands = gap >= 2 && !is_zero(at - 1) && !is_zero(at) &&
                            groups->zeros(0, at).length < gap &&
                            groups->zeros(at, groups->count).length <= gap;
  return as_it_stands ? std::optional(std::string(text)) : std::nullopt;
}

}  // namespace

std::optional<std::string> canonical_ip(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
    text = text.substr(1, text.size() - 2);
  if (is_dotted_quad(text)) return std::string(text);
  if (text.size() > 5 && equals_ignoring_case(text.substr(0, 5), "IPv6:")) {
    text.remove_prefix(5);
    if (is_dotted_quad(text)) return std::string(text);
  }
  if (text.find(':') == std::string_view::npos) return std::nullopt;
  if (auto known = short_ipv6(text)) return known;
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.empty() || text.size() >= buffer.size()) return std::nullopt;
  text.copy(buffer.data(), text.size());
  in6_addr address{};
  if (inet_pton(AF_INET6, buffer.data(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (inet_ntop(AF_INET6, &address, out.data(), out.size()) == nullptr) return std::nullopt;
  return std::string(out.data());
}

std::string eight_groups(std::string_view ip) {
  std::array<unsigned char, 16> bytes{};
  const std::string text(ip);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    if (i != 0) result += ':';
    result += fmt::format("{:x}", (bytes[i] << 8) | bytes[i + 1]);
  }
  return result;
}

}  // namespace lostmail
