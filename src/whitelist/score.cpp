#include "whitelist/score.hpp"

#include <algorithm>
#include <cassert>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "lostmail/core/address.hpp"
#include "whitelist/address_check.hpp"
#include "whitelist/route.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::uint64_t kManyRecipientsADay = 5;
constexpr std::size_t kManyClients = 5;
constexpr std::uint64_t kManySenders = 10;
constexpr std::uint64_t kQuarter = 4;

int points_of_cause(Cause cause) {
  switch (cause) {
    case Cause::null_sender_refused:
    case Cause::postmaster_refused:
    case Cause::callout_host_refused:
      return 15;
    case Cause::callout_unreachable:
    case Cause::callout_deferred:
    case Cause::dns_temporary:
      return 10;
    case Cause::mailbox_unknown:
      return 5;
    case Cause::unroutable:
    case Cause::mx_unusable:
    case Cause::null_mx:
      return -10;
    default:
      return 0;
  }
}

class Sum {
 public:
  void add(bool applies, int points, std::string_view why) {
    if (applies && points != 0) terms_.push_back({points, std::string(why)});
  }
  [[nodiscard]] std::vector<Points> take() { return std::move(terms_); }

 private:
  std::vector<Points> terms_;
};

void add_history(Sum& sum, const Facts& facts) {
  const bool known = facts.pairs > 0;
  sum.add(known, 30, "mail between the two was delivered");
  const auto further = static_cast<int>(std::min<std::uint64_t>(facts.days - 1, 3));
  sum.add(further > 0, 10 * further, fmt::format("seen on {}", counted(facts.days, "day")));
  const Cause cause = facts.latest->cause;
  sum.add(true, points_of_cause(cause), meaning_of(cause));
}

void add_client(Sum& sum, const Facts& facts) {
  const SenderEvidence& row = *facts.main;
  const bool by_sender = row.family != Family::client_identity;
  const bool named = is_named(row);
  sum.add(named, 10, "the client has a name by reverse DNS");
  if (named && by_sender) {
    const std::string own = registered_domain(domain_of(row.sender));
    sum.add(!own.empty() && own == registered_domain(*row.client_name), 5,
            "that name lies in the sender's own domain");
  }
  sum.add(!named && by_sender, -10, "the client has no confirmed name by reverse DNS");
}

void add_doubts(Sum& sum, const Facts& facts, const Policy& policy) {
  const bool known = facts.pairs > 0;
  const Cause cause = facts.latest->cause;
  const bool by_sender = facts.latest->family != Family::client_identity;
  sum.add(!known && facts.days == 1, is_unroutable(cause) ? -15 : -10,
          "seen on one day only, and no mail between the two");
  sum.add(!known && facts.recipients >= kManyRecipientsADay * facts.days, -10,
          "many recipients a day, and no mail between the two");
  sum.add(by_sender && is_provider(domain_of(facts.latest->sender)) &&
              (cause == Cause::mailbox_unknown || is_unroutable(cause)),
          -15, "its mailbox provider does not know the address");
  sum.add(by_sender && facts.clients.size() >= kManyClients, -10,
          "many clients claim this sender: perhaps forged");
  sum.add(!by_sender && !known && facts.record != nullptr && facts.record->senders >= kManySenders,
          -10, "many senders were refused from this client");
  sum.add(policy.now != 0 && facts.last < policy.now - policy.stale_days * kDay, -10,
          fmt::format("not seen for more than {} days", policy.stale_days));
}

/// How many are distinct of what rows count, and list where they are few.
class Distinct {
 public:
  void add(std::uint64_t count, const std::vector<std::int64_t>& listed) {
    if (listed.empty()) unlisted_ += count;
    listed_.insert(listed.begin(), listed.end());
  }
  [[nodiscard]] std::uint64_t count() const { return unlisted_ + listed_.size(); }
  [[nodiscard]] bool has_unlisted() const { return unlisted_ > 0; }

 private:
  std::uint64_t unlisted_ = 0;
  std::set<std::int64_t> listed_;
};

}  // namespace

