#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/selection.hpp"
#include "lostmail/whitelist/records.hpp"
#include "lostmail/whitelist/suggestion.hpp"

/// What the whitelist commands share: proposals and decisions between the store and a person.
namespace lostmail::cli {

inline constexpr std::int64_t kDay = 86400;

/// Options of the commands that judge evidence.
struct Judging {
  Window window;
  std::string platform;
  std::optional<int> min_score;  ///< absent: as configured

  void add_to(CLI::App& command);
};

/// Options of the commands that decide.
struct Deciding {
  std::string what;  ///< an id or an address
  std::string note;
  std::optional<std::int64_t> days;  ///< until it expires; 0: never; absent: as configured
};

/// As --platform says, else the configuration, else by what is installed on this machine.
[[nodiscard]] whitelist::Platform platform_of(const std::string& option, const Globals& globals);

[[nodiscard]] Result<whitelist::Policy> policy_for(const Judging& judging, const Globals& globals,
                                                   store::Store& store);

/// What suggest() wants to know, from the store and the configuration.
struct Evidence {
  std::vector<SenderEvidence> rows;
  std::vector<ClientRecord> clients;
  whitelist::Policy policy;
};
[[nodiscard]] Result<Evidence> evidence_for(const Judging& judging, const Globals& globals,
                                            store::Store& store);
[[nodiscard]] Result<whitelist::Suggestions> suggestions(const Judging& judging,
                                                         const Globals& globals,
                                                         store::Store& store);

/// The decision is in force: not expired, neither by date nor by hand.
[[nodiscard]] bool in_force(const store::Decision& decision, std::int64_t now);

/// Decisions in force, as proposals are held against them.
class Decided {
 public:
  explicit Decided(const std::vector<store::Decision>& decisions);

  /// `approved`, `rejected`, `covered by KEY` of an approved entry; empty: it waits for a decision.
  [[nodiscard]] std::string state_of(const whitelist::Proposal& proposal) const;

 private:
  std::map<std::string, std::string> state_by_id_;
  std::vector<whitelist::Entry> wide_;  ///< approved, of more than one sender
};

/// Who decides: the user behind sudo, else the one that runs this.
[[nodiscard]] std::string decider();

/// A new decision about `entry`, in force from now on, in one transaction. Errors: those of check()
/// for approved ones, and of the store.
[[nodiscard]] Result<void> decide(store::Store& store, whitelist::Entry entry,
                                  std::string_view state, const Deciding& deciding,
                                  const Globals& globals);

/// The entry that a decision is about; nullopt where a newer program wrote it.
[[nodiscard]] std::optional<whitelist::Entry> entry_of(const store::Decision& decision);

/// Approved entries, expired ones too: exports leave them out and say so.
[[nodiscard]] Result<std::vector<whitelist::Entry>> approved_entries(store::Store& store);

/// What the store knows of attempts that `entry` covers, the newest first.
[[nodiscard]] Result<std::vector<store::StoredRefusal>> refusals_of(const whitelist::Entry& entry,
                                                                    store::Store& store);

/// All decisions, each exported entry with what came after.
[[nodiscard]] Result<std::vector<whitelist::Record>> records(store::Store& store);

/// What came of the entries that are in a list, for the end of a report; empty where there are
/// none.
[[nodiscard]] Result<std::string> watched_text(const Globals& globals, store::Store& store);

/// The text of a file; empty where there is none. Errors: permission_denied.
[[nodiscard]] Result<std::string> existing_file(const std::string& file);

void print_proposal(const whitelist::Proposal& proposal, std::string_view state);

// One function for each further command of `whitelist`.
void add_decisions(CLI::App& command, Globals& globals, ExitCode& exit);
void add_export(CLI::App& command, Globals& globals, ExitCode& exit);
void add_guide(CLI::App& command, Globals& globals, ExitCode& exit);
void add_verify(CLI::App& command, Globals& globals, ExitCode& exit);

}  // namespace lostmail::cli
