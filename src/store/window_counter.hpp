#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include "store/mixed.hpp"
#include "store/refusal_scan.hpp"

namespace lostmail::store {

struct CaseKey {
  Direction direction = Direction::inbound;
  std::int64_t sender = 0, recipient = 0;
  bool operator==(const CaseKey&) const = default;
};

struct CaseKeyHash {
  std::size_t operator()(const CaseKey& key) const {
    return mixed(static_cast<std::uint64_t>(key.sender) << 32U ^
                 static_cast<std::uint64_t>(key.recipient) ^
                 static_cast<std::uint64_t>(key.direction) << 62U);
  }
};

/// The refusals of one (direction, sender, recipient) in a window.
struct CaseCount {
  std::uint32_t attempts = 0, permanent = 0;
  std::uint32_t sort = 0;                          ///< of the last attempt
  std::int64_t first_micros = 0, last_micros = 0;  ///< since 1970, UTC
  [[nodiscard]] std::int64_t first() const { return first_micros / 1'000'000; }
  [[nodiscard]] std::int64_t last() const { return last_micros / 1'000'000; }
};
using Cases = tsl::robin_map<CaseKey, CaseCount, CaseKeyHash>;

/// Counts a refusal into its case, where it has one: no case without recipient or with the null
/// sender.
void count_case(const RefusalRow& row, const SortTable& sorts, Cases& into);

/// What is counted of a sender domain or of a server.
struct NamedCount {
  std::uint64_t refusals = 0, counterparts = 0;
  std::vector<std::pair<Variant, std::uint64_t>> variants;
  std::int64_t last_micros = INT64_MIN;
  Cause cause = Cause::as_stated;  ///< of the last refusal

  void take(const RefusalRow& row, const Sort& sort, bool new_counterpart);
  [[nodiscard]] Top top(std::string name) const;
};
using NamedCounts = tsl::robin_map<std::int64_t, NamedCount>;

/// How many refusals of each sort fell in each quarter of an hour.
class SliceCounter {
 public:
  void take(const RefusalRow& row) { ++counts_[std::pair(start_of(row.time), row.sort)]; }
  /// By time.
  [[nodiscard]] std::vector<Slice> slices(const SortTable& sorts) const;
  [[nodiscard]] static std::int64_t start_of(std::int64_t time) {
    return time - (time % Slice::kSeconds + Slice::kSeconds) % Slice::kSeconds;
  }

 private:
  struct Hash {
    std::size_t operator()(const std::pair<std::int64_t, std::uint32_t>& key) const {
      return mixed(static_cast<std::uint64_t>(key.first / Slice::kSeconds) << 16U ^ key.second);
    }
  };
  tsl::robin_map<std::pair<std::int64_t, std::uint32_t>, std::uint64_t, Hash> counts_;
};

/// Counts the refusals of a window in one pass; the questions that need a look elsewhere come last.
class WindowCounter {
 public:
  WindowCounter(Database& database, const SortTable& sorts);
  void take(const RefusalRow& row);
  /// After the last row, before anything is asked.
  void finish();

  /// By direction, permanent first, most refusals first.
  [[nodiscard]] std::vector<Group> groups() const;

  SliceCounter slices;
  Cases cases;
  NamedCounts domains;  ///< of senders (inbound), by the word that they are
  NamedCounts servers;  ///< that refused us, by peer

 private:
  static constexpr std::size_t kMostHeld = 100'000;
  using Ids = tsl::robin_set<std::uint64_t, MixedHash>;
  struct Distinct {
    std::uint64_t refusals = 0, senders = 0, recipients = 0;
  };
  void count_held();

  Database& database_;
  const SortTable& sorts_;
  std::vector<Distinct> counts_;  ///< by sort
  Ids senders_, recipients_, domain_recipients_, server_senders_;
  std::vector<RefusalRow> held_;  ///< of inbound mail, until the domains of their senders are read
  tsl::robin_map<std::int64_t, std::int64_t> domain_of_;
};

}  // namespace lostmail::store
