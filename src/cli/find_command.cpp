#include <algorithm>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "cli/selection.hpp"
#include "cli/terminal.hpp"
#include "cli/words.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/report/timeline.hpp"
#include "lostmail/search/search.hpp"

namespace lostmail::cli {
namespace {

constexpr std::int64_t kGapSeconds = 6 * 3600;  ///< between two logs: some time is in neither
constexpr std::size_t kNoLimit = 1'000'000;

struct Options {
  SelectionOptions selection;
  std::string subject;
  std::vector<std::string> words, logs;
  std::size_t limit = 20;
  bool no_log = false, json = false, raw = false;
  std::string output, format;
};

trace::Question question_of(const store::Selection& selection, const Options& options) {
  trace::Question question;
  question.from = selection.from;
  question.to = selection.to;
  question.client = selection.client;
  question.id = selection.id;
  question.direction = selection.direction;
  question.variant = selection.variant;
  question.cause = selection.cause;
  question.since = selection.since;
  question.until = selection.until;
  if (question.id && question.id->starts_with('<') && question.id->ends_with('>'))
    question.id = question.id->substr(1, question.id->size() - 2);
  if (!options.subject.empty()) question.subject = options.subject;
  for (const auto& word : options.words) {
    if (!word.empty()) question.words.push_back(word);
  }
  return question;
}

/// In words: `from alice@example.com, to bob@example.org, since …`.
std::string asked_text(const trace::Question& question, const Options& options) {
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
  put("direction", options.selection.direction);
  put("since", options.selection.window.since);
  put("until", options.selection.window.until);
  return text;
}

void add_known(const std::vector<store::StoredRefusal>& rows, search::Known& known) {
  for (const auto& row : rows) {
    const Refusal& refusal = row.refusal.refusal;
    known.refusals.push_back(row.refusal);
    if (row.delivered && refusal.sender && refusal.recipient)
      known.deliveries.push_back(
          {std::string(refusal.sender->text()), refusal.recipient->text(), *row.delivered});
  }
}

/// Refusals of the store. Words are looked up where they are addresses; a subject is in no store.
Result<search::Known> ask_store(store::Store& store, store::Selection selection,
                                const Options& options) {
  search::Known known;
  auto logs = store.logs();
  if (!logs) return tl::unexpected(logs.error());
  for (const auto& log : *logs) {
    if (log.last) known.covered = std::max(known.covered.value_or(*log.last), *log.last);
  }
  const std::size_t most = options.limit * 10 + 100;
  if (!options.subject.empty()) return known;
  if (options.words.empty()) {
    auto rows = store.refusals(selection, most);
    if (!rows) return tl::unexpected(rows.error());
    add_known(*rows, known);
    return known;
  }
  const std::string& word = options.words.front();
  const auto address = AddressChoice::parse(word);
  if (!address || word.find('@') == std::string::npos) return known;
  for (auto member : {&store::Selection::from, &store::Selection::to}) {
    store::Selection one = selection;
    if (one.*member) continue;
    one.*member = *address;
    auto rows = store.refusals(one, most);
    if (!rows) return tl::unexpected(rows.error());
    add_known(*rows, known);
  }
  return known;
}

/// Collects the refusals of whole logs, for questions that name no text.
class RefusalSink final : public EventSink {
 public:
  explicit RefusalSink(const classify::PatternSet& patterns, const trace::Question& question)
      : patterns_(patterns), question_(question) {}
  void on_refusal(Refusal refusal) override {
    ClassifiedRefusal classified{std::move(refusal), {}};
    classified.is = patterns_.classify(classified.refusal);
    const Refusal& one = classified.refusal;
    const std::int64_t when = one.when.utc_seconds();
    if ((question_.direction && one.direction != *question_.direction) ||
        (question_.variant && classified.is.variant != *question_.variant) ||
        (question_.cause && classified.is.cause != *question_.cause) ||
        (question_.since && when < *question_.since) ||
        (question_.until && when >= *question_.until))
      return;
    found.push_back(std::move(classified));
  }
  void on_delivery(const Delivery&) override {}
  void on_arrival(const Arrival&) override {}
  void on_not_understood(std::string_view, const SourceRef&) override {}
  std::vector<ClassifiedRefusal> found;

