#include <charconv>

#include <fmt/format.h>

#include "cli/common.hpp"

namespace lostmail::cli {
namespace {

/// `90d`, `13w`, `3y` or plain days.
Result<std::int64_t> days_of(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, number);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const std::int64_t days = unit.empty() || unit == "d" ? 1
                            : unit == "w"               ? 7
                            : unit == "y"               ? 365
                                                        : 0;
  if (code != std::errc() || days == 0 || number < 1 || number > 36'500) {
    return fail(ErrorKind::invalid_argument, fmt::format("--keep {}", text),
                "is no length of time: give days, like 90d, or weeks or years, like 13w, 2y");
  }
  return number * days;
}

}  // namespace

ExitCode prune_refusals(const std::string& keep, const Globals& globals) {
  auto days = keep.empty() ? Result<std::int64_t>(static_cast<std::int64_t>(
                                 globals.configuration.number("keep_days")))
                           : days_of(keep);
  if (!days) return give_up(days.error());
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  // Whole days as the view `daily` counts them.
  const std::int64_t horizon = (now_utc() / 86'400 - *days) * 86'400;
  const auto pruned = store->prune(horizon);
  if (!pruned) return give_up(pruned.error());
  if (!globals.quiet) {
    fmt::print("{} refusals before {} taken out; their daily counts stay\n", grouped(*pruned),
               utc_rfc3339(horizon).substr(0, 10));
  }
  return ExitCode::done;
}

void add_prune(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand("prune",
                                     "Take old refusals out of the store; their counts by day "
                                     "stay, and no archive brings them back");
  auto keep = std::make_shared<std::string>();
  command
      ->add_option("--keep", *keep,
                   "How long to keep them: 90d, 13w, 2y (default: keep_days of the configuration)")
      ->type_name("TIME");
  on_run(*command, globals, exit, [&globals, keep] { return prune_refusals(*keep, globals); });
}

}  // namespace lostmail::cli
