#include "lostmail/parse/timestamp.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <tuple>

namespace lostmail::parse {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number that two characters write, -1 where one is no digit.
int two_digits(const char* at) {
  const unsigned tens = static_cast<unsigned char>(at[0]) - '0';
  const unsigned ones = static_cast<unsigned char>(at[1]) - '0';
  return tens > 9 || ones > 9 ? -1 : static_cast<int>(tens * 10 + ones);
}

bool valid_date(const LogStamp& stamp) {
  return stamp.month >= 1 && stamp.month <= 12 && stamp.day >= 1 && stamp.day <= 31;
}

/// Seconds up to 61 for leap seconds.
bool valid_clock(const LogStamp& stamp) {
  return stamp.hour <= 23 && stamp.minute <= 59 && stamp.second <= 61;
}

/// `HH:MM:SS` at `at`.
bool clock(std::string_view text, std::size_t at, LogStamp& stamp) {
  if (text.size() < at + 8 || text[at + 2] != ':' || text[at + 5] != ':') return false;
  stamp.hour = two_digits(text.data() + at);
  stamp.minute = two_digits(text.data() + at + 3);
  stamp.second = two_digits(text.data() + at + 6);
  return stamp.hour >= 0 && stamp.minute >= 0 && stamp.second >= 0 && valid_clock(stamp);
}

/// `.123` or `.123456` at `at`; moves `at` behind it. Digits beyond the sixth are dropped.
void fraction(std::string_view text, std::size_t& at, LogStamp& stamp) {
  if (at >= text.size() || text[at] != '.') return;
  std::size_t end = at + 1;
  int micros = 0, scale = 100'000;
  for (; end < text.size() && is_digit(text[end]); ++end) {
    micros += (text[end] - '0') * scale;
    scale /= 10;
  }
  if (end == at + 1) return;
  stamp.microsecond = micros;
  at = end;
}

/// `+0200`, `+02:00` or `Z` at `at`; moves `at` behind it.
bool offset(std::string_view text, std::size_t& at, LogStamp& stamp) {
  if (at >= text.size()) return false;
  if (text[at] == 'Z') {
    stamp.offset_minutes = 0;
    ++at;
    return true;
  }
  if (text[at] != '+' && text[at] != '-') return false;
  const std::size_t colon = at + 3 < text.size() && text[at + 3] == ':' ? 1 : 0;
  if (text.size() < at + 5 + colon) return false;
  const int hours = two_digits(text.data() + at + 1);
  const int minutes = two_digits(text.data() + at + 3 + colon);
  if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return false;
  stamp.offset_minutes = (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
  at += 5 + colon;
  return true;
}

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// 1…12 for the English name at the start of `text`, 0 for none.
int month_named(std::string_view text) {
  for (std::size_t i = 0; i < 12; ++i) {
    const auto name = kMonths.substr(i * 3, 3);
    if (text[0] == name[0] && text[1] == name[1] && text[2] == name[2])
      return static_cast<int>(i) + 1;
  }
  return 0;
}

/// The bytes of `text` less those of `shape`, where its zeros are digits and all else is equal;
/// false where not. Eight at a time: each line has a stamp.
bool take_shape(const char* text, const char (&shape)[9], std::array<unsigned char, 8>& digits) {
  constexpr std::uint64_t kTop = 0x8080808080808080U;
  std::array<unsigned char, 8> most{};  // what brings a byte that is too large over the top bit
  for (std::size_t i = 0; i < most.size(); ++i) most[i] = shape[i] == '0' ? 0x76 : 0x7f;
  std::uint64_t bytes = 0, wanted = 0, over = 0;
  std::memcpy(&bytes, text, sizeof bytes);
  std::memcpy(&wanted, shape, sizeof wanted);
  std::memcpy(&over, most.data(), sizeof over);
  bytes ^= wanted;
  std::memcpy(digits.data(), &bytes, sizeof bytes);
  return (((bytes + over) | bytes) & kTop) == 0;
}

/// `2024-05-01 10:00:00`, with any byte between date and clock.
bool calendar_date(std::string_view text, LogStamp& stamp) {
  if (text.size() < 19) return false;
  std::array<unsigned char, 8> date{}, time{};
  if (!take_shape(text.data(), "0000-00-", date) || !take_shape(text.data() + 11, "00:00:00", time))
    return false;
  stamp.year = date[0] * 1000 + date[1] * 100 + date[2] * 10 + date[3];
  stamp.month = date[5] * 10 + date[6];
  stamp.day = two_digits(text.data() + 8);
  stamp.hour = time[0] * 10 + time[1];
  stamp.minute = time[3] * 10 + time[4];
  stamp.second = time[6] * 10 + time[7];
  return stamp.year >= 1970 && valid_date(stamp) && valid_clock(stamp);
}

/// `2024-05-01 10:00:00[.123][ +0200] `: its length, 0 where none stands there.
std::size_t read_exim_stamp(std::string_view text, LogStamp& stamp) {
  if (text.size() < 20 || text[10] != ' ' || !calendar_date(text, stamp)) return 0;
  std::size_t at = 19;
  if (text[at] == '.') fraction(text, at, stamp);
  if (at + 6 <= text.size() && text[at] == ' ' && (text[at + 1] == '+' || text[at + 1] == '-')) {
    std::size_t zone = at + 1;
    LogStamp with_zone = stamp;
    if (offset(text, zone, with_zone) && (zone == text.size() || text[zone] == ' ')) {
      stamp = with_zone;
      at = zone;
    }
  }
  return at == text.size() || text[at] != ' ' ? 0 : at + 1;
}

/// `Nov  1 00:00:01[.123] `: its length, 0 where none stands there.
std::size_t read_rfc3164_stamp(std::string_view text, LogStamp& stamp) {
  if (text.size() < 16 || text[3] != ' ' || text[6] != ' ' || text[9] != ':') return 0;
  stamp.month = month_named(text);
  // A blank stands for a zero here.
  const char day[] = {text[4] == ' ' ? '0' : text[4], text[5]};
  stamp.day = two_digits(day);
  if (!valid_date(stamp) || !clock(text, 7, stamp)) return 0;
  std::size_t at = 15;
  fraction(text, at, stamp);
  return at >= text.size() || text[at] != ' ' ? 0 : at + 1;
}

/// True where `text` has the stamp `last` but for its seconds, a blank behind them, and no offset.
template <typename Last>
bool same_minute(std::string_view text, const Last& last, int& second) {
  constexpr std::size_t kMinute = std::tuple_size_v<decltype(last.minute)>;
  constexpr std::size_t kBehind = kMinute + 3;
  if (!last.any || text.size() < kBehind || text[kBehind - 1] != ' ' ||
      std::memcmp(text.data(), last.minute.data(), kMinute) != 0 ||
      (text.size() > kBehind && (text[kBehind] == '+' || text[kBehind] == '-'))) {
    return false;
  }
  second = two_digits(text.data() + kMinute);
  return second >= 0 && second <= 59;
}

/// What `read` says of `text`, by the last stamp where that will do.
template <typename Last>
std::size_t read_with(Last& last, std::size_t (*read)(std::string_view, LogStamp&),
                      std::string_view text, LogStamp& stamp) {
  constexpr std::size_t kPlain = std::tuple_size_v<decltype(last.minute)> + 3;
  int second = 0;
  if (same_minute(text, last, second)) {
    stamp = last.stamp;
    stamp.second = second;
    return kPlain;
  }
  const std::size_t length = read(text, stamp);
  if (length == kPlain) {  // without fraction and offset
    text.copy(last.minute.data(), last.minute.size());
    last.stamp = stamp;
    last.any = true;
  }
  return length;
}

std::optional<ParsedStamp> parsed(std::size_t (*read)(std::string_view, LogStamp&),
                                  std::string_view text) {
  ParsedStamp result;
  result.length = read(text, result.stamp);
  return result.length == 0 ? std::nullopt : std::optional(result);
}

}  // namespace

std::size_t StampReader::exim(std::string_view text, LogStamp& stamp) {
  return read_with(exim_, read_exim_stamp, text, stamp);
}

std::size_t StampReader::rfc3164(std::string_view text, LogStamp& stamp) {
  return read_with(rfc3164_, read_rfc3164_stamp, text, stamp);
}

std::optional<ParsedStamp> exim_stamp(std::string_view text) {
  return parsed(read_exim_stamp, text);
}

std::optional<ParsedStamp> rfc3164_stamp(std::string_view text) {
  return parsed(read_rfc3164_stamp, text);
}

std::optional<ParsedStamp> rfc3339_stamp(std::string_view text) {
  ParsedStamp result;
  if (text.size() < 20 || text[10] != 'T' || !calendar_date(text, result.stamp))
    return std::nullopt;
  std::size_t at = 19;
  fraction(text, at, result.stamp);
  if (!offset(text, at, result.stamp)) return std::nullopt;
  if (at >= text.size() || text[at] != ' ') return std::nullopt;
  result.length = at + 1;
  return result;
}

namespace {

/// The values of the digits of a queue id, 99 for other characters.
constexpr auto kBase62 = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(99);
  for (unsigned char i = 0; i < 10; ++i) values['0' + i] = i;
  for (unsigned char i = 0; i < 26; ++i) {
    values['A' + i] = static_cast<std::uint8_t>(10 + i);
    values['a' + i] = static_cast<std::uint8_t>(36 + i);
  }
  return values;
}();

}  // namespace

std::optional<LogStamp> queue_id_time(std::string_view queue_id, int before) {
  if (queue_id.size() < 12) return std::nullopt;
  std::array<int, 6> value{};
  for (std::size_t i = 0; i < value.size(); ++i)
    value[i] = kBase62[static_cast<unsigned char>(queue_id[i])];
  LogStamp stamp;
  stamp.month = value[1] + 1;
  stamp.day = value[2];
  stamp.hour = value[3];
  stamp.minute = value[4];
  stamp.second = value[5];
  // An unknown digit is too large for any part.
  if (value[0] >= 60 || !valid_date(stamp) || !valid_clock(stamp)) return std::nullopt;
  stamp.year = 1900 + value[0];
  while (stamp.year + 60 <= before + 1) stamp.year += 60;
  stamp.offset_minutes = 0;
  return stamp;
}

}  // namespace lostmail::parse
