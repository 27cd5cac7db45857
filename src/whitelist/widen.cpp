#include <algorithm>
#include <set>

#include "lostmail/core/address.hpp"
#include "lostmail/whitelist/auto_senders.hpp"
#include "whitelist/address_check.hpp"
#include "whitelist/group.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::size_t kSeveral = 3;  // senders of a domain, domains of a shape

using Rows = std::vector<const SenderEvidence*>;

bool is_of_senders(const Route& route) {
  return route.list == List::exim_senders || route.list == List::exim_auto_senders;
}

std::string domain_of_row(const SenderEvidence& row) { return to_lower(domain_of(row.sender)); }

std::size_t count_senders(const Rows& rows) {
  std::set<std::string> senders;
  for (const SenderEvidence* row : rows) senders.insert(to_lower(row->sender));
  return senders.size();
}

bool all_rows(const Group& group, bool (*is)(Cause)) {
  return !group.hopeless && !group.rows.empty() &&
         std::all_of(group.rows.begin(), group.rows.end(),
                     [is](const SenderEvidence* row) { return is(row->cause); });
}

/// One entry for a domain beside those of its senders, which stay: the narrower choice, and a
/// stranger who makes up senders must not talk a list wider. Where `is` the cause of every refusal
/// of several of its senders.
void fold_domains(Groups& groups, List list, bool (*is)(Cause), bool wants_mail_between) {
  std::map<std::string, std::vector<const Group*>> by_domain;
  for (auto& [route, group] : groups) {
    if (!is_of_senders(route) || !all_rows(group, is)) continue;
    const std::string domain = domain_of_row(*group.rows.front());
    if (!is_provider(domain) && checked_domain(domain)) by_domain[domain].push_back(&group);
  }
  for (const auto& [domain, members] : by_domain) {
    Group whole;
    std::uint64_t pairs = 0;
    for (const Group* member : members) {
      whole.rows.insert(whole.rows.end(), member->rows.begin(), member->rows.end());
      whole.left_out.insert(member->left_out.begin(), member->left_out.end());
      for (const SenderEvidence* row : member->rows) pairs += row->pairs_delivered;
    }
    if (count_senders(whole.rows) < kSeveral || (wants_mail_between && pairs == 0)) continue;
    groups.emplace(Route{list, domain, {}}, std::move(whole));
  }
}

/// `bounce-*@*`, where several organisations were refused for the shape. Their own entries stay:
/// they are the narrower choice.
void add_shapes(Groups& groups) {
  std::map<const Shape*, Rows> by_shape;
  for (const auto& [route, group] : groups) {
    if (!is_of_senders(route) || group.hopeless) continue;
    for (const SenderEvidence* row : group.rows) {
      const Shape* shape = shape_of(row->sender);
      if (shape != nullptr && !is_unroutable(row->cause)) by_shape[shape].push_back(row);
    }
  }
  for (const auto& [shape, rows] : by_shape) {
    std::set<std::string> organisations;
    for (const SenderEvidence* row : rows) {
      if (!is_provider(domain_of(row->sender))) {
        organisations.insert(registered_domain(domain_of(row->sender)));
      }
    }
    if (organisations.size() < kSeveral) continue;
    Group whole;
    whole.rows = rows;
    groups.emplace(Route{List::exim_auto_senders, AutoSenders{shape, {}}.key(), {}},
                   std::move(whole));
  }
}

}  // namespace

void widen(Groups& groups, const Policy& policy) {
  if (policy.platform == Platform::cpanel) return;  // its lists take clients alone
  if (policy.platform != Platform::debian) {
    fold_domains(groups, List::exim_callout_sender_domains, is_refused_callout, false);
    fold_domains(groups, List::exim_sender_verify_domains, is_unroutable, true);
  }
  add_shapes(groups);
}

}  // namespace lostmail::whitelist
