#include "search/text_lines.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "lostmail/ingest/log_look.hpp"
#include "lostmail/input/line_reader.hpp"
#include "lostmail/parse/journal.hpp"
#include "lostmail/parse/parse_line.hpp"
#include "lostmail/parse/timestamp.hpp"

namespace lostmail::search {

std::size_t line_before(std::string_view view, std::size_t begin) {
  if (begin == 0) return std::string_view::npos;
  if (begin < 2) return 0;
  // A vector at a time, as string_view::rfind() is not.
  const auto* newline = static_cast<const char*>(::memrchr(view.data(), '\n', begin - 1));
  return newline == nullptr ? 0 : static_cast<std::size_t>(newline - view.data()) + 1;
}

std::string_view line_from(std::string_view view, std::size_t begin) {
  auto line = view.substr(begin, std::min(view.find('\n', begin), view.size()) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.substr(0, input::LineReader::kMaxLineBytes);
}

/// Counted in lanes of bytes, which compilers turn into vectors.
std::uint64_t newlines_in(std::string_view text) {
  constexpr std::size_t kLanes = 64, kRows = 255;
  std::uint64_t count = 0;
  while (text.size() >= kLanes) {
    std::array<std::uint8_t, kLanes> lanes{};
    const std::size_t rows = std::min(kRows, text.size() / kLanes);
    for (std::size_t row = 0; row < rows; ++row) {
      const char* at = text.data() + row * kLanes;
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        lanes[lane] = static_cast<std::uint8_t>(lanes[lane] + (at[lane] == '\n' ? 1 : 0));
    }
    for (const auto lane : lanes) count += lane;
    text.remove_prefix(rows * kLanes);
  }
  return count + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

Record record_of(std::string_view line, std::string& room) {
  if (line.starts_with('{')) {
    if (auto text = parse::journal_text(line)) {
      room = std::move(*text);
      return parse::parse_line(room);
    }
  }
  return parse::parse_line(line);
}

std::optional<LogStamp> stamp_of(std::string_view line) {
  if (const auto own = parse::exim_stamp(line)) return own->stamp;  // most lines, unparsed
  std::string room;
  return ingest::stamp_of(record_of(line, room));
}

bool continues(const Record& record) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body))
    return exim->kind == EximRecord::Kind::continuation;
  if (const auto* part = std::get_if<EximPart>(&record.body)) return part->number > 1;
  return false;
}

std::string_view own_id(const Record& record) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body)) return exim->queue_id;
  if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body)) return sendmail->queue_id;
  return {};
}

std::optional<std::int64_t> time_of_id(std::string_view id, std::int64_t before) {
  if (parse::is_exim_message_id(id)) {
    std::int64_t time = 0;  // its first group, base 62
    for (const char c : id.substr(0, 6)) {
      const int digit = c <= '9' ? c - '0' : c <= 'Z' ? c - 'A' + 10 : c - 'a' + 36;
      time = time * 62 + digit;
    }
    return time;
  }
  if (!parse::is_sendmail_queue_id(id)) return std::nullopt;
  int year = 0, month = 0, day = 0;
  civil_from_days(before / 86400, year, month, day);
  const auto stamp = parse::queue_id_time(id, year);
  if (!stamp) return std::nullopt;
  return days_from_civil(stamp->year, stamp->month, stamp->day) * 86400 + stamp->hour * 3600 +
         stamp->minute * 60 + stamp->second;
}

}  // namespace lostmail::search
