#include "store/kind.hpp"

#include "store/mixed.hpp"

namespace lostmail::store {
namespace {

template <typename Enum>
std::optional<std::int64_t> number(const std::optional<Enum>& value) {
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

std::int64_t flags_of(const Refusal& refusal) {
  return (refusal.doubtful ? kDoubtful : 0) | (refusal.verified_here ? kVerifiedHere : 0) |
         (refusal.cause_from_cache ? kCauseFromCache : 0) |
         (refusal.when.has_fraction ? kFraction : 0) |
         (refusal.when.year_inferred ? kYearInferred : 0) |
         (refusal.when.zone_inferred ? kZoneInferred : 0) |
         (refusal.client && refusal.client->may_be_forged ? kMayBeForged : 0) |
         (std::int64_t{refusal.source.rank} << kRankShift);
}

std::optional<std::int64_t> callout_number(const std::optional<Callout>& callout) {
  if (!callout) return std::nullopt;
  return static_cast<std::int64_t>(callout->command) * 4 +
         static_cast<std::int64_t>(callout->outcome);
}

}  // namespace

Kind KindBook::kind_of(const ClassifiedRefusal& classified) {
  const Refusal& refusal = classified.refusal;
  const auto word = [&](const std::optional<std::string>& text) {
    return text ? std::optional(words_.id_of(*text)) : std::nullopt;
  };
  using Column = KindColumn;
  Kind kind;
  kind[Column::mta] = static_cast<std::int64_t>(refusal.mta);
  kind[Column::direction] = static_cast<std::int64_t>(refusal.direction);
  kind[Column::stage] = number(refusal.stage);
  kind[Column::permanent] = refusal.permanent ? 1 : 0;
  kind[Column::reply_code] = number(refusal.reply_code);
  kind[Column::enhanced_code] = word(refusal.enhanced_code);
  kind[Column::variant] = static_cast<std::int64_t>(classified.is.variant);
  kind[Column::family] = number(classified.is.family);
  kind[Column::cause] = static_cast<std::int64_t>(classified.is.cause);
  if (!classified.is.pattern.empty()) kind[Column::pattern] = words_.id_of(classified.is.pattern);
  kind[Column::callout] = callout_number(refusal.callout);
  kind[Column::flags] = flags_of(refusal);
  kind[Column::offset_minutes] = refusal.when.offset_minutes;
  kind[Column::host] = word(refusal.host);
  kind[Column::log] = refusal.source.log;
  return kind;
}

std::size_t KindBook::Hash::operator()(const Kind& kind) const {
  std::uint64_t hash = 0;
  for (const auto& value : kind.values) {
    hash = (hash ^ static_cast<std::uint64_t>(value.value_or(-1))) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32U;
  }
  return hash;
}

std::int64_t KindBook::id_of(const ClassifiedRefusal& classified, bool text_as_is) {
  const auto& [refusal, is] = classified;
  std::uint64_t classes = 0, marks = 0;
  const auto put = [](std::uint64_t& into, unsigned bits, std::int64_t value) {
    into = into << bits | static_cast<std::uint64_t>(value);
  };
  const auto or_none = [](const auto& value) { return number(value).value_or(-1) + 1; };
  put(classes, 8, static_cast<std::int64_t>(refusal.mta));
  put(classes, 8, static_cast<std::int64_t>(refusal.direction));
  put(classes, 8, static_cast<std::int64_t>(is.variant));
  put(classes, 8, static_cast<std::int64_t>(is.cause));
  put(classes, 8, or_none(refusal.stage));
  put(classes, 8, or_none(is.family));
  put(classes, 16, or_none(refusal.reply_code));
  put(marks, 8, callout_number(refusal.callout).value_or(-1) + 1);
  put(marks, 2, (refusal.permanent ? 1 : 0) | (text_as_is ? 2 : 0));
  put(marks, 16, refusal.when.offset_minutes & 0xffff);
  put(marks, 32, flags_of(refusal));
  Source& recent = recent_[mixed(classes ^ mixed(marks)) % kRecent];
  if (recent.id != 0 && recent.classes == classes && recent.marks == marks &&
      recent.log == refusal.source.log && recent.pattern == is.pattern &&
      recent.enhanced_code == refusal.enhanced_code && recent.host == refusal.host) {
    return recent.id;
  }
  Kind kind = kind_of(classified);
  if (text_as_is) kind[KindColumn::flags] = *kind[KindColumn::flags] | kTextAsIs;
  recent = {classes,      marks,      refusal.source.log, is.pattern, refusal.enhanced_code,
            refusal.host, id_of(kind)};
  return recent.id;
}

void KindBook::forget() {
  known_.clear();
  recent_.fill(Source{});
}

std::int64_t KindBook::id_of(const Kind& kind) {
  if (const auto found = known_.find(kind); found != known_.end()) return found->second;
  Statement& find = database_.cached(
      "SELECT id FROM kind WHERE log = ?15 AND flags = ?12 AND mta = ?1 AND direction = ?2 AND "
      "stage"
      " IS ?3 AND permanent = ?4 AND reply_code IS ?5 AND enhanced_code IS ?6 AND variant = ?7 AND"
      " family IS ?8 AND cause = ?9 AND pattern IS ?10 AND callout IS ?11 AND offset_minutes = ?13"
      " AND host IS ?14");
  for (const auto& value : kind.values) find.bind(value);
  std::int64_t id = 0;
  if (find.step()) id = find.integer(0);
  find.reset();
  if (id == 0) {
    Statement& insert = database_.cached(
        "INSERT INTO kind(mta, direction, stage, permanent, reply_code, enhanced_code, variant,"
        " family, cause, pattern, callout, flags, offset_minutes, host, log)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& value : kind.values) insert.bind(value);
    insert.run();
    id = sqlite3_last_insert_rowid(database_.handle());
  }
  if (known_.size() >= kMost) known_.clear();
  known_.emplace(kind, id);
  return id;
}

Kind KindBook::load(std::int64_t id) {
  Statement& find = database_.cached(
      "SELECT mta, direction, stage, permanent, reply_code, enhanced_code, variant, family, cause,"
      " pattern, callout, flags, offset_minutes, host, log FROM kind WHERE id = ?");
  Kind kind;
  if (find.bind(id).step()) {
    for (std::size_t i = 0; i < kKindColumns; ++i)
      kind.values[i] = find.maybe_integer(static_cast<int>(i));
  }
  find.reset();
  return kind;
}

}  // namespace lostmail::store
