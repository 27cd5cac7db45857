#pragma once

#include <cstdint>
#include <vector>

namespace lostmail {

/// Between two logs a longer time without a line is a gap, within one it is a quiet day.
inline constexpr std::int64_t kQuietSeconds = 12 * 3600;

/// A stretch of time, UTC seconds.
struct Stretch {
  std::int64_t first = 0, last = 0;
};

/// What logs cover together, in order: one stretch where no more than kQuietSeconds lie between.
[[nodiscard]] std::vector<Stretch> joined(std::vector<Stretch> stretches);

}  // namespace lostmail
