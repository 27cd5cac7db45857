#include "lostmail/report/text_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lostmail/core/text.hpp"
#include "lostmail/report/json.hpp"
#include "report/plain.hpp"

namespace lostmail::report {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kMostKnown = 25;  ///< rows of correspondents: one screen

void heading(std::string_view title, std::string& out) {
  out += fmt::format("\n{}\n{}\n", title, std::string(title.size(), '-'));
}

/// A command behind a label; one that is too long goes on in the next line, as a shell takes it.
void command(std::string_view label, std::string_view words, std::string& out) {
  while (words.ends_with(' ')) words.remove_suffix(1);  // no window was asked for
  const std::size_t indent = label.size();
  out += label;
  for (std::size_t room = kColumns - indent; words.size() > room;) {
    const auto end = words.rfind(" --", room - 2);
    if (end == std::string_view::npos || end == 0) break;
    out += fmt::format("{} \\\n{}", words.substr(0, end), std::string(indent + 2, ' '));
    words.remove_prefix(end + 1);
    room = kColumns - indent - 2;
  }
  out += words;
  out += '\n';
}

/// What to type next, in one place for each section.
void next(const std::vector<std::string>& commands, std::string& out) {
  const char* label = "  Next: ";
  for (const auto& words : commands) {
    command(label, words, out);
    label = "        ";
  }
}

/// A text out of a log as a command's argument: only where a shell takes it as it stands.
std::string argument(const std::string& text, const char* otherwise) {
  const bool safe = !text.empty() && text.size() <= 60 && text.front() != '-' &&
                    std::all_of(text.begin(), text.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') ||
                             std::string_view("@.-_+=").find(c) != std::string_view::npos;
                    });
  return safe ? text : otherwise;
}

/// `sender -> recipient` in `width` columns. The longer address gives way, but keeps its domain.
std::string parties(const CaseRow& row, std::size_t width) {
  const auto shortened = [](const std::string& address, std::size_t most) {
    if (address.size() <= most) return address;
    const auto at = std::min(address.rfind('@'), address.size());
    const std::size_t domain = address.size() - at;
    if (domain + 3 > most) return fit(address, most);
    return address.substr(0, most - domain - 2) + ".." + address.substr(at);
  };
  const std::string from = plain(row.sender), to = plain(row.recipient);
  const std::size_t room = width - 4;
  const std::size_t half = room / 2;
  std::size_t for_from = from.size(), for_to = to.size();
  if (for_from + for_to > room) {
    for_from = for_to <= half ? room - for_to : std::min(for_from, half);
    for_to = std::min(for_to, room - for_from);
  }
  return shortened(from, for_from) + " -> " + shortened(to, for_to);
}

