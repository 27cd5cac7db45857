#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include <pwd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/selection.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/whitelist/exim_list.hpp"
#include "lostmail/whitelist/sendmail_access.hpp"
#include "lostmail/whitelist/suggestion.hpp"

namespace lostmail::cli {
namespace {

constexpr std::int64_t kEntryLifetime = 365 * 86400;

struct Options {
  Window window;
  int min_score = 10;
  bool explain = false;
  std::string what;  ///< of approve: an id or an address
  std::string note;
  std::string format;  ///< of export
  std::string output;
};

Result<whitelist::Suggestions> suggestions(const Options& options, const Globals& globals,
                                           store::Store& store) {
  auto selection = options.window.selection(globals);
  if (!selection) return tl::unexpected(selection.error());
  auto evidence = store.sender_evidence(*selection);
  if (!evidence) return tl::unexpected(evidence.error());
  auto clients = store.client_records(*selection);
  if (!clients) return tl::unexpected(clients.error());
  auto local = store.local_domains();
  if (!local) return tl::unexpected(local.error());
  whitelist::Policy policy;
  policy.local_domains = std::move(*local);
  policy.local_domains.insert(globals.local_domains.begin(), globals.local_domains.end());
  policy.min_score = options.min_score;
  policy.now = now_utc();
  return whitelist::suggest(*evidence, *clients, policy);
}

void print_proposal(const whitelist::Proposal& proposal, std::string_view state) {
  fmt::print("{}  {}  {}{}{}\n", proposal.id, name_of(proposal.list), proposal.key,
             proposal.value.empty() ? "" : " " + proposal.value,
             state.empty() ? "" : fmt::format("  ({})", state));
  fmt::print("    {} ({} points), {} because {}\n", name_of(whitelist::strength(proposal.score)),
             proposal.score, name_of(proposal.variant), name_of(proposal.cause));
  for (const auto& line : proposal.evidence) print_wrapped("    +", line, 6);
  for (const auto& line : proposal.against) print_wrapped("    -", line, 6);
}

ExitCode suggest(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto found = suggestions(options, globals, *store);
  if (!found) return give_up(found.error());
  auto decisions = store->decisions();
  if (!decisions) return give_up(decisions.error());
  std::size_t open = 0;
  std::map<std::string_view, std::string_view>
      lifts;  // the same for all entries of a kind: said once
  for (const auto& proposal : found->proposals) {
    const auto decided =
        std::find_if(decisions->begin(), decisions->end(),
                     [&](const auto& decision) { return decision.id == proposal.id; });
    if (decided != decisions->end()) {
      if (globals.verbose) print_proposal(proposal, decided->state);
      continue;
    }
    if (open++ > 0) fmt::print("\n");
    print_proposal(proposal, "");
    lifts.emplace(proposal.lifts, name_of(proposal.list));
    if (options.explain) {
      for (const auto& term : proposal.points)
        fmt::print("      {:+4} {}\n", term.points, term.why);
    }
  }
  if (options.explain && !found->not_proposed.empty()) {
    fmt::print("{}Not proposed:\n", open > 0 ? "\n" : "");
    for (const auto& rejected : found->not_proposed)
      fmt::print("  {}: {}\n", rejected.subject, rejected.reason);
  }
  if (open == 0) {
    std::fflush(stdout);
    if (!globals.quiet) {
      complain(fmt::format(
          "nothing to propose: {} senders and clients were considered; --explain says why not",
          found->not_proposed.size()));
    }
    return ExitCode::nothing_found;
  }
  fmt::print("\nWhat an entry lifts:\n");
  for (const auto& [what, list] : lifts) print_wrapped(fmt::format("  {}:", list), what, 6);
  fmt::print("\n{} proposed, {} considered and left out. Next: lostmail whitelist approve ID\n",
             open, found->not_proposed.size());
  std::fflush(stdout);
  return ExitCode::done;
}

/// Who decides: the user behind sudo, else the one that runs this.
std::string decider() {
  for (const char* name : {"SUDO_USER", "LOGNAME"}) {
    const char* user = std::getenv(name);
    if (user != nullptr && *user != '\0') return user;
  }
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

ExitCode approve(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  Options all = options;
  all.min_score = -1000;  // a person may approve what the score alone would not propose
  auto found = suggestions(all, globals, *store);
  if (!found) return give_up(found.error());
  std::vector<whitelist::Proposal> chosen;
  for (const auto& proposal : found->proposals) {
    if (proposal.id == options.what || equals_ignoring_case(proposal.sender, options.what) ||
        proposal.client_ip == options.what || proposal.key == options.what) {
      // An address chooses the entries made for it, not every entry that its client had a part in.
      const bool client_only = proposal.client_ip == options.what &&
                               proposal.key.find(options.what) == std::string::npos;
      if (!client_only || proposal.id == options.what) chosen.push_back(proposal);
    }
  }
  if (chosen.empty()) {
    for (const auto& rejected : found->not_proposed) {
      if (rejected.subject.find(options.what) != std::string::npos) {
        return give_up({ErrorKind::invalid_argument, report::printable(options.what),
                        "gets no entry: " + rejected.reason});
      }
    }
    complain(report::printable(options.what) +
             ": no proposal has this id or address: see lostmail whitelist suggest");
    return ExitCode::nothing_found;
  }
  if (auto begun = store->begin(); !begun) return give_up(begun.error());
  for (const auto& proposal : chosen) {
    const std::int64_t now = now_utc();
    const auto entry = whitelist::entry_of(proposal, decider(), now, now + kEntryLifetime);
    if (auto ok = whitelist::check(entry); !ok) {
      store->rollback();
      return give_up(ok.error());
    }
    store::Decision decision{proposal.id,
                             std::string(name_of(entry.list)),
                             entry.key,
                             entry.value,
                             options.note.empty() ? entry.reason : options.note,
                             "approved",
                             entry.approved_by,
                             entry.attempts,
                             entry.first,
                             entry.last,
                             entry.approved,
                             entry.expires};
    if (auto ok = store->put(decision); !ok) {
      store->rollback();
      return give_up(ok.error());
    }
  }
  if (auto done = store->commit(); !done) return give_up(done.error());
  if (!globals.quiet) {
    for (const auto& proposal : chosen) {
      fmt::print("approved {}: {} in {}; next: lostmail whitelist export {}\n", proposal.id,
                 proposal.key, name_of(proposal.list), name_of(proposal.list));
    }
    std::fflush(stdout);
  }
  return ExitCode::done;
}

ExitCode list(const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto decisions = store->decisions();
  if (!decisions) return give_up(decisions.error());
  const auto zone = zone_of(globals);
  for (const auto& decision : *decisions) {
    fmt::print("{}  {}  {} {}\n    {} by {} on {}, until {}: {}\n", decision.id, decision.list,
               decision.key, decision.value, decision.state, report::printable(decision.by),
               local_time(decision.decided, zone), local_time(decision.expires, zone).substr(0, 10),
               report::printable(decision.reason));
  }
  std::fflush(stdout);
  return decisions->empty() ? ExitCode::nothing_found : ExitCode::done;
}

std::vector<whitelist::Entry> entries_of(const std::vector<store::Decision>& decisions) {
  std::vector<whitelist::Entry> entries;
  for (const auto& decision : decisions) {
    const auto which = from_name<whitelist::List>(decision.list);
    if (!which || decision.state != "approved") continue;
    entries.push_back({*which, decision.key, decision.value, decision.reason, decision.attempts,
                       decision.first, decision.last, decision.decided, decision.expires,
                       decision.by});
  }
  return entries;
}

/// The file as it is; empty where there is none.
Result<std::string> existing_file(const std::string& file) {
  if (file.empty() || file == "-") return std::string();
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    if (errno == ENOENT) return std::string();
    return fail(ErrorKind::permission_denied, file, "cannot be read: {}", std::strerror(errno));
  }
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

ExitCode export_list(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto decisions = store->decisions();
  if (!decisions) return give_up(decisions.error());
  auto existing = existing_file(options.output);
  if (!existing) return give_up(existing.error());
  const auto entries = entries_of(*decisions);
  const auto format = *from_name<whitelist::List>(options.format);
  whitelist::ListFile file;
  if (format == whitelist::List::sendmail_access) {
    auto access = whitelist::sendmail_access_file(entries, now_utc(), *existing);
    if (!access) return give_up(access.error());
    file = std::move(*access);
  } else {
    file = format == whitelist::List::exim_hosts ? whitelist::exim_hosts_file(entries, now_utc())
                                                 : whitelist::exim_senders_file(entries, now_utc());
  }
  auto whole = whitelist::replace_block(*existing, file.block);
  if (!whole) return give_up({whole.error().kind, options.output, whole.error().message});
  if (*whole != *existing || options.output.empty()) {
    if (auto ok = put_out(*whole, options.output); !ok) return give_up(ok.error());
  }
  for (const auto& rejected : file.left_out)
    complain(rejected.subject + ": left out: " + rejected.reason);
  if (!options.output.empty() && !globals.quiet) {
    fmt::print("{}: {} entries{}\n", options.output, file.entries,
               *whole == *existing ? ", unchanged" : "");
    const auto path = std::filesystem::absolute(options.output).string();
    auto guide = format == whitelist::List::sendmail_access ? whitelist::sendmail_access_guide(path)
                 : format == whitelist::List::exim_hosts    ? whitelist::exim_hosts_acl(path)
                                                            : whitelist::exim_senders_acl(path);
    if (guide) fmt::print("\n{}", *guide);
    std::fflush(stdout);
  }
  return file.entries == 0 ? ExitCode::nothing_found : ExitCode::done;
}

}  // namespace

void add_whitelist(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand("whitelist", "Propose, approve and write whitelist entries");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  auto* suggesting = command->add_subcommand(
      "suggest", "Entries that would let refused mail in, with the evidence");
  options->window.add_to(*suggesting);
  suggesting->add_option("--min-score", options->min_score, "Propose from this score on")
      ->capture_default_str();
  suggesting->add_flag("--explain", options->explain,
                       "Show the score's terms, and what was left out and why");
  on_run(*suggesting, globals, exit, [&globals, options] { return suggest(*options, globals); });
  auto* approving = command->add_subcommand(
      "approve", "Take a proposal: by its id, or the sender's or client's address");
  approving->add_option("ADDR|ID", options->what, "What suggest printed")->required();
  approving->add_option("--note", options->note, "Why, for the list's comment");
  on_run(*approving, globals, exit, [&globals, options] { return approve(*options, globals); });
  auto* listing = command->add_subcommand("list", "The decisions made");
  on_run(*listing, globals, exit, [&globals] { return list(globals); });
  auto* exporting =
      command->add_subcommand("export", "Write the approved entries as the mail server reads them");
  exporting->add_option("FORMAT", options->format, "exim-senders, exim-hosts or sendmail-access")
      ->required()
      ->check(CLI::IsMember({"exim-senders", "exim-hosts", "sendmail-access"}));
  exporting
      ->add_option("-o,--output", options->output,
                   "Into this file: whole or not at all, other lines kept")
      ->type_name("FILE");
  on_run(*exporting, globals, exit, [&globals, options] { return export_list(*options, globals); });
}

}  // namespace lostmail::cli
