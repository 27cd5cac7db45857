#include <charconv>

#include "cli/common.hpp"
#include "lostmail/core/log_time.hpp"
#include "lostmail/parse/timestamp.hpp"

namespace lostmail::cli {
namespace {

/// `90`, `7` at the start of text, moving behind it.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || value < 0 || value > 100'000) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// Seconds of one `m`, `hours`, `day` …; 0 for another word.
std::int64_t unit_seconds(std::string_view unit) {
  if (unit == "s" || unit == "second" || unit == "seconds") return 1;
  if (unit == "m" || unit == "min" || unit == "minute" || unit == "minutes") return 60;
  if (unit == "h" || unit == "hour" || unit == "hours") return 3600;
  if (unit == "d" || unit == "day" || unit == "days") return 86400;
  if (unit == "w" || unit == "week" || unit == "weeks") return 7 * 86400;
  return 0;
}

/// `-2h`, `7 days ago`: so many seconds back.
std::optional<std::int64_t> ago(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (!minus) {
    if (!text.ends_with(" ago")) return std::nullopt;
    text.remove_suffix(4);
  }
  const auto unit = unit_seconds(text);
  if (unit == 0) return std::nullopt;
  return *number * unit;
}

/// `2026-11-24`, `2026-11-24 10:00[:00]`, with `T` between, with a zone behind.
std::optional<std::int64_t> iso(std::string_view text, const assemble::Zone& zone) {
  std::string full(text);
  if (full.size() == 10) full += " 00:00:00";
  if (full.size() > 10 && full[10] == 'T') full[10] = ' ';
  if (full.size() == 16) full += ":00";
  if (full.ends_with('Z')) full.replace(full.size() - 1, 1, " +0000");
  if (full.size() > 19 && (full[19] == '+' || full[19] == '-')) full.insert(19, " ");
  full += ' ';
  const auto parsed = parse::exim_stamp(full);
  if (!parsed || parsed->length != full.size()) return std::nullopt;
  const LogStamp& stamp = parsed->stamp;
  int year = 0, month = 0, day = 0;
  civil_from_days(days_from_civil(stamp.year, stamp.month, stamp.day), year, month, day);
  if (month != stamp.month) return std::nullopt;  // the 30th of February
  const std::int64_t local = days_from_civil(stamp.year, stamp.month, stamp.day) * 86400 +
                             stamp.hour * 3600 + stamp.minute * 60 + stamp.second;
  return local -
         std::int64_t{stamp.offset_minutes ? *stamp.offset_minutes : zone.offset_at_local(local)} *
             60;
}

}  // namespace

std::int64_t local_midnight(std::int64_t utc, int days, const assemble::Zone& zone) {
  const std::int64_t local = utc + std::int64_t{zone.offset_at(utc)} * 60;
  const std::int64_t day = (local >= 0 ? local / 86400 : (local - 86399) / 86400) + days;
  return day * 86400 - std::int64_t{zone.offset_at_local(day * 86400)} * 60;
}

Result<std::int64_t> parse_when(std::string_view text, std::int64_t now,
                                const assemble::Zone& zone) {
  if (text == "now") return now;
  if (text == "today") return local_midnight(now, 0, zone);
  if (text == "yesterday") return local_midnight(now, -1, zone);
  if (const auto back = ago(text)) {
    if (*back == 0 || *back % 86400 != 0) return now - *back;
    // Whole days ago are days of the calendar: the same clock time, whatever the clock change did.
    const std::int64_t local = now + std::int64_t{zone.offset_at(now)} * 60 - *back;
    return local - std::int64_t{zone.offset_at_local(local)} * 60;
  }
  if (const auto instant = iso(text, zone)) return *instant;
  return fail(
      ErrorKind::invalid_argument, std::string("\"").append(text).append("\""),
      "is no time: say 2026-11-24, '2026-11-24 10:00', yesterday, today, -2h or '7 days ago'");
}

}  // namespace lostmail::cli
