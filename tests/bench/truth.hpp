#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_set>

#include "timeline.hpp"

namespace lostmail::bench {

/// What a generated log holds, counted while it is written.
class Truth {
 public:
  void count(const TimedLine& line);
  /// One object; `refused` has a row for each direction, permanence, variant and cause that occurs.
  [[nodiscard]] std::string json(std::string_view mta, std::uint64_t seed) const;

  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  using Row = std::tuple<Direction, bool, Variant, Cause>;
  std::uint64_t lines_ = 0, bytes_ = 0, refusals_ = 0, deliveries_ = 0;
  std::map<Row, std::uint64_t> refused_;
  std::unordered_set<std::uint64_t> cases_;
};

}  // namespace lostmail::bench
