#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/configuration.hpp"
#include "cli/exit_code.hpp"
#include "lostmail/classify/pattern_set.hpp"
#include "lostmail/core/text.hpp"
#include "lostmail/ingest/history.hpp"
#include "lostmail/store/store.hpp"

namespace lostmail::cli {

/// Options that every command takes, and what they stand for.
struct Globals {
  std::string store_option;
  std::string config_option;
  std::vector<std::string> pattern_options;
  std::string zone_option;
  std::optional<int> year;
  std::optional<int> threads;
  std::string host_option;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool print_config = false;

  /// Set before a command runs. For a setting that no field here holds:
  /// `globals.configuration.number("keep_days")`; an option of the command stands above it.
  Configuration configuration;
  std::vector<std::string> local_domains;   ///< of this server, lower case
  std::int64_t queue_lifetime = 5 * 86400;  ///< seconds

  [[nodiscard]] std::filesystem::path store_path() const;
  [[nodiscard]] std::optional<std::string> host() const {
    return host_option.empty() ? std::nullopt : std::optional(host_option);
  }
};

/// Reads the configuration files: /etc/lostmail/lostmail.toml, then the user's, or --config alone;
/// what the command line gives stands above them.
[[nodiscard]] Result<void> read_configuration(Globals& globals);

/// The settings in effect, as TOML, on standard output.
[[nodiscard]] ExitCode print_configuration(const Globals& globals);

/// `lostmail: PLACE: what: what to do` on standard error.
void complain(const Error& error);
void complain(std::string_view message);
/// complain(), and the exit code for a failure.
[[nodiscard]] ExitCode give_up(const Error& error);

/// The shipped patterns (build tree, else installed) and the site's.
[[nodiscard]] Result<classify::PatternSet> load_patterns(const Globals& globals);
/// The same on another thread; on the one that asks, where there is no other. `globals` stay until
/// then.
[[nodiscard]] std::future<Result<classify::PatternSet>> patterns_to_come(const Globals& globals);
/// --tz, --year and now as reading needs them.
[[nodiscard]] Result<ingest::Settings> reading(const Globals& globals);

/// Seconds since 1970, the only place that reads the clock.
[[nodiscard]] std::int64_t now_utc();

/// Logs named as arguments, else those of this machine.
[[nodiscard]] input::LogList logs_of(const std::vector<std::string>& arguments);

/// Tells each log's problem; the exit code that they amount to: partly_read, or not_done where
/// nothing could be read at all.
[[nodiscard]] ExitCode tell_problems(const input::LogList& list,
                                     const std::vector<ingest::LogOutcome>& outcomes,
                                     const Globals& globals);

/// Writes out what was printed so far, where something else follows on the terminal.
void flush_printed();
/// Standard output took no more.
void note_print_error(int error);
/// The same at the end, and whether all of it was written.
[[nodiscard]] Result<void> printed();

/// Text to standard output or, with a name, to a file that is written whole or not at all.
[[nodiscard]] Result<void> put_out(std::string_view text, const std::string& file);

/// `since` or `until` in words as UTC seconds: ISO dates and times, `yesterday`, `today`, `now`,
/// `-2h`, `7 days ago`. Days are those of `zone`. Errors: invalid_argument.
[[nodiscard]] Result<std::int64_t> parse_when(std::string_view text, std::int64_t now,
                                              const assemble::Zone& zone);

/// UTC seconds of the midnight that begins the local day of `utc`, `days` later or, negative,
/// earlier.
[[nodiscard]] std::int64_t local_midnight(std::int64_t utc, int days, const assemble::Zone& zone);

/// `2026-11-24 01:10` on the clock of `zone`.
[[nodiscard]] std::string local_time(std::int64_t utc_seconds, const assemble::Zone& zone);

/// `label`, and the text behind it from column `indent` on, within 80 columns.
void print_wrapped(std::string_view label, std::string_view text, std::size_t indent = 12);

[[nodiscard]] assemble::Zone zone_of(const Globals& globals);

/// What a command does, once the configuration is read.
void on_run(CLI::App& command, Globals& globals, ExitCode& exit, std::function<ExitCode()> action);

/// What `ingest` does with these logs; none: those of this machine.
[[nodiscard]] ExitCode ingest_logs(const std::vector<std::string>& arguments,
                                   const Globals& globals, int wait_seconds = 60);

/// What `prune` does; `keep` empty: as configured.
[[nodiscard]] ExitCode prune_refusals(const std::string& keep, const Globals& globals);

// One function for each command: adds it to the program; `exit` is set when it ran.
void add_classify(CLI::App& app, Globals& globals, ExitCode& exit);
void add_ingest(CLI::App& app, Globals& globals, ExitCode& exit);
void add_report(CLI::App& app, Globals& globals, ExitCode& exit);
void add_find(CLI::App& app, Globals& globals, ExitCode& exit);
void add_whitelist(CLI::App& app, Globals& globals, ExitCode& exit);
void add_explain(CLI::App& app, Globals& globals, ExitCode& exit);
void add_nightly(CLI::App& app, Globals& globals, ExitCode& exit);
void add_patterns(CLI::App& app, Globals& globals, ExitCode& exit);
void add_unparsed(CLI::App& app, Globals& globals, ExitCode& exit);
void add_prune(CLI::App& app, Globals& globals, ExitCode& exit);
void add_status(CLI::App& app, Globals& globals, ExitCode& exit);

}  // namespace lostmail::cli
