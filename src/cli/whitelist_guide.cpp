#include <filesystem>

#include <fmt/format.h>

#include "cli/whitelist_state.hpp"
#include "lostmail/replay/process.hpp"
#include "lostmail/whitelist/callout_cost.hpp"
#include "lostmail/whitelist/guide.hpp"

namespace lostmail::cli {
namespace {

struct Options {
  Judging judging;
  std::string mta;
  std::string folder;
};

/// The guide for what is installed here.
whitelist::Guide guide_for_this_machine(const Globals& globals) {
  switch (platform_of("", globals)) {
    case whitelist::Platform::cpanel:
      return whitelist::Guide::cpanel;
    case whitelist::Platform::debian:
      return whitelist::Guide::debian;
    case whitelist::Platform::directadmin:
      return whitelist::Guide::directadmin;
    case whitelist::Platform::exim:
      break;
  }
  std::error_code code;
  const bool sendmail = std::filesystem::exists("/etc/mail/sendmail.cf", code) &&
                        replay::find_program({"exim4", "exim"}).empty();
  return sendmail ? whitelist::Guide::sendmail : whitelist::Guide::exim;
}

std::string folder_for(whitelist::Guide guide) {
  if (guide == whitelist::Guide::sendmail) return "/etc/mail";
  if (guide == whitelist::Guide::cpanel) return "/etc";
  std::error_code code;
  for (const char* folder : {"/etc/exim4", "/etc/exim"}) {
    if (std::filesystem::is_directory(folder, code)) return folder;
  }
  return guide == whitelist::Guide::debian ? "/etc/exim4" : "/etc/exim";
}

/// Without a store there is nothing to say of the price.
std::optional<whitelist::CalloutCost> cost_here(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return std::nullopt;
  const auto evidence = evidence_for(options.judging, globals, *store);
  if (!evidence) return std::nullopt;
  return whitelist::callout_cost(evidence->rows, evidence->clients, evidence->policy);
}

ExitCode guide(const Options& options, const Globals& globals) {
  const auto which = options.mta.empty() ? guide_for_this_machine(globals)
                                         : *from_name<whitelist::Guide>(options.mta);
  const std::string folder = options.folder.empty() ? folder_for(which) : options.folder;
  const auto text = whitelist::guide_text(which, folder, cost_here(options, globals));
  if (!text) return give_up(text.error());
  if (auto ok = put_out(*text, ""); !ok) return give_up(ok.error());
  return ExitCode::done;
}

}  // namespace

void add_guide(CLI::App& command, Globals& globals, ExitCode& exit) {
  auto options = std::make_shared<Options>();
  auto* guiding =
      command.add_subcommand("guide", "The configuration that makes each list count, step by step");
  guiding
      ->add_option("--mta", options->mta,
                   "exim, sendmail, cpanel, debian or directadmin; else what is installed here")
      ->check(CLI::IsMember({"exim", "sendmail", "cpanel", "debian", "directadmin"}))
      ->type_name("NAME");
  guiding->add_option("--folder", options->folder, "Where the lists lie, as the text shall say")
      ->type_name("DIR");
  options->judging.window.add_to(*guiding);
  on_run(*guiding, globals, exit, [&globals, options] { return guide(*options, globals); });
}

}  // namespace lostmail::cli
