#include <algorithm>

#include "store/schema.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

/// To have all that the store names in memory takes about as long as to look up what a refusal in
/// so many names.
constexpr std::int64_t kPartOfStore = 12;
constexpr std::int64_t kFewRows = 20'000;

}  // namespace

/// What was pruned may have left words behind.
bool Store::Impl::is_unused() {
  return database->integer(
             "SELECT NOT EXISTS (SELECT 1 FROM stored_refusal)"
             " AND NOT EXISTS (SELECT 1 FROM word) AND NOT EXISTS (SELECT 1 FROM peer)"
             " AND NOT EXISTS (SELECT 1 FROM address WHERE id > 1)"
             " AND NOT EXISTS (SELECT 1 FROM correspondence)") != 0;
}

/// The setting is for tests, which would need many rows.
void Store::Impl::put_off_bulk_load() {
  bulk.rows_until = setting("bulk_load_from").value_or(std::max(kFewRows, last_n / kPartOfStore));
}

void Store::Impl::begin_bulk_load() {
  database->flush_held();
  database->reset_cached();
  database->execute(kCacheOfBulkLoad);
  words.learn_all();
  addresses.learn_all();
  peers.learn_all();
  bulk.active = true;
  bulk.early_writes.begin(*database);
}

/// Before a transaction ends.
void Store::Impl::settle() {
  database->flush_held();
  refusals.flush();
  database->reset_cached();
  for (auto* numbers : {&words.numbers, &addresses.numbers, &peers.numbers}) numbers->settle();
  if (!bulk.active) return;
  bulk.active = false;
  database->execute(kCacheOfRuns);
  put_off_bulk_load();
}

}  // namespace lostmail::store
