#include "lostmail/whitelist/watch.hpp"

#include <algorithm>

namespace lostmail::whitelist {

Watched watch(const Entry& entry, std::int64_t since, std::span<const Attempt> attempts) {
  Watched result;
  for (const Attempt& attempt : attempts) {
    if (!covers(entry, attempt.envelope)) continue;
    // Log times are whole seconds: one equal to the export is taken for later.
    if (attempt.delivered && *attempt.delivered >= since) {
      result.delivered = std::max(result.delivered.value_or(0), *attempt.delivered);
    }
    if (attempt.time <= since || !is_meant_for(entry, attempt.family)) continue;
    ++result.refused;
    if (attempt.time >= result.last_refused.value_or(0)) {
      result.last_refused = attempt.time;
      result.variant = attempt.variant;
    }
  }
  if (result.delivered && *result.delivered >= result.last_refused.value_or(0)) {
    result.outcome = Outcome::got_in;
  } else if (result.last_refused) {
    result.outcome = Outcome::still_refused;
  }
  return result;
}

}  // namespace lostmail::whitelist
