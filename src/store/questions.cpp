#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <vector>

#include <boost/sort/spreadsort/integer_sort.hpp>

#include "lostmail/store/store.hpp"
#include "store/refusal_scan.hpp"
#include "store/store_impl.hpp"
#include "store/text_template.hpp"
#include "store/where.hpp"

namespace lostmail::store {
namespace {

/// The columns that refusal_of() reads, in its order.
std::string refusal_columns() {
  return "r.id, r.transaction_id, r.cause_record, r.time, kd.offset_minutes, kd.flags, h.text, "
         "kd.mta,"
         " kd.direction, kd.stage, kd.permanent, kd.reply_code, e.text, kd.variant, kd.family,"
         " kd.cause, p.text, " +
         address_text("s") + ", " + address_text("v") + ", " + address_text("t") + ", " +
         peer_ip_text("ci") + ", ci.name, CASE ci.helo WHEN 1 THEN ci.name ELSE ci.helo END, " +
         peer_ip_text("ri") +
         ", ri.name, r.queue_id, x.text, c.text, lg.path, r.line, r.offset, r.micros";
}
constexpr const char* kRefusalJoins =
    " LEFT JOIN word h ON h.id = kd.host LEFT JOIN word e ON e.id = kd.enhanced_code"
    " LEFT JOIN word p ON p.id = kd.pattern LEFT JOIN address s ON s.id = r.sender"
    " LEFT JOIN address v ON v.id = r.verified LEFT JOIN address t ON t.id = r.recipient"
    " LEFT JOIN peer ci ON ci.id = r.client LEFT JOIN peer ri ON ri.id = r.remote"
    " LEFT JOIN word x ON x.id = r.text LEFT JOIN word c ON c.id = r.cause_text"
    " LEFT JOIN log lg ON lg.id = kd.log";
constexpr std::int64_t kFarFuture = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kFarPast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMostDays = 10'000;  ///< of a window before all that is left is read
constexpr int kAfterRefusal = 32;           ///< the first column behind refusal_columns()

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
  refusal.when.utc_micros = row.integer(3) * 1'000'000 + row.integer(31);
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
  const bool as_is = (flags & kTextAsIs) != 0;
  const QuotedFields fields(refusal);
  refusal.text = as_is ? row.text(26) : fields.expand(row.text(26));
  refusal.cause_text = as_is ? row.text(27) : fields.expand(row.text(27));
  refusal.source.file = std::make_shared<const std::string>(row.text(28));
  refusal.source.line = static_cast<std::uint64_t>(row.integer(29));
  refusal.source.offset = static_cast<std::uint64_t>(row.integer(30));
  refusal.source.rank = static_cast<int>(flags >> kRankShift);
  return classified;
}

/// `7,12,9`
std::vector<std::int64_t> numbers_of(std::string_view list) {
  std::vector<std::int64_t> numbers;
  const char* const end = list.data() + list.size();
  for (const char* at = list.data(); at < end; ++at)
    at = std::from_chars(at, end, numbers.emplace_back()).ptr;
  return numbers;
}

/// The rows are chosen before anything is joined to them.
Result<std::vector<StoredRefusal>> newest_refusals(Store::Impl& impl, const Selection& selection,
                                                   std::size_t limit) {
  const Where where(impl, selection);
  const std::string newest_first = " ORDER BY r.time DESC, r.micros DESC, r.id";
  Statement query(*impl.database,
                  "SELECT " + refusal_columns() + ", " + last_mail_sql("s", "t") +
                      " FROM (SELECT r.n AS n" + where.from(where.asks_kind()) + where.text() +
                      newest_first +
                      " LIMIT ?) chosen CROSS JOIN stored_refusal r ON r.n = chosen.n"
                      " JOIN kind kd ON kd.id = r.kind" +
                      kRefusalJoins + newest_first);
  where.bind(query);
  query.bind(static_cast<std::int64_t>(std::min<std::uint64_t>(limit, kFarFuture)));
  std::vector<StoredRefusal> rows;
  while (query.step()) rows.push_back({refusal_of(query), query.maybe_integer(kAfterRefusal)});
  return checked(*impl.database, std::move(rows));
}

}  // namespace

/// Windows of time from the newest refusals back, so that of a recipient who is refused mail a
/// thousand times a day not all is read. How many there were so far tells how far the next one
/// goes.
Result<std::vector<StoredRefusal>> Store::refusals(const Selection& selection, std::size_t limit) {
  constexpr std::int64_t kDay = 86400;
  Statement newest(*impl_->database, "SELECT max(last) FROM stretch");
  const auto last = newest.step() ? newest.maybe_integer(0) : std::nullopt;
  const std::int64_t end = std::min(last.value_or(0) + 1, selection.until.value_or(kFarFuture));
  const std::int64_t begin = last ? selection.since.value_or(kFarPast) : kFarFuture;
  std::vector<StoredRefusal> rows;
  Selection window = selection;
  for (std::int64_t days = 1;;) {
    const std::int64_t from = end - days * kDay;
    const bool is_last = from <= begin || days > kMostDays;
    window.since = is_last ? selection.since : from;
    auto further = newest_refusals(*impl_, window, limit - rows.size());
    if (!further) return further;
    std::move(further->begin(), further->end(), std::back_inserter(rows));
    if (is_last || rows.size() >= limit) return rows;
    window.until = from;
    const auto wanted = static_cast<double>(limit - rows.size());
    const double further_days =
        static_cast<double>(days) * wanted / static_cast<double>(rows.size());
    days += static_cast<std::int64_t>(std::min(further_days * 1.25 + 1, double{kMostDays}));
  }
}

