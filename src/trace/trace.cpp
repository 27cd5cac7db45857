#include "lostmail/trace/trace.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "trace/fates.hpp"
#include "trace/groups.hpp"

namespace lostmail::trace {
namespace {

/// A callout comes to us in the same seconds, before the refusal that it ends in.
constexpr std::int64_t kCalloutBefore = 120, kCalloutAfter = 10;

bool before(const MessageEvent& left, const MessageEvent& right) {
  return left.when.utc_micros < right.when.utc_micros;
}

std::int64_t last_time(const Group& group) {
  std::int64_t last = 0;
  for (const auto& event : group.events) last = std::max(last, event.when.utc_micros);
  return last;
}

std::int64_t first_time(const Group& group) {
  std::int64_t first = last_time(group);
  for (const auto& event : group.events) first = std::min(first, event.when.utc_micros);
  return first;
}

bool is_qualified(const ReversePath& path) {
  return path.is_null() || !path.mailbox()->domain().empty();
}

/// An arrival tells it, if it can with a domain: Sendmail's submission program has a bare user.
std::optional<ReversePath> sender_of(const Group& group) {
  std::optional<ReversePath> arrived, told;
  for (const auto& event : group.events) {
    const auto id = group.ids.find(event.queue_id);
    if (!event.sender || (id != group.ids.end() && id->second)) continue;
    const bool arrival = event.kind == EventKind::accepted || event.kind == EventKind::abandoned;
    auto& sender = arrival ? arrived : told;
    if (!sender || (!is_qualified(*sender) && is_qualified(*event.sender))) sender = event.sender;
  }
  return arrived ? arrived : told;
}

/// The pairs of sender and recipient that the group's own events name.
std::vector<std::string> pairs_of(const Group& group) {
  std::vector<std::string> pairs;
  const auto sender = sender_of(group);
  if (!sender || sender->is_null()) return pairs;
  const auto put = [&](std::string_view recipient) {
    if (recipient.empty()) return;
    auto key = pair_key(sender->text(), recipient);
    if (std::find(pairs.begin(), pairs.end(), key) == pairs.end()) pairs.push_back(std::move(key));
  };
  for (const auto& event : group.events) {
    const auto id = group.ids.find(event.queue_id);
    if (id != group.ids.end() && id->second) continue;
    put(event.recipient);
    put(event.asked_for);
  }
  return pairs;
}

/// Each message that followed a refused attempt of its sender and recipient joins their case.
std::vector<Group> with_later_messages(std::vector<Group> groups) {
  std::unordered_map<std::string, std::vector<std::size_t>> messages;  // by pair, in time
  std::vector<std::size_t> order(groups.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](auto left, auto right) {
    return first_time(groups[left]) < first_time(groups[right]);
  });
  for (const auto i : order) {
    if (!groups[i].accepted) continue;
    for (auto& pair : pairs_of(groups[i])) messages[std::move(pair)].push_back(i);
  }
  std::vector<bool> taken(groups.size(), false);
  for (const auto i : order) {
    if (groups[i].accepted) continue;
    const auto pairs = pairs_of(groups[i]);
    const auto later = pairs.size() == 1 ? messages.find(pairs.front()) : messages.end();
    if (later == messages.end()) continue;
    std::vector<std::int64_t> attempts;
    for (const auto& event : groups[i].events) attempts.push_back(event.when.utc_micros);
    for (const auto message : later->second) {
      const auto begins = first_time(groups[message]);
      const auto passed = std::count_if(attempts.begin(), attempts.end(),
                                        [&](auto when) { return when <= begins; });
      if (passed == 0 || taken[message]) continue;
      std::erase_if(attempts, [&](auto when) { return when <= begins; });
      taken[message] = true;
      for (auto& event : groups[message].events) groups[i].events.push_back(event);
      groups[i].ids.insert(groups[message].ids.begin(), groups[message].ids.end());
    }
  }
  std::vector<Group> kept;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!taken[i]) kept.push_back(std::move(groups[i]));
  }
  return kept;
}

