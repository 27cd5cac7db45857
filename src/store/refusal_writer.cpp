#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

constexpr std::size_t kMaxPendingPairs = 500'000;
constexpr std::int64_t kMaxCorrespondence = 2'000'000;
constexpr std::size_t kMaxShapes = 500;

std::int64_t flags_of(const Refusal& refusal) {
  return (refusal.doubtful ? kDoubtful : 0) | (refusal.verified_here ? kVerifiedHere : 0) |
         (refusal.cause_from_cache ? kCauseFromCache : 0) |
         (refusal.when.has_fraction ? kFraction : 0) |
         (refusal.when.year_inferred ? kYearInferred : 0) |
         (refusal.when.zone_inferred ? kZoneInferred : 0) |
         (refusal.client && refusal.client->may_be_forged ? kMayBeForged : 0) |
         (std::int64_t{refusal.source.rank} << kRankShift);
}

template <typename Enum>
std::int64_t number(Enum value) {
  return static_cast<std::int64_t>(value);
}

template <typename Enum>
std::optional<std::int64_t> number(const std::optional<Enum>& value) {
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

std::optional<std::int64_t> callout_number(const std::optional<Callout>& callout) {
  if (!callout) return std::nullopt;
  return number(callout->command) * 4 + number(callout->outcome);
}

}  // namespace

std::int64_t Store::Impl::pair_of(std::string_view sender, std::string_view recipient) const {
  // Local parts compare without case here: who corresponded is the question, not which mailbox a
  // server tells apart.
  const std::string text = to_lower(sender) + '\0' + to_lower(recipient);
  return static_cast<std::int64_t>(XXH3_64bits_withSeed(text.data(), text.size(), salt));
}

std::int64_t Store::Impl::make_case(Direction direction, std::int64_t sender,
                                    std::int64_t recipient, std::int64_t pair) {
  Statement& insert = database->cached(
      "INSERT INTO pair_case(direction, sender, recipient, pair, first_delivery, last_delivery)"
      " SELECT ?1, ?2, ?3, ?4, (SELECT first FROM correspondence WHERE pair = ?4),"
      " (SELECT last FROM correspondence WHERE pair = ?4)");
  insert.bind(number(direction)).bind(sender).bind(recipient).bind(pair).run();
  return sqlite3_last_insert_rowid(database->handle());
}

std::int64_t Store::Impl::case_of(Direction direction, std::string_view sender,
                                  std::string_view recipient) {
  const std::int64_t from = addresses.id_of(sender), to = addresses.id_of(recipient);
  Statement& find = database->cached(
      "SELECT id FROM pair_case WHERE direction = ? AND sender = ? AND recipient = ?");
  if (find.bind(number(direction)).bind(from).bind(to).step()) return find.integer(0);
  return make_case(direction, from, to, pair_of(sender, recipient));
}

std::optional<std::int64_t> Store::Impl::case_of(const Refusal& refusal) {
  if (!refusal.sender || refusal.sender->is_null() || !refusal.recipient) return std::nullopt;
  return case_of(refusal.direction, refusal.sender->text(), refusal.recipient->text());
}

/// A row that was filled in may now have both halves of a case.
void Store::Impl::settle_case(std::int64_t row) {
  Statement& find = database->cached(
      "SELECT r.direction, s.text, t.text FROM refusal r JOIN address s ON s.id = r.sender"
      " JOIN address t ON t.id = r.recipient WHERE r.n = ? AND r.pair_case IS NULL AND s.text <> "
      "''");
  if (!find.bind(row).step()) return;
  const auto direction = static_cast<Direction>(find.integer(0));
  const std::int64_t id = case_of(direction, find.text(1), find.text(2));
  database->cached("UPDATE refusal SET pair_case = ? WHERE n = ?").bind(id).bind(row).run();
}

