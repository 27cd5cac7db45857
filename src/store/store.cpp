#include "lostmail/store/store.hpp"

#include <algorithm>
#include <array>
#include <random>

#include <sys/stat.h>
#include <unistd.h>

#include "lostmail/core/text.hpp"
#include "store/database.hpp"
#include "store/dictionary.hpp"
#include "store/migration.hpp"
#include "store/schema.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

namespace fs = std::filesystem;

constexpr int kWaitMillis = 60'000;

template <typename Enum>
void put_words(Database& database, const char* table) {
  Statement insert(database,
                   std::string("INSERT OR IGNORE INTO ") + table + "(id, name) VALUES (?, ?)");
  for (const auto& word : Words<Enum>::list) {
    insert.bind(static_cast<std::int64_t>(word.value)).bind(word.name).run();
  }
}

void put_all_words(Database& database) {
  put_words<Variant>(database, "variant_word");
  put_words<Cause>(database, "cause_word");
  put_words<Family>(database, "family_word");
  put_words<Direction>(database, "direction_word");
  put_words<Stage>(database, "stage_word");
  put_words<Mta>(database, "mta_word");
}

void put_block_places(Database& database) {
  Statement insert(database, "INSERT INTO block_place(i, mark) VALUES (?, ?)");
  for (std::size_t row = 0; row < kMostBlockRows; ++row)
    insert.bind(static_cast<std::int64_t>(row)).bind_blob(std::string(1, block_mark(row))).run();
}

void create_schema(Database& database) {
  std::random_device device;
  const auto salt = static_cast<std::int64_t>((std::uint64_t{device()} << 32) | device());
  database.execute("BEGIN IMMEDIATE");
  if (database.integer("PRAGMA user_version") == 0) {  // nobody was faster
    database.execute(kSchema);
    database.execute(refusal_view_sql().c_str());
    put_block_places(database);
    put_all_words(database);
    Statement(database, "INSERT INTO setting(name, value) VALUES ('salt', ?)").bind(salt).run();
    Dictionary words(database, static_cast<std::uint64_t>(salt));
    AddressBook addresses(database, words, static_cast<std::uint64_t>(salt));
    static_cast<void>(addresses.id_of(""));  // kNullSender
    addresses.numbers.settle();
    database.execute(("PRAGMA user_version = " + std::to_string(Store::kVersion)).c_str());
  }
  database.execute("COMMIT");
}

/// From each released version to the next. The layout may change without a step until the first
/// release.
constexpr std::array<Migration, 0> kMigrations{};

Result<void> check_version(Database& database) {
  return migrate(database, kMigrations, Store::kVersion);
}

}  // namespace

Store::Impl::Impl(std::unique_ptr<Database> opened, std::uint64_t salt)
    : database(std::move(opened)),
      words(*database, salt),
      addresses(*database, words, salt),
      peers(*database, salt),
      kinds(*database, words),
      first_refusals(*database),
      refusals(*database),
      pairs(*database),
      stretches(*database) {
  declare_last_mail(*database, pairs);
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const fs::path& file) {
  std::error_code code;
  if (!fs::exists(file, code)) {
    return fail(ErrorKind::not_found, file.string(), "no store yet: run `lostmail ingest` first");
  }
  auto database = Database::open(file, SQLITE_OPEN_READWRITE);
  if (!database) {
    database = Database::open(file, SQLITE_OPEN_READONLY);
    if (!database) return tl::unexpected(database.error());
  }
  sqlite3_busy_timeout((*database)->handle(), kWaitMillis);
  if (auto ok = check_version(**database); !ok) return tl::unexpected(ok.error());
  const auto salt = static_cast<std::uint64_t>(
      (*database)->integer("SELECT value FROM setting WHERE name = 'salt'"));
  auto impl = std::make_unique<Impl>(std::move(*database), salt);
  if (auto ok = impl->database->take_error(); !ok) return tl::unexpected(ok.error());
  return Store(std::move(impl));
}

Result<Store> Store::open_or_create(const fs::path& file, int wait_seconds) {
  std::error_code code;
  if (file.has_parent_path() && !fs::exists(file.parent_path(), code)) {
    fs::create_directories(file.parent_path(), code);
    if (code) {
      return fail(ErrorKind::permission_denied, file.parent_path().string(),
                  "the folder of the store cannot be made: {}: make it, or give --store FILE",
                  code.message());
    }
  }
  const mode_t before = ::umask(S_IWGRP | S_IRWXO);  // 0640, the -wal and -shm files too
  auto database = Database::open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (database) {
    sqlite3_busy_timeout((*database)->handle(), wait_seconds * 1000);
    // Empty, too, where the run that began to make it was killed.
    const bool empty = (*database)->integer("SELECT count(*) FROM sqlite_master") == 0;
    if (auto ok = (*database)->take_error(); !ok) {
      database = tl::unexpected(ok.error());  // a first load may hold it against readers
    } else if (empty) {
      (*database)->execute("PRAGMA page_size = 8192");
      create_schema(**database);
    }
  }
  ::umask(before);
  if (!database) return tl::unexpected(database.error());
  if (auto ok = (*database)->take_error(); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_version(**database); !ok) return tl::unexpected(ok.error());
  (*database)->execute("PRAGMA synchronous = NORMAL");
  const auto salt = static_cast<std::uint64_t>(
      (*database)->integer("SELECT value FROM setting WHERE name = 'salt'"));
  auto impl = std::make_unique<Impl>(std::move(*database), salt);
  impl->database->execute(kCacheOfRuns);
  impl->enter_wal();
  if (auto ok = impl->database->take_error(); !ok) return tl::unexpected(ok.error());
  return Store(std::move(impl));
}

