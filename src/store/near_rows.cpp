#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "store/refusal_scan.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

/// Cause and refusal lie so far apart at most, and so far ahead is read at once.
constexpr std::int64_t kBehind = 4 * 3600, kAhead = 3600;
constexpr std::int64_t kCauseApart = 3600;

/// Puts pairs of addresses into a filter, by their hashes: many at a time, since these are read in
/// the order of the addresses.
class HashedPairs {
 public:
  HashedPairs(Database& database, MayHold& into) : database_(database), into_(into) {}

  /// By their numbers.
  void add(std::int64_t sender, std::int64_t recipient) {
    pairs_.emplace_back(sender, recipient);
    if (pairs_.size() >= kAtOnce) flush();
  }
  void flush() {
    addresses_.clear();
    hashes_.clear();
    for (const auto& [sender, recipient] : pairs_)
      addresses_.insert(addresses_.end(), {sender, recipient});
    order(addresses_);
    each_hash(database_, addresses_, [&](auto, auto hash) { hashes_.push_back(hash); });
    for (const auto& [sender, recipient] : pairs_)
      into_.add(static_cast<std::uint64_t>(PairBook::pair_of(hash_of(sender), hash_of(recipient))));
    pairs_.clear();
  }

 private:
  static constexpr std::size_t kAtOnce = 100'000;
  [[nodiscard]] std::int64_t hash_of(std::int64_t address) const {
    const auto found = std::lower_bound(addresses_.begin(), addresses_.end(), address);
    return hashes_[static_cast<std::size_t>(found - addresses_.begin())];
  }

  Database& database_;
  MayHold& into_;
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs_;
  std::vector<std::int64_t> addresses_, hashes_;  ///< in order, and beside them
};

}  // namespace

std::optional<std::int64_t> Store::Impl::row_of(std::uint64_t id, const LogTime& when,
                                                std::int64_t before) {
  if (const auto n = near.rows.find(id)) return n;
  const std::int64_t time = when.utc_seconds();
  if (!near.rows.reaches(time - before)) {
    if (const auto n = stretches.find(id, time - before, time)) return n;
  }
  for (const auto other : other_readings(when)) {
    if (const auto n = stretches.find(id, other - before, other)) return n;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Store::Impl::row_of_cause(std::uint64_t id, const LogTime& when) {
  return row_of(id, when, kCauseApart);
}

bool Store::Impl::serves_as_cause(std::uint64_t id, const LogTime& when) {
  if (near.rows.is_cause(id)) return true;
  const std::int64_t time = when.utc_seconds();
  if (!near.rows.reaches(time) && stretches.has_cause(id, time, time + kCauseApart)) return true;
  const auto others = other_readings(when);
  return std::any_of(others.begin(), others.end(), [&](std::int64_t other) {
    return stretches.has_cause(id, other, other + kCauseApart);
  });
}

/// The times that an earlier run may have read from the same stamp, where memory does not reach
/// them: in another zone, or in another year where none is written.
std::vector<std::int64_t> Store::Impl::other_readings(const LogTime& when) const {
  std::vector<std::int64_t> times;
  if (near.earlier_n == 0) return times;
  const auto add = [&](std::int64_t time) {
    const bool in_memory = near.rows.reaches(time) && time < near.read_until;
    if (!in_memory) times.push_back(time);
  };
  const std::int64_t local = when.utc_seconds() + std::int64_t{when.offset_minutes} * 60;
  for (const auto offset : near.earlier_offsets) {
    const std::int64_t time = local - offset * 60;
    if (offset != when.offset_minutes) add(time);
    if (!when.year_inferred) continue;
    for (const std::int64_t days : {-366, -365, 365, 366}) add(time + days * 86'400);
  }
  return times;
}

void Store::Impl::note_row(const Refusal& refusal, std::int64_t n, const RowKeys& keys) {
  const std::int64_t time = refusal.when.utc_seconds();
  near.rows.add(refusal.id, n, time);
  if (refusal.cause_record) near.rows.add_cause(*refusal.cause_record);
  if (refused.known && refusal.sender && refusal.recipient) {
    refused.pairs.add(static_cast<std::uint64_t>(PairBook::pair_of(
        addresses.hash_of(refusal.sender->text()), addresses.hash_of(refusal.recipient->text()))));
  }
  stretches.add(n, time, keys);
  if (bulk.active) {
    bulk.early_writes.row();
  } else if (--bulk.rows_until <= 0) {
    begin_bulk_load();
  }
}

void Store::Impl::row_has_now(std::int64_t n, const RowKeys& keys) {
  stretches.add_keys(n, keys);
  if (!refused.known) return;
  const auto* row = refusals.find(n);
  if (row == nullptr) return;
  const std::int64_t sender = row->sender, recipient = row->recipient;
  Statement& pair = database->cached(
      "SELECT s.hash, t.hash FROM address s CROSS JOIN address t WHERE s.id = ? AND t.id = ?");
  if (pair.bind(sender).bind(recipient).step())
    refused.pairs.add(
        static_cast<std::uint64_t>(PairBook::pair_of(pair.integer(0), pair.integer(1))));
}

/// At the begin of a run.
void Store::Impl::remember_earlier() {
  stretches.load();
  near = NearRows{};
  near.earlier_n = last_n;
  Statement offsets(*database, "SELECT DISTINCT offset_minutes FROM kind");
  while (offsets.step()) near.earlier_offsets.push_back(offsets.integer(0));
}

void Store::Impl::reach(std::int64_t time) {
  if (near.earlier_n == 0 || !near.rows.reaches(time)) return;
  if (time > near.read_until + kBehind) {  // what lies between is skipped
    near.read_until = time - kBehind;
    near.rows.forget_until(near.read_until);
  }
  if (time < near.read_until) return;
  read_earlier(near.read_until, time + kAhead);
  near.read_until = time + kAhead;
}

/// Puts rows from before this run into memory: from ≤ time < until.
void Store::Impl::read_earlier(std::int64_t from, std::int64_t until) {
  struct Row {
    std::int64_t time, n, id, cause_record;
  };
  std::vector<Row> rows;
  for (const auto& range : stretches.of_time(from, until - 1)) {
    Statement& find = database->cached(
        "SELECT n, id, time, coalesce(cause_record, 0) FROM stored_refusal"
        " WHERE n BETWEEN ? AND ? AND time >= ? AND time < ?");
    find.bind(range.first_n).bind(std::min(range.last_n, near.earlier_n)).bind(from).bind(until);
    while (find.step())
      rows.push_back({find.integer(2), find.integer(0), find.integer(1), find.integer(3)});
    find.reset();
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.time, a.n) < std::tie(b.time, b.n);
  });
  for (const auto& row : rows) {
    near.rows.add(static_cast<std::uint64_t>(row.id), row.n, row.time);
    if (row.cause_record != 0) near.rows.add_cause(static_cast<std::uint64_t>(row.cause_record));
  }
}

/// From here on note_row() and row_has_now() add those of this run.
void Store::Impl::know_pairs() {
  if (refused.known) return;
  refused.known = true;
  database->flush_held();
  HashedPairs pairs_of_rows(*database, refused.pairs);
  Statement all(*database, "SELECT sender, recipient FROM stored_refusal");
  while (all.step()) {
    if (all.integer(0) != 0 && all.integer(1) != 0)  // 0: unknown
      pairs_of_rows.add(all.integer(0), all.integer(1));
  }
  pairs_of_rows.flush();
}

}  // namespace lostmail::store
