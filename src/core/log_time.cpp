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

/// `value` in `width` digits with zeros before. Each printed refusal has a time, and a general
/// formatter took longer for it than all the rest of the time stamp's way.
void put_digits(std::string& out, std::int64_t value, std::size_t width) {
  std::array<char, 20> digits{};
  for (std::size_t i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), width);
}

std::string civil_time(std::int64_t local_seconds) {
  int year = 0, month = 0, day = 0;
  const std::int64_t days = floor_divide(local_seconds, 86400);
  civil_from_days(days, year, month, day);
  const std::int64_t rest = local_seconds - days * 86400;
  std::string result;
  result.reserve(32);
  const auto put = [&](char before, std::int64_t value) {
    result += before;
    put_digits(result, value, 2);
  };
  put_digits(result, year, 4);
  put('-', month);
  put('-', day);
  put('T', rest / 3600);
  put(':', rest / 60 % 60);
  put(':', rest % 60);
  return result;
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
  std::string result = civil_time(seconds + std::int64_t{offset_minutes} * 60);
  if (has_fraction) {
    const std::int64_t micros = utc_micros - seconds * 1'000'000;
    const bool milliseconds = micros % 1000 == 0;
    result += '.';
    put_digits(result, milliseconds ? micros / 1000 : micros, milliseconds ? 3 : 6);
  }
  const int offset = std::abs(offset_minutes);
  result += offset_minutes < 0 ? '-' : '+';
  put_digits(result, offset / 60, 2);
  result += ':';
  put_digits(result, offset % 60, 2);
  return result;
}

std::string utc_rfc3339(std::int64_t utc_seconds) { return civil_time(utc_seconds) + "Z"; }

}  // namespace lostmail
