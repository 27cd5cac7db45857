#include <vector>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"
#include "store/where.hpp"

namespace lostmail::store {
namespace {

Verdict verdict_of(const CaseRow& row, std::optional<std::int64_t> covered, std::int64_t now,
                   std::int64_t lifetime) {
  if (row.delivered && *row.delivered > row.last) return Verdict::delivered_later;
  if (row.permanent > 0) return Verdict::lost;
  if (covered && *covered >= row.last + lifetime) return Verdict::lost;
  return now < row.last + lifetime ? Verdict::retrying : Verdict::unknown;
}

}  // namespace

Result<std::vector<GroupCount>> Store::groups(const Selection& selection) {
  const Where where(*impl_->database, selection);
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
  const Where where(*impl_->database, selection);
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
  const Where where(*impl_->database, selection);
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
  const Where where(*impl_->database, selection);
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

namespace {

/// The columns that refusal_of() reads, in its order.
constexpr const char* kRefusalColumns =
    "r.id, r.transaction_id, r.cause_record, r.time, r.offset_minutes, r.flags, h.text, r.mta,"
    " r.direction, r.stage, r.permanent, r.reply_code, e.text, r.variant, r.family, r.cause, "
    "p.text,"
    " s.text, v.text, t.text, ci.text, cn.text, he.text, ri.text, rn.text, r.queue_id, x.text,"
    " c.text, fi.text, r.line, r.offset";
constexpr const char* kRefusalJoins =
    " FROM refusal r LEFT JOIN word h ON h.id = r.host LEFT JOIN word e ON e.id = r.enhanced_code"
    " LEFT JOIN word p ON p.id = r.pattern LEFT JOIN address s ON s.id = r.sender"
    " LEFT JOIN address v ON v.id = r.verified LEFT JOIN address t ON t.id = r.recipient"
    " LEFT JOIN word ci ON ci.id = r.client_ip LEFT JOIN word cn ON cn.id = r.client_name"
    " LEFT JOIN word he ON he.id = r.helo LEFT JOIN word ri ON ri.id = r.remote_ip"
    " LEFT JOIN word rn ON rn.id = r.remote_name LEFT JOIN word x ON x.id = r.text"
    " LEFT JOIN word c ON c.id = r.cause_text LEFT JOIN word fi ON fi.id = r.file"
    " LEFT JOIN pair_case k ON k.id = r.pair_case";
constexpr int kAfterRefusal = 31;  ///< the first column behind kRefusalColumns

std::optional<std::string> maybe_text(const Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.text(column));
}

ClassifiedRefusal refusal_of(const Statement& row) {
  const std::int64_t flags = row.integer(5);
  ClassifiedRefusal classified;
  Refusal& refusal = classified.refusal;
  refusal.id = static_cast<std::uint64_t>(row.integer(0));
  refusal.transaction = row.is_null(1) ? refusal.id : static_cast<std::uint64_t>(row.integer(1));
  if (!row.is_null(2)) refusal.cause_record = static_cast<std::uint64_t>(row.integer(2));
  refusal.when.utc_micros = row.integer(3);
  refusal.when.offset_minutes = static_cast<std::int16_t>(row.integer(4));
  refusal.when.has_fraction = (flags & kFraction) != 0;
  refusal.when.year_inferred = (flags & kYearInferred) != 0;
  refusal.when.zone_inferred = (flags & kZoneInferred) != 0;
  refusal.doubtful = (flags & kDoubtful) != 0;
  refusal.verified_here = (flags & kVerifiedHere) != 0;
  refusal.cause_from_cache = (flags & kCauseFromCache) != 0;
  refusal.host = maybe_text(row, 6);
  refusal.mta = static_cast<Mta>(row.integer(7));
  refusal.direction = static_cast<Direction>(row.integer(8));
  refusal.stage = maybe_word<Stage>(row, 9);
  refusal.permanent = row.integer(10) != 0;
  if (!row.is_null(11)) refusal.reply_code = static_cast<int>(row.integer(11));
  refusal.enhanced_code = maybe_text(row, 12);
  classified.is.variant = static_cast<Variant>(row.integer(13));
  classified.is.family = maybe_word<Family>(row, 14);
  classified.is.cause = static_cast<Cause>(row.integer(15));
  classified.is.pattern = row.text(16);
  if (!row.is_null(17)) refusal.sender = ReversePath::parse(row.text(17));
  refusal.verified = Mailbox::parse(row.text(18));
  refusal.recipient = Mailbox::parse(row.text(19));
  if (!row.is_null(20)) {
    refusal.client = ClientHost{row.text(20), maybe_text(row, 21), maybe_text(row, 22),
                                (flags & kMayBeForged) != 0};
  }
  if (!row.is_null(23) || !row.is_null(24))
    refusal.remote = RemoteHost{maybe_text(row, 24), maybe_text(row, 23)};
  refusal.queue_id = maybe_text(row, 25);
  refusal.text = row.text(26);
  refusal.cause_text = row.text(27);
  refusal.source.file = std::make_shared<const std::string>(row.text(28));
  refusal.source.line = static_cast<std::uint64_t>(row.integer(29));
  refusal.source.offset = static_cast<std::uint64_t>(row.integer(30));
  refusal.source.rank = static_cast<int>(flags >> kRankShift);
  return classified;
}

}  // namespace

Result<std::vector<StoredRefusal>> Store::refusals(const Selection& selection, std::size_t limit) {
  const Where where(*impl_->database, selection);
  Statement query(*impl_->database, std::string("SELECT ") + kRefusalColumns + ", k.last_delivery" +
                                        kRefusalJoins + where.text() +
                                        " ORDER BY r.time DESC, r.id LIMIT ?");
  where.bind(query);
  query.bind(static_cast<std::int64_t>(limit));
  std::vector<StoredRefusal> rows;
  while (query.step()) rows.push_back({refusal_of(query), query.maybe_integer(kAfterRefusal)});
  return checked(*impl_->database, std::move(rows));
}

Result<std::vector<RefusedSender>> Store::refused_own_senders(const Selection& selection,
                                                              std::size_t limit) {
  Selection outbound = selection;
  outbound.direction = Direction::outbound;
  const Where where(*impl_->database, outbound);
  // Of the bare columns SQLite takes the row with the largest time: the last refusal. A command
  // that several recipients share refused the sender once.
  Statement query(*impl_->database,
                  "SELECT s.text, count(DISTINCT coalesce(r.transaction_id, r.id)),"
                  " count(DISTINCT coalesce(r.remote_ip, r.remote_name)), r.variant, r.cause,"
                  " min(r.time) / 1000000, max(r.time) / 1000000, max(r.time)"
                  " FROM refusal r JOIN address s ON s.id = r.sender" +
                      where.text() + " AND r.family IN " + sender_families(false) +
                      " AND s.text <> '' GROUP BY s.id ORDER BY 2 DESC, 1 LIMIT ?");
  where.bind(query);
  query.bind(static_cast<std::int64_t>(limit));
  std::vector<RefusedSender> rows;
  while (query.step()) {
    rows.push_back({query.text(0), count(query, 1), count(query, 2),
                    static_cast<Variant>(query.integer(3)), static_cast<Cause>(query.integer(4)),
                    query.integer(5), query.integer(6)});
  }
  return checked(*impl_->database, std::move(rows));
}

Result<std::vector<SenderEvidence>> Store::sender_evidence(const Selection& selection) {
  const Where where(*impl_->database, selection);
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
  const Where where(*impl_->database, selection);
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
