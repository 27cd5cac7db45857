#include "lostmail/core/log_time.hpp"

#include <cstdlib>

#include <date/date.h>
#include <fmt/format.h>

namespace lostmail {
namespace {

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

std::string civil_time(std::int64_t local_seconds) {
  int year = 0, month = 0, day = 0;
  const std::int64_t days = floor_divide(local_seconds, 86400);
  civil_from_days(days, year, month, day);
  const auto rest = static_cast<int>(local_seconds - days * 86400);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month, day, rest / 3600,
                     rest / 60 % 60, rest % 60);
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

std::int64_t LogTime::utc_seconds() const { return floor_divide(utc_micros, 1'000'000); }

std::string LogTime::to_rfc3339() const {
  const std::int64_t seconds = utc_seconds();
  std::string result = civil_time(seconds + std::int64_t{offset_minutes} * 60);
  if (has_fraction) {
    const auto micros = static_cast<int>(utc_micros - seconds * 1'000'000);
    if (micros % 1000 == 0) {
      result += fmt::format(".{:03}", micros / 1000);
    } else {
      result += fmt::format(".{:06}", micros);
    }
  }
  const int offset = std::abs(offset_minutes);
  result += fmt::format("{}{:02}:{:02}", offset_minutes < 0 ? '-' : '+', offset / 60, offset % 60);
  return result;
}

std::string utc_rfc3339(std::int64_t utc_seconds) { return civil_time(utc_seconds) + "Z"; }

}  // namespace lostmail
