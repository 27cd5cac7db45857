#include "ingest/run.hpp"

#include <algorithm>
#include <limits>

#include "lostmail/input/log_list.hpp"

namespace lostmail::ingest {
namespace {

constexpr std::uint64_t kAllSeen = std::numeric_limits<std::uint64_t>::max();

bool within(std::int64_t time, std::int64_t middle) {
  return time >= middle - kContextSeconds && time <= middle + kContextSeconds;
}

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
  state.damaged = outcome.problem && outcome.problem->kind == ErrorKind::corrupt_input;
}

}  // namespace

Run::Run(Settings settings, std::optional<std::string> host, const classify::PatternSet& patterns,
         store::Store& store)
    : settings_(std::move(settings)),
      host_(std::move(host)),
      store_(store),
      sink_(patterns, store, settings_.now) {}

/// Finds out what the log is. False: nothing of it is new.
bool Run::take(const input::LogList::Item& item) {
  Known known{item, {}, false};
  if (item.path != "-") {
    auto found = identity_->state_of(item.path);
    known.state = std::move(found.state);
    // Nothing of a log that was last written before all that is kept would be kept.
    const bool pruned = known.state.number == 0 && known.state.inode != 0 &&
                        known.state.changed_nanos / 1'000'000'000 < horizon_;
    known.unchanged = found.unchanged || pruned;
  }
  const bool unchanged = known.unchanged;
  logs_.emplace(item.path, std::move(known));
  return !unchanged;
}

void Run::recognise(const Items& logs) {
  for (const auto& item : logs) {
    if (!logs_.contains(item.path) && !take(item)) ++sink_.summary.unchanged;
  }
}

/// Where another log lies under a name now, the one that lay there was rotated: its end is read,
/// too.
void Run::add_rotated() {
  for (const auto& known : identity_->known()) {
    const auto here = logs_.find(known.path);
    if (here == logs_.end() || here->second.state.number == known.number) continue;
    const bool found = std::any_of(logs_.begin(), logs_.end(), [&](const auto& log) {
      return log.second.state.number == known.number;
    });
    if (found) continue;
    const auto path = whereabouts(known);
    if (path && !logs_.contains(*path)) static_cast<void>(take({*path, false}));
  }
}

/// Where a known log lies now: where it was read, or beside that under a name of a rotation.
std::optional<std::filesystem::path> Run::whereabouts(const store::LogState& known) const {
  if (LogIdentity::lies_as_read(known)) return known.path;
  const auto base = input::before_rotation(known.path);
  auto names = input::rotated_of(base);
  names.push_back(base);
  for (const auto& name : names) {
    if (identity_->state_of(name).state.number == known.number) return name;
  }
  return std::nullopt;
}

/// The last hours of known logs before the place where something new begins: what they hold may
/// belong to it.
void Run::add_neighbours() {
  std::vector<std::int64_t> begins;
  for (const auto& [path, log] : logs_) {
    if (log.unchanged) continue;
    const auto begin = log.state.last ? log.state.last : begin_of(log.item, settings_);
    if (begin) begins.push_back(*begin);
  }
  for (const auto& known : identity_->known()) {
    const std::int64_t last = known.last.value_or(0);
    const bool near = std::any_of(begins.begin(), begins.end(),
                                  [&](std::int64_t begin) { return within(last, begin); });
    const bool here = std::any_of(logs_.begin(), logs_.end(), [&](const auto& log) {
      return log.second.state.number == known.number;
    });
    if (!near || here) continue;
    const auto path = whereabouts(known);
    if (path && !logs_.contains(*path)) static_cast<void>(take({*path, false}));
  }
  std::erase_if(logs_, [&](const auto& entry) {
    const auto& log = entry.second;
    return log.unchanged && std::none_of(begins.begin(), begins.end(), [&](std::int64_t begin) {
             return within(log.state.last.value_or(0), begin);
           });
  });
}

std::vector<LogOutcome> Run::read(const Items& items, const Settings& settings) {
  assemble::Assembler::Settings assembly;
  assembly.host = host_;
  assembly.recall = [&](std::uint64_t message) { return store_.open_message(message); };
  assembly.is_wanted = [&](std::uint64_t message) { return store_.is_wanted(message); };
  assemble::Assembler assembler(std::move(assembly), sink_);
  return read_history(items, settings, assembler);
}

