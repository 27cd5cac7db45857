#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "cli/whitelist_state.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/whitelist/export.hpp"

namespace lostmail::cli {
namespace {

using whitelist::Proposal;

struct Options {
  Judging judging;
  Deciding deciding;
  std::string list;  ///< of add
  bool json = false;
};

void print_next(whitelist::List list, const std::string& platform, const Globals& globals) {
  fmt::print("Next: lostmail whitelist export {}\n",
             name_of(whitelist::format_for(list, platform_of(platform, globals))));
}

/// An address chooses the entries made for it, not every entry that its client had a part in.
bool is_meant(const Proposal& proposal, const std::string& what) {
  return proposal.id == what || proposal.key == what ||
         equals_ignoring_case(proposal.sender, what) ||
         (proposal.client_ip == what && proposal.key.find(what) != std::string::npos);
}

/// Proposals for an id or address; the exit code where there are none, which is then told.
struct Chosen {
  std::vector<Proposal> proposals;
  ExitCode problem = ExitCode::done;
};

Chosen choose(const Options& options, const Globals& globals, store::Store& store) {
  Judging all = options.judging;
  all.min_score = -1000;  // a person may decide about what the score alone would not propose
  auto found = suggestions(all, globals, store);
  if (!found) return {{}, give_up(found.error())};
  const std::string& what = options.deciding.what;
  Chosen chosen;
  for (const auto& proposal : found->proposals) {
    if (is_meant(proposal, what)) chosen.proposals.push_back(proposal);
  }
  if (!chosen.proposals.empty()) return chosen;
  for (const auto& rejected : found->not_proposed) {
    if (equals_ignoring_case(rejected.subject, what)) {
      return {{},
              give_up({ErrorKind::invalid_argument, report::printable(what),
                       "gets no entry: " + rejected.reason})};
    }
  }
  complain(report::printable(what) +
           ": no proposal has this id or address: see lostmail whitelist suggest");
  return {{}, ExitCode::nothing_found};
}

ExitCode decide_about(const Options& options, const Globals& globals, std::string_view state) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  const Chosen chosen = choose(options, globals, *store);
  if (chosen.proposals.empty()) return chosen.problem;
  for (const auto& proposal : chosen.proposals) {
    const auto entry = whitelist::entry_of(proposal, {}, 0, 0);
    if (auto ok = decide(*store, entry, state, options.deciding, globals); !ok)
      return give_up(ok.error());
    if (!globals.quiet) {
      fmt::print("{} {}: {} in {}\n", state, proposal.id, proposal.key, name_of(proposal.list));
    }
  }
  if (!globals.quiet && state == "approved") {
    print_next(chosen.proposals.front().list, options.judging.platform, globals);
  }
  return ExitCode::done;
}

ExitCode add(const Options& options, const Globals& globals) {
  const auto list = *from_name<whitelist::List>(options.list);
  auto key = whitelist::canonical_key(list, options.deciding.what);
  if (!key) return give_up(key.error());
  whitelist::Entry entry;
  entry.list = list;
  entry.key = std::move(*key);
  entry.value = whitelist::value_of(list);
  entry.reason = "added by hand";
  auto store = store::Store::open_or_create(globals.store_path());
  if (!store) return give_up(store.error());
  const auto policy = policy_for({}, globals, *store);
  if (!policy) return give_up(policy.error());
  if (auto ok = whitelist::check_by_hand(entry, *policy); !ok) return give_up(ok.error());
  if (auto ok = decide(*store, entry, "approved", options.deciding, globals); !ok)
    return give_up(ok.error());
  if (!globals.quiet) {
    fmt::print("approved {}: {} in {}\n", whitelist::entry_id(list, entry.key), entry.key,
               name_of(list));
    print_next(list, options.judging.platform, globals);
  }
  return ExitCode::done;
}

/// Ends decisions: the one named, or all whose date has passed.
ExitCode expire(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto decisions = store->decisions();
  if (!decisions) return give_up(decisions.error());
  const std::string& what = options.deciding.what;
  std::size_t ended = 0;
  for (const auto& decision : *decisions) {
    if (decision.state == "expired") continue;
    const bool named = decision.id == what || equals_ignoring_case(decision.key, what);
    if (what.empty() ? in_force(decision, now_utc()) : !named) continue;
    const auto entry = entry_of(decision);
    if (!entry) continue;
    if (auto ok = decide(*store, *entry, "expired", options.deciding, globals); !ok) {
      return give_up(ok.error());
    }
    ++ended;
    if (!globals.quiet) {
      fmt::print("expired {}: {} in {}, was {} by {}\n", decision.id, decision.key, decision.list,
                 decision.state, report::printable(decision.by));
    }
  }
  if (ended > 0 && !globals.quiet) {
    fmt::print("Next: export these lists again, so that the mail server forgets the entries\n");
  }
  flush_printed();
  if (ended == 0 && !globals.quiet) {
    complain(what.empty() ? "no decision has passed its date"
                          : report::printable(what) +
                                ": no decision in force has this id or key: see lostmail "
                                "whitelist list");
  }
  return ended > 0 ? ExitCode::done : ExitCode::nothing_found;
}

std::string day(std::int64_t time, const assemble::Zone& zone) {
  return local_time(time, zone).substr(0, 10);
}

std::string outcome_text(const whitelist::Record& record, const assemble::Zone& zone) {
  if (record.state != "approved") return {};
  if (record.exported == 0) return "not in any list yet: export it";
  const std::string since = "in the list since " + local_time(record.exported, zone);
  if (!record.watched) return since;
  const auto& watched = *record.watched;
  switch (watched.outcome) {
    case whitelist::Outcome::waiting:
      return since + "; no attempt since";
    case whitelist::Outcome::got_in:
      return fmt::format("{}; got in, last on {}", since, local_time(*watched.delivered, zone));
    case whitelist::Outcome::still_refused:
      return fmt::format("{}; STILL REFUSED, {} since, last on {} ({}): lostmail whitelist verify",
                         since,
                         watched.refused == 1 ? "once" : fmt::format("{} times", watched.refused),
                         local_time(*watched.last_refused, zone), name_of(watched.variant));
  }
  return since;
}

void print_record(const whitelist::Record& record, const assemble::Zone& zone) {
  const auto& entry = record.entry;
  const bool over = entry.expires != 0 && entry.expires <= now_utc();
  fmt::print("{}  {}  {}{}\n", record.id, name_of(entry.list), report::printable(entry.key),
             entry.value.empty() ? "" : " " + report::printable(entry.value));
  std::string until = entry.expires == 0 ? ", does not expire"
                      : over             ? ", expired on " + day(entry.expires, zone)
                                         : ", until " + day(entry.expires, zone);
  if (record.state == "expired") until.clear();
  fmt::print("    {} by {} on {}{}: {}\n", record.state, report::printable(entry.approved_by),
             local_time(entry.approved, zone), until, report::printable(entry.reason));
  if (!entry.note.empty()) print_wrapped("    note:", report::printable(entry.note), 10);
  if (const auto text = outcome_text(record, zone); !text.empty()) print_wrapped("   ", text, 4);
  if (entry.proof != whitelist::Proof::none) {
    print_wrapped("   ", fmt::format("{}: {}", name_of(entry.proof), record.proof_text), 4);
  }
}

ExitCode list(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  const auto found = records(*store);
  if (!found) return give_up(found.error());
  const auto made = store->decisions_made();
  if (!made) return give_up(made.error());
  const auto zone = zone_of(globals);
  for (const auto& record : *found) {
    if (options.json) {
      fmt::print("{}\n", whitelist::json_line(record));
      continue;
    }
    print_record(record, zone);
    for (const auto& one : *made) {
      if (!globals.verbose || one.id != record.id) continue;
      fmt::print("      {}  {} by {}{}\n", local_time(one.decided, zone), one.state,
                 report::printable(one.by),
                 one.note.empty() ? "" : ": " + report::printable(one.note));
    }
  }
  flush_printed();
  if (found->empty() && !options.json && !globals.quiet) {
    complain("no decisions yet: see lostmail whitelist suggest");
  }
  return found->empty() ? ExitCode::nothing_found : ExitCode::done;
}

/// A person's answers to proposals, one at a time.
class Review {
 public:
  Review(const Options& options, const Globals& globals, store::Store& store)
      : options_(options), globals_(globals), store_(store) {}

