#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lostmail/core/record.hpp"

/// Lines in a view of a log, found from any byte of theirs.
namespace lostmail::search {

/// The start of the line before the one at `begin`; npos where `begin` is the view's start.
[[nodiscard]] std::size_t line_before(std::string_view view, std::size_t begin);

/// The line at `begin` without its end, cut where reading cuts it.
[[nodiscard]] std::string_view line_from(std::string_view view, std::size_t begin);

/// Lines that end in `text`.
[[nodiscard]] std::uint64_t newlines_in(std::string_view text);

/// Lines of a text, one after another, until `take` says false.
template <typename Take>
void each_line(std::string_view text, Take&& take) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (!take(text.substr(0, end))) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Parses a line of a log as reading it does; `room` holds what the record's views point into.
[[nodiscard]] Record record_of(std::string_view line, std::string& room);

/// As ingest::stamp_of(record_of(line)).
[[nodiscard]] std::optional<LogStamp> stamp_of(std::string_view line);

/// True for a further line of the record before: a header of the rejectlog, a part that syslog cut.
[[nodiscard]] bool continues(const Record& record);

/// The queue id that a line is logged under; empty: none.
[[nodiscard]] std::string_view own_id(const Record& record);

/// When a queue id of either MTA was made, UTC seconds; nullopt for any other text. `before`: now.
[[nodiscard]] std::optional<std::int64_t> time_of_id(std::string_view id, std::int64_t before);

}  // namespace lostmail::search
