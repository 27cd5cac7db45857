#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "lostmail/assemble/log_clock.hpp"
#include "lostmail/input/block_window.hpp"
#include "lostmail/search/search.hpp"
#include "search/kept_tail.hpp"
#include "search/line_counts.hpp"
#include "search/literal_set.hpp"

namespace lostmail::search {

/// A line that was found, with the text around it.
struct Hit {
  std::string_view view;     ///< of the log around the line
  std::size_t begin = 0;     ///< of the line in `view`
  std::size_t end = 0;       ///< behind it, without its newline
  std::uint64_t offset = 0;  ///< of view[0] in the log
  std::uint64_t number = 0;  ///< of the line, from 1; 0: not counted

  [[nodiscard]] std::string_view line() const { return view.substr(begin, end - begin); }
};

/// One log to be searched, perhaps several times.
class LogFile {
 public:
  /// `room` outlives the log.
  LogFile(input::LogList::Item item, const Settings& settings, Room& room);
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Opens the log and looks what it is and when it begins. False: it is not searched.
  bool look();

  /// Goes over the lines that hold any of the literals, from about the time `since` on (UTC
  /// seconds), as long as `go_on` says so of a block (its offset, the time of its first line) and
  /// `found` of a line. `keep`: of an archive's content stays in memory what there is room for, for
  /// the next time.
  using Found = std::function<bool(const Hit&)>;
  using GoOn = std::function<bool(std::uint64_t, std::optional<std::int64_t>)>;
  void search(const LiteralSet& literals, std::optional<std::int64_t> since, const GoOn& go_on,
              bool keep, const Found& found) {
    search(literals, since, go_on, keep, found, {0, kToTheEnd});
  }
  /// Likewise over the lines that begin in one of ranges(). Several threads at a time.
  static constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();
  struct Range {
    std::uint64_t begin = 0, end = kToTheEnd;
  };
  void search(const LiteralSet& literals, std::optional<std::int64_t> since, const GoOn& go_on,
              bool keep, const Found& found, const Range& range);
  /// Ranges that are all of the log together, whatever the threads; one where it cannot be sought
  /// in.
  [[nodiscard]] std::vector<Range> ranges() const;
  /// True where searching from that time on (UTC seconds) costs nothing for what lies before it.
  [[nodiscard]] bool is_at_hand(std::int64_t since) const { return can_seek_ || keeps(since); }
  [[nodiscard]] bool can_seek() const { return can_seek_; }
  /// Shows the lines at `offsets`, which are in order, with the text around each.
  using Look = std::function<void(std::size_t index, const Hit&)>;
  void look_around(const std::vector<std::uint64_t>& offsets, const Look& look) const;
  void forget_content();

  /// True where the log can hold lines of that time.
  [[nodiscard]] bool may_hold(std::optional<std::int64_t> since,
                              std::optional<std::int64_t> until) const;

  /// The time of a line by itself; nullopt where it has none.
  [[nodiscard]] std::optional<LogTime> time_of(std::string_view line) const;
  /// A clock as it stands at the log's first line.
  [[nodiscard]] assemble::LogClock clock() const { return *clock_; }

  /// The numbers of the lines at `offsets`, which are in order, from 1; 0 where the log cannot be
  /// read any more. What was not gone over is counted by up to `threads` threads.
  [[nodiscard]] std::vector<std::uint64_t> line_numbers(const std::vector<std::uint64_t>& offsets,
                                                        unsigned threads);

  [[nodiscard]] const std::shared_ptr<const std::string>& name() const { return name_; }
  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] std::int64_t begins() const { return begins_; }  ///< UTC seconds
  /// The time for which it tells of all mail; nullopt where that is not known, and of a rejectlog,
  /// whose silence says nothing.
  [[nodiscard]] std::optional<Stretch> stretch() const;
  /// Seconds by which its times may be off, and its lines out of order.
  [[nodiscard]] std::int64_t slack() const { return slack_; }
  [[nodiscard]] SearchedLog& told() { return told_; }
  [[nodiscard]] const SearchedLog& told() const { return told_; }

 private:
  bool judge(std::string_view block);
  void look_at_the_end();
  [[nodiscard]] bool changes_clock(std::int64_t begin, std::int64_t end) const;
  void count_range(const Range& range, std::uint64_t end);
  static bool count_to(input::BlockWindow& window, std::uint64_t offset, std::uint64_t& lines);
  static void show(const input::BlockWindow& window, std::uint64_t offset, std::size_t index,
                   const Look& look);
  bool search_block(const LiteralSet& literals, LiteralSet::Scratch& scratch,
                    const input::BlockWindow& window, std::optional<std::uint64_t> lines_before,
                    std::uint64_t end_of_range, const Found& found) const;
  /// True where the log's lines since then are in memory.
  [[nodiscard]] bool keeps(std::optional<std::int64_t> since) const;
  [[nodiscard]] input::BlockWindow open_kept() const;
  [[nodiscard]] Result<input::BlockWindow> open(std::optional<std::int64_t> since) const;
  [[nodiscard]] std::optional<input::BlockWindow> begin_of(const Range& range,
                                                           std::optional<std::int64_t> since);
  [[nodiscard]] std::uint64_t place_of(std::int64_t time) const;
  [[nodiscard]] std::optional<std::int64_t> first_time(std::string_view text) const;
  void take_last_time(std::string_view text);

  input::LogList::Item item_;
  const Settings& settings_;
  Room& room_;
  std::shared_ptr<const std::string> name_;
  int rank_ = 0;
  std::int64_t begins_ = 0;
  std::int64_t slack_ = 0;  ///< seconds: how far the order of lines and the zone may be off
  std::optional<assemble::LogClock> clock_;
  std::unique_ptr<const KeptTail> content_;  ///< decompressed
  std::int64_t kept_since_ = 0;              ///< UTC seconds: of content_'s first line
  std::uint64_t size_ = 0;                   ///< as it lies, of standard input as it came
  std::int64_t changed_ = 0;                 ///< UTC seconds
  bool can_seek_ = false;
  bool in_our_zone_ = false;  ///< or its stamps name theirs
  LineCounts counts_;
  std::mutex telling_;  ///< holds counts_ and told_ while ranges are searched
  SearchedLog told_;
};

}  // namespace lostmail::search
