// From bytes to refusals: what a line costs in each room.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <unistd.h>

#include <benchmark/benchmark.h>

#include "generated.hpp"
#include "lostmail/input/line_reader.hpp"
#include "lostmail/parse/parse_line.hpp"

namespace lostmail::bench {
namespace {

/// A file that is gone when the benchmark ends.
class TemporaryLog {
 public:
  explicit TemporaryLog(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "lostmail-bench-XXXXXX").string();
    const int file = ::mkstemp(name.data());
    if (file >= 0) ::close(file);
    path_ = name;
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryLog() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryLog(const TemporaryLog&) = delete;
  TemporaryLog& operator=(const TemporaryLog&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class Nothing final : public EventSink {
 public:
  void on_refusal(Refusal&& refusal) override { benchmark::DoNotOptimize(refusal); }
  void on_delivery(const Delivery& delivery) override { benchmark::DoNotOptimize(&delivery); }
  void on_arrival(const Arrival& arrival) override { benchmark::DoNotOptimize(&arrival); }
  void on_not_understood(std::string_view, const SourceRef&) override {}
};

void count(benchmark::State& state, const GeneratedLog& log) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.text().size()));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log.lines().size()));
}

void read_lines(benchmark::State& state, Mta mta) {
  const GeneratedLog& log = GeneratedLog::of(mta);
  const TemporaryLog file(log.text());
  for (auto _ : state) {
    auto bytes = input::open_bytes(file.path());
    if (!bytes) return state.SkipWithError("the log does not open");
    input::LineReader reader(std::move(*bytes));
    std::size_t lines = 0;
    for (auto line = reader.next(); line && *line; line = reader.next()) ++lines;
    if (lines != log.lines().size()) return state.SkipWithError("lines are missing");
  }
  count(state, log);
}
BENCHMARK_CAPTURE(read_lines, exim, Mta::exim);
BENCHMARK_CAPTURE(read_lines, sendmail, Mta::sendmail);

void parse_lines(benchmark::State& state, Mta mta) {
  const GeneratedLog& log = GeneratedLog::of(mta);
  for (auto _ : state) {
    for (const Line& line : log.lines()) benchmark::DoNotOptimize(parse::parse_line(line.text));
  }
  count(state, log);
}
BENCHMARK_CAPTURE(parse_lines, exim, Mta::exim);
BENCHMARK_CAPTURE(parse_lines, sendmail, Mta::sendmail);

void assemble_records(benchmark::State& state, Mta mta) {
  const GeneratedLog& log = GeneratedLog::of(mta);
  Nothing sink;
  for (auto _ : state) log.assemble(sink);
  count(state, log);
}
BENCHMARK_CAPTURE(assemble_records, exim, Mta::exim);
BENCHMARK_CAPTURE(assemble_records, sendmail, Mta::sendmail);

}  // namespace
}  // namespace lostmail::bench
