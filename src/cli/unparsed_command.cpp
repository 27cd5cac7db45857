#include <fmt/format.h>

#include "cli/common.hpp"
#include "lostmail/classify/normal_text.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

struct Options {
  bool anonymise = false;
  std::size_t limit = 50;
};

ExitCode unparsed(const Options& options, const Globals& globals) {
  auto store = store::Store::open(globals.store_path());
  if (!store) return give_up(store.error());
  auto shapes = store->not_understood(options.limit);
  if (!shapes) return give_up(shapes.error());
  auto lines = store->line_counts();
  if (!lines) return give_up(lines.error());
  for (const auto& shape : *shapes) {
    // The masks that patterns see hide addresses, hosts and IP addresses; message ids and words
    // stay, they are the point.
    const std::string example =
        options.anonymise ? classify::normalise(shape.example).text : shape.example;
    fmt::print("{:>8} x {}\n", grouped(shape.lines), report::printable(example));
    if (!options.anonymise)
      fmt::print("           {}:{}\n", report::printable(shape.file), shape.line);
  }
  const std::uint64_t of_mta = lines->exim + lines->sendmail + lines->not_understood;
  fmt::print("{} of {} lines of the mail server were not understood.\n",
             grouped(lines->not_understood), grouped(of_mta));
  return shapes->empty() ? ExitCode::nothing_found : ExitCode::done;
}

}  // namespace

void add_unparsed(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand(
      "unparsed", "The lines that were not understood, by shape, for a bug report");
  auto options = std::make_shared<Options>();
  command->add_flag("--anonymise", options->anonymise, "Hide addresses, hosts and IP addresses");
  command->add_option("-n,--limit", options->limit, "So many shapes")->capture_default_str();
  on_run(*command, globals, exit, [&globals, options] { return unparsed(*options, globals); });
}

}  // namespace lostmail::cli
