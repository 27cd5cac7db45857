#include <algorithm>
#include <utility>

#include "lostmail/store/store.hpp"
#include "store/schema.hpp"
#include "store/store_impl.hpp"
#include "store/text_template.hpp"

namespace lostmail::store {
namespace {

constexpr std::size_t kMaxShapes = 500;

std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::int64_t cause_record_of(const Refusal& refusal) {
  return signed_of(refusal.cause_record.value_or(0));
}

void fill(std::int64_t& number, const std::optional<std::int64_t>& with) {
  if (number == 0) number = with.value_or(0);
}
void overwrite(std::int64_t& number, const std::optional<std::int64_t>& by) {
  number = by.value_or(number);
}

}  // namespace

void Store::Impl::forget() {
  forget_numbers();
  first_refusals.forget();
  database->clear_held();
  bulk = BulkLoad{};
  near = NearRows{};
  expected = {};
  refused = RefusedPairs{};
  stretches.forget();
  deliveries.clear();
  local_domains.clear();
  closed.clear();
}

/// Another program may have written, or pruned.
void Store::Impl::forget_numbers() {
  for (auto* numbers : {&words.numbers, &addresses.numbers, &peers.numbers}) numbers->forget();
  refusals.forget();
  kinds.forget();
  pairs.forget();
}

Store::Impl::StoredTexts Store::Impl::texts_of(const Refusal& refusal) {
  const QuotedFields fields(refusal);
  if (fields.shorten(refusal.text, shortened_text) &&
      fields.shorten(refusal.cause_text, shortened_cause))
    return {shortened_text, shortened_cause, false};
  return {refusal.text, refusal.cause_text, true};
}

void Store::Impl::note_refused(std::int64_t domain, std::int64_t time) {
  first_refusals.note(domain, time);
  if (first_refusals.is_full()) first_refusals.flush();
}

Store::Impl::NameKeys Store::Impl::name_keys(const Refusal& refusal) const {
  NameKeys keys;
  if (refusal.sender) keys.sender = addresses.key_of(refusal.sender->text());
  if (refusal.recipient) keys.recipient = addresses.key_of(refusal.recipient->text());
  if (refusal.client) keys.client = peers.key_of(*refusal.client);
  return keys;
}

Store::Impl::NameKeys Store::Impl::take_keys(const Refusal& refusal) {
  for (auto& one : expected) {
    // Once: the keys look into the refusal, and another may lie there later.
    if (one.refusal == &refusal && one.id == refusal.id) return std::exchange(one, {}).keys;
  }
  return name_keys(refusal);
}

Store::Impl::Named Store::Impl::named(const Refusal& refusal, const NameKeys& name_keys) {
  Named result;
  auto& keys = result.keys;
  keys.cause_record = refusal.cause_record;
  if (refusal.queue_id) keys.queue_id = text_key(*refusal.queue_id);
  if (refusal.sender) {
    const auto sender = addresses.numbers_of(refusal.sender->text(), name_keys.sender);
    if (sender.domain) note_refused(*sender.domain, refusal.when.utc_seconds());
    result.sender = keys.sender = sender.address;
    keys.sender_domain = sender.domain;
  }
  if (refusal.recipient) {
    const auto recipient = addresses.numbers_of(refusal.recipient->text(), name_keys.recipient);
    result.recipient = keys.recipient = recipient.address;
    keys.recipient_domain = recipient.domain;
  }
  if (refusal.client) result.client = keys.client = peers.id_of(*refusal.client, name_keys.client);
  if (refusal.remote) result.remote = keys.remote = peers.id_of(*refusal.remote);
  if (refusal.verified) result.verified = addresses.id_of(refusal.verified->text());
  return result;
}

void Store::Impl::remove(std::int64_t row, std::uint64_t id) {
  const auto* there = refusals.find(row);
  if (there != nullptr && there->recipient == 0) refusals.erase(row);
  near.rows.erase(id);
}

/// Another log told the same refusal: what the row lacks is filled in.
void Store::Impl::fill_in(std::int64_t row, const ClassifiedRefusal& classified, bool new_cause) {
  const Refusal& refusal = classified.refusal;
  const auto* there = refusals.find(row);
  if (there == nullptr) return;
  const bool lacks_sender = there->sender == 0 && refusal.sender;
  const bool lacks_recipient = there->recipient == 0 && refusal.recipient;
  const bool lacks_cause = (there->cause_record == 0 && refusal.cause_record) || new_cause;
  const Kind kind = kinds.load(there->kind);
  if (lacks_sender || lacks_recipient) {
    RefusalNumbers numbers = *there;
    const Named names = named(refusal);
    fill(numbers.sender, names.sender);
    fill(numbers.recipient, names.recipient);
    fill(numbers.client, names.client);
    refusals.put(row, numbers);
    row_has_now(row, names.keys);
  }
  const Kind other = kinds.kind_of(classified);
  if (lacks_cause) take_cause(row, kind, other, refusal);
  if (*kind[KindColumn::flags] >> kRankShift > refusal.source.rank)
    take_better_log(row, other, refusal);
}

/// The cause, and what the patterns made of it. The texts quote the server that was asked, too; so
/// they are written anew with it.
void Store::Impl::take_cause(std::int64_t row, Kind kind, const Kind& from,
                             const Refusal& refusal) {
  const auto* there = refusals.find(row);
  if (there == nullptr) return;
  RefusalNumbers numbers = *there;
  using Column = KindColumn;
  for (const auto column :
       {Column::callout, Column::variant, Column::family, Column::cause, Column::pattern})
    kind[column] = from[column];
  const StoredTexts texts = texts_of(refusal);
  const Named names = named(refusal);
  kind[Column::flags] = (*kind[Column::flags] & ~(kCauseFromCache | kTextAsIs)) |
                        (*from[Column::flags] & kCauseFromCache) | (texts.as_is ? kTextAsIs : 0);
  overwrite(numbers.sender, names.sender);
  overwrite(numbers.recipient, names.recipient);
  overwrite(numbers.client, names.client);
  overwrite(numbers.remote, names.remote);
  numbers.verified = names.verified.value_or(0);
  numbers.text = words.id_of(texts.text);
  numbers.cause_text = words.id_of(texts.cause_text);
  if (refusal.cause_record) numbers.cause_record = cause_record_of(refusal);
  numbers.kind = kinds.id_of(kind);
  refusals.put(row, numbers);
  row_has_now(row, names.keys);
  if (refusal.cause_record) near.rows.add_cause(*refusal.cause_record);
}

/// The log that tells it now is the better one to name, for all rows of the refused message: they
/// stand on one line.
void Store::Impl::take_better_log(std::int64_t row, const Kind& better, const Refusal& refusal) {
  take_source(row, better, refusal);
  if (!refusal.queue_id) return;
  const std::int64_t time = refusal.when.utc_seconds();
  std::vector<std::int64_t> rows;
  for (const auto& range : stretches.of_time(time, time)) {
    Statement& others = database->cached(
        "SELECT n FROM stored_refusal"
        " WHERE n BETWEEN ? AND ? AND transaction_id = ? AND queue_id = ?");
    others.bind(range.first_n).bind(range.last_n);
    others.bind(signed_of(refusal.id)).bind(*refusal.queue_id);
    while (others.step()) rows.push_back(others.integer(0));
  }
  for (const auto n : rows) take_source(n, better, refusal);
}

/// Has `row` stand where `of` stands, whose kind is `better`.
void Store::Impl::take_source(std::int64_t row, const Kind& better, const Refusal& of) {
  const auto* there = refusals.find(row);
  if (there == nullptr) return;
  RefusalNumbers numbers = *there;
  Kind kind = kinds.load(numbers.kind);
  constexpr std::int64_t kOfRefusal = (1 << kRankShift) - 1;
  kind[KindColumn::log] = better[KindColumn::log];
  kind[KindColumn::flags] =
      (*kind[KindColumn::flags] & kOfRefusal) | (std::int64_t{of.source.rank} << kRankShift);
  numbers.kind = kinds.id_of(kind);
  numbers.line = signed_of(of.source.line);
  numbers.offset = signed_of(of.source.offset);
  refusals.put(row, numbers);
}

/// A better log may have told the refused message of which this row is another recipient.
void Store::Impl::share_source(const Refusal& refusal) {
  const auto first = row_of(refusal.transaction, refusal.when);
  const auto row = row_of(refusal.id, refusal.when);
  if (!first || !row) return;
  const auto* numbers = refusals.find(*first);
  if (numbers == nullptr) return;
  const Kind kind = kinds.load(numbers->kind);
  Refusal there;
  there.source.rank = static_cast<int>(*kind[KindColumn::flags] >> kRankShift);
  there.source.line = static_cast<std::uint64_t>(numbers->line);
  there.source.offset = static_cast<std::uint64_t>(numbers->offset);
  if (there.source.rank < refusal.source.rank) take_source(*row, kind, there);
}

void Store::Impl::insert(const ClassifiedRefusal& classified, const NameKeys& keys) {
  const Refusal& refusal = classified.refusal;
  const StoredTexts texts = texts_of(refusal);
  const std::int64_t seconds = refusal.when.utc_seconds();
  const std::int64_t n = ++last_n;
  RefusalNumbers row;
  row.id = signed_of(refusal.id);
  row.time = seconds;
  row.micros = refusal.when.utc_micros - seconds * 1'000'000;
  row.kind = kinds.id_of(classified, texts.as_is);
  Named names = named(refusal, keys);
  names.keys.id = refusal.id;
  row.sender = names.sender.value_or(0);
  row.recipient = names.recipient.value_or(0);
  row.client = names.client.value_or(0);
  row.remote = names.remote.value_or(0);
  row.verified = names.verified.value_or(0);
  row.text = words.id_of(texts.text);
  if (!refusal.cause_text.empty()) row.cause_text = words.id_of(texts.cause_text);
  row.cause_record = cause_record_of(refusal);
  row.line = signed_of(refusal.source.line);
  row.offset = signed_of(refusal.source.offset);
  if (refusal.transaction != refusal.id) row.transaction = signed_of(refusal.transaction);
  row.queue_id = refusal.queue_id.value_or("");
  refusals.append(n, row);
  if (refusal.provisional) {
    database->cached("INSERT OR IGNORE INTO provisional(refusal) VALUES (?)")
        .bind(signed_of(refusal.id))
        .run();
  }
  if (!refusal.sender) wait(refusal.message, refusal.id, 0, seconds);
  note_row(refusal, n, names.keys);
}

void Store::expect(const ClassifiedRefusal& classified) {
  const Refusal& refusal = classified.refusal;
  impl_->near.rows.prefetch(refusal.id);
  if (refusal.cause_record) impl_->near.rows.prefetch(*refusal.cause_record);
  auto& [last, before] = impl_->expected;
  before = last;
  last = {&refusal, refusal.id, impl_->name_keys(refusal)};
}

Result<bool> Store::add(const ClassifiedRefusal& classified) {
  const Refusal& refusal = classified.refusal;
  auto& impl = *impl_;
  const auto keys = impl.take_keys(refusal);
  impl.reach(refusal.when.utc_seconds());
  if (const auto row = impl.row_of(refusal.id, refusal.when)) {
    impl.fill_in(*row, classified);
    if (auto ok = impl.database->take_error(); !ok) return tl::unexpected(ok.error());
    return false;
  }
  if (refusal.cause_record) {
    // The cause line had come alone in another log, and counted as a refusal of an unknown
    // recipient.
    if (const auto alone = impl.row_of_cause(*refusal.cause_record, refusal.when))
      impl.remove(*alone, *refusal.cause_record);
  } else if (refusal.verified_here && refusal.text.empty() &&
             impl.serves_as_cause(refusal.id, refusal.when)) {
    return false;
  }
  impl.insert(classified, keys);
  if (refusal.source.rank > 0 && refusal.transaction != refusal.id) impl.share_source(refusal);
  if (auto ok = impl.database->take_error(); !ok) return tl::unexpected(ok.error());
  return true;
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
        "INSERT INTO not_understood(shape, lines, example, log, line) VALUES (?, 1, ?, ?, ?)");
    insert.bind(shape)
        .bind(line.substr(0, 2000))
        .bind(source.log)
        .bind(static_cast<std::int64_t>(source.line))
        .run();
  }
  return database.take_error();
}

}  // namespace lostmail::store
