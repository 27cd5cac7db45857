#include <map>

#include <tsl/robin_set.h>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"
#include "store/where.hpp"
#include "store/window_counter.hpp"

namespace lostmail::store {

Result<std::vector<BusyTime>> Store::busy_dns_times(const Selection& selection) {
  // Counted here: SQLite would sort all these refusals in a temporary file.
  auto& database = *impl_->database;
  const auto kinds = kinds_where(database, decided_by_dns());
  const Where where(*impl_, selection);
  Statement query(database,
                  "SELECT r.kind, r.time, r.client" + where.from(where.asks_kind()) + where.text());
  where.bind(query);
  std::map<std::int64_t, std::uint64_t> clients;
  tsl::robin_set<std::uint64_t, MixedHash> seen;
  while (query.step()) {
    if (!kinds[static_cast<std::size_t>(query.integer(0))]) continue;
    const std::int64_t number = query.integer(1) / BusyTime::kSeconds;
    const auto key =
        static_cast<std::uint64_t>(number) << 40U ^ static_cast<std::uint64_t>(query.integer(2));
    std::uint64_t& count = clients[number * BusyTime::kSeconds];
    if (!query.is_null(2) && seen.insert(key).second) ++count;
  }
  std::vector<BusyTime> times;
  for (const auto& [start, count] : clients) times.push_back({start, count});
  return checked(database, std::move(times));
}

Result<std::vector<DnsRefusal>> Store::dns_refusals(const Selection& selection) {
  auto& database = *impl_->database;
  const Where where(*impl_, selection);
  Statement query(database,
                  "SELECT r.time, " + peer_ip_text("p") + ", w.text, " + last_mail_sql("s", "t") +
                      " IS NOT NULL OR " + last_mail_sql("t", "s") + " IS NOT NULL" + where.from() +
                      " LEFT JOIN peer p ON p.id = r.client LEFT JOIN address s ON s.id = r.sender"
                      " LEFT JOIN word w ON w.id = s.domain"
                      " LEFT JOIN address t ON t.id = r.recipient" +
                      where.text() + " AND " + decided_by_dns());
  where.bind(query);
  std::vector<DnsRefusal> rows;
  while (query.step())
    rows.push_back({query.integer(0), query.text(1), query.text(2), query.integer(3) != 0});
  return checked(database, std::move(rows));
}

}  // namespace lostmail::store
