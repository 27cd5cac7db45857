#include "store/refusal_table.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <utility>

namespace lostmail::store {
namespace {

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
constexpr int kNumbers = static_cast<int>(kBlockNumbers.size());

std::string names_of_columns() {
  std::string names;
  for (const char* number : kBlockNumbers)
    names += (names.empty() ? "" : ", ") + std::string(number);
  for (const auto& column : kBlockColumns) names += std::string(", \"") + column.name + '"';
  return names;
}

/// What is left of it: numbers that may be the block's least.
RefusalNumbers taken_out(const RefusalNumbers& row) {
  RefusalNumbers none;
  none.time = row.time;
  none.line = row.line;
  none.offset = row.offset;
  return none;
}

}  // namespace

/// SQLite's cursor over stored_refusal (sqlite.org/vtab.html).
struct RefusalCursor : sqlite3_vtab_cursor {
  struct Table : sqlite3_vtab {
    RefusalTable* refusals = nullptr;
  };
  enum Plan : int { kFrom = 1, kTo = 2, kIs = 4 };

  std::unique_ptr<Statement> reader;
  BlockView block;
  std::size_t rows = 0, row = 0;         ///< of the block
  std::int64_t first_n = 0, last_n = 0;  ///< that are asked for
  bool at_end = false;

  static RefusalCursor& of(sqlite3_vtab_cursor* cursor) {
    return *static_cast<RefusalCursor*>(cursor);
  }
  static RefusalTable& table_of(sqlite3_vtab_cursor* cursor) {
    return *static_cast<Table*>(cursor->pVtab)->refusals;
  }

  static int connect(sqlite3* handle, void* refusals, int, const char* const*, sqlite3_vtab** table,
                     char**) {
    std::string sql = "CREATE TABLE x(n";
    for (const auto& column : kBlockColumns) sql += std::string(", \"") + column.name + '"';
    const int code = sqlite3_declare_vtab(handle, (sql + ")").c_str());
    if (code != SQLITE_OK) return code;
    auto* made = new (std::nothrow) Table{};
    if (made == nullptr) return SQLITE_NOMEM;
    made->refusals = static_cast<RefusalTable*>(refusals);
    *table = made;
    return SQLITE_OK;
  }
  static int disconnect(sqlite3_vtab* table) {
    delete static_cast<Table*>(table);
    return SQLITE_OK;
  }

  static int plan(sqlite3_vtab*, sqlite3_index_info* info) {
    int from = -1, to = -1, is = -1;
    for (int i = 0; i < info->nConstraint; ++i) {
      const auto& constraint = info->aConstraint[i];
      if (constraint.usable == 0 || constraint.iColumn > 0) continue;  // n, or its other name rowid
      if (constraint.op == SQLITE_INDEX_CONSTRAINT_EQ) is = i;
      if (constraint.op == SQLITE_INDEX_CONSTRAINT_GE) from = i;
      if (constraint.op == SQLITE_INDEX_CONSTRAINT_LE) to = i;
    }
    int arguments = 0;
    const auto use = [&](int constraint, Plan plan) {
      if (constraint < 0) return;
      info->aConstraintUsage[constraint].argvIndex = ++arguments;
      info->aConstraintUsage[constraint].omit = 1;
      info->idxNum |= plan;
    };
    if (is >= 0) {
      use(is, kIs);
    } else {
      use(from, kFrom);
      use(to, kTo);
    }
    constexpr double kRows = 1'000'000, kOfRange = 256;
    const double rows = is >= 0 ? 1 : from >= 0 && to >= 0 ? kOfRange : kRows;
    info->estimatedRows = static_cast<sqlite3_int64>(rows);
    info->estimatedCost = rows + 20;
    if (is >= 0) info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
    return SQLITE_OK;
  }

  static int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
    *cursor = new (std::nothrow) RefusalCursor{};
    return *cursor != nullptr ? SQLITE_OK : SQLITE_NOMEM;
  }
  static int close(sqlite3_vtab_cursor* cursor) {
    table_of(cursor).give_back(std::move(of(cursor).reader));
    delete &of(cursor);
    return SQLITE_OK;
  }

  static int filter(sqlite3_vtab_cursor* cursor, int plan, const char*, int,
                    sqlite3_value** values) {
    auto& self = of(cursor);
    auto& table = table_of(cursor);
    table.flush();
    self.first_n = kFirst;
    self.last_n = kLast;
    const auto bound = [&] { return static_cast<std::int64_t>(sqlite3_value_int64(*values++)); };
    if ((plan & kIs) != 0) self.first_n = self.last_n = bound();
    if ((plan & kFrom) != 0) self.first_n = bound();
    if ((plan & kTo) != 0) self.last_n = bound();
    if (!self.reader) self.reader = table.reader();
    self.reader->reset();
    self.reader->bind(self.first_n).bind(self.last_n);
    self.rows = self.row = 0;
    self.settle();
    return SQLITE_OK;
  }

