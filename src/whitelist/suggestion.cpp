#include "lostmail/whitelist/suggestion.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "lostmail/core/address.hpp"
#include "lostmail/whitelist/auto_senders.hpp"
#include "whitelist/address_check.hpp"
#include "whitelist/clients.hpp"
#include "whitelist/group.hpp"
#include "whitelist/score.hpp"
#include "whitelist/text.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::size_t kNamed = 3;  // of a list in a sentence; the rest is counted

/// Notes each (subject, reason) once.
class Refusals {
 public:
  void add(std::string subject, std::string reason) {
    seen_.emplace(std::move(subject), std::move(reason));
  }
  [[nodiscard]] std::vector<Rejected> take() const {
    std::vector<Rejected> result;
    for (const auto& [subject, reason] : seen_) result.push_back({subject, reason});
    return result;
  }

 private:
  std::set<std::pair<std::string, std::string>> seen_;
};

/// `a, b, c and 7 more`, printable.
template <typename Texts>
std::string some_of(const Texts& texts) {
  std::string result;
  std::size_t written = 0;
  for (const std::string& text : texts) {
    if (written == kNamed) return fmt::format("{} and {} more", result, texts.size() - kNamed);
    if (written++ != 0) result += ", ";
    result += text.empty() ? "<>" : printable(text);
  }
  return result;
}

std::string client_sentence(const Facts& facts) {
  const SenderEvidence& row = *facts.main;
  if (!row.client_ip) return "client not logged";
  const std::string ip = printable(client_of(row));
  std::string text;
  if (is_named(row)) {
    text = fmt::format("client {} [{}]", printable(*row.client_name), ip);
  } else if (row.client_name && !row.client_name->empty()) {
    text =
        fmt::format("client [{}], whose name {} is not confirmed", ip, printable(*row.client_name));
  } else {
    text = fmt::format("client [{}], without reverse DNS", ip);
  }
  const std::size_t others = facts.clients.size() - 1;
  return others == 0 ? text : fmt::format("{}, and {}", text, counted(others, "other client"));
}

std::vector<std::string> evidence_of(const Route& route, const Facts& facts) {
  std::vector<std::string> result;
  const std::string first = date(facts.first), last = date(facts.last);
  result.push_back(
      fmt::format("refused {} on {}, {}, for {}{}", counted(facts.attempts, "time"),
                  counted(facts.days, "day"), first == last ? first : first + " to " + last,
                  facts.at_most ? "up to " : "", counted(facts.recipients, "recipient")));
  result.push_back(client_sentence(facts));
  if (names_client(route)) {
    result.push_back("it named as sender " + some_of(facts.senders));
  } else if (facts.senders.size() > 1) {
    result.push_back("stands for the senders " + some_of(facts.senders));
  }
  result.push_back(fmt::format("said {}, cause {}: {}", name_of(facts.latest->variant),
                               name_of(facts.latest->cause), meaning_of(facts.latest->cause)));
  result.push_back(
      facts.pairs == 0
          ? "no mail between the two was seen"
          : fmt::format("mail between the two was delivered, for {} of sender and recipient",
                        counted(facts.pairs, "pair")));
  return result;
}

void add_sender_doubts(const Route& route, const SenderEvidence& row,
                       std::vector<std::string>& against) {
  if (is_provider(domain_of(row.sender))) {
    against.emplace_back("an address at a mailbox provider, where anybody gets one");
  }
  const Shape* shape = shape_of(row.sender);
  if (route.list == List::exim_auto_senders) {
    against.emplace_back("an automatic sender, easily guessed and forged");
  } else if (shape != nullptr && shape->changing) {
    against.emplace_back(
        "an automatic sender whose address likely changes with each message: the entry may "
        "help once only");
  } else if (is_automatic(row.sender)) {
    against.emplace_back("an automatic sender, easily guessed and forged");
  }
  if (row.mta == Mta::sendmail && row.family == Family::sender_verify) {
    against.emplace_back(
        "Sendmail itself verifies no sender: where a milter refused, its own configuration "
        "must name the sender, and this entry does not reach it");
  }
}

std::vector<std::string> against_of(const Route& route, const Group& group, const Facts& facts,
                                    const std::vector<Points>& points) {
  std::vector<std::string> result;
  for (const Points& term : points) {
    if (term.points < 0) result.push_back(term.why);
  }
  if (!names_client(route)) {
    add_sender_doubts(route, *facts.latest, result);
  } else if (is_private_client(client_of(*facts.main))) {
    result.emplace_back(
        "a private address: perhaps a proxy or gateway that stands for many clients");
  }
  std::size_t written = 0;
  for (const auto& [reason, attempts] : group.left_out) {
    if (written++ == kNamed) {
      result.push_back(fmt::format("attempts do not count for {}",
                                   counted(group.left_out.size() - kNamed, "further reason")));
      break;
    }
    result.push_back(fmt::format("{} not counted: {}", counted(attempts, "attempt"), reason));
  }
  return result;
}

std::string sum_as_text(const std::vector<Points>& points) {
  std::string result;
  for (const Points& term : points) {
    result += fmt::format("{}{:+} {}", result.empty() ? "" : "; ", term.points, term.why);
  }
  return result;
}

Proposal proposal_of(const Route& route, Platform platform, const Group& group, const Facts& facts,
                     std::vector<Points> points) {
  Proposal result;
  result.id = entry_id(route.list, route.key);
  result.list = route.list;
  result.key = route.key;
  result.value = route.value;
  for (const Points& term : points) result.score += term.points;
  result.evidence = evidence_of(route, facts);
  result.against = against_of(route, group, facts, points);
  result.points = std::move(points);
  result.lifts = what_it_lifts(route, platform, facts.latest->variant, facts.latest->family);
  if (facts.senders.size() == 1) result.sender = printable(*facts.senders.begin(), 320);
  result.client_ip = printable(client_of(*facts.main));
  result.client_name = printable(facts.main->client_name.value_or(""));
  result.attempts = facts.attempts;
  result.days = facts.days;
  result.recipients = facts.recipients;
  result.first = facts.first;
  result.last = facts.last;
  result.mta = facts.latest->mta;
  result.variant = facts.latest->variant;
  result.cause = facts.latest->cause;
  return result;
}

