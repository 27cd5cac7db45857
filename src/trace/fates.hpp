#pragma once

#include "lostmail/trace/trace.hpp"

namespace lostmail::trace {

/// Works out what became of the message for each recipient. `timeline` has its events, in order.
void settle_fates(Timeline& timeline, const std::vector<KnownDelivery>& known,
                  const Settings& settings);

}  // namespace lostmail::trace
