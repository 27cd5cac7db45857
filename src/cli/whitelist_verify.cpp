#include <algorithm>

#include <fmt/format.h>

#include "cli/whitelist_state.hpp"
#include "lostmail/replay/exim.hpp"
#include "lostmail/replay/sendmail.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/whitelist/auto_senders.hpp"
#include "lostmail/whitelist/exim_list.hpp"
#include "lostmail/whitelist/export.hpp"

namespace lostmail::cli {
namespace {

using replay::Finding;
using replay::Names;
using replay::Transaction;
using replay::Trial;
using whitelist::Entry;
using whitelist::List;
using whitelist::Target;

struct Options {
  std::vector<std::string> what;  ///< ids or keys; none: all
  std::string mta;
  std::string program, mail_config, scratch, makemap;
  std::string recipient;      ///< of the person's choice
  std::string any_recipient;  ///< for refusals before the recipient was named
  bool live = false;
};

Trial useless(std::string why) { return {Finding::useless, std::move(why), {}}; }

Names names_of(const Entry& entry) {
  switch (entry.list) {
    case List::exim_callout_sender_domains:
    case List::exim_sender_verify_domains:
      return Names::sender_domain;
    case List::exim_callout_receiver_domains:
      return Names::recipient_domain;
    case List::exim_auto_senders:
      return Names::sender_shape;
    case List::exim_hosts:
    case List::cpanel:
      return Names::client;
    case List::sendmail_access:
      return entry.key.starts_with("Connect:") ? Names::client : Names::sender;
    case List::exim_senders:
      break;
  }
  return Names::sender;
}

/// An address that a session may carry as it is: a list would take it too.
bool is_plain(std::string_view address) { return whitelist::nwildlsearch_key(address).has_value(); }

std::optional<Transaction> transaction_of(const store::StoredRefusal& stored, Names names,
                                          const std::string& recipient) {
  const Refusal& refusal = stored.refusal.refusal;
  if (!refusal.client) return std::nullopt;
  Transaction transaction;
  transaction.client_ip = refusal.client->ip;
  // What the log calls forged counts as no name; a name of other characters is none.
  const std::string name = refusal.client->name.value_or("");
  if (!refusal.client->may_be_forged && replay::safe_helo(name, "") == name) {
    transaction.client_name = name;
  }
  transaction.helo = refusal.client->helo.value_or("");
  transaction.sender = refusal.sender ? std::string(refusal.sender->text()) : "";
  transaction.recipient = refusal.recipient ? refusal.recipient->text() : recipient;
  transaction.with_message = stored.refusal.is.variant == Variant::header_sender_invalid;
  if (!is_plain(transaction.recipient)) return std::nullopt;
  if (is_plain(transaction.sender)) return transaction;
  if (names != Names::client) return std::nullopt;
  transaction.sender.clear();  // the client matters, not the sender
  return transaction;
}

/// A sender that the key stands for.
std::string sample_sender(const Entry& entry) {
  std::string_view key = entry.key;
  switch (names_of(entry)) {
    case Names::sender:
      return std::string(key.substr(key.starts_with("From:") ? 5 : 0));
    case Names::sender_domain:
      return fmt::format("postmaster@{}", key);
    default:
      return {};
  }
}

/// The newest refused transaction that the entry should let in; with --recipient one of our own.
std::optional<Transaction> to_replay(const Entry& entry, const Options& options,
                                     const std::vector<store::StoredRefusal>& rows) {
  const Names names = names_of(entry);
  for (const auto& row : rows) {
    const auto family = row.refusal.is.family;
    if (!family || !whitelist::is_meant_for(entry, *family)) continue;
    if (auto transaction = transaction_of(row, names, options.any_recipient)) return transaction;
  }
  if (options.recipient.empty() || !is_plain(options.recipient)) return std::nullopt;
  Transaction transaction;
  transaction.client_ip = "192.0.2.254";  // RFC 5737
  transaction.recipient = options.recipient;
  if (names == Names::client) {
    const auto client = canonical_ip(std::string_view(entry.key).substr(entry.key.find(':') + 1));
    transaction.client_ip = canonical_ip(entry.key).value_or(client.value_or(""));
    return transaction.client_ip.empty() ? std::nullopt : std::optional(transaction);
  }
  transaction.sender = sample_sender(entry);
  return transaction.sender.empty() ? std::nullopt : std::optional(transaction);
}

constexpr auto kNothingToReplay =
    "the log holds no refused mail that it covers: name a recipient of yours with --recipient";

/// Every file that could hold the entry: where lists were written, and where they usually lie.
std::vector<std::pair<std::string, const Target*>> places_of(
    const Entry& entry, const std::vector<store::WrittenList>& written) {
  std::vector<std::pair<std::string, const Target*>> places;
  for (const auto& word : Words<whitelist::Format>::list) {
    for (const Target& target : whitelist::targets_of(word.value)) {
      if (!whitelist::takes(target, entry)) continue;
      for (const auto& list : written) {
        if (list.format == word.name && list.name == target.name) {
          places.emplace_back(list.path, &target);
        }
      }
      places.emplace_back(target.path(), &target);
    }
  }
  return places;
}

/// The file with no entry of ours, and with this one alone; a person's lines stay in both.
Result<std::pair<std::string, std::string>> without_and_with(const Entry& entry,
                                                             const Target& target,
                                                             const std::string& path) {
  const auto existing = existing_file(path);
  if (!existing) return tl::unexpected(existing.error());
  const auto none = whitelist::file_of(target, {}, now_utc(), *existing);
  if (!none) return fail(none.error().kind, path, "{}", none.error().to_string());
  const auto one = whitelist::file_of(target, std::span(&entry, 1), now_utc(), *existing);
  if (!one) return fail(one.error().kind, path, "{}", one.error().to_string());
  const auto before = whitelist::replace_block(*existing, none->block);
  if (!before) return fail(before.error().kind, path, "{}", before.error().to_string());
  const auto after = whitelist::replace_block(*existing, one->block);
  if (!after) return fail(after.error().kind, path, "{}", after.error().to_string());
  return std::pair(*before, *after);
}

/// Entries for Exim, one after the other.
class EximTrials {
 public:
  EximTrials(replay::EximServer& server, const Options& options,
             std::vector<store::WrittenList> written)
      : server_(server), options_(options), written_(std::move(written)) {}

