#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/assemble/assembler.hpp"
#include "lostmail/assemble/log_clock.hpp"
#include "lostmail/core/event.hpp"
#include "lostmail/core/result.hpp"
#include "lostmail/input/log_list.hpp"

namespace lostmail::ingest {

/// Where to take a log up again.
struct Resume {
  std::uint64_t offset = 0;  ///< decompressed; the start of a line
  std::uint64_t line = 0;    ///< lines before it
  std::uint64_t new_from =
      0;  ///< offset of the first line that no run took yet; those before it are only context
  std::int64_t number = 0;  ///< of the log
};

/// A place of a log from which the lines that follow can be understood.
struct Rewind {
  std::int64_t time = 0;  ///< UTC seconds
  std::uint64_t offset = 0;
  std::uint64_t line = 0;  ///< lines before it
};

/// What became of one log.
struct LogOutcome {
  std::filesystem::path path;
  LineCounts counts;
  std::uint64_t offset = 0;  ///< behind the last line that was taken
  std::uint64_t line = 0;    ///< number of that line
  Rewind rewind;             ///< kContextSeconds before the end, or the start
  bool packed = false;
  bool skipped = false;  ///< in a directory, and no log
  bool year_inferred = false;
  std::uint64_t shortened = 0;              ///< lines longer than LineReader::kMaxLineBytes
  std::optional<std::int64_t> first, last;  ///< UTC seconds of the first and last record
  std::string tail;  ///< bytes before `offset`, LineReader::kTailBytes or all; perhaps fewer
  std::optional<Error> problem;
};

/// How far back lines bear on later ones: Exim's callout cache keeps a domain for three hours, the
/// longest of all.
inline constexpr std::int64_t kContextSeconds = 3 * 3600;

struct Settings {
  std::optional<assemble::Zone> zone;  ///< --tz
  std::optional<int> year;             ///< --year
  std::int64_t now = 0;                ///< UTC seconds
  int wait_seconds = 60;               ///< for another run that writes the store
  int threads = 1;                     ///< that share the work, the caller's among them
  bool more_follows = false;  ///< the logs are still written: half a last line, and what the next
                              ///< lines may join, waits
  /// Where to begin in a log; absent: at its start. nullopt: nothing is new, it is not read.
  std::function<std::optional<Resume>(const std::filesystem::path&)> resume;
  std::optional<std::int64_t> until;  ///< UTC seconds: a log is not read beyond
  /// Now and then: packed bytes read so far, and of how many.
  std::function<void(std::uint64_t, std::uint64_t)> progress;
};

/// When a log begins, UTC seconds; nullopt where it is not read or has no dated line.
[[nodiscard]] std::optional<std::int64_t> begin_of(const input::LogList::Item& log,
                                                   const Settings& settings);

/// Reads several logs as one history, merged by time, for its refusals alone. A log that cannot be
/// read does not stop the others. `take` is called for each, in order and one at a time, on any
/// thread of the run. `host`: as in Assembler::Settings.
[[nodiscard]] std::vector<LogOutcome> read_refusals(const std::vector<input::LogList::Item>& logs,
                                                    const Settings& settings,
                                                    std::optional<std::string> host,
                                                    const std::function<void(Refusal&&)>& take);

}  // namespace lostmail::ingest
