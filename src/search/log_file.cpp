#include "search/log_file.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "lostmail/ingest/log_look.hpp"
#include "search/parallel.hpp"
#include "search/text_lines.hpp"

namespace lostmail::search {
namespace {

constexpr int kLookLines = 400;
constexpr std::int64_t kSmallSlack = 600;        ///< lines out of order, a clock that was set
constexpr std::int64_t kChangeSlack = 2 * 3600;  ///< summer time begins or ends in the log
constexpr std::int64_t kZoneSlack = 27 * 3600;   ///< the log may be of another zone
constexpr std::uint64_t kSmallestRange = 16 * 1024 * 1024;
constexpr std::uint64_t kMostRanges = 8;
constexpr std::uint64_t kLookBefore = 256 * 1024, kLookBehind = 64 * 1024;
constexpr std::uint64_t kFar = 1024 * 1024;  ///< sooner than so far is read than sought
constexpr std::uint64_t kMostPacked = 16;    ///< bytes of a log that packing makes one of
constexpr std::size_t kPeek = 16 * 1024;
constexpr std::size_t kTail = 16 * 1024;  ///< holds a line with a time
constexpr std::uint64_t kBisectDownTo = 1024 * 1024;

/// The lines of a block that begin before `end`.
std::string_view lines_before_end(std::string_view block, std::uint64_t offset, std::uint64_t end) {
  if (end - offset > block.size()) return block;
  const auto newline = block.find('\n', static_cast<std::size_t>(end - offset - 1));
  return newline == std::string_view::npos ? block : block.substr(0, newline + 1);
}

}  // namespace

LogFile::LogFile(input::LogList::Item item, const Settings& settings, Room& room)
    : item_(std::move(item)),
      settings_(settings),
      room_(room),
      name_(std::make_shared<const std::string>(item_.path.string())),
      rank_(static_cast<int>(input::role_of(item_.path))) {
  told_.path = item_.path;
}

void LogFile::forget_content() {
  if (item_.path != "-") content_.reset();  // standard input does not come again
}

bool LogFile::keeps(std::optional<std::int64_t> since) const {
  if (!content_) return false;
  return content_->begin() == 0 || (since && kept_since_ + slack_ < *since);
}

input::BlockWindow LogFile::open_kept() const {
  return input::BlockWindow(content_->text(), content_->begin());
}

Result<input::BlockWindow> LogFile::open(std::optional<std::int64_t> since) const {
  if (keeps(since)) return open_kept();
  return input::BlockWindow::open(item_.path);
}

bool LogFile::judge(std::string_view block) {
  if (ingest::is_binary(block)) {
    told_.skipped = !item_.named;
    if (item_.named)
      told_.problem =
          Error{ErrorKind::not_a_log, item_.path.string(), "is a binary file, not a log"};
    return false;
  }
  int lines = 0;
  bool framed = false, ours = false, dated = false, zone_proven = false;
  std::string room;
  each_line(block, [&](std::string_view line) {
    const Record record = record_of(line, room);
    framed = framed || record.frame.has_value();
    ours = ours || ingest::is_of_mta(record);
    const auto stamp = ingest::stamp_of(record);
    if (const auto id = ingest::fresh_queue_id(record); !id.empty() && !zone_proven) {
      clock_->learn(record.frame->stamp, id);
      zone_proven = true;
    }
    in_our_zone_ = in_our_zone_ || (stamp && stamp->offset_minutes);  // or says its own
    // Exim makes a message's id as it arrives: that tells whether its clock is in our zone.
    if (const auto* exim = std::get_if<EximRecord>(&record.body);
        stamp && exim != nullptr && exim->kind == EximRecord::Kind::arrival) {
      const auto when = assemble::LogClock(*clock_).resolve(*stamp).utc_seconds();
      const auto made = time_of_id(exim->queue_id, settings_.now);
      in_our_zone_ = in_our_zone_ || (made && when >= *made - 2 && when <= *made + kSmallSlack);
    }
    if (stamp && !dated) {
      dated = true;
      begins_ = assemble::LogClock(*clock_).resolve(*stamp).utc_seconds();
      told_.first = begins_;
    }
    return ++lines < kLookLines;
  });
  if (!ours && !framed && !item_.named && !block.empty()) {
    told_.skipped = true;
    return false;
  }
  slack_ = zone_proven || in_our_zone_ ? kChangeSlack : kZoneSlack;
  if (framed && rank_ == static_cast<int>(input::LogRole::mainlog))
    rank_ = static_cast<int>(input::LogRole::syslog);
  return true;
}

bool LogFile::look() {
  if (item_.path == "-") {  // it comes once, so it is kept
    auto all = std::make_unique<KeptTail>(nullptr);
    auto window = open(std::nullopt);
    for (auto more = window->next(); more && *more; more = window->next())
      all->add(window->block(), window->offset());
    content_ = std::move(all);
  }
  struct stat status {};
  changed_ = settings_.now;
  if (::stat(item_.path.c_str(), &status) == 0)
    changed_ = std::min<std::int64_t>(settings_.now, status.st_mtime);
  assemble::LogClock::Settings clock;
  if (settings_.zone) clock.zone = *settings_.zone;
  clock.zone_given = settings_.zone.has_value();
  clock.year = settings_.year;
  clock.last_change = changed_;
  clock_.emplace(clock);
  auto window = open(std::nullopt);
  if (!window) {
    told_.problem = window.error();
    return false;
  }
  can_seek_ = window->can_seek();
  size_ = window->size();
  auto any = window->next();
  if (!any) {
    told_.problem = any.error();
    return false;
  }
  const auto block = *any ? window->block().substr(0, 256 * 1024) : std::string_view();
  if (!judge(block)) return false;
  if (can_seek_) look_at_the_end();
  if (slack_ == kChangeSlack && told_.last && !changes_clock(begins_, *told_.last))
    slack_ = kSmallSlack;
  return true;
}

/// Whether summer time may begin or end between two times of the log. A log that is not of our zone
/// tells its offset from UTC, but not when that changes.
bool LogFile::changes_clock(std::int64_t begin, std::int64_t end) const {
  constexpr std::int64_t kDay = 86400, kSeason = 150 * kDay;
  const auto zone = settings_.zone ? *settings_.zone : assemble::Zone::of_this_machine();
  return !in_our_zone_ || end - begin > kSeason ||
         zone.offset_at(begin - kDay) != zone.offset_at(end + kDay);
}

void LogFile::look_at_the_end() {
  auto window = content_ ? open_kept() : input::BlockWindow::open(item_.path, kTail, 0);
  if (!window || (size_ > kTail && !window->seek(size_ - kTail))) return;
  for (auto more = window->next(); more && *more; more = window->next())
    take_last_time(window->block());
}

bool LogFile::may_hold(std::optional<std::int64_t> since, std::optional<std::int64_t> until) const {
  if (since && changed_ + slack_ < *since) return false;
  return !until || begins_ - slack_ < *until;
}

std::optional<Stretch> LogFile::stretch() const {
  const auto role = input::role_of(item_.path);
  const bool whole = role == input::LogRole::mainlog || role == input::LogRole::syslog;
  if (!whole || !told_.first) return std::nullopt;
  // An archive that was not read to its end keeps the time at which its log was last written.
  return Stretch{*told_.first, std::max(*told_.first, told_.last.value_or(changed_))};
}

std::optional<LogTime> LogFile::time_of(std::string_view line) const {
  const auto stamp = stamp_of(line);
  if (!stamp) return std::nullopt;
  assemble::LogClock clock = *clock_;
  return clock.resolve(*stamp);
}

std::optional<std::int64_t> LogFile::first_time(std::string_view text) const {
  std::optional<std::int64_t> time;
  int lines = 0;
  each_line(text, [&](std::string_view line) {
    if (const auto when = time_of(line)) time = when->utc_seconds();
    return !time && ++lines < kLookLines;
  });
  return time;
}

void LogFile::take_last_time(std::string_view text) {
  for (int lines = 0; !text.empty() && lines < kLookLines; ++lines) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    const auto begin = text.rfind('\n');
    const auto line = begin == std::string_view::npos ? text : text.substr(begin + 1);
    if (const auto when = time_of(line)) {
      told_.last = std::max(told_.last.value_or(0), when->utc_seconds());
      return;
    }
    text = text.substr(0, begin == std::string_view::npos ? 0 : begin + 1);
  }
}