  [[nodiscard]] std::int64_t n() const { return block.first_n() + static_cast<std::int64_t>(row); }

  /// Goes on to a row that is there, if this one is not.
  void settle() {
    for (;;) {
      while (row < rows && block.number(kKindColumn, row) == 0) ++row;
      if (row < rows) break;
      at_end = !reader->step();
      if (at_end) return;
      block = RefusalTable::view_of(*reader);
      rows = block.rows();
      row = static_cast<std::size_t>(std::max(first_n, block.first_n()) - block.first_n());
    }
    at_end = n() > last_n;
  }

  static int next(sqlite3_vtab_cursor* cursor) {
    ++of(cursor).row;
    of(cursor).settle();
    return SQLITE_OK;
  }
  static int eof(sqlite3_vtab_cursor* cursor) { return of(cursor).at_end ? 1 : 0; }

  static int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int index) {
    const auto& self = of(cursor);
    if (index == 0) {
      sqlite3_result_int64(context, self.n());
      return SQLITE_OK;
    }
    const auto at = static_cast<std::size_t>(index) - 1;
    const auto& is = kBlockColumns[at];
    if (is.form == Form::few_texts) {
      const auto text = self.block.queue_id(self.row);
      if (!text.empty())
        sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
      return SQLITE_OK;
    }
    const std::int64_t number = self.block.number(at, self.row);
    // Of these 0 is a value.
    if (number != 0 || is.form == Form::bytes || is.from_least || is.of == &RefusalNumbers::micros)
      sqlite3_result_int64(context, number);
    return SQLITE_OK;
  }
  static int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
    *id = of(cursor).n();
    return SQLITE_OK;
  }

  static constexpr sqlite3_module module() {
    sqlite3_module module{};
    module.xConnect = connect;
    module.xBestIndex = plan;
    module.xDisconnect = disconnect;
    module.xOpen = open;
    module.xClose = close;
    module.xFilter = filter;
    module.xNext = next;
    module.xEof = eof;
    module.xColumn = column;
    module.xRowid = rowid;
    return module;
  }
};

RefusalTable::RefusalTable(Database& database) : database_(database) {
  static constexpr sqlite3_module kModule = RefusalCursor::module();
  database_.note(sqlite3_create_module(database_.handle(), "stored_refusal", &kModule, this));
}

/// Statements that are not done would give their reader back.
RefusalTable::~RefusalTable() { database_.reset_cached(); }

std::unique_ptr<Statement> RefusalTable::reader() {
  if (!readers_.empty()) {
    auto reader = std::move(readers_.back());
    readers_.pop_back();
    return reader;
  }
  static const std::string sql =
      "SELECT " + names_of_columns() +
      " FROM refusal_block WHERE first_n >= coalesce((SELECT max(first_n) FROM refusal_block WHERE"
      " first_n <= ?1), ?1) AND first_n <= ?2 ORDER BY first_n";
  return std::make_unique<Statement>(database_, sql);
}

void RefusalTable::give_back(std::unique_ptr<Statement> reader) {
  if (!reader) return;
  reader->reset();
  readers_.push_back(std::move(reader));
}

BlockView RefusalTable::view_of(const Statement& row) {
  BlockView view;
  for (int i = 0; i < kNumbers; ++i) view.numbers[static_cast<std::size_t>(i)] = row.integer(i);
  for (std::size_t i = 0; i < kBlockColumns.size(); ++i)
    view.columns[i] = row.bytes(kNumbers + static_cast<int>(i));
  return view;
}

void RefusalTable::append(std::int64_t n, const RefusalNumbers& row) {
  if (!last_is_open_) open_last();
  const bool follows = n == last_.first_n + static_cast<std::int64_t>(last_.rows.size());
  if (!follows || !last_size_.take(row)) {
    static_cast<void>(write(last_));
    last_ = {n, {}, true};
    last_size_ = {};
    static_cast<void>(last_size_.take(row));
  }
  last_.rows.push_back(row);
  last_.changed = true;
}

void RefusalTable::open_last() {
  last_ = {};
  last_size_ = {};
  last_is_open_ = true;
  if (at_hand_) static_cast<void>(write(*at_hand_));
  at_hand_.reset();
  auto there = read(kLast);
  if (!there) return;
  last_ = std::move(*there);
  for (const auto& row : last_.rows) static_cast<void>(last_size_.take(row));
}

