#include "cli/whitelist_state.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <pwd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/outages.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

constexpr std::size_t kMostAttempts = 10'000;

std::optional<whitelist::Platform> installed_panel() {
  std::error_code code;
  if (std::filesystem::exists("/usr/local/cpanel/version", code)) {
    return whitelist::Platform::cpanel;
  }
  if (std::filesystem::exists("/usr/local/directadmin/directadmin", code)) {
    return whitelist::Platform::directadmin;
  }
  if (std::filesystem::exists("/etc/exim4/update-exim4.conf.conf", code)) {
    return whitelist::Platform::debian;
  }
  return std::nullopt;
}

/// The part of a key that names an address, a domain or a client, without a tag.
std::string_view untagged(const whitelist::Entry& entry) {
  const bool is_tagged =
      entry.list == whitelist::List::sendmail_access || entry.list == whitelist::List::cpanel;
  std::string_view key = entry.key;
  if (is_tagged) key.remove_prefix(std::min(key.find(':') + 1, key.size()));
  constexpr std::string_view kSix = "IPv6:";
  if (key.starts_with(kSix)) key.remove_prefix(kSix.size());
  return key;
}

/// The refusals that a list entry could cover, wide enough; covers() decides.
Result<store::Selection> selection_for(const whitelist::Entry& entry) {
  store::Selection selection;
  selection.direction = Direction::inbound;
  const std::string_view key = untagged(entry);
  const auto at = key.rfind('@');
  const bool by_shape = entry.list == whitelist::List::exim_auto_senders;
  if (by_shape && key.ends_with("@*")) return selection;
  if (entry.list == whitelist::List::exim_callout_receiver_domains) {
    auto to = AddressChoice::parse(fmt::format("@{}", key));
    if (!to) return tl::unexpected(to.error());
    selection.to = std::move(*to);
    return selection;
  }
  if (at == std::string_view::npos && canonical_ip(key)) {
    auto client = HostChoice::parse(key);
    if (!client) return tl::unexpected(client.error());
    selection.client = std::move(*client);
    return selection;
  }
  auto from = AddressChoice::parse(at == std::string_view::npos ? fmt::format("@{}", key)
                                   : by_shape                   ? std::string(key.substr(at))
                                                                : std::string(key));
  if (!from) return tl::unexpected(from.error());
  selection.from = std::move(*from);
  return selection;
}

whitelist::Attempt attempt_of(const store::StoredRefusal& stored) {
  const Refusal& refusal = stored.refusal.refusal;
  whitelist::Attempt attempt;
  if (refusal.sender) attempt.envelope.sender = refusal.sender->text();
  if (refusal.client) attempt.envelope.client_ip = refusal.client->ip;
  if (refusal.recipient) attempt.envelope.recipient = refusal.recipient->text();
  attempt.time = refusal.when.utc_seconds();
  attempt.family = stored.refusal.is.family.value_or(Family::policy);
  attempt.variant = stored.refusal.is.variant;
  attempt.delivered = stored.delivered;
  return attempt;
}

}  // namespace

void Judging::add_to(CLI::App& command) {
  window.add_to(command);
  command
      .add_option("--platform", platform,
                  "Whose lists Exim reads: exim, debian, cpanel or directadmin; else by what is "
                  "installed here")
      ->check(CLI::IsMember({"exim", "debian", "cpanel", "directadmin"}))
      ->type_name("NAME");
}

whitelist::Platform platform_of(const std::string& option, const Globals& globals) {
  for (const std::string& name : {option, globals.configuration.text("whitelist.platform")}) {
    if (const auto named = from_name<whitelist::Platform>(name)) return *named;
  }
  return installed_panel().value_or(whitelist::Platform::exim);
}

Result<whitelist::Policy> policy_for(const Judging& judging, const Globals& globals,
                                     store::Store& store) {
  const std::string& configured = globals.configuration.text("whitelist.platform");
  if (!configured.empty() && !from_name<whitelist::Platform>(configured)) {
    return fail(ErrorKind::invalid_argument, "whitelist.platform",
                "`{}` is none: say exim, debian, cpanel or directadmin", configured);
  }
  auto local = store.local_domains();
  if (!local) return tl::unexpected(local.error());
  whitelist::Policy policy;
  policy.local_domains = std::move(*local);
  policy.local_domains.insert(globals.local_domains.begin(), globals.local_domains.end());
  policy.platform = platform_of(judging.platform, globals);
  policy.min_score = judging.min_score.value_or(
      static_cast<int>(globals.configuration.number("whitelist.min_score")));
  policy.now = now_utc();
  return policy;
}

