#include <vector>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

/// `stretches` with what lies strictly within a hole taken out.
std::vector<Stretch> without(std::vector<Stretch> stretches, const std::vector<Stretch>& holes) {
  for (const auto& hole : holes) {
    std::vector<Stretch> left;
    for (const auto& stretch : stretches) {
      if (stretch.last <= hole.first || stretch.first >= hole.last) {
        left.push_back(stretch);
        continue;
      }
      if (stretch.first <= hole.first) left.push_back({stretch.first, hole.first});
      if (stretch.last >= hole.last) left.push_back({hole.last, stretch.last});
    }
    stretches = std::move(left);
  }
  return stretches;
}

}  // namespace

/// A rejectlog tells of no delivery, so it covers nothing; nor does standard input, of which nobody
/// knows the pieces.
Result<std::vector<Stretch>> Store::covered() {
  Statement query(*impl_->database,
                  "SELECT coalesce(first, 0), last, CASE WHEN bytes_lost > 0 THEN missing_until "
                  "END FROM log WHERE last IS NOT NULL AND path NOT LIKE"
                  " '%reject%' AND path NOT LIKE '%panic%' AND path <> '-' ORDER BY 1, 2");
  std::vector<Stretch> covered, lost;
  while (query.step()) {
    const Stretch log{query.integer(0), query.integer(1)};
    if (const auto until = query.maybe_integer(2)) lost.push_back({log.last, *until});
    covered.push_back(log);
  }
  if (auto ok = impl_->database->take_error(); !ok) return tl::unexpected(ok.error());
  return without(joined(std::move(covered)), lost);
}

}  // namespace lostmail::store