  /// False: the person wants no more.
  Result<bool> ask(const Proposal& proposal, std::size_t number, std::size_t of) {
    fmt::print("{}[{} of {}] ", number > 1 ? "\n" : "", number, of);
    print_proposal(proposal, "");
    print_wrapped("    lifts:", proposal.lifts, 11);
    Deciding deciding = options_.deciding;
    for (;;) {
      fmt::print("approve, reject, note, why, skip or quit? [a/r/n/w/s/q] ");
      flush_printed();
      std::string answer;
      if (!std::getline(std::cin, answer)) {
        fmt::print("\n");
        return false;
      }
      switch (answer.empty() ? '?' : answer.front()) {
        case 'a':
          return keep(proposal, "approved", deciding);
        case 'r':
          return keep(proposal, "rejected", deciding);
        case 'n':
          fmt::print("note: ");
          flush_printed();
          if (!std::getline(std::cin, deciding.note)) return false;
          break;
        case 'w':
          for (const auto& term : proposal.points) {
            fmt::print("      {:+4} {}\n", term.points, term.why);
          }
          break;
        case 's':
          return true;
        case 'q':
          return false;
        default:
          fmt::print(
              "a: approve; r: reject, it is not proposed again before this expires;\n"
              "n: write a note to go with the decision; w: the score's terms; s: later; "
              "q: stop here\n");
      }
    }
  }