  Result<Trial> run(const Entry& entry, const std::vector<store::StoredRefusal>& rows) {
    std::vector<std::string> paths;
    const auto places = places_of(entry, written_);
    for (const auto& [path, target] : places) paths.push_back(path);
    const auto read = server_.lists_read(paths);
    if (read.empty()) {
      return useless(
          "the configuration reads no list that can hold it: see lostmail whitelist "
          "guide");
    }
    if (auto ok = use(entry, places, read); !ok) return tl::unexpected(ok.error());
    const auto transaction = to_replay(entry, options_, rows);
    if (!transaction) return useless(kNothingToReplay);
    const auto found = is_found(entry, *transaction, read);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return useless("the list's lookup does not find the key");
    return replay::try_entry(server_, names_of(entry), *transaction);
  }

 private:
  Result<void> use(const Entry& entry,
                   const std::vector<std::pair<std::string, const Target*>>& places,
                   const std::vector<std::string>& read) {
    std::vector<replay::EximServer::List> lists;
    for (const auto& [path, target] : places) {
      const bool is_read = std::find(read.begin(), read.end(), path) != read.end();
      const bool is_new =
          std::none_of(lists.begin(), lists.end(),
                       [&path = path](const auto& list) { return list.path == path; });
      if (!is_read || !is_new) continue;
      auto texts = without_and_with(entry, *target, path);
      if (!texts) return tl::unexpected(texts.error());
      lists.push_back({path, std::move(texts->first), std::move(texts->second)});
    }
    return server_.use(lists);
  }

  /// Asks the lookup itself, where the key names senders.
  Result<bool> is_found(const Entry& entry, const Transaction& transaction,
                        const std::vector<std::string>& read) {
    const Names names = names_of(entry);
    if (names == Names::client || names == Names::recipient_domain) return true;
    for (const std::string& path : read) {
      auto found = server_.finds(path, transaction.sender, names == Names::sender_domain);
      if (!found || *found) return found;
    }
    return false;
  }