/// Sendmail looks up whom to tell of a failure under the id of the message itself: its sender, and
/// the postmaster where there is none.
bool is_about_telling(const MessageEvent& event, const Timeline& timeline) {
  if (event.mta != Mta::sendmail || !event.untried || event.kind != EventKind::failed) return false;
  return equals_ignoring_case(event.recipient, "postmaster") ||
         (timeline.sender && equals_ignoring_case(event.recipient, timeline.sender->text()));
}

Timeline timeline_of(Group group) {
  Timeline timeline;
  timeline.sender = sender_of(group);
  std::stable_sort(group.events.begin(), group.events.end(), before);
  for (const auto& [id, bounce] : group.ids) {
    if (!bounce) timeline.queue_ids.push_back(id);
  }
  for (const auto& event : group.events) {
    const auto id = group.ids.find(event.queue_id);
    const bool bounce = (id != group.ids.end() && id->second) || is_about_telling(event, timeline);
    timeline.of_bounce.push_back(bounce);
    if (bounce) continue;
    if (timeline.message_id.empty()) timeline.message_id = event.message_id;
    if (timeline.subject.empty()) timeline.subject = event.subject;
  }
  timeline.events = std::move(group.events);
  return timeline;
}

bool concerns_verification(const MessageEvent& event) {
  return event.refusal && event.refusal->refusal.direction == Direction::outbound &&
         event.refusal->is.family && concerns_sender(*event.refusal->is.family);
}

/// Refusals of ours that a callout about the message's sender ran into.
void find_own_refusals(Timeline& timeline, const std::vector<const MessageEvent*>& of_null_sender) {
  if (!timeline.sender || timeline.sender->is_null()) return;
  std::vector<const MessageEvent*> found;
  for (const auto& event : timeline.events) {
    if (!concerns_verification(event)) continue;
    for (const auto* ours : of_null_sender) {
      const std::int64_t lead = event.when.utc_seconds() - ours->when.utc_seconds();
      const bool about_it =
          equals_ignoring_case(ours->recipient, timeline.sender->text()) ||
          (ours->recipient.empty() && !ours->peer_ip.empty() && ours->peer_ip == event.peer_ip);
      if (about_it && lead <= kCalloutBefore && lead >= -kCalloutAfter &&
          std::find(found.begin(), found.end(), ours) == found.end())
        found.push_back(ours);
    }
  }
  for (const auto* ours : found) {
    const auto place =
        std::upper_bound(timeline.events.begin(), timeline.events.end(), *ours, before);
    const auto index = place - timeline.events.begin();
    timeline.events.insert(place, *ours);
    timeline.of_bounce.insert(timeline.of_bounce.begin() + index, true);
  }
  for (std::size_t i = 0; i < timeline.events.size(); ++i) {
    const auto& event = timeline.events[i];
    const bool added =
        event.refusal && std::any_of(found.begin(), found.end(), [&](const auto* ours) {
          return ours->refusal == event.refusal;
        });
    if (added) timeline.own_refusals.push_back(i);
  }
}

bool asks_of_refusals(const Question& question) {
  return question.direction || question.variant || question.cause;
}

bool is_refusal_asked_for(const MessageEvent& event, const Question& question) {
  if (!event.refusal) return false;
  return (!question.direction || event.refusal->refusal.direction == *question.direction) &&
         (!question.variant || event.refusal->is.variant == *question.variant) &&
         (!question.cause || event.refusal->is.cause == *question.cause);
}

/// A refusal at MAIL or before names no recipient: it may have been anybody's.
bool is_before_recipients(const MessageEvent& event) {
  return event.refusal && !event.refusal->refusal.recipient;
}

bool is_to(const MessageEvent& event, const AddressChoice& to) {
  if (to.matches(event.recipient) || to.matches(event.asked_for)) return true;
  return !event.parents.empty() && contains(event.parents, to.text());
}

bool is_of_host(const MessageEvent& event, const HostChoice& host) {
  if (host.matches(event.peer_ip, event.peer_name)) return true;
  if (!event.refusal) return false;
  const Refusal& refusal = event.refusal->refusal;
  return (refusal.client && host.matches(refusal.client->ip, refusal.client->name.value_or(""))) ||
         (refusal.remote &&
          host.matches(refusal.remote->ip.value_or(""), refusal.remote->name.value_or("")));
}

