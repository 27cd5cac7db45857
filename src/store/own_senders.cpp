#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include "lostmail/store/store.hpp"
#include "store/refusal_scan.hpp"

namespace lostmail::store {
namespace {

/// What is counted of one sender.
struct SenderCount {
  tsl::robin_set<std::int64_t> transactions;  ///< a command that several recipients share is one
  tsl::robin_set<std::int64_t> remotes;       ///< peers
  std::int64_t first = INT64_MAX, last_micros = INT64_MIN;
  std::uint32_t sort = 0;  ///< of the last refusal
};

/// The server that a peer is: two of one address may have different names.
class Servers {
 public:
  explicit Servers(Database& database)
      : peer_(database, "SELECT coalesce(" + peer_ip_text("p") +
                            ", p.name, '') FROM peer p WHERE p.id = ?") {}
  [[nodiscard]] std::uint64_t distinct(const tsl::robin_set<std::int64_t>& peers) {
    tsl::robin_set<std::string> servers;
    for (const auto peer : peers) {
      if (peer_.bind(peer).step()) servers.insert(peer_.text(0));
      peer_.reset();
    }
    return servers.size();
  }

 private:
  Statement peer_;
};

}  // namespace

Result<std::vector<RefusedSender>> Store::refused_own_senders(const Selection& selection,
                                                              std::size_t limit) {
  auto& database = *impl_->database;
  const Snapshot snapshot(database);
  const SortTable sorts(database);
  const auto kinds =
      kinds_where(database, "kd.direction = 1 AND kd.family IN " + sender_families(false));
  const Where where(*impl_, selection);
  Statement query(database,
                  "SELECT r.kind, r.sender, coalesce(r.transaction_id, r.id), r.remote, r.time,"
                  " r.micros" +
                      where.from(where.asks_kind()) + where.text() +
                      " AND r.sender IS NOT NULL AND r.sender <> " + std::to_string(kNullSender));
  where.bind(query);
  tsl::robin_map<std::int64_t, SenderCount> senders;
  while (query.step()) {
    const std::int64_t kind = query.integer(0);
    if (!kinds[static_cast<std::size_t>(kind)]) continue;
    SenderCount& count = senders[query.integer(1)];
    count.transactions.insert(query.integer(2));
    if (!query.is_null(3)) count.remotes.insert(query.integer(3));
    const std::int64_t time = query.integer(4), micros = time * 1'000'000 + query.integer(5);
    count.first = std::min(count.first, time);
    if (micros < count.last_micros) continue;
    count.last_micros = micros;
    count.sort = sorts.number(kind);
  }
  Servers servers(database);
  Statement address(database, "SELECT " + address_text("a") + " FROM address a WHERE a.id = ?");
  std::vector<RefusedSender> rows;
  for (const auto& [sender, count] : senders) {
    const Sort& sort = sorts[count.sort];
    const bool named = address.bind(sender).step();
    rows.push_back({named ? address.text(0) : std::string(), count.transactions.size(),
                    servers.distinct(count.remotes), sort.variant, sort.cause, count.first,
                    count.last_micros / 1'000'000});
    address.reset();
  }
  std::sort(rows.begin(), rows.end(), [](const RefusedSender& a, const RefusedSender& b) {
    return std::tie(b.refusals, a.sender) < std::tie(a.refusals, b.sender);
  });
  if (rows.size() > limit) rows.resize(limit);
  return checked(database, std::move(rows));
}

}  // namespace lostmail::store