/// Another log told the same refusal: what the row lacks is filled in. False: there is no such row.
bool Store::Impl::fill_in(const ClassifiedRefusal& classified) {
  const Refusal& refusal = classified.refusal;
  if (!find_refusal) {
    find_refusal =
        std::make_unique<Statement>(*database,
                                    "SELECT n, sender IS NULL, recipient IS NULL, cause_record IS "
                                    "NULL, flags FROM refusal WHERE id = ?");
  }
  if (!find_refusal->bind(static_cast<std::int64_t>(refusal.id)).step()) {
    find_refusal->reset();
    return false;
  }
  const std::int64_t row = find_refusal->integer(0);
  const bool lacks_sender = find_refusal->integer(1) != 0 && refusal.sender;
  const bool lacks_recipient = find_refusal->integer(2) != 0 && refusal.recipient;
  const bool lacks_cause = find_refusal->integer(3) != 0 && refusal.cause_record;
  const bool better_file = find_refusal->integer(4) >> kRankShift > refusal.source.rank;
  find_refusal->reset();
  if (lacks_sender || lacks_recipient) {
    Statement update(
        *database,
        "UPDATE refusal SET sender = coalesce(sender, ?), recipient = coalesce(recipient, ?),"
        " client_ip = coalesce(client_ip, ?), client_name = coalesce(client_name, ?) WHERE n = ?");
    update.bind(refusal.sender ? std::optional(addresses.id_of(refusal.sender->text()))
                               : std::nullopt);
    update.bind(address(refusal.recipient));
    update.bind(refusal.client ? std::optional(words.id_of(refusal.client->ip)) : std::nullopt);
    update.bind(refusal.client ? word(refusal.client->name) : std::nullopt).bind(row).run();
    settle_case(row);
  }
  if (lacks_cause) {
    Statement update(
        *database,
        "UPDATE refusal SET cause_record = ?, cause_text = ?, callout = ?, variant = ?, family = ?,"
        " cause = ?, pattern = ?, remote_ip = coalesce(?, remote_ip),"
        " remote_name = coalesce(?, remote_name) WHERE n = ?");
    update.bind(static_cast<std::int64_t>(*refusal.cause_record))
        .bind(words.id_of(refusal.cause_text));
    update.bind(callout_number(refusal.callout))
        .bind(number(classified.is.variant))
        .bind(number(classified.is.family));
    update.bind(number(classified.is.cause)).bind(words.id_of(classified.is.pattern));
    update.bind(refusal.remote ? word(refusal.remote->ip) : std::nullopt);
    update.bind(refusal.remote ? word(refusal.remote->name) : std::nullopt).bind(row).run();
  }
  if (better_file) {
    Statement update(*database,
                     "UPDATE refusal SET file = ?, line = ?, offset = ?, flags = ? WHERE n = ?");
    update.bind(words.id_of(*refusal.source.file))
        .bind(static_cast<std::int64_t>(refusal.source.line));
    update.bind(static_cast<std::int64_t>(refusal.source.offset))
        .bind(flags_of(refusal))
        .bind(row)
        .run();
  }
  return true;
}

