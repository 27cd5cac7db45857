#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"
#include "store/where.hpp"

namespace lostmail::store {

Result<std::vector<BusyTime>> Store::busy_dns_times(const Selection& selection) {
  auto& database = *impl_->database;
  const Where where(*impl_, selection);
  Statement query(database, "SELECT r.time / 600 * 600, count(DISTINCT r.client)" +
                                from(selection) + where.text() + " AND " + decided_by_dns() +
                                " GROUP BY 1 ORDER BY 1");
  where.bind(query);
  std::vector<BusyTime> times;
  while (query.step()) times.push_back({query.integer(0), store::count(query, 1)});
  return checked(database, std::move(times));
}

Result<std::vector<DnsRefusal>> Store::dns_refusals(const Selection& selection) {
  auto& database = *impl_->database;
  const Where where(*impl_, selection);
  Statement query(database,
                  "SELECT r.time, " + peer_ip_text("p") +
                      ", w.text, k.pair IS NOT NULL OR EXISTS (SELECT 1 FROM correspondence back"
                      " WHERE back.pair = (t.hash << 32) | (s.hash & 4294967295))" +
                      from(selection) +
                      " LEFT JOIN peer p ON p.id = r.client LEFT JOIN address s ON s.id = r.sender"
                      " LEFT JOIN word w ON w.id = s.domain"
                      " LEFT JOIN address t ON t.id = r.recipient" +
                      kJoinDeliveries + where.text() + " AND " + decided_by_dns());
  where.bind(query);
  std::vector<DnsRefusal> rows;
  while (query.step())
    rows.push_back({query.integer(0), query.text(1), query.text(2), query.integer(3) != 0});
  return checked(database, std::move(rows));
}

}  // namespace lostmail::store
