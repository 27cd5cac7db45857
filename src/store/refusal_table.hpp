#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "store/database.hpp"
#include "store/refusal_block.hpp"

namespace lostmail::store {

/// The refusals by their number n, in blocks. SQL of ours reads them as the table
/// `stored_refusal(n, id, time, …)`, with the fields of kBlockColumns, of which 0 is null; n =, >=
/// and <= lead to the block. Rows that were taken out do not show.
///
/// Changes are gathered in memory; stored_refusal has them, the view `refusal` after flush().
class RefusalTable {
 public:
  /// Lives as long as statements that read stored_refusal.
  explicit RefusalTable(Database& database);
  ~RefusalTable();
  RefusalTable(const RefusalTable&) = delete;
  RefusalTable& operator=(const RefusalTable&) = delete;

  /// `n` is beyond last_n().
  void append(std::int64_t n, const RefusalNumbers& row);
  /// Null where it is not there. Good until the next call of anything here, or the next statement
  /// that reads stored_refusal.
  [[nodiscard]] const RefusalNumbers* find(std::int64_t n);
  /// Of a row that is there.
  void put(std::int64_t n, const RefusalNumbers& row);
  void erase(std::int64_t n);
  /// All before that time, UTC seconds. How many there were.
  std::uint64_t erase_before(std::int64_t time);

  /// The greatest number that was given out, rows that were taken out included; 0: none.
  [[nodiscard]] std::int64_t last_n();
  /// At least as many as there are.
  [[nodiscard]] std::int64_t most_rows();

  /// Writes what is held. An error is the database's.
  void flush();
  /// What another connection may have changed, or a rollback.
  void forget();

 private:
  friend struct RefusalCursor;
  struct Block {
    std::int64_t first_n = 0;
    std::vector<RefusalNumbers> rows;
    bool changed = false;
    [[nodiscard]] bool holds(std::int64_t n) const {
      return n >= first_n && n < first_n + static_cast<std::int64_t>(rows.size());
    }
  };

  /// Blocks from the one that holds a number to the one that holds another.
  [[nodiscard]] std::unique_ptr<Statement> reader();
  void give_back(std::unique_ptr<Statement> reader);
  [[nodiscard]] static BlockView view_of(const Statement& row);

  [[nodiscard]] Block* block_of(std::int64_t n);
  [[nodiscard]] std::optional<Block> read(std::int64_t n);
  void open_last();
  void flush(std::int64_t first_n, std::int64_t last_n);
  void write_last();
  void write_at_hand();
  /// False: rows that were given more than they had take two blocks now.
  [[nodiscard]] bool write_in_parts(std::int64_t first_n, const std::vector<RefusalNumbers>& rows);
  void write_whole(std::int64_t first_n, const std::vector<RefusalNumbers>& rows);

  Database& database_;
  Block last_;  ///< to which rows are appended
  BlockSize last_size_;
  bool last_is_open_ = false;
  std::optional<Block> at_hand_;  ///< another one
  Statement put_;
  std::vector<std::unique_ptr<Statement>> readers_;  ///< not in use
};

}  // namespace lostmail::store
