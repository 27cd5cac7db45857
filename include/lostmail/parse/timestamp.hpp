#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "lostmail/core/log_time.hpp"

namespace lostmail::parse {

struct ParsedStamp {
  LogStamp stamp;
  std::size_t length = 0;  ///< of the stamp and the blank behind it
};

/// `2024-05-01 10:00:00[.123][ +0200] ` (Exim tod.c tod_stamp()).
[[nodiscard]] std::optional<ParsedStamp> exim_stamp(std::string_view text);

/// Reads the stamps of one log's lines. Most of them differ from the one before in their seconds
/// alone: the rest is then taken from it.
class StampReader {
 public:
  /// As exim_stamp(), where it is to lie: its length with the blank, 0 where none stands there;
  /// `stamp` may then hold part of one.
  [[nodiscard]] std::size_t exim(std::string_view text, LogStamp& stamp);
  /// As rfc3164_stamp(), likewise.
  [[nodiscard]] std::size_t rfc3164(std::string_view text, LogStamp& stamp);

 private:
  /// The last stamp of a form, where it had neither a fraction nor an offset.
  template <std::size_t kLength>
  struct Last {
    std::array<char, kLength> minute{};  ///< its text as far as the seconds
    LogStamp stamp;
    bool any = false;
  };
  Last<17> exim_;     ///< `2024-05-01 10:00:`
  Last<13> rfc3164_;  ///< `Nov  1 00:00:`
};

/// `Nov  1 00:00:01 ` (RFC 3164 §4.1.2; journald pads the day with a zero).
[[nodiscard]] std::optional<ParsedStamp> rfc3164_stamp(std::string_view text);

/// `2026-11-01T00:00:01[.123456](Z|+01:00|+0100) ` (RFC 3339, RFC 5424 §6.2.3, journalctl -o
/// short-iso).
[[nodiscard]] std::optional<ParsedStamp> rfc3339_stamp(std::string_view text);

/// What a Sendmail queue id says of its making: UTC date and time (queue.c assign_queueid()).
/// `before` (years) chooses the 60-year cycle: the result is not later than that year + 1.
[[nodiscard]] std::optional<LogStamp> queue_id_time(std::string_view queue_id, int before);

}  // namespace lostmail::parse
