#include "lostmail/assemble/log_clock.hpp"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lostmail/parse/timestamp.hpp"

namespace lostmail::assemble {
namespace {

/// Seconds since 1970 of a date and time, on whatever clock they are.
std::int64_t seconds(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  return days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

/// A stamp as syslog (`Nov  1 00:00:01`), Exim (`2026-11-01 00:00:01`) or RFC 3339 writes it.
LogStamp stamp(const std::string& text) {
  for (const auto& parse : {parse::rfc3164_stamp, parse::exim_stamp, parse::rfc3339_stamp}) {
    if (const auto parsed = parse(text + " ")) return parsed->stamp;
  }
  ADD_FAILURE() << text << " is no stamp";
  return {};
}

LogClock::Settings settings_in(const char* zone, std::int64_t last_change) {
  LogClock::Settings settings;
  settings.zone = Zone::named(zone).value();
  settings.last_change = last_change;
  return settings;
}

std::string queue_id(int year, int month, int day, int hour, int minute, int second) {
  // Sendmail's queue.c assign_queueid(): year, month, day … as digits of base 60.
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";
  std::string id;
  for (const int part : {(year - 1900) % 60, month - 1, day, hour, minute, second}) {
    id += kDigits[static_cast<std::size_t>(part)];
  }
  return id + "0a012345";
}

TEST(Zone, Names) {
  struct Row {
    const char* name;
    bool good;
    int minutes_in_july;
  };
  const std::vector<Row> rows{
      {"UTC", true, 0},
      {"Europe/Berlin", true, 120},
      {"America/New_York", true, -240},
      {"Asia/Kathmandu", true, 345},
      {"+02:00", true, 120},
      {"-0500", true, -300},
      {"+05:30", true, 330},
      {"-00:30", true, -30},
      {"", false, 0},
      {"Europe/Nowhere", false, 0},
      {"../../etc/passwd", false, 0},
      {"+2", false, 0},
      {"0200", false, 0},
      {"+02:00:00", false, 0},
      {"+02h0", false, 0},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto zone = Zone::named(row.name);
    ASSERT_EQ(zone.has_value(), row.good);
    if (!zone) {
      EXPECT_EQ(zone.error().kind, ErrorKind::invalid_argument);
      continue;
    }
    EXPECT_EQ(zone->name(), row.name);
    EXPECT_EQ(zone->offset_at(seconds(2026, 7, 1)), row.minutes_in_july);
    EXPECT_EQ(zone->offset_at_local(seconds(2026, 7, 1)), row.minutes_in_july);
  }
  EXPECT_FALSE(Zone::of_this_machine().name().empty());
}

TEST(Zone, ClockChanges) {
  // Berlin, 2026: 29 March 02:00 becomes 03:00, 25 October 03:00 becomes 02:00.
  const auto zone = Zone::named("Europe/Berlin").value();
  struct Row {
    const char* name;
    std::int64_t local;
    int minutes, later;
  };
  const std::vector<Row> rows{
      {"before the gap", seconds(2026, 3, 29, 1, 59, 59), 60, 60},
      {"in the gap", seconds(2026, 3, 29, 2, 30, 0), 60, 60},
      {"behind the gap", seconds(2026, 3, 29, 3, 0, 0), 120, 120},
      {"before the repeated hour", seconds(2026, 10, 25, 1, 59, 59), 120, 120},
      {"the repeated hour starts", seconds(2026, 10, 25, 2, 0, 0), 120, 60},
      {"the repeated hour ends", seconds(2026, 10, 25, 2, 59, 59), 120, 60},
      {"behind the repeated hour", seconds(2026, 10, 25, 3, 0, 0), 60, 60},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(zone.offset_at_local(row.local), row.minutes) << row.name;
    EXPECT_EQ(zone.offset_at_local(row.local, true), row.later) << row.name;
  }
  EXPECT_EQ(zone.offset_at(seconds(2026, 3, 29, 0, 59, 59)), 60);
  EXPECT_EQ(zone.offset_at(seconds(2026, 3, 29, 1, 0, 0)), 120);
  EXPECT_EQ(zone.offset_at(seconds(2026, 10, 25, 0, 59, 59)), 120);
  EXPECT_EQ(zone.offset_at(seconds(2026, 10, 25, 1, 0, 0)), 60);
}

/// The lines of one log, and what they should become.
struct Told {
  std::string stamp;
  std::string time;
};

void expect_times(LogClock& clock, const std::vector<Told>& lines) {
  for (const auto& line : lines) {
    EXPECT_EQ(clock.resolve(stamp(line.stamp)).to_rfc3339(), line.time) << line.stamp;
  }
}

TEST(LogClock, Years) {
  struct Row {
    const char* name;
    std::int64_t last_change;
    std::optional<int> year;
    std::vector<Told> lines;
  };
  const std::int64_t november = seconds(2026, 11, 25, 6);
  const std::int64_t january = seconds(2026, 1, 2, 6);
  const std::vector<Row> rows{
      {"before the last change", november, {}, {{"Jan  1 00:00:00", "2026-01-01T00:00:00+00:00"}}},
      {"at the last change", november, {}, {{"Nov 25 06:00:00", "2026-11-25T06:00:00+00:00"}}},
      {"later in the year than the last change: a year older",
       november,
       {},
       {{"Dec  1 10:00:00", "2025-12-01T10:00:00+00:00"}}},
      {"a clock that is a day ahead",
       november,
       {},
       {{"Nov 26 05:00:00", "2026-11-26T05:00:00+00:00"}}},
      {"New Year inside the log",
       january,
       {},
       {{"Nov 30 10:00:00", "2025-11-30T10:00:00+00:00"},
        {"Dec 31 23:59:59", "2025-12-31T23:59:59+00:00"},
        {"Jan  1 00:00:00", "2026-01-01T00:00:00+00:00"},
        {"Jan  2 05:00:00", "2026-01-02T05:00:00+00:00"}}},
      {"New Year without a line in December",
       january,
       {},
       {{"Nov 30 10:00:00", "2025-11-30T10:00:00+00:00"},
        {"Jan  2 05:00:00", "2026-01-02T05:00:00+00:00"}}},
      {"a straggler of the old year",
       january,
       {},
       {{"Dec 31 23:59:58", "2025-12-31T23:59:58+00:00"},
        {"Jan  1 00:00:00", "2026-01-01T00:00:00+00:00"},
        {"Dec 31 23:59:59", "2025-12-31T23:59:59+00:00"},
        {"Jan  1 00:00:01", "2026-01-01T00:00:01+00:00"}}},
      {"a line out of order changes no year",
       november,
       {},
       {{"Aug  1 00:00:00", "2026-08-01T00:00:00+00:00"},
        {"Jul 31 23:59:59", "2026-07-31T23:59:59+00:00"},
        {"Aug  1 00:00:01", "2026-08-01T00:00:01+00:00"}}},
      {"last changed in the old year, its clock ahead in the new one",
       seconds(2025, 12, 31, 23, 59, 50),
       {},
       {{"Jan  1 00:00:05", "2026-01-01T00:00:05+00:00"}}},
      {"last changed on New Year",
       seconds(2026, 1, 1),
       {},
       {{"Dec 31 23:59:59", "2025-12-31T23:59:59+00:00"}}},
      {"--year", november, 2019, {{"Dec  1 10:00:00", "2019-12-01T10:00:00+00:00"}}},
      {"--year is the first line's",
       november,
       2019,
       {{"Dec 31 10:00:00", "2019-12-31T10:00:00+00:00"},
        {"Jan  1 10:00:00", "2020-01-01T10:00:00+00:00"}}},
      {"--year, 29 February",
       november,
       2024,
       {{"Feb 29 10:00:00", "2024-02-29T10:00:00+00:00"},
        {"Mar  1 10:00:00", "2024-03-01T10:00:00+00:00"}}},
      {"a written year is taken as it is",
       november,
       2019,
       {{"2031-05-01 10:00:00", "2031-05-01T10:00:00+00:00"},
        {"Dec 31 10:00:00", "2019-12-31T10:00:00+00:00"},
        {"2001-05-01 10:00:00", "2001-05-01T10:00:00+00:00"},
        {"Jan  1 10:00:00", "2020-01-01T10:00:00+00:00"}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto settings = settings_in("UTC", row.last_change);
    settings.year = row.year;
    LogClock clock(settings);
    expect_times(clock, row.lines);
  }
}

TEST(LogClock, WhatWasInferredIsTold) {
  struct Row {
    const char* stamp;
    bool zone_given;
    bool year_inferred, zone_inferred;
  };
  const std::vector<Row> rows{
      {"Nov 24 01:10:41", false, true, true},
      {"Nov 24 01:10:41", true, true, false},
      {"2026-11-24 01:10:41", false, false, true},
      {"2026-11-24 01:10:41", true, false, false},
      {"2026-11-24 01:10:41 +0100", false, false, false},
      {"2026-11-24T01:10:41+01:00", false, false, false},
  };
  for (const auto& row : rows) {
    auto settings = settings_in("UTC", seconds(2026, 11, 25));
    settings.zone_given = row.zone_given;
    const auto time = LogClock(settings).resolve(stamp(row.stamp));
    EXPECT_EQ(time.year_inferred, row.year_inferred) << row.stamp;
    EXPECT_EQ(time.zone_inferred, row.zone_inferred) << row.stamp;
    settings.year = 2026;  // said by the user
    EXPECT_FALSE(LogClock(settings).resolve(stamp(row.stamp)).year_inferred) << row.stamp;
  }
}

TEST(LogClock, WrittenOffsetStandsAboveTheZone) {
  for (const bool given : {false, true}) {
    auto settings = settings_in("America/New_York", seconds(2026, 11, 25));
    settings.zone_given = given;
    LogClock clock(settings);
    expect_times(clock, {{"2026-11-24 01:10:41 +0530", "2026-11-24T01:10:41+05:30"},
                         {"2026-11-24T01:10:41Z", "2026-11-24T01:10:41+00:00"},
                         {"2026-11-24 01:10:41", "2026-11-24T01:10:41-05:00"}});
  }
}

TEST(LogClock, ZoneOfTheFrame) {
  for (const bool given : {false, true}) {
    auto settings = settings_in("America/New_York", seconds(2026, 11, 25));
    settings.zone_given = given;
    LogClock clock(settings);
    LogStamp in_frame = stamp("2026-11-24 01:10:41");
    in_frame.likely_offset_minutes = 330;
    const auto time = clock.resolve(in_frame);
    EXPECT_EQ(time.to_rfc3339(), given ? "2026-11-24T01:10:41-05:00" : "2026-11-24T01:10:41+05:30");
    EXPECT_FALSE(time.zone_inferred);
    // A line of the same minute without a frame.
    expect_times(clock, {{"2026-11-24 01:10:42", "2026-11-24T01:10:42-05:00"}});
    in_frame.offset_minutes = 60;
    EXPECT_EQ(clock.resolve(in_frame).to_rfc3339(), "2026-11-24T01:10:41+01:00");
  }
}

TEST(LogClock, Fractions) {
  LogClock clock(settings_in("UTC", seconds(2026, 11, 25)));
  expect_times(clock, {{"2026-11-24 01:10:41.123", "2026-11-24T01:10:41.123+00:00"},
                       {"2026-11-24T01:10:41.123456Z", "2026-11-24T01:10:41.123456+00:00"},
                       {"2026-11-24 01:10:41", "2026-11-24T01:10:41+00:00"}});
}

TEST(LogClock, LeapSecond) {
  LogClock clock(settings_in("UTC", seconds(2017, 1, 2)));
  const auto before = clock.resolve(stamp("Dec 31 23:59:59"));
  const auto leap = clock.resolve(stamp("Dec 31 23:59:60"));
  const auto after = clock.resolve(stamp("Jan  1 00:00:00"));
  EXPECT_EQ(before.utc_seconds(), seconds(2016, 12, 31, 23, 59, 59));
  // UTC seconds since 1970 have no leap seconds: it is the first of the next minute.
  EXPECT_EQ(leap.utc_seconds(), seconds(2017, 1, 1));
  EXPECT_EQ(after.utc_seconds(), seconds(2017, 1, 1));
}

TEST(LogClock, ClockChanges) {
  struct Row {
    const char* name;
    std::vector<Told> lines;
  };
  const std::vector<Row> rows{
      {"into summer",
       {{"Mar 29 01:59:59", "2026-03-29T01:59:59+01:00"},
        {"Mar 29 03:00:00", "2026-03-29T03:00:00+02:00"}}},
      {"a time that no clock showed", {{"Mar 29 02:30:00", "2026-03-29T02:30:00+01:00"}}},
      {"out of summer, the clock goes back",
       {{"Oct 25 01:59:59", "2026-10-25T01:59:59+02:00"},
        {"Oct 25 02:10:00", "2026-10-25T02:10:00+02:00"},
        {"Oct 25 02:59:59", "2026-10-25T02:59:59+02:00"},
        {"Oct 25 02:00:00", "2026-10-25T02:00:00+01:00"},
        {"Oct 25 02:10:00", "2026-10-25T02:10:00+01:00"},
        {"Oct 25 02:59:59", "2026-10-25T02:59:59+01:00"},
        {"Oct 25 03:00:00", "2026-10-25T03:00:00+01:00"}}},
      {"a few seconds back is another process, not the second run",
       {{"Oct 25 02:30:05", "2026-10-25T02:30:05+02:00"},
        {"Oct 25 02:29:58", "2026-10-25T02:29:58+02:00"},
        {"Oct 25 02:30:06", "2026-10-25T02:30:06+02:00"}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    LogClock clock(settings_in("Europe/Berlin", seconds(2026, 11, 25)));
    expect_times(clock, row.lines);
  }
}

TEST(LogClock, QueueIdGivesYearAndZone) {
  struct Row {
    const char* name;
    std::string id;
    const char* stamp;
    const char* time;
  };
  // Last changed in 2030, on a machine in UTC: neither is true of these logs.
  const std::vector<Row> rows{
      {"UTC", queue_id(2026, 11, 24, 0, 10, 41), "Nov 24 00:10:41", "2026-11-24T00:10:41+00:00"},
      {"east", queue_id(2026, 11, 24, 0, 10, 41), "Nov 24 01:10:41", "2026-11-24T01:10:41+01:00"},
      {"west, the day before", queue_id(2026, 11, 24, 0, 10, 41), "Nov 23 19:10:41",
       "2026-11-23T19:10:41-05:00"},
      {"half an hour", queue_id(2026, 11, 24, 0, 10, 41), "Nov 24 05:40:41",
       "2026-11-24T05:40:41+05:30"},
      {"three quarters", queue_id(2026, 11, 24, 0, 10, 41), "Nov 24 05:55:41",
       "2026-11-24T05:55:41+05:45"},
      {"half an hour west", queue_id(2026, 11, 24, 4, 10, 41), "Nov 24 00:40:41",
       "2026-11-24T00:40:41-03:30"},
      {"the furthest east", queue_id(2026, 11, 24, 0, 10, 41), "Nov 24 14:10:41",
       "2026-11-24T14:10:41+14:00"},
      {"the furthest west", queue_id(2026, 11, 24, 13, 10, 41), "Nov 24 01:10:41",
       "2026-11-24T01:10:41-12:00"},
      {"logged seconds after, east", queue_id(2026, 11, 24, 0, 10, 11), "Nov 24 01:10:41",
       "2026-11-24T01:10:41+01:00"},
      {"logged seconds after, west", queue_id(2026, 11, 24, 6, 10, 11), "Nov 24 01:10:41",
       "2026-11-24T01:10:41-05:00"},
      {"New Year is here already", queue_id(2025, 12, 31, 23, 30, 0), "Jan  1 00:30:00",
       "2026-01-01T00:30:00+01:00"},
      {"New Year is not here yet", queue_id(2026, 1, 1, 0, 30, 0), "Dec 31 19:30:00",
       "2025-12-31T19:30:00-05:00"},
      {"29 February", queue_id(2024, 2, 29, 9, 0, 0), "Feb 29 10:00:00",
       "2024-02-29T10:00:00+01:00"},
      {"a session ten minutes old tells the year alone", queue_id(2026, 11, 24, 0, 0, 41),
       "Nov 24 01:10:41", "2026-11-24T01:10:41+00:00"},
      {"made days ago: nothing", queue_id(2026, 11, 20, 0, 10, 41), "Nov 24 01:10:41",
       "2029-11-24T01:10:41+00:00"},
      {"no queue id", "NOQUEUE", "Nov 24 01:10:41", "2029-11-24T01:10:41+00:00"},
      {"a Postfix id", "4XyZ-123456789", "Nov 24 01:10:41", "2029-11-24T01:10:41+00:00"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    for (const bool behind_another : {false, true}) {
      LogClock clock(settings_in("UTC", seconds(2030, 6, 1)));
      if (behind_another) static_cast<void>(clock.resolve(stamp(row.stamp)));
      clock.learn(stamp(row.stamp), row.id);
      expect_times(clock, {{row.stamp, row.time}});
    }
  }
}

TEST(LogClock, WhatTheUserSaysStandsAboveQueueIds) {
  struct Row {
    const char* name;
    bool zone_given;
    std::optional<int> year;
    const char* time;
  };
  const std::vector<Row> rows{
      {"nothing said", false, {}, "2026-11-24T01:10:41+01:00"},
      {"--tz", true, {}, "2026-11-24T01:10:41-05:00"},
      {"--year", false, 2020, "2020-11-24T01:10:41+01:00"},
      {"both", true, 2020, "2020-11-24T01:10:41-05:00"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto settings = settings_in("America/New_York", seconds(2030, 6, 1));
    settings.zone_given = row.zone_given;
    settings.year = row.year;
    LogClock clock(settings);
    clock.learn(stamp("Nov 24 01:10:41"), queue_id(2026, 11, 24, 0, 10, 41));
    expect_times(clock, {{"Nov 24 01:10:41", row.time}});
  }
}

TEST(LogClock, AQueueIdCorrectsTheLinesBehindIt) {
  LogClock clock(settings_in("UTC", seconds(2030, 6, 1)));
  expect_times(clock, {{"Dec 31 23:00:00", "2029-12-31T23:00:00+00:00"}});
  clock.learn(stamp("Dec 31 23:30:00"), queue_id(2025, 12, 31, 22, 30, 0));
  expect_times(clock, {{"Dec 31 23:30:00", "2025-12-31T23:30:00+01:00"},
                       {"Jan  1 00:00:00", "2026-01-01T00:00:00+01:00"}});
  // Summer time began: a fresh id tells the new offset, within the minute, too.
  expect_times(clock, {{"Mar 29 03:00:00", "2026-03-29T03:00:00+01:00"}});
  clock.learn(stamp("Mar 29 03:00:01"), queue_id(2026, 3, 29, 1, 0, 1));
  expect_times(clock, {{"Mar 29 03:00:01", "2026-03-29T03:00:01+02:00"}});
}

}  // namespace
}  // namespace lostmail::assemble
