#include "store/known.hpp"

namespace lostmail::store {
namespace {

std::int64_t key_of(std::uint64_t hash) { return static_cast<std::int64_t>(hash >> 1U); }

}  // namespace

Known::Known(Database& database, std::string_view table)
    : database_(database),
      spilled_table_("known_" + std::string(table)),
      spilled_ids_(database, spilled_table_) {}

std::optional<std::int64_t> Known::find(std::uint64_t hash) {
  if (const auto* found = ids_.find(hash)) return *found;
  if (!has_spilled_ || !spilled_.may_hold(hash)) return std::nullopt;
  const auto& ids = spilled_ids_.find(key_of(hash));
  if (ids.empty()) return std::nullopt;
  const std::int64_t id = ids.front();
  put(hash, id);
  return id;
}

void Known::put(std::uint64_t hash, std::int64_t id) {
  if (is_full()) complete_ ? spill() : ids_.clear();
  ids_.put(hash, static_cast<std::uint32_t>(id));
}

void Known::spill() {
  if (!has_spilled_) {
    database_.execute(("CREATE TEMP TABLE " + spilled_table_ +
                       "(first_key INTEGER PRIMARY KEY, numbers BLOB NOT NULL)")
                          .c_str());
    has_spilled_ = true;
  }
  ids_.each([&](std::uint64_t hash, std::uint32_t id) {
    spilled_ids_.add(key_of(hash), id);
    spilled_.add(hash);
  });
  spilled_ids_.flush();
  ids_.clear();
}

void Known::end_complete() {
  complete_ = false;
  spilled_.clear();
  spilled_ids_.forget();
  if (has_spilled_) database_.execute(("DROP TABLE IF EXISTS temp." + spilled_table_).c_str());
  has_spilled_ = false;
}

void Known::forget() {
  ids_.clear();
  end_complete();
}

}  // namespace lostmail::store
