#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lostmail/store/store.hpp"

namespace lostmail::ingest {

/// A stretch of time of which not all logs, or not all of one, were read.
struct Gap {
  std::string log;  ///< the name before rotation; empty: no log at all tells of this time
  std::int64_t from = 0, until = 0;  ///< UTC seconds
  bool cut = false;                  ///< the log was cut or replaced before all of it was read
  std::uint64_t bytes_lost = 0;      ///< where it was cut: what is known to have been there
};

/// Where what was read leaves gaps, in order: between all logs, within what one log was rotated to,
/// and where one was cut; kQuietSeconds parts two logs. Logs that tell of no delivery leave
/// none, unless they were cut.
[[nodiscard]] std::vector<Gap> gaps_of(const std::vector<store::LogState>& logs);

}  // namespace lostmail::ingest
