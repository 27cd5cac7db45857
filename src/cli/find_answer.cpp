#include "cli/find_answer.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cli/terminal.hpp"
#include "cli/words.hpp"
#include "lostmail/core/stretch.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/report/timeline.hpp"

namespace lostmail::cli {
namespace {

/// File names alone where they tell the logs apart.
std::function<std::string(const SourceRef&)> place_namer(const search::Answer& answer) {
  std::map<std::string, std::set<std::string>> paths;
  const auto put = [&](const std::filesystem::path& path) {
    paths[path.filename().string()].insert(path.string());
  };
  for (const auto& log : answer.logs) put(log.path);
  for (const auto& timeline : answer.timelines) {
    for (const auto& event : timeline.events) {
      if (event.source.file) put(*event.source.file);
    }
  }
  return [paths](const SourceRef& place) {
    if (!place.file) return std::string("no log");
    const auto name = std::filesystem::path(*place.file).filename().string();
    const auto found = paths.find(name);
    const bool alone = found != paths.end() && found->second.size() == 1;
    return fmt::format("{}:{}", report::printable(alone ? name : *place.file), place.line);
  };
}

/// Times within the question's own for which no searched log tells of all mail.
std::string gaps_text(const search::Answer& answer, const trace::Question& question,
                      const Globals& globals) {
  std::vector<Stretch> spans;
  for (const auto& log : answer.logs) {
    if (log.stretch) spans.push_back(*log.stretch);
  }
  spans = joined(std::move(spans));
  const auto zone = zone_of(globals);
  const std::int64_t now = now_utc();
  const std::int64_t until = std::min(question.until.value_or(now), now);
  std::string text;
  for (std::size_t i = 0; i < spans.size() && spans[i].last < until; ++i) {
    const bool is_last = i + 1 == spans.size();
    if (is_last && spans[i].last + kQuietSeconds >= until) break;
    if (!is_last && question.since && spans[i + 1].first <= *question.since) continue;
    text +=
        is_last
            ? fmt::format("No log holds the time after {}.\n", local_time(spans[i].last, zone))
            : fmt::format("No log holds the time from {} to {}.\n", local_time(spans[i].last, zone),
                          local_time(spans[i + 1].first, zone));
  }
  return text;
}

std::string searched_text(const search::Answer& answer, const trace::Question& question,
                          const FindOptions& options, const Globals& globals) {
  const auto zone = zone_of(globals);
  std::size_t searched = 0;
  std::optional<std::int64_t> first, last;
  for (const auto& log : answer.logs) {
    if (!log.searched) continue;
    ++searched;
    if (log.first) first = std::min(first.value_or(*log.first), *log.first);
    if (log.last) last = std::max(last.value_or(*log.last), *log.last);
  }
  if (searched == 0 && options.logs.empty())
    return "No log was searched: this is what the store knows.\n";
  if (searched == 0) return "No log was searched: none of these can hold that time.\n";
  std::string text = fmt::format("Searched {} {}", searched, searched == 1 ? "log" : "logs");
  if (first && last)
    text += fmt::format(", from {} to {}", local_time(*first, zone), local_time(*last, zone));
  text += ".\n";
  text += gaps_text(answer, question, globals);
  // Who finds nothing wants to know where that was.
  constexpr std::size_t kFewLogs = 8;
  if (globals.verbose || (answer.timelines.empty() && searched <= kFewLogs)) {
    for (const auto& log : answer.logs) {
      if (log.searched) text += fmt::format("  {}\n", report::printable(log.path.string()));
    }
  }
  return text;
}

}  // namespace

std::string asked_text(const trace::Question& question, const FindOptions& options) {
  std::string text;
  const auto put = [&](std::string_view what, std::string_view value) {
    if (!value.empty())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, report::printable(value));
  };
  put("from", options.selection.from);
  put("to", options.selection.to);
  put("with host", options.selection.client);
  put("with id", options.selection.id);
  put("with subject", options.subject);
  for (const auto& word : question.words) put("with", word);
  put("of variant", options.selection.variant);
  put("of cause", options.selection.cause);
  put("of direction", options.selection.direction);
  put("since", options.selection.window.since);
  put("until", options.selection.window.until);
  return text;
}

/// A domain without its '@' asks for a local part of that name.
std::string domain_hint(const SelectionOptions& selection) {
  std::string hint;
  for (const auto* asked : {&selection.from, &selection.to}) {
    if (asked->find('@') == std::string::npos && asked->find('.') != std::string::npos)
      hint += fmt::format("For all of a domain say @{}.\n", report::printable(*asked));
  }
  return hint;
}

std::string text_answer(const search::Answer& answer, const trace::Question& question,
                        const FindOptions& options, const Globals& globals) {
  std::string out;
  report::TimelineStyle style;
  const bool to_screen = options.output.empty() || options.output == "-";
  style.color = to_screen && colors_wanted(globals);
  style.columns = to_screen ? terminal_columns() : 80;
  style.reason = reason_of;
  style.place = place_namer(answer);
  for (const auto& timeline : answer.timelines)
    out += report::timeline_text(timeline, style) + '\n';
  if (answer.timelines.empty())
    out += fmt::format("No trace of mail {}.\n{}", asked_text(question, options),
                       domain_hint(options.selection));
  const std::size_t shown = answer.timelines.size();
  if (answer.more > 0)
    out += fmt::format("The newest {}of up to {}: -n shows more, --since narrows it.\n",
                       shown == 1 ? std::string() : grouped(shown) + ' ',
                       grouped(shown + answer.more));
  return out + searched_text(answer, question, options, globals);
}

std::string raw_answer(const search::Answer& answer) {
  std::string out;
  for (const auto& timeline : answer.timelines) {
    Timeline opened = timeline;
    for (auto& event : opened.events) {
      // What the store alone told is read again where it lies.
      if (event.line.empty() && event.source.file)
        event.line = search::line_at(event.source).value_or("");
    }
    if (!out.empty()) out += '\n';
    out += report::timeline_lines(opened);
  }
  return out;
}

std::string json_answer(const search::Answer& answer) {
  std::string out;
  for (std::size_t i = 0; i < answer.timelines.size(); ++i)
    report::append_timeline_json(answer.timelines[i], i + 1, out);
  return out;
}

bool holds_no_log(const search::Answer& answer) {
  return !answer.logs.empty() && std::all_of(answer.logs.begin(), answer.logs.end(),
                                             [](const auto& log) { return log.skipped; });
}

ExitCode tell_logs(const search::Answer& answer, const input::LogList& list) {
  bool any_problem = !list.problems.empty(), any_searched = false;
  for (const auto& problem : list.problems) complain(problem);
  for (const auto& log : answer.logs) {
    any_searched = any_searched || log.searched;
    if (!log.problem) continue;
    complain(*log.problem);
    any_problem = true;
  }
  if (!any_problem) return ExitCode::done;
  return any_searched || !answer.timelines.empty() ? ExitCode::partly_read : ExitCode::not_done;
}

}  // namespace lostmail::cli