Result<std::vector<SenderEvidence>> Store::sender_evidence(const Selection& selection) {
  const Where where(*impl_, selection);
  auto& database = *impl_->database;
  Statement query(
      database,
      "SELECT kd.mta, kd.family, kd.variant, kd.cause, coalesce(" + address_text("s") + ", ''), " +
          peer_ip_text("p") +
          ", p.name, count(*), sum(kd.permanent), group_concat(DISTINCT r.time / 86400),"
          " group_concat(DISTINCT r.recipient), min(r.time), max(r.time),"
          " group_concat(DISTINCT CASE WHEN " +
          last_mail_sql("s", "t") + " IS NOT NULL THEN " + pair_sql("s", "t") +
          " END), max(kd.flags & 64)" + where.from() +
          " LEFT JOIN address s ON s.id = r.sender LEFT JOIN address t ON t.id = r.recipient"
          " LEFT JOIN peer p ON p.id = r.client" +
          where.text() + " AND kd.direction = 0 AND kd.family IN " + sender_families() +
          " GROUP BY kd.mta, kd.family, kd.variant, kd.cause, r.sender, p.ip, p.name"
          " ORDER BY 5, 6");
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
    row.days = numbers_of(query.text(9));
    row.recipients_listed = numbers_of(query.text(10));
    row.recipients = row.recipients_listed.size();
    row.first = query.integer(11);
    row.last = query.integer(12);
    row.delivered_listed = numbers_of(query.text(13));
    row.pairs_delivered = row.delivered_listed.size();
    if (row.recipients > SenderEvidence::kMostListed) {
      row.recipients_listed = {};
      row.delivered_listed = {};
    }
    rows.push_back(std::move(row));
  }
  return checked(database, std::move(rows));
}

Result<std::vector<ClientRecord>> Store::client_records(const Selection& selection) {
  const Where where(*impl_, selection);
  const auto is = [](Variant variant) {
    return "kd.variant = " + std::to_string(static_cast<int>(variant));
  };
  Statement query(*impl_->database,
                  "SELECT " + peer_ip_text("p") +
                      ", count(DISTINCT r.sender), count(DISTINCT r.recipient), sum(" +
                      is(Variant::recipient_unknown) + "), sum(" + is(Variant::dnsbl) + "), sum(" +
                      is(Variant::spam_content) + " OR " + is(Variant::virus) + ")" + where.from() +
                      " JOIN peer p ON p.id = r.client" + where.text() +
                      " AND kd.direction = 0 GROUP BY 1");
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

Result<std::vector<ShapeCount>> Store::not_understood(std::size_t limit) {
  Statement query(
      *impl_->database,
      "SELECT n.shape, n.lines, n.example, l.path, n.line FROM not_understood n LEFT JOIN log l"
      " ON l.id = n.log ORDER BY n.lines DESC, n.shape LIMIT ?");
  query.bind(static_cast<std::int64_t>(std::min<std::uint64_t>(limit, kFarFuture)));
  std::vector<ShapeCount> rows;
  while (query.step())
    rows.push_back({query.text(0), count(query, 1), query.text(2), query.text(3), count(query, 4)});
  return checked(*impl_->database, std::move(rows));
}

/// Cases are counted by sorting them, as many at a time as memory may hold: DISTINCT takes six
/// times as long.
Result<Totals> Store::totals() {
  constexpr std::int64_t kAtOnce = 12'000'000;  // 96 MB
  auto& database = *impl_->database;
  const Snapshot snapshot(database);
  const SortTable sorts(database);
  Totals totals;
  const std::int64_t refusals = impl_->refusals.most_rows();
  const std::int64_t passes = refusals / kAtOnce + 1;
  std::vector<std::uint64_t> cases;
  cases.reserve(static_cast<std::size_t>(std::min(refusals, kAtOnce)));
  Statement query(database, "SELECT time, kind, sender, recipient FROM stored_refusal");
  for (std::int64_t pass = 0; pass < passes; ++pass, query.reset(), cases.clear()) {
    while (query.step()) {
      const std::int64_t time = query.integer(0), sender = query.integer(2);
      if (pass == 0) ++totals.refusals;
      totals.first = std::min(totals.first.value_or(time), time);
      totals.last = std::max(totals.last.value_or(time), time);
      if (sender <= kNullSender || query.is_null(3) || sender % passes != pass) continue;
      const auto direction = sorts[sorts.number(query.integer(1))].direction;
      cases.push_back(static_cast<std::uint64_t>(sender) << 33U |  // numbers of 31 bits each
                      static_cast<std::uint64_t>(query.integer(3)) << 2U |
                      static_cast<std::uint64_t>(direction));
    }
    boost::sort::spreadsort::integer_sort(cases.begin(), cases.end());
    totals.cases +=
        static_cast<std::uint64_t>(std::unique(cases.begin(), cases.end()) - cases.begin());
  }
  totals.bytes = static_cast<std::uint64_t>(database.integer("PRAGMA page_count") *
                                            database.integer("PRAGMA page_size"));
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return totals;
}

}  // namespace lostmail::store