/// A place of a log at hand before which nothing is as late as `time`: halving, for lines are in
/// the order of time but for slack_.
std::uint64_t LogFile::place_of(std::int64_t time) const {
  std::uint64_t low = content_ ? content_->begin() : 0, high = content_ ? content_->end() : size_;
  while (high - low > kBisectDownTo) {
    const std::uint64_t middle = low + (high - low) / 2;
    auto window = content_ ? open_kept() : input::BlockWindow::open(item_.path, kPeek, 0);
    if (!window || !window->seek(middle)) return low;
    const auto any = window->next();
    const auto when = any && *any ? first_time(window->block()) : std::nullopt;
    if (when && *when < time - slack_) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

std::vector<LogFile::Range> LogFile::ranges() const {
  if (!can_seek_ || content_) return {Range{}};
  const auto parts = std::clamp<std::uint64_t>(size_ / kSmallestRange, 1, kMostRanges);
  std::vector<Range> ranges;
  for (std::uint64_t i = 0; i < parts; ++i)
    ranges.push_back({size_ / parts * i, size_ / parts * (i + 1)});
  ranges.back().end = kToTheEnd;
  return ranges;
}

/// At the first place of `range` that can hold lines of the time `since`. nullopt: it holds none,
/// or the log cannot be read, which is told.
std::optional<input::BlockWindow> LogFile::begin_of(const Range& range,
                                                    std::optional<std::int64_t> since) {
  auto window = open(since);
  const std::lock_guard lock(telling_);
  if (!window) {
    told_.problem = window.error();
    return std::nullopt;
  }
  told_.searched = true;
  std::uint64_t begin = range.begin;
  if (since && window->can_seek() && begins_ < *since - slack_)
    begin = std::max(begin, place_of(*since));
  if (begin >= range.end) return std::nullopt;
  if (begin > 0) {
    if (auto sought = window->seek(begin); !sought) {
      told_.problem = sought.error();
      return std::nullopt;
    }
  }
  return std::move(*window);
}

void LogFile::search(const LiteralSet& literals, std::optional<std::int64_t> since,
                     const GoOn& go_on, bool keep, const Found& found, const Range& range) {
  auto window = begin_of(range, since);
  if (!window) return;
  std::unique_ptr<KeptTail> kept;
  if (keep && !content_ && !window->can_seek()) {
    kept = std::make_unique<KeptTail>(&room_);
    kept->expect(size_ * kMostPacked);
  }
  std::string tail;
  LiteralSet::Scratch scratch(literals);
  LineCounts::Part counted;
  counted.begin = window->offset();
  bool ended = false;
  std::uint64_t read = window->offset();
  for (;;) {
    auto more = window->next();
    if (!more) {
      const std::lock_guard lock(telling_);
      told_.problem = more.error();
      kept.reset();
    }
    ended = !more || !*more;
    if (ended) break;
    const auto block = window->block();
    if (counted.blocks.empty()) counted.begin = window->offset();
    if (window->offset() >= range.end) break;
    if (!go_on(window->offset(), first_time(block))) break;
    if (kept) kept->add(block, window->offset());
    if (settings_.read_on) {
      settings_.read_on(window->packed_position() - read);
      read = window->packed_position();
    }
    const auto before = counted.begin == 0 ? std::optional(counted.lines) : std::nullopt;
    if (!search_block(literals, scratch, *window, before, range.end, found)) break;
    counted.blocks.emplace_back(window->offset(), counted.lines);
    const auto own = lines_before_end(block, window->offset(), range.end);
    counted.lines += newlines_in(own);
    counted.end = window->offset() + own.size();
    if (!window->can_seek())
      tail.assign(block.substr(block.size() - std::min<std::size_t>(block.size(), kTail)));
  }
  const std::lock_guard lock(telling_);
  if (!ended) return counts_.add(std::move(counted));
  take_last_time(tail);
  if (kept) {
    kept_since_ = first_time(kept->text()).value_or(std::numeric_limits<std::int64_t>::max() / 2);
    content_ = std::move(kept);
  }
  counts_.add(std::move(counted));
}

/// False: `found` has enough.
bool LogFile::search_block(const LiteralSet& literals, LiteralSet::Scratch& scratch,
                           const input::BlockWindow& window,
                           std::optional<std::uint64_t> lines_before, std::uint64_t end_of_range,
                           const Found& found) const {
  const auto block = window.block();
  const auto view = window.view();
  const auto at = static_cast<std::size_t>(block.data() - view.data());
  std::size_t counted = at;
  Hit hit;
  hit.view = view;
  hit.offset = window.offset() - at;
  hit.end = at;
  bool enough = false;
  literals.find(block, scratch, [&](std::size_t, std::size_t end) {
    const std::size_t last = at + end - 1;  // a byte of the match
    if (last < hit.end) return true;        // the same line again
    const auto before = view.rfind('\n', last);
    hit.begin = before == std::string_view::npos ? 0 : before + 1;
    hit.end = std::min(view.find('\n', last), view.size());
    if (hit.offset + hit.begin >= end_of_range) return false;  // the next range's
    if (lines_before) {
      *lines_before += newlines_in(view.substr(counted, hit.begin - counted));
      counted = hit.begin;
      hit.number = *lines_before + 1;
    }
    enough = !found(hit);
    return !enough;
  });
  return !enough;
}

/// Shows the line at `offset`, which lies in the window's block.
void LogFile::show(const input::BlockWindow& window, std::uint64_t offset, std::size_t index,
                   const Look& look) {
  const auto view = window.view();
  const std::uint64_t begins =
      window.offset() - static_cast<std::uint64_t>(window.block().data() - view.data());
  const auto at = static_cast<std::size_t>(offset - begins);
  std::size_t first = at - std::min<std::size_t>(at, kLookBefore);
  if (first > 0) first = std::min(view.find('\n', first - 1), at - 1) + 1;
  Hit hit;
  hit.view = view.substr(first, at - first + kLookBehind);
  hit.offset = begins + first;
  hit.begin = at - first;
  hit.end = std::min(hit.view.find('\n', hit.begin), hit.view.size());
  look(index, hit);
}

/// What is not at hand is gone over, but once for all offsets.
void LogFile::look_around(const std::vector<std::uint64_t>& offsets, const Look& look) const {
  std::optional<input::BlockWindow> window;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const std::uint64_t first = offsets[i] - std::min(offsets[i], kLookBefore);
    const bool kept = content_ && content_->begin() <= first;
    const bool far = window && offsets[i] >= window->offset() + window->block().size() + kFar;
    if (!window || (far && (kept || can_seek_))) {
      auto opened =
          kept ? open_kept()
               : input::BlockWindow::open(item_.path, kLookBefore + kLookBehind, kLookBefore);
      if (!opened || (opened->can_seek() && !opened->seek(first))) return;
      window = std::move(*opened);
    }
    while (window->offset() + window->block().size() <= offsets[i]) {
      if (const auto more = window->next(); !more || !*more) return;
    }
    show(*window, offsets[i], i, look);
  }
}

/// Counts the lines of a range of a log that can be sought in, up to `end`.
void LogFile::count_range(const Range& range, std::uint64_t end) {
  auto window = open(std::nullopt);
  if (!window || range.begin >= end || !window->seek(range.begin)) return;
  LineCounts::Part counted;
  for (auto more = window->next(); more && *more; more = window->next()) {
    if (counted.blocks.empty()) counted.begin = window->offset();
    if (window->offset() >= std::min(range.end, end)) break;
    counted.blocks.emplace_back(window->offset(), counted.lines);
    const auto own = lines_before_end(window->block(), window->offset(), range.end);
    counted.lines += newlines_in(own);
    counted.end = window->offset() + own.size();
  }
  const std::lock_guard lock(telling_);
  counts_.add(std::move(counted));
}

std::vector<std::uint64_t> LogFile::line_numbers(const std::vector<std::uint64_t>& offsets,
                                                 unsigned threads) {
  std::vector<std::uint64_t> numbers;
  if (offsets.empty()) return numbers;
  if (can_seek_ && offsets.back() - counts_.nearest(offsets.back()).first > kSmallestRange) {
    const auto parts = ranges();
    parallel(threads, parts.size(), [&](std::size_t i) { count_range(parts[i], offsets.back()); });
  }
  std::optional<input::BlockWindow> window;
  std::uint64_t lines = 1;
  for (const auto offset : offsets) {
    const auto [block, before] = counts_.nearest(offset);
    const bool kept = content_ && content_->begin() <= block;
    if (!window || ((kept || can_seek_) && block > window->offset())) {
      auto opened = kept ? open_kept() : open(std::nullopt);
      if (!opened || (opened->can_seek() && !opened->seek(block))) break;
      lines = opened->can_seek() ? 1 + before : 1;
      window = std::move(*opened);
    }
    if (!count_to(*window, offset, lines)) break;
    const auto in_block = static_cast<std::size_t>(offset - window->offset());
    numbers.push_back(lines + newlines_in(window->block().substr(0, in_block)));
  }
  numbers.resize(offsets.size(), 0);
  return numbers;
}

/// Moves to the block that holds `offset`, and counts the lines before it. False: there is none.
bool LogFile::count_to(input::BlockWindow& window, std::uint64_t offset, std::uint64_t& lines) {
  while (window.offset() + window.block().size() <= offset) {
    const auto counted = newlines_in(window.block());
    const auto more = window.next();
    if (!more || !*more) return false;
    lines += counted;
  }
  return true;
}

}  // namespace lostmail::search
