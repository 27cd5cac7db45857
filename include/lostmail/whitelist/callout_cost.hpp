#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lostmail/core/case.hpp"
#include "lostmail/whitelist/suggestion.hpp"

namespace lostmail::whitelist {

/// What Exim's sender callouts did on this server in a span of time. Attempts, each counted once.
struct CalloutCost {
  std::int64_t first = 0, last = 0;  ///< UTC seconds
  std::uint64_t refused = 0;         ///< refused or put off by a callout
  std::uint64_t correspondents = 0;  ///< of these, from senders that suggest() proposes
  std::uint64_t entries = 0;         ///< that would let these in
  std::uint64_t unwanted = 0;        ///< from floods, spammers, block-listed clients
};

/// nullopt where no callout refused anything.
[[nodiscard]] std::optional<CalloutCost> callout_cost(const std::vector<SenderEvidence>& evidence,
                                                      const std::vector<ClientRecord>& clients,
                                                      const Policy& policy);

}  // namespace lostmail::whitelist