 private:
  const classify::PatternSet& patterns_;
  const trace::Question& question_;
};

Result<search::Known> read_refusals(const std::vector<input::LogList::Item>& logs,
                                    const trace::Question& question,
                                    const classify::PatternSet& patterns, const Options& options,
                                    const Globals& globals) {
  auto settings = reading(globals);
  if (!settings) return tl::unexpected(settings.error());
  RefusalSink sink(patterns, question);
  assemble::Assembler assembler({globals.host(), false, {}}, sink);
  static_cast<void>(ingest::read_history(logs, *settings, assembler));
  search::Known known;
  const std::size_t most = options.limit * 10 + 100;
  std::reverse(sink.found.begin(), sink.found.end());
  if (sink.found.size() > most) sink.found.resize(most);
  known.refusals = std::move(sink.found);
  return known;
}

/// The logs that the store knows and that still lie there, and those of this machine.
input::LogList logs_beside_store(store::Store* store) {
  input::LogList list = input::machine_logs();
  std::set<std::filesystem::path> seen;
  for (const auto& item : list.items) seen.insert(item.path);
  if (store != nullptr) {
    const auto known = store->logs();
    for (const auto& log : known ? *known : std::vector<store::LogState>()) {
      std::error_code code;
      if (log.path != "-" && std::filesystem::is_regular_file(log.path, code) &&
          seen.insert(log.path).second)
        list.items.push_back({log.path, false});
    }
  }
  if (store != nullptr || !list.items.empty()) list.problems.clear();
  return list;
}

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

struct Span {
  std::int64_t first = 0, last = 0;
};

/// What of time the searched logs hold, rejectlogs aside: their silence says nothing.
std::vector<Span> covered_spans(const search::Answer& answer) {
  std::vector<Span> spans, joined;
  for (const auto& log : answer.logs) {
    if (log.searched && log.first && log.last &&
        input::role_of(log.path) == input::LogRole::mainlog)
      spans.push_back({*log.first, std::max(*log.first, *log.last)});
  }
  std::sort(spans.begin(), spans.end(),
            [](const Span& left, const Span& right) { return left.first < right.first; });
  for (const auto& span : spans) {
    if (!joined.empty() && span.first <= joined.back().last + kGapSeconds) {
      joined.back().last = std::max(joined.back().last, span.last);
    } else {
      joined.push_back(span);
    }
  }
  return joined;
}

std::string searched_text(const search::Answer& answer, const Globals& globals) {
  const auto zone = zone_of(globals);
  std::size_t searched = 0;
  std::optional<std::int64_t> first, last;
  for (const auto& log : answer.logs) {
    if (!log.searched) continue;
    ++searched;
    if (log.first) first = std::min(first.value_or(*log.first), *log.first);
    if (log.last) last = std::max(last.value_or(*log.last), *log.last);
  }
  if (searched == 0) return "No log was searched: this is what the store knows.\n";
  std::string text = fmt::format("Searched {} {}", searched, searched == 1 ? "log" : "logs");
  if (first && last)
    text += fmt::format(", from {} to {}", local_time(*first, zone), local_time(*last, zone));
  text += ".\n";
  const auto spans = covered_spans(answer);
  for (std::size_t i = 1; i < spans.size(); ++i) {
    text += fmt::format("No log holds the time from {} to {}.\n",
                        local_time(spans[i - 1].last, zone), local_time(spans[i].first, zone));
  }
  if (globals.verbose) {
    for (const auto& log : answer.logs) {
      if (log.searched) text += fmt::format("  {}\n", report::printable(log.path.string()));
    }
  }
  return text;
}

std::string text_answer(const search::Answer& answer, const trace::Question& question,
                        const Options& options, const Globals& globals) {
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
    out += fmt::format("No trace of mail {}.\n", asked_text(question, options));
  if (answer.more > 0)
    out += fmt::format(
        "These are the newest {}; up to {} more: -n shows more, --since and the like "
        "narrow it.\n",
        answer.timelines.size(), grouped(answer.more));
  return out + searched_text(answer, globals);
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

std::string format_of(const Options& options) {
  if (options.json) return "json";
  if (!options.format.empty()) return options.format;
  const auto suffix = std::filesystem::path(options.output).extension();
  return suffix == ".json" || suffix == ".jsonl" ? "json" : "text";
}

/// The store, where one is to be asked and there is one. Errors: one that cannot be read.
Result<std::optional<store::Store>> open_store(const Options& options, const Globals& globals) {
  if (!options.logs.empty()) return std::optional<store::Store>();
  auto store = store::Store::open(globals.store_path());
  if (store) return std::optional(std::move(*store));
  const bool none = store.error().kind == ErrorKind::not_found;
  if (none && !options.no_log && globals.store_option.empty()) return std::optional<store::Store>();
  return tl::unexpected(store.error());
}

ExitCode find(const Options& options, const Globals& globals) {
  auto selection = options.selection.selection(globals);
  if (!selection) return give_up(selection.error());
  const trace::Question question = question_of(*selection, options);
  if (asked_text(question, options).empty()) {
    complain(
        "find: whom or what to look for: say -f SENDER, -t RECIPIENT, --id ID, or any word of "
        "its lines");
    return ExitCode::not_done;
  }
  auto store = open_store(options, globals);
  if (!store) return give_up(store.error());
  input::LogList list;
  if (!options.logs.empty()) {
    list = input::expand(options.logs);
  } else if (!options.no_log) {
    list = logs_beside_store(*store ? &**store : nullptr);
  }
  // What the store holds is classified; loading the patterns would take longer than its answer.
  std::optional<classify::PatternSet> patterns;
  if (!list.items.empty()) {
    auto loaded = load_patterns(globals);
    if (!loaded) return give_up(loaded.error());
    patterns = std::move(*loaded);
  }
  Result<search::Known> known = search::Known();
  if (*store) {
    known = ask_store(**store, *selection, options);
  } else if (patterns && !search::names_text(question)) {
    known = read_refusals(list.items, question, *patterns, options, globals);
  }
  if (!known) return give_up(known.error());
  auto settings = reading(globals);
  if (!settings) return give_up(settings.error());
  search::Settings how;
  how.zone = settings->zone;
  how.year = settings->year;
  how.host = globals.host();
  how.now = settings->now;
  how.queue_lifetime = globals.queue_lifetime;
  how.limit = options.limit == 0 ? kNoLimit : options.limit;
  how.threads = static_cast<unsigned>(
      std::max(1, globals.threads.value_or(static_cast<int>(std::thread::hardware_concurrency()))));
  auto answer =
      search::find(question, list.items, std::move(*known), patterns ? &*patterns : nullptr, how);
  if (!answer) return give_up(answer.error());
  const std::string text = options.raw ? raw_answer(*answer)
                           : format_of(options) == "json"
                               ? json_answer(*answer)
                               : text_answer(*answer, question, options, globals);
  const bool to_file = !options.output.empty() && options.output != "-";
  if (auto ok = to_file ? put_out(text, options.output) : show(text); !ok)
    return give_up(ok.error());
  const ExitCode problems = tell_logs(*answer, list);
  if (problems != ExitCode::done) return problems;
  return answer->timelines.empty() ? ExitCode::nothing_found : ExitCode::done;
}

}  // namespace

void add_find(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand("find",
                                     "What became of a message: who has it, who refused it, "
                                     "and why");
  auto options = std::make_shared<Options>();
  command->add_option("WORD", options->words,
                      "Words that stand in its log lines: an address, a part of one, anything");
  options->selection.add_to(*command);
  command->add_option("--subject", options->subject, "Part of the subject, where the log has it")
      ->type_name("TEXT");
  command->add_option("-n,--limit", options->limit, "So many messages, the newest; 0: all")
      ->capture_default_str();
  command
      ->add_option("--log", options->logs,
                   "Search these logs, directories or - instead of the machine's and the store")
      ->type_name("LOG");
  command->add_flag("--no-log", options->no_log, "Ask the store alone");
  command->add_flag("--json", options->json, "JSON Lines: an event a line, then the verdicts");
  command->add_flag("--raw", options->raw, "The log lines themselves");
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("-o,--output", options->output, "Write to a file")->type_name("FILE");
  on_run(*command, globals, exit, [&globals, options] { return find(*options, globals); });
}

}  // namespace lostmail::cli
