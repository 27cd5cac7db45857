#include "store/number_table.hpp"

#include <algorithm>
#include <utility>

namespace lostmail::store {

void NumberTable::put(std::uint64_t hash, std::uint32_t number) {
  if (size_ * 5 >= slots_.size() * 4) grow();
  Slot& slot = slots_[slot_of(hash)];
  size_ += slot.is_empty() ? 1 : 0;
  slot.low = static_cast<std::uint32_t>(marked(hash));
  slot.high = static_cast<std::uint32_t>(hash >> 32U);
  slot.number = number;
}

void NumberTable::erase(std::uint64_t hash) {
  if (!slots_.empty()) slots_[slot_of(hash)].number = 0;  // an empty one has none
}

void NumberTable::clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  size_ = 0;
}

void NumberTable::grow() {
  constexpr std::size_t kFirst = 4096;
  const auto slots = std::move(slots_);
  slots_.assign(slots.empty() ? kFirst : slots.size() * 2, Slot{});
  size_ = 0;
  for (const Slot& slot : slots) {
    if (slot.is_empty() || slot.number == 0) continue;
    slots_[slot_of(slot.hash())] = slot;
    ++size_;
  }
}

}  // namespace lostmail::store