  std::size_t approved = 0, rejected = 0;
  std::optional<whitelist::List> first_approved;

 private:
  Result<bool> keep(const Proposal& proposal, std::string_view state, const Deciding& deciding) {
    auto ok = decide(store_, whitelist::entry_of(proposal, {}, 0, 0), state, deciding, globals_);
    if (!ok) return tl::unexpected(ok.error());
    ++(state == "approved" ? approved : rejected);
    if (state == "approved" && !first_approved) first_approved = proposal.list;
    fmt::print("{}\n", state);
    return true;
  }

  const Options& options_;
  const Globals& globals_;
  store::Store& store_;
};

ExitCode review(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto found = suggestions(options.judging, globals, *store);
  if (!found) return give_up(found.error());
  auto decisions = store->decisions();
  if (!decisions) return give_up(decisions.error());
  const Decided decided(*decisions);
  std::erase_if(found->proposals, [&decided](const Proposal& proposal) {
    return !decided.state_of(proposal).empty();
  });
  if (found->proposals.empty()) {
    if (!globals.quiet) complain("nothing to decide: see lostmail whitelist suggest --explain");
    return ExitCode::nothing_found;
  }
  Review person(options, globals, *store);
  std::size_t number = 0;
  for (const auto& proposal : found->proposals) {
    const auto more = person.ask(proposal, ++number, found->proposals.size());
    if (!more) return give_up(more.error());
    if (!*more) break;
  }
  const std::size_t left = found->proposals.size() - person.approved - person.rejected;
  fmt::print("{} approved, {} rejected, {} left for later\n", person.approved, person.rejected,
             left);
  if (person.first_approved) print_next(*person.first_approved, options.judging.platform, globals);
  return left > 0 ? ExitCode::nothing_found : ExitCode::done;  // a decision is waiting
}

void add_days(CLI::App& command, Options& options) {
  command.add_option("--note", options.deciding.note, "Why; it is kept with the decision")
      ->type_name("TEXT");
  command
      .add_option("--days", options.deciding.days, "The decision expires after so many; 0: never")
      ->check(CLI::Range(0, 36500));
}

}  // namespace

void add_decisions(CLI::App& command, Globals& globals, ExitCode& exit) {
  auto options = std::make_shared<Options>();
  auto* reviewing = command.add_subcommand("review", "Decide about the proposals, one at a time");
  options->judging.add_to(*reviewing);
  reviewing->add_option("--min-score", options->judging.min_score, "Ask from this score on");
  add_days(*reviewing, *options);
  on_run(*reviewing, globals, exit, [&globals, options] { return review(*options, globals); });

  auto* approving = command.add_subcommand(
      "approve", "Take a proposal: by its id, or the sender's or client's address");
  approving->add_option("ADDR|ID", options->deciding.what, "What suggest printed")->required();
  options->judging.add_to(*approving);
  add_days(*approving, *options);
  on_run(*approving, globals, exit,
         [&globals, options] { return decide_about(*options, globals, "approved"); });

  auto* rejecting = command.add_subcommand(
      "reject", "Refuse a proposal; it is not made again until this expires");
  rejecting->add_option("ADDR|ID", options->deciding.what, "What suggest printed")->required();
  options->judging.add_to(*rejecting);
  add_days(*rejecting, *options);
  on_run(*rejecting, globals, exit,
         [&globals, options] { return decide_about(*options, globals, "rejected"); });

  auto* adding = command.add_subcommand("add", "An entry of your own, with a note");
  std::vector<std::string> lists;
  for (const auto& word : Words<whitelist::List>::list) lists.emplace_back(word.name);
  adding->add_option("LIST", options->list, "As list and suggest name it")
      ->required()
      ->check(CLI::IsMember(lists));
  adding
      ->add_option("KEY", options->deciding.what,
                   "user@domain, a domain, an IP address, 'bounce-*@domain'")
      ->required();
  add_days(*adding, *options);
  adding->get_option("--note")->required();
  on_run(*adding, globals, exit, [&globals, options] { return add(*options, globals); });

  auto* expiring =
      command.add_subcommand("expire", "End a decision now; without ID, all whose date has passed");
  expiring->add_option("ID|KEY", options->deciding.what, "What list printed");
  expiring->add_option("--note", options->deciding.note, "Why")->type_name("TEXT");
  on_run(*expiring, globals, exit, [&globals, options] { return expire(*options, globals); });

  auto* listing = command.add_subcommand(
      "list", "The decisions, and whether mail got in since; -v: all that were made");
  listing->add_flag("--json", options->json, "One line of JSON a decision");
  on_run(*listing, globals, exit, [&globals, options] { return list(*options, globals); });
}

}  // namespace lostmail::cli
