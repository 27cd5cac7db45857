#include "lostmail/search/search.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "lostmail/assemble/message_events.hpp"
#include "lostmail/ingest/history.hpp"
#include "lostmail/input/line_reader.hpp"
#include "lostmail/parse/parse_line.hpp"
#include "search/picks.hpp"

namespace lostmail::search {
namespace {

constexpr std::size_t kMostIds = 1'000'000;            ///< that one question may lead to
constexpr std::size_t kMostCandidates = 50'000;        ///< refusals without an id, of one log
constexpr std::int64_t kMostKept = 256 * 1024 * 1024;  ///< bytes of archives, in memory
constexpr std::size_t kMostFollowed = 20'000;
constexpr std::int64_t kSliceSeconds = 12;  ///< Exim's cause line stands before its refusal
constexpr std::uint64_t kBehindClosed = 256 * 1024;  ///< bytes: lines are a little out of order
constexpr std::int64_t kSettled = 3600;      ///< seconds after which nothing more comes for an id
constexpr std::int64_t kPassing = 2 * 3600;  ///< a message passes through filters within this time
constexpr std::int64_t kCallout = 150;
constexpr std::int64_t kCalloutMemory = 3 * 3600;  ///< Exim's callout cache keeps a domain so long
constexpr std::int64_t kFarPast = std::numeric_limits<std::int64_t>::min() / 2;
constexpr std::int64_t kFarFuture = std::numeric_limits<std::int64_t>::max() / 2;

/// One thing to look for, within a time.
struct Aim {
  explicit Aim(const trace::Question& question)
      : conditions(question), since(question.since), until(question.until) {}
  Conditions conditions;
  std::optional<std::int64_t> since, until;
  bool refusals_only = false;  ///< ids that meet it are not followed

  [[nodiscard]] bool covers(std::int64_t when) const {
    return (!since || when >= *since) && (!until || when < *until);
  }
};

/// A refusal without a queue id, with the lines around it that may belong to it.
struct Candidate {
  std::size_t log = 0;
  std::int64_t when = 0;
  std::vector<std::pair<std::uint64_t, Pick>> lines;
};

/// What the first pass over a log leaves.
struct Seeds {
  std::unordered_map<std::string, std::vector<std::uint32_t>> ids;  ///< conditions met, by aim
  std::vector<Candidate> candidates;
};

/// An id whose lines are collected.
struct Followed {
  std::int64_t made = 0;               ///< UTC seconds
  std::optional<std::int64_t> closed;  ///< when its last line was written, as far as that is told
  long recipients = -1, done = 0;      ///< Sendmail: of `from=`, and outcomes so far
  bool put_off = false;
  bool passes_here = false;  ///< came from, or went to, this machine: another id goes on with it
  std::string message_id;
  std::int64_t last = 0;
};

/// The start of the line before `begin` in `view`; npos at its start.
std::size_t line_before(std::string_view view, std::size_t begin) {
  if (begin == 0) return std::string_view::npos;
  const auto newline = begin < 2 ? std::string_view::npos : view.rfind('\n', begin - 2);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

std::string_view line_from(std::string_view view, std::size_t begin) {
  auto line = view.substr(begin, std::min(view.find('\n', begin), view.size()) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.substr(0, input::LineReader::kMaxLineBytes);
}

bool continues(const Record& record) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body))
    return exim->kind == EximRecord::Kind::continuation;
  if (const auto* part = std::get_if<EximPart>(&record.body)) return part->number > 1;
  return false;
}

std::string_view own_id(const Record& record) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body)) return exim->queue_id;
  if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body)) return sendmail->queue_id;
  return {};
}

bool is_loopback(std::string_view ip) { return ip.starts_with("127.") || ip == "::1"; }

class Search {
 public:
  Search(const trace::Question& question, const std::vector<input::LogList::Item>& items,
         Known known, const classify::PatternSet* patterns, const Settings& settings)
      : question_(question), known_(std::move(known)), patterns_(patterns), settings_(settings) {
    for (const auto& item : items)
      logs_.push_back(std::make_unique<LogFile>(item, settings, room_));
    picks_.resize(logs_.size());
  }

