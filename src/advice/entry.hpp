#pragma once

#include <array>
#include <string_view>

#include "lostmail/advice/advice.hpp"

namespace lostmail::advice {

/// What a word of the vocabulary means; a table holds one for each word, in the order of its list.
template <typename Enum>
struct Entry {
  Enum word;
  std::string_view title;
  Advice advice;
};

}  // namespace lostmail::advice
