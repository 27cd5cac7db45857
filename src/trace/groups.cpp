#include "trace/groups.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <unordered_map>

namespace lostmail::trace {
namespace {

constexpr std::size_t kMostOfOneMessageId = 50;  ///< floods repeat one Message-ID for all

/// Sets of queue ids that grow together.
class Ids {
 public:
  std::size_t number(const std::string& id) {
    const auto [found, fresh] = numbers_.try_emplace(id, parent_.size());
    if (fresh) parent_.push_back(parent_.size());
    return found->second;
  }
  [[nodiscard]] bool known(const std::string& id) const { return numbers_.contains(id); }
  std::size_t root(std::size_t number) {
    while (parent_[number] != number) number = parent_[number] = parent_[parent_[number]];
    return number;
  }
  void join(const std::string& left, const std::string& right) {
    parent_[root(number(left))] = root(number(right));
  }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<std::size_t> parent_;
};

/// What an arrival told of an id.
struct Origin {
  std::string message_id;
  std::string sender;
};
using Origins = std::unordered_map<std::string, Origin>;

bool is_arrival(const MessageEvent& event) {
  return event.kind == EventKind::accepted || event.kind == EventKind::abandoned;
}

Origins origins_of(const std::vector<MessageEvent>& events) {
  Origins origins;
  for (const auto& event : events) {
    if (is_arrival(event) && event.sender)
      origins[event.queue_id] = {event.message_id, to_lower(event.sender->text())};
  }
  return origins;
}

/// The next server's reply names an id: it is the message's own next id only where that id's log is
/// here and tells of the same message, for replies are a stranger's words.
bool same_message(const Origins& origins, const std::string& from, const std::string& to) {
  const auto first = origins.find(from), second = origins.find(to);
  if (second == origins.end()) return false;
  if (first == origins.end()) return true;  // its arrival is in a log that is gone
  if (!first->second.message_id.empty() && !second->second.message_id.empty())
    return first->second.message_id == second->second.message_id;
  return first->second.sender == second->second.sender;
}

void join_ids(std::vector<MessageEvent>& events, Ids& ids, std::set<std::string>& bounces) {
  const Origins origins = origins_of(events);
  for (const auto& event : events) {
    if (!event.queue_id.empty()) ids.number(event.queue_id);
  }
  std::unordered_map<std::string, std::vector<std::string>> by_message_id;
  for (auto& event : events) {
    const std::string& other = event.other_id;
    if (event.kind == EventKind::accepted && !event.message_id.empty())
      by_message_id[event.message_id].push_back(event.queue_id);
    if (other.empty()) continue;
    if (event.kind == EventKind::accepted) {  // R=: a bounce of ours
      if (!ids.known(other)) continue;
      ids.join(event.queue_id, other);
      bounces.insert(event.queue_id);
    } else if (event.kind == EventKind::bounced || event.kind == EventKind::notified) {
      ids.join(event.queue_id, other);
      bounces.insert(other);
    } else if (event.kind == EventKind::copied) {
      ids.join(event.queue_id, other);
    } else if (event.kind == EventKind::delivered && other != event.queue_id &&
               same_message(origins, event.queue_id, other)) {
      ids.join(event.queue_id, other);
      event.kind = EventKind::handed_on;
    }
  }
  for (const auto& [message_id, same] : by_message_id) {
    if (same.size() > kMostOfOneMessageId) continue;
    for (const auto& id : same) ids.join(same.front(), id);
  }
}

/// Where two logs hold one line, the better log is named.
auto copy_key(const MessageEvent& event) {
  return std::tuple(event.kind, event.when.utc_seconds(), std::string_view(event.queue_id),
                    to_lower(event.recipient), std::string_view(event.text),
                    std::string_view(event.other_id));
}

auto place_key(const MessageEvent& event) {
  return std::tuple(event.source.file ? std::string_view(*event.source.file) : std::string_view(),
                    event.source.offset, to_lower(event.recipient));
}

}  // namespace

std::string pair_key(std::string_view sender, std::string_view recipient) {
  return to_lower(sender) + '\n' + to_lower(recipient);
}

std::vector<MessageEvent> without_copies(std::vector<MessageEvent> events) {
  std::map<std::tuple<std::string_view, std::uint64_t, std::string>, std::size_t> at_place;
  std::map<std::uint64_t, std::size_t> refusals;
  std::map<decltype(copy_key(events.front())), std::size_t> seen;
  std::vector<bool> drop(events.size(), false);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].refusal) continue;
    const auto [found, fresh] = seen.emplace(copy_key(events[i]), i);
    if (fresh) continue;
    const bool better = events[i].source.rank < events[found->second].source.rank;
    drop[better ? found->second : i] = true;
    if (better) found->second = i;
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!events[i].refusal && !drop[i] &&
        (events[i].kind == EventKind::failed || events[i].kind == EventKind::deferred))
      at_place.emplace(place_key(events[i]), i);
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!events[i].refusal) continue;
    if (!refusals.emplace(events[i].refusal->refusal.id, i).second) {
      drop[i] = true;  // from the store and from the logs
      continue;
    }
    const auto line = at_place.find(place_key(events[i]));
    if (line == at_place.end()) continue;
    MessageEvent& told = events[line->second];
    if (told.kind == EventKind::failed) told.kind = EventKind::refused;
    if (!told.sender) told.sender = events[i].sender;
    told.refusal = events[i].refusal;
    drop[i] = true;
  }
  std::vector<MessageEvent> kept;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!drop[i]) kept.push_back(std::move(events[i]));
  }
  return kept;
}

std::vector<Group> group(std::vector<MessageEvent> events) {
  Ids ids;
  std::set<std::string> bounces;
  join_ids(events, ids, bounces);
  // Only an id whose message was taken has a life of its own; else its refusals are a case.
  std::set<std::size_t> accepted;
  for (const auto& event : events) {
    if (!event.queue_id.empty() && event.kind != EventKind::refused)
      accepted.insert(ids.root(ids.number(event.queue_id)));
  }
  std::vector<Group> groups;
  std::unordered_map<std::string, std::size_t> places;
  for (auto& event : events) {
    std::string key;
    const bool own =
        !event.queue_id.empty() && accepted.contains(ids.root(ids.number(event.queue_id)));
    if (own) {
      key = std::to_string(ids.root(ids.number(event.queue_id)));
    } else if (event.refusal) {
      const Refusal& refusal = event.refusal->refusal;
      key = std::string(name_of(refusal.direction)) + '\n' +
            pair_key(event.sender ? event.sender->text() : "?", event.recipient);
      // Without sender or recipient there is no case: what one client tried stays together.
      if (!refusal.sender || refusal.sender->is_null() || !refusal.recipient)
        key += '\n' + event.peer_ip;
    }
    const auto [found, fresh] = places.try_emplace(key, groups.size());
    if (fresh) groups.emplace_back();
    Group& group = groups[found->second];
    group.accepted = group.accepted || own;
    if (!event.queue_id.empty()) {
      group.ids.emplace(event.queue_id, bounces.contains(event.queue_id));
      // The bounce's own lines may be in a log that is gone.
      if (event.kind == EventKind::bounced) group.ids.emplace(event.other_id, true);
    }
    group.events.push_back(std::move(event));
  }
  return groups;
}

}  // namespace lostmail::trace