  replay::EximServer& server_;
  const Options& options_;
  std::vector<store::WrittenList> written_;
};

Result<Trial> run_sendmail(replay::SendmailServer& server, const Options& options,
                           const Entry& entry, const std::vector<store::StoredRefusal>& rows) {
  const Target& target = whitelist::targets_of(whitelist::Format::sendmail_access).front();
  const auto texts = without_and_with(entry, target, server.access_path());
  if (!texts) return tl::unexpected(texts.error());
  if (auto ok = server.use(texts->first, texts->second); !ok) return tl::unexpected(ok.error());
  const auto value = server.value_of(entry.key);
  if (!value) return tl::unexpected(value.error());
  if (*value != entry.value) {
    return useless(fmt::format("the map answers its key with \"{}\"", report::printable(*value)));
  }
  const auto transaction = to_replay(entry, options, rows);
  if (!transaction) return useless(kNothingToReplay);
  return replay::try_entry(server, names_of(entry), *transaction);
}

std::string_view word_of(Finding finding) {
  switch (finding) {
    case Finding::proven:
      return name_of(whitelist::Proof::proven);
    case Finding::too_wide:
      return name_of(whitelist::Proof::too_wide);
    case Finding::useless:
      break;
  }
  return name_of(whitelist::Proof::useless);
}

void print_answer(std::string_view when, const replay::Answer& answer) {
  print_wrapped(
      fmt::format("        {}", when),
      fmt::format("{}: {}{}{}", answer.accepted ? "accepted" : "refused",
                  report::printable(answer.reply),
                  answer.checks > 0 ? fmt::format("; checks reached: {}", answer.checks) : "",
                  answer.callout_omitted ? ", the callout left out" : ""),
      17);
}

void print_trial(const store::Decision& decision, const Trial& trial, bool verbose) {
  fmt::print("{}  {}  {}\n", decision.id, decision.list, decision.key);
  print_wrapped("   ", fmt::format("{}: {}", word_of(trial.finding), report::printable(trial.text)),
                4);
  if (!verbose) return;
  for (const auto& one : trial.comparisons) {
    const auto& transaction = one.transaction;
    print_wrapped("     ",
                  fmt::format("{}: <{}> to <{}> from [{}]", one.what, transaction.sender,
                              transaction.recipient, transaction.client_ip),
                  6);
    print_answer("without", one.before);
    print_answer("with", one.after);
  }
}

Result<void> keep(store::Store& store, store::Decision decision, const Trial& trial) {
  decision.proof = word_of(trial.finding);
  decision.proof_text = report::printable(trial.text);
  decision.proved = now_utc();
  if (auto ok = store.begin(); !ok) return ok;
  if (auto ok = store.put(decision); !ok) {
    store.rollback();
    return ok;
  }
  return store.commit();
}

/// The servers, each opened when the first entry for it comes.
class Verification {
 public:
  Verification(const Options& options, const Globals& globals, store::Store& store)
      : options_(options), globals_(globals), store_(store) {}

  /// Tries one entry, tells and keeps the result.
  Result<Finding> verify(const store::Decision& decision, const Entry& entry) {
    const auto rows = refusals_of(entry, store_);
    if (!rows) return tl::unexpected(rows.error());
    auto trial =
        entry.list == List::sendmail_access ? by_sendmail(entry, *rows) : by_exim(entry, *rows);
    if (!trial) return tl::unexpected(trial.error());
    if (auto ok = keep(store_, decision, *trial); !ok) return tl::unexpected(ok.error());
    if (!globals_.quiet) print_trial(decision, *trial, globals_.verbose);
    flush_printed();
    return trial->finding;
  }

 private:
  Result<Trial> by_exim(const Entry& entry, const std::vector<store::StoredRefusal>& rows) {
    if (!exim_) {
      auto server = replay::EximServer::open(
          {options_.program, options_.mail_config, options_.scratch, options_.live});
      if (!server) return tl::unexpected(server.error());
      exim_ = std::move(*server);
    }
    auto written = store_.written_lists();
    if (!written) return tl::unexpected(written.error());
    return EximTrials(*exim_, options_, std::move(*written)).run(entry, rows);
  }

