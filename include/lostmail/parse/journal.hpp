#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lostmail::parse {

/// A line of `journalctl -o json` as a syslog line: RFC 3339 time in UTC, host, ident and pid
/// before the message. nullopt for anything but an object with a MESSAGE and a time.
[[nodiscard]] std::optional<std::string> journal_text(std::string_view json);

}  // namespace lostmail::parse
