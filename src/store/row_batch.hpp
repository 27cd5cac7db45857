#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.hpp"

namespace lostmail::store {

/// Rows that go into a table many at a time: one statement for a thousand costs a third of one for
/// each, of which most is its beginning and end. SQLite reads them as the table-valued function
/// `row_batch` (columns c0 to c3), in the order in which they were added.
///
/// Rows that are held back are not in the table yet: Database::cached() puts them there first.
class RowBatch {
 public:
  static constexpr int kMaxColumns = 4;

  /// `insert`: INSERT INTO … SELECT c0, c1, … FROM row_batch(?). Lives as long as the database is
  /// asked for cached statements.
  RowBatch(Database& database, int columns, std::string_view insert);
  /// For those columns of a table, of which the first is its INTEGER PRIMARY KEY. Rows that follow
  /// one on the other, and on the last of the table, are numbered by SQLite itself, which spares it
  /// to look for each.
  RowBatch(Database& database, const std::string& table, const std::vector<std::string>& columns);
  ~RowBatch();
  RowBatch(const RowBatch&) = delete;
  RowBatch& operator=(const RowBatch&) = delete;

  /// The next cell, from the left; the last one of a row ends it. Texts are copied.
  RowBatch& add(std::int64_t value);
  RowBatch& add(std::string_view text);
  RowBatch& add_null();
  template <typename T>
  RowBatch& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

  /// Writes what is held. An error is the database's.
  void flush();
  /// Forgets it, after a rollback.
  void clear();

  /// Makes `row_batch` known to a connection.
  static void declare(Database& database);

 private:
  friend struct RowBatchCursor;
  static constexpr std::size_t kRows = 1024;
  enum class Type : std::uint8_t { null, integer, text };
  struct Cell {
    std::int64_t value = 0;  ///< of a text: where it begins in texts_
    std::uint32_t size = 0;
    Type type = Type::null;
  };
  RowBatch& put(const Cell& cell);
  [[nodiscard]] bool follows_the_table();

  Database& database_;
  std::size_t columns_;
  std::string insert_sql_, append_sql_, last_sql_;
  Statement insert_, append_, last_;
  std::vector<Cell> cells_;
  std::string texts_;
};

}  // namespace lostmail::store