/// The first of whole sentences.
std::string_view first_sentence(std::string_view text) {
  const auto end = text.find(". ");
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

/// `text` from column `indent` on, the first line behind what `out` already holds of it.
void wrap(std::string_view text, std::size_t indent, std::size_t at, std::string& out) {
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string word = fit(text.substr(0, end), kColumns - indent);
    if (at > indent && at + word.size() > kColumns) {
      out += '\n' + std::string(indent, ' ');
      at = indent;
    } else if (at > indent) {
      out += ' ';
    }
    out += word;
    at += word.size() + 1;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

/// Why, in one sentence, and what to type next.
void explain(const CaseGroup& group, const Summary& summary, std::string& out) {
  const Reason& reason = group.reason;
  const std::string lead = fmt::format("  {}:", reason.word);
  out += lead;
  wrap(first_sentence(reason.meaning.empty() ? reason.title : reason.meaning), 4, lead.size() + 1,
       out);
  const bool is_cause = from_name<Cause>(reason.word).has_value();
  command("    ",
          fmt::format("lostmail find --{} {} --direction {} {}", is_cause ? "cause" : "variant",
                      reason.word, name_of(group.direction), summary.window),
          out);
  if (group.direction == Direction::outbound)
    command("    ", "lostmail explain " + reason.word, out);
}

std::string_view who_refused(Direction direction) {
  switch (direction) {
    case Direction::inbound:
      return "We refused";
    case Direction::outbound:
      return "Refused us";
    case Direction::internal:
      return "We refused our own";
  }
  return {};
}

/// One line a case, under the reason that they share; what the reasons are and what to do behind.
void case_groups(const Summary& summary, const std::vector<CaseRow>& rows, std::size_t most,
                 std::string& out) {
  const std::vector<CaseRow> shown(rows.begin(),
                                   rows.begin() + static_cast<long>(std::min(most, rows.size())));
  const auto groups = by_reason(summary, shown);
  for (const auto& group : groups) {
    out += fmt::format("  {}: {}\n", who_refused(group.direction), fit(group.reason.title, 60));
    for (const auto* row : group.rows) {
      const std::string lead = fmt::format(" {:>4}x ", short_number(row->attempts));
      out += fmt::format("{}{}\n", lead, parties(*row, kColumns - lead.size()));
    }
  }
  if (rows.size() > shown.size())
    out += fmt::format("  and {} more\n", grouped(rows.size() - shown.size()));
  out += "  Why, and what to do next:\n";
  for (const auto& group : groups) explain(group, summary, out);
  if (!groups.empty() && groups.front().direction == Direction::inbound)
    command("  To let them in: ", suggest_command(summary), out);
}

void outages(const Summary& summary, std::string& out) {
  for (const auto& outage : summary.outages) {
    heading(fmt::format("Our own DNS failed: {} to {}", summary.time(outage.first),
                        summary.time(outage.last)),
            out);
    out += "  ";
    wrap(in_words(outage), 2, 2, out);
    next({command_of(summary, outage)}, out);
  }
}

void known(const Summary& summary, std::string& out) {
  const auto& rows = summary.figures.known;
  if (rows.empty()) return;
  heading(fmt::format("Known correspondents refused now: {} (mail went between the two before)",
                      grouped(rows.size())),
          out);
  case_groups(summary, rows, std::max(kMostKnown, summary.limit), out);
}

void own_lost(const Summary& summary, std::string& out) {
  const auto& figures = summary.figures;
  if (!figures.own_lost.empty()) {
    heading(fmt::format("Our mail that is lost: {}", grouped(figures.own_lost.size())), out);
    case_groups(summary, figures.own_lost, summary.limit, out);
  }
  if (!figures.gave_up.empty()) {
    heading(
        fmt::format("Lost now: the sender has stopped trying: {}", grouped(figures.gave_up.size())),
        out);
    case_groups(summary, figures.gave_up, summary.limit, out);
  }
}

std::string cause_title(const Summary& summary, Direction direction, const Top& top) {
  return summary.reason_of(direction, top.variant, top.cause).title;
}

void new_names(const Summary& summary, std::string& out) {
  const auto& figures = summary.figures;
  if (!figures.new_servers.empty()) {
    heading(fmt::format("Servers that began to refuse us: {}", grouped(figures.new_server_count)),
            out);
    for (const auto& top : figures.new_servers) {
      out += fmt::format("  {:>5}x {} {}\n", short_number(top.refusals), server(top.name, 36),
                         fit(cause_title(summary, Direction::outbound, top), 34));
    }
    next({"lostmail find --direction outbound " + summary.window}, out);
  }
  if (!figures.new_domains.empty()) {
    heading(fmt::format("Sender domains refused for the first time: {}",
                        grouped(figures.new_domain_count)),
            out);
    for (const auto& top : figures.new_domains) {
      out += fmt::format("  {:>5}x {} {}\n", short_number(top.refusals), column(top.name, 36),
                         fit(cause_title(summary, Direction::inbound, top), 34));
    }
    next({fmt::format("lostmail find --from @{} {}",
                      argument(figures.new_domains.front().name, "DOMAIN"), summary.window)},
         out);
  }
}

void own_senders(const Summary& summary, std::string& out) {
  if (summary.own_senders.empty()) return;
  heading("Senders of ours that do not verify elsewhere", out);
  for (const auto& sender : summary.own_senders) {
    const Reason reason = summary.reason_of(Direction::outbound, sender.variant, sender.cause);
    out += fmt::format("  {:>5}x {} {}\n", short_number(sender.refusals), column(sender.sender, 36),
                       fit(reason.title, 34));
  }
  const OwnSender& most = summary.own_senders.front();
  next(
      {"lostmail find --direction outbound --from " + argument(most.sender, "ADDRESS"),
       "lostmail explain " + summary.reason_of(Direction::outbound, most.variant, most.cause).word},
      out);
}

/// The lost mails that nothing above names, in one line.
void strangers(const Summary& summary, std::string& out) {
  const std::uint64_t lost = summary.strangers_lost();
  if (lost == 0) return;
  out += fmt::format("\n{}: {}\n", kStrangersTitle, grouped(lost));
  next({suggest_command(summary)}, out);
}

void group_table(const std::vector<Group>& groups, std::string_view last, std::string& out) {
  out += fmt::format("  {:<26} {:<20} {:>7} {:>7} {:>6} {:>6}\n", "variant", "cause", "refused",
                     "usual", "lost", last);
  for (const auto& group : groups) {
    out += fmt::format("  {:<26} {:<20} {:>7} {:>7} {:>6} {:>6}\n", name_of(group.variant),
                       name_of(group.cause), short_number(group.refusals),
                       group.usual ? short_number(*group.usual) : "-", short_number(group.lost),
                       short_number(last == "later" ? group.delivered_later : group.retrying));
  }
}

void refused(const Summary& summary, std::string& out) {
  bool any = false;
  for (const bool permanent : {true, false}) {
    for (const auto direction : {Direction::inbound, Direction::outbound, Direction::internal}) {
      const auto groups = chosen(summary, direction, permanent, true);
      if (groups.empty()) continue;
      any = true;
      heading(fmt::format("{}, {}", direction_title(direction),
                          permanent ? "for good" : "for now (4xx): the sender tries again"),
              out);
      group_table(groups, permanent ? "later" : "tried", out);
    }
  }
  if (!any) return;
  if (summary.usual_days) {
    out += fmt::format("  usual: median of the {} days before{}\n", *summary.usual_days,
                       window_days(summary) > 1 ? ", for as many days" : "");
  } else if (summary.since) {
    out += "  usual: not known yet, the logs read begin too late\n";
  }
}

void tops(const Summary& summary, std::string& out) {
  const auto& figures = summary.figures;
  if (!figures.sender_domains.empty()) {
    heading("Sender domains that we refused most", out);
    out += fmt::format("  {:<31} {:>7} {:>10} {}\n", "domain", "refused", "recipients", "mostly");
    for (const auto& top : figures.sender_domains) {
      out += fmt::format("  {} {:>7} {:>10} {}\n", column(top.name, 31), short_number(top.refusals),
                         short_number(top.counterparts), name_of(top.variant));
    }
  }
  if (!figures.remote_servers.empty()) {
    heading("Servers that refused our senders most", out);
    out += fmt::format("  {:<42} {:>7} {}\n", "server", "refused", "mostly");
    for (const auto& top : figures.remote_servers) {
      out += fmt::format("  {} {:>7} {}\n", server(top.name, 42), short_number(top.refusals),
                         name_of(top.variant));
    }
  }
}

/// The reasons that are none of ours to judge: one line each.
void other_reasons(const Summary& summary, std::string& out) {
  const auto rows = other_rows(summary);
  if (rows.empty()) return;
  heading("Refused for other reasons", out);
  out += fmt::format("  {:<26} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}\n", "variant", "usual", "5xx",
                     "4xx", "inbound", "outbound", "internal");
  for (const auto& row : rows) {
    out += fmt::format("  {:<26} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}\n", name_of(row.variant),
                       row.usual ? short_number(*row.usual) : "-", short_number(row.permanent),
                       short_number(row.temporary), short_number(row.directions[0]),
                       short_number(row.directions[1]), short_number(row.directions[2]));
  }
}

void coverage(const Summary& summary, std::string& out) {
  const LineCounts& lines = summary.lines;
  heading("What was read", out);
  if (summary.first && summary.last) {
    out += fmt::format("  Logs from {} to {}.\n", summary.time(*summary.first),
                       summary.time(*summary.last));
  }
  out += fmt::format(
      "  {:>14} lines\n  {:>14} of Exim, {} of Sendmail\n  {:>14} further lines of their records\n"
      "  {:>14} of other programs\n",
      grouped(lines.lines), grouped(lines.exim), grouped(lines.sendmail),
      grouped(lines.continuation), grouped(lines.other_program));
  if (lines.lines == 0) {
    out += "  No log was read yet.\n";
    next({"lostmail ingest"}, out);
  } else if (lines.not_understood == 0) {
    out += "  All lines of the mail server were understood.\n";
  } else {
    out += fmt::format("  {} lines were not understood ({:.2f} % were), for example:\n",
                       grouped(lines.not_understood), understood_percent(lines));
    for (const auto& shape : summary.not_understood) {
      out += fmt::format("  {:>7} x {}\n", grouped(shape.lines), fit(shape.example, kColumns - 12));
    }
    next({"lostmail unparsed"}, out);
  }
  for (const auto* list : {&summary.gaps, &summary.problems}) {
    for (const auto& text : *list) {
      out += "  ! ";
      wrap(text, 4, 4, out);
    }
  }
}

void head(const Summary& summary, std::string& out) {
  std::string title = "lostmail";
  if (!summary.host.empty()) title += " on " + summary.host;
  if (!summary.domain.empty()) title += ", for " + summary.domain;
  const std::string window = summary.window_in_words();
  const bool one_line = title.size() + 2 + window.size() <= kColumns;
  out += fmt::format("{}:{}{}\n", fit(title, kColumns - 1), one_line ? " " : "\n  ", window);
  bool any = false;
  for (const Direction direction : {Direction::inbound, Direction::outbound, Direction::internal}) {
    const std::uint64_t refusals = summary.refusals(direction);
    if (refusals == 0) continue;
    any = true;
    out += fmt::format("  {:<18} {:>6} refused {:>6} lost {:>6} later {:>6} tried\n",
                       who_refused(direction), short_number(refusals),
                       short_number(summary.count(direction, Verdict::lost)),
                       short_number(summary.count(direction, Verdict::delivered_later)),
                       short_number(summary.count(direction, Verdict::retrying)));
  }
  if (summary.pruned > 0) {
    out += "  " + summary.pruned_in_words() + "\n";
  } else if (!any) {
    out += "  Nothing was refused.\n";
  }
}

}  // namespace

std::string text_report(const Summary& summary) {
  std::string out;
  head(summary, out);
  outages(summary, out);
  known(summary, out);
  own_lost(summary, out);
  own_senders(summary, out);
  new_names(summary, out);
  strangers(summary, out);
  refused(summary, out);
  tops(summary, out);
  other_reasons(summary, out);
  coverage(summary, out);
  for (const auto& note : summary.notes) out += '\n' + plain_lines(note);
  return out;
}

}  // namespace lostmail::report