void Store::Impl::insert(const ClassifiedRefusal& classified) {
  const Refusal& refusal = classified.refusal;
  if (!insert_refusal) {
    insert_refusal =
        std::make_unique<Statement>(*database,
                                    "INSERT INTO refusal(id, transaction_id, cause_record, time, "
                                    "offset_minutes, flags, host, mta, direction, stage,"
                                    " permanent, reply_code, enhanced_code, variant, family, "
                                    "cause, pattern, pair_case, sender, verified, recipient,"
                                    " client_ip, client_name, helo, remote_ip, remote_name, "
                                    "queue_id, text, cause_text, callout, file, line, offset)"
                                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }
  const auto as_integer = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  const auto client = [&](auto member) {
    return refusal.client ? word(std::optional<std::string>((*refusal.client).*member))
                          : std::nullopt;
  };
  const auto remote = [&](auto member) {
    return refusal.remote ? word((*refusal.remote).*member) : std::nullopt;
  };
  Statement& row = *insert_refusal;
  row.bind(as_integer(refusal.id));
  row.bind(refusal.transaction == refusal.id ? std::nullopt
                                             : std::optional(as_integer(refusal.transaction)));
  row.bind(refusal.cause_record ? std::optional(as_integer(*refusal.cause_record)) : std::nullopt);
  row.bind(refusal.when.utc_micros)
      .bind(std::int64_t{refusal.when.offset_minutes})
      .bind(flags_of(refusal));
  row.bind(word(refusal.host))
      .bind(number(refusal.mta))
      .bind(number(refusal.direction))
      .bind(number(refusal.stage));
  row.bind(std::int64_t{refusal.permanent});
  row.bind(refusal.reply_code ? std::optional(std::int64_t{*refusal.reply_code}) : std::nullopt);
  row.bind(word(refusal.enhanced_code))
      .bind(number(classified.is.variant))
      .bind(number(classified.is.family));
  row.bind(number(classified.is.cause));
  row.bind(classified.is.pattern.empty() ? std::nullopt
                                         : std::optional(words.id_of(classified.is.pattern)));
  row.bind(case_of(refusal));
  row.bind(refusal.sender ? std::optional(addresses.id_of(refusal.sender->text())) : std::nullopt);
  row.bind(address(refusal.verified)).bind(address(refusal.recipient));
  row.bind(client(&ClientHost::ip));
  row.bind(refusal.client ? word(refusal.client->name) : std::nullopt);
  row.bind(refusal.client ? word(refusal.client->helo) : std::nullopt);
  row.bind(remote(&RemoteHost::ip)).bind(remote(&RemoteHost::name)).bind(refusal.queue_id);
  row.bind(words.id_of(refusal.text));
  row.bind(refusal.cause_text.empty() ? std::nullopt
                                      : std::optional(words.id_of(refusal.cause_text)));
  row.bind(callout_number(refusal.callout)).bind(words.id_of(*refusal.source.file));
  row.bind(as_integer(refusal.source.line)).bind(as_integer(refusal.source.offset)).run();
}

void Store::Impl::flush_deliveries() {
  if (!deliveries.empty()) {
    Statement upsert(*database,
                     "INSERT INTO correspondence(pair, first, last) VALUES (?, ?, ?) ON "
                     "CONFLICT(pair) DO UPDATE SET"
                     " first = min(first, excluded.first), last = max(last, excluded.last)");
    Statement touch(*database,
                    "UPDATE pair_case SET first_delivery = min(coalesce(first_delivery, ?2), ?2),"
                    " last_delivery = max(coalesce(last_delivery, ?3), ?3) WHERE pair = ?1");
    for (const auto& [pair, span] : deliveries) {
      upsert.bind(pair).bind(span.first).bind(span.last).run();
      touch.bind(pair).bind(span.first).bind(span.last).run();
    }
    deliveries.clear();
    const std::int64_t held = database->integer("SELECT count(*) FROM correspondence");
    if (held > kMaxCorrespondence) {
      Statement(*database,
                "DELETE FROM correspondence WHERE pair IN (SELECT pair FROM correspondence ORDER "
                "BY last LIMIT ?)")
          .bind(held - kMaxCorrespondence)
          .run();
    }
  }
  Statement count(
      *database,
      "INSERT INTO local_domain(domain, deliveries) VALUES (?, ?) ON CONFLICT(domain) DO UPDATE SET"
      " deliveries = deliveries + excluded.deliveries");
  for (const auto& [domain, times] : local_domains)
    count.bind(domain).bind(static_cast<std::int64_t>(times)).run();
  local_domains.clear();
}

Result<bool> Store::add(const ClassifiedRefusal& classified) {
  const Refusal& refusal = classified.refusal;
  auto& database = *impl_->database;
  if (impl_->fill_in(classified)) {
    if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
    return false;
  }
  if (refusal.cause_record) {
    // The cause line had come alone in another log, and counted as a refusal of an unknown
    // recipient.
    database.cached("DELETE FROM refusal WHERE id = ? AND recipient IS NULL")
        .bind(static_cast<std::int64_t>(*refusal.cause_record))
        .run();
  } else if (refusal.verified_here && refusal.text.empty()) {
    Statement& served = database.cached("SELECT 1 FROM refusal WHERE cause_record = ?");
    if (served.bind(static_cast<std::int64_t>(refusal.id)).step()) return false;
  }
  impl_->insert(classified);
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return true;
}

Result<void> Store::add(const Delivery& delivery) {
  if (delivery.local) ++impl_->local_domains[std::string(delivery.recipient.domain())];
  if (delivery.sender && !delivery.sender->is_null()) {
    const std::int64_t pair = impl_->pair_of(delivery.sender->text(), delivery.recipient.text());
    const std::int64_t time = delivery.when.utc_seconds();
    impl_->deliveries.try_emplace(pair, Span{time, time}).first->second.widen(time);
    if (impl_->deliveries.size() > kMaxPendingPairs) impl_->flush_deliveries();
  }
  return impl_->database->take_error();
}

Result<void> Store::set_sender(const Arrival& arrival) {
  auto& database = *impl_->database;
  Statement find(database, "SELECT n FROM refusal WHERE queue_id = ? AND sender IS NULL");
  std::vector<std::int64_t> rows;
  find.bind(arrival.queue_id);
  while (find.step()) rows.push_back(find.integer(0));
  const std::int64_t sender = rows.empty() ? 0 : impl_->addresses.id_of(arrival.sender.text());
  for (const auto row : rows) {
    database.cached("UPDATE refusal SET sender = ? WHERE n = ?").bind(sender).bind(row).run();
    impl_->settle_case(row);
  }
  return database.take_error();
}

Result<void> Store::add_not_understood(std::string_view shape, std::string_view line,
                                       const SourceRef& source) {
  auto& database = *impl_->database;
  Statement& known = database.cached("UPDATE not_understood SET lines = lines + 1 WHERE shape = ?");
  known.bind(shape).run();
  if (sqlite3_changes(database.handle()) == 0 &&
      database.integer("SELECT count(*) FROM not_understood") <
          static_cast<std::int64_t>(kMaxShapes)) {
    Statement insert(
        database,
        "INSERT INTO not_understood(shape, lines, example, file, line) VALUES (?, 1, ?, ?, ?)");
    insert.bind(shape)
        .bind(line.substr(0, 2000))
        .bind(*source.file)
        .bind(static_cast<std::int64_t>(source.line))
        .run();
  }
  return database.take_error();
}

}  // namespace lostmail::store
