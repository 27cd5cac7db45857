#include <string>
#include <vector>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

constexpr std::size_t kMaxPendingClosed = 100'000;
constexpr std::int64_t kMaxMessages = 500'000;  ///< in either table; the oldest go
/// No queue keeps a message that long; and an archive that belongs between two that were read has
/// that long to come.
constexpr std::int64_t kOpenSeconds = 60 * 86'400;
/// Archives may come much later than the logs that followed them.
constexpr std::int64_t kWaitingSeconds = 800 * 86'400;

/// Its address is the key of the prepared statement.
const std::string& gives_way_sql() {
  static const std::string sql = "SELECT CASE WHEN r.sender IS NOT NULL THEN " + address_text("s") +
                                 " END, CASE WHEN r.recipient IS NOT NULL THEN " +
                                 address_text("t") +
                                 " END, r.cause_text IS NOT NULL, k.flags FROM stored_refusal r"
                                 " JOIN kind k ON k.id = r.kind"
                                 " LEFT JOIN address s ON s.id = r.sender"
                                 " LEFT JOIN address t ON t.id = r.recipient WHERE r.n = ?";
  return sql;
}

std::int64_t as_integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Store::Messages messages_of(Database& database, const char* sql) {
  Store::Messages messages;
  Statement query(database, sql);
  while (query.step()) messages.insert(static_cast<std::uint64_t>(query.integer(0)));
  return messages;
}

}  // namespace

void Store::Impl::wait(std::uint64_t message, std::uint64_t refusal, std::int64_t recipient,
                       std::int64_t time) {
  if (message == 0) return;
  database
      ->cached(
          "INSERT OR IGNORE INTO waiting(message, refusal, recipient, time) VALUES (?, ?, ?, ?)")
      .bind(as_integer(message))
      .bind(as_integer(refusal))
      .bind(recipient)
      .bind(time)
      .run();
}

void Store::Impl::flush_closed() {
  for (const auto& [message, log] : closed) {
    database->cached("DELETE FROM open_message WHERE message = ? AND log = ?")
        .bind(as_integer(message))
        .bind(log)
        .run();
  }
  closed.clear();
}

Store::Messages Store::wanted_messages() {
  return messages_of(*impl_->database, "SELECT DISTINCT message FROM waiting");
}

Store::Messages Store::open_messages() {
  return messages_of(*impl_->database, "SELECT message FROM open_message");
}

Result<void> Store::put_open(const Arrival& arrival, std::int64_t now) {
  impl_->database
      ->cached(
          "INSERT OR REPLACE INTO open_message(message, sender, recipients_left, log, seen)"
          " VALUES (?, ?, ?, ?, ?)")
      .bind(as_integer(arrival.message))
      .bind(arrival.sender.text())
      .bind(std::int64_t{arrival.recipients_left})
      .bind(arrival.log)
      .bind(now)
      .run();
  return impl_->database->take_error();
}

std::optional<Arrival> Store::open_message(std::uint64_t message) {
  Statement& find = impl_->database->cached(
      "SELECT sender, recipients_left, log FROM open_message WHERE message = ?");
  if (!find.bind(as_integer(message)).step()) return std::nullopt;
  return Arrival{message, ReversePath::parse(find.text(0)), static_cast<int>(find.integer(1)),
                 find.integer(2)};
}

void Store::close(std::uint64_t message, std::int64_t log) {
  impl_->closed.emplace_back(message, log);
  if (impl_->closed.size() > kMaxPendingClosed) impl_->flush_closed();
}

void Store::forget_old_messages(std::int64_t now) {
  auto& database = *impl_->database;
  const auto forget = [&](const char* old, const char* count, const char* oldest,
                          std::int64_t seconds) {
    Statement(database, old).bind(now - seconds).run();
    const std::int64_t surplus = database.integer(count) - kMaxMessages;
    if (surplus > 0) Statement(database, oldest).bind(surplus).run();
  };
  forget("DELETE FROM open_message WHERE seen < ?", "SELECT count(*) FROM open_message",
         "DELETE FROM open_message WHERE message IN"
         " (SELECT message FROM open_message ORDER BY seen LIMIT ?)",
         kOpenSeconds);
  forget("DELETE FROM waiting WHERE time < ?", "SELECT count(*) FROM waiting",
         "DELETE FROM waiting WHERE (message, refusal, recipient, time) IN"
         " (SELECT message, refusal, recipient, time FROM waiting ORDER BY time LIMIT ?)",
         kWaitingSeconds);
}

