#pragma once

#include <array>
#include <cstring>
#include <string_view>

#include "lostmail/core/sixteen.hpp"

namespace lostmail::parse {

/// True where `text` begins with the string literal: its length is known when compiling, so that
/// the comparison is an instruction or two, and no call.
template <std::size_t N>
[[nodiscard]] inline bool begins(std::string_view text, const char (&literal)[N]) {
  return text.size() >= N - 1 && std::memcmp(text.data(), literal, N - 1) == 0;
}

[[nodiscard]] inline bool begins(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && std::memcmp(text.data(), with.data(), with.size()) == 0;
}

/// Where `literal` first stands in `text` from `from` on, npos for nowhere. As
/// std::string_view::find(), without a call at each place where it might.
template <std::size_t N>
[[nodiscard]] inline std::size_t find_first(std::string_view text, const char (&literal)[N],
                                            std::size_t from = 0) {
  auto at = find_near(text, literal[0], from);
  while (at != std::string_view::npos && !begins(text.substr(at), literal))
    at = find_near(text, literal[0], at + 1);
  return at;
}

/// Where `literal` stands in `text` last before `end` or at it, npos for nowhere. As
/// std::string_view::rfind(), which compares at each place of the text.
template <std::size_t N>
[[nodiscard]] inline std::size_t find_last(std::string_view text, const char (&literal)[N],
                                           std::size_t end = std::string_view::npos) {
  for (auto before = text.substr(0, end < text.size() ? end + 1 : text.size());;) {
    const auto at = rfind_near(before, literal[0]);
    if (at == std::string_view::npos || begins(text.substr(at), literal)) return at;
    before = before.substr(0, at);
  }
}

/// A place in a line that only moves to the right.
struct Cursor {
  std::string_view rest;

  /// Moves behind `prefix` where it stands here.
  template <std::size_t N>
  bool take(const char (&prefix)[N]) {
    if (!begins(rest, prefix)) return false;
    rest.remove_prefix(N - 1);
    return true;
  }
  bool take(std::string_view prefix) {
    if (!begins(rest, prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
  }

  /// The text up to `stop`, moving behind it; all that is left where `stop` does not come.
  template <std::size_t N>
  std::string_view until(const char (&stop)[N]) {
    const auto at = find_first(rest, stop);
    if (at == std::string_view::npos) {
      const auto all = rest;
      rest = {};
      return all;
    }
    const auto part = rest.substr(0, at);
    rest.remove_prefix(at + N - 1);
    return part;
  }

  void skip_blanks() {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  }
};

[[nodiscard]] inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Each queue id is gone over with it: a table, one look each.
inline constexpr auto kAlnum = [] {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();
[[nodiscard]] inline bool is_alnum(char c) { return kAlnum[static_cast<unsigned char>(c)]; }

/// Index behind the closing quote of the quoted string at text[at] == '"'; the length where it does
/// not close. Goes from quote to quote and from backslash to backslash, which are few.
[[nodiscard]] inline std::size_t end_of_quotes(std::string_view text, std::size_t at) {
  auto quote = text.find('"', at + 1);
  for (auto slash = text.find('\\', at + 1); slash < quote; slash = text.find('\\', slash + 2)) {
    if (slash + 1 == quote) quote = text.find('"', quote + 1);
  }
  return quote == std::string_view::npos ? text.size() : quote + 1;
}

}  // namespace lostmail::parse