bool has_id(const Timeline& timeline, const std::string& asked) {
  std::string_view id = asked;
  if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
  if (timeline.message_id == id) return true;
  return std::any_of(timeline.events.begin(), timeline.events.end(), [&](const auto& event) {
    return event.queue_id == id || event.other_id == id || event.message_id == id ||
           (event.refusal && fmt::format("{:016x}", event.refusal->refusal.id) == id);
  });
}

}  // namespace

bool contains(std::string_view text, std::string_view needle) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::search(text.begin(), text.end(), needle.begin(), needle.end(),
                     [&](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

MessageEvent event_of(ClassifiedRefusal classified) {
  const Refusal& refusal = classified.refusal;
  MessageEvent event;
  event.kind = EventKind::refused;
  event.when = refusal.when;
  event.host = refusal.host;
  event.mta = refusal.mta;
  event.queue_id = refusal.queue_id.value_or("");
  event.sender = refusal.sender;
  if (refusal.recipient) event.recipient = refusal.recipient->text();
  event.permanent = refusal.permanent;
  event.text = refusal.text.empty() ? refusal.cause_text : refusal.text;
  event.source = refusal.source;
  if (refusal.direction == Direction::outbound && refusal.remote) {
    event.peer_ip = refusal.remote->ip.value_or("");
    event.peer_name = refusal.remote->name.value_or("");
  } else if (refusal.client) {
    event.peer_ip = refusal.client->ip;
    event.peer_name = refusal.client->name.value_or("");
  }
  // A temporary refusal by a remote is a deferral of ours.
  if (refusal.direction == Direction::outbound && !refusal.permanent)
    event.kind = EventKind::deferred;
  event.refusal = std::make_shared<const ClassifiedRefusal>(std::move(classified));
  return event;
}

bool answers(const Timeline& timeline, const Question& question) {
  if (question.id && !has_id(timeline, *question.id)) return false;
  if (question.from && !(timeline.sender && question.from->matches(*timeline.sender))) return false;
  if (question.subject && !contains(timeline.subject, *question.subject)) return false;
  const auto any = [&](auto&& test) {
    for (std::size_t i = 0; i < timeline.events.size(); ++i) {
      if (!timeline.of_bounce[i] && test(timeline.events[i])) return true;
    }
    return false;
  };
  if (question.to && !any([&](const auto& event) {
        return is_to(event, *question.to) || (question.from && is_before_recipients(event));
      }))
    return false;
  if (question.client &&
      !any([&](const auto& event) { return is_of_host(event, *question.client); }))
    return false;
  for (const auto& word : question.words) {
    if (!any([&](const auto& event) {
          return contains(event.line, word) || contains(event.cause_line, word) ||
                 contains(event.text, word) || contains(event.recipient, word) ||
                 (event.sender && contains(event.sender->text(), word));
        }))
      return false;
  }
  if (asks_of_refusals(question) &&
      !any([&](const auto& event) { return is_refusal_asked_for(event, question); }))
    return false;
  return any([&](const auto& event) {
    const auto when = event.when.utc_seconds();
    return (!question.since || when >= *question.since) &&
           (!question.until || when < *question.until);
  });
}

std::vector<Timeline> timelines(std::vector<MessageEvent> events,
                                const std::vector<KnownDelivery>& known, const Settings& settings) {
  events = without_copies(std::move(events));
  const std::vector<MessageEvent> all = events;
  std::vector<const MessageEvent*> of_null_sender;
  for (const auto& event : all) {
    if (event.refusal && event.refusal->refusal.direction == Direction::inbound &&
        (!event.sender || event.sender->is_null()))
      of_null_sender.push_back(&event);
  }
  auto groups = with_later_messages(group(std::move(events)));
  std::stable_sort(groups.begin(), groups.end(), [](const Group& left, const Group& right) {
    return last_time(left) < last_time(right);
  });
  std::vector<Timeline> result;
  for (auto& one : groups) {
    Timeline timeline = timeline_of(std::move(one));
    find_own_refusals(timeline, of_null_sender);
    settle_fates(timeline, known, settings);
    result.push_back(std::move(timeline));
  }
  return result;
}

}  // namespace lostmail::trace
