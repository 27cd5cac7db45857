#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lostmail::assemble {

/// Places (numbers) by keys that are good hashes. Eight bytes for each, one wait for memory for a
/// look, and no trace of what was taken out. Half of a key is kept here; whether what lies at a
/// place has the other half, too, the caller tells.
class PlaceTable {
 public:
  static constexpr std::uint32_t kNone = 0xffff'ffffU;

  /// Fetches what find() will look at.
  void prefetch(std::uint64_t key) const { __builtin_prefetch(&slots_[home(tag_of(key))]); }

  /// `has_key`: whether what lies at a place has that key. kNone where there is none.
  template <typename HasKey>
  [[nodiscard]] std::uint32_t find(std::uint64_t key, HasKey has_key) const {
    const auto tag = tag_of(key);
    for (std::size_t at = home(tag); slots_[at].place != kNone; at = next(at)) {
      if (slots_[at].tag == tag && has_key(slots_[at].place)) return slots_[at].place;
    }
    return kNone;
  }

  /// A key that is not there yet.
  void put(std::uint64_t key, std::uint32_t place) {
    if (++size_ * 4 > slots_.size() * 3) grow();
    insert({tag_of(key), place});
  }

  /// A key that is there, with that place.
  void erase(std::uint64_t key, std::uint32_t place) {
    std::size_t hole = home(tag_of(key));
    while (slots_[hole].place != place) hole = next(hole);
    // Whoever stands behind and would be looked for from the hole or before moves up.
    for (std::size_t at = next(hole); slots_[at].place != kNone; at = next(at)) {
      const std::size_t from_home = (at - home(slots_[at].tag)) & mask();
      if (from_home < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole].place = kNone;
    --size_;
  }

  void clear() {
    slots_.assign(kFirst, {});
    size_ = 0;
  }

 private:
  static constexpr std::size_t kFirst = 1024;
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t place = kNone;
  };
  static std::uint32_t tag_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32U); }
  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  /// By the highest bits of the tag: the others tell those of one home apart.
  [[nodiscard]] std::size_t home(std::uint32_t tag) const {
    return static_cast<std::size_t>(std::uint64_t{tag} * slots_.size() >> 32U);
  }
  void insert(const Slot& slot) {
    std::size_t at = home(slot.tag);
    while (slots_[at].place != kNone) at = next(at);
    slots_[at] = slot;
  }
  void grow() {
    const auto before = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
    for (const Slot& slot : before)
      if (slot.place != kNone) insert(slot);
  }

  std::vector<Slot> slots_ = std::vector<Slot>(kFirst);  ///< a power of two
  std::size_t size_ = 0;
};

}  // namespace lostmail::assemble
