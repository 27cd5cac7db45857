#include "cli/common.hpp"
#include "lostmail/ingest/gaps.hpp"
#include "lostmail/report/status.hpp"

namespace lostmail::cli {
namespace {

struct Options {
  std::string format = "text";
  std::string output;
  bool json = false;
};

report::Status::Log told(const store::LogState& log) {
  report::Status::Log row;
  row.path = log.path;
  row.first = log.first;
  row.last = log.last;
  row.counts = log.counts;
  row.bytes = log.offset;
  if (!log.packed && !log.missing_until && log.size > log.offset)
    row.waiting = log.size - log.offset;
  row.packed = log.packed;
  row.year_inferred = log.year_inferred;
  row.problem = log.problem;
  row.missing_until = log.missing_until;
  row.bytes_lost = log.bytes_lost;
  return row;
}

std::optional<std::int64_t> if_any(std::int64_t time) {
  return time > 0 ? std::optional(time) : std::nullopt;
}

Result<report::Status> look_at(store::Store& store) {
  report::Status status;
  const auto totals = store.totals();
  if (!totals) return tl::unexpected(totals.error());
  const auto logs = store.logs();
  if (!logs) return tl::unexpected(logs.error());
  const auto last_run = store.last_run();
  if (!last_run) return tl::unexpected(last_run.error());
  const auto horizon = store.pruned_before();
  if (!horizon) return tl::unexpected(horizon.error());
  status.schema = store::Store::kVersion;
  status.bytes = totals->bytes;
  status.refusals = totals->refusals;
  status.cases = totals->cases;
  status.first = totals->first;
  status.last = totals->last;
  status.last_run = if_any(*last_run);
  status.pruned_before = if_any(*horizon);
  for (const auto& log : *logs) status.logs.push_back(told(log));
  for (const auto& gap : ingest::gaps_of(*logs))
    status.gaps.push_back({gap.log, gap.from, gap.until, gap.cut, gap.bytes_lost});
  return status;
}

ExitCode status(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto found = look_at(*store);
  if (!found) return give_up(found.error());
  found->store = globals.store_path().string();
  const auto zone = zone_of(globals);
  const report::Clock clock{[&](std::int64_t time) { return local_time(time, zone); },
                            std::string(zone.name())};
  const bool json = options.json || options.format == "json" || options.output.ends_with(".json");
  const auto text = json ? report::status_json(*found) : report::status_text(*found, clock);
  if (auto put = put_out(text, options.output); !put) return give_up(put.error());
  return ExitCode::done;
}

}  // namespace

void add_status(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand(
      "status", "The store, the logs that were read and how far, and what is missing");
  auto options = std::make_shared<Options>();
  command->add_flag("--json", options->json, "One object of JSON");
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("-o,--output", options->output, "Write to a file, .json as JSON");
  on_run(*command, globals, exit, [&globals, options] { return status(*options, globals); });
}

}  // namespace lostmail::cli
