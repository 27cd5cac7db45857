#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "lostmail/core/vocabulary.hpp"

namespace lostmail::bench {

/// What a line adds to the truth.
struct Mark {
  enum class Kind : std::uint8_t { none, refusal, delivery };
  Kind kind = Kind::none;
  Direction direction = Direction::inbound;
  bool permanent = true;
  Variant variant = Variant::other;
  Cause cause = Cause::as_stated;
  std::uint64_t correspondents = 0;  ///< a hash of direction, sender and recipient; 0: not known
};

struct TimedLine {
  std::int64_t milliseconds = 0;  ///< since 1970, UTC
  std::string text;               ///< with its line feed
  Mark mark;
};

/// Lines of sessions that run at the same time, taken out in the order of their times.
class Timeline {
 public:
  void add(TimedLine line) {
    std::size_t slot = lines_.size();
    if (free_.empty()) {
      lines_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    order_.push({line.milliseconds, added_++, slot});
    lines_[slot] = std::move(line);
  }
  /// The next line that is earlier than `end`.
  [[nodiscard]] std::optional<TimedLine> take_before(std::int64_t end) {
    if (order_.empty() || order_.top().milliseconds >= end) return std::nullopt;
    const std::size_t slot = order_.top().slot;
    order_.pop();
    free_.push_back(slot);
    return std::move(lines_[slot]);
  }

  [[nodiscard]] std::uint64_t added() const { return added_; }

 private:
  struct Place {
    std::int64_t milliseconds;
    std::uint64_t number;
    std::size_t slot;
    bool operator<(const Place& other) const {  // the queue keeps the greatest on top
      return milliseconds != other.milliseconds ? milliseconds > other.milliseconds
                                                : number > other.number;
    }
  };
  std::priority_queue<Place> order_;
  std::vector<TimedLine> lines_;
  std::vector<std::size_t> free_;
  std::uint64_t added_ = 0;
};

}  // namespace lostmail::bench
