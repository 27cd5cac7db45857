#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "cli/common.hpp"
#include "cli/progress.hpp"
#include "lostmail/ingest/ingest.hpp"

namespace lostmail::cli {
namespace {

void print_summary(const ingest::IngestSummary& summary, const std::filesystem::path& store) {
  LineCounts lines;
  std::uint64_t read = 0, unreadable = 0, unchanged = summary.unchanged;
  for (const auto& outcome : summary.logs) {
    if (outcome.skipped) continue;
    lines += outcome.counts;
    read += outcome.counts.lines > 0 ? 1 : 0;
    unreadable += outcome.problem ? 1 : 0;
    unchanged += outcome.counts.lines == 0 && !outcome.problem ? 1 : 0;
  }
  fmt::print("{} read, {} unchanged, {} with unreadable parts\n", counted(read, "log"),
             grouped(unchanged), grouped(unreadable));
  if (lines.lines == 0) {
    fmt::print("Nothing new for {}\n", store.string());
    return;
  }
  fmt::print("{}: {} Exim, {} Sendmail, {} further lines of records, {} of other programs\n",
             counted(lines.lines, "line"), grouped(lines.exim), grouped(lines.sendmail),
             grouped(lines.continuation), grouped(lines.other_program));
  const std::uint64_t of_mta = lines.exim + lines.sendmail + lines.not_understood;
  fmt::print("{} not understood", grouped(lines.not_understood));
  if (of_mta > 0) {
    fmt::print(
        ": {:.2f} % of the mail server's lines were",
        100.0 * static_cast<double>(of_mta - lines.not_understood) / static_cast<double>(of_mta));
  }
  fmt::print("\n{}, {} of them new in {}\n", counted(summary.refusals, "refusal"),
             grouped(summary.new_refusals), store.string());
}

/// Logs that went before all of them was read. True: bytes of them are known to be lost.
bool tell_losses(const ingest::IngestSummary& summary, const Globals& globals) {
  bool any = false;
  for (const auto& log : summary.cut) {
    any = any || log.bytes_lost > 0;
    complain(fmt::format(
        "{}: was cut or replaced since the last run and lies nowhere else: {} after {} are lost: "
        "have"
        " logrotate keep an old log beside it, or run `lostmail ingest` more often",
        log.path,
        log.bytes_lost > 0 ? "at least " + counted(log.bytes_lost, "byte") : "lines, if any,",
        log.last ? local_time(*log.last, zone_of(globals)) : "its beginning"));
  }
  return any;
}

}  // namespace

ExitCode ingest_logs(const std::vector<std::string>& arguments, const Globals& globals,
                     int wait_seconds) {
  auto to_come = patterns_to_come(globals);  // beside what is done with files and the store
  auto settings = reading(globals);
  if (!settings) return give_up(settings.error());
  settings->wait_seconds = wait_seconds;
  const input::LogList list = logs_of(arguments);
  const auto open = [&] {
    return store::Store::open_or_create(globals.store_path(), wait_seconds);
  };
  std::optional<Result<store::Store>> store;
  std::error_code ignored;
  if (std::filesystem::exists(globals.store_path(), ignored)) store = open();
  auto patterns = to_come.get();
  if (!patterns) return give_up(patterns.error());
  if (!store) store = open();  // none is made for a run that cannot begin
  if (!*store) return give_up(store->error());
  Progress progress(globals, "read");
  settings->progress = [&](auto done, auto total) { progress.tell(done, total); };
  auto summary =
      ingest::ingest(list.items, std::move(*settings), globals.host(), *patterns, **store);
  progress.erase();
  if (!summary) return give_up(summary.error());
  const auto& read = summary->logs;
  if (summary->unchanged == 0 && !read.empty() && list.problems.empty() &&
      std::all_of(read.begin(), read.end(), [](const auto& log) { return log.skipped; })) {
    std::set<std::filesystem::path> folders;
    for (const auto& log : read) folders.insert(log.path.parent_path());
    for (const auto& folder : folders)
      complain(Error{ErrorKind::not_found, folder.string(),
                     "no mail log among its files: name the logs"});
    return ExitCode::not_done;
  }
  if (!globals.quiet) print_summary(*summary, globals.store_path());
  flush_printed();
  const bool lost = tell_losses(*summary, globals);
  const ExitCode code = tell_problems(list, summary->logs, globals);
  return code == ExitCode::done && lost ? ExitCode::partly_read : code;
}

void add_ingest(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand("ingest", "Read what is new in the logs into the store");
  auto logs = std::make_shared<std::vector<std::string>>();
  command->add_option("LOG", *logs,
                      "Logs, directories, or - for standard input (default: this machine's)");
  auto wait = std::make_shared<int>(60);
  command
      ->add_option("--wait", *wait,
                   "How long to wait while another run writes the store (default 60)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 86'400));
  on_run(*command, globals, exit,
         [&globals, logs, wait] { return ingest_logs(*logs, globals, *wait); });
}

}  // namespace lostmail::cli
