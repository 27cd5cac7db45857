#include "lostmail/ingest/ingest.hpp"

#include <map>

#include "ingest/log_identity.hpp"

namespace lostmail::ingest {
namespace {

/// Classifies what the assembler puts together and writes it down. The first failure of the store
/// ends all writing.
class StoreSink final : public EventSink {
 public:
  StoreSink(const classify::PatternSet& patterns, store::Store& store)
      : patterns_(patterns), store_(store) {}

  void on_refusal(Refusal refusal) override {
    if (failed_) return;
    if (!refusal.source.seen_before) ++summary.refusals;
    ClassifiedRefusal classified{std::move(refusal), {}};
    classified.is = patterns_.classify(classified.refusal);
    auto added = store_.add(classified);
    if (!added) {
      failed_ = added.error();
    } else if (*added) {
      ++summary.new_refusals;
    }
  }
  void on_delivery(const Delivery& delivery) override {
    ++summary.deliveries;
    keep(store_.add(delivery));
  }
  void on_arrival(const Arrival& arrival) override { keep(store_.set_sender(arrival)); }
  void on_not_understood(std::string_view line, const SourceRef& source) override {
    keep(store_.add_not_understood(shape_of(line), line, source));
  }

  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }
  IngestSummary summary;

 private:
  void keep(const Result<void>& result) {
    if (!result && !failed_) failed_ = result.error();
  }
  const classify::PatternSet& patterns_;
  store::Store& store_;
  std::optional<Error> failed_;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The state that a log is left in.
void take_outcome(const LogOutcome& outcome, store::LogState& state) {
  state.offset = outcome.offset;
  state.line = outcome.line;
  state.rewind_offset = outcome.rewind.offset;
  state.rewind_line = outcome.rewind.line;
  state.packed = outcome.packed;
  if (outcome.first) state.first = std::min(state.first.value_or(*outcome.first), *outcome.first);
  if (outcome.last) state.last = std::max(state.last.value_or(*outcome.last), *outcome.last);
  state.counts += outcome.counts;
  state.year_inferred = state.year_inferred || outcome.year_inferred;
  state.problem = outcome.problem ? outcome.problem->message : std::string();
}

}  // namespace

std::string shape_of(std::string_view line) {
  constexpr std::size_t kLongest = 160;
  std::string shape;
  for (std::size_t i = 0; i < line.size() && shape.size() < kLongest;) {
    const auto end = std::min(line.find_first_of(" \t", i), line.size());
    const auto word = line.substr(i, end - i);
    if (word.find('@') != std::string_view::npos) {
      shape += "ADDR";
    } else if (word.find_first_of("0123456789") != std::string_view::npos) {
      shape += "N";
    } else {
      for (const char c : word) shape += is_letter(c) || (c > ' ' && c < 0x7f) ? c : '?';
    }
    if (end < line.size()) shape += ' ';
    i = end + 1;
  }
  return shape;
}

Result<IngestSummary> ingest(const std::vector<input::LogList::Item>& logs, Settings settings,
                             const std::optional<std::string>& host,
                             const classify::PatternSet& patterns, store::Store& store) {
  if (auto begun = store.begin(); !begun) return tl::unexpected(begun.error());
  auto known = store.logs();
  auto wanted = known ? store.queue_ids_without_sender() : tl::unexpected(known.error());
  if (!wanted) {
    store.rollback();
    return tl::unexpected(wanted.error());
  }
  const LogIdentity identity(std::move(*known));
  std::map<std::filesystem::path, store::LogState> states;
  std::vector<input::LogList::Item> to_read;
  bool anything_new = false;
  std::uint64_t unchanged = 0;
  for (const auto& item : logs) {
    store::LogState state;
    if (item.path != "-") state = identity.state_of(item.path);
    const bool same = item.path != "-" && LogIdentity::unchanged(state);
    unchanged += same ? 1 : 0;
    anything_new = anything_new || !same;
    // The end of the log before may hold what the first new lines belong to.
    if (same && state.last.value_or(0) + kContextSeconds < identity.latest()) continue;
    states.emplace(item.path, std::move(state));
    to_read.push_back(item);
  }
  StoreSink sink(patterns, store);
  sink.summary.unchanged = unchanged;
  if (!anything_new) {
    store.rollback();
    return std::move(sink.summary);
  }
  settings.more_follows = true;
  settings.resume = [&](const std::filesystem::path& path) -> std::optional<Resume> {
    const auto& state = states.at(path);
    return Resume{state.rewind_offset, state.rewind_line, state.offset};
  };
  assemble::Assembler::Settings assembly;
  assembly.host = host;
  assembly.wanted_senders = std::move(*wanted);
  assemble::Assembler assembler(std::move(assembly), sink);
  sink.summary.logs = read_history(to_read, settings, assembler);
  Result<void> written;
  if (sink.failed()) written = tl::unexpected(*sink.failed());
  for (const auto& outcome : sink.summary.logs) {
    if (outcome.path == "-" || outcome.skipped || !written) continue;
    auto& state = states.at(outcome.path);
    if (outcome.line == 0 && state.number == 0) continue;
    take_outcome(outcome, state);
    LogIdentity::sign(state);
    written = store.put(state);
  }
  if (written) written = store.commit();
  if (!written) {
    store.rollback();
    return tl::unexpected(written.error());
  }
  return std::move(sink.summary);
}

}  // namespace lostmail::ingest