Result<Evidence> evidence_for(const Judging& judging, const Globals& globals, store::Store& store) {
  auto selection = judging.window.selection(globals);
  if (!selection) return tl::unexpected(selection.error());
  // What our own resolver broke speaks for nobody.
  auto outages = find_outages(store, *selection);
  if (!outages) return tl::unexpected(outages.error());
  selection->outages = std::move(*outages);
  auto rows = store.sender_evidence(*selection);
  if (!rows) return tl::unexpected(rows.error());
  auto clients = store.client_records(*selection);
  if (!clients) return tl::unexpected(clients.error());
  auto policy = policy_for(judging, globals, store);
  if (!policy) return tl::unexpected(policy.error());
  return Evidence{std::move(*rows), std::move(*clients), std::move(*policy)};
}

Result<whitelist::Suggestions> suggestions(const Judging& judging, const Globals& globals,
                                           store::Store& store) {
  return evidence_for(judging, globals, store).map([](const Evidence& evidence) {
    return whitelist::suggest(evidence.rows, evidence.clients, evidence.policy);
  });
}

bool in_force(const store::Decision& decision, std::int64_t now) {
  return decision.state != "expired" && (decision.expires == 0 || decision.expires > now);
}

Decided::Decided(const std::vector<store::Decision>& decisions) {
  for (const auto& decision : decisions) {
    if (!in_force(decision, now_utc())) continue;
    state_by_id_.emplace(decision.id, decision.state);
    auto entry = entry_of(decision);
    const bool wide = entry && decision.state == "approved" && whitelist::check(*entry) &&
                      (entry->list == whitelist::List::exim_callout_sender_domains ||
                       entry->list == whitelist::List::exim_sender_verify_domains ||
                       entry->list == whitelist::List::exim_auto_senders);
    if (wide) wide_.push_back(std::move(*entry));
  }
}

std::string Decided::state_of(const whitelist::Proposal& proposal) const {
  const auto found = state_by_id_.find(proposal.id);
  if (found != state_by_id_.end()) return found->second;
  // Only what would be in vain beside the wider entry: the check must be the one it lifts.
  if (proposal.list != whitelist::List::exim_senders) return {};
  for (const auto& entry : wide_) {
    const bool callout = entry.list != whitelist::List::exim_sender_verify_domains;
    const bool unroutable = proposal.cause == Cause::unroutable ||
                            proposal.cause == Cause::mx_unusable ||
                            proposal.cause == Cause::null_mx;
    if (callout != unroutable && whitelist::covers(entry, {proposal.key, {}, {}})) {
      return "covered by " + entry.key;
    }
  }
  return {};
}

