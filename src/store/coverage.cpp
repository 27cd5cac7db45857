#include <vector>

#include "lostmail/store/store.hpp"
#include "store/store_impl.hpp"

namespace lostmail::store {
namespace {

constexpr std::int64_t kQuiet = 12 * 3600;

}  // namespace

/// A rejectlog tells of no delivery, so it covers nothing; nor does standard input, of which nobody
/// knows the pieces.
Result<std::vector<Stretch>> Store::covered() {
  Statement query(
      *impl_->database,
      "SELECT coalesce(first, 0), last FROM log WHERE last IS NOT NULL AND path NOT LIKE"
      " '%reject%' AND path NOT LIKE '%panic%' AND path <> '-' ORDER BY 1, 2");
  std::vector<Stretch> covered;
  while (query.step()) {
    const Stretch log{query.integer(0), query.integer(1)};
    if (!covered.empty() && log.first <= covered.back().last + kQuiet) {
      covered.back().last = std::max(covered.back().last, log.last);
    } else {
      covered.push_back(log);
    }
  }
  if (auto ok = impl_->database->take_error(); !ok) return tl::unexpected(ok.error());
  return covered;
}

}  // namespace lostmail::store
