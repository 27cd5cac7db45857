#include <map>

#include <fmt/format.h>

#include "cli/whitelist_state.hpp"

namespace lostmail::cli {
namespace {

struct Options {
  Judging judging;
  bool explain = false;
  bool json = false;
};

void print_points(const whitelist::Proposal& proposal) {
  for (const auto& term : proposal.points) fmt::print("      {:+4} {}\n", term.points, term.why);
}

void print_not_proposed(const whitelist::Suggestions& found, bool after_others) {
  if (found.not_proposed.empty()) return;
  fmt::print("{}Not proposed:\n", after_others ? "\n" : "");
  for (const auto& rejected : found.not_proposed) {
    fmt::print("  {}: {}\n", rejected.subject, rejected.reason);
  }
}

/// Proposals that wait for a decision, and those decided where that is asked for.
struct Printed {
  std::size_t open = 0;
  /// The same for all entries of a kind: said once.
  std::map<std::string_view, std::string_view> lifts;
};

Printed print_proposals(const whitelist::Suggestions& found,
                        const std::vector<store::Decision>& decisions, const Options& options,
                        const Globals& globals) {
  Printed printed;
  const Decided decided(decisions);
  for (const auto& proposal : found.proposals) {
    if (const std::string state = decided.state_of(proposal); !state.empty()) {
      if (globals.verbose && !options.json) print_proposal(proposal, state);
      continue;
    }
    ++printed.open;
    if (options.json) {
      fmt::print("{}\n", whitelist::json_line(proposal));
      continue;
    }
    if (printed.open > 1) fmt::print("\n");
    print_proposal(proposal, "");
    printed.lifts.emplace(proposal.lifts, name_of(proposal.list));
    if (options.explain) print_points(proposal);
  }
  return printed;
}

ExitCode suggest(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto found = suggestions(options.judging, globals, *store);
  if (!found) return give_up(found.error());
  auto decisions = store->decisions();
  if (!decisions) return give_up(decisions.error());
  const Printed printed = print_proposals(*found, *decisions, options, globals);
  if (options.json) {
    std::fflush(stdout);
    return printed.open > 0 ? ExitCode::done : ExitCode::nothing_found;
  }
  if (options.explain) print_not_proposed(*found, printed.open > 0);
  if (printed.open == 0) {
    flush_printed();
    if (!globals.quiet) {
      const std::size_t considered = found->not_proposed.size();
      complain(considered == 0
                   ? "nothing to propose: nobody comes into question"
                   : fmt::format("nothing to propose: {} considered; --explain says why not",
                                 considered == 1 ? "one sender or client was"
                                                 : fmt::format("{} senders and clients were",
                                                               grouped(considered))));
    }
    return ExitCode::nothing_found;
  }
  fmt::print("\nWhat an entry lifts:\n");
  for (const auto& [what, list] : printed.lifts) {
    print_wrapped(fmt::format("  {}: ", list), what, 6);
  }
  fmt::print("\n{} proposed, {} considered and left out. Next: lostmail whitelist review\n",
             printed.open, found->not_proposed.size());
  std::fflush(stdout);
  return ExitCode::done;
}

}  // namespace

void add_whitelist(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand("whitelist", "Propose, approve, write and prove entries");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto* suggesting = command->add_subcommand(
      "suggest", "Entries that would let refused mail in, with the evidence");
  options->judging.add_to(*suggesting);
  suggesting->add_option("--min-score", options->judging.min_score, "Propose from this score on");
  suggesting->add_flag("--explain", options->explain,
                       "Show the score's terms, and what was left out and why");
  suggesting->add_flag("--json", options->json, "One line of JSON a proposal");
  on_run(*suggesting, globals, exit, [&globals, options] { return suggest(*options, globals); });
  add_decisions(*command, globals, exit);
  add_export(*command, globals, exit);
  add_guide(*command, globals, exit);
  add_verify(*command, globals, exit);
}

}  // namespace lostmail::cli
