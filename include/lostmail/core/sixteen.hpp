#pragma once

#include <array>
#include <bit>
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

/// Of a comparison, bit by bit: the lowest tells of the first character.
[[nodiscard]] inline unsigned bits_of(Sixteen found) {
#if defined(__SSE2__)
  typedef char Plain __attribute__((vector_size(16)));
  return static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<Plain>(found)));
#else
  unsigned bits = 0;
  for (int i = 0; i < 16; ++i) bits |= static_cast<unsigned>(found[i] != 0) << i;
  return bits;
#endif
}

/// The characters of a text that has 1 to 15, each at least once, and no others.
[[nodiscard]] inline Sixteen sixteen_of_few(std::string_view text) {
  std::array<std::uint64_t, 2> halves{};
  const char* const last = text.data() + text.size();
  if (text.size() >= 8) {
    std::memcpy(&halves[0], text.data(), 8);
    std::memcpy(&halves[1], last - 8, 8);
  } else if (text.size() >= 4) {
    std::uint32_t from = 0, to = 0;
    std::memcpy(&from, text.data(), 4);
    std::memcpy(&to, last - 4, 4);
    halves[0] = halves[1] = from | std::uint64_t{to} << 32U;
  } else {
    const auto at = [&](std::size_t place) {
      return std::uint64_t{static_cast<unsigned char>(text[place])};
    };
    halves[0] = halves[1] =
        at(0) * 0x0000010101010101U | at(text.size() / 2) << 48U | at(text.size() - 1) << 56U;
  }
  Sixteen characters{};
  std::memcpy(&characters, halves.data(), sizeof characters);
  return characters;
}

/// True where `is`, a comparison, holds for a character of the text.
template <typename Is>
[[nodiscard]] bool holds_one(std::string_view text, Is is) {
  constexpr std::size_t kSixteen = sizeof(Sixteen);
  if (text.empty()) return false;
  if (text.size() < kSixteen) return any(is(sixteen_of_few(text)));
  Sixteen found{};
  const std::size_t last = text.size() - kSixteen;  // may overlap with those before
  for (std::size_t at = 0; at < last; at += kSixteen) found |= is(sixteen_at(text.data() + at));
  return any(found | is(sixteen_at(text.data() + last)));
}

/// As std::string_view::find(), for what is mostly found after a few characters: without a call.
[[nodiscard]] inline std::size_t find_near(std::string_view text, char wanted,
                                           std::size_t from = 0) {
  constexpr std::size_t kSixteen = sizeof(Sixteen);
  const auto is_wanted = static_cast<signed char>(wanted);
  for (; from + kSixteen <= text.size(); from += kSixteen) {
    const unsigned found = bits_of(sixteen_at(text.data() + from) == is_wanted);
    if (found != 0) return from + static_cast<std::size_t>(std::countr_zero(found));
  }
  if (from < text.size() && text.size() >= kSixteen) {  // the last sixteen, some of them once more
    const std::size_t last = text.size() - kSixteen;
    const unsigned found = bits_of(sixteen_at(text.data() + last) == is_wanted) >> (from - last);
    if (found != 0) return from + static_cast<std::size_t>(std::countr_zero(found));
    return std::string_view::npos;
  }
  for (; from < text.size(); ++from)
    if (text[from] == wanted) return from;
  return std::string_view::npos;
}

/// As std::string_view::rfind(), which looks at one character after the other.
[[nodiscard]] inline std::size_t rfind_near(std::string_view text, char wanted) {
  constexpr std::size_t kSixteen = sizeof(Sixteen);
  const auto is_wanted = static_cast<signed char>(wanted);
  std::size_t end = text.size();
  for (; end >= kSixteen; end -= kSixteen) {
    const unsigned found = bits_of(sixteen_at(text.data() + end - kSixteen) == is_wanted);
    if (found != 0) return end - kSixteen + static_cast<std::size_t>(std::bit_width(found)) - 1;
  }
  while (end-- > 0)
    if (text[end] == wanted) return end;
  return std::string_view::npos;
}

}  // namespace lostmail
