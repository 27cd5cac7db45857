#include "lostmail/report/html_report.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "lostmail/core/log_time.hpp"
#include "lostmail/core/text.hpp"
#include "lostmail/report/json.hpp"
#include "report/charts.hpp"
#include "report/page.hpp"
#include "report/plain.hpp"

namespace lostmail::report {
namespace {

constexpr std::size_t kMostRows = 500;  ///< of a table: a page that a phone still opens

struct Column {
  const char* title;
  bool number = false;
};

/// A table that the page's script sorts and filters.
class Table {
 public:
  Table(std::string_view caption, std::vector<Column> columns) : columns_(std::move(columns)) {
    out_ = fmt::format(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table "
        "class=\"data\"><thead><tr>",
        html_text(caption));
    for (const auto& column : columns_) {
      out_ += fmt::format("<th scope=\"col\"{}>{}</th>", column.number ? " class=\"num\"" : "",
                          column.title);
    }
    out_ += "</tr></thead><tbody>\n";
  }
  Table& row() {
    out_ += at_ == 0 ? "<tr>" : "</tr>\n<tr>";
    at_ = 1;
    return *this;
  }
  Table& name(std::string_view text) {
    out_ += fmt::format("<td class=\"name\">{}</td>", html_text(text));
    return *this;
  }
  Table& text(std::string_view text) {
    out_ += fmt::format("<td class=\"tight\">{}</td>", html_text(text));
    return *this;
  }
  Table& words(std::string_view text) {
    out_ += fmt::format("<td class=\"words\">{}</td>", html_text(text));
    return *this;
  }
  Table& number(std::optional<std::uint64_t> value) {
    out_ += value ? fmt::format("<td class=\"num\" data-v=\"{}\">{}</td>", *value, grouped(*value))
                  : std::string("<td class=\"num\"></td>");
    return *this;
  }
  [[nodiscard]] std::string done() const {
    return out_ + (at_ == 0 ? "" : "</tr>\n") + "</tbody></table></div>\n";
  }

