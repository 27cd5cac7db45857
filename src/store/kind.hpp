#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <tsl/robin_map.h>

#include "lostmail/core/event.hpp"
#include "store/database.hpp"
#include "store/dictionary.hpp"

namespace lostmail::store {

// kind.flags
inline constexpr std::int64_t kDoubtful = 1;
inline constexpr std::int64_t kVerifiedHere = 2;
inline constexpr std::int64_t kCauseFromCache = 4;
inline constexpr std::int64_t kFraction = 8;
inline constexpr std::int64_t kYearInferred = 16;
inline constexpr std::int64_t kZoneInferred = 32;
inline constexpr std::int64_t kMayBeForged = 64;
inline constexpr std::int64_t kTextAsIs = 128;  ///< no field is quoted by a mark in the texts
inline constexpr int kRankShift = 8;            ///< the rank of the log stands above

/// The columns of `kind`, in their order.
enum class KindColumn : std::uint8_t {
  mta,
  direction,
  stage,
  permanent,
  reply_code,
  enhanced_code,
  variant,
  family,
  cause,
  pattern,
  callout,
  flags,
  offset_minutes,
  host,
  log,
};
inline constexpr std::size_t kKindColumns = 15;

/// What many refusals have in common: a few hundred rows for millions of refusals.
struct Kind {
  std::array<std::optional<std::int64_t>, kKindColumns> values;

  std::optional<std::int64_t>& operator[](KindColumn column) {
    return values[static_cast<std::size_t>(column)];
  }
  const std::optional<std::int64_t>& operator[](KindColumn column) const {
    return values[static_cast<std::size_t>(column)];
  }
  friend bool operator==(const Kind&, const Kind&) = default;
};

/// Kinds and their numbers.
class KindBook {
 public:
  KindBook(Database& database, Dictionary& words) : database_(database), words_(words) {}
  [[nodiscard]] std::int64_t id_of(const Kind& kind);
  /// The same of a refusal's kind. `text_as_is`: of its texts (kTextAsIs).
  [[nodiscard]] std::int64_t id_of(const ClassifiedRefusal& classified, bool text_as_is);
  /// The kind of a refusal; its words are put into the dictionary.
  [[nodiscard]] Kind kind_of(const ClassifiedRefusal& classified);
  [[nodiscard]] Kind load(std::int64_t id);
  /// After a rollback, or when rows changed.
  void forget();

 private:
  static constexpr std::size_t kMost = 50'000, kRecent = 256;
  /// What makes the kind of a refusal, its words not yet numbers.
  struct Source {
    std::uint64_t classes = 0, marks = 0;  ///< the numbers, side by side
    std::int64_t log = 0;
    std::string pattern;
    std::optional<std::string> enhanced_code, host;
    std::int64_t id = 0;  ///< 0: none yet
  };
  struct Hash {
    std::size_t operator()(const Kind& kind) const;
  };

  Database& database_;
  Dictionary& words_;
  tsl::robin_map<Kind, std::int64_t, Hash> known_;
  std::array<Source, kRecent> recent_;  ///< nearly every refusal is like one of late
};

}  // namespace lostmail::store
