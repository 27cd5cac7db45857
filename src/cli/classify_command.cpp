#include <future>
#include <optional>

#include "cli/common.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

/// Prints each refusal as it comes, through a buffer. The patterns are waited for at the first one,
/// so that they are read beside the begin of the logs; a fault in them is told then.
class JsonLines {
 public:
  explicit JsonLines(std::future<Result<classify::PatternSet>> patterns)
      : patterns_to_come_(std::move(patterns)) {}

  void take(const Refusal& refusal) {
    if (!patterns() || broken_) return;
    ++refusals_;
    report::append_json(refusal, patterns()->classify(refusal), buffer_);
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
  /// Null where they cannot be used.
  [[nodiscard]] const classify::PatternSet* patterns() {
    if (!patterns_) {
      patterns_ = patterns_to_come_.get();
      if (!*patterns_) complain(patterns_->error());
    }
    return *patterns_ ? &**patterns_ : nullptr;
  }
  [[nodiscard]] std::uint64_t refusals() const { return refusals_; }
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::future<Result<classify::PatternSet>> patterns_to_come_;
  std::optional<Result<classify::PatternSet>> patterns_;
  std::string buffer_;
  std::uint64_t refusals_ = 0;
  bool broken_ = false;
};

ExitCode classify(const std::vector<std::string>& arguments, const Globals& globals) {
  JsonLines lines(patterns_to_come(globals));
  // Those of the site are more likely at fault: told before a pipe is waited for.
  if (!globals.pattern_options.empty() && lines.patterns() == nullptr) return ExitCode::not_done;
  auto settings = reading(globals);
  if (!settings) return give_up(settings.error());
  const input::LogList list = logs_of(arguments);
  const auto outcomes = ingest::read_refusals(list.items, *settings, globals.host(),
                                              [&](Refusal&& refusal) { lines.take(refusal); });
  if (lines.patterns() == nullptr) return ExitCode::not_done;
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
