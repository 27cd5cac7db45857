#include "store/numbering.hpp"

#include <algorithm>

namespace lostmail::store {

Numbering::Numbering(Database& database, const std::string& table,
                     const std::vector<std::string>& columns)
    : rows(database, table, columns),
      index(database, table + "_index"),
      database_(database),
      table_(table),
      known_(database, table) {}

std::int64_t Numbering::give(std::uint64_t hash, std::int64_t key) {
  if (!last_) last_ = database_.integer("SELECT max(id) FROM " + table_);
  const std::int64_t number = ++*last_;
  if (number > Known::kLastNumber) database_.note(SQLITE_FULL);
  remember(hash, number);
  index.add(key, number);
  rows.add(number);
  return number;
}

void Numbering::remember(std::uint64_t hash, std::int64_t number) {
  if (known_.is_full() && !known_.complete()) flush();  // what it forgets is to be found there
  known_.put(hash, number);
}

void Numbering::flush() {
  rows.flush();
  index.flush();
}

void Numbering::settle() {
  flush();
  known_.end_complete();
  last_.reset();
}

void Numbering::drop_missing() {
  std::vector<bool> there;
  for (Statement all(database_, "SELECT id FROM " + table_); all.step();) {
    const auto number = static_cast<std::size_t>(all.integer(0));
    if (number >= there.size()) there.resize(std::max(number + 1, there.size() * 2));
    there[number] = true;
  }
  index.erase_if([&](std::int64_t number) {
    const auto at = static_cast<std::size_t>(number);
    return at >= there.size() || !there[at];
  });
}

void Numbering::forget() {
  known_.forget();
  rows.clear();
  index.forget();
  last_.reset();
}

}  // namespace lostmail::store
