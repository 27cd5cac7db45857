#include "lostmail/diagnose/outage.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace lostmail::diagnose {
namespace {

constexpr std::int64_t kStep = BusyTime::kSeconds;
constexpr std::int64_t kMostGap = 3 * kStep;  ///< between parts of one outage

/// The first two bytes of IPv4 (`192.0.`), the first two groups of IPv6 (`2001:db8:`).
std::string_view network_of(std::string_view ip) {
  const char separator = ip.find(':') == std::string_view::npos ? '.' : ':';
  const auto first = ip.find(separator);
  if (first == std::string_view::npos) return ip;
  const auto second = ip.find(separator, first + 1);
  return ip.substr(0, second == std::string_view::npos ? ip.size() : second);
}

std::uint64_t median_of(const std::vector<BusyTime>& busy, Window all) {
  std::vector<std::uint64_t> counts;
  for (const auto& time : busy) counts.push_back(time.clients);
  const auto steps =
      static_cast<std::size_t>(std::max<std::int64_t>(0, all.until - all.since) / kStep);
  if (counts.size() < steps) counts.resize(steps, 0);
  if (counts.empty()) return 0;
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
  std::nth_element(counts.begin(), middle, counts.end());
  return *middle;
}

/// One window's refusals, counted.
Outage count(const std::vector<DnsRefusal>& refusals) {
  Outage outage;
  std::set<std::string_view> networks, domains, known;
  for (const auto& refusal : refusals) {
    if (outage.refusals++ == 0) outage.first = outage.last = refusal.time;
    outage.first = std::min(outage.first, refusal.time);
    outage.last = std::max(outage.last, refusal.time);
    if (!refusal.client_ip.empty()) networks.insert(network_of(refusal.client_ip));
    if (refusal.sender_domain.empty()) continue;
    domains.insert(refusal.sender_domain);
    if (refusal.known) known.insert(refusal.sender_domain);
  }
  outage.networks = networks.size();
  outage.domains = domains.size();
  outage.known_domains = known.size();
  return outage;
}

}  // namespace

std::vector<Window> suspicious(const std::vector<BusyTime>& busy, Window all) {
  const std::uint64_t least = std::max(kFewestNetworks, kTimesUsual * median_of(busy, all));
  std::vector<Window> windows;
  for (const auto& time : busy) {
    if (time.clients < least) continue;
    // The ten minutes before and after: an outage does not begin on the full ten minutes.
    const Window window{time.start - kStep, time.start + 2 * kStep};
    if (!windows.empty() && window.since - windows.back().until <= kMostGap) {
      windows.back().until = window.until;
    } else {
      windows.push_back(window);
    }
  }
  return windows;
}

std::optional<Outage> outage_of(const std::vector<DnsRefusal>& refusals) {
  const Outage outage = count(refusals);
  if (outage.networks < kFewestNetworks || outage.known_domains < kFewestKnownDomains)
    return std::nullopt;
  return outage;
}

}  // namespace lostmail::diagnose
