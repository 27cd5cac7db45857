#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sqlite3.h>

#include "lostmail/core/result.hpp"

namespace lostmail::store {

class Database;
class RowBatch;

/// One prepared statement. Bind in order from 1, step, read columns from 0; `reset` before the next
/// use.
class Statement {
 public:
  Statement() = default;
  Statement(Database& database, std::string_view sql);

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  /// Without a copy: `text` has to live until run() or reset().
  Statement& bind_in_place(std::string_view text);
  Statement& bind_in_place(const std::optional<std::string_view>& text) {
    return text ? bind_in_place(*text) : bind_null();
  }
  Statement& bind_blob(std::string_view bytes);
  /// `type` is a literal (sqlite3_bind_pointer); `pointer` lives until run() or reset().
  Statement& bind_pointer(void* pointer, const char* type);
  Statement& bind_null();
  template <typename T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }

  /// True: a row is there. False: done, or an error, which the database keeps.
  [[nodiscard]] bool step();
  /// Of SQLite: SQLITE_OK, or how the last step() failed.
  [[nodiscard]] int code() const { return code_; }
  /// Whether there is a row; ready for the next use.
  [[nodiscard]] bool holds();
  /// Steps to the end, for statements without rows.
  void run();
  void reset();
  [[nodiscard]] bool prepared() const { return statement_ != nullptr; }

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  /// Good until the next step().
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;

 private:
  Statement& bind_text(std::string_view text, sqlite3_destructor_type copy_or_not);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
  int code_ = 0;
  bool in_use_ = false;  ///< since the last reset
};

/// A connection. The first error is kept until it is taken, so that a sequence of statements needs
/// one check.
class Database {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file,
                                                              int flags);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const char* sql);
  [[nodiscard]] std::int64_t integer(std::string_view sql);
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[nodiscard]] const std::string& where() const { return where_; }

  /// The statement of that text, prepared once and ready to be bound. `sql` is a literal: its
  /// address is the key. Not for two uses at the same time. It sees the rows that are held back.
  [[nodiscard]] Statement& cached(const char* sql);
  /// Ends the reading of all of them; before a transaction ends.
  void reset_cached();

  /// Rows that are not in their table yet.
  void hold(RowBatch* batch) { held_.push_back(batch); }
  void release(RowBatch* batch) { std::erase(held_, batch); }
  void flush_held();
  void clear_held();

  void note(int code);
  /// ok, or the first error since the last call.
  [[nodiscard]] Result<void> take_error();

 private:
  Database(sqlite3* handle, std::string where) : handle_(handle), where_(std::move(where)) {}
  sqlite3* handle_;
  std::string where_;
  std::optional<Error> error_;
  std::unordered_map<const void*, std::unique_ptr<Statement>> cached_;
  std::vector<RowBatch*> held_;
};

}  // namespace lostmail::store
