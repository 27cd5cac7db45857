#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.hpp"
#include "store/may_hold.hpp"
#include "store/row_batch.hpp"

namespace lostmail::store {

/// Numbers by hashes of 64 bits that are as good as the things themselves. Room for a fixed most:
/// flat, and a slot can be fetched before it is asked for, since what is asked for lies anywhere.
class NumberTable {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  void prefetch(std::uint64_t hash) const {
    if (hashes_.empty()) return;
    __builtin_prefetch(&hashes_[hash & kMask]);
    __builtin_prefetch(&numbers_[hash & kMask]);
  }
  [[nodiscard]] const std::uint32_t* find(std::uint64_t hash) const {
    if (hashes_.empty()) return nullptr;
    const std::size_t slot = slot_of(hash);
    return hashes_[slot] == 0 ? nullptr : &numbers_[slot];
  }
  void put(std::uint64_t hash, std::uint32_t number);
  void clear();
  /// Calls `take` with each hash and number, in any order.
  template <typename Take>
  void each(Take take) const {
    for (std::size_t slot = 0; slot < hashes_.size(); ++slot)
      if (hashes_[slot] != 0) take(hashes_[slot], numbers_[slot]);
  }

  static constexpr std::size_t kMost = 200'000;  ///< 3 MB

 private:
  static constexpr std::size_t kSlots = std::size_t{1} << 18, kMask = kSlots - 1;
  /// The slot of that hash, or the empty one where it belongs. 0 marks an empty one.
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const {
    std::size_t slot = hash & kMask;
    while (hashes_[slot] != 0 && hashes_[slot] != (hash | (hash == 0 ? 1U : 0U)))
      slot = (slot + 1) & kMask;
    return slot;
  }

  std::size_t size_ = 0;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> numbers_;
};

/// Numbers that were given out, by the hash of what they stand for. Salted: a stranger who writes
/// log text cannot make two texts meet.
///
/// Of a table that is read and written it remembers some. Of one that a bulk load fills it knows
/// all: what does not fit into memory goes, in order, to a table of SQLite's temporary database,
/// and a filter spares most questions to that.
class Known {
 public:
  /// `table`: the one whose numbers they are. Lives as long as the database is asked for cached
  /// statements.
  Known(Database& database, std::string_view table);

  void prefetch(std::uint64_t hash) const { ids_.prefetch(hash); }
  [[nodiscard]] std::optional<std::int64_t> find(std::uint64_t hash);
  void put(std::uint64_t hash, std::int64_t id);

  /// Nothing but rows up to `last` stands in the table, and put() tells them: what is not found
  /// here need not be looked for there.
  void begin_complete(std::int64_t last);
  [[nodiscard]] bool complete() const { return complete_; }
  /// Of a new row, while that is so.
  [[nodiscard]] std::int64_t next_id() { return ++last_; }
  void end_complete();
  void forget();

 private:
  void spill();

  Database& database_;
  std::string name_;
  NumberTable ids_;
  bool complete_ = false;
  std::int64_t last_ = 0;

  bool has_spilled_ = false;
  MayHold spilled_{22};
  RowBatch spilling_;
  Statement find_spilled_;
};

}  // namespace lostmail::store
