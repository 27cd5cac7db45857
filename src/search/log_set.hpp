#pragma once

#include <memory>
#include <vector>

#include "search/log_file.hpp"
#include "search/parallel.hpp"
#include "search/picks.hpp"

namespace lostmail::search {

/// The logs of one search, and what was picked from each so far.
class LogSet {
 public:
  /// Looks at each log. `settings` outlives it.
  LogSet(const std::vector<input::LogList::Item>& items, const Settings& settings);

  [[nodiscard]] std::size_t size() const { return logs_.size(); }
  [[nodiscard]] LogFile& operator[](std::size_t index) { return *logs_[index]; }
  [[nodiscard]] bool usable(std::size_t index) const { return usable_[index] != 0; }
  [[nodiscard]] const std::vector<std::unique_ptr<LogFile>>& files() const { return logs_; }
  [[nodiscard]] std::vector<Picks>& picks() { return picks_; }
  /// Of the usable ones, by where they begin.
  [[nodiscard]] std::vector<std::size_t> in_order() const;

 private:
  Room room_;  ///< outlives the logs
  std::vector<std::unique_ptr<LogFile>> logs_;
  std::vector<char> usable_;  ///< not vector<bool>: threads write side by side
  std::vector<Picks> picks_;
};

}  // namespace lostmail::search
