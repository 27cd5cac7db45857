#include "store/refusal_scan.hpp"

#include <algorithm>

namespace lostmail::store {

SortTable::SortTable(Database& database) {
  Statement query(database, "SELECT id, direction, permanent, family, variant, cause FROM kind");
  while (query.step()) {
    const Sort sort{static_cast<Direction>(query.integer(1)), query.integer(2) != 0,
                    maybe_word<Family>(query, 3), static_cast<Variant>(query.integer(4)),
                    static_cast<Cause>(query.integer(5))};
    const auto id = static_cast<std::size_t>(query.integer(0));
    if (of_kind_.size() <= id) of_kind_.resize(id + 1);
    auto number = find(sort);
    if (!number) {
      number = size();
      sorts_.push_back(sort);
    }
    of_kind_[id] = *number;
  }
}

std::optional<std::uint32_t> SortTable::find(const Sort& sort) const {
  const auto found = std::find(sorts_.begin(), sorts_.end(), sort);
  if (found == sorts_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - sorts_.begin());
}

std::vector<bool> kinds_where(Database& database, const std::string& condition) {
  std::vector<bool> kinds;
  Statement query(database, "SELECT kd.id, " + condition + " FROM kind kd ORDER BY kd.id");
  while (query.step()) {
    kinds.resize(static_cast<std::size_t>(query.integer(0)) + 1);
    kinds.back() = query.integer(1) != 0;
  }
  return kinds;
}

bool AscendingReader::seek(std::int64_t key) {
  for (int steps = 0; started_ && !ended_ && steps < kNear && at_ < key; ++steps) next();
  if (!ended_ && (!started_ || at_ < key)) {
    rows_.reset();
    rows_.bind(key);
    started_ = true;
    next();
  }
  return !ended_ && at_ == key;
}

void AscendingReader::next() {
  ended_ = !rows_.step();
  if (!ended_) at_ = rows_.integer(0);
}

}  // namespace lostmail::store
