#include "cli/find_sources.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/common.hpp"

namespace lostmail::cli {
namespace {

void add_known(const std::vector<store::StoredRefusal>& rows, search::Known& known) {
  for (const auto& row : rows) {
    const Refusal& refusal = row.refusal.refusal;
    known.refusals.push_back(row.refusal);
    if (row.delivered && refusal.sender && refusal.recipient)
      known.deliveries.push_back(
          {std::string(refusal.sender->text()), refusal.recipient->text(), *row.delivered});
  }
}

/// Collects the refusals of whole logs, for questions that name no text.
class RefusalSink {
 public:
  explicit RefusalSink(const classify::PatternSet& patterns, const trace::Question& question)
      : patterns_(patterns), question_(question) {}
  void take(Refusal&& refusal) {
    ClassifiedRefusal classified{std::move(refusal), {}};
    classified.is = patterns_.classify(classified.refusal);
    const Refusal& one = classified.refusal;
    const std::int64_t when = one.when.utc_seconds();
    if ((question_.direction && one.direction != *question_.direction) ||
        (question_.variant && classified.is.variant != *question_.variant) ||
        (question_.cause && classified.is.cause != *question_.cause) ||
        (question_.since && when < *question_.since) ||
        (question_.until && when >= *question_.until))
      return;
    found.push_back(std::move(classified));
  }
  std::vector<ClassifiedRefusal> found;

 private:
  const classify::PatternSet& patterns_;
  const trace::Question& question_;
};

input::LogList logs_beside_store(store::Store* store) {
  input::LogList list = input::machine_logs();
  std::set<std::filesystem::path> seen;
  for (const auto& item : list.items) seen.insert(item.path);
  if (store != nullptr) {
    const auto known = store->logs();
    for (const auto& log : known ? *known : std::vector<store::LogState>()) {
      std::error_code code;
      if (log.path != "-" && std::filesystem::is_regular_file(log.path, code) &&
          seen.insert(log.path).second)
        list.items.push_back({log.path, false});
    }
  }
  if (store != nullptr || !list.items.empty()) list.problems.clear();
  return list;
}

}  // namespace

Result<std::optional<store::Store>> open_store(const FindOptions& options, const Globals& globals) {
  if (!options.logs.empty()) return std::optional<store::Store>();
  auto store = store::Store::open(globals.store_path());
  if (store) return std::optional(std::move(*store));
  const bool none = store.error().kind == ErrorKind::not_found;
  if (none && !options.no_log && globals.store_option.empty()) return std::optional<store::Store>();
  return tl::unexpected(store.error());
}

input::LogList logs_to_search(const FindOptions& options, store::Store* store) {
  if (!options.logs.empty()) return input::expand(options.logs);
  return options.no_log ? input::LogList() : logs_beside_store(store);
}

Result<search::Known> ask_store(store::Store& store, store::Selection selection,
                                const FindOptions& options) {
  search::Known known;
  auto logs = store.logs();
  if (!logs) return tl::unexpected(logs.error());
  auto covered = store.covered();
  if (!covered) return tl::unexpected(covered.error());
  known.covered = std::move(*covered);
  const std::size_t most = options.most_refusals();
  if (!options.subject.empty()) return known;
  if (options.words.empty()) {
    auto rows = store.refusals(selection, most);
    if (!rows) return tl::unexpected(rows.error());
    add_known(*rows, known);
    return known;
  }
  const std::string& word = options.words.front();
  const auto address = AddressChoice::parse(word);
  if (!address || word.find('@') == std::string::npos) return known;
  for (auto member : {&store::Selection::from, &store::Selection::to}) {
    store::Selection one = selection;
    if (one.*member) continue;
    one.*member = *address;
    auto rows = store.refusals(one, most);
    if (!rows) return tl::unexpected(rows.error());
    add_known(*rows, known);
  }
  return known;
}

Result<search::Known> read_refusals(const std::vector<input::LogList::Item>& logs,
                                    const trace::Question& question,
                                    const classify::PatternSet& patterns,
                                    const FindOptions& options, const Globals& globals) {
  auto settings = reading(globals);
  if (!settings) return tl::unexpected(settings.error());
  RefusalSink sink(patterns, question);
  static_cast<void>(ingest::read_refusals(
      logs, *settings, globals.host(), [&](Refusal&& refusal) { sink.take(std::move(refusal)); }));
  search::Known known;
  const std::size_t most = options.most_refusals();
  std::reverse(sink.found.begin(), sink.found.end());
  if (sink.found.size() > most) sink.found.resize(most);
  known.refusals = std::move(sink.found);
  return known;
}

}  // namespace lostmail::cli
