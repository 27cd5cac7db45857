#include "cli/selection.hpp"
#include "lostmail/report/csv.hpp"
#include "lostmail/report/text_report.hpp"

namespace lostmail::cli {
namespace {

struct Options {
  SelectionOptions selection;
  std::string format;
  std::string output;
  std::size_t limit = 10;
};

/// --format, else by the suffix of -o, else text.
std::string format_of(const Options& options) {
  if (!options.format.empty()) return options.format;
  const auto suffix = std::filesystem::path(options.output).extension();
  if (suffix == ".json") return "json";
  if (suffix == ".csv") return "csv";
  return "text";
}

std::vector<report::Top> tops_of(const std::vector<store::NameCount>& rows) {
  std::vector<report::Top> tops;
  for (const auto& row : rows)
    tops.push_back({row.name, row.refusals, row.counterparts, row.variant});
  return tops;
}

Result<void> fill(const store::Selection& selection, const Options& options, const Globals& globals,
                  store::Store& store, report::Summary& summary) {
  const auto zone = zone_of(globals);
  auto groups = store.groups(selection);
  if (!groups) return tl::unexpected(groups.error());
  for (const auto& row : *groups) {
    summary.groups.push_back({row.direction, row.permanent, row.family, row.variant, row.cause,
                              row.refusals, row.senders, row.recipients, 0, 0, 0});
  }
  auto cases = store.cases(selection, now_utc(), globals.queue_lifetime);
  if (!cases) return tl::unexpected(cases.error());
  report::count_cases(*cases, summary);
  auto domains = store.top_sender_domains(selection, options.limit);
  if (!domains) return tl::unexpected(domains.error());
  summary.sender_domains = tops_of(*domains);
  auto servers = store.top_remote_servers(selection, options.limit);
  if (!servers) return tl::unexpected(servers.error());
  summary.remote_servers = tops_of(*servers);
  auto shapes = store.not_understood(5);
  if (!shapes) return tl::unexpected(shapes.error());
  for (const auto& shape : *shapes)
    summary.not_understood.push_back({shape.lines, shape.example, shape.file, shape.line});
  auto logs = store.logs();
  if (!logs) return tl::unexpected(logs.error());
  std::optional<std::int64_t> first, last;
  for (const auto& log : *logs) {
    summary.lines += log.counts;
    if (log.first) first = std::min(first.value_or(*log.first), *log.first);
    if (log.last) last = std::max(last.value_or(*log.last), *log.last);
    if (!log.problem.empty()) summary.problems.push_back(log.path + ": " + log.problem);
  }
  if (first) summary.first = local_time(*first, zone);
  if (last) summary.last = local_time(*last, zone);
  if (selection.since) summary.since = local_time(*selection.since, zone);
  if (selection.until) summary.until = local_time(*selection.until, zone);
  return {};
}

ExitCode report_command(const Options& options, const Globals& globals) {
  auto selection = options.selection.selection(globals);
  if (!selection) return give_up(selection.error());
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  report::Summary summary;
  if (auto ok = fill(*selection, options, globals, *store, summary); !ok)
    return give_up(ok.error());
  const std::string format = format_of(options);
  const std::string text = format == "json"  ? report::json_report(summary)
                           : format == "csv" ? report::csv_report(summary)
                                             : report::text_report(summary);
  if (auto ok = put_out(text, options.output); !ok) return give_up(ok.error());
  return summary.groups.empty() ? ExitCode::nothing_found : ExitCode::done;
}

}  // namespace

void add_report(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand("report", "What was refused, why, and what of it is lost");
  auto options = std::make_shared<Options>();
  options->selection.add_to(*command);
  command->add_option("--format", options->format, "text, json or csv")
      ->check(CLI::IsMember({"text", "json", "csv"}));
  command
      ->add_option("-o,--output", options->output, "Write to a file; the suffix chooses the format")
      ->type_name("FILE");
  command->add_option("-n,--limit", options->limit, "Rows of the top tables")
      ->capture_default_str();
  on_run(*command, globals, exit,
         [&globals, options] { return report_command(*options, globals); });
}

}  // namespace lostmail::cli
