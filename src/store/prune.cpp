#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

/// Who corresponded tells more about a sender than a refusal does, and weighs less.
constexpr std::int64_t kCorrespondenceLonger = 365 * 86'400;

/// What no row refers to any more: addresses of people before all.
constexpr const char* kDropUnused = R"sql(
DELETE FROM kind WHERE id NOT IN (SELECT kind FROM stored_refusal);
DELETE FROM peer WHERE id NOT IN (SELECT client FROM stored_refusal WHERE client IS NOT NULL
  UNION SELECT remote FROM stored_refusal WHERE remote IS NOT NULL);
DELETE FROM address WHERE id > 1 AND id NOT IN (SELECT sender FROM stored_refusal WHERE sender IS NOT NULL
  UNION SELECT recipient FROM stored_refusal WHERE recipient IS NOT NULL
  UNION SELECT verified FROM stored_refusal WHERE verified IS NOT NULL);
DELETE FROM sender_domain WHERE domain NOT IN (SELECT domain FROM address WHERE domain IS NOT NULL);
DELETE FROM word WHERE id NOT IN (SELECT text FROM stored_refusal WHERE text IS NOT NULL
  UNION SELECT cause_text FROM stored_refusal WHERE cause_text IS NOT NULL
  UNION SELECT domain FROM address WHERE domain IS NOT NULL
  UNION SELECT enhanced_code FROM kind WHERE enhanced_code IS NOT NULL
  UNION SELECT pattern FROM kind WHERE pattern IS NOT NULL UNION SELECT host FROM kind WHERE host IS NOT NULL);
)sql";

}  // namespace

Result<std::uint64_t> Store::prune(std::int64_t horizon) {
  auto& database = *impl_->database;
  if (auto begun = begin(); !begun) return tl::unexpected(begun.error());
  impl_->settle();
  const auto run = [&](const char* sql, std::int64_t value) {
    Statement(database, sql).bind(value).run();
  };
  run("INSERT INTO frozen_daily SELECT date(r.time, 'unixepoch'), k.mta, k.direction, k.variant,"
      " k.family, k.cause, k.permanent, count(*) FROM stored_refusal r JOIN kind k ON k.id = r.kind"
      " WHERE r.time < ? GROUP BY 1, 2, 3, 4, 5, 6, 7",
      horizon);
  run("DELETE FROM provisional WHERE refusal IN (SELECT id FROM stored_refusal WHERE time < ?)",
      horizon);
  const std::uint64_t pruned = impl_->refusals.erase_before(horizon);
  run("DELETE FROM stretch WHERE last < ?", horizon);
  for (const char* table : kFilterTables) {
    database.execute(("DELETE FROM " + std::string(table) +
                      " WHERE first_n NOT IN (SELECT first_n FROM stretch)")
                         .c_str());
  }
  run("DELETE FROM waiting WHERE time < ?", horizon);
  impl_->pairs.erase_if(
      [&](const Corresponded& mail) { return mail.last < horizon - kCorrespondenceLonger; });
  run("INSERT INTO setting(name, value) VALUES ('pruned_before', ?1)"
      " ON CONFLICT(name) DO UPDATE SET value = max(value, ?1)",
      horizon);
  if (pruned > 0) {
    database.execute(kDropUnused);
    for (auto* numbers : {&impl_->words.numbers, &impl_->addresses.numbers, &impl_->peers.numbers})
      numbers->drop_missing();
  }
  if (auto written = commit(); !written) return tl::unexpected(written.error());
  impl_->forget();  // the numbers of what is gone may be given out anew
  return pruned;
}

namespace {

/// 0 where it was never set.
Result<std::int64_t> setting(Store::Impl& impl, std::string_view name) {
  const std::int64_t value = impl.setting(name).value_or(0);
  if (auto ok = impl.database->take_error(); !ok) return tl::unexpected(ok.error());
  return value;
}

}  // namespace

Result<std::int64_t> Store::pruned_before() { return setting(*impl_, "pruned_before"); }

Result<Store::Pruned> Store::pruned_refusals(std::optional<std::int64_t> since,
                                             std::optional<std::int64_t> until) {
  constexpr std::int64_t kDay = 86'400, kNever = 253'402'300'800;  // after the year 9999
  auto& database = *impl_->database;
  Statement count(database,
                  "SELECT coalesce(sum(refusals), 0) FROM frozen_daily"
                  " WHERE day >= date(?, 'unixepoch') AND day <= date(?, 'unixepoch')");
  const auto between = [&](std::int64_t first, std::int64_t last) {
    count.bind(first).bind(last);
    const std::int64_t refusals = count.step() ? count.integer(0) : 0;
    count.reset();
    return static_cast<std::uint64_t>(refusals);
  };
  const std::int64_t first = since.value_or(0), end = until.value_or(kNever);
  const std::uint64_t touched = between(first, end - 1);
  const std::uint64_t whole = between((first + kDay - 1) / kDay * kDay, end / kDay * kDay - 1);
  if (auto ok = database.take_error(); !ok) return tl::unexpected(ok.error());
  return Pruned{touched, touched != whole};
}

Result<std::int64_t> Store::last_run() { return setting(*impl_, "last_run"); }

}  // namespace lostmail::store
