#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/event.hpp"

namespace lostmail::report {

/// What `lostmail status` tells. Times are UTC seconds.
struct Status {
  struct Log {
    std::string path;  ///< "-": all of standard input
    std::optional<std::int64_t> first, last;
    LineCounts counts;
    std::uint64_t bytes = 0;    ///< read, decompressed
    std::uint64_t waiting = 0;  ///< bytes behind: a last line that is not complete yet
    bool packed = false;
    bool year_inferred = false;
    std::string problem;                        ///< of the last reading; empty: none
    std::optional<std::int64_t> missing_until;  ///< cut or replaced before all of it was read
    std::uint64_t bytes_lost = 0;               ///< then: what is known to have been there
  };
  struct Gap {
    std::string log;  ///< empty: no log at all
    std::int64_t from = 0, until = 0;
    bool cut = false;
    std::uint64_t bytes_lost = 0;
  };

  std::string store;
  int schema = 0;
  std::uint64_t bytes = 0, refusals = 0, cases = 0;
  std::optional<std::int64_t> first, last, last_run, pruned_before;
  std::vector<Log> logs;
  std::vector<Gap> gaps;
};

/// How times are written, and on which clock.
struct Clock {
  std::function<std::string(std::int64_t)> text;
  std::string name;
};

[[nodiscard]] std::string status_text(const Status& status, const Clock& clock);
[[nodiscard]] std::string status_json(const Status& status);

}  // namespace lostmail::report
