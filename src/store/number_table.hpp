#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lostmail::store {

/// Numbers (from 1) by hashes of 64 bits that are as good as the things themselves. Flat, and a
/// slot can be fetched before it is asked for, since what is asked for lies anywhere: hash and
/// number side by side, so that it is one wait.
class NumberTable {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask()]);
  }
  [[nodiscard]] const std::uint32_t* find(std::uint64_t hash) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[slot_of(hash)];
    return slot.is_empty() || slot.number == 0 ? nullptr : &slot.number;
  }
  /// It may be written to, but for 0.
  [[nodiscard]] std::uint32_t* find(std::uint64_t hash) {
    return const_cast<std::uint32_t*>(std::as_const(*this).find(hash));
  }
  void put(std::uint64_t hash, std::uint32_t number);
  void erase(std::uint64_t hash);
  /// The room stays.
  void clear();
  /// Calls `take` with each hash and number, in any order.
  template <typename Take>
  void each(Take take) const {
    for (const Slot& slot : slots_)
      if (!slot.is_empty() && slot.number != 0) take(slot.hash(), slot.number);
  }

 private:
  /// Twelve bytes: with the hash as one number there would be four for nothing.
  struct Slot {
    std::uint32_t low = 0, high = 0;  ///< of the hash; both 0 where the slot is empty
    std::uint32_t number = 0;         ///< 0: was erased

    [[nodiscard]] bool is_empty() const { return (low | high) == 0; }
    [[nodiscard]] std::uint64_t hash() const { return std::uint64_t{high} << 32U | low; }
  };
  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  /// The slot of that hash, or the empty one where it belongs.
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const {
    std::size_t slot = hash & mask();
    while (!slots_[slot].is_empty() && slots_[slot].hash() != marked(hash))
      slot = (slot + 1) & mask();
    return slot;
  }
  /// 0 marks an empty slot.
  static std::uint64_t marked(std::uint64_t hash) { return hash | (hash == 0 ? 1U : 0U); }
  void grow();

  std::size_t size_ = 0;  ///< slots in use
  std::vector<Slot> slots_;
};

}  // namespace lostmail::store
