// From refusals to rows: what a refusal costs in each room.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "generated.hpp"
#include "lostmail/classify/normal_text.hpp"
#include "lostmail/classify/pattern_set.hpp"
#include "lostmail/store/store.hpp"

namespace lostmail::bench {
namespace {

void count(benchmark::State& state, std::size_t items) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
}

Result<classify::PatternSet> shipped_patterns() {
  return classify::PatternSet::load({LOSTMAIL_BENCH_PATTERNS});
}

void load_patterns(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(shipped_patterns());
}
BENCHMARK(load_patterns)->Unit(benchmark::kMillisecond);

void mask_texts(benchmark::State& state, Mta mta) {
  const auto& refusals = GeneratedLog::of(mta).refusals();
  for (auto _ : state) {
    for (const Refusal& refusal : refusals)
      benchmark::DoNotOptimize(classify::normalise(refusal.text));
  }
  count(state, refusals.size());
}
BENCHMARK_CAPTURE(mask_texts, exim, Mta::exim);
BENCHMARK_CAPTURE(mask_texts, sendmail, Mta::sendmail);

void classify_refusals(benchmark::State& state, Mta mta) {
  const auto& refusals = GeneratedLog::of(mta).refusals();
  const auto patterns = shipped_patterns();
  if (!patterns) return state.SkipWithError("the patterns do not load");
  for (auto _ : state) {
    for (const Refusal& refusal : refusals) benchmark::DoNotOptimize(patterns->classify(refusal));
  }
  count(state, refusals.size());
}
BENCHMARK_CAPTURE(classify_refusals, exim, Mta::exim);
BENCHMARK_CAPTURE(classify_refusals, sendmail, Mta::sendmail);

/// A store in a folder that is gone when the benchmark ends.
class TemporaryStore {
 public:
  TemporaryStore() {
    std::string name = (std::filesystem::temp_directory_path() / "lostmail-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~TemporaryStore() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TemporaryStore(const TemporaryStore&) = delete;
  TemporaryStore& operator=(const TemporaryStore&) = delete;
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "store.db"; }

 private:
  std::filesystem::path folder_;
};

std::vector<ClassifiedRefusal> classified(Mta mta) {
  std::vector<ClassifiedRefusal> rows;
  const auto patterns = shipped_patterns();
  if (!patterns) return rows;
  for (const Refusal& refusal : GeneratedLog::of(mta).refusals())
    rows.push_back({refusal, patterns->classify(refusal)});
  return rows;
}

template <typename Rows>
bool fill(const std::filesystem::path& file, const Rows& rows) {
  auto store = store::Store::open_or_create(file);
  if (!store || !store->begin()) return false;
  for (const auto& row : rows) {
    if (!store->add(row)) return false;
  }
  return store->commit().has_value();
}

/// Into an empty store, in one transaction.
template <typename Rows>
void add_rows(benchmark::State& state, const Rows& rows) {
  for (auto _ : state) {
    state.PauseTiming();
    std::optional<TemporaryStore> store(std::in_place);
    state.ResumeTiming();
    if (!fill(store->file(), rows)) return state.SkipWithError("the store takes no rows");
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
  count(state, rows.size());
}

void store_refusals(benchmark::State& state, Mta mta) { add_rows(state, classified(mta)); }
BENCHMARK_CAPTURE(store_refusals, exim, Mta::exim)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(store_refusals, sendmail, Mta::sendmail)->Unit(benchmark::kMillisecond);

void store_deliveries(benchmark::State& state, Mta mta) {
  add_rows(state, GeneratedLog::of(mta).deliveries());
}
BENCHMARK_CAPTURE(store_deliveries, exim, Mta::exim)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lostmail::bench