std::optional<std::int64_t> Store::Impl::setting(std::string_view name) {
  Statement& query = database->cached("SELECT value FROM setting WHERE name = ?");
  query.bind(name);
  const auto value = query.step() ? std::optional(query.integer(0)) : std::nullopt;
  query.reset();
  return value;
}

/// So that others read while one writes. Where they do at this moment, the next run does it.
void Store::Impl::enter_wal() {
  sqlite3_busy_timeout(database->handle(), 0);
  database->execute("PRAGMA journal_mode = WAL");
  static_cast<void>(database->take_error());
  sqlite3_busy_timeout(database->handle(), kWaitMillis);
}

/// A first load is written straight to where it stays: there is nothing yet to read beside it or
/// to go back to, and a log of what is written would grow to many times its size. Where another
/// program has the store open that cannot be, and it goes the usual way.
void Store::Impl::leave_wal() {
  sqlite3_busy_timeout(database->handle(), 0);  // who writes to it now is waited for by begin()
  if (is_unused()) database->execute("PRAGMA journal_mode = DELETE");
  static_cast<void>(database->take_error());
}

Result<void> Store::begin(int wait_seconds) {
  auto& database = *impl_->database;
  impl_->leave_wal();
  sqlite3_busy_timeout(database.handle(), wait_seconds * 1000);
  database.execute("BEGIN IMMEDIATE");
  if (auto ok = database.take_error(); !ok) {
    if (ok.error().kind == ErrorKind::locked && wait_seconds > 0)
      ok.error().message +=
          " (waited for " + counted(static_cast<std::uint64_t>(wait_seconds), "second") + ")";
    return ok;
  }
  impl_->forget_numbers();
  impl_->last_n = std::max(impl_->refusals.last_n(),
                           database.integer("SELECT coalesce(max(last_n), 0) FROM stretch"));
  impl_->remember_earlier();
  impl_->put_off_bulk_load();
  if (impl_->is_unused()) impl_->begin_bulk_load();
  return database.take_error();
}

Result<void> Store::commit() {
  impl_->stretches.close();
  impl_->flush_deliveries();
  impl_->first_refusals.flush();
  impl_->flush_closed();
  auto stretches = covered();
  if (!stretches) {
    rollback();
    return tl::unexpected(stretches.error());
  }
  auto& database = *impl_->database;
  database.execute("DELETE FROM covered");
  for (const auto& stretch : *stretches) {
    database.cached("INSERT INTO covered(first, last) VALUES (?, ?)")
        .bind(stretch.first)
        .bind(stretch.last)
        .run();
  }
  impl_->settle();
  if (auto ok = impl_->database->take_error(); !ok) {
    rollback();
    return ok;
  }
  impl_->database->reset_cached();
  impl_->database->execute("COMMIT");
  auto ok = impl_->database->take_error();
  if (!ok) {
    rollback();
    return ok;
  }
  impl_->enter_wal();
  return {};
}

void Store::rollback() {
  impl_->forget();
  impl_->database->reset_cached();
  impl_->database->execute("ROLLBACK");
  static_cast<void>(impl_->database->take_error());
  impl_->enter_wal();
}

Result<void> Store::note_run(std::int64_t utc_seconds) {
  impl_->database->cached("INSERT OR REPLACE INTO setting(name, value) VALUES ('last_run', ?)")
      .bind(utc_seconds)
      .run();
  return impl_->database->take_error();
}