/// Proposes what a group amounts to, or notes why not.
void conclude(const Route& route, const Group& group, const Clients& clients, const Policy& policy,
              std::vector<Proposal>& proposals, Refusals& refusals) {
  if (group.hopeless) {
    refusals.add(route.key, "the sender's domain does not exist");
    return;
  }
  if (group.rows.empty()) {
    for (const auto& [reason, attempts] : group.left_out) refusals.add(route.key, reason);
    return;
  }
  const Facts facts = facts_of(route.list, group.rows, clients.records());
  if (is_flood(facts.recipients, facts.pairs, policy)) {
    refusals.add(route.key, fmt::format("a flood: {}, few or none of which had mail with it",
                                        counted(facts.recipients, "recipient")));
    return;
  }
  std::vector<Points> points = points_of(facts, policy);
  if (route.key.ends_with("@*")) points.push_back({-20, "whoever uses such a name skips it"});
  Proposal proposal = proposal_of(route, policy.platform, group, facts, std::move(points));
  if (proposal.score < policy.min_score) {
    refusals.add(route.key, fmt::format("score {} is below {}: {}", proposal.score,
                                        policy.min_score, sum_as_text(proposal.points)));
    return;
  }
  proposals.push_back(std::move(proposal));
}

/// Withholds proposals that share an id: a stranger could have chosen his address so that an
/// approval meant for another entry finds his.
void withhold_equal_ids(std::vector<Proposal>& proposals, Refusals& refusals) {
  std::map<std::string, std::size_t> uses;
  for (const Proposal& proposal : proposals) ++uses[proposal.id];
  std::erase_if(proposals, [&](const Proposal& proposal) {
    if (uses[proposal.id] == 1) return false;
    refusals.add(proposal.key,
                 fmt::format("its id {} is that of another entry too, perhaps by intent: "
                             "add it by hand",
                             proposal.id));
    return true;
  });
}

bool knows_local_domains(const Policy& policy) {
  return std::any_of(policy.local_domains.begin(), policy.local_domains.end(),
                     [](const std::string& domain) { return !domain.empty() && domain != "."; });
}

}  // namespace

Strength strength(int score) {
  constexpr int kFair = 30;
  constexpr int kStrong = 60;
  if (score < kFair) return Strength::weak;
  return score < kStrong ? Strength::fair : Strength::strong;
}

Suggestions suggest(const std::vector<SenderEvidence>& evidence,
                    const std::vector<ClientRecord>& clients, const Policy& policy) {
  if (!knows_local_domains(policy)) {
    return {{},
            {{"every sender",
              "no local domain is known, so that forged ones cannot be told: name them in the "
              "configuration"}}};
  }
  const Clients known(evidence, clients, policy);
  Groups groups;
  Refusals refusals;
  for (const SenderEvidence& row : evidence) {
    if (!concerns_sender(row.family) || row.attempts == 0) continue;
    auto way = route(row, policy);
    if (!way) {
      refusals.add(way.error().where, way.error().message);
      continue;
    }
    Group& group = groups[*way];
    group.hopeless = group.hopeless || has_no_domain(row);
    if (std::string fault = known.fault_of(row); !fault.empty()) {
      group.left_out[std::move(fault)] += row.attempts;
    } else {
      group.rows.push_back(&row);
    }
  }
  widen(groups, policy);
  Suggestions result;
  for (const auto& [way, group] : groups) {
    conclude(way, group, known, policy, result.proposals, refusals);
  }
  withhold_equal_ids(result.proposals, refusals);
  std::stable_sort(
      result.proposals.begin(), result.proposals.end(),
      [](const Proposal& left, const Proposal& right) { return left.score > right.score; });
  result.not_proposed = refusals.take();
  return result;
}

Result<void> check_by_hand(const Entry& entry, const Policy& policy) {
  const std::size_t at = entry.key.rfind('@');
  const std::string domain = entry.key.substr(at == std::string::npos ? 0 : at + 1);
  const bool local = is_within(domain, policy.local_domains);
  if (entry.list == List::exim_callout_receiver_domains) {
    if (local || !knows_local_domains(policy)) return {};
    return fail(ErrorKind::invalid_argument, printable(entry.key),
                "is no domain of this server: mail to it is not ours to let in");
  }
  if (local) {
    return fail(ErrorKind::invalid_argument, printable(entry.key),
                "a domain of ours as sender: whoever forges it would profit");
  }
  if (at == std::string::npos && is_provider(domain)) {
    return fail(ErrorKind::invalid_argument, printable(entry.key),
                "a mailbox provider whole, where anybody gets an address: name the one sender");
  }
  return {};
}

Entry entry_of(const Proposal& proposal, std::string approved_by, std::int64_t approved,
               std::int64_t expires) {
  Entry entry;
  entry.list = proposal.list;
  entry.key = proposal.key;
  entry.value = proposal.value;
  entry.reason = fmt::format("{}, {}", name_of(proposal.variant), name_of(proposal.cause));
  entry.attempts = proposal.attempts;
  entry.first = proposal.first;
  entry.last = proposal.last;
  entry.approved = approved;
  entry.expires = expires;
  entry.approved_by = std::move(approved_by);
  return entry;
}

}  // namespace lostmail::whitelist
