#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/classify/pattern_set.hpp"
#include "lostmail/ingest/history.hpp"
#include "lostmail/store/store.hpp"

namespace lostmail::ingest {

struct IngestSummary {
  std::vector<LogOutcome> logs;
  std::uint64_t unchanged = 0;       ///< logs of which nothing is new
  std::uint64_t refusals = 0;        ///< in the lines that were new
  std::uint64_t new_refusals = 0;    ///< of these, or now complete; not yet in the store
  std::vector<store::LogState> cut;  ///< logs of which this run found that lines may be lost
};

/// Reads what is new of `logs` into the store: rows and read positions in one transaction. `host`
/// is --host. Errors: those of the store; then nothing of this run is kept. A log that cannot be
/// read is told in its outcome.
[[nodiscard]] Result<IngestSummary> ingest(const std::vector<input::LogList::Item>& logs,
                                           Settings settings,
                                           const std::optional<std::string>& host,
                                           const classify::PatternSet& patterns,
                                           store::Store& store);

/// What a line looks like without what varies: the key under which lines that were not understood
/// are counted.
[[nodiscard]] std::string shape_of(std::string_view line);

}  // namespace lostmail::ingest
