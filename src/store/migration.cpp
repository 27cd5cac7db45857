#include "store/migration.hpp"

#include <filesystem>

namespace lostmail::store {
namespace {

namespace fs = std::filesystem;

std::int64_t version_of(Database& database) { return database.integer("PRAGMA user_version"); }

const Migration* step_from(std::span<const Migration> steps, std::int64_t version) {
  for (const auto& step : steps) {
    if (step.from == version) return &step;
  }
  return nullptr;
}

/// The store as it is, whole or not at all.
Result<void> keep_backup(Database& database, std::int64_t version) {
  const fs::path backup = database.where() + ".v" + std::to_string(version) + ".bak";
  const fs::path part = backup.string() + ".new";
  std::error_code code;
  fs::remove(part, code);
  Statement(database, "VACUUM INTO ?").bind(part.string()).run();
  if (auto written = database.take_error(); !written) {
    fs::remove(part, code);
    return fail(ErrorKind::io_error, backup.string(),
                "no backup before the migration, so nothing was changed: {}",
                written.error().message);
  }
  fs::permissions(part, fs::status(database.where(), code).permissions(), code);
  fs::rename(part, backup, code);
  if (code)
    return fail(ErrorKind::io_error, backup.string(), "cannot be written: {}", code.message());
  return {};
}

}  // namespace

Result<void> migrate(Database& database, std::span<const Migration> steps, int target) {
  const std::int64_t version = version_of(database);
  if (auto ok = database.take_error(); !ok) return ok;
  if (version == target) return {};
  if (version > target) {
    return fail(ErrorKind::newer_version, database.where(),
                "was written by a newer lostmail (schema {}, this one knows {}): update lostmail",
                version, target);
  }
  if (version == 0) {
    // A first run that could not end leaves an empty file.
    if (database.integer("SELECT NOT EXISTS (SELECT 1 FROM sqlite_master)") != 0) {
      return fail(ErrorKind::not_found, database.where(),
                  "no store yet: run `lostmail ingest` first");
    }
    if (auto ok = database.take_error(); !ok) return ok;
    return fail(ErrorKind::damaged, database.where(),
                "is no lostmail store: give another file with --store");
  }
  if (step_from(steps, version) == nullptr) {
    return fail(ErrorKind::damaged, database.where(),
                "is of schema {}, which was never released: move it away and read the logs again",
                version);
  }
  if (auto kept = keep_backup(database, version); !kept) return kept;
  database.execute("BEGIN IMMEDIATE");
  // Another process may have been faster.
  for (std::int64_t at = version_of(database); at < target; ++at) {
    const Migration* step = step_from(steps, at);
    if (step == nullptr) break;
    database.execute(step->sql);
    database.execute(("PRAGMA user_version = " + std::to_string(at + 1)).c_str());
  }
  auto done = database.take_error();
  database.execute(done ? "COMMIT" : "ROLLBACK");
  if (!done) {
    static_cast<void>(database.take_error());
    return done;
  }
  return database.take_error();
}

}  // namespace lostmail::store
