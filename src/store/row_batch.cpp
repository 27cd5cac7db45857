#include "store/row_batch.hpp"

#include <memory>
#include <new>

#include "store/virtual_table.hpp"

namespace lostmail::store {

namespace {

constexpr const char* kPointerType = "lostmail_row_batch";

/// Of the columns from that one on.
std::string insert_sql(const std::string& table, const std::vector<std::string>& columns,
                       std::size_t from) {
  std::string into, cells;
  for (std::size_t i = from; i < columns.size(); ++i) {
    into += (i == from ? "" : ", ") + columns[i];
    cells += (i == from ? "c" : ", c") + std::to_string(i);
  }
  return "INSERT INTO " + table + "(" + into + ") SELECT " + cells + " FROM row_batch(?)";
}

}  // namespace

/// SQLite's cursor over the rows of one batch (sqlite.org/vtab.html).
struct RowBatchCursor : sqlite3_vtab_cursor {
  const RowBatch* batch = nullptr;
  std::size_t at = 0;  ///< first cell of the row

  static RowBatchCursor& of(sqlite3_vtab_cursor* cursor) {
    return *static_cast<RowBatchCursor*>(cursor);
  }

  static int connect(sqlite3* handle, void*, int, const char* const*, sqlite3_vtab** table,
                     char**) {
    const int code = sqlite3_declare_vtab(handle, "CREATE TABLE x(c0, c1, c2, c3, source HIDDEN)");
    if (code != SQLITE_OK) return code;
    *table = new (std::nothrow) sqlite3_vtab{};
    return *table != nullptr ? SQLITE_OK : SQLITE_NOMEM;
  }
  static int disconnect(sqlite3_vtab* table) {
    delete table;
    return SQLITE_OK;
  }

  static int plan(sqlite3_vtab*, sqlite3_index_info* info) {
    for (int i = 0; i < info->nConstraint; ++i) {
      const auto& constraint = info->aConstraint[i];
      if (constraint.iColumn != RowBatch::kMaxColumns || constraint.usable == 0) continue;
      info->aConstraintUsage[i].argvIndex = 1;
      info->aConstraintUsage[i].omit = 1;
      return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
  }

  static int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
    *cursor = new (std::nothrow) RowBatchCursor{};
    return *cursor != nullptr ? SQLITE_OK : SQLITE_NOMEM;
  }
  static int close(sqlite3_vtab_cursor* cursor) {
    delete &of(cursor);
    return SQLITE_OK;
  }

  static int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value** values) {
    of(cursor).batch = static_cast<const RowBatch*>(sqlite3_value_pointer(values[0], kPointerType));
    of(cursor).at = 0;
    return of(cursor).batch != nullptr ? SQLITE_OK : SQLITE_MISUSE;
  }
  static int next(sqlite3_vtab_cursor* cursor) {
    of(cursor).at += of(cursor).batch->columns_;
    return SQLITE_OK;
  }
  static int eof(sqlite3_vtab_cursor* cursor) {
    return of(cursor).at >= of(cursor).batch->cells_.size() ? 1 : 0;
  }

  static int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int index) {
    const RowBatch& batch = *of(cursor).batch;
    if (static_cast<std::size_t>(index) >= batch.columns_) return SQLITE_OK;
    const auto& cell = batch.cells_[of(cursor).at + static_cast<std::size_t>(index)];
    if (cell.type == RowBatch::Type::integer) {
      sqlite3_result_int64(context, cell.value);
    } else if (cell.type == RowBatch::Type::text) {
      sqlite3_result_text(context, batch.texts_.data() + cell.value, static_cast<int>(cell.size),
                          SQLITE_STATIC);
    }
    return SQLITE_OK;
  }
  static int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
    *id = static_cast<sqlite3_int64>(of(cursor).at);
    return SQLITE_OK;
  }
};

void RowBatch::declare(Database& database) {
  static constexpr sqlite3_module kModule = read_by<RowBatchCursor>();
  database.note(sqlite3_create_module(database.handle(), "row_batch", &kModule, nullptr));
}

RowBatch::RowBatch(Database& database, int columns, std::string_view insert)
    : database_(database), columns_(static_cast<std::size_t>(columns)), insert_sql_(insert) {
  database_.hold(this);
}

RowBatch::RowBatch(Database& database, const std::string& table,
                   const std::vector<std::string>& columns)
    : RowBatch(database, static_cast<int>(columns.size()), insert_sql(table, columns, 0)) {
  append_sql_ = insert_sql(table, columns, 1);
  last_sql_ = "SELECT max(" + columns.front() + ") FROM " + table;
}

RowBatch::~RowBatch() { database_.release(this); }

RowBatch& RowBatch::put(const Cell& cell) {
  cells_.push_back(cell);
  if (cells_.size() == kRows * columns_) flush();
  return *this;
}

RowBatch& RowBatch::add(std::int64_t value) { return put({value, 0, Type::integer}); }

RowBatch& RowBatch::add(std::string_view text) {
  const auto begin = static_cast<std::int64_t>(texts_.size());
  texts_ += text;
  return put({begin, static_cast<std::uint32_t>(text.size()), Type::text});
}

RowBatch& RowBatch::add_null() { return put({}); }

bool RowBatch::follows_the_table() {
  if (last_sql_.empty()) return false;
  const std::int64_t first = cells_.front().value;
  for (std::size_t row = 0; row * columns_ < cells_.size(); ++row)
    if (cells_[row * columns_].value != first + static_cast<std::int64_t>(row)) return false;
  if (!last_.prepared()) last_ = Statement(database_, last_sql_);
  const std::int64_t last = last_.step() ? last_.integer(0) : 0;
  last_.reset();
  return first == last + 1;
}

void RowBatch::flush() {
  if (cells_.empty()) return;
  const bool follows = follows_the_table();
  Statement& insert = follows ? append_ : insert_;
  if (!insert.prepared()) insert = Statement(database_, follows ? append_sql_ : insert_sql_);
  insert.bind_pointer(this, kPointerType).run();
  clear();
}

void RowBatch::clear() {
  cells_.clear();
  texts_.clear();
}

}  // namespace lostmail::store