  Result<Trial> by_sendmail(const Entry& entry, const std::vector<store::StoredRefusal>& rows) {
    if (!sendmail_) {
      auto server = replay::SendmailServer::open(
          {options_.program, options_.makemap, options_.mail_config, options_.scratch});
      if (!server) return tl::unexpected(server.error());
      sendmail_ = std::move(*server);
    }
    return run_sendmail(*sendmail_, options_, entry, rows);
  }

  const Options& options_;
  const Globals& globals_;
  store::Store& store_;
  std::unique_ptr<replay::EximServer> exim_;
  std::unique_ptr<replay::SendmailServer> sendmail_;
};

bool is_wanted(const store::Decision& decision, const Options& options) {
  const bool sendmail = decision.list == name_of(List::sendmail_access);
  if (!options.mta.empty() && (options.mta == "sendmail") != sendmail) return false;
  return options.what.empty() ||
         std::any_of(options.what.begin(), options.what.end(), [&](const std::string& what) {
           return decision.id == what || equals_ignoring_case(decision.key, what);
         });
}

/// Somebody here whose mail is not refused for the recipient's sake (RFC 5321 §4.5.1).
std::string postmaster(const whitelist::Policy& policy) {
  return policy.local_domains.empty() ? "" : "postmaster@" + *policy.local_domains.begin();
}

ExitCode verify(Options options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  const auto policy = policy_for({}, globals, *store);
  if (!policy) return give_up(policy.error());
  options.any_recipient = options.recipient.empty() ? postmaster(*policy) : options.recipient;
  const auto decisions = store->decisions();
  if (!decisions) return give_up(decisions.error());
  Verification verification(options, globals, *store);
  std::size_t proven = 0, others = 0;
  for (const auto& decision : *decisions) {
    const auto entry = entry_of(decision);
    const bool live = decision.state == "approved" && in_force(decision, now_utc());
    if (!entry || !live || !is_wanted(decision, options)) continue;
    if (auto sound = whitelist::check(*entry); !sound) {
      complain(sound.error());
      ++others;
      continue;
    }
    const auto finding = verification.verify(decision, *entry);
    if (!finding) return give_up(finding.error());
    ++(*finding == Finding::proven ? proven : others);
  }
  if (proven + others == 0) {
    if (!globals.quiet) complain("no approved entry to verify: see lostmail whitelist list");
    return ExitCode::nothing_found;
  }
  if (!globals.quiet) {
    fmt::print("{} proven, {} not\n", proven, others);
  }
  return others > 0 ? ExitCode::nothing_found : ExitCode::done;  // a decision is waiting
}

}  // namespace

void add_verify(CLI::App& command, Globals& globals, ExitCode& exit) {
  auto options = std::make_shared<Options>();
  auto* verifying = command.add_subcommand(
      "verify",
      "Put refused mail of the log to the installed mail server, without and with each entry; "
      "nothing is sent");
  verifying->add_option("ID|KEY", options->what, "These entries alone");
  verifying->add_option("--mta", options->mta, "exim or sendmail alone")
      ->check(CLI::IsMember({"exim", "sendmail"}))
      ->type_name("NAME");
  verifying
      ->add_option("--config,--mta-config", options->mail_config,
                   "The mail server's configuration to test, not lostmail's own (which goes before "
                   "`whitelist`); else the one that it names itself")
      ->type_name("FILE");
  verifying->add_option("--program", options->program, "The mail server's program; else PATH")
      ->type_name("FILE");
  verifying->add_option("--makemap", options->makemap, "Sendmail's makemap; else PATH")
      ->type_name("FILE");
  verifying
      ->add_option("--recipient", options->recipient,
                   "A recipient here, for entries that the log holds no refused mail of")
      ->type_name("ADDR");
  verifying
      ->add_option("--scratch", options->scratch,
                   "Folder for scratch copies, where Exim takes configurations from one alone")
      ->type_name("DIR");
  verifying->add_flag("--live", options->live,
                      "Let Exim make its callouts, which dial the senders' servers");
  on_run(*verifying, globals, exit, [&globals, options] { return verify(*options, globals); });
}

}  // namespace lostmail::cli
