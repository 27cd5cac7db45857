#include "lostmail/assemble/log_clock.hpp"

#include <cstdlib>
#include <exception>

#include <date/tz.h>

#include "lostmail/parse/timestamp.hpp"

namespace lostmail::assemble {

/// Either a zone of the database or a fixed offset.
struct Zone::Rules {
  const date::time_zone* zone = nullptr;
  int fixed_minutes = 0;
  std::string name;
};

namespace {

int minutes_of(std::chrono::seconds offset) { return static_cast<int>(offset.count() / 60); }

/// `+02:00`, `-0500`: minutes; nullopt for other texts.
std::optional<int> fixed_offset(std::string_view text) {
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c != ':') {
      return std::nullopt;
    }
  }
  if (digits.size() != 4) return std::nullopt;
  const int value = std::atoi(digits.c_str());
  return (text[0] == '-' ? -1 : 1) * (value / 100 * 60 + value % 100);
}

}  // namespace

Result<Zone> Zone::named(std::string_view name) {
  auto rules = std::make_shared<Rules>();
  rules->name = name;
  if (const auto minutes = fixed_offset(name)) {
    rules->fixed_minutes = *minutes;
    return Zone(std::move(rules));
  }
  if (name == "UTC" || name == "Z") return Zone(std::move(rules));
  try {
    rules->zone = date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    return fail(ErrorKind::invalid_argument, std::string("--tz ").append(name),
                "no such time zone: give a name like Europe/Berlin, UTC or an offset like +02:00");
  }
  return Zone(std::move(rules));
}

Zone Zone::of_this_machine() {
  auto rules = std::make_shared<Rules>();
  rules->name = "UTC";
  try {
    rules->zone = date::current_zone();
    rules->name = rules->zone->name();
  } catch (const std::exception&) {
    // No tz database or no /etc/localtime: such a machine runs on UTC.
  }
  return Zone(std::move(rules));
}

const std::string& Zone::name() const { return rules_->name; }

int Zone::offset_at(std::int64_t utc_seconds) const {
  if (rules_->zone == nullptr) return rules_->fixed_minutes;
  return minutes_of(
      rules_->zone->get_info(date::sys_seconds{std::chrono::seconds{utc_seconds}}).offset);
}

int Zone::offset_at_local(std::int64_t local_seconds, bool later) const {
  if (rules_->zone == nullptr) return rules_->fixed_minutes;
  const auto info =
      rules_->zone->get_info(date::local_seconds{std::chrono::seconds{local_seconds}});
  return minutes_of(later && info.result == date::local_info::ambiguous ? info.second.offset
                                                                        : info.first.offset);
}

LogClock::LogClock(const Settings& settings) : settings_(settings) {
  int month = 0, day = 0;
  civil_from_days(settings.last_change / 86400, change_year_, month, day);
}

std::int64_t LogClock::seconds_of(const LogStamp& stamp, int year) {
  if (stamp.day != day_.day || stamp.month != day_.month || year != day_.year)
    day_ = {year, stamp.month, stamp.day, days_from_civil(year, stamp.month, stamp.day) * 86400};
  return day_.begins + stamp.hour * 3600 + stamp.minute * 60 + stamp.second;
}

int LogClock::zone_offset(std::int64_t local_seconds) {
  if (!settings_.zone_given && learned_offset_) return *learned_offset_;
  // Offsets change at full quarters of an hour; within one the last answer holds.
  const std::int64_t quarter = local_seconds / 900;
  const bool went_back = local_seconds + 1200 < last_local_;
  if (quarter == cached_hour_ && !went_back) return cached_offset_;
  cached_hour_ = quarter;
  cached_offset_ = settings_.zone.offset_at_local(local_seconds);
  const int second = settings_.zone.offset_at_local(local_seconds, true);
  if (second != cached_offset_) {
    // The repeated hour: the order of lines decides. A clock that went back, or an instant before
    // the last line's, is its second run.
    const std::int64_t first_run = local_seconds - std::int64_t{cached_offset_} * 60;
    if (first_run + 600 < last_utc_) cached_offset_ = second;
  }
  return cached_offset_;
}

