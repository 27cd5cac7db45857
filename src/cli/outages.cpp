#include "cli/outages.hpp"

#include "lostmail/diagnose/outage.hpp"

namespace lostmail::cli {
namespace {

constexpr std::int64_t kUsualSeconds = 7 * 86400;  ///< what the window is compared with

}  // namespace

Result<std::vector<Outage>> find_outages(store::Store& store, const store::Selection& selection) {
  // An outage meets all mail alike, whatever part of it is asked about.
  store::Selection all;
  all.until = selection.until;
  if (selection.since) all.since = *selection.since - kUsualSeconds;
  auto busy = store.busy_dns_times(all);
  if (!busy) return tl::unexpected(busy.error());
  if (busy->empty()) return std::vector<Outage>();
  const diagnose::Window window{all.since.value_or(busy->front().start - kUsualSeconds),
                                all.until.value_or(busy->back().start + BusyTime::kSeconds)};
  std::vector<Outage> found;
  for (const auto& suspicious : diagnose::suspicious(*busy, window)) {
    if (selection.since && suspicious.until <= *selection.since) continue;
    store::Selection closer;
    closer.since = suspicious.since;
    closer.until = suspicious.until;
    auto refusals = store.dns_refusals(closer);
    if (!refusals) return tl::unexpected(refusals.error());
    if (const auto outage = diagnose::outage_of(*refusals)) found.push_back(*outage);
  }
  return found;
}

}  // namespace lostmail::cli
