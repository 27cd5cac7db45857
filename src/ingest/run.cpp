#include "ingest/run.hpp"

#include <algorithm>
#include <limits>

#include "ingest/history_reader.hpp"
#include "lostmail/input/log_list.hpp"

namespace lostmail::ingest {
namespace {

constexpr std::uint64_t kAllSeen = std::numeric_limits<std::uint64_t>::max();

bool within(std::int64_t time, std::int64_t middle) {
  return time >= middle - kContextSeconds && time <= middle + kContextSeconds;
}

/// The state that a log is left in.
void take_outcome(const LogOutcome& outcome, store::LogState& state) {
  // Else it could not even be read as far as the last time.
  if (outcome.offset >= state.offset) {
    state.offset = outcome.offset;
    state.line = outcome.line;
    state.rewind_offset = outcome.rewind.offset;
    state.rewind_line = outcome.rewind.line;
    state.packed = outcome.packed;
  }
  if (outcome.first) state.first = std::min(state.first.value_or(*outcome.first), *outcome.first);
  if (outcome.last) state.last = std::max(state.last.value_or(*outcome.last), *outcome.last);
  state.counts += outcome.counts;
  state.year_inferred = state.year_inferred || outcome.year_inferred;
  state.problem = outcome.problem ? outcome.problem->message : std::string();
  state.damaged = outcome.problem && outcome.problem->kind == ErrorKind::corrupt_input;
}

/// What was missing of a log is here: lines behind those that were read before, or the log itself.
void take_back_loss(const store::LogState& before, store::LogState& now) {
  const std::uint64_t more = now.offset - std::min(now.offset, before.offset);
  now.bytes_lost -= std::min(now.bytes_lost, more);
  if (now.bytes_lost == 0) now.missing_until.reset();
}

/// Bytes of the log that were seen to be there and were not read.
std::uint64_t unread_of(const store::LogState& log) {
  return log.packed || log.size < log.offset ? 0 : log.size - log.offset;
}

/// The file of `state`, which holds all of a log and no more, as a copy of it.
std::optional<store::LogCopy> copy_of(const store::LogState& state, std::int64_t log) {
  if (!state.packed && state.size != state.offset) return std::nullopt;
  if (!state.problem.empty()) return std::nullopt;
  return store::LogCopy{log, state.device, state.inode, state.size, state.changed_nanos};
}

/// Where a log was found under another name, too: that of before, as long as it lies there.
void keep_place(const store::LogState& before, store::LogState& now) {
  if (before.path == now.path || before.offset != now.offset || !LogIdentity::lies_as_read(before))
    return;
  LogIdentity::place(now, before);
}

}  // namespace

Run::Run(Settings settings, std::optional<std::string> host, const classify::PatternSet& patterns,
         store::Store& store)
    : settings_(std::move(settings)),
      host_(std::move(host)),
      store_(store),
      sink_(store, settings_.now),
      crew_(helpers(settings_)),
      queue_(patterns, store, sink_, crew_) {}

/// Finds out what the log is. False: nothing of it is new.
bool Run::take(const input::LogList::Item& item) {
  Known known{item, {}, false};
  if (item.path == "-") {
    const auto& all = identity_->known();
    const auto earlier =
        std::find_if(all.begin(), all.end(), [](const auto& log) { return log.path == "-"; });
    known.state.path = item.path.string();
    if (earlier != all.end()) known.state.number = earlier->number;
  } else {
    auto found = identity_->state_of(item.path);
    known.state = std::move(found.state);
    numbers_[item.path] = known.state.number;
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

bool Run::takes_part(std::int64_t number) const {
  return std::any_of(logs_.begin(), logs_.end(),
                     [&](const auto& log) { return log.second.state.number == number; });
}

/// True where another log lies under its name now, or none.
bool Run::was_displaced(const store::LogState& known) const {
  if (const auto here = logs_.find(known.path); here != logs_.end())
    return here->second.state.number != known.number;
  std::error_code code;
  return known.path != "-" && !std::filesystem::exists(known.path, code);
}

/// A log that was displaced was rotated: its end is read, too, wherever it lies now. That may have
/// displaced a further one.
void Run::add_rotated() {
  for (bool any = true; any;) {
    any = false;
    for (const auto& known : identity_->known()) {
      if (!was_displaced(known) || takes_part(known.number)) continue;
      const auto path = whereabouts(known);
      if (!path || logs_.contains(*path)) continue;
      take({*path, false});
      any = true;
    }
  }
}

/// Where a known log lies now: where it was read, or beside that under a name of a rotation.
std::optional<std::filesystem::path> Run::whereabouts(const store::LogState& known) {
  if (known.path == "-") return std::nullopt;
  if (LogIdentity::lies_as_read(known)) return known.path;
  const auto base = input::before_rotation(known.path);
  auto names = input::rotated_of(base);
  names.push_back(base);
  for (const auto& name : names) {
    auto looked_at = numbers_.find(name);
    if (looked_at == numbers_.end())
      looked_at = numbers_.emplace(name, identity_->state_of(name).state.number).first;
    if (looked_at->second == known.number) return name;
  }
  return std::nullopt;
}

/// Logs that lie elsewhere than before, with nothing new in them.
Result<void> Run::note_moves() {
  for (auto& [path, log] : logs_) {
    const auto* before = identity_->known(log.state.number);
    if (!log.unchanged || before == nullptr) continue;
    auto state = log.state;
    keep_place(*before, state);
    take_back_loss(*before, state);
    if (state.path == before->path && state.missing_until == before->missing_until) continue;
    if (auto written = store_.put(state); !written) return written;
  }
  return {};
}

/// Logs that went before all of them was read. Of one that was still written, nobody knows what
/// came after the last run; of another, what was seen to be there.
Result<void> Run::note_losses() {
  for (const auto& known : identity_->known()) {
    if (known.missing_until || takes_part(known.number) || !was_displaced(known)) continue;
    const auto here = logs_.find(known.path);
    const bool was_written = !known.packed && input::before_rotation(known.path) == known.path;
    if (unread_of(known) == 0 && (here == logs_.end() || !was_written)) continue;
    store::LogState state = known;
    state.bytes_lost = unread_of(known);
    state.missing_until = settings_.now;
    if (here != logs_.end()) {
      const auto begin = begin_of(here->second.item, settings_);
      if (begin && *begin > known.last.value_or(0)) state.missing_until = begin;
    }
    if (auto written = store_.put(state); !written) return written;
    sink_.summary.cut.push_back(std::move(state));
  }
  return {};
}

/// The last hours of known logs before the place where something new begins: what they hold may
/// belong to it.
void Run::add_neighbours() {
  std::vector<std::int64_t> begins;
  for (const auto& [path, log] : logs_) {
    if (log.unchanged || path == "-") continue;
    const auto begin = log.state.last ? log.state.last : begin_of(log.item, settings_);
    if (begin) begins.push_back(*begin);
  }
  for (const auto& known : identity_->known()) {
    const std::int64_t last = known.last.value_or(0);
    const bool near = std::any_of(begins.begin(), begins.end(),
                                  [&](std::int64_t begin) { return within(last, begin); });
    if (!near || takes_part(known.number)) continue;
    const auto path = whereabouts(known);
    if (path && !logs_.contains(*path)) take({*path, false});
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
  assembly.recall = [&](std::uint64_t message) { return queue_.recall(message); };
  assembly.is_wanted = [&](std::uint64_t message) { return queue_.is_wanted(message); };
  assemble::Assembler assembler(std::move(assembly), queue_);
  auto outcomes = read_history(items, settings, assembler, crew_);
  queue_.settle();
  return outcomes;
}

Result<void> Run::put_states() {
  std::vector<const store::LogState*> put;
  for (const auto& outcome : sink_.summary.logs) {
    if (outcome.skipped) continue;
    auto& state = logs_.at(outcome.path).state;
    const auto* before = identity_->known(state.number);
    if (outcome.line == 0 && before == nullptr) continue;
    if (outcome.path == "-") {
      if (auto written = put_standard_input(outcome); !written) return written;
      continue;
    }
    take_outcome(outcome, state);
    LogIdentity::sign(state, state.offset == outcome.offset ? outcome.tail : std::string_view());
    const auto same = std::find_if(put.begin(), put.end(),
                                   [&](auto* other) { return LogIdentity::same(*other, state); });
    if (before == nullptr && same != put.end()) {
      if (auto told = store_.is_copy(state.number, (*same)->number); !told) return told;
      if (auto noted = note_copy(state, (*same)->number); !noted) return noted;
      continue;
    }
    if (before != nullptr) {
      const auto here = state;
      keep_place(*before, state);
      take_back_loss(*before, state);
      if (state.path != here.path) {
        if (auto noted = note_copy(here, state.number); !noted) return noted;
      }
    }
    if (auto written = store_.put(state); !written) return written;
    put.push_back(&state);
  }
  return {};
}

Result<void> Run::note_copy(const store::LogState& state, std::int64_t log) {
  const auto copy = copy_of(state, log);
  return copy ? store_.put(*copy) : Result<void>();
}

/// All that ever came on standard input counts as one log, of which no place is remembered.
Result<void> Run::put_standard_input(const LogOutcome& outcome) {
  const auto* before = identity_->known(logs_.at("-").state.number);
  auto state = before != nullptr ? *before : logs_.at("-").state;
  LogOutcome all = outcome;
  all.offset += state.offset;
  all.line += state.line;
  all.rewind = {};
  take_outcome(all, state);
  return store_.put(state);
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
    return identity_->known(log.number) != nullptr && within(log.first.value_or(0), end) &&
           log.last.value_or(0) > end;
  });
  if (!any_follower) return;
  numbers_.clear();  // files may have been rotated since they were looked at
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
  auto copies = store_.log_copies();
  if (!copies) return tl::unexpected(copies.error());
  identity_.emplace(std::move(*known), std::move(*copies));
  recognise(logs);
  add_rotated();
  if (auto noted = note_moves(); !noted) return tl::unexpected(noted.error());
  if (auto noted = note_losses(); !noted) return tl::unexpected(noted.error());
  const bool anything_new = std::any_of(logs_.begin(), logs_.end(),
                                        [](const auto& log) { return !log.second.unchanged; });
  if (anything_new) {
    if (auto read = read_all(); !read) return tl::unexpected(read.error());
  }
  if (auto noted = store_.note_run(settings_.now); !noted) return tl::unexpected(noted.error());
  if (auto committed = store_.commit(); !committed) return tl::unexpected(committed.error());
  return std::move(sink_.summary);
}

/// The logs that take part, as one history, and what they have to do with those of before.
Result<void> Run::read_all() {
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
    if (auto written = put_states(); !written) return written;
    read_followers();
    store_.forget_old_messages(settings_.now);
  }
  if (sink_.failed()) return tl::unexpected(*sink_.failed());
  return {};
}

}  // namespace lostmail::ingest
