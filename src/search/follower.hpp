#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "search/log_set.hpp"

namespace lostmail::search {

/// An id whose lines are collected.
struct Followed {
  std::int64_t made = 0;               ///< UTC seconds
  std::optional<std::int64_t> closed;  ///< when its last line was written, as far as that is told
  long recipients = -1, done = 0;      ///< Sendmail: of `from=`, and outcomes so far
  bool put_off = false;
  bool passes_here = false;  ///< came from, or went to, this machine: another id goes on with it
  std::string message_id;
  std::int64_t last = 0;
};

using FollowedIds = std::unordered_map<std::string, Followed>;

class Trail;

/// Picks all lines of messages, by their queue ids, and of the ids that those lead to: bounces, the
/// id under which the next queue of this machine has the message.
class Follower {
 public:
  /// Both outlive it.
  Follower(LogSet& logs, const Settings& settings) : logs_(logs), settings_(settings) {}

  /// `made`: UTC seconds.
  void want(const std::string& id, std::int64_t made);
  /// Picks the lines of what is wanted and was not followed yet.
  Result<void> follow();

 private:
  Result<void> follow_ids();
  void follow_in(std::size_t log, std::vector<Trail>& trails);
  Result<void> follow_message_ids();
  void want_ids_of(std::string_view line, std::size_t log);

  LogSet& logs_;
  const Settings& settings_;
  FollowedIds followed_;
  std::vector<std::string> fresh_;
  std::set<std::string> searched_message_ids_;
};

}  // namespace lostmail::search
