#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "store/mixed.hpp"
#include "store/number_table.hpp"
#include "store/row_batch.hpp"

namespace lostmail::store {

/// When a sender of each domain was first refused: "new sender domains" would else need a look at
/// all addresses. Gathered in memory, written with the transaction.
class FirstRefusals {
 public:
  explicit FirstRefusals(Database& database);
  /// `domain` is the number of its word; `time` UTC seconds.
  void note(std::int64_t domain, std::int64_t time) {
    const std::uint64_t key = mixed(static_cast<std::uint64_t>(domain));
    if (const auto* place = places_.find(key)) {
      std::int64_t& first = times_[*place - 1].second;
      first = std::min(first, time);
    } else {
      times_.emplace_back(domain, time);
      places_.put(key, static_cast<std::uint32_t>(times_.size()));
    }
  }
  [[nodiscard]] bool is_full() const { return times_.size() >= kMost; }
  void flush();
  void forget() {
    times_.clear();
    places_.clear();
  }

 private:
  static constexpr std::size_t kMost = 65'000;                ///< 3 MB
  std::vector<std::pair<std::int64_t, std::int64_t>> times_;  ///< of domains
  NumberTable places_;                                        ///< in `times_`, from 1
  RowBatch rows_;
};

}  // namespace lostmail::store
