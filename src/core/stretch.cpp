#include "lostmail/core/stretch.hpp"

#include <algorithm>

namespace lostmail {

std::vector<Stretch> joined(std::vector<Stretch> stretches) {
  std::sort(stretches.begin(), stretches.end(),
            [](const Stretch& left, const Stretch& right) { return left.first < right.first; });
  std::vector<Stretch> result;
  for (const auto& stretch : stretches) {
    if (!result.empty() && stretch.first <= result.back().last + kQuietSeconds) {
      result.back().last = std::max(result.back().last, stretch.last);
    } else {
      result.push_back(stretch);
    }
  }
  return result;
}

}  // namespace lostmail
