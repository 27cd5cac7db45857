#include "store/refusal_table.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <utility>

#include "store/virtual_table.hpp"

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
  std::size_t rows = 0, row = 0;        ///< of the block
  std::int64_t next_n = 0, last_n = 0;  ///< that are still asked for
  bool at_end = false;
  int code = SQLITE_OK;

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
      info->aConstraintUsage[constraint].argvIndex = ++arguments;  // SQLite looks at it, too
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
    self.next_n = kFirst;
    self.last_n = kLast;
    for (const auto part : {kIs, kFrom, kTo}) {
      if ((plan & part) == 0) continue;
      sqlite3_value* const value = *values++;
      if (sqlite3_value_type(value) != SQLITE_INTEGER) continue;
      const std::int64_t bound = sqlite3_value_int64(value);
      if (part != kTo) self.next_n = bound;
      if (part != kFrom) self.last_n = bound;
    }
    table.flush(self.next_n, self.last_n);
    if (!self.reader) self.reader = table.reader();
    self.reader->reset();
    self.reader->bind(self.next_n).bind(self.last_n);
    self.rows = self.row = 0;
    self.settle();
    return self.code;
  }

  [[nodiscard]] std::int64_t n() const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(block.first_n()) + row);
  }

  /// Goes on to a row that is there, if this one is not.
  void settle() {
    for (;;) {
      while (row < rows && block.number(kKindColumn, row) == 0) ++row;
      if (row < rows) break;
      at_end = !reader->step();
      code = reader->code();
      if (at_end) return;
      block = RefusalTable::view_of(*reader);
      rows = block.rows();
      // One that was split meanwhile has rows again that were here already.
      row = next_n <= block.first_n()
                ? 0
                : static_cast<std::size_t>(static_cast<std::uint64_t>(next_n) -
                                           static_cast<std::uint64_t>(block.first_n()));
    }
    at_end = n() > last_n;
    next_n = std::min(n(), kLast - 1) + 1;
  }

  static int next(sqlite3_vtab_cursor* cursor) {
    ++of(cursor).row;
    of(cursor).settle();
    return of(cursor).code;
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
    if (number != 0 || is.form == Form::bytes || is.from_least)  // of these 0 is a value
      sqlite3_result_int64(context, number);
    return SQLITE_OK;
  }
  static int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
    *id = of(cursor).n();
    return SQLITE_OK;
  }
};

RefusalTable::RefusalTable(Database& database) : database_(database) {
  static constexpr sqlite3_module kModule = read_by<RefusalCursor>();
  database_.note(sqlite3_create_module(database_.handle(), "stored_refusal", &kModule, this));
}

/// Statements that are not done would give their reader back.
RefusalTable::~RefusalTable() {
  database_.reset_cached();
  sqlite3_create_module(database_.handle(), "stored_refusal", nullptr, nullptr);
}

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
    write_last();
    last_ = {n, {}, true};
    last_size_ = {};
    static_cast<void>(last_size_.take(row));  // the first one fits
  }
  last_.rows.push_back(row);
  last_.changed = true;
}

void RefusalTable::open_last() {
  last_ = {};
  last_size_ = {};
  last_is_open_ = true;
  if (at_hand_) write_at_hand();
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
    if (at_hand_) write_at_hand();
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
    static_cast<void>(write_in_parts(last_.first_n, last_.rows));
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
  std::vector<std::int64_t> blocks;
  Statement old(database_, "SELECT first_n FROM refusal_block WHERE least_time < ?");
  for (old.bind(time); old.step();) blocks.push_back(old.integer(0));
  old.reset();
  std::uint64_t erased = 0;
  for (const std::int64_t first_n : blocks) {
    auto block = read(first_n);
    if (!block) continue;
    for (auto& row : block->rows) {
      if (row.kind == 0 || row.time >= time) continue;
      row = taken_out(row);
      block->changed = true;
      ++erased;
    }
    const bool any_left = std::any_of(block->rows.begin(), block->rows.end(),
                                      [](const auto& row) { return row.kind != 0; });
    if (!any_left) {
      database_.cached("DELETE FROM refusal_block WHERE first_n = ?").bind(first_n).run();
    } else if (block->changed) {
      write_whole(first_n, block->rows);  // less than there was
    }
  }
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

void RefusalTable::flush() { flush(kFirst, kLast); }

/// What holds one of those numbers.
void RefusalTable::flush(std::int64_t first_n, std::int64_t last_n) {
  const auto meets = [&](const Block& block) {
    return block.first_n <= last_n &&
           block.first_n + static_cast<std::int64_t>(block.rows.size()) > first_n;
  };
  if (last_is_open_ && meets(last_)) write_last();
  if (at_hand_ && meets(*at_hand_)) write_at_hand();
}

void RefusalTable::forget() {
  last_ = {};
  last_size_ = {};
  last_is_open_ = false;
  at_hand_.reset();
}

/// It fits: last_size_ takes care of that.
void RefusalTable::write_last() {
  if (std::exchange(last_.changed, false)) write_whole(last_.first_n, last_.rows);
}

/// What takes two blocks now is not at hand any more.
void RefusalTable::write_at_hand() {
  if (!std::exchange(at_hand_->changed, false)) return;
  if (!write_in_parts(at_hand_->first_n, at_hand_->rows)) at_hand_.reset();
}

bool RefusalTable::write_in_parts(std::int64_t first_n, const std::vector<RefusalNumbers>& rows) {
  BlockSize size;
  for (const auto& row : rows) {
    if (size.take(row)) continue;
    const auto half = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
    static_cast<void>(write_in_parts(first_n, {rows.begin(), half}));
    static_cast<void>(write_in_parts(first_n + (half - rows.begin()), {half, rows.end()}));
    return false;
  }
  write_whole(first_n, rows);
  return true;
}

void RefusalTable::write_whole(std::int64_t first_n, const std::vector<RefusalNumbers>& rows) {
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
}

}  // namespace lostmail::store
