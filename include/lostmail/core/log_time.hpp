#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lostmail {

/// A time stamp as a line writes it: what is not written is absent.
struct LogStamp {
  int year = 0;  ///< 0: not written (RFC 3164 §4.1.2)
  int month = 1, day = 1;
  int hour = 0, minute = 0, second = 0;  ///< second 0…61 (leap seconds)
  int microsecond = 0;
  std::optional<int>
      offset_minutes;  ///< east of UTC; absent: local time of the machine that logged
  std::optional<int> likely_offset_minutes;  ///< where that is absent: of the frame around it
};

/// The text of a time. Each printed refusal has one: it needs no memory of its own.
class TimeText {
 public:
  void put(char c) { bytes_[size_++] = c; }
  /// The last two digits of `value`; any number, since a stamp may have any year.
  void put_two(int value);
  /// `value` from 0 to 999 in three digits.
  void put_three(int value) {
    put(static_cast<char>('0' + value / 100));
    put_two(value % 100);
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 40> bytes_{};  ///< `2026-11-24T01:10:41.123456+01:00`
  std::size_t size_ = 0;
};

/// An instant and how sure it is. Ordered by the instant.
struct LogTime {
  std::int64_t utc_micros = 0;  ///< since 1970-01-01T00:00:00Z
  std::int16_t offset_minutes = 0;
  bool has_fraction = false;
  bool year_inferred = false;
  bool zone_inferred = false;

  /// Rounded down. Inline, because every line asks for it several times.
  [[nodiscard]] std::int64_t utc_seconds() const {
    const std::int64_t seconds = utc_micros / 1'000'000;
    return utc_micros < seconds * 1'000'000 ? seconds - 1 : seconds;
  }
  /// RFC 3339 with the offset, with a fraction only where the log had one:
  /// `2026-11-24T01:10:41+01:00`.
  [[nodiscard]] TimeText rfc3339() const;
  [[nodiscard]] std::string to_rfc3339() const { return std::string(rfc3339().view()); }
};

/// RFC 3339 in UTC of whole seconds since 1970: `2026-11-24T00:10:41Z`.
[[nodiscard]] std::string utc_rfc3339(std::int64_t utc_seconds);

/// Days since 1970-01-01 of a proleptic Gregorian date (month 1…12, day 1…31).
[[nodiscard]] std::int64_t days_from_civil(int year, int month, int day);

/// Year, month and day of days since 1970-01-01.
void civil_from_days(std::int64_t days, int& year, int& month, int& day);

}  // namespace lostmail
