#include "lostmail/report/summary.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lostmail/core/log_time.hpp"
#include "lostmail/core/text.hpp"

namespace lostmail::report {
namespace {

constexpr std::int64_t kDay = 86400;

std::string date_of(std::int64_t day) {
  int year = 0, month = 0, day_of_month = 0;
  civil_from_days(day, year, month, day_of_month);
  return fmt::format("{:04}-{:02}-{:02}", year, month, day_of_month);
}

using Kind = std::tuple<Direction, bool, std::optional<Family>, Variant, Cause>;

template <typename Counted>
Kind kind_of(const Counted& of) {
  return {of.direction, of.permanent, of.family, of.variant, of.cause};
}

}  // namespace

std::uint64_t Summary::count(Direction direction, Verdict verdict) const {
  std::uint64_t sum = 0;
  for (const auto& slice : figures.verdicts) {
    if (slice.direction == direction && slice.verdict == verdict) sum += slice.cases;
  }
  return sum;
}

std::uint64_t Summary::refusals(Direction direction) const {
  std::uint64_t sum = 0;
  for (const auto& group : figures.groups) sum += group.direction == direction ? group.refusals : 0;
  return sum;
}

bool Summary::has_news() const {
  return figures.lost > 0 || !figures.known.empty() || !figures.new_servers.empty() ||
         !problems.empty() || !outages.empty();
}

Reason Summary::reason_of(Direction direction, Variant variant, Cause cause) const {
  if (reason) return reason(direction, variant, cause);
  const bool known = cause != Cause::as_stated && cause != Cause::not_logged;
  const std::string word(known ? name_of(cause) : name_of(variant));
  return {word, word, {}, {}};
}

std::string Summary::time(std::int64_t utc) const {
  LogTime time;
  time.utc_micros = utc * 1'000'000;
  time.offset_minutes = static_cast<std::int16_t>(offset_at ? offset_at(utc) : 0);
  std::string text = time.to_rfc3339().substr(0, 16);
  text[10] = ' ';
  return text;
}

std::int64_t Summary::day(std::int64_t utc) const {
  const std::int64_t local = utc + std::int64_t{offset_at ? offset_at(utc) : 0} * 60;
  return local >= 0 ? local / kDay : (local - kDay + 1) / kDay;
}

std::string Summary::window_in_words() const {
  static constexpr std::array kWeekdays{"Thursday", "Friday",  "Saturday", "Sunday",
                                        "Monday",   "Tuesday", "Wednesday"};
  const auto is_midnight = [&](std::int64_t utc) { return day(utc) != day(utc - 1); };
  if (!since && !until) return "all that is known";
  if (since && until && is_midnight(*since) && is_midnight(*until)) {
    const std::int64_t from = day(*since), to = day(*until - 1);
    if (from == to)
      return fmt::format("{} {}", kWeekdays.at(static_cast<std::size_t>(from % 7)), date_of(from));
    return fmt::format("{} to {}", date_of(from), date_of(to));
  }
  if (since && !until && is_midnight(*since)) return date_of(day(*since)) + " to now";
  if (until && !since && is_midnight(*until)) return "the beginning to " + date_of(day(*until - 1));
  return fmt::format("{} to {}", since ? time(*since) : "the beginning",
                     until ? time(*until) : "now");
}

std::uint64_t Summary::strangers_lost() const {
  const auto known = std::count_if(
      figures.gave_up.begin(), figures.gave_up.end(),
      [](const CaseRow& row) { return !row.corresponded; });  // the others are counted
  const std::uint64_t named =
      figures.known_lost + figures.own_lost.size() + static_cast<std::uint64_t>(known);
  return figures.lost > named ? figures.lost - named : 0;
}

std::string Summary::pruned_in_words() const {
  return fmt::format("{}{} {} pruned: the view `daily` has the counts by day",
                     pruned_at_most ? "Up to " : "", counted(pruned, "refusal"),
                     pruned == 1 ? "was" : "were");
}

std::string Summary::headline() const {
  std::string text = fmt::format("{} {} lost", figures.lost, figures.lost == 1 ? "mail" : "mails");
  if (range == "yesterday" || range == "today") {
    text += ' ' + range;
  } else if (since || until) {
    text += ", " + window_in_words();
  }
  if (figures.known_lost > 0)
    text += fmt::format(" ({} between known correspondents)", figures.known_lost);
  return text;
}

std::vector<CaseGroup> by_reason(const Summary& summary, const std::vector<CaseRow>& rows) {
  std::vector<CaseGroup> groups;
  for (const auto& row : rows) {
    Reason reason = summary.reason_of(row.direction, row.variant, row.cause);
    auto found = std::find_if(groups.begin(), groups.end(), [&](const CaseGroup& group) {
      return group.direction == row.direction && group.reason.word == reason.word;
    });
    if (found == groups.end()) {
      groups.push_back({row.direction, std::move(reason), {}});
      found = groups.end() - 1;
    }
    found->rows.push_back(&row);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const CaseGroup& a, const CaseGroup& b) {
    return a.direction != b.direction ? a.direction < b.direction : a.rows.size() > b.rows.size();
  });
  return groups;
}

void set_usual(const std::vector<Slice>& slices, std::int64_t until, std::uint64_t days,
               Summary& summary) {
  if (days == 0) return;
  const std::int64_t end = summary.day(until - 1) + 1;
  const std::int64_t begin = end - static_cast<std::int64_t>(days);
  std::map<Kind, std::map<std::int64_t, std::uint64_t>> by_day;
  for (const auto& slice : slices) {
    const std::int64_t day = summary.day(slice.start);
    if (day >= begin && day < end) by_day[kind_of(slice)][day] += slice.refusals;
  }
  summary.usual_days = days;
  for (auto& group : summary.figures.groups) {
    std::vector<std::uint64_t> counts;
    for (const auto& [day, refusals] : by_day[kind_of(group)]) counts.push_back(refusals);
    counts.resize(days, 0);  // days without one
    std::sort(counts.begin(), counts.end());
    const std::size_t middle = days / 2;
    const std::uint64_t twice =
        days % 2 == 1 ? 2 * counts[middle] : counts[middle - 1] + counts[middle];
    group.usual = (twice * static_cast<std::uint64_t>(window_days(summary)) + 1) / 2;
  }
}

std::int64_t window_days(const Summary& summary) {
  if (!summary.since) return 1;
  const std::int64_t end = summary.until.value_or(summary.now.value_or(*summary.since));
  return std::max<std::int64_t>(1, summary.day(end - 1) - summary.day(*summary.since) + 1);
}

double understood_percent(const LineCounts& lines) {
  const std::uint64_t of_mta = lines.exim + lines.sendmail + lines.not_understood;
  if (of_mta == 0) return 100.0;
  return 100.0 * static_cast<double>(of_mta - lines.not_understood) / static_cast<double>(of_mta);
}

bool of_interest(const Group& group) { return group.family && concerns_sender(*group.family); }

std::vector<Group> chosen(const Summary& summary, Direction direction, bool permanent,
                          bool interest) {
  std::vector<Group> groups;
  for (const auto& group : summary.figures.groups) {
    if (group.direction == direction && group.permanent == permanent &&
        of_interest(group) == interest) {
      groups.push_back(group);
    }
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return a.refusals > b.refusals; });
  return groups;
}

std::string_view direction_title(Direction direction) {
  switch (direction) {
    case Direction::inbound:
      return "We refused (inbound)";
    case Direction::outbound:
      return "Others refused us (outbound)";
    case Direction::internal:
      return "Our own mail refused (internal)";
  }
  return {};
}

}  // namespace lostmail::report
