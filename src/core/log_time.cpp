#include "lostmail/core/log_time.hpp"

#include <array>
#include <cstdlib>

#include <date/date.h>

namespace lostmail {
namespace {

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

/// A time in the making. Each printed refusal has one, and a general formatter, or a string that
/// grows by each piece, took longer for it than all the rest of the time stamp's way.
class TimeText {
 public:
  void put(char c) { bytes_[size_++] = c; }
  /// `value` in `width` digits with zeros before.
  void put(std::int64_t value, std::size_t width) {
    size_ += width;
    for (std::size_t i = 1; i <= width; ++i, value /= 10)
      bytes_[size_ - i] = static_cast<char>('0' + value % 10);
  }
  [[nodiscard]] std::string text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 40> bytes_{};  ///< `2026-11-24T01:10:41.123456+01:00`
  std::size_t size_ = 0;
};

void put_civil_time(TimeText& out, std::int64_t local_seconds) {
  int year = 0, month = 0, day = 0;
  const std::int64_t days = floor_divide(local_seconds, 86400);
  civil_from_days(days, year, month, day);
  const auto rest = static_cast<int>(local_seconds - days * 86400);
  out.put(year, 4);
  out.put('-');
  out.put(month, 2);
  out.put('-');
  out.put(day, 2);
  out.put('T');
  out.put(rest / 3600, 2);
  out.put(':');
  out.put(rest / 60 % 60, 2);
  out.put(':');
  out.put(rest % 60, 2);
}

}  // namespace

std::int64_t days_from_civil(int year, int month, int day) {
  const date::year_month_day ymd{date::year{year}, date::month{static_cast<unsigned>(month)},
                                 date::day{static_cast<unsigned>(day)}};
  return date::sys_days{ymd}.time_since_epoch().count();
}

void civil_from_days(std::int64_t days, int& year, int& month, int& day) {
  const date::year_month_day ymd{date::sys_days{date::days{static_cast<int>(days)}}};
  year = static_cast<int>(ymd.year());
  month = static_cast<int>(static_cast<unsigned>(ymd.month()));
  day = static_cast<int>(static_cast<unsigned>(ymd.day()));
}

std::string LogTime::to_rfc3339() const {
  const std::int64_t seconds = utc_seconds();
  TimeText out;
  put_civil_time(out, seconds + std::int64_t{offset_minutes} * 60);
  if (has_fraction) {
    const std::int64_t micros = utc_micros - seconds * 1'000'000;
    const bool milliseconds = micros % 1000 == 0;
    out.put('.');
    out.put(milliseconds ? micros / 1000 : micros, milliseconds ? 3 : 6);
  }
  const int offset = std::abs(offset_minutes);
  out.put(offset_minutes < 0 ? '-' : '+');
  out.put(offset / 60, 2);
  out.put(':');
  out.put(offset % 60, 2);
  return out.text();
}

std::string utc_rfc3339(std::int64_t utc_seconds) {
  TimeText out;
  put_civil_time(out, utc_seconds);
  out.put('Z');
  return out.text();
}

}  // namespace lostmail
