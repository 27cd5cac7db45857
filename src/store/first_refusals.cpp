#include "store/first_refusals.hpp"

#include <utility>
#include <vector>

namespace lostmail::store {

void FirstRefusals::flush(Database& database) {
  std::vector<std::pair<std::int64_t, std::int64_t>> ordered(times_.begin(), times_.end());
  times_.clear();
  std::sort(ordered.begin(), ordered.end());  // most are new, and go to the table's end
  Statement& put = database.cached(
      "INSERT INTO sender_domain(domain, first) VALUES (?, ?) ON CONFLICT(domain) DO UPDATE SET"
      " first = min(first, excluded.first)");
  for (const auto& [domain, time] : ordered) put.bind(domain).bind(time).run();
}

}  // namespace lostmail::store
