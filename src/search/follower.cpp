#include "search/follower.hpp"

#include <algorithm>
#include <mutex>
#include <tuple>

#include "lostmail/assemble/message_events.hpp"
#include "search/text_lines.hpp"
#include "search/trail.hpp"

namespace lostmail::search {
namespace {

constexpr std::size_t kMostFollowed = 20'000;
constexpr std::size_t kTrails = 4;           ///< that ids part into, whatever the threads
constexpr std::size_t kFewIds = 4;           ///< which are not parted
constexpr std::int64_t kPassing = 2 * 3600;  ///< a message passes through filters within this time

Result<std::vector<Trail>> trails_of(const std::vector<std::string>& ids, std::size_t count) {
  std::vector<Trail> trails;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = [&](std::size_t part) {
      return ids.begin() + static_cast<std::ptrdiff_t>(ids.size() * part / count);
    };
    auto trail = Trail::of({at(i), at(i + 1)});
    if (!trail) return tl::unexpected(trail.error());
    trails.push_back(std::move(*trail));
  }
  return trails;
}

}  // namespace

void Follower::want(const std::string& id, std::int64_t made) {
  if (logs_.size() == 0 || followed_.size() >= kMostFollowed) return;
  Followed fresh;
  fresh.made = fresh.last = made;
  if (followed_.try_emplace(id, fresh).second) fresh_.push_back(id);
}

Result<void> Follower::follow() {
  while (!fresh_.empty()) {
    if (auto ok = follow_ids(); !ok) return ok;
    if (fresh_.empty()) {
      if (auto ok = follow_message_ids(); !ok) return ok;
    }
  }
  return {};
}

/// The ids that are new, wherever their lines can lie. In a log that can be sought in the trails of
/// older and newer ids are followed side by side; an archive is read but once.
Result<void> Follower::follow_ids() {
  std::vector<std::string> ids = std::move(fresh_);
  fresh_.clear();
  std::sort(ids.begin(), ids.end(), [&](const auto& left, const auto& right) {
    return std::tuple(followed_.at(left).made, left) < std::tuple(followed_.at(right).made, right);
  });
  const std::int64_t from = Trail::begin_of(followed_.at(ids.front()));
  auto whole = trails_of(ids, 1);
  if (!whole) return tl::unexpected(whole.error());
  auto parted = trails_of(ids, ids.size() <= kFewIds ? 1 : kTrails);
  if (!parted) return tl::unexpected(parted.error());
  for (const auto log : logs_.in_order())
    follow_in(log, logs_[log].is_at_hand(from) ? *parted : *whole);
  return {};
}

void Follower::follow_in(std::size_t log, std::vector<Trail>& trails) {
  std::vector<std::vector<Trail::Step>> steps(trails.size());
  parallel(settings_.threads, trails.size(),
           [&](std::size_t i) { steps[i] = trails[i].follow(logs_[log], followed_); });
  for (const auto& trail : trails) {
    for (const auto& [id, followed] : trail.ids()) followed_[id] = followed;
  }
  for (auto& trail : steps) {
    for (auto& step : trail) {
      want_ids_of(step.front().second.text, log);
      for (auto& [offset, pick] : step) {
        auto& known = logs_.picks()[log][offset];
        if (known.text.empty()) known = std::move(pick);
        known.of_message = true;
      }
    }
  }
}

void Follower::want_ids_of(std::string_view line, std::size_t log) {
  std::string room;
  const Record record = record_of(line, room);
  const auto when = logs_[log].time_of(line);
  const std::int64_t time = when ? when->utc_seconds() : 0;
  for (const auto id : assemble::ids_of(record)) {
    const auto made = time_of_id(id, settings_.now);
    // An id that is younger than the line, or long older, is a stranger's word.
    if (made && *made <= time + 86400 && *made + 30 * 86400 >= time) want(std::string(id), *made);
  }
}

/// A content filter or the MSP hands a message over under another id, but with its Message-ID.
Result<void> Follower::follow_message_ids() {
  std::vector<Literal> literals;
  std::int64_t since = 0, until = 0;
  for (const auto& [id, followed] : followed_) {
    if (!followed.passes_here || followed.message_id.empty()) continue;
    if (!searched_message_ids_.insert(followed.message_id).second) continue;
    const bool first = literals.empty();
    literals.push_back({followed.message_id, false});
    since = first ? followed.made - kPassing : std::min(since, followed.made - kPassing);
    until = first ? followed.last + kPassing : std::max(until, followed.last + kPassing);
  }
  if (literals.empty()) return {};
  auto set = LiteralSet::compile(literals);
  if (!set) return tl::unexpected(set.error());
  std::mutex mutex;
  std::set<std::string> found;
  parallel(settings_.threads, logs_.size(), [&](std::size_t i) {
    LogFile& log = logs_[i];
    if (!logs_.usable(i) || !log.may_hold(since, until)) return;
    log.search(
        *set, since,
        [&](std::uint64_t, std::optional<std::int64_t> when) {
          return !when || *when <= until + log.slack();
        },
        true,
        [&](const Hit& hit) {
          std::string room;
          const Record record = record_of(line_from(hit.view, hit.begin), room);
          const std::lock_guard lock(mutex);
          if (const auto id = own_id(record); !id.empty() && found.size() < kMostFollowed)
            found.insert(std::string(id));
          return true;
        });
  });
  for (const auto& id : found) {
    if (const auto made = time_of_id(id, settings_.now)) want(id, *made);
  }
  return {};
}

}  // namespace lostmail::search
