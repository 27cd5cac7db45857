#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lostmail {

/// Sixteen characters at a time, in the vectors that GCC and Clang have for every machine. A
/// comparison of two gives one, of which each byte is -1 or 0.
typedef signed char Sixteen __attribute__((vector_size(16)));

/// Those at `at`.
[[nodiscard]] inline Sixteen sixteen_at(const char* at) {
  Sixteen characters{};
  std::memcpy(&characters, at, sizeof characters);
  return characters;
}

/// True where any byte is not zero.
[[nodiscard]] inline bool any(Sixteen found) {
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), &found, sizeof found);
  return (halves[0] | halves[1]) != 0;
}

/// True where `is`, a comparison, holds for a character of the text; it holds for no `a`.
template <typename Is>
[[nodiscard]] bool holds_one(std::string_view text, Is is) {
  constexpr std::size_t kSixteen = sizeof(Sixteen);
  if (text.size() < kSixteen) {
    std::array<char, kSixteen> padded{};
    padded.fill('a');
    text.copy(padded.data(), text.size());
    return any(is(sixteen_at(padded.data())));
  }
  Sixteen found{};
  const std::size_t last = text.size() - kSixteen;  // may overlap with those before
  for (std::size_t at = 0; at < last; at += kSixteen) found |= is(sixteen_at(text.data() + at));
  return any(found | is(sixteen_at(text.data() + last)));
}

}  // namespace lostmail
