#include "store/first_refusals.hpp"

namespace lostmail::store {

FirstRefusals::FirstRefusals(Database& database)
    : rows_(database, 2,
            "INSERT INTO sender_domain(domain, first) SELECT c0, c1 FROM row_batch(?) WHERE true ON"
            " CONFLICT(domain) DO UPDATE SET first = min(first, excluded.first)") {}

void FirstRefusals::flush() {
  std::sort(times_.begin(), times_.end());  // most are new, and go to the table's end
  for (const auto& [domain, time] : times_) rows_.add(domain).add(time);
  rows_.flush();
  forget();
}

}  // namespace lostmail::store
