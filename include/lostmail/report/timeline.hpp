#pragma once

#include <functional>
#include <string>

#include "lostmail/core/timeline.hpp"

namespace lostmail::report {

/// How a timeline is told. The functions give words that other rooms own.
struct TimelineStyle {
  bool color = false;                                           ///< ANSI, for a terminal
  std::function<std::string(const ClassifiedRefusal&)> reason;  ///< why, in words, without a full
                                                                ///< stop; empty: not known
  std::function<std::string(const SourceRef&)> place;           ///< of a line, short
  std::size_t columns = 80;
};

/// The events in order, then a verdict for each recipient. Ends with a newline.
[[nodiscard]] std::string timeline_text(const Timeline& timeline, const TimelineStyle& style);

/// The verdict in words, without colour or line breaks.
[[nodiscard]] std::string verdict_text(const Timeline& timeline, const Fate& fate,
                                       const TimelineStyle& style);

/// The lines of the logs themselves, cause lines before their refusals; each once.
[[nodiscard]] std::string timeline_lines(const Timeline& timeline);

/// JSON Lines: one for each event, then one for each verdict; `number` tells timelines apart.
void append_timeline_json(const Timeline& timeline, std::size_t number, std::string& out);

}  // namespace lostmail::report