Facts facts_of(List list, const std::vector<const SenderEvidence*>& rows,
               const ClientRecords& records) {
  assert(!rows.empty());
  Facts facts;
  facts.list = list;
  facts.first = rows.front()->first;
  facts.last = rows.front()->last;
  Distinct recipients, pairs;
  std::set<std::int64_t> days;
  for (const SenderEvidence* row : rows) {
    facts.attempts += row->attempts;
    days.insert(row->days.begin(), row->days.end());
    recipients.add(row->recipients, row->recipients_listed);
    pairs.add(row->pairs_delivered, row->delivered_listed);
    facts.first = std::min(facts.first, row->first);
    facts.last = std::max(facts.last, row->last);
    if (row->client_ip) facts.clients.insert(client_of(*row));
    facts.senders.insert(to_lower(row->sender));
  }
  facts.recipients = recipients.count();
  facts.pairs = pairs.count();
  facts.at_most = rows.size() > 1 && recipients.has_unlisted();
  facts.days = days.size();
  // Ties are broken by value, so that the order of the rows does not matter.
  const auto later = [](const SenderEvidence* left, const SenderEvidence* right) {
    // A result from the callout cache says nothing where an earlier one says why.
    const bool left_says = left->cause != Cause::not_logged;
    const bool right_says = right->cause != Cause::not_logged;
    return std::tie(left_says, left->last, left->attempts, left->cause, left->client_ip,
                    left->sender) < std::tie(right_says, right->last, right->attempts, right->cause,
                                             right->client_ip, right->sender);
  };
  const auto larger = [&later](const SenderEvidence* left, const SenderEvidence* right) {
    return left->attempts != right->attempts ? left->attempts < right->attempts
                                             : later(left, right);
  };
  facts.latest = *std::max_element(rows.begin(), rows.end(), later);
  facts.main = *std::max_element(rows.begin(), rows.end(), larger);
  const auto record = records.find(client_of(*facts.main));
  if (record != records.end()) facts.record = &record->second;
  return facts;
}

std::string client_of(const SenderEvidence& row) {
  return row.client_ip ? client_text(*row.client_ip) : std::string();
}

bool is_named(const SenderEvidence& row) {
  return row.client_name && !row.client_name->empty() && row.variant != Variant::reverse_forged &&
         row.cause != Cause::ptr_mismatch && row.cause != Cause::ptr_missing;
}

bool is_flood(std::uint64_t recipients, std::uint64_t pairs, const Policy& policy) {
  return recipients >= policy.flood_recipients && pairs < (recipients + kQuarter - 1) / kQuarter;
}

std::string_view meaning_of(Cause cause) {
  switch (cause) {
    case Cause::mailbox_unknown:
      return "the sender's server says that the mailbox does not exist, as for many no-reply "
             "senders";
    case Cause::null_sender_refused:
      return "the sender's server refuses the null sender, which RFC 5321 wants accepted: "
             "misconfigured, not fake";
    case Cause::postmaster_refused:
      return "the sender's server refuses postmaster: misconfigured, not fake";
    case Cause::callout_host_refused:
      return "the sender's server refuses to talk to us: says nothing about the address";
    case Cause::callout_unreachable:
      return "the sender's server does not answer us: says nothing about the address";
    case Cause::callout_deferred:
      return "the sender's server put the question off: says nothing about the address";
    case Cause::dns_temporary:
      return "the sender's DNS did not answer: says nothing about the address";
    case Cause::unroutable:
      return "mail to the sender cannot be routed";
    case Cause::domain_nonexistent:
      return "the sender's domain does not exist";
    case Cause::mx_unusable:
      return "the sender's domain names no usable mail server";
    case Cause::null_mx:
      return "the sender's domain says that it takes no mail";
    case Cause::ptr_missing:
      return "the client's address has no name";
    case Cause::ptr_mismatch:
      return "the client's name does not lead back to its address";
    case Cause::address_syntax:
      return "the address has no valid form";
    case Cause::not_logged:
      return "the log does not hold the cause";
    case Cause::as_stated:
      return "the refusal's text is all that is known of the cause";
  }
  return {};
}

std::vector<Points> points_of(const Facts& facts, const Policy& policy) {
  Sum sum;
  add_history(sum, facts);
  add_client(sum, facts);
  add_doubts(sum, facts, policy);
  return sum.take();
}

}  // namespace lostmail::whitelist
