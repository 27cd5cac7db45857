#include <fmt/format.h>

#include "cli/common.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

ExitCode status(const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto totals = store->totals();
  if (!totals) return give_up(totals.error());
  auto logs = store->logs();
  if (!logs) return give_up(logs.error());
  const auto zone = zone_of(globals);
  fmt::print("Store {}: {}, {}, {:.1f} MB, schema {}\n", globals.store_path().string(),
             counted(totals->refusals, "refusal"), counted(totals->cases, "case"),
             static_cast<double>(totals->bytes) / 1e6, store::Store::kVersion);
  if (totals->first) {
    fmt::print("Refusals from {} to {}\n", local_time(*totals->first, zone),
               local_time(*totals->last, zone));
  }
  const auto last_run = store->last_run();
  if (!last_run) return give_up(last_run.error());
  if (*last_run > 0) fmt::print("Last ingest: {}\n", local_time(*last_run, zone));
  fmt::print("\n{} (times in {}):\n", counted(logs->size(), "log"), zone.name());
  for (const auto& log : *logs) {
    fmt::print("  {}\n      {}, {}, read to byte {}{}{}\n", report::printable(log.path),
               log.first ? local_time(*log.first, zone) + " to " + local_time(*log.last, zone)
                         : "no dated line",
               counted(log.line, "line"), grouped(log.offset), log.packed ? " (decompressed)" : "",
               log.year_inferred ? ", year inferred" : "");
    if (!log.problem.empty()) fmt::print("      ! {}\n", report::printable(log.problem));
    if (log.counts.not_understood > 0)
      fmt::print("      {} not understood\n", counted(log.counts.not_understood, "line"));
  }
  const auto covered = store->covered();
  if (!covered) return give_up(covered.error());
  for (std::size_t i = 1; i < covered->size(); ++i) {
    fmt::print("No log from {} to {}: what became of mail then is unknown\n",
               local_time((*covered)[i - 1].last, zone), local_time((*covered)[i].first, zone));
  }
  const auto horizon = store->pruned_before();
  if (!horizon) return give_up(horizon.error());
  if (*horizon > 0) fmt::print("Pruned before {}\n", utc_rfc3339(*horizon).substr(0, 10));
  std::fflush(stdout);
  return ExitCode::done;
}

}  // namespace

void add_status(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand("status", "The store, the logs that were read, and how far");
  on_run(*command, globals, exit, [&globals] { return status(globals); });
}

}  // namespace lostmail::cli
