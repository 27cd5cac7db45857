#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <tsl/robin_set.h>

#include "store/number_table.hpp"

namespace lostmail::store {

/// The refusals that a run may meet again. A refusal comes again only with the same time, and its
/// cause stands in the same session; logs are read by time. So those of some hours are enough, and
/// memory does not grow with the log.
class RecentRows {
 public:
  /// What time (UTC seconds) refusals must have to be told for sure from those that were forgotten.
  [[nodiscard]] bool reaches(std::int64_t time) const { return time > forgotten_until_; }
  void add(std::uint64_t id, std::int64_t n, std::int64_t time) {
    if (young_.rows.size() == 0) young_.first = young_.last = time;
    if (time - young_.first > kSeconds || young_.rows.size() >= kMost / 2) age(time);
    young_.last = std::max(young_.last, time);
    young_.rows.put(id, static_cast<std::uint32_t>(n));
  }
  void add_cause(std::uint64_t cause_record) { young_.causes.insert(cause_record); }

  /// Those up to that time are not told.
  void forget_until(std::int64_t time) { forgotten_until_ = std::max(forgotten_until_, time); }

  /// Fetches what find() will look at.
  void prefetch(std::uint64_t id) const {
    young_.rows.prefetch(id);
    old_.rows.prefetch(id);
  }
  /// refusal.n
  [[nodiscard]] std::optional<std::int64_t> find(std::uint64_t id) const {
    for (const auto* part : {&young_, &old_}) {
      if (const auto* n = part->rows.find(id)) return *n;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool is_cause(std::uint64_t id) const {
    return young_.causes.contains(id) || old_.causes.contains(id);
  }
  void erase(std::uint64_t id) {
    young_.rows.erase(id);
    old_.rows.erase(id);
  }

 private:
  static constexpr std::int64_t kSeconds = 4 * 3600;  ///< a session, and what callouts are kept
  static constexpr std::size_t kMost = 800'000;

  struct Part {
    NumberTable rows;
    tsl::robin_set<std::uint64_t> causes;
    std::int64_t first = 0, last = 0;  ///< UTC seconds
  };

  void age(std::int64_t time) {
    if (old_.rows.size() > 0) forgotten_until_ = std::max(forgotten_until_, old_.last);
    std::swap(old_, young_);
    young_.rows.clear();
    young_.causes.clear();
    young_.first = young_.last = time;
  }

  Part young_, old_;
  std::int64_t forgotten_until_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace lostmail::store
