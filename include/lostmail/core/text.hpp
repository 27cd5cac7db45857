#pragma once

#include <cstdint>
#include <string>

namespace lostmail {

/// `12,345`.
[[nodiscard]] inline std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string result;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

/// `1 log`, `2 logs`; `plural` where it is not the noun and an s.
[[nodiscard]] inline std::string counted(std::uint64_t number, const std::string& noun,
                                         const std::string& plural = "") {
  if (number == 1) return "1 " + noun;
  return grouped(number) + " " + (plural.empty() ? noun + "s" : plural);
}

/// In at most six characters: `99,999`, `123k`, `9876k`, `12M`.
[[nodiscard]] inline std::string short_number(std::uint64_t number) {
  if (number < 100'000) return grouped(number);
  if (number < 10'000'000) return std::to_string(number / 1000) + "k";
  return std::to_string(number / 1'000'000) + "M";
}

}  // namespace lostmail
