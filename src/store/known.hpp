#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.hpp"
#include "store/may_hold.hpp"
#include "store/number_index.hpp"
#include "store/number_table.hpp"

namespace lostmail::store {

/// Numbers that were given out, by the hash of what they stand for. Salted: a stranger who writes
/// log text cannot make two texts meet.
///
/// Of a table that is read and written it remembers some. Of one that a bulk load fills it knows
/// all: what does not fit into memory goes to a table of SQLite's temporary database, and a filter
/// spares most questions to that. When memory is full, at least half of it goes: first what was not
/// asked for since that was so before.
class Known {
 public:
  static constexpr std::int64_t kLastNumber = (std::int64_t{1} << 30) - 1;

  /// `table`: the one whose numbers they are. Lives as long as the database is asked for cached
  /// statements.
  Known(Database& database, std::string_view table);

  void prefetch(std::uint64_t hash) const { ids_.prefetch(hash); }
  [[nodiscard]] std::optional<std::int64_t> find(std::uint64_t hash);
  void put(std::uint64_t hash, std::int64_t id);

  /// From here on it knows all that put() tells it, of however many rows.
  void begin_complete() { complete_ = true; }
  [[nodiscard]] bool complete() const { return complete_; }
  /// The next put() makes room: it forgets, or has all in that table as well.
  [[nodiscard]] bool is_full() const { return ids_.size() >= kMost; }
  void end_complete();
  void forget();

 private:
  static constexpr std::size_t kMost = 200'000;  ///< in memory: 3 MB
  /// A number as `ids_` has it: with two bits behind it.
  static constexpr std::uint32_t kAsked = 1;    ///< since memory was full last
  static constexpr std::uint32_t kSpilled = 2;  ///< stands in the temporary table
  static constexpr unsigned kMarks = 2;

  void make_room();
  void spill();
  void keep(std::uint64_t hash, std::int64_t id, std::uint32_t marks) {
    ids_.put(hash, static_cast<std::uint32_t>(id) << kMarks | marks);
  }

  Database& database_;
  std::string spilled_table_;
  NumberTable ids_;
  bool complete_ = false;

  bool has_spilled_ = false;
  MayHold spilled_{22};
  NumberIndex spilled_ids_;
};

}  // namespace lostmail::store
