#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/database.hpp"
#include "store/known.hpp"
#include "store/number_index.hpp"
#include "store/row_batch.hpp"

namespace lostmail::store {

/// The rows of a table that holds each thing once, by number. A thing has a hash of 64 bits, as
/// good as the thing itself, for memory (Known), and a key for the table's index (NumberIndex),
/// which others may share.
class Numbering {
 public:
  /// `columns` of `table`, the number first: `id`. Its index is the table of that name with
  /// `_index` behind it.
  Numbering(Database& database, const std::string& table, const std::vector<std::string>& columns);

  void prefetch(std::uint64_t hash) const { known_.prefetch(hash); }
  [[nodiscard]] std::optional<std::int64_t> known(std::uint64_t hash) { return known_.find(hash); }
  /// `is_row` tells whether the row of a number is the thing.
  template <typename IsRow>
  [[nodiscard]] std::optional<std::int64_t> find(std::uint64_t hash, std::int64_t key,
                                                 IsRow is_row) {
    if (const auto number = known_.find(hash)) return number;
    if (known_.complete()) return std::nullopt;
    for (const auto number : index.find(key)) {
      if (!is_row(number)) continue;
      remember(hash, number);
      return number;
    }
    return std::nullopt;
  }
  /// The number of a new row, of which it has put the first cell into `rows`.
  [[nodiscard]] std::int64_t give(std::uint64_t hash, std::int64_t key);

  /// From here on until settle(), each row is known by its hash. `columns` are those that `hash_of`
  /// reads it from, behind the number. Part by part: what does not fit into memory is written to a
  /// temporary table meanwhile, and SQLite ends a statement that reads beside that.
  template <typename HashOf>
  void learn_all(const std::string& columns, HashOf hash_of) {
    known_.begin_complete();
    Statement part(database_, "SELECT id, " + columns + " FROM " + table_ +
                                  " WHERE id > ? ORDER BY id LIMIT 50000");
    std::vector<std::pair<std::uint64_t, std::int64_t>> learned;
    std::int64_t last = 0;
    do {
      learned.clear();
      for (part.bind(last); part.step();) learned.emplace_back(hash_of(part), part.integer(0));
      part.reset();
      for (const auto& [hash, number] : learned) remember(hash, last = number);
    } while (!learned.empty());
  }
  /// Before a transaction ends.
  void settle();
  /// After rows were deleted.
  void drop_missing();
  /// At the begin of a transaction, since others may have written, and after a rollback.
  void forget();

  RowBatch rows;      ///< new ones
  NumberIndex index;  ///< of those that were settled

 private:
  void remember(std::uint64_t hash, std::int64_t number);
  void flush();

  Database& database_;
  std::string table_;
  Known known_;
  std::optional<std::int64_t> last_;  ///< number of this transaction, once one was given
};

}  // namespace lostmail::store
