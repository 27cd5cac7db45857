#include <fmt/format.h>

#include "cli/mailing.hpp"
#include "cli/outages.hpp"
#include "cli/report_builder.hpp"
#include "cli/selection.hpp"

namespace lostmail::cli {
namespace {

struct Options {
  SelectionOptions selection;
  std::string format;
  std::string output;
  std::optional<std::size_t> limit;
  bool per_domain = false;
  std::vector<std::string> mail_to;
  bool always = false;
  bool json = false;

  /// --json or --format, else by the suffix of -o, else text.
  [[nodiscard]] std::string chosen_format() const {
    if (json) return "json";
    return format.empty() ? format_of_suffix(output) : format;
  }
  [[nodiscard]] ReportWish wish(const Globals& globals) const {
    return {selection.window.range,
            limit.value_or(static_cast<std::size_t>(globals.configuration.number("report.limit")))};
  }
};

/// `report.html` for a domain is `report.example.com.html`. Domains come out of logs: only what is
/// spelled like one becomes part of a name.
Result<std::string> file_of_domain(const std::string& output, const std::string& domain) {
  const bool safe =
      !domain.starts_with('.') &&
      domain.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string::npos;
  if (!safe) {
    return fail(ErrorKind::invalid_argument, domain,
                "is spelled like no domain: no file is named after it");
  }
  const std::filesystem::path path(output);
  std::filesystem::path named = path.parent_path() / path.stem();
  named += "." + domain + path.extension().string();
  return named.string();
}

/// One report for each local domain that something was refused for.
ExitCode report_domains(const Options& options, store::Selection selection, const Globals& globals,
                        store::Store& store) {
  auto domains = store.local_domains();
  if (!domains) return give_up(domains.error());
  domains->insert(globals.local_domains.begin(), globals.local_domains.end());
  const auto outages = find_outages(store, selection);
  if (!outages) return give_up(outages.error());
  bool any = false;
  for (const auto& domain : *domains) {
    selection.local_domain = domain;
    auto summary = summarize(store, selection, options.wish(globals), globals, *outages);
    if (!summary) return give_up(summary.error());
    if (summary->figures.groups.empty()) continue;
    std::string text = render(*summary, options.chosen_format());
    std::string file = options.output;
    if (file.empty() || file == "-") {
      if (any && options.chosen_format() == "text") text.insert(0, "\n\n");
    } else {
      auto named = file_of_domain(file, domain);
      if (!named) {
        complain(named.error());
        continue;
      }
      file = *named;
      if (!globals.quiet) fmt::print("{}\n", file);
      std::fflush(stdout);
    }
    any = true;
    if (auto ok = put_out(text, file); !ok) return give_up(ok.error());
  }
  if (any) return ExitCode::done;
  if (domains->empty())
    complain("no local domain is known: name them as local_domains in the configuration");
  return ExitCode::nothing_found;
}

ExitCode report_command(const Options& options, const Globals& globals) {
  auto selection = options.selection.selection(globals);
  if (!selection) return give_up(selection.error());
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  if (options.per_domain) return report_domains(options, *selection, globals, *store);
  auto summary = summarize(*store, *selection, options.wish(globals), globals);
  if (!summary) return give_up(summary.error());
  if (!options.mail_to.empty()) {
    if (!summary->has_news() && !options.always) return ExitCode::done;
    const auto mailed = mail_report(*summary, options.mail_to, globals);
    return mailed ? ExitCode::done : give_up(mailed.error());
  }
  if (auto ok = put_out(render(*summary, options.chosen_format()), options.output); !ok)
    return give_up(ok.error());
  return summary->figures.groups.empty() ? ExitCode::nothing_found : ExitCode::done;
}

}  // namespace

void add_report(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command =
      app.add_subcommand("report", "What changed, what was refused, why, and what of it is lost");
  auto options = std::make_shared<Options>();
  options->selection.add_to(*command);
  command->add_flag("--per-domain", options->per_domain,
                    "A report for each local domain; -o report.html writes report.DOMAIN.html");
  command->add_option("--format", options->format, "text, html, md, json or csv")
      ->check(CLI::IsMember({"text", "html", "md", "json", "csv"}));
  command->add_flag("--json", options->json, "One object of JSON")->excludes("--format");
  command
      ->add_option("-o,--output", options->output, "Write to a file; the suffix chooses the format")
      ->type_name("FILE");
  command
      ->add_option("--mail-to", options->mail_to,
                   "Mail it, as text and HTML, where there is something to say")
      ->type_name("ADDR")
      ->excludes("--output")
      ->excludes("--format")
      ->excludes("--json")
      ->excludes("--per-domain");
  command->add_flag("--always", options->always, "Mail it also when nothing was lost");
  command->add_option("-n,--limit", options->limit, "Rows of each list (10)")
      ->check(CLI::Range(0, 100'000));
  on_run(*command, globals, exit,
         [&globals, options] { return report_command(*options, globals); });
}

}  // namespace lostmail::cli
