#include "cli/report_builder.hpp"

#include <algorithm>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/outages.hpp"
#include "lostmail/advice/advice.hpp"
#include "lostmail/ingest/gaps.hpp"
#include "lostmail/report/csv.hpp"
#include "lostmail/report/html_report.hpp"
#include "lostmail/report/markdown_report.hpp"
#include "lostmail/report/text_report.hpp"

namespace lostmail::cli {
namespace {

constexpr int kUsualDays = 28;
static_assert(Figures::kEarlierSeconds >= (kUsualDays + 1) * 86400,
              "a local day may begin earlier");
constexpr int kFewestUsualDays = 7;
constexpr std::size_t kOwnSenders = 5;

report::Reason reason_of(Direction direction, Variant variant, Cause cause) {
  const bool known = cause != Cause::as_stated && cause != Cause::not_logged;
  const advice::Advice& advice = known ? advice::about(cause) : advice::about(variant);
  // Outbound we are the side that sends, else the side that refused.
  const bool sending = direction == Direction::outbound;
  return {std::string(known ? name_of(cause) : name_of(variant)),
          std::string(known ? advice::title(cause) : advice::title(variant)),
          std::string(advice.meaning),
          std::string(sending ? advice.sender_side : advice.recipient_side)};
}

/// True for the days of one month of the calendar.
bool is_month(const store::Selection& selection, const assemble::Zone& zone) {
  if (!selection.since || !selection.until) return false;
  const std::string first = local_time(*selection.since, zone);
  const std::string last = local_time(*selection.until - 1, zone);
  const std::string after = local_time(*selection.until, zone);
  return first.substr(7) == "-01 00:00" && after.substr(7) == "-01 00:00" &&
         first.substr(0, 7) == last.substr(0, 7);
}

/// The window as options that another command takes.
std::string window_options(const store::Selection& selection, const assemble::Zone& zone) {
  const auto is_midnight = [&](std::int64_t utc) { return local_midnight(utc, 0, zone) == utc; };
  const auto time = [&](std::int64_t utc) {
    std::string text = local_time(utc, zone);
    if (is_midnight(utc)) return text.substr(0, 10);
    text[10] = 'T';
    return text;
  };
  std::string options;
  if (selection.since && selection.until &&
      local_midnight(*selection.since, 1, zone) == *selection.until) {
    options = "--range " + time(*selection.since);
  } else if (is_month(selection, zone)) {
    options = "--range " + time(*selection.since).substr(0, 7);
  } else {
    if (selection.since) options += "--since " + time(*selection.since);
    if (selection.until) {
      // `--until` with a date means that day whole.
      const std::int64_t until =
          is_midnight(*selection.until) ? *selection.until - 1 : *selection.until;
      options +=
          (options.empty() ? "--until " : " --until ") +
          (is_midnight(*selection.until) ? local_time(until, zone).substr(0, 10) : time(until));
    }
  }
  return options;
}

/// Days since 1970 of the reader's calendar.
struct Days {
  std::int64_t first = 0, last = 0;
};

/// Days of the window that no log holds, those to come left out.
std::vector<Days> days_without(const std::vector<store::LogState>& logs,
                               const report::Summary& summary) {
  if (!summary.first || !summary.last) return {};
  const std::int64_t begin = summary.day(std::max(*summary.first, summary.since.value_or(0)));
  const std::int64_t end =
      summary.day(std::min(*summary.last, summary.until.value_or(*summary.last)));
  std::vector<Days> gaps;
  std::optional<std::int64_t> open;
  for (std::int64_t day = begin; day <= end + 1; ++day) {
    const bool held =
        day > end || std::any_of(logs.begin(), logs.end(), [&](const auto& log) {
          return log.first && summary.day(*log.first) <= day && summary.day(*log.last) >= day;
        });
    if (!held && !open) open = day;
    if (!held || !open) continue;
    gaps.push_back({*open, day - 1});
    open.reset();
  }
  return gaps;
}

/// What the logs leave out of the window: whole days, other times of which they tell no delivery,
/// and what a log lost that was cut.
std::vector<std::string> gaps_of(const std::vector<store::LogState>& logs,
                                 const report::Summary& summary) {
  std::vector<std::string> gaps;
  const auto days = days_without(logs, summary);
  const auto date = [](std::int64_t day) { return utc_rfc3339(day * 86400).substr(0, 10); };
  for (const auto& [first, last] : days) {
    gaps.push_back("no log covers " + date(first) +
                   (first == last ? std::string() : " to " + date(last)));
  }
  for (const auto& gap : ingest::gaps_of(logs)) {
    const bool within = (!summary.until || gap.from < *summary.until) &&
                        (!summary.since || gap.until > *summary.since);
    const bool told = std::any_of(days.begin(), days.end(), [&](const Days& of) {
      return of.last >= summary.day(gap.from) && of.first <= summary.day(gap.until);
    });
    if (!within || (!gap.cut && (told || !gap.log.empty()))) continue;
    const std::string time = summary.time(gap.from) + " to " + summary.time(gap.until);
    gaps.push_back(time +
                   (gap.cut ? fmt::format(": {} was cut or replaced, what it held then{} is lost",
                                          gap.log, gap.bytes_lost > 0 ? "" : ", if anything,")
                            : ": no log tells what became of mail then"));
  }
  return gaps;
}

bool has_conditions(const store::Selection& selection) {
  return selection.direction || selection.variant || selection.cause || selection.from ||
         selection.to || selection.client || selection.local_domain || selection.id;
}

/// What was usual before the window, for the tables and the charts.
void add_history(const store::Selection& selection, report::Summary& summary) {
  summary.history = summary.figures.slices;
  if (!selection.since || !summary.first) return;
  const std::int64_t first_day = summary.day(*selection.since) - kUsualDays;
  for (const auto& slice : summary.figures.earlier) {
    if (summary.day(slice.start) >= first_day) summary.history.push_back(slice);
  }
  const std::int64_t whole_days = summary.day(*selection.since) - summary.day(*summary.first) - 1;
  const auto days = std::min<std::int64_t>(kUsualDays, whole_days);
  if (days >= kFewestUsualDays)
    report::set_usual(summary.figures.earlier, *selection.since, static_cast<std::uint64_t>(days),
                      summary);
}

Result<void> add_coverage(store::Store& store, report::Summary& summary) {
  auto shapes = store.not_understood(5);
  if (!shapes) return tl::unexpected(shapes.error());
  // What a customer is shown holds no line of another's mail.
  if (summary.domain.empty()) {
    for (const auto& shape : *shapes)
      summary.not_understood.push_back({shape.lines, shape.example, shape.file, shape.line});
  }
  auto logs = store.logs();
  if (!logs) return tl::unexpected(logs.error());
  for (const auto& log : *logs) {
    summary.lines += log.counts;
    if (log.first) summary.first = std::min(summary.first.value_or(*log.first), *log.first);
    if (log.last) summary.last = std::max(summary.last.value_or(*log.last), *log.last);
    if (!log.problem.empty()) summary.problems.push_back(log.path + ": " + log.problem);
  }
  summary.gaps = gaps_of(*logs, summary);
  return {};
}

/// Correspondents that only an outage of ours refused: the outage is what needs somebody.
void leave_out_explained(report::Summary& summary) {
  std::erase_if(summary.figures.known, [&](const CaseRow& row) {
    const bool dns = row.variant == Variant::no_reverse_lookup ||
                     row.variant == Variant::domain_not_found ||
                     row.variant == Variant::sender_domain_unresolved ||
                     row.cause == Cause::dns_temporary || row.cause == Cause::domain_nonexistent ||
                     row.cause == Cause::unroutable || row.cause == Cause::mx_unusable ||
                     row.cause == Cause::ptr_missing || row.cause == Cause::ptr_mismatch;
    return dns && row.direction == Direction::inbound &&
           std::any_of(summary.outages.begin(), summary.outages.end(), [&](const Outage& outage) {
             return row.first >= outage.first && row.last <= outage.last;
           });
  });
}

}  // namespace

std::string host_name(const Globals& globals) {
  if (const auto host = globals.host()) return *host;
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return "this server";
  return name;
}

Result<report::Summary> summarize(store::Store& store, const store::Selection& selection,
                                  const ReportWish& wish, const Globals& globals) {
  auto outages = find_outages(store, selection);
  if (!outages) return tl::unexpected(outages.error());
  return summarize(store, selection, wish, globals, std::move(*outages));
}

Result<report::Summary> summarize(store::Store& store, const store::Selection& selection,
                                  const ReportWish& wish, const Globals& globals,
                                  std::vector<Outage> outages) {
  const auto zone = zone_of(globals);
  report::Summary summary;
  summary.host = host_name(globals);
  summary.domain = selection.local_domain.value_or("");
  summary.since = selection.since;
  summary.until = selection.until;
  summary.now = now_utc();
  summary.range = wish.range;
  summary.window = window_options(selection, zone);
  summary.offset_at = [zone](std::int64_t utc) { return zone.offset_at(utc); };
  summary.reason = reason_of;
  summary.limit = wish.limit;
  auto figures = store.figures(selection, now_utc(), globals.queue_lifetime, wish.limit);
  if (!figures) return tl::unexpected(figures.error());
  summary.figures = std::move(*figures);
  summary.outages = std::move(outages);
  leave_out_explained(summary);
  auto own = store.refused_own_senders(selection, std::min(wish.limit, kOwnSenders));
  if (!own) return tl::unexpected(own.error());
  for (const auto& sender : *own) {
    summary.own_senders.push_back(
        {sender.sender, sender.refusals, sender.servers, sender.variant, sender.cause});
  }
  if (!has_conditions(selection)) {
    const auto pruned = store.pruned_refusals(selection.since, selection.until);
    if (!pruned) return tl::unexpected(pruned.error());
    summary.pruned = pruned->refusals;
    summary.pruned_at_most = pruned->at_most;
  }
  if (auto ok = add_coverage(store, summary); !ok) return tl::unexpected(ok.error());
  add_history(selection, summary);
  return summary;
}

std::string render(const report::Summary& summary, std::string_view format) {
  if (format == "json") return report::json_report(summary);
  if (format == "csv") return report::csv_report(summary);
  if (format == "html") return report::html_report(summary);
  if (format == "md") return report::markdown_report(summary);
  return report::text_report(summary);
}

std::string format_of_suffix(const std::string& file) {
  const auto suffix = std::filesystem::path(file).extension();
  if (suffix == ".json") return "json";
  if (suffix == ".csv") return "csv";
  if (suffix == ".html" || suffix == ".htm") return "html";
  if (suffix == ".md") return "md";
  return "text";
}

}  // namespace lostmail::cli