Result<void> Store::put(const LogState& log) {
  auto& database = *impl_->database;
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  Statement(database,
            "INSERT OR IGNORE INTO log(id, path, head_length, head_hash, tail_length, tail_hash,"
            " read_to, lines, rewind_to, rewind_line, packed, exim, sendmail, continuation,"
            " other_program, not_understood, problem, damaged, year_inferred, device, inode, size,"
            " changed, bytes_lost)"
            " VALUES (?, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, 0, 0)")
      .bind(log.number)
      .run();
  Statement update(database,
                   "UPDATE log SET path = ?, head_length = ?, head_hash = ?, tail_length = ?, "
                   "tail_hash = ?, read_to = ?,"
                   " lines = ?, packed = ?, first = ?, last = ?, exim = ?, sendmail = ?, "
                   "continuation = ?, other_program = ?,"
                   " not_understood = ?, problem = ?, year_inferred = ?, device = ?, inode = ?, "
                   "size = ?, changed = ?,"
                   " rewind_to = ?, rewind_line = ?, damaged = ?, missing_until = ?, bytes_lost = ?"
                   " WHERE id = ?");
  update.bind(log.path)
      .bind(number(log.head_length))
      .bind(number(log.head_hash))
      .bind(number(log.tail_length));
  update.bind(number(log.tail_hash))
      .bind(number(log.offset))
      .bind(number(log.line))
      .bind(number(log.packed));
  update.bind(log.first)
      .bind(log.last)
      .bind(number(log.counts.exim))
      .bind(number(log.counts.sendmail));
  update.bind(number(log.counts.continuation)).bind(number(log.counts.other_program));
  update.bind(number(log.counts.not_understood)).bind(log.problem).bind(number(log.year_inferred));
  update.bind(number(log.device))
      .bind(number(log.inode))
      .bind(number(log.size))
      .bind(log.changed_nanos);
  update.bind(number(log.rewind_offset)).bind(number(log.rewind_line));
  update.bind(number(log.damaged)).bind(log.missing_until).bind(number(log.bytes_lost));
  update.bind(log.number).run();
  return database.take_error();
}

Result<void> Store::is_copy(std::int64_t copy, std::int64_t of) {
  for (const char* table : {"kind", "open_message", "not_understood"}) {
    Statement(*impl_->database, std::string("UPDATE ") + table + " SET log = ?2 WHERE log = ?1")
        .bind(copy)
        .bind(of)
        .run();
  }
  impl_->kinds.forget();
  return impl_->database->take_error();
}

Result<void> Store::put(const LogCopy& copy) {
  Statement(
      *impl_->database,
      "INSERT OR REPLACE INTO log_copy(device, inode, size, changed, log) VALUES (?, ?, ?, ?, ?)")
      .bind(static_cast<std::int64_t>(copy.device))
      .bind(static_cast<std::int64_t>(copy.inode))
      .bind(static_cast<std::int64_t>(copy.size))
      .bind(copy.changed_nanos)
      .bind(copy.log)
      .run();
  return impl_->database->take_error();
}

Result<std::vector<LogCopy>> Store::log_copies() {
  std::vector<LogCopy> copies;
  Statement query(*impl_->database, "SELECT log, device, inode, size, changed FROM log_copy");
  while (query.step()) {
    const auto number = [&](int column) {
      return static_cast<std::uint64_t>(query.integer(column));
    };
    copies.push_back({query.integer(0), number(1), number(2), number(3), query.integer(4)});
  }
  if (auto ok = impl_->database->take_error(); !ok) return tl::unexpected(ok.error());
  return copies;
}

Result<std::vector<LogState>> Store::logs() {
  auto& database = *impl_->database;
  std::vector<LogState> logs;
  Statement query(database,
                  "SELECT id, path, head_length, head_hash, tail_length, tail_hash, read_to, "
                  "lines, packed, first, last, exim,"
                  " sendmail, continuation, other_program, not_understood, problem, year_inferred, "
                  "device, inode, size,"
                  " changed, rewind_to, rewind_line, damaged, missing_until, bytes_lost FROM log "
                  "ORDER BY coalesce(first, 0), path");
  while (query.step()) {
    LogState log;
    const auto number = [&](int column) {
      return static_cast<std::uint64_t>(query.integer(column));
    };
    log.number = query.integer(0);
    log.path = query.text(1);
    log.head_length = number(2);
    log.head_hash = number(3);
    log.tail_length = number(4);
    log.tail_hash = number(5);
    log.offset = number(6);
    log.line = number(7);
    log.packed = query.integer(8) != 0;
    log.first = query.maybe_integer(9);
    log.last = query.maybe_integer(10);
    log.counts.lines = log.line;
    log.counts.exim = number(11);
    log.counts.sendmail = number(12);
    log.counts.continuation = number(13);
    log.counts.other_program = number(14);
    log.counts.not_understood = number(15);
    log.problem = query.text(16);
    log.year_inferred = query.integer(17) != 0;
    log.device = number(18);
    log.inode = number(19);
    log.size = number(20);
    log.changed_nanos = query.integer(21);
    log.rewind_offset = number(22);
    log.rewind_line = number(23);
    log.damaged = query.integer(24) != 0;
    log.missing_until = query.maybe_integer(25);
    log.bytes_lost = number(26);
    logs.push_back(std::move(log));
  }
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return logs;
}

Result<LineCounts> Store::line_counts() {
  LineCounts total;
  auto all = logs();
  if (!all) return tl::unexpected(all.error());
  for (const auto& log : *all) total += log.counts;
  return total;
}

}  // namespace lostmail::store
