#pragma once

#include <unordered_map>

#include "lostmail/assemble/assembler.hpp"

namespace lostmail::assemble {

/// What an assembler keeps for each log. Most lines are of the same log as the line before.
template <typename PerLog>
class ByLog {
 public:
  [[nodiscard]] PerLog& of(const LogView& view) {
    if (last_view_ != &view) {
      last_view_ = &view;
      last_ = &logs_[&view];
    }
    return *last_;
  }
  [[nodiscard]] auto begin() { return logs_.begin(); }
  [[nodiscard]] auto end() { return logs_.end(); }

 private:
  std::unordered_map<const LogView*, PerLog> logs_;
  const LogView* last_view_ = nullptr;
  PerLog* last_ = nullptr;
};

}  // namespace lostmail::assemble