/// That with the greatest number up to n.
std::optional<RefusalTable::Block> RefusalTable::read(std::int64_t n) {
  auto rows = reader();
  std::optional<Block> block;
  if (rows->bind(n).bind(n).step()) {
    const BlockView view = view_of(*rows);
    block = Block{view.first_n(), {}, false};
    for (std::size_t row = 0; row < view.rows(); ++row) block->rows.push_back(view[row]);
  }
  give_back(std::move(rows));
  return block;
}

RefusalTable::Block* RefusalTable::block_of(std::int64_t n) {
  if (last_is_open_ && last_.holds(n)) return &last_;
  if (!at_hand_ || !at_hand_->holds(n)) {
    if (at_hand_) static_cast<void>(write(*at_hand_));
    at_hand_ = read(n);
    if (at_hand_ && !at_hand_->holds(n)) at_hand_.reset();
  }
  return at_hand_ ? &*at_hand_ : nullptr;
}

const RefusalNumbers* RefusalTable::find(std::int64_t n) {
  Block* block = block_of(n);
  if (block == nullptr) return nullptr;
  const auto& row = block->rows[static_cast<std::size_t>(n - block->first_n)];
  return row.kind != 0 ? &row : nullptr;
}

void RefusalTable::put(std::int64_t n, const RefusalNumbers& row) {
  Block* block = block_of(n);
  if (block == nullptr) return;
  block->rows[static_cast<std::size_t>(n - block->first_n)] = row;
  block->changed = true;
  if (block != &last_) return;
  last_size_ = {};
  for (const auto& of : last_.rows) {
    if (last_size_.take(of)) continue;
    static_cast<void>(write(last_));  // in two
    return open_last();
  }
}

void RefusalTable::erase(std::int64_t n) {
  const auto* row = find(n);
  if (row == nullptr) return;
  put(n, taken_out(*row));
}

std::uint64_t RefusalTable::erase_before(std::int64_t time) {
  flush();
  forget();
  std::uint64_t erased = 0;
  std::vector<Block> blocks;
  std::int64_t from = kFirst;
  do {  // part by part: what is read is not written meanwhile
    blocks.clear();
    auto rows = reader();
    for (rows->bind(from).bind(kLast); blocks.size() < 64 && rows->step();) {
      const BlockView view = view_of(*rows);
      Block block{view.first_n(), {}, false};
      if (block.first_n < from) continue;
      for (std::size_t row = 0; row < view.rows(); ++row) block.rows.push_back(view[row]);
      blocks.push_back(std::move(block));
    }
    give_back(std::move(rows));
    for (auto& block : blocks) {
      bool any_left = false;
      for (auto& row : block.rows) {
        if (row.kind != 0 && row.time < time) {
          ++erased;
          block.changed = true;
          row = taken_out(row);
        }
        any_left = any_left || row.kind != 0;
      }
      if (any_left) {
        static_cast<void>(write(block));
      } else {
        database_.cached("DELETE FROM refusal_block WHERE first_n = ?").bind(block.first_n).run();
      }
      from = block.first_n + 1;
    }
  } while (!blocks.empty());
  return erased;
}

std::int64_t RefusalTable::last_n() {
  flush();
  return database_.integer(
      "SELECT first_n + rows - 1 FROM refusal_block ORDER BY first_n DESC LIMIT 1");
}

std::int64_t RefusalTable::most_rows() {
  flush();
  return database_.integer("SELECT coalesce(sum(rows), 0) FROM refusal_block");
}

void RefusalTable::flush() {
  if (last_is_open_) static_cast<void>(write(last_));
  if (at_hand_ && !write(*at_hand_)) at_hand_.reset();
}

void RefusalTable::forget() {
  last_ = {};
  last_size_ = {};
  last_is_open_ = false;
  at_hand_.reset();
}

bool RefusalTable::write(Block& block) {
  return !std::exchange(block.changed, false) || write(block.first_n, block.rows);
}

bool RefusalTable::write(std::int64_t first_n, const std::vector<RefusalNumbers>& rows) {
  BlockSize size;
  for (const auto& row : rows) {
    if (size.take(row)) continue;
    const auto half = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
    static_cast<void>(write(first_n, {rows.begin(), half}));
    static_cast<void>(write(first_n + (half - rows.begin()), {half, rows.end()}));
    return false;
  }
  if (!put_.prepared()) {
    std::string values = "?";
    for (std::size_t i = 1; i < kBlockNumbers.size() + kBlockColumns.size(); ++i) values += ", ?";
    put_ = Statement(database_, "INSERT OR REPLACE INTO refusal_block(" + names_of_columns() +
                                    ") VALUES (" + values + ")");
  }
  const BlockBytes block = encode_block(first_n, rows);
  for (const auto number : block.numbers) put_.bind(number);
  for (const auto& column : block.columns) put_.bind_blob(column);
  put_.run();
  return true;
}

}  // namespace lostmail::store
