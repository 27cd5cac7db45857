#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lostmail/classify/pattern_set.hpp"
#include "lostmail/core/message_event.hpp"
#include "search/conditions.hpp"
#include "search/log_file.hpp"

namespace lostmail::search {

/// The lines of one log that bear on the answer, by their offset.
struct Pick {
  std::string text;
  std::uint64_t number = 0;  ///< from 1; 0: not counted yet
  bool of_message = false;   ///< a line of a message that is followed; else the surroundings of a
                             ///< refusal
};
using Picks = std::map<std::uint64_t, Pick>;
/// Some lines with their offsets, in order.
using PickedLines = std::vector<std::pair<std::uint64_t, Pick>>;

/// Reads the picked lines of all logs as one history, as ingest reads whole ones, and gives the
/// events of the followed messages and the refusals that `wanted` says yes to.
using Wanted = std::function<bool(const Refusal& refusal, std::string_view line)>;
[[nodiscard]] std::vector<MessageEvent> read_picks(
    const std::vector<std::unique_ptr<LogFile>>& logs, std::vector<Picks>& picks,
    const classify::PatternSet& patterns, const Settings& settings, const Wanted& wanted);

}  // namespace lostmail::search
