#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>

#include "cli/common.hpp"

namespace lostmail::cli {
namespace {

void add_globals(CLI::App& app, Globals& globals) {
  app.set_version_flag("--version", std::string("lostmail ") + LOSTMAIL_VERSION);
  app.add_option("--store", globals.store_option,
                 "The store (default /var/lib/lostmail/lostmail.db)")
      ->type_name("FILE");
  app.add_option("--config", globals.config_option,
                 "Read this configuration instead of /etc/lostmail/lostmail.toml")
      ->type_name("FILE");
  app.add_flag("--print-config", globals.print_config, "The settings in effect, as TOML");
  app.add_option("--patterns", globals.pattern_options,
                 "Your own patterns, before the shipped ones; may be repeated")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.add_option("--tz", globals.zone_option,
                 "Time zone of logs that write none: Europe/Berlin, UTC, +02:00")
      ->type_name("ZONE");
  app.add_option("--year", globals.year, "Year of the first line of logs that write none")
      ->check(CLI::Range(1990, 2100));
  app.add_option("--host", globals.host_option, "Name of the server that wrote the logs")
      ->type_name("NAME");
  app.add_option("--threads", globals.threads,
                 "Cores to use (default: all); the result is the same with any number")
      ->check(CLI::Range(1, 64));
  app.add_flag("-q,--quiet", globals.quiet, "Only results and errors");
  app.add_flag("-v,--verbose", globals.verbose, "Tell more of what is done");
  app.add_flag("--no-color", globals.no_color, "No colours on a terminal (NO_COLOR does the same)");
}

/// `lostmail whitelist export`, as far as it was given.
std::string command_of(const CLI::App& app) {
  std::string command = app.get_name();
  for (const auto* sub : app.get_subcommands()) command += ' ' + command_of(*sub);
  return command;
}

int run(int argc, char** argv) {
  CLI::App app{
      "lostmail finds the mail that sender verification, missing reverse DNS or an unknown sender "
      "domain\n"
      "refused, in the logs of Exim and Sendmail; says why, whether it is lost or came later, and "
      "proposes\n"
      "whitelist entries.\n\n"
      "Start with:  lostmail ingest && lostmail report",
      "lostmail"};
  Globals globals;
  ExitCode exit = ExitCode::done;
  app.require_subcommand(0, 1);  // none for --print-config alone
  app.fallthrough();
  app.get_formatter()->column_width(34);
  add_globals(app, globals);
  add_ingest(app, globals, exit);
  add_report(app, globals, exit);
  add_find(app, globals, exit);
  add_nightly(app, globals, exit);
  add_whitelist(app, globals, exit);
  add_classify(app, globals, exit);
  add_explain(app, globals, exit);
  add_patterns(app, globals, exit);
  add_prune(app, globals, exit);
  add_status(app, globals, exit);
  add_unparsed(app, globals, exit);
  app.footer(
      "Exit status: 0 done, found; 1 nothing found, or a decision is waiting; 2 not done; 3 done, "
      "but part\n"
      "of the input could not be read.   `lostmail COMMAND --help` says more of a command.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    complain(std::string(error.what()) + ": see " + command_of(app) + " --help");
    return static_cast<int>(ExitCode::not_done);
  }
  if (!app.get_subcommands().empty()) return static_cast<int>(exit);
  if (!globals.print_config) {
    complain("no command is given: see lostmail --help");
    return static_cast<int>(ExitCode::not_done);
  }
  const auto configured = read_configuration(globals);
  return static_cast<int>(configured ? print_configuration(globals) : give_up(configured.error()));
}

int internal_error(const std::exception& problem) {
  complain(std::string("internal error: ") + problem.what() + ": please report it");
  return static_cast<int>(ExitCode::not_done);
}

}  // namespace
}  // namespace lostmail::cli

int main(int argc, char** argv) {
  using namespace lostmail;
  std::signal(SIGPIPE, SIG_IGN);
  int status = static_cast<int>(cli::ExitCode::done);
  try {
    status = cli::run(argc, argv);
  } catch (const std::system_error& problem) {
    // That is how fmt says that standard output takes no more.
    if (std::ferror(stdout) == 0) return cli::internal_error(problem);
    cli::note_print_error(problem.code().value());
  } catch (const std::exception& problem) {
    return cli::internal_error(problem);
  }
  const auto printed = cli::printed();
  return printed ? status : static_cast<int>(cli::give_up(printed.error()));
}