 private:
  std::vector<Column> columns_;
  std::string out_;
  int at_ = 0;
};

void what_to_do(const Summary& summary, const std::vector<CaseRow>& rows, std::string& out) {
  out += "<dl>\n";
  for (const auto& group : by_reason(summary, rows)) {
    const bool is_cause = from_name<Cause>(group.reason.word).has_value();
    out += fmt::format(
        "<dt>{}: {}</dt><dd>{} {}<br><code>lostmail find --{} {} --direction {} {}</code></dd>\n",
        html_text(direction_title(group.direction)), html_text(group.reason.title),
        html_text(group.reason.meaning), html_text(group.reason.to_do),
        is_cause ? "cause" : "variant", group.reason.word, name_of(group.direction),
        html_text(summary.window));
  }
  out += "</dl>\n";
}

void case_table(const Summary& summary, std::string_view title, const std::vector<CaseRow>& rows,
                std::string& out) {
  if (rows.empty()) return;
  out += fmt::format("<section><h2>{}: {}</h2>\n", title, grouped(rows.size()));
  const bool with_mail =
      std::any_of(rows.begin(), rows.end(), [](const CaseRow& row) { return row.corresponded; });
  std::vector<Column> columns{{"Sender"},       {"Recipient"}, {"Attempts", true},
                              {"Last attempt"}, {"Reason"},    {"Direction"}};
  if (with_mail) columns.push_back({"Last mail before"});
  Table table(title, columns);
  for (std::size_t i = 0; i < std::min(kMostRows, rows.size()); ++i) {
    const CaseRow& row = rows[i];
    table.row()
        .name(row.sender)
        .name(row.recipient)
        .number(row.attempts)
        .text(summary.time(row.last))
        .words(summary.reason_of(row.direction, row.variant, row.cause).title)
        .text(name_of(row.direction));
    if (with_mail)
      table.text(row.corresponded ? summary.time(*row.corresponded).substr(0, 10) : "");
  }
  out += table.done();
  if (rows.size() > kMostRows)
    out += fmt::format("<p>and {} more</p>\n", grouped(rows.size() - kMostRows));
  what_to_do(summary, rows, out);
  out += "</section>\n";
}

void top_table(const Summary& summary, std::string_view title, Direction direction,
               const std::vector<Top>& tops, std::string& out) {
  if (tops.empty()) return;
  const bool inbound = direction == Direction::inbound;
  out += fmt::format("<section><h2>{}</h2>\n", title);
  Table table(title, {{inbound ? "Domain" : "Server"},
                      {"Refused", true},
                      {inbound ? "Recipients" : "Senders", true},
                      {"Latest reason"}});
  for (const auto& top : tops) {
    table.row()
        .name(top.name)
        .number(top.refusals)
        .number(top.counterparts)
        .words(summary.reason_of(direction, top.variant, top.cause).title);
  }
  out += table.done() + "</section>\n";
}

void own_senders(const Summary& summary, std::string& out) {
  if (summary.own_senders.empty()) return;
  out += "<section><h2>Senders of ours that do not verify elsewhere</h2>\n";
  Table table("Own senders", {{"Sender"}, {"Refused", true}, {"Servers", true}, {"Reason"}});
  for (const auto& own : summary.own_senders) {
    table.row()
        .name(own.sender)
        .number(own.refusals)
        .number(own.servers)
        .words(summary.reason_of(Direction::outbound, own.variant, own.cause).title);
  }
  out += table.done() + "</section>\n";
}

void groups(const Summary& summary, std::string& out) {
  bool any = false;
  Table table("Variants and causes", {{"Direction"},
                                      {"Kind"},
                                      {"Variant"},
                                      {"Cause"},
                                      {"Refused", true},
                                      {"Usual", true},
                                      {"Lost", true},
                                      {"Later", true},
                                      {"Tried", true},
                                      {"Senders", true}});
  for (const bool permanent : {true, false}) {
    for (const auto direction : {Direction::inbound, Direction::outbound, Direction::internal}) {
      for (const auto& group : chosen(summary, direction, permanent, true)) {
        any = true;
        table.row()
            .text(name_of(direction))
            .text(permanent ? "for good" : "for now")
            .text(name_of(group.variant))
            .text(name_of(group.cause))
            .number(group.refusals)
            .number(group.usual)
            .number(group.lost)
            .number(group.delivered_later)
            .number(group.retrying)
            .number(group.senders);
      }
    }
  }
  if (!any) return;
  out += "<section><h2>Variants and causes</h2>\n" + table.done();
  if (summary.usual_days) {
    out += fmt::format("<p class=\"soft\">Usual: median of the {} days before{}.</p>\n",
                       *summary.usual_days, window_days(summary) > 1 ? ", for as many days" : "");
  }
  out += "</section>\n";
}

void other(const Summary& summary, std::string& out) {
  const auto rows = other_rows(summary);
  if (rows.empty()) return;
  out += "<section><h2>Refused for other reasons</h2>\n";
  Table table("Other reasons", {{"Variant"},
                                {"Usual", true},
                                {"5xx", true},
                                {"4xx", true},
                                {"Inbound", true},
                                {"Outbound", true},
                                {"Internal", true}});
  for (const auto& row : rows) {
    table.row()
        .text(name_of(row.variant))
        .number(row.usual)
        .number(row.permanent)
        .number(row.temporary)
        .number(row.directions[0])
        .number(row.directions[1])
        .number(row.directions[2]);
  }
  out += table.done() + "</section>\n";
}

std::string html_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += html_text(text.substr(0, end)) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string date_of(std::int64_t day) { return utc_rfc3339(day * 86400).substr(0, 10); }

/// The variants that are refused most, in the order of their series; the last stands for the rest.
std::vector<Variant> leading_variants(const std::vector<Slice>& slices) {
  std::map<Variant, std::uint64_t> sums;
  for (const auto& slice : slices) {
    if (slice.family && concerns_sender(*slice.family)) sums[slice.variant] += slice.refusals;
  }
  std::vector<std::pair<std::uint64_t, Variant>> order;
  for (const auto& [variant, sum] : sums) order.emplace_back(sum, variant);
  std::sort(order.rbegin(), order.rend());
  std::vector<Variant> leading;
  for (const auto& [sum, variant] : order) {
    if (leading.size() + 1 < kMostSeries) leading.push_back(variant);
  }
  return leading;
}

/// Refusals that concern the sender, by day; of one day alone, by hour.
std::string refusals_by_day(const Summary& summary) {
  const auto& slices = summary.history.empty() ? summary.figures.slices : summary.history;
  if (slices.empty()) return {};
  const auto leading = leading_variants(slices);
  std::vector<std::string> series;
  for (const auto variant : leading) series.emplace_back(name_of(variant));
  std::map<std::int64_t, std::vector<std::uint64_t>> by_time;
  bool rest = false;
  const auto day_range = [&] {
    std::int64_t first = INT64_MAX, last = INT64_MIN;
    for (const auto& slice : slices) {
      first = std::min(first, summary.day(slice.start));
      last = std::max(last, summary.day(slice.start));
    }
    return std::pair(first, last);
  }();
  const std::int64_t days_a_bar = (day_range.second - day_range.first) / 92 + 1;
  for (const auto& slice : slices) {
    if (!slice.family || !concerns_sender(*slice.family)) continue;
    const auto found = std::find(leading.begin(), leading.end(), slice.variant);
    const auto at = static_cast<std::size_t>(found - leading.begin());
    rest = rest || found == leading.end();
    auto& parts = by_time[(summary.day(slice.start) - day_range.first) / days_a_bar];
    parts.resize(leading.size() + 1);
    parts[at] += slice.refusals;
  }
  if (rest) series.emplace_back("others");
  std::vector<Bar> bars;
  if (by_time.empty()) return {};
  for (std::int64_t at = 0; at <= by_time.rbegin()->first; ++at) {
    auto parts = by_time[at];
    parts.resize(series.size());
    bars.push_back({date_of(day_range.first + at * days_a_bar), std::move(parts)});
  }
  return stacked_bars(
      days_a_bar == 1 ? "Refusals by day" : fmt::format("Refusals, {} days a bar", days_a_bar),
      series, bars);
}

std::string hours_of_the_week(const Summary& summary) {
  Week week{};
  for (const auto& slice : summary.history.empty() ? summary.figures.slices : summary.history) {
    if (!slice.family || !concerns_sender(*slice.family)) continue;
    const std::int64_t day = summary.day(slice.start);
    const auto hour = std::stoul(summary.time(slice.start).substr(11, 2));
    week[static_cast<std::size_t>((day + 3) % 7)][hour] += slice.refusals;  // day 0 is a Thursday
  }
  return week_map("Refusals by hour of the week", week);
}

std::string lost_against_later(const Summary& summary) {
  std::map<std::int64_t, std::vector<std::uint64_t>> by_day;
  for (const auto& slice : summary.figures.verdicts) {
    auto& parts = by_day[summary.day(slice.start)];
    parts.resize(4);
    parts[static_cast<std::size_t>(slice.verdict)] += slice.cases;
  }
  if (by_day.empty()) return {};
  std::vector<Bar> bars;
  for (std::int64_t day = by_day.begin()->first; day <= by_day.rbegin()->first; ++day) {
    const auto& parts = by_day[day];
    // lost in the colour of an alarm, later in a calm one
    bars.push_back({date_of(day), parts.empty() ? std::vector<std::uint64_t>(4)
                                                : std::vector<std::uint64_t>{parts[1], parts[0],
                                                                             parts[2], parts[3]}});
  }
  return stacked_bars("Cases by the day of their last refusal",
                      {"delivered later", "lost", "still tried", "not known"}, bars);
}

std::string top_domains(const Summary& summary) {
  std::vector<Bar> bars;
  for (const auto& top : summary.figures.sender_domains) {
    if (bars.size() < 15) bars.push_back({top.name, {top.refusals}});
  }
  return lying_bars("Sender domains that we refused most", bars);
}

void head(const Summary& summary, std::string& out) {
  std::string title = "lostmail";
  if (!summary.host.empty()) title += " on " + summary.host;
  if (!summary.domain.empty()) title += ", for " + summary.domain;
  out += fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; img-src data:; script-src '{}'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>{}: {}</title>\n<link rel=\"icon\" "
      "href=\"data:,\">\n<style>{}</style>\n</head>\n<body>\n"
      "<header><h1>{}: {}</h1>\n<p class=\"lead{}\">{}</p>\n<ul class=\"tiles\">\n",
      kScriptHash, html_text(title), html_text(summary.window_in_words()), kStyle, html_text(title),
      html_text(summary.window_in_words()), summary.figures.known.empty() ? "" : " alarm",
      html_text(summary.headline()));
  for (const auto direction : {Direction::inbound, Direction::outbound, Direction::internal}) {
    if (summary.refusals(direction) == 0) continue;
    out += fmt::format(
        "<li>{}<b>{} lost</b><span class=\"soft\">{} refused, {} came later, {} still "
        "tried</span></li>\n",
        direction_title(direction), grouped(summary.count(direction, Verdict::lost)),
        grouped(summary.refusals(direction)),
        grouped(summary.count(direction, Verdict::delivered_later)),
        grouped(summary.count(direction, Verdict::retrying)));
  }
  if (summary.pruned > 0)
    out += fmt::format("<li><span class=\"soft\">{}</span></li>\n",
                       html_text(summary.pruned_in_words()));
  out +=
      "</ul></header>\n<main>\n<div class=\"filter\" hidden><label for=\"filter\">Show rows that "
      "hold</label> <input id=\"filter\" type=\"search\" autocomplete=\"off\"> <span id=\"shown\" "
      "role=\"status\"></span></div>\n";
}

void coverage(const Summary& summary, std::string& out) {
  const LineCounts& lines = summary.lines;
  out += "<section><h2>What was read</h2>\n";
  if (summary.first && summary.last) {
    out += fmt::format("<p>Logs from {} to {}.</p>\n", summary.time(*summary.first),
                       summary.time(*summary.last));
  }
  out += fmt::format(
      "<p>{} lines: {} of Exim, {} of Sendmail, {} further lines of their records, {} of other "
      "programs; {} not understood ({:.2f} % were).</p>\n",
      grouped(lines.lines), grouped(lines.exim), grouped(lines.sendmail),
      grouped(lines.continuation), grouped(lines.other_program), grouped(lines.not_understood),
      understood_percent(lines));
  for (const auto& shape : summary.not_understood) {
    out += fmt::format("<p>{} &times; <code>{}</code></p>\n", grouped(shape.lines),
                       html_text(fit(shape.example, 300)));
  }
  for (const auto* list : {&summary.gaps, &summary.problems}) {
    for (const auto& text : *list)
      out += fmt::format("<p class=\"alarm\">{}</p>\n", html_text(text));
  }
  out += "</section>\n";
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string html_report(const Summary& summary) {
  const Figures& figures = summary.figures;
  std::string out;
  head(summary, out);
  if (figures.groups.empty() && summary.pruned == 0) out += "<p>Nothing was refused.</p>\n";
  for (const auto& outage : summary.outages) {
    out += fmt::format(
        "<section><h2 class=\"alarm\">Our own DNS failed: {} to "
        "{}</h2>\n<p>{}</p>\n<p><code>{}</code></p></section>\n",
        summary.time(outage.first), summary.time(outage.last), html_text(in_words(outage)),
        html_text(command_of(summary, outage)));
  }
  case_table(summary, "Known correspondents refused now", figures.known, out);
  case_table(summary, "Our mail that is lost", figures.own_lost, out);
  case_table(summary, "Lost now: the sender has stopped trying", figures.gave_up, out);
  own_senders(summary, out);
  top_table(summary, "Servers that began to refuse us", Direction::outbound, figures.new_servers,
            out);
  top_table(summary, "Sender domains refused for the first time", Direction::inbound,
            figures.new_domains, out);
  if (const auto lost = summary.strangers_lost(); lost > 0)
    out += fmt::format("<section><h2>{}: {}</h2>\n<p><code>{}</code></p></section>\n",
                       kStrangersTitle, grouped(lost), html_text(suggest_command(summary)));
  for (const auto& note : summary.notes) out += fmt::format("<pre>{}</pre>\n", html_lines(note));
  groups(summary, out);
  const std::string charts = refusals_by_day(summary) + lost_against_later(summary) +
                             hours_of_the_week(summary) + top_domains(summary);
  if (!charts.empty()) out += "<section><h2>In pictures</h2>\n" + charts + "</section>\n";
  top_table(summary, "Sender domains that we refused most", Direction::inbound,
            figures.sender_domains, out);
  top_table(summary, "Servers that refused our senders most", Direction::outbound,
            figures.remote_servers, out);
  other(summary, out);
  coverage(summary, out);
  out += fmt::format(
      "</main>\n<footer>Made by lostmail{}.</footer>\n<script>{}</script>\n</body>\n</html>\n",
      summary.now ? ", " + summary.time(*summary.now) : "", kScript);
  return out;
}

}  // namespace lostmail::report
