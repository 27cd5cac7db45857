// lostmail_generate: writes a log as a busy server would, and beside it what it holds. The mix is
// described in README.md of this folder. The same options give the same bytes.
#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>
#include <date/date.h>
#include <fmt/format.h>

#include "traffic.hpp"
#include "truth.hpp"

namespace {

using namespace lostmail::bench;

constexpr std::int64_t kDay = 86'400;
constexpr std::uint64_t kLineBytes = 175;  // about the mean of both mixes

struct Options {
  std::string mta = "exim";
  std::string output;  ///< "-": standard output
  std::string truth;
  std::string begin = "2026-10-01";
  std::int64_t start = 0;  ///< UTC seconds, when that day begins
  std::uint64_t lines = 0, bytes = 0, seed = 1;
  std::uint32_t days = 0;   ///< so many archives, one a day; 0: one log
  std::uint32_t rate = 33;  ///< lines a second; with days, what the days ask for
};

/// The files of a run: `OUTPUT`, or `OUTPUT.N` (the oldest) to `OUTPUT.1`.
class LogFiles {
 public:
  explicit LogFiles(const Options& options) : options_(options) {
    open(options.days == 0 ? options.output : archive(0));
  }

  void write(const TimedLine& line) {
    if (options_.days > 0) turn_to((line.milliseconds / 1000 - options_.start) / kDay);
    stream() << line.text;
  }
  [[nodiscard]] bool close() {
    stream().flush();
    return good_ && !stream().fail();
  }

 private:
  [[nodiscard]] std::string archive(std::int64_t day) const {
    return fmt::format("{}.{}", options_.output, options_.days - day);
  }
  /// What the last day's sessions write after midnight stays in its file.
  void turn_to(std::int64_t day) {
    if (day == day_ || day >= options_.days) return;
    day_ = day;
    good_ = close();
    file_.close();
    open(archive(day));
  }
  [[nodiscard]] std::ostream& stream() { return options_.output == "-" ? std::cout : file_; }
  void open(const std::string& name) {
    if (name == "-") return;
    file_.open(name, std::ios::binary | std::ios::trunc);
    if (!file_) fmt::print(stderr, "lostmail_generate: {}: cannot be written\n", name);
  }

  const Options& options_;
  std::ofstream file_;
  std::int64_t day_ = 0;
  bool good_ = true;
};

[[nodiscard]] bool enough(const Options& options, const Truth& truth) {
  return options.lines > 0 ? truth.lines() >= options.lines : truth.bytes() >= options.bytes;
}

/// Lines a second, so that the asked size fills the asked days.
[[nodiscard]] double lines_a_second(const Options& options) {
  if (options.days == 0) return options.rate;
  const auto lines = options.lines > 0 ? options.lines : options.bytes / kLineBytes;
  return static_cast<double>(lines) / static_cast<double>(options.days * kDay);
}

[[nodiscard]] bool read_begin(Options& options) {
  date::sys_seconds start;
  std::istringstream text(options.begin);
  if (!(text >> date::parse("%F", start)) || text.peek() != EOF) return false;
  options.start = start.time_since_epoch().count();
  return true;
}

[[nodiscard]] bool generate(const Options& options) {
  Random random(options.seed);
  Timeline timeline;
  const auto traffic =
      options.mta == "exim" ? exim_traffic(random, timeline) : sendmail_traffic(random, timeline);
  Truth truth;
  LogFiles files(options);
  const auto write_before = [&](std::int64_t end) {
    while (auto line = timeline.take_before(end)) {
      truth.count(*line);
      files.write(*line);
    }
  };
  const double rate = lines_a_second(options);
  std::int64_t now = options.start * 1000;
  while (!enough(options, truth)) {
    write_before(now);
    const std::uint64_t before = timeline.added();
    traffic->session(now);
    now += static_cast<std::int64_t>(static_cast<double>(timeline.added() - before) * 1000 / rate) +
           random.below(2);
  }
  write_before(INT64_MAX);  // each session to its end: no refusal without its lines
  std::ofstream told(options.truth, std::ios::trunc);
  told << truth.json(options.mta, options.seed);
  told.close();
  return files.close() && !told.fail();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Writes a mail server's log of a fixed seed, and OUTPUT.truth.json: what it holds."};
  Options options;
  app.add_option("output", options.output, "The log to write; - is standard output")->required();
  app.add_option("--truth", options.truth, "What it holds, as JSON (default: OUTPUT.truth.json)");
  app.add_option("--mta", options.mta)
      ->check(CLI::IsMember({"exim", "sendmail"}))
      ->capture_default_str();
  auto* lines = app.add_option("--lines", options.lines, "At least so many lines");
  app.add_option("--bytes", options.bytes, "At least so many bytes: 500M, 20G")
      ->transform(CLI::AsSizeValue(true))
      ->excludes(lines);
  app.add_option("--days", options.days, "One file a day, OUTPUT.N to OUTPUT.1")
      ->check(CLI::Range(1, 3660));
  app.add_option("--rate", options.rate, "Lines a second, without --days")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--begin", options.begin, "The first day, UTC")->capture_default_str();
  app.add_option("--seed", options.seed, "Who writes to whom is the same for all")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::ios::sync_with_stdio(false);
  if (options.output == "-" && (options.truth.empty() || options.days > 0)) {
    fmt::print(stderr, "lostmail_generate: -: needs --truth FILE, and no --days\n");
    return 2;
  }
  if (!read_begin(options)) {
    fmt::print(stderr, "lostmail_generate: {}: no date: YYYY-MM-DD\n", options.begin);
    return 2;
  }
  if (options.truth.empty()) options.truth = options.output + ".truth.json";
  if (options.lines == 0 && options.bytes == 0) options.bytes = 10'000'000;
  if (generate(options)) return 0;
  fmt::print(stderr, "lostmail_generate: {}: not written\n", options.output);
  return 2;
}
