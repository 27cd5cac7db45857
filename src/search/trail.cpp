#include "search/trail.hpp"

#include <algorithm>

#include "lostmail/assemble/message_events.hpp"
#include "search/slice.hpp"
#include "search/text_lines.hpp"

namespace lostmail::search {
namespace {

constexpr std::uint64_t kBehindClosed = 256 * 1024;  ///< bytes: lines are a little out of order
constexpr std::int64_t kSettled = 3600;  ///< seconds after which nothing more comes for an id

bool is_loopback(std::string_view ip) { return ip.starts_with("127.") || ip == "::1"; }

/// Takes from a line under its own id whether the id is done with.
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

/// Where in time a log is read on: the ids that are begun, and whether all of them are closed.
class Progress {
 public:
  Progress(std::vector<const Followed*> open, std::int64_t slack)
      : open_(std::move(open)), slack_(slack) {}

  [[nodiscard]] bool is_over() const { return next_ >= open_.size(); }
  [[nodiscard]] std::int64_t since() const { return Trail::begin_of(*open_[next_]); }
  void skip() { ++next_; }
  void start() {
    reached_ = since();
    last_found_ = 0;
  }
  void found(std::uint64_t offset) { last_found_ = offset; }

  /// Whether a block may hold more of the ids that are begun.
  bool goes_on(std::uint64_t offset, std::optional<std::int64_t> when) {
    reached_ = std::max(reached_, when.value_or(reached_));
    while (!is_over() && open_[next_]->made <= reached_ + slack_) ++next_;
    std::int64_t end = 0;
    for (std::size_t i = 0; i < next_; ++i) {
      if (!open_[i]->closed) return true;
      end = std::max(end, *open_[i]->closed);
    }
    return offset < last_found_ + kBehindClosed || reached_ <= end + 60;
  }

 private:
  std::vector<const Followed*> open_;  ///< by when they were made
  std::int64_t slack_;
  std::size_t next_ = 0;
  std::int64_t reached_ = 0;
  std::uint64_t last_found_ = 0;
};

}  // namespace

Result<Trail> Trail::of(const std::vector<std::string>& ids) {
  std::vector<Literal> literals;
  for (const auto& id : ids) literals.push_back({id, false});
  auto set = LiteralSet::compile(literals);
  if (!set) return tl::unexpected(set.error());
  Trail trail(std::move(*set));
  for (const auto& id : ids) trail.ids_.try_emplace(id);
  return trail;
}

std::vector<Trail::Step> Trail::follow(LogFile& log, const FollowedIds& known) {
  std::vector<Step> steps;
  std::vector<const Followed*> open;
  for (auto& [id, followed] : ids_) {
    followed = known.at(id);
    if (!followed.closed || *followed.closed + kSettled + log.slack() >= log.begins())
      open.push_back(&followed);
  }
  std::sort(open.begin(), open.end(),
            [](const auto* left, const auto* right) { return left->made < right->made; });
  Progress progress(std::move(open), log.slack());
  std::uint64_t taken_to = 0;
  while (!progress.is_over()) {
    const std::int64_t since = progress.since();
    if (!log.may_hold(since, std::nullopt)) {
      progress.skip();
      continue;
    }
    progress.start();
    bool to_the_end = true;
    const bool can_skip = log.is_at_hand(since);
    log.search(
        set_, since,
        [&](std::uint64_t offset, std::optional<std::int64_t> when) {
          to_the_end = progress.goes_on(offset, when) || (!can_skip && !progress.is_over());
          return to_the_end;
        },
        true,
        [&](const Hit& hit) {
          if (hit.offset + hit.begin < taken_to) return true;  // read before, from an earlier id on
          taken_to = hit.offset + hit.end;
          if (take(log, hit, steps)) progress.found(hit.offset + hit.begin);
          return true;
        });
    if (to_the_end) break;
  }
  return steps;
}

/// False: the id stands there in a stranger's words only.
bool Trail::take(const LogFile& log, const Hit& hit, std::vector<Step>& steps) {
  const auto line = line_from(hit.view, hit.begin);
  std::string room;
  const Record record = record_of(line, room);
  const auto ids = assemble::ids_of(record);
  const bool ours =
      std::any_of(ids.begin(), ids.end(), [&](auto id) { return ids_.contains(std::string(id)); });
  if (!ours) return false;
  Step step = record_at(hit, hit.begin);
  for (auto& [offset, pick] : step) pick.of_message = true;
  steps.push_back(std::move(step));
  if (const auto found = ids_.find(std::string(own_id(record))); found != ids_.end()) {
    const auto when = log.time_of(line);
    note(record, when ? when->utc_seconds() : 0, found->second);
  }
  return true;
}

}  // namespace lostmail::search
