#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/classify/pattern_set.hpp"
#include "lostmail/ingest/history.hpp"
#include "lostmail/trace/trace.hpp"

/// Answers a question from the logs themselves: most lines are only searched for a few texts, the
/// lines of what was found are parsed, joined and classified as ingest does it.
namespace lostmail::search {

struct Settings {
  std::optional<assemble::Zone> zone;       ///< --tz
  std::optional<int> year;                  ///< --year
  std::optional<std::string> host;          ///< --host
  std::int64_t now = 0;                     ///< UTC seconds
  std::int64_t queue_lifetime = 5 * 86400;  ///< seconds
  std::size_t limit = 20;                   ///< timelines wanted, the newest
  unsigned threads = 1;                     ///< at least 1
  std::int64_t kept = 256 * 1024 * 1024;    ///< bytes of unpacked archives, in memory
  /// Now and then, from any thread: packed bytes read since.
  std::function<void(std::uint64_t)> read_on;
};

/// One log, and what of it was searched.
struct SearchedLog {
  std::filesystem::path path;
  bool searched = false;  ///< false: it cannot hold the time that was asked for, or is no log
  bool skipped = false;   ///< in a directory, and no log
  std::optional<std::int64_t> first, last;  ///< UTC seconds of its lines
  std::optional<Stretch> stretch;  ///< for which it tells of all mail; absent: not known, or a
                                   ///< rejectlog
  std::optional<Error> problem;
};

struct Answer {
  std::vector<Timeline> timelines;  ///< the newest last, at most Settings::limit
  std::size_t more = 0;             ///< messages that the limit left out, at least
  std::vector<SearchedLog> logs;
  std::vector<Stretch> covered;  ///< for which logs were searched, or the store knows
};

/// What is known beside the logs: refusals of the store, the newest first, and deliveries.
struct Known {
  std::vector<ClassifiedRefusal> refusals;
  std::vector<trace::KnownDelivery> deliveries;
  std::vector<Stretch> covered;  ///< for which the store read logs
};

/// True where the question names something that stands in lines; else only refusals can be asked
/// for, and every line has to be read.
[[nodiscard]] bool names_text(const trace::Question& question);

/// `patterns` may be null where there are no logs. Errors: invalid_argument. A log that cannot be
/// read is told in `logs`.
[[nodiscard]] Result<Answer> find(const trace::Question& question,
                                  const std::vector<input::LogList::Item>& logs, Known known,
                                  const classify::PatternSet* patterns, const Settings& settings);

/// The line at a place of a log, through its packing; nullopt where the log has it no more.
[[nodiscard]] std::optional<std::string> line_at(const SourceRef& place);

}  // namespace lostmail::search
