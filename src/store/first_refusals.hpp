#pragma once

#include <algorithm>
#include <cstdint>

#include <tsl/robin_map.h>

#include "store/row_batch.hpp"

namespace lostmail::store {

/// When a sender of each domain was first refused: "new sender domains" would else need a look at
/// all addresses. Gathered in memory, written with the transaction.
class FirstRefusals {
 public:
  explicit FirstRefusals(Database& database);
  /// `domain` is the number of its word; `time` UTC seconds.
  void note(std::int64_t domain, std::int64_t time) {
    const auto [found, fresh] = times_.try_emplace(domain, time);
    if (!fresh && time < found->second) found.value() = time;
  }
  [[nodiscard]] bool is_full() const { return times_.size() >= kMost; }
  void flush();
  void forget() { times_.clear(); }

 private:
  static constexpr std::size_t kMost = 65'000;  ///< 3 MB
  tsl::robin_map<std::int64_t, std::int64_t> times_;
  RowBatch rows_;
};

}  // namespace lostmail::store