Result<void> Store::set_sender(const Arrival& arrival) {
  struct Waiting {
    std::uint64_t refusal;
    std::int64_t recipient, time;
  };
  auto& database = *impl_->database;
  Statement& find =
      database.cached("SELECT refusal, recipient, time FROM waiting WHERE message = ?");
  find.bind(as_integer(arrival.message));
  std::vector<Waiting> rows;
  while (find.step())
    rows.push_back({static_cast<std::uint64_t>(find.integer(0)), find.integer(1), find.integer(2)});
  find.reset();
  const std::string_view sender = arrival.sender.text();
  for (const auto& row : rows) {
    if (row.refusal != 0) {
      impl_->reach(row.time);
      const auto n = impl_->row_of(row.refusal, LogTime{row.time * 1'000'000});
      if (!n) continue;
      const auto numbers = impl_->addresses.numbers_of(sender);
      if (numbers.domain) impl_->note_refused(*numbers.domain, row.time);
      if (const auto* there = impl_->refusals.find(*n); there != nullptr && there->sender == 0) {
        RefusalNumbers known = *there;
        known.sender = numbers.address;
        impl_->refusals.put(*n, known);
      }
      RowKeys keys;
      keys.sender = numbers.address;
      keys.sender_domain = numbers.domain;
      impl_->row_has_now(*n, keys);
    } else if (!arrival.sender.is_null()) {
      impl_->correspond(PairBook::pair_of(impl_->addresses.hash_of(sender), row.recipient),
                        row.time);
    }
  }
  database.cached("DELETE FROM waiting WHERE message = ?").bind(as_integer(arrival.message)).run();
  return database.take_error();
}

Result<Store::Known> Store::known(const Refusal& of) {
  auto& database = *impl_->database;
  impl_->reach(of.when.utc_seconds());
  Known known = Known::absent;
  if (impl_->row_of(of.id, of.when)) {
    Statement& find = database.cached("SELECT 1 FROM provisional WHERE refusal = ?");
    known = find.bind(as_integer(of.id)).step() ? Known::provisional : Known::complete;
    find.reset();
  }
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return known;
}

/// What the row knows and the refusal, read again from further on, does not: the recipient that a
/// rejectlog named, the sender of a message that is done with. False: it has a cause, too, and
/// stays.
bool Store::Impl::gives_way(std::int64_t row, Refusal& refusal) {
  Statement& find = database->cached(gives_way_sql().c_str());
  if (!find.bind(row).step()) return false;
  if (!refusal.sender && !find.is_null(0)) refusal.sender = ReversePath::parse(find.text(0));
  if (refusal.mta == Mta::exim && !refusal.recipient && !find.is_null(1))
    refusal.recipient = Mailbox::parse(find.text(1));
  const bool of_better_log = find.integer(3) >> kRankShift < refusal.source.rank;
  const bool knew_more = find.integer(2) != 0 && refusal.cause_text.empty();
  find.reset();
  return !of_better_log && !knew_more;
}

Result<void> Store::replace(ClassifiedRefusal refusal) {
  auto& database = *impl_->database;
  const std::uint64_t id = refusal.refusal.id;
  impl_->reach(refusal.refusal.when.utc_seconds());
  const auto row = impl_->row_of(id, refusal.refusal.when);
  database.cached("DELETE FROM provisional WHERE refusal = ?").bind(as_integer(id)).run();
  if (row && impl_->gives_way(*row, refusal.refusal)) {
    impl_->refusals.erase(*row);
    impl_->near.rows.erase(id);
  }
  auto added = add(refusal);
  if (!added) return tl::unexpected(added.error());
  return {};
}

Result<void> Store::set_cause(const ClassifiedRefusal& refusal) {
  const LogTime& when = refusal.refusal.when;
  impl_->reach(when.utc_seconds());
  const auto row = impl_->row_of(refusal.refusal.id, when);
  const auto& cause = refusal.refusal.cause_record;
  if (!row || (refusal.refusal.cause_text.empty() && !cause)) return {};
  impl_->fill_in(*row, refusal, !refusal.refusal.cause_text.empty());
  if (cause) {
    if (const auto alone = impl_->row_of_cause(*cause, when)) impl_->remove(*alone, *cause);
  }
  return impl_->database->take_error();
}

}  // namespace lostmail::store
