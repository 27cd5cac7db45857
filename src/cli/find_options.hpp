#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/selection.hpp"

namespace lostmail::cli {

/// What `find` was given.
struct FindOptions {
  SelectionOptions selection;
  std::string subject;
  std::vector<std::string> words, logs;
  std::size_t limit = 20;  ///< as said: 0 is all
  bool no_log = false, json = false, raw = false;
  std::string output, format;

  /// So many messages are shown at most; and of so many refusals, of which a message may have
  /// several.
  [[nodiscard]] std::size_t most_messages() const {
    constexpr std::size_t kAll = 1'000'000;
    return limit == 0 ? kAll : std::min(limit, kAll);
  }
  [[nodiscard]] std::size_t most_refusals() const { return most_messages() * 10 + 100; }
};

}  // namespace lostmail::cli
