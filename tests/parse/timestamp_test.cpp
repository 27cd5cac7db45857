#include "lostmail/parse/timestamp.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace lostmail::parse {
namespace {

enum class Form { exim, rfc3164, rfc3339 };

struct StampRow {
  const char* name;
  Form form;
  std::string_view text;
  std::size_t length;  // 0: no stamp
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  std::optional<int> offset = std::nullopt;
};

std::optional<ParsedStamp> read(const StampRow& row) {
  if (row.form == Form::exim) return exim_stamp(row.text);
  return row.form == Form::rfc3164 ? rfc3164_stamp(row.text) : rfc3339_stamp(row.text);
}

TEST(Timestamp, Forms) {
  const std::vector<StampRow> rows{
      // Exim tod.c tod_stamp()
      {"exim default", Form::exim, "2024-05-01 10:00:00 x", 20, 2024, 5, 1, 10, 0, 0},
      {"exim millisec", Form::exim, "2024-05-01 10:00:00.123 x", 24, 2024, 5, 1, 10, 0, 0, 123'000},
      {"exim zone", Form::exim, "2024-05-01 10:00:00 +0200 x", 26, 2024, 5, 1, 10, 0, 0, 0, 120},
      {"exim both", Form::exim, "2024-05-01 10:00:00.123 -0330 x", 30, 2024, 5, 1, 10, 0, 0,
       123'000, -210},
      {"exim UTC zone", Form::exim, "2024-12-31 23:59:60 +0000 x", 26, 2024, 12, 31, 23, 59, 60, 0,
       0},
      {"exim pid is no zone", Form::exim, "2024-05-01 10:00:00 [123] x", 20, 2024, 5, 1, 10, 0, 0},
      {"exim month 13", Form::exim, "2024-13-01 10:00:00 x", 0},
      {"exim day 0", Form::exim, "2024-05-00 10:00:00 x", 0},
      {"exim hour 24", Form::exim, "2024-05-01 24:00:00 x", 0},
      {"exim without blank", Form::exim, "2024-05-01 10:00:00", 0},
      {"exim with T", Form::exim, "2024-05-01T10:00:00 x", 0},
      {"exim indented", Form::exim, " 2024-05-01 10:00:00 x", 0},
      {"exim empty", Form::exim, "", 0},
      // RFC 3164 section 4.1.2; journalctl -o short pads with a zero
      {"rfc3164", Form::rfc3164, "Nov  1 00:00:01 mx1", 16, 0, 11, 1, 0, 0, 1},
      {"rfc3164 two digits", Form::rfc3164, "Dec 31 23:59:59 mx1", 16, 0, 12, 31, 23, 59, 59},
      {"rfc3164 zero", Form::rfc3164, "Nov 01 00:00:01 mx1", 16, 0, 11, 1, 0, 0, 1},
      {"rfc3164 precise", Form::rfc3164, "Nov 01 00:00:01.123456 mx1", 23, 0, 11, 1, 0, 0, 1,
       123'456},
      {"rfc3164 leap day", Form::rfc3164, "Feb 29 12:00:00 mx1", 16, 0, 2, 29, 12, 0, 0},
      {"rfc3164 no month", Form::rfc3164, "Nox  1 00:00:01 mx1", 0},
      {"rfc3164 day 32", Form::rfc3164, "Nov 32 00:00:01 mx1", 0},
      {"rfc3164 cut off", Form::rfc3164, "Nov  1 00:00:0", 0},
      // RFC 3339, RFC 5424 section 6.2.3
      {"rfc3339", Form::rfc3339, "2026-11-01T00:00:01+01:00 mx1", 26, 2026, 11, 1, 0, 0, 1, 0, 60},
      {"rfc3339 micros", Form::rfc3339, "2026-11-01T00:00:01.123456+01:00 mx1", 33, 2026, 11, 1, 0,
       0, 1, 123'456, 60},
      {"rfc3339 Z", Form::rfc3339, "2026-11-01T00:00:01.5Z mx1", 23, 2026, 11, 1, 0, 0, 1, 500'000,
       0},
      {"rfc3339 no colon", Form::rfc3339, "2026-11-01T00:00:01-0500 mx1", 25, 2026, 11, 1, 0, 0, 1,
       0, -300},
      {"rfc3339 no zone", Form::rfc3339, "2026-11-01T00:00:01 mx1", 0},
      {"rfc3339 blank", Form::rfc3339, "2026-11-01 00:00:01Z mx1", 0},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto stamp = read(row);
    EXPECT_EQ(stamp ? stamp->length : 0, row.length);
    if (!stamp || row.length == 0) continue;
    EXPECT_EQ(stamp->stamp.year, row.year);
    EXPECT_EQ(stamp->stamp.month, row.month);
    EXPECT_EQ(stamp->stamp.day, row.day);
    EXPECT_EQ(stamp->stamp.hour, row.hour);
    EXPECT_EQ(stamp->stamp.minute, row.minute);
    EXPECT_EQ(stamp->stamp.second, row.second);
    EXPECT_EQ(stamp->stamp.microsecond, row.micros);
    EXPECT_EQ(stamp->stamp.offset_minutes, row.offset);
  }
}

struct QueueIdRow {
  std::string_view id;
  int before;
  bool valid;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

TEST(Timestamp, QueueIds) {
  const std::vector<QueueIdRow> rows{
      // Sendmail queue.c assign_queueid(): base 62, UTC, years modulo 60
      {"6AO1Yngh003060", 2026, true, 2026, 11, 24, 1, 34, 49},
      {"6AO1Yngh003060", 2024, true, 1966, 11, 24, 1, 34, 49},
      {"6AO1Yngh3529565", 2026, true, 2026, 11, 24, 1, 34, 49},
      {"w8R5VIEq012345", 2026, true, 2018, 9, 27, 5, 31, 18},
      {"gAABdPd17840", 2026, true, 2002, 11, 10, 11, 39, 25},
      {"55HIbcGI002794", 2026, true, 2025, 6, 17, 18, 37, 38},
      {"kBC502520512", 2010, true, 2006, 12, 12, 5, 0, 2},
      {"6CO1Yngh003060", 2026, false},  // month 12
      {"6A01Yngh003060", 2026, false},  // day 0
      {"6AOOYngh003060", 2026, false},  // hour 24
      {"zAO1Yngh003060", 2026, false},  // year beyond the cycle
      {"6AO1-ngh003060", 2026, false},
      {"6AO1", 2026, false},
      {"", 2026, false},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.id);
    const auto stamp = queue_id_time(row.id, row.before);
    ASSERT_EQ(stamp.has_value(), row.valid);
    if (!stamp) continue;
    EXPECT_EQ(stamp->year, row.year);
    EXPECT_EQ(stamp->month, row.month);
    EXPECT_EQ(stamp->day, row.day);
    EXPECT_EQ(stamp->hour, row.hour);
    EXPECT_EQ(stamp->minute, row.minute);
    EXPECT_EQ(stamp->second, row.second);
    EXPECT_EQ(stamp->offset_minutes, std::optional<int>(0));
  }
}

/// Whatever stamp was read before.
TEST(StampReader, ReadsEachStampAsItIs) {
  const std::string nothing(17, '\0');
  const std::vector<std::string> exim{"2024-05-01 10:00:00 x",
                                      "2024-05-01 10:00:59 x",
                                      "2024-05-01 10:00:60 x",
                                      "2024-05-01 10:00:62 x",
                                      "2024-05-01 10:00:07",
                                      "2024-05-01 10:00:07 ",
                                      "2024-05-01 10:00:0x x",
                                      "2024-05-01 10:00:07.5 x",
                                      "2024-05-01 10:00:07 +0200 x",
                                      "2024-05-01 10:00:07 -0330 x",
                                      "2024-05-01 10:00:07 - x",
                                      "2024-05-01 10:01:07 x",
                                      "2024-05-01 10:00:07x",
                                      "2024-05-01T10:00:07 x",
                                      nothing + "00 x",
                                      ""};
  const std::vector<std::string> rfc3164{
      "Nov  1 00:00:01 mx1", "Nov  1 00:00:59 mx1",  "Nov  1 00:00:61 mx1", "Nov  1 00:00:62 mx1",
      "Nov  1 00:00:1x mx1", "Nov  1 00:00:01.5 mx", "Nov 01 00:00:01 mx1", "Nov  1 00:01:01 mx1",
      "Nov  1 00:00:01",     "Dec  1 00:00:01 mx1",  nothing + "00 x",      ""};
  const auto expect_equal = [](const std::optional<ParsedStamp>& alone, std::size_t length,
                               const LogStamp& stamp, const std::string& of) {
    ASSERT_EQ(length, alone ? alone->length : 0) << of;
    if (!alone) return;
    EXPECT_EQ(stamp.year, alone->stamp.year) << of;
    EXPECT_EQ(stamp.month, alone->stamp.month) << of;
    EXPECT_EQ(stamp.day, alone->stamp.day) << of;
    EXPECT_EQ(stamp.hour, alone->stamp.hour) << of;
    EXPECT_EQ(stamp.minute, alone->stamp.minute) << of;
    EXPECT_EQ(stamp.second, alone->stamp.second) << of;
    EXPECT_EQ(stamp.microsecond, alone->stamp.microsecond) << of;
    EXPECT_EQ(stamp.offset_minutes, alone->stamp.offset_minutes) << of;
  };
  const auto expect_all = [&](const std::vector<std::string>& texts, auto alone, auto among) {
    for (const auto& before : texts) {
      for (const auto& text : texts) {
        StampReader reader;
        LogStamp first, stamp;
        static_cast<void>((reader.*among)(before, first));
        const auto length = (reader.*among)(text, stamp);
        expect_equal(alone(text), length, stamp, before + " | " + text);
      }
    }
  };
  expect_all(exim, exim_stamp, &StampReader::exim);
  expect_all(rfc3164, rfc3164_stamp, &StampReader::rfc3164);
}

}  // namespace
}  // namespace lostmail::parse
