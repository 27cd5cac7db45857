#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/case.hpp"
#include "lostmail/core/event.hpp"
#include "lostmail/core/figures.hpp"
#include "lostmail/core/outage.hpp"
#include "lostmail/core/vocabulary.hpp"

namespace lostmail::report {

struct UnknownShape {
  std::uint64_t lines = 0;
  std::string example;
  std::string file;
  std::uint64_t line = 0;
};

/// What a reason is called and what is to be done about it, by the side that reads the report.
struct Reason {
  std::string word;     ///< of the cause where it is known, else of the variant
  std::string title;    ///< a few words
  std::string meaning;  ///< whole sentences
  std::string to_do;    ///< likewise
};

/// A sender of ours that others refuse because it does not verify there.
struct OwnSender {
  std::string sender;
  std::uint64_t refusals = 0;
  std::uint64_t servers = 0;
  Variant variant = Variant::other;
  Cause cause = Cause::as_stated;
};

/// All that a report says. Times are UTC seconds; `offset_at` makes them the reader's.
struct Summary {
  std::string host;    ///< the server that is reported of; may be empty
  std::string domain;  ///< local domain, where the report is of one
  std::optional<std::int64_t> since, until, now;
  std::string range;   ///< "yesterday", where that was asked; else empty
  std::string window;  ///< the window as options of another command: `--range 2026-11-24`
  std::function<int(std::int64_t)> offset_at;  ///< minutes east of UTC at an instant; none: UTC
  std::function<Reason(Direction, Variant, Cause)> reason;  ///< none: the words alone
  std::size_t limit = 10;                                   ///< rows of a list

  Figures figures;
  std::optional<std::uint64_t> usual_days;  ///< that `Group::usual` rests on; absent: no such time
  std::uint64_t pruned = 0;     ///< refusals of the window of which only counts are left
  bool pruned_at_most = false;  ///< some of a day that lies in it in part
  std::vector<Slice> history;   ///< of the time before and of the window: what charts show
  std::vector<Outage> outages;  ///< of our own DNS
  std::vector<OwnSender> own_senders;
  std::vector<std::string> notes;  ///< further lines of a nightly run: proposals, decisions

  LineCounts lines;
  std::optional<std::int64_t> first, last;  ///< of the logs read
  std::vector<std::string> gaps;            ///< sentences: times of the window that no log holds
  std::vector<UnknownShape> not_understood;
  std::vector<std::string> problems;  ///< logs that could not be read to their end

  [[nodiscard]] std::uint64_t count(Direction direction, Verdict verdict) const;
  [[nodiscard]] std::uint64_t refusals(Direction direction) const;
  /// True where there is something that a person may have to look at.
  [[nodiscard]] bool has_news() const;
  [[nodiscard]] Reason reason_of(Direction direction, Variant variant, Cause cause) const;
  /// `2026-11-24 01:10` of the reader's clock.
  [[nodiscard]] std::string time(std::int64_t utc) const;
  /// Days since 1970 of the reader's calendar.
  [[nodiscard]] std::int64_t day(std::int64_t utc) const;
  /// "Tuesday 2026-11-24", "2026-11-01 to 2026-11-30", "all that is known".
  [[nodiscard]] std::string window_in_words() const;
  /// Mail that is lost, of senders with whom nobody corresponded.
  [[nodiscard]] std::uint64_t strangers_lost() const;
  /// What became of those that were pruned.
  [[nodiscard]] std::string pruned_in_words() const;
  /// `79 mails lost yesterday`, and how many of them between correspondents.
  [[nodiscard]] std::string headline() const;
};

/// Cases that have direction and reason in common: one thing to do.
struct CaseGroup {
  Direction direction = Direction::inbound;
  Reason reason;
  std::vector<const CaseRow*> rows;
};

/// In the order of their rows, largest group first, inbound before outbound. Views into `rows`.
[[nodiscard]] std::vector<CaseGroup> by_reason(const Summary& summary,
                                               const std::vector<CaseRow>& rows);

/// For each kind the median over `days` whole days of the reader's calendar before `until`, times
/// the days of the window, into Group::usual.
void set_usual(const std::vector<Slice>& slices, std::int64_t until, std::uint64_t days,
               Summary& summary);

/// Days of the window, those not whole counted in; 1 where it has no beginning.
[[nodiscard]] std::int64_t window_days(const Summary& summary);

/// The share of the MTA's lines that was understood, in percent; 100 where there are none.
[[nodiscard]] double understood_percent(const LineCounts& lines);

/// True for the families that the program exists for.
[[nodiscard]] bool of_interest(const Group& group);
/// Those of a direction, permanent or not, of interest or not.
[[nodiscard]] std::vector<Group> chosen(const Summary& summary, Direction direction, bool permanent,
                                        bool interest);
/// `We refused (inbound)`.
[[nodiscard]] std::string_view direction_title(Direction direction);

}  // namespace lostmail::report
