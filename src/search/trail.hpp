#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "search/follower.hpp"
#include "search/literal_set.hpp"
#include "search/log_file.hpp"
#include "search/picks.hpp"

namespace lostmail::search {

/// Some ids, and their lines in one log: from where an id was made on until it is closed, then from
/// where the next one was made. Trails are followed side by side, so each knows its own ids alone.
class Trail {
 public:
  /// Errors: invalid_argument.
  [[nodiscard]] static Result<Trail> of(const std::vector<std::string>& ids);

  /// The first time at which an id's lines are looked for, UTC seconds.
  [[nodiscard]] static std::int64_t begin_of(const Followed& followed) {
    return followed.made - 60;
  }

  /// A line that names one of the ids as an id, and its further lines, with their offsets.
  using Step = PickedLines;
  /// `known`: of each id, from the logs before.
  [[nodiscard]] std::vector<Step> follow(LogFile& log, const FollowedIds& known);
  /// What is known of the ids since.
  [[nodiscard]] const FollowedIds& ids() const { return ids_; }

 private:
  explicit Trail(LiteralSet set) : set_(std::move(set)) {}
  bool take(const LogFile& log, const Hit& hit, std::vector<Step>& steps);

  LiteralSet set_;
  FollowedIds ids_;
};

}  // namespace lostmail::search
