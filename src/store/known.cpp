#include "store/known.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace lostmail::store {

Known::Known(Database& database, std::string_view table)
    : database_(database),
      name_("temp.known_" + std::string(table)),
      spilling_(database, 2,
                "INSERT OR IGNORE INTO " + name_ + "(hash, id) SELECT c0, c1 FROM row_batch(?)") {}

std::optional<std::int64_t> Known::find(std::uint64_t hash) {
  if (const auto* found = ids_.find(hash)) return *found;
  if (!has_spilled_ || !spilled_.may_hold(hash)) return std::nullopt;
  std::optional<std::int64_t> id;
  if (find_spilled_.bind(static_cast<std::int64_t>(hash)).step()) id = find_spilled_.integer(0);
  find_spilled_.reset();
  if (id) put(hash, *id);
  return id;
}

void Known::put(std::uint64_t hash, std::int64_t id) {
  if (ids_.size() >= kMost) complete_ ? spill() : ids_.clear();
  ids_.put(hash, static_cast<std::uint32_t>(id));
}

/// In the order of the table: it is gone through once, from front to back.
void Known::spill() {
  if (!has_spilled_) {
    database_.execute(
        ("CREATE TABLE " + name_ + "(hash INTEGER PRIMARY KEY, id INTEGER NOT NULL)").c_str());
    find_spilled_ = Statement(database_, "SELECT id FROM " + name_ + " WHERE hash = ?");
    has_spilled_ = true;
  }
  std::vector<std::pair<std::int64_t, std::uint32_t>> ordered;
  ordered.reserve(ids_.size());
  ids_.each([&](std::uint64_t hash, std::uint32_t id) {
    ordered.emplace_back(static_cast<std::int64_t>(hash), id);
    spilled_.add(hash);
  });
  ids_.clear();
  std::sort(ordered.begin(), ordered.end());
  for (const auto& [hash, id] : ordered) spilling_.add(hash).add(std::int64_t{id});
  spilling_.flush();
}

void Known::begin_complete(std::int64_t last) {
  complete_ = true;
  last_ = last;
}

void Known::end_complete() {
  complete_ = false;
  spilled_.clear();
  find_spilled_ = Statement();
  if (has_spilled_) database_.execute(("DROP TABLE IF EXISTS " + name_).c_str());
  has_spilled_ = false;
}

void Known::forget() {
  ids_.clear();
  end_complete();
}

}  // namespace lostmail::store