int LogClock::infer_year(const LogStamp& stamp) {
  if (year_ == 0) {
    if (settings_.year) {
      year_ = *settings_.year;
    } else {
      int month = 0, day = 0;
      civil_from_days((settings_.last_change + 86400) / 86400, year_, month, day);
      if (seconds_of(stamp, year_) > settings_.last_change + 2 * 86400) --year_;
    }
  } else if (stamp.month <= 2 && month_ >= 11) {
    ++year_;  // New Year inside the log
  } else if (stamp.month >= 11 && month_ <= 2 && month_ > 0) {
    --year_;  // a straggler of the old year; lines of several processes are not in strict order
  }
  month_ = stamp.month;
  return year_;
}

bool LogClock::Minute::holds(const LogStamp& other) const {
  return known && other.minute == stamp.minute && other.hour == stamp.hour &&
         other.day == stamp.day && other.month == stamp.month && other.year == stamp.year &&
         other.offset_minutes == stamp.offset_minutes &&
         other.likely_offset_minutes == stamp.likely_offset_minutes;
}

/// The user's zone stands above that of a frame.
std::optional<int> LogClock::offset_of(const LogStamp& stamp) const {
  if (stamp.offset_minutes || settings_.zone_given) return stamp.offset_minutes;
  return stamp.likely_offset_minutes;
}

void LogClock::begin_minute(const LogStamp& stamp) {
  const int year = stamp.year != 0 ? stamp.year : infer_year(stamp);
  const std::int64_t local = seconds_of(stamp, year);
  minute_.stamp = stamp;
  minute_.begins = local - stamp.second;
  const auto written = offset_of(stamp);
  minute_.offset = written ? *written : zone_offset(local);
  minute_.known = true;
}

LogTime LogClock::resolve(const LogStamp& stamp) {
  if (!minute_.holds(stamp)) begin_minute(stamp);
  LogTime time;
  time.year_inferred = stamp.year == 0 && !settings_.year;
  time.zone_inferred = !offset_of(stamp) && !settings_.zone_given;
  time.offset_minutes = static_cast<std::int16_t>(minute_.offset);
  last_local_ = minute_.begins + stamp.second;
  last_utc_ = last_local_ - std::int64_t{minute_.offset} * 60;
  time.utc_micros = last_utc_ * 1'000'000 + stamp.microsecond;
  time.has_fraction = stamp.microsecond != 0;
  return time;
}

/// The year, of `year` and its neighbours, in which the stamp is nearest to `made`.
int LogClock::nearest_year(const LogStamp& stamp, int year, std::int64_t made) {
  constexpr std::int64_t kHalfYear = 182LL * 86400;
  const auto distance = [&](int of) { return std::llabs(seconds_of(stamp, of) - made); };
  if (distance(year) < kHalfYear) return year;
  int nearest = year;
  for (const int candidate : {year - 1, year + 1}) {
    if (distance(candidate) < distance(nearest)) nearest = candidate;
  }
  return nearest;
}

void LogClock::learn(const LogStamp& stamp, std::string_view fresh_queue_id) {
  if (settings_.zone_given && settings_.year) return;
  const auto made = parse::queue_id_time(fresh_queue_id, change_year_);
  if (!made) return;
  const std::int64_t made_utc = seconds_of(*made, made->year);
  // The stamp lies within a day of the id's time: that tells its year.
  const int year = nearest_year(stamp, made->year, made_utc);
  const std::int64_t gap = seconds_of(stamp, stamp.year != 0 ? stamp.year : year) - made_utc;
  if (std::llabs(gap) > 15 * 3600) return;  // not made now
  if (stamp.year == 0 && !settings_.year) {
    minute_.known = minute_.known && year_ == year && month_ == stamp.month;
    year_ = year;
    month_ = stamp.month;
  }
  // Local time less UTC, in quarters of an hour; a session's age comes on top, so only small
  // remainders count.
  const std::int64_t offset = gap >= 0 ? (gap + 60) / 900 * 900 : -((-gap + 840) / 900 * 900);
  if (std::llabs(gap - offset) > 60 || std::llabs(offset) > 14 * 3600) return;
  const int minutes = static_cast<int>(offset / 60);
  minute_.known = minute_.known && learned_offset_ == minutes;
  learned_offset_ = minutes;
}

}  // namespace lostmail::assemble
