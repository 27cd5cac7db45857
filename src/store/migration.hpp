#pragma once

#include <span>

#include "store/database.hpp"

namespace lostmail::store {

/// Makes a schema of version `from` one of version `from` + 1.
struct Migration {
  int from = 0;
  const char* sql = "";
};

/// Brings a store of an older version to `target`, step by step, in one transaction. The store as
/// it was stays beside it as `FILE.vN.bak`. Does nothing where it is of that version already.
/// Errors: newer_version, damaged (no step begins at its version: it is of a version that was never
/// released), io_error (no backup, no migration).
[[nodiscard]] Result<void> migrate(Database& database, std::span<const Migration> steps,
                                   int target);

}  // namespace lostmail::store
