#include "store/known.hpp"

#include <utility>
#include <vector>

namespace lostmail::store {
namespace {

std::int64_t key_of(std::uint64_t hash) { return static_cast<std::int64_t>(hash >> 1U); }

}  // namespace

Known::Known(Database& database, std::string_view table)
    : database_(database),
      spilled_table_("known_" + std::string(table)),
      spilled_ids_(database, spilled_table_) {}

std::optional<std::int64_t> Known::find(std::uint64_t hash) {
  if (auto* found = ids_.find(hash)) {
    if ((*found & kAsked) == 0) *found |= kAsked;  // memory is written to once
    return *found >> kMarks;
  }
  if (!has_spilled_ || !spilled_.may_hold(hash)) return std::nullopt;
  const auto& ids = spilled_ids_.find(key_of(hash));
  if (ids.empty()) return std::nullopt;
  const std::int64_t id = ids.front();
  if (is_full()) make_room();
  keep(hash, id, kSpilled);
  return id;
}

void Known::put(std::uint64_t hash, std::int64_t id) {
  if (is_full()) make_room();
  keep(hash, id, 0);
}

/// At least half of it goes.
void Known::make_room() {
  if (complete_) spill();
  std::vector<std::pair<std::uint64_t, std::uint32_t>> asked;
  ids_.each([&](std::uint64_t hash, std::uint32_t number) {
    if ((number & kAsked) != 0 && asked.size() < kMost / 2) asked.emplace_back(hash, number);
  });
  ids_.clear();
  for (const auto& [hash, number] : asked) keep(hash, number >> kMarks, complete_ ? kSpilled : 0);
}

void Known::spill() {
  if (!has_spilled_) {
    database_.execute(("CREATE TEMP TABLE " + spilled_table_ +
                       "(first_key INTEGER PRIMARY KEY, numbers BLOB NOT NULL)")
                          .c_str());
    has_spilled_ = true;
  }
  ids_.each([&](std::uint64_t hash, std::uint32_t number) {
    if ((number & kSpilled) != 0) return;
    spilled_ids_.add(key_of(hash), number >> kMarks);
    spilled_.add(hash);
  });
  spilled_ids_.flush();
}

void Known::end_complete() {
  complete_ = false;
  spilled_.clear();
  spilled_ids_.forget();
  if (!has_spilled_) return;
  database_.execute(("DROP TABLE IF EXISTS temp." + spilled_table_).c_str());
  has_spilled_ = false;
  ids_.clear();  // marks of that table are among them
}

void Known::forget() {
  ids_.clear();
  end_complete();
}

}  // namespace lostmail::store