Result<void> Run::put_states() {
  std::vector<const store::LogState*> put;
  for (const auto& outcome : sink_.summary.logs) {
    if (outcome.path == "-" || outcome.skipped) continue;
    auto& state = logs_.at(outcome.path).state;
    const bool fresh = !identity_->knows(state.number);
    if (outcome.line == 0 && fresh) continue;
    take_outcome(outcome, state);
    LogIdentity::sign(state);
    const bool copy = fresh && std::any_of(put.begin(), put.end(), [&](auto* other) {
                        return LogIdentity::same(*other, state);
                      });
    if (copy) continue;
    if (auto written = store_.put(state); !written) return written;
    put.push_back(&state);
  }
  return {};
}

/// Logs that were read before may go on where a new one ends: what stands there is read once more,
/// now that what came before it is known.
void Run::read_followers() {
  std::vector<store::LogState> all = identity_->known();
  std::vector<std::int64_t> ends;
  for (const auto& [path, log] : logs_) {
    if (!log.state.last) continue;
    if (!log.unchanged) ends.push_back(*log.state.last);
    std::erase_if(all, [&](const auto& other) { return other.number == log.state.number; });
    all.push_back(log.state);
  }
  std::sort(ends.begin(), ends.end());
  for (const std::int64_t end : ends) read_again(all, end);
}

void Run::read_again(const std::vector<store::LogState>& logs, std::int64_t end) {
  Items items;
  std::map<std::filesystem::path, Resume> places;
  const bool any_follower = std::any_of(logs.begin(), logs.end(), [&](const auto& log) {
    // One that was new in this run was read in its place.
    return identity_->knows(log.number) && within(log.first.value_or(0), end) &&
           log.last.value_or(0) > end;
  });
  if (!any_follower) return;
  for (const auto& state : logs) {
    const std::int64_t first = state.first.value_or(0), last = state.last.value_or(0);
    if (!within(first, end) && !within(last, end)) continue;
    const auto path = whereabouts(state);
    if (!path) continue;
    items.push_back({*path, false});
    places[*path] = within(first, end)
                        ? Resume{0, 0, kAllSeen, state.number}
                        : Resume{state.rewind_offset, state.rewind_line, kAllSeen, state.number};
  }
  Settings settings = settings_;
  settings.until = end + kContextSeconds;
  settings.progress = nullptr;
  settings.resume = [&](const std::filesystem::path& path) { return places.at(path); };
  sink_.read_again(StoreSink::Stretch{end, end + kContextSeconds});
  static_cast<void>(read(items, settings));
  sink_.read_again(std::nullopt);
}

Result<IngestSummary> Run::all(const Items& logs) {
  auto known = store_.logs();
  if (!known) return tl::unexpected(known.error());
  const auto horizon = store_.pruned_before();
  if (!horizon) return tl::unexpected(horizon.error());
  horizon_ = *horizon;
  sink_.forget_before(horizon_);
  identity_.emplace(std::move(*known));
  recognise(logs);
  add_rotated();
  const bool anything_new = std::any_of(logs_.begin(), logs_.end(),
                                        [](const auto& log) { return !log.second.unchanged; });
  if (!anything_new) {
    store_.rollback();
    if (auto noted = store_.note_run(settings_.now); !noted) return tl::unexpected(noted.error());
    return std::move(sink_.summary);
  }
  add_neighbours();
  Items items;
  std::int64_t number = identity_->last_number();
  for (auto& [path, log] : logs_) {
    if (log.state.number == 0) log.state.number = ++number;
    items.push_back(log.item);
  }
  settings_.resume = [&](const std::filesystem::path& path) -> std::optional<Resume> {
    const auto& state = logs_.at(path).state;
    return Resume{state.rewind_offset, state.rewind_line, state.offset, state.number};
  };
  sink_.summary.logs = read(items, settings_);
  if (!sink_.failed()) {
    if (auto written = put_states(); !written) return tl::unexpected(written.error());
    read_followers();
    store_.forget_old_messages(settings_.now);
  }
  if (sink_.failed()) return tl::unexpected(*sink_.failed());
  if (auto noted = store_.note_run(settings_.now); !noted) return tl::unexpected(noted.error());
  if (auto committed = store_.commit(); !committed) return tl::unexpected(committed.error());
  return std::move(sink_.summary);
}

}  // namespace lostmail::ingest