  Result<Answer> run() {
    usable_.resize(logs_.size(), 0);
    parallel(logs_.size(), [&](std::size_t i) {
      if (!logs_[i]->look()) return;
      usable_[i] = 1;
    });
    if (auto ok = collect(); !ok) return tl::unexpected(ok.error());
    Answer answer;
    for (;;) {
      take_next_batch();
      if (auto ok = follow_all(); !ok) return tl::unexpected(ok.error());
      build(answer);
      if (answer.timelines.size() >= settings_.limit || waiting_.empty()) break;
    }
    waiting_left_ = waiting_.size();
    waiting_.clear();
    if (add_side_aims(answer)) {
      if (auto ok = collect_side(); !ok) return tl::unexpected(ok.error());
      build(answer);
    }
    cut(answer);
    number_lines(answer);
    for (auto& log : logs_) answer.logs.push_back(log->told());
    return answer;
  }

 private:
  template <typename Action>
  void parallel(std::size_t count, Action&& action) const {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < count; i = next++) action(i);
    };
    std::vector<std::thread> threads;
    const auto helpers = std::min<std::size_t>(settings_.threads, count);
    for (std::size_t i = 1; i < helpers; ++i) threads.emplace_back(work);
    work();
    for (auto& thread : threads) thread.join();
  }

  // The first pass: which ids, and which refusals without an id.

  Result<void> collect() {
    // A queue id says when it was made, so its lines are found without going over the logs.
    if (question_.id && time_of_id(*question_.id, settings_.now)) {
      waiting_.push_back({*time_of_id(*question_.id, settings_.now), *question_.id, {}});
    }
    for (const auto& refusal : known_.refusals) {
      if (refusal.refusal.queue_id && time_of_id(*refusal.refusal.queue_id, settings_.now))
        waiting_.push_back(
            {*time_of_id(*refusal.refusal.queue_id, settings_.now), *refusal.refusal.queue_id, {}});
    }
    if (!names_text(question_)) return {};
    aims_.emplace_back(question_);
    if (question_.id && time_of_id(*question_.id, settings_.now)) return sort_waiting();
    return search_aims();
  }

  Result<void> sort_waiting() {
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [](const auto& left, const auto& right) { return left.when < right.when; });
    return {};
  }

  /// Goes over the logs for aims_ from first_aim_ on; what meets one waits to be followed.
  Result<void> search_aims() {
    std::vector<Literal> literals;
    for (std::size_t i = first_aim_; i < aims_.size(); ++i) {
      for (const auto& literal : aims_[i].conditions.literals()) literals.push_back(literal);
    }
    if (literals.empty()) return sort_waiting();
    auto set = LiteralSet::compile(literals);
    if (!set) return tl::unexpected(set.error());
    // A large log is searched in ranges: two threads need not wait for a third.
    std::vector<std::pair<std::size_t, LogFile::Range>> tasks;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      if (usable_[i] == 0) continue;
      for (const auto& range : logs_[i]->ranges(settings_.threads)) tasks.emplace_back(i, range);
    }
    std::vector<Seeds> seeds(tasks.size());
    parallel(tasks.size(),
             [&](std::size_t i) { search_log(tasks[i].first, *set, tasks[i].second, seeds[i]); });
    std::vector<bool> found(logs_.size(), false);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (!seeds[i].ids.empty() || !seeds[i].candidates.empty()) found[tasks[i].first] = true;
    }
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      if (!found[i]) logs_[i]->forget_content();
    }
    merge(seeds);
    first_aim_ = aims_.size();
    return sort_waiting();
  }

  /// The times that the new aims ask for, those near each other as one.
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> wanted_times() const {
    std::vector<std::pair<std::int64_t, std::int64_t>> times, joined;
    for (std::size_t i = first_aim_; i < aims_.size(); ++i)
      times.emplace_back(aims_[i].since.value_or(kFarPast), aims_[i].until.value_or(kFarFuture));
    std::sort(times.begin(), times.end());
    for (const auto& [since, until] : times) {
      if (!joined.empty() && since <= joined.back().second + kSettled) {
        joined.back().second = std::max(joined.back().second, until);
      } else {
        joined.emplace_back(since, until);
      }
    }
    return joined;
  }

  void search_log(std::size_t index, const LiteralSet& set, const LogFile::Range& range,
                  Seeds& seeds) {
    LogFile& log = *logs_[index];
    std::uint64_t searched_to = 0;  // times that a log cannot tell apart overlap in it
    for (const auto& [since, until] : wanted_times()) {
      const auto from = since == kFarPast ? std::nullopt : std::optional(since);
      const auto to = until == kFarFuture ? std::nullopt : std::optional(until);
      if (!log.may_hold(from, to)) continue;
      log.search(
          set, from,
          [&](std::uint64_t, std::optional<std::int64_t> when) {
            return !to || !when || *when <= *to + log.slack();
          },
          true,
          [&](const Hit& hit) {
            if (hit.offset + hit.begin < searched_to) return true;
            searched_to = hit.offset + hit.end;
            take_hit(index, hit, seeds);
            return true;
          },
          range);
    }
  }

  void take_hit(std::size_t index, const Hit& hit, Seeds& seeds) {
    const LogFile& log = *logs_[index];
    std::string room;
    std::size_t begin = hit.begin;
    const auto line = line_from(hit.view, begin);
    Record record = record_of(line, room);
    std::vector<std::uint32_t> met;
    for (std::size_t i = first_aim_; i < aims_.size(); ++i)
      met.push_back(aims_[i].conditions.met_by(record, line));
    // A header of the rejectlog belongs to the record before it.
    for (int back = 0; continues(record) && back < 200; ++back) {
      const auto previous = line_before(hit.view, begin);
      if (previous == std::string_view::npos) break;
      begin = previous;
      record = record_of(line_from(hit.view, begin), room);
    }
    if (begin != hit.begin) {
      for (std::size_t i = first_aim_; i < aims_.size(); ++i)
        met[i - first_aim_] |= aims_[i].conditions.met_by(record, line_from(hit.view, begin));
    }
    if (std::all_of(met.begin(), met.end(), [](auto bits) { return bits == 0; })) return;
    const auto when = log.time_of(line_from(hit.view, begin));
    const std::int64_t time = when ? when->utc_seconds() : log.begins();
    for (std::size_t i = 0; i < met.size(); ++i) {
      if (!aims_[first_aim_ + i].covers(time)) met[i] = 0;
    }
    const auto id = own_id(record);
    if (!id.empty()) {
      if (seeds.ids.size() >= kMostIds && !seeds.ids.contains(std::string(id))) return;
      auto& bits = seeds.ids[std::string(id)];
      bits.resize(met.size());
      for (std::size_t i = 0; i < met.size(); ++i) bits[i] |= met[i];
      return;
    }
    bool enough = false;
    for (std::size_t i = 0; i < met.size(); ++i)
      enough = enough || met[i] == aims_[first_aim_ + i].conditions.all();
    if (!enough || !may_be_refusal(record)) return;
    if (seeds.candidates.size() >= kMostCandidates)  // the newest stay
      seeds.candidates.erase(seeds.candidates.begin(),
                             seeds.candidates.begin() + kMostCandidates / 2);
    seeds.candidates.push_back({index, time, slice(log, hit, begin, time)});
  }

  static bool may_be_refusal(const Record& record) {
    using EximKind = EximRecord::Kind;
    if (const auto* exim = std::get_if<EximRecord>(&record.body))
      return exim->kind == EximKind::refusal || exim->kind == EximKind::verify;
    if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body))
      return sendmail->kind != SendmailRecord::Kind::context;
    return std::holds_alternative<EximPart>(record.body);
  }

  /// The lines from some seconds before the one at `begin` on, and the further lines of its record.
  static std::vector<std::pair<std::uint64_t, Pick>> slice(const LogFile& log, const Hit& hit,
                                                           std::size_t begin, std::int64_t time) {
    std::size_t first = begin;
    for (auto at = line_before(hit.view, begin); at != std::string_view::npos;
         at = line_before(hit.view, at)) {
      const auto when = log.time_of(line_from(hit.view, at));
      if (when && when->utc_seconds() + kSliceSeconds < time) break;
      first = at;
    }
    // The first line in view may lack its beginning.
    if (first == 0 && hit.offset > 0) first = std::min(hit.view.find('\n') + 1, begin);
    std::vector<std::pair<std::uint64_t, Pick>> lines;
    std::string room;
    for (std::size_t at = first; at < hit.view.size();) {
      const auto line = line_from(hit.view, at);
      if (at > hit.begin && !continues(record_of(line, room))) {
        const auto when = log.time_of(line);
        if (!when || when->utc_seconds() > time) break;
      }
      Pick pick{std::string(line), 0, false};
      if (hit.number > 0) {
        const auto low = std::min(at, hit.begin), high = std::max(at, hit.begin);
        const auto between = static_cast<std::uint64_t>(
            std::count(hit.view.begin() + static_cast<std::ptrdiff_t>(low),
                       hit.view.begin() + static_cast<std::ptrdiff_t>(high), '\n'));
        pick.number = at < hit.begin ? hit.number - between : hit.number + between;
      }
      lines.emplace_back(hit.offset + at, std::move(pick));
      at = hit.view.find('\n', at);
      if (at == std::string_view::npos) break;
      ++at;
    }
    return lines;
  }

  void merge(std::vector<Seeds>& seeds) {
    std::unordered_map<std::string, std::vector<std::uint32_t>> ids;
    for (auto& log : seeds) {
      for (auto& [id, bits] : log.ids) {
        auto& all = ids[id];
        all.resize(bits.size());
        for (std::size_t i = 0; i < bits.size(); ++i) all[i] |= bits[i];
      }
      for (auto& candidate : log.candidates)
        waiting_.push_back({candidate.when, {}, std::move(candidate)});
    }
    for (const auto& [id, bits] : ids) {
      bool enough = false;
      for (std::size_t i = 0; i < bits.size(); ++i)
        enough = enough || bits[i] == aims_[first_aim_ + i].conditions.all();
      const auto made = time_of_id(id, settings_.now);
      if (enough && made) waiting_.push_back({*made, id, {}});
    }
  }

  // Then the newest of them, with all lines of their ids.

  void take_next_batch() {
    for (std::size_t taken = 0; !waiting_.empty() && taken < 4 * settings_.limit + 50; ++taken) {
      Waiting& one = waiting_.back();
      if (!one.id.empty()) {
        want(one.id, one.when);
      } else {
        for (auto& [offset, pick] : one.candidate.lines)
          picks_[one.candidate.log].try_emplace(offset, std::move(pick));
      }
      waiting_.pop_back();
    }
  }

  void want(const std::string& id, std::int64_t made) {
    if (followed_.size() >= kMostFollowed) return;
    Followed fresh;
    fresh.made = fresh.last = made;
    if (followed_.try_emplace(id, fresh).second) fresh_.push_back(id);
  }

  Result<void> follow_all() {
    while (!fresh_.empty()) {
      if (auto ok = follow(); !ok) return ok;
      if (fresh_.empty()) {
        if (auto ok = follow_message_ids(); !ok) return ok;
      }
    }
    return {};
  }

  std::vector<std::size_t> in_order() const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < logs_.size(); ++i) {
      if (usable_[i] != 0) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](auto left, auto right) {
      return std::pair(logs_[left]->begins(), logs_[left]->rank()) <
             std::pair(logs_[right]->begins(), logs_[right]->rank());
    });
    return order;
  }

  /// Collects the lines of the ids that are new, wherever they can lie.
  Result<void> follow() {
    const std::vector<std::string> ids = std::move(fresh_);
    fresh_.clear();
    std::vector<Literal> literals;
    for (const auto& id : ids) literals.push_back({id, false});
    auto set = LiteralSet::compile(literals);
    if (!set) return tl::unexpected(set.error());
    for (const auto index : in_order()) follow_in(index, ids, *set);
    return {};
  }

  /// From where an id was made on until it is closed; then from where the next one was made.
  void follow_in(std::size_t index, const std::vector<std::string>& ids, const LiteralSet& set) {
    LogFile& log = *logs_[index];
    std::vector<const Followed*> open;
    for (const auto& id : ids) {
      const Followed& followed = followed_.at(id);
      if (!followed.closed || *followed.closed + kSettled + log.slack() >= log.begins())
        open.push_back(&followed);
    }
    std::sort(open.begin(), open.end(),
              [](const auto* left, const auto* right) { return left->made < right->made; });
    for (std::size_t next = 0; next < open.size();) {
      const std::int64_t since = open[next]->made - 60;
      if (!log.may_hold(since, std::nullopt)) {
        ++next;
        continue;
      }
      std::int64_t reached = since;
      std::uint64_t last_found = 0;
      bool to_the_end = true;
      const auto go_on = [&](std::uint64_t offset, std::optional<std::int64_t> when) {
        reached = std::max(reached, when.value_or(reached));
        while (next < open.size() && open[next]->made <= reached + log.slack()) ++next;
        std::int64_t end = 0;
        for (std::size_t i = 0; i < next; ++i) {
          if (!open[i]->closed) return true;
          end = std::max(end, *open[i]->closed);
        }
        to_the_end = offset < last_found + kBehindClosed || reached <= end + 60;
        return to_the_end;
      };
      log.search(set, since, go_on, true, [&](const Hit& hit) {
        if (take_line(index, hit)) last_found = hit.offset + hit.begin;
        return true;
      });
      if (to_the_end) return;
    }
  }

  /// A line that holds a followed id. False: only in a stranger's words.
  bool take_line(std::size_t index, const Hit& hit) {
    const auto line = line_from(hit.view, hit.begin);
    std::string room;
    const Record record = record_of(line, room);
    const auto ids = assemble::ids_of(record);
    const bool ours = std::any_of(ids.begin(), ids.end(), [&](std::string_view id) {
      return followed_.contains(std::string(id));
    });
    if (!ours) return false;
    const auto when = logs_[index]->time_of(line);
    const std::int64_t time = when ? when->utc_seconds() : 0;
    for (const auto id : ids) {
      const auto made = time_of_id(id, settings_.now);
      // An id that is younger than the line, or long older, is a stranger's word.
      if (made && *made <= time + 86400 && *made + 30 * 86400 >= time) want(std::string(id), *made);
    }
    const auto [at, fresh] = picks_[index].try_emplace(hit.offset + hit.begin);
    if (fresh) at->second = {std::string(line), hit.number, true};
    at->second.of_message = true;
    take_further_lines(index, hit);
    if (const auto found = followed_.find(std::string(own_id(record))); found != followed_.end())
      note(record, time, found->second);
    return true;
  }

  /// The header block of a rejectlog, the parts that syslog cut.
  void take_further_lines(std::size_t index, const Hit& hit) {
    std::string room;
    std::uint64_t number = hit.number;
    for (auto at = hit.view.find('\n', hit.begin);
         at != std::string_view::npos && at + 1 < hit.view.size();
         at = hit.view.find('\n', at + 1)) {
      const auto line = line_from(hit.view, at + 1);
      if (!continues(record_of(line, room))) return;
      if (number > 0) ++number;
      picks_[index].try_emplace(hit.offset + at + 1, Pick{std::string(line), number, true});
    }
  }

  /// Whether the id is done with.
  void note(const Record& record, std::int64_t time, Followed& followed) {
    followed.last = std::max(followed.last, time);
    MessageEvent place;
    const auto events = assemble::message_events(record, place);
    if (const auto* exim = std::get_if<EximRecord>(&record.body)) {
      if (exim->kind == EximRecord::Kind::completed || exim->kind == EximRecord::Kind::refusal)
        followed.closed = time;
    } else if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body);
               sendmail != nullptr && sendmail->kind == SendmailRecord::Kind::from) {
      followed.recipients = sendmail->recipients_accepted;
    }
    for (const auto& event : events) {
      if (event.kind == EventKind::accepted) followed.message_id = event.message_id;
      if (is_loopback(event.peer_ip)) followed.passes_here = true;
      if (event.mta != Mta::sendmail || event.recipient.empty()) continue;
      followed.put_off = event.kind == EventKind::deferred;
      if (!followed.put_off) ++followed.done;
    }
    const bool all_done = followed.recipients >= 0 && followed.done >= followed.recipients;
    if (std::holds_alternative<SendmailRecord>(record.body))
      followed.closed = all_done && !followed.put_off ? std::optional(time + 60) : std::nullopt;
  }

  /// A content filter or the MSP hands a message over under another id, but with its Message-ID.
  Result<void> follow_message_ids() {
    std::vector<Literal> literals;
    std::int64_t since = kFarFuture, until = kFarPast;
    for (const auto& [id, followed] : followed_) {
      if (!followed.passes_here || followed.message_id.empty()) continue;
      if (!searched_message_ids_.insert(followed.message_id).second) continue;
      literals.push_back({followed.message_id, false});
      since = std::min(since, followed.made - kPassing);
      until = std::max(until, followed.last + kPassing);
    }
    if (literals.empty()) return {};
    auto set = LiteralSet::compile(literals);
    if (!set) return tl::unexpected(set.error());
    std::mutex mutex;
    std::set<std::string> found;
    parallel(logs_.size(), [&](std::size_t i) {
      LogFile& log = *logs_[i];
      if (usable_[i] == 0 || !log.may_hold(since, until)) return;
      log.search(
          *set, since,
          [&](std::uint64_t, std::optional<std::int64_t> when) {
            return !when || *when <= until + log.slack();
          },
          true,
          [&](const Hit& hit) {
            std::string room;
            const Record record = record_of(line_from(hit.view, hit.begin), room);
            const std::lock_guard lock(mutex);
            if (const auto id = own_id(record); !id.empty() && found.size() < kMostFollowed)
              found.insert(std::string(id));
            return true;
          });
    });
    for (const auto& id : found) {
      if (const auto made = time_of_id(id, settings_.now)) want(id, *made);
    }
    return {};
  }

  // What it all means.

  void build(Answer& answer) {
    answer.covered = known_.covered;
    for (const auto& log : logs_) {
      if (log->told().last)
        answer.covered = std::max(answer.covered.value_or(kFarPast), *log->told().last);
    }
    const auto wanted = [&](const Refusal& refusal, std::string_view line) {
      return std::any_of(aims_.begin(), aims_.end(), [&](const Aim& aim) {
        return aim.covers(refusal.when.utc_seconds()) && aim.conditions.met_by(refusal, line);
      });
    };
    std::vector<MessageEvent> events;
    if (!logs_.empty()) events = read_picks(logs_, picks_, *patterns_, settings_, wanted);
    for (const auto& refusal : known_.refusals) events.push_back(trace::event_of(refusal));
    auto all = trace::timelines(std::move(events), known_.deliveries,
                                {settings_.now, settings_.queue_lifetime, answer.covered});
    std::erase_if(all, [&](const Timeline& timeline) { return !answers(timeline, question_); });
    answer.timelines = std::move(all);
  }

  /// Questions that the first answer raises. False: none.
  bool add_side_aims(const Answer& answer) {
    constexpr std::size_t kMostAims = 64;
    const bool pairs_implied = (question_.from || question_.to) && !question_.until;
    const std::size_t before = aims_.size();
    for (auto timeline = answer.timelines.rbegin();
         timeline != answer.timelines.rend() && aims_.size() < before + kMostAims; ++timeline) {
      if (!timeline->sender || timeline->sender->is_null()) continue;
      const auto sender = AddressChoice::parse(timeline->sender->text());
      if (!sender) continue;
      for (const auto& event : timeline->events) {
        if (event.refusal) add_aims_about(event, *sender);
      }
      if (!pairs_implied) add_later_mail(*timeline, *sender);
    }
    return aims_.size() > before;
  }

  void add_aims_about(const MessageEvent& event, const AddressChoice& sender) {
    const Refusal& refusal = event.refusal->refusal;
    const auto& family = event.refusal->is.family;
    const std::int64_t when = event.when.utc_seconds();
    trace::Question question;
    if (refusal.direction == Direction::outbound && family && concerns_sender(*family)) {
      // Did we refuse the callout?
      question.from = *AddressChoice::parse("<>");
      question.to = sender;
      question.since = when - kCallout;
      question.until = when + kCallout;
      aims_.emplace_back(question);
    } else if (refusal.verified_here && refusal.cause_text.empty() && !event.line.empty()) {
      // A cached result: the reason stands with the last one that was not.
      question.from = sender;
      question.since = when - kCalloutMemory;
      question.until = when;
      aims_.emplace_back(question);
      aims_.back().refusals_only = true;
    }
  }

  /// Mail of a refused sender and recipient that came through afterwards.
  void add_later_mail(const Timeline& timeline, const AddressChoice& sender) {
    for (const auto& fate : timeline.fates) {
      if (fate.refusals == 0 || fate.recipient.empty() || fate.outcome == Outcome::delivered_later)
        continue;
      auto recipient = AddressChoice::parse(fate.recipient);
      if (!recipient) continue;
      trace::Question question;
      question.from = sender;
      question.to = *recipient;
      question.since = fate.when.utc_seconds();
      aims_.emplace_back(question);
    }
  }

  Result<void> collect_side() {
    if (auto ok = search_aims(); !ok) return ok;
    constexpr std::size_t kMostSide = 1000;
    if (waiting_.size() > kMostSide) waiting_.erase(waiting_.begin(), waiting_.end() - kMostSide);
    while (!waiting_.empty()) take_next_batch();
    return follow_all();
  }

  void cut(Answer& answer) const {
    answer.more = waiting_left_;
    if (answer.timelines.size() <= settings_.limit) return;
    const std::size_t over = answer.timelines.size() - settings_.limit;
    answer.more += over;
    answer.timelines.erase(answer.timelines.begin(),
                           answer.timelines.begin() + static_cast<std::ptrdiff_t>(over));
  }

  /// Plain logs are counted only now, and only as far as lines are shown.
  void number_lines(Answer& answer) const {
    for (const auto& log : logs_) {
      std::map<std::uint64_t, std::vector<MessageEvent*>> places;
      for (auto& timeline : answer.timelines) {
        for (auto& event : timeline.events) {
          if (event.source.file == log->name() && event.source.line == 0)
            places[event.source.offset].push_back(&event);
        }
      }
      if (places.empty()) continue;
      std::vector<std::uint64_t> offsets;
      for (const auto& [offset, events] : places) offsets.push_back(offset);
      const auto numbers = log->line_numbers(offsets);
      std::size_t i = 0;
      for (auto& [offset, events] : places) {
        for (auto* event : events) {
          event->source.line = numbers[i];
          if (!event->refusal) continue;
          auto counted = std::make_shared<ClassifiedRefusal>(*event->refusal);
          counted->refusal.source.line = numbers[i];
          event->refusal = std::move(counted);
        }
        ++i;
      }
    }
  }

  struct Waiting {
    std::int64_t when = 0;
    std::string id;  ///< empty: a candidate
    Candidate candidate;
  };

  const trace::Question& question_;
  Known known_;
  const classify::PatternSet* patterns_;
  const Settings& settings_;
  Room room_{kMostKept};  ///< outlives the logs
  std::vector<std::unique_ptr<LogFile>> logs_;
  std::vector<char> usable_;  ///< not vector<bool>: threads write side by side
  std::vector<Picks> picks_;
  std::vector<Aim> aims_;
  std::size_t first_aim_ = 0;
  std::vector<Waiting> waiting_;  ///< the newest last
  std::size_t waiting_left_ = 0;
  std::unordered_map<std::string, Followed> followed_;
  std::vector<std::string> fresh_;
  std::set<std::string> searched_message_ids_;
};

}  // namespace

bool names_text(const trace::Question& question) { return !Conditions(question).empty(); }

Result<Answer> find(const trace::Question& question, const std::vector<input::LogList::Item>& logs,
                    Known known, const classify::PatternSet* patterns, const Settings& settings) {
  return Search(question, logs, std::move(known), patterns, settings).run();
}

std::optional<std::string> line_at(const SourceRef& place) {
  auto source = input::open_bytes(*place.file);
  if (!source) return std::nullopt;
  input::LineReader reader(std::move(*source));
  if (!reader.skip_to(place.offset, place.line)) return std::nullopt;
  auto line = reader.next();
  if (!line || !*line) return std::nullopt;
  return std::string((*line)->text);
}

}  // namespace lostmail::search
