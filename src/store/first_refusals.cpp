#include "store/first_refusals.hpp"

#include <utility>
#include <vector>

namespace lostmail::store {

FirstRefusals::FirstRefusals(Database& database)
    : rows_(database, 2,
            "INSERT INTO sender_domain(domain, first) SELECT c0, c1 FROM row_batch(?) WHERE true ON"
            " CONFLICT(domain) DO UPDATE SET first = min(first, excluded.first)") {}

void FirstRefusals::flush() {
  std::vector<std::pair<std::int64_t, std::int64_t>> ordered(times_.begin(), times_.end());
  times_.clear();
  std::sort(ordered.begin(), ordered.end());  // most are new, and go to the table's end
  for (const auto& [domain, time] : ordered) rows_.add(domain).add(time);
  rows_.flush();
}

}  // namespace lostmail::store
