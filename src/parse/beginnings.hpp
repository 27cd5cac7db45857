#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "parse/cursor.hpp"

namespace lostmail::parse {

/// A closed list of beginnings by their first character: a line is compared with a few of them
/// only.
class Beginnings {
 public:
  /// The texts outlive it; none is empty.
  Beginnings(std::initializer_list<std::span<const std::string_view>> lists) {
    for (const auto list : lists) {
      for (const auto text : list) of(text.front()).push_back(text);
    }
  }
  /// True where `text` begins with one of them.
  [[nodiscard]] bool has_one_of(std::string_view text) const {
    if (text.empty()) return false;
    const auto& candidates = by_first_[static_cast<unsigned char>(text.front())];
    return std::any_of(candidates.begin(), candidates.end(),
                       [&](std::string_view candidate) { return begins(text, candidate); });
  }

 private:
  std::vector<std::string_view>& of(char first) {
    return by_first_[static_cast<unsigned char>(first)];
  }
  std::array<std::vector<std::string_view>, 256> by_first_;
};

}  // namespace lostmail::parse
