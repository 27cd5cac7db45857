#include <vector>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

/// `family IN (…)` for the three families that concern the sender.
std::string sender_families() {
  return "(" + std::to_string(static_cast<int>(Family::sender_verify)) + ", " +
         std::to_string(static_cast<int>(Family::sender_domain)) + ", " +
         std::to_string(static_cast<int>(Family::client_identity)) + ")";
}

/// The WHERE of a selection over `refusal r`, and its values in order.
class Where {
 public:
  explicit Where(const Selection& selection) {
    if (selection.since) add("r.time >= ?", *selection.since * 1'000'000);
    if (selection.until) add("r.time < ?", *selection.until * 1'000'000);
    if (selection.direction)
      add("r.direction = ?", static_cast<std::int64_t>(*selection.direction));
    if (selection.variant) add("r.variant = ?", static_cast<std::int64_t>(*selection.variant));
    if (selection.cause) add("r.cause = ?", static_cast<std::int64_t>(*selection.cause));
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  void bind(Statement& statement) const {
    for (const auto value : values_) statement.bind(value);
  }

 private:
  void add(const char* condition, std::int64_t value) {
    text_ += std::string(" AND ") + condition;
    values_.push_back(value);
  }
  std::string text_ = " WHERE 1";
  std::vector<std::int64_t> values_;
};

template <typename Enum>
std::optional<Enum> maybe_word(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return static_cast<Enum>(row.integer(column));
}

template <typename Row>
Result<std::vector<Row>> checked(Database& database, std::vector<Row> rows) {
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return rows;
}

std::uint64_t count(const Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

Verdict verdict_of(const CaseRow& row, std::optional<std::int64_t> covered, std::int64_t now,
                   std::int64_t lifetime) {
  if (row.delivered && *row.delivered > row.last) return Verdict::delivered_later;
  if (row.permanent > 0) return Verdict::lost;
  if (covered && *covered >= row.last + lifetime) return Verdict::lost;
  return now < row.last + lifetime ? Verdict::retrying : Verdict::unknown;
}

}  // namespace

Result<std::vector<GroupCount>> Store::groups(const Selection& selection) {
  const Where where(selection);
  Statement query(
      *impl_->database,
      "SELECT direction, permanent, family, variant, cause, count(*), count(DISTINCT sender),"
      " count(DISTINCT recipient) FROM refusal r" +
          where.text() + " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2 DESC, 6 DESC, 4, 5");
  where.bind(query);
  std::vector<GroupCount> rows;
  while (query.step()) {
    rows.push_back({static_cast<Direction>(query.integer(0)), query.integer(1) != 0,
                    maybe_word<Family>(query, 2), static_cast<Variant>(query.integer(3)),
                    static_cast<Cause>(query.integer(4)), count(query, 5), count(query, 6),
                    count(query, 7)});
  }
  return checked(*impl_->database, std::move(rows));
}

Result<std::vector<NameCount>> Store::top_sender_domains(const Selection& selection,
                                                         std::size_t limit) {
  const Where where(selection);
  Statement query(
      *impl_->database,
      "SELECT w.text, sum(k), count(DISTINCT recipient), variant, max(k) FROM (SELECT a.domain AS "
      "domain,"
      " r.recipient AS recipient, r.variant AS variant, count(*) AS k FROM refusal r JOIN address "
      "a ON a.id ="
      " r.sender" +
          where.text() + " AND r.direction = 0 AND r.family IN " + sender_families() +
          " GROUP BY 1, 2, 3) JOIN word w ON w.id = domain GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?");
  where.bind(query);
  query.bind(static_cast<std::int64_t>(limit));
  std::vector<NameCount> rows;
  while (query.step()) {
    rows.push_back(
        {query.text(0), count(query, 1), count(query, 2), static_cast<Variant>(query.integer(3))});
  }
  return checked(*impl_->database, std::move(rows));
}

Result<std::vector<NameCount>> Store::top_remote_servers(const Selection& selection,
                                                         std::size_t limit) {
  const Where where(selection);
  Statement query(
      *impl_->database,
      "SELECT coalesce(n.text, ''), i.text, sum(k), count(DISTINCT sender), variant, max(k) FROM "
      "(SELECT"
      " r.remote_name AS name, r.remote_ip AS ip, r.sender AS sender, r.variant AS variant, "
      "count(*) AS k"
      " FROM refusal r" +
          where.text() + " AND r.direction = 1 AND r.family IN " + sender_families() +
          " GROUP BY 1, 2, 3, 4) LEFT JOIN word n ON n.id = name LEFT JOIN word i ON i.id = ip"
          " GROUP BY name, ip ORDER BY 3 DESC, 1, 2 LIMIT ?");
  where.bind(query);
  query.bind(static_cast<std::int64_t>(limit));
  std::vector<NameCount> rows;
  while (query.step()) {
    const std::string ip = query.text(1);
    const std::string name =
        query.text(0).empty() ? "[" + ip + "]" : query.text(0) + " [" + ip + "]";
    rows.push_back(
        {name, count(query, 2), count(query, 3), static_cast<Variant>(query.integer(4))});
  }
  return checked(*impl_->database, std::move(rows));
}

Result<std::vector<CaseRow>> Store::cases(const Selection& selection, std::int64_t now,
                                          std::int64_t queue_lifetime) {
  auto& database = *impl_->database;
  std::optional<std::int64_t> covered;
  Statement reach(database, "SELECT max(last) FROM log");
  if (reach.step()) covered = reach.maybe_integer(0);
  const Where where(selection);
  // Of the bare columns SQLite takes the row with the largest time: the last attempt.
  Statement query(
      database,
      "SELECT k.direction, s.text, t.text, c.attempts, c.permanent, c.first, c.last, c.variant, "
      "c.family, c.cause,"
      " k.last_delivery FROM (SELECT r.pair_case AS id, count(*) AS attempts, sum(r.permanent) AS "
      "permanent,"
      " min(r.time) / 1000000 AS first, max(r.time) / 1000000 AS last, r.variant AS variant, "
      "r.family AS family,"
      " r.cause AS cause, max(r.time) FROM refusal r" +
          where.text() +
          " AND r.pair_case IS NOT NULL GROUP BY r.pair_case) c JOIN pair_case k ON k.id = c.id"
          " JOIN address s ON s.id = k.sender JOIN address t ON t.id = k.recipient"
          " WHERE c.family IN " +
          sender_families() + " ORDER BY c.last DESC, s.text, t.text");
  where.bind(query);
  std::vector<CaseRow> rows;
  while (query.step()) {
    CaseRow row;
    row.direction = static_cast<Direction>(query.integer(0));
    row.sender = query.text(1);
    row.recipient = query.text(2);
    row.attempts = count(query, 3);
    row.permanent = count(query, 4);
    row.first = query.integer(5);
    row.last = query.integer(6);
    row.variant = static_cast<Variant>(query.integer(7));
    row.family = maybe_word<Family>(query, 8);
    row.cause = static_cast<Cause>(query.integer(9));
    row.delivered = query.maybe_integer(10);
    row.verdict = verdict_of(row, covered, now, queue_lifetime);
    rows.push_back(std::move(row));
  }
  return checked(database, std::move(rows));
}

Result<std::vector<SenderEvidence>> Store::sender_evidence(const Selection& selection) {
  const Where where(selection);
  auto& database = *impl_->database;
  Statement query(
      database,
      "SELECT r.mta, r.family, r.variant, r.cause, coalesce(s.text, ''), i.text, n.text, count(*), "
      "sum(r.permanent),"
      " count(DISTINCT r.time / 86400000000), count(DISTINCT r.recipient), min(r.time) / 1000000,"
      " max(r.time) / 1000000, count(DISTINCT CASE WHEN k.last_delivery IS NOT NULL THEN k.id "
      "END), max(r.flags & 64)"
      " FROM refusal r LEFT JOIN address s ON s.id = r.sender LEFT JOIN word i ON i.id = "
      "r.client_ip"
      " LEFT JOIN word n ON n.id = r.client_name LEFT JOIN pair_case k ON k.id = r.pair_case" +
          where.text() + " AND r.direction = 0 AND r.family IN " + sender_families() +
          " GROUP BY r.mta, r.family, r.variant, r.cause, r.sender, r.client_ip, r.client_name"
          " ORDER BY s.text, i.text");
  where.bind(query);
  std::vector<SenderEvidence> rows;
  while (query.step()) {
    SenderEvidence row;
    row.mta = static_cast<Mta>(query.integer(0));
    row.family = static_cast<Family>(query.integer(1));
    row.variant = static_cast<Variant>(query.integer(2));
    row.cause = static_cast<Cause>(query.integer(3));
    row.sender = query.text(4);
    if (!query.is_null(5)) row.client_ip = query.text(5);
    if (!query.is_null(6) && query.integer(14) == 0) row.client_name = query.text(6);
    row.attempts = count(query, 7);
    row.permanent = count(query, 8);
    row.days = count(query, 9);
    row.recipients = count(query, 10);
    row.first = query.integer(11);
    row.last = query.integer(12);
    row.pairs_delivered = count(query, 13);
    rows.push_back(std::move(row));
  }
  return checked(database, std::move(rows));
}

Result<std::vector<ClientRecord>> Store::client_records(const Selection& selection) {
  const Where where(selection);
  const auto is = [](Variant variant) {
    return "r.variant = " + std::to_string(static_cast<int>(variant));
  };
  Statement query(*impl_->database,
                  "SELECT i.text, count(DISTINCT r.sender), count(DISTINCT r.recipient), sum(" +
                      is(Variant::recipient_unknown) + "), sum(" + is(Variant::dnsbl) + "), sum(" +
                      is(Variant::spam_content) + " OR " + is(Variant::virus) +
                      ") FROM refusal r JOIN word i ON i.id = r.client_ip" + where.text() +
                      " AND r.direction = 0 GROUP BY 1");
  where.bind(query);
  std::vector<ClientRecord> rows;
  while (query.step()) {
    rows.push_back({query.text(0), count(query, 1), count(query, 2), count(query, 3),
                    count(query, 4), count(query, 5)});
  }
  return checked(*impl_->database, std::move(rows));
}

Result<std::set<std::string>> Store::local_domains() {
  Statement query(*impl_->database, "SELECT domain FROM local_domain WHERE domain <> ''");
  std::set<std::string> domains;
  while (query.step()) domains.insert(query.text(0));
  if (auto ok = impl_->database->take_error(); !ok) return tl::unexpected(ok.error());
  return domains;
}

Result<std::unordered_set<std::string>> Store::queue_ids_without_sender() {
  Statement query(
      *impl_->database,
      "SELECT DISTINCT queue_id FROM refusal WHERE sender IS NULL AND queue_id IS NOT NULL");
  std::unordered_set<std::string> ids;
  while (query.step()) ids.insert(query.text(0));
  if (auto ok = impl_->database->take_error(); !ok) return tl::unexpected(ok.error());
  return ids;
}

Result<std::vector<ShapeCount>> Store::not_understood(std::size_t limit) {
  Statement query(*impl_->database,
                  "SELECT shape, lines, example, file, line FROM not_understood ORDER BY lines "
                  "DESC, shape LIMIT ?");
  query.bind(static_cast<std::int64_t>(limit));
  std::vector<ShapeCount> rows;
  while (query.step())
    rows.push_back({query.text(0), count(query, 1), query.text(2), query.text(3), count(query, 4)});
  return checked(*impl_->database, std::move(rows));
}

Result<Totals> Store::totals() {
  auto& database = *impl_->database;
  Totals totals;
  Statement query(database,
                  "SELECT count(*), min(time) / 1000000, max(time) / 1000000 FROM refusal");
  if (query.step()) {
    totals.refusals = count(query, 0);
    totals.first = query.maybe_integer(1);
    totals.last = query.maybe_integer(2);
  }
  totals.cases = static_cast<std::uint64_t>(database.integer("SELECT count(*) FROM pair_case"));
  totals.bytes = static_cast<std::uint64_t>(database.integer("PRAGMA page_count") *
                                            database.integer("PRAGMA page_size"));
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return totals;
}

}  // namespace lostmail::store
