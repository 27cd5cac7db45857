#include <algorithm>
#include <tuple>
#include <vector>

#include "store/schema.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

/// Making the indexes anew costs about as much as a tenth of their rows one by one.
constexpr std::int64_t kPartOfStore = 12;
constexpr std::int64_t kFewRows = 20'000;
/// Cause and refusal lie so far apart at most, and so far ahead is read at once.
constexpr std::int64_t kBehind = 4 * 3600, kAhead = 3600;

}  // namespace

/// What was pruned may have left words behind.
bool Store::Impl::is_unused() {
  return database->integer(
             "SELECT NOT EXISTS (SELECT 1 FROM refusal) AND NOT EXISTS (SELECT 1 FROM word) AND"
             " NOT EXISTS (SELECT 1 FROM peer) AND NOT EXISTS (SELECT 1 FROM address WHERE id > 1)"
             " AND NOT EXISTS (SELECT 1 FROM correspondence)") != 0;
}

/// The setting is for tests, which would need many rows.
void Store::Impl::put_off_bulk_load() {
  Statement& setting = database->cached("SELECT value FROM setting WHERE name = 'bulk_load_from'");
  rows_until_bulk = setting.step() ? setting.integer(0) : std::max(kFewRows, last_n / kPartOfStore);
  setting.reset();
}

void Store::Impl::begin_bulk_load() {
  close_stretch();
  database->flush_held();
  database->reset_cached();
  database->execute(kDropBulkIndexes);
  database->execute(kCacheOfBulkLoad);
  words.known.forget();
  addresses.known.forget();
  peers.known.forget();
  words.learn_all();
  addresses.learn_all();
  peers.learn_all();
  bulk = BulkLoad{};
  bulk.active = true;
  Statement stretches(*database, "SELECT first_n, last_n, first, last FROM stretch");
  while (stretches.step()) {
    RowStretch earlier;
    earlier.first_n = stretches.integer(0);
    earlier.last_n = stretches.integer(1);
    earlier.first = stretches.integer(2);
    earlier.last = stretches.integer(3);
    bulk.earlier.push_back(earlier);
  }
}

void Store::Impl::end_bulk_load() {
  if (!bulk.active) return;
  bulk = BulkLoad{};
  database->flush_held();
  database->reset_cached();
  for (auto* known : {&words.known, &addresses.known, &peers.known}) known->end_complete();
  database->execute(kBulkIndexes);
  shrink_correspondence();
  database->execute(kCacheOfRuns);  // SQLite sorts in as much memory as its cache has
  put_off_bulk_load();
}

void Store::Impl::note_in_bulk(const Refusal& refusal, std::int64_t n) {
  if (!bulk.active) {
    if (--rows_until_bulk > 0) return;
    begin_bulk_load();
    return reach(refusal.when.utc_seconds());  // it is asked for this refusal's neighbours next
  }
  bulk.rows.add(refusal.id, n, refusal.when.utc_seconds());
  if (refusal.cause_record) bulk.rows.add_cause(*refusal.cause_record);
  if (bulk.knows_pairs && refusal.sender && refusal.recipient) {
    bulk.refused_pairs.add(static_cast<std::uint64_t>(pair_of(
        addresses.hash_of(refusal.sender->text()), addresses.hash_of(refusal.recipient->text()))));
  }
  if (bulk.rows.is_full()) end_bulk_load();
}

void Store::Impl::reach(std::int64_t time) {
  if (!bulk.active) return;
  if (!bulk.rows.reaches(time)) return end_bulk_load();
  if (bulk.earlier.empty()) return;
  if (time > bulk.read_until + kBehind) {  // what lies between is skipped
    bulk.read_until = time - kBehind;
    bulk.rows.forget_until(bulk.read_until);
  }
  if (time < bulk.read_until) return;
  read_earlier(bulk.read_until, time + kAhead);
  bulk.read_until = time + kAhead;
}

/// Puts rows from before the load into its memory: from ≤ time < until.
void Store::Impl::read_earlier(std::int64_t from, std::int64_t until) {
  struct Row {
    std::int64_t time, n, id, cause_record;
  };
  std::vector<Row> rows;
  for (const auto& part : bulk.earlier) {
    if (part.last < from || part.first >= until) continue;
    Statement& find = database->cached(
        "SELECT n, id, time, coalesce(cause_record, 0) FROM refusal WHERE n BETWEEN ? AND ? AND"
        " time >= ? AND time < ?");
    find.bind(part.first_n).bind(part.last_n).bind(from).bind(until);
    while (find.step())
      rows.push_back({find.integer(2), find.integer(0), find.integer(1), find.integer(3)});
    find.reset();
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.time, a.n) < std::tie(b.time, b.n);
  });
  for (const auto& row : rows) {
    bulk.rows.add(static_cast<std::uint64_t>(row.id), row.n, row.time);
    if (row.cause_record != 0) bulk.rows.add_cause(static_cast<std::uint64_t>(row.cause_record));
  }
}

/// From here on the load notes those of its refusals.
void Store::Impl::know_pairs() {
  if (bulk.knows_pairs) return;
  bulk.knows_pairs = true;
  database->flush_held();
  Statement all(*database,
                "SELECT s.hash, t.hash FROM refusal r CROSS JOIN address s ON s.id = r.sender"
                " CROSS JOIN address t ON t.id = r.recipient");
  while (all.step())
    bulk.refused_pairs.add(static_cast<std::uint64_t>(pair_of(all.integer(0), all.integer(1))));
}

}  // namespace lostmail::store
