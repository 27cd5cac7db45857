#include "lostmail/report/markdown_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lostmail/core/text.hpp"
#include "lostmail/report/json.hpp"
#include "report/plain.hpp"

namespace lostmail::report {
namespace {

void case_table(const Summary& summary, std::string_view title, const std::vector<CaseRow>& rows,
                std::string& out) {
  if (rows.empty()) return;
  out += fmt::format("\n## {}: {}\n\n", title, grouped(rows.size()));
  out +=
      "| direction | sender | recipient | attempts | last | reason |\n|---|---|---|--:|---|---|\n";
  const std::size_t most = std::max<std::size_t>(summary.limit, 25);
  for (std::size_t i = 0; i < std::min(most, rows.size()); ++i) {
    const CaseRow& row = rows[i];
    out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", name_of(row.direction),
                       markdown_code(row.sender), markdown_code(row.recipient), row.attempts,
                       summary.time(row.last),
                       summary.reason_of(row.direction, row.variant, row.cause).title);
  }
  if (rows.size() > most) out += fmt::format("\nand {} more\n", grouped(rows.size() - most));
  out += '\n';
  for (const auto& group : by_reason(summary, rows)) {
    out += fmt::format("- **{}** (`{}`): {} {}\n", group.reason.title, group.reason.word,
                       group.reason.meaning, group.reason.to_do);
  }
}

void top_table(std::string_view title, std::string_view who, const std::vector<Top>& tops,
               std::string& out) {
  if (tops.empty()) return;
  out +=
      fmt::format("\n## {}\n\n| name | refused | {} | mostly |\n|---|--:|--:|---|\n", title, who);
  for (const auto& top : tops) {
    out += fmt::format("| {} | {} | {} | `{}` |\n", markdown_code(top.name), grouped(top.refusals),
                       grouped(top.counterparts), name_of(top.variant));
  }
}

void group_tables(const Summary& summary, std::string& out) {
  for (const bool permanent : {true, false}) {
    for (const auto direction : {Direction::inbound, Direction::outbound, Direction::internal}) {
      const auto groups = chosen(summary, direction, permanent, true);
      if (groups.empty()) continue;
      out += fmt::format("\n## {}, {}\n\n", direction_title(direction),
                         permanent ? "for good" : "for now (4xx)");
      out +=
          "| variant | cause | refused | usual | lost | later | tried "
          "|\n|---|---|--:|--:|--:|--:|--:|\n";
      for (const auto& group : groups) {
        out += fmt::format("| `{}` | `{}` | {} | {} | {} | {} | {} |\n", name_of(group.variant),
                           name_of(group.cause), grouped(group.refusals),
                           group.usual ? grouped(*group.usual) : "", grouped(group.lost),
                           grouped(group.delivered_later), grouped(group.retrying));
      }
    }
  }
}

void other_table(const Summary& summary, std::string& out) {
  const auto rows = other_rows(summary);
  if (rows.empty()) return;
  out += "\n## Refused for other reasons\n\n| variant | usual | 5xx | 4xx |\n|---|--:|--:|--:|\n";
  for (const auto& row : rows) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", name_of(row.variant),
                       row.usual ? grouped(*row.usual) : "", grouped(row.permanent),
                       grouped(row.temporary));
  }
}

void coverage(const Summary& summary, std::string& out) {
  out += "\n## What was read\n\n";
  if (summary.first && summary.last)
    out += fmt::format("- Logs from {} to {}\n", summary.time(*summary.first),
                       summary.time(*summary.last));
  out += fmt::format(
      "- {} lines: {} of Exim, {} of Sendmail, {} further lines of their records, {} of other "
      "programs, {} not understood\n",
      grouped(summary.lines.lines), grouped(summary.lines.exim), grouped(summary.lines.sendmail),
      grouped(summary.lines.continuation), grouped(summary.lines.other_program),
      grouped(summary.lines.not_understood));
  for (const auto& shape : summary.not_understood)
    out += fmt::format("- {} x {}\n", grouped(shape.lines), markdown_code(shape.example));
  for (const auto* problems : {&summary.gaps, &summary.problems}) {
    for (const auto& problem : *problems) out += fmt::format("- {}\n", markdown_code(problem));
  }
}

}  // namespace

std::string markdown_code(std::string_view text) {
  std::string safe = printable(text);
  std::replace(safe.begin(), safe.end(), '`', '\'');
  std::string out = "`";
  for (const char c : safe) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out + '`';
}

std::string markdown_report(const Summary& summary) {
  std::string out = "# lostmail";
  if (!summary.host.empty()) out += " on " + markdown_code(summary.host);
  if (!summary.domain.empty()) out += ", for " + markdown_code(summary.domain);
  out += fmt::format(": {}\n\n{}.\n", summary.window_in_words(), summary.headline());
  if (summary.pruned > 0) out += fmt::format("\n{}.\n", summary.pruned_in_words());
  const Figures& figures = summary.figures;
  for (const auto& outage : summary.outages) {
    out += fmt::format("\n## Our own DNS failed: {} to {}\n\n{}\n\n    {}\n",
                       summary.time(outage.first), summary.time(outage.last), in_words(outage),
                       command_of(summary, outage));
  }
  case_table(summary, "Known correspondents refused now", figures.known, out);
  case_table(summary, "Our mail that is lost", figures.own_lost, out);
  case_table(summary, "Lost now: the sender has stopped trying", figures.gave_up, out);
  top_table("Servers that began to refuse us", "senders", figures.new_servers, out);
  top_table("Sender domains refused for the first time", "recipients", figures.new_domains, out);
  if (const auto lost = summary.strangers_lost(); lost > 0)
    out += fmt::format("\n## {}: {}\n\n    {}\n", kStrangersTitle, grouped(lost),
                       suggest_command(summary));
  group_tables(summary, out);
  top_table("Sender domains that we refused most", "recipients", figures.sender_domains, out);
  top_table("Servers that refused our senders most", "senders", figures.remote_servers, out);
  other_table(summary, out);
  coverage(summary, out);
  for (const auto& note : summary.notes) out += "\n```\n" + plain_lines(note) + "```\n";
  return out;
}

}  // namespace lostmail::report
