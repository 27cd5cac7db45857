#include "lostmail/core/log_time.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <date/date.h>

namespace lostmail {
namespace {

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

constexpr auto kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

/// `2026-11-24T01:10:` of a minute, in minutes since 1970.
void put_minute(TimeText& out, std::int64_t minutes) {
  int year = 0, month = 0, day = 0;
  const std::int64_t days = floor_divide(minutes, 24 * 60);
  civil_from_days(days, year, month, day);
  const auto rest = static_cast<int>(minutes - days * 24 * 60);
  out.put_two(year / 100);
  out.put_two(year % 100);
  out.put('-');
  out.put_two(month);
  out.put('-');
  out.put_two(day);
  out.put('T');
  out.put_two(rest / 60);
  out.put(':');
  out.put_two(rest % 60);
  out.put(':');
}

/// Times are mostly told in their order, many of one minute: its text is kept for the next.
TimeText civil_time(std::int64_t local_seconds) {
  thread_local std::int64_t kept_minutes = std::numeric_limits<std::int64_t>::min();
  thread_local TimeText kept;
  const std::int64_t minutes = floor_divide(local_seconds, 60);
  if (minutes != kept_minutes) {
    kept = TimeText();
    put_minute(kept, minutes);
    kept_minutes = minutes;
  }
  TimeText time = kept;
  time.put_two(static_cast<int>(local_seconds - minutes * 60));
  return time;
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

void TimeText::put_two(int value) {
  std::memcpy(bytes_.data() + size_, kTwoDigits.data() + 2 * (static_cast<unsigned>(value) % 100),
              2);
  size_ += 2;
}

TimeText LogTime::rfc3339() const {
  const std::int64_t seconds = utc_seconds();
  TimeText out = civil_time(seconds + std::int64_t{offset_minutes} * 60);
  if (has_fraction) {
    const auto micros = static_cast<int>(utc_micros - seconds * 1'000'000);
    out.put('.');
    out.put_three(micros / 1000);
    if (micros % 1000 != 0) out.put_three(micros % 1000);
  }
  const int offset = std::abs(offset_minutes);
  out.put(offset_minutes < 0 ? '-' : '+');
  out.put_two(offset / 60);
  out.put(':');
  out.put_two(offset % 60);
  return out;
}

std::string utc_rfc3339(std::int64_t utc_seconds) {
  TimeText out = civil_time(utc_seconds);
  out.put('Z');
  return std::string(out.view());
}

}  // namespace lostmail
