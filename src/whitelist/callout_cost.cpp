#include "lostmail/whitelist/callout_cost.hpp"

#include <algorithm>
#include <set>

#include "lostmail/core/address.hpp"
#include "whitelist/address_check.hpp"
#include "whitelist/clients.hpp"
#include "whitelist/route.hpp"

namespace lostmail::whitelist {
namespace {

bool is_of_callout(const SenderEvidence& row) {
  if (row.mta != Mta::exim || row.family != Family::sender_verify) return false;
  return is_refused_callout(row.cause) || row.cause == Cause::mailbox_unknown ||
         row.cause == Cause::callout_unreachable || row.cause == Cause::callout_deferred;
}

}  // namespace

std::optional<CalloutCost> callout_cost(const std::vector<SenderEvidence>& evidence,
                                        const std::vector<ClientRecord>& clients,
                                        const Policy& policy) {
  std::set<std::string> proposed;
  for (const Proposal& proposal : suggest(evidence, clients, policy).proposals) {
    proposed.insert(proposal.key);
  }
  const Clients known(evidence, clients, policy);
  std::optional<CalloutCost> cost;
  std::set<std::string> entries;
  for (const SenderEvidence& row : evidence) {
    if (!is_of_callout(row)) continue;
    if (!cost) cost = CalloutCost{row.first, row.last};
    cost->first = std::min(cost->first, row.first);
    cost->last = std::max(cost->last, row.last);
    cost->refused += row.attempts;
    if (!known.fault_of(row).empty()) {
      cost->unwanted += row.attempts;
      continue;
    }
    const auto way = route(row, policy);
    const std::string domain = to_lower(domain_of(row.sender));
    const std::string key = proposed.contains(domain) ? domain : way ? way->key : std::string();
    if (!proposed.contains(key)) continue;
    cost->correspondents += row.attempts;
    entries.insert(key);
  }
  if (cost) cost->entries = entries.size();
  return cost;
}

}  // namespace lostmail::whitelist
