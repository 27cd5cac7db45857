#pragma once

#include <optional>
#include <string_view>

#include "lostmail/core/record.hpp"

/// What the lines of a file tell of the file: whether it is a log, whose, and how its clock goes.
namespace lostmail::ingest {

/// A queue id that was made about when the line was written tells year and zone; `to=` lines can be
/// days younger. Empty: the line holds none.
[[nodiscard]] std::string_view fresh_queue_id(const Record& record);

/// True for what Exim or Sendmail wrote; a continuation alone could be anybody's.
[[nodiscard]] bool is_of_mta(const Record& record);

/// A log is text: control characters are rare in it, NUL bytes come in runs after a crash.
[[nodiscard]] bool is_binary(std::string_view block);

/// The stamp of a record: its own, else that of its syslog wrapper; nullopt where it continues the
/// line before.
[[nodiscard]] std::optional<LogStamp> stamp_of(const Record& record);

}  // namespace lostmail::ingest
