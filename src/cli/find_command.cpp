#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "cli/find_answer.hpp"
#include "cli/find_sources.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

trace::Question question_of(const store::Selection& selection, const FindOptions& options) {
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

std::string format_of(const FindOptions& options) {
  if (options.json) return "json";
  if (!options.format.empty()) return options.format;
  const auto suffix = std::filesystem::path(options.output).extension();
  return suffix == ".json" || suffix == ".jsonl" ? "json" : "text";
}

/// `find --log mainlog alice@example.com`: what was to be looked for.
std::string word_among_logs(const FindOptions& options) {
  std::error_code code;
  if (options.logs.size() < 2 || std::filesystem::exists(options.logs.back(), code)) return {};
  return options.logs.back() == "-" ? std::string() : report::printable(options.logs.back());
}

std::uint64_t bytes_of(const input::LogList& list) {
  std::uint64_t bytes = 0;
  for (const auto& item : list.items) {
    std::error_code code;
    const auto size = std::filesystem::file_size(item.path, code);
    if (!code) bytes += size;
  }
  return bytes;
}

Result<search::Settings> search_settings(const FindOptions& options, const Globals& globals) {
  auto settings = reading(globals);
  if (!settings) return tl::unexpected(settings.error());
  search::Settings how;
  how.zone = settings->zone;
  how.year = settings->year;
  how.host = globals.host();
  how.now = settings->now;
  how.queue_lifetime = globals.queue_lifetime;
  how.limit = options.most_messages();
  how.threads = static_cast<unsigned>(
      std::max(1, globals.threads.value_or(static_cast<int>(std::thread::hardware_concurrency()))));
  return how;
}

ExitCode find(const FindOptions& options, const Globals& globals) {
  auto selection = options.selection.selection(globals);
  if (!selection) return give_up(selection.error());
  const trace::Question question = question_of(*selection, options);
  if (asked_text(question, options).empty()) {
    if (const auto word = word_among_logs(options); !word.empty()) {
      complain(fmt::format(
          "find: {}: no such log: --log takes all that follows it, so say what to look for first: "
          "lostmail find {} --log LOG",
          word, word));
      return ExitCode::not_done;
    }
    complain(
        "find: whom or what to look for: say -f SENDER, -t RECIPIENT, --id ID, or any word of "
        "its lines");
    return ExitCode::not_done;
  }
  auto store = open_store(options, globals);
  if (!store) return give_up(store.error());
  const input::LogList list = logs_to_search(options, *store ? &**store : nullptr);
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
  auto how = search_settings(options, globals);
  if (!how) return give_up(how.error());
  Progress progress(globals, "searched");
  std::atomic<std::uint64_t> read{0};
  const std::uint64_t total = bytes_of(list);
  how->read_on = [&](std::uint64_t bytes) { progress.tell(read += bytes, total); };
  auto answer =
      search::find(question, list.items, std::move(*known), patterns ? &*patterns : nullptr, *how);
  progress.erase();
  if (!answer) return give_up(answer.error());
  if (!options.logs.empty() && holds_no_log(*answer)) {
    return give_up({ErrorKind::not_found, answer->logs.front().path.parent_path().string(),
                    "no log in this directory: name the files"});
  }
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
  auto options = std::make_shared<FindOptions>();
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
