#include <unistd.h>

#include "cli/common.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

/// Prints each refusal as it comes, through a buffer.
class JsonLines {
 public:
  explicit JsonLines(const classify::PatternSet& patterns) : patterns_(patterns) {}

  void take(const Refusal& refusal) {
    if (broken_) return;
    ++refusals_;
    report::append_json(refusal, patterns_.classify(refusal), buffer_);
    buffer_ += '\n';
    if (buffer_.size() > 256 * 1024) flush();
  }

  void flush() {
    if (auto ok = put_out(buffer_, ""); !ok) {
      complain(ok.error());
      broken_ = true;
    }
    buffer_.clear();
  }
  [[nodiscard]] std::uint64_t refusals() const { return refusals_; }
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  const classify::PatternSet& patterns_;
  std::string buffer_;
  std::uint64_t refusals_ = 0;
  bool broken_ = false;
};

ExitCode classify(const std::vector<std::string>& arguments, const Globals& globals) {
  auto patterns = load_patterns(globals);
  if (!patterns) return give_up(patterns.error());
  auto settings = reading(globals);
  if (!settings) return give_up(settings.error());
  const input::LogList list = logs_of(arguments);
  JsonLines lines(*patterns);
  const auto outcomes = ingest::read_refusals(list.items, *settings, globals.host(),
                                              [&](Refusal&& refusal) { lines.take(refusal); });
  lines.flush();
  if (lines.broken()) return ExitCode::not_done;
  const ExitCode problems = tell_problems(list, outcomes, globals);
  if (problems != ExitCode::done) return problems;
  return lines.refusals() == 0 ? ExitCode::nothing_found : ExitCode::done;
}

}  // namespace

void add_classify(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command =
      app.add_subcommand("classify", "Print each refusal of the logs as a line of JSON; no store");
  auto logs = std::make_shared<std::vector<std::string>>();
  command->add_option("LOG", *logs,
                      "Logs, directories, or - for standard input (default: this machine's)");
  on_run(*command, globals, exit, [&globals, logs] { return classify(*logs, globals); });
}

}  // namespace lostmail::cli
