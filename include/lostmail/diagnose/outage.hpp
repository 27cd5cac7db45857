#pragma once

#include <optional>
#include <vector>

#include "lostmail/core/outage.hpp"

/// Their DNS breaks for one domain or one network at a time. Ours breaks for all at once: refusals
/// that DNS decided jump over many networks that have nothing in common, in one window, and meet
/// senders whose mail came through before or came through since. A flood of spam from many networks
/// lacks the last.
namespace lostmail::diagnose {

inline constexpr std::uint64_t kFewestNetworks = 8;
inline constexpr std::uint64_t kFewestKnownDomains = 3;
inline constexpr std::uint64_t kTimesUsual = 4;  ///< of the median of ten minutes

struct Window {
  std::int64_t since = 0, until = 0;  ///< since ≤ time < until
};

/// Times worth a closer look: so many clients that it cannot be usual. `busy` are those ten minutes
/// of [since, until) that had any refusal, in order; the others count as 0 in the median.
[[nodiscard]] std::vector<Window> suspicious(const std::vector<BusyTime>& busy, Window all);

/// The outage that the refusals of one suspicious time amount to; none where they are others'
/// trouble. Any order.
[[nodiscard]] std::optional<Outage> outage_of(const std::vector<DnsRefusal>& refusals);

}  // namespace lostmail::diagnose