std::string decider() {
  for (const char* name : {"SUDO_USER", "LOGNAME"}) {
    const char* user = std::getenv(name);
    if (user != nullptr && *user != '\0') return user;
  }
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

Result<void> decide(store::Store& store, whitelist::Entry entry, std::string_view state,
                    const Deciding& deciding, const Globals& globals) {
  const std::int64_t now = now_utc();
  const std::int64_t days = deciding.days.value_or(
      static_cast<std::int64_t>(globals.configuration.number("whitelist.expire_days")));
  entry.approved = now;
  entry.approved_by = decider();
  entry.note = deciding.note;
  if (entry.note.empty()) {
    const auto before = store.decisions();
    if (!before) return tl::unexpected(before.error());
    const auto id = whitelist::entry_id(entry.list, entry.key);
    for (const auto& decision : *before)
      if (decision.id == id && decision.state == state) entry.note = decision.note;
  }
  entry.expires = days == 0 ? 0 : now + days * kDay;
  if (auto ok = whitelist::check(entry); !ok) return ok;
  store::Decision decision;
  decision.id = whitelist::entry_id(entry.list, entry.key);
  decision.list = name_of(entry.list);
  decision.key = entry.key;
  decision.value = entry.value;
  decision.reason = entry.reason;
  decision.note = entry.note;
  decision.state = state;
  decision.by = entry.approved_by;
  decision.attempts = entry.attempts;
  decision.first = entry.first;
  decision.last = entry.last;
  decision.decided = now;
  decision.expires = state == "expired" ? now : entry.expires;
  if (auto ok = store.begin(); !ok) return ok;
  auto ok = store.put(decision);
  if (ok) ok = store.add({decision.id, decision.state, decision.note, decision.by, now});
  if (ok) return store.commit();
  store.rollback();
  return ok;
}

std::optional<whitelist::Entry> entry_of(const store::Decision& decision) {
  const auto list = from_name<whitelist::List>(decision.list);
  if (!list) return std::nullopt;
  whitelist::Entry entry;
  entry.list = *list;
  entry.key = decision.key;
  entry.value = decision.value;
  entry.reason = decision.reason;
  entry.note = decision.note;
  entry.attempts = decision.attempts;
  entry.first = decision.first;
  entry.last = decision.last;
  entry.approved = decision.decided;
  entry.expires = decision.expires;
  entry.approved_by = decision.by;
  entry.proof = from_name<whitelist::Proof>(decision.proof).value_or(whitelist::Proof::none);
  return entry;
}

Result<std::vector<whitelist::Entry>> approved_entries(store::Store& store) {
  return store.decisions().map([](const std::vector<store::Decision>& decisions) {
    std::vector<whitelist::Entry> entries;
    for (const auto& decision : decisions) {
      auto entry = entry_of(decision);
      if (entry && decision.state == "approved") entries.push_back(std::move(*entry));
    }
    return entries;
  });
}

Result<std::vector<store::StoredRefusal>> refusals_of(const whitelist::Entry& entry,
                                                      store::Store& store) {
  const auto selection = selection_for(entry);
  if (!selection) return tl::unexpected(selection.error());
  auto rows = store.refusals(*selection, kMostAttempts);
  if (!rows) return rows;
  std::erase_if(*rows, [&entry](const store::StoredRefusal& row) {
    return !whitelist::covers(entry, attempt_of(row).envelope);
  });
  return rows;
}

Result<std::vector<whitelist::Record>> records(store::Store& store) {
  auto decisions = store.decisions();
  if (!decisions) return tl::unexpected(decisions.error());
  std::vector<whitelist::Record> result;
  for (const auto& decision : *decisions) {
    auto entry = entry_of(decision);
    if (!entry) continue;
    whitelist::Record record{decision.id,       std::move(*entry),   decision.state,
                             decision.exported, decision.proof_text, std::nullopt};
    if (decision.state == "approved" && decision.exported != 0 && whitelist::check(record.entry)) {
      const auto rows = refusals_of(record.entry, store);
      if (!rows) return tl::unexpected(rows.error());
      std::vector<whitelist::Attempt> attempts;
      for (const auto& row : *rows) attempts.push_back(attempt_of(row));
      record.watched = whitelist::watch(record.entry, decision.exported, attempts);
    }
    result.push_back(std::move(record));
  }
  return result;
}

Result<std::string> watched_text(const Globals& globals, store::Store& store) {
  const auto all = records(store);
  if (!all) return tl::unexpected(all.error());
  const auto zone = zone_of(globals);
  std::size_t in_use = 0, got_in = 0;
  std::string still_refused;
  for (const auto& record : *all) {
    if (!record.watched) continue;
    ++in_use;
    const auto& watched = *record.watched;
    if (watched.outcome == whitelist::Outcome::got_in) ++got_in;
    if (watched.outcome != whitelist::Outcome::still_refused) continue;
    still_refused += fmt::format("  {}  {} {}: still refused, last on {}\n", record.id,
                                 name_of(record.entry.list), record.entry.key,
                                 local_time(*watched.last_refused, zone));
  }
  if (in_use == 0) return std::string();
  std::string text =
      fmt::format("Whitelist entries in use: {}, mail got in by {}\n", in_use, got_in);
  if (still_refused.empty()) return text;
  return text + still_refused + "  Next: lostmail whitelist verify\n";
}

Result<std::string> existing_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    if (errno == ENOENT) return std::string();
    return fail(ErrorKind::permission_denied, file, "cannot be read: {}", std::strerror(errno));
  }
  return std::string(std::istreambuf_iterator<char>(stream), {});
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

}  // namespace lostmail::cli
