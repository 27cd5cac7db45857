#pragma once

#include <vector>

#include "cli/common.hpp"
#include "lostmail/core/outage.hpp"

namespace lostmail::cli {

/// Times in the selection's window in which this server's own resolver gave wrong answers. Put them
/// into `Selection::outages`, and a question leaves out what they explain.
[[nodiscard]] Result<std::vector<Outage>> find_outages(store::Store& store,
                                                       const store::Selection& selection);

}  // namespace lostmail::cli
