#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.hpp"
#include "store/may_hold.hpp"
#include "store/number_table.hpp"
#include "store/row_batch.hpp"

namespace lostmail::store {

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
  static constexpr std::size_t kMost = 200'000;  ///< in memory: 3 MB
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
