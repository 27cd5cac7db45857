#include <unistd.h>

#include "cli/common.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::cli {
namespace {

/// Prints each refusal as it comes, through a buffer.
class JsonSink final : public EventSink {
 public:
  explicit JsonSink(const classify::PatternSet& patterns) : patterns_(patterns) {}

  void on_refusal(Refusal&& refusal) override {
    if (broken_) return;
    ++refusals_;
    report::append_json(refusal, patterns_.classify(refusal), buffer_);
    buffer_ += '\n';
    if (buffer_.size() > 256 * 1024) flush();
  }
  void on_delivery(const Delivery&) override {}
  void on_arrival(const Arrival&) override {}
  void on_not_understood(std::string_view, const SourceRef&) override {}

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
  JsonSink sink(*patterns);
  assemble::Assembler::Settings assembly;
  assembly.host = globals.host();
  settings->deliveries = assembly.deliveries = false;
  assemble::Assembler assembler(std::move(assembly), sink);
  const auto outcomes = ingest::read_history(list.items, *settings, assembler);
  sink.flush();
  if (sink.broken()) return ExitCode::not_done;
  const ExitCode problems = tell_problems(list, outcomes, globals);
  if (problems != ExitCode::done) return problems;
  return sink.refusals() == 0 ? ExitCode::nothing_found : ExitCode::done;
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
