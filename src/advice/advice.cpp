#include "lostmail/advice/advice.hpp"

#include <array>
#include <cstddef>
#include <string_view>

#include "advice/causes.hpp"
#include "advice/entry.hpp"
#include "advice/variants.hpp"

namespace lostmail::advice {
namespace {

template <typename Enum, std::size_t kSize>
constexpr bool holds_every_word(const std::array<Entry<Enum>, kSize>& entries) {
  if (kSize != Words<Enum>::list.size()) return false;
  for (std::size_t i = 0; i < kSize; ++i) {
    if (entries[i].word != Words<Enum>::list[i].value) return false;
  }
  return true;
}

static_assert(holds_every_word(kVariants), "an entry for each variant, in the order of the list");
static_assert(holds_every_word(kCauses), "an entry for each cause, in the order of the list");

}  // namespace

const Advice& about(Variant variant) { return kVariants[static_cast<std::size_t>(variant)].advice; }

const Advice& about(Cause cause) { return kCauses[static_cast<std::size_t>(cause)].advice; }

std::string_view title(Variant variant) {
  return kVariants[static_cast<std::size_t>(variant)].title;
}

std::string_view title(Cause cause) { return kCauses[static_cast<std::size_t>(cause)].title; }

}  // namespace lostmail::advice
