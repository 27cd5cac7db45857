#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lostmail::store {

/// Numbers (from 1) by hashes of 64 bits that are as good as the things themselves. Flat, and a
/// slot can be fetched before it is asked for, since what is asked for lies anywhere.
class NumberTable {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  void prefetch(std::uint64_t hash) const {
    if (hashes_.empty()) return;
    __builtin_prefetch(&hashes_[hash & mask()]);
    __builtin_prefetch(&numbers_[hash & mask()]);
  }
  [[nodiscard]] const std::uint32_t* find(std::uint64_t hash) const {
    if (hashes_.empty()) return nullptr;
    const std::size_t slot = slot_of(hash);
    return hashes_[slot] == 0 || numbers_[slot] == 0 ? nullptr : &numbers_[slot];
  }
  void put(std::uint64_t hash, std::uint32_t number);
  void erase(std::uint64_t hash);
  /// The room stays.
  void clear();
  /// Calls `take` with each hash and number, in any order.
  template <typename Take>
  void each(Take take) const {
    for (std::size_t slot = 0; slot < hashes_.size(); ++slot)
      if (hashes_[slot] != 0 && numbers_[slot] != 0) take(hashes_[slot], numbers_[slot]);
  }

 private:
  [[nodiscard]] std::size_t mask() const { return hashes_.size() - 1; }
  /// The slot of that hash, or the empty one where it belongs.
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const {
    std::size_t slot = hash & mask();
    while (hashes_[slot] != 0 && hashes_[slot] != marked(hash)) slot = (slot + 1) & mask();
    return slot;
  }
  /// 0 marks an empty slot.
  static std::uint64_t marked(std::uint64_t hash) { return hash | (hash == 0 ? 1U : 0U); }
  void grow();

  std::size_t size_ = 0;  ///< slots in use
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> numbers_;  ///< 0: was erased
};

}  // namespace lostmail::store
