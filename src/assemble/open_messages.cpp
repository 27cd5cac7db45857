#include "assemble/open_messages.hpp"

#include <utility>

namespace lostmail::assemble {
namespace {

constexpr std::int64_t kCopySeconds = 60;  ///< syslog may bring a line later than the mainlog
constexpr std::size_t kMostRoom = 256;     ///< bytes: no address that is allowed needs more

}  // namespace

void OpenMessages::tell(const Entry& entry) {
  if (!entry.news || !settings_.deliveries) return;
  const auto& message = entry.message;
  sink_.on_open({entry.key, message.sender, message.recipients_left, message.log});
}

OpenMessages::Place OpenMessages::place_of(std::uint64_t key) {
  return index_.find(key, [&](Place place) { return at(place).key == key; });
}

void OpenMessages::link(Place place) {
  Entry& entry = at(place);
  entry.newer = kNone;
  entry.older = latest_;
  (latest_ == kNone ? oldest_ : at(latest_).newer) = place;
  latest_ = place;
}

void OpenMessages::unlink(Place place) {
  const Entry& entry = at(place);
  (entry.newer == kNone ? latest_ : at(entry.newer).older) = entry.older;
  (entry.older == kNone ? oldest_ : at(entry.older).newer) = entry.newer;
}

void OpenMessages::remove(Place place) {
  unlink(place);
  Entry& entry = at(place);
  index_.erase(entry.key, place);
  ReversePath sender = std::move(entry.message.sender);
  entry = Entry{};
  if (sender.mailbox() && sender.mailbox()->text().capacity() <= kMostRoom)
    entry.message.sender = std::move(sender);  // for the room
  entry.older = std::exchange(free_, place);
  --size_;
}

OpenMessages::Entry& OpenMessages::add(std::uint64_t key) {
  if (const Place known = place_of(key); known != kNone) remove(known);
  if (size_ >= limit_) {
    tell(at(oldest_));
    remove(oldest_);
    if (oldest_ != kNone) index_.prefetch(at(oldest_).key);  // whose turn is the next
  }
  Place place = free_;
  if (place == kNone) {
    place = made_++;
    if (place % kChunk == 0) chunks_.push_back(std::make_unique<Entry[]>(kChunk));
  } else {
    free_ = at(place).older;
  }
  ++size_;
  at(place).key = key;
  index_.put(key, place);
  link(place);
  return at(place);
}

void OpenMessages::put(std::uint64_t key, OpenMessage& message, const LogView& log) {
  message.log = log.number;
  if (!log.seen_before && settings_.is_wanted && settings_.is_wanted(key))
    sink_.on_arrival({key, message.sender, message.recipients_left, message.log});
  Entry& entry = add(key);
  std::swap(entry.message, message);
  entry.kept = log.seen_before;  // an earlier run that took the line told the sink
  entry.done = entry.message.recipients_left == 0;
  entry.news = !log.seen_before && !entry.done;
}

OpenMessages::Entry* OpenMessages::look(std::uint64_t key) {
  if (const Place place = place_of(key); place != kNone) {
    if (place != latest_) {
      unlink(place);
      link(place);
    }
    return &at(place);
  }
  auto earlier = settings_.recall ? settings_.recall(key) : std::nullopt;
  if (!earlier) return nullptr;
  Entry& entry = add(key);
  entry.message.sender = std::move(earlier->sender);
  entry.message.recipients_left = earlier->recipients_left;
  entry.message.log = earlier->log;
  entry.recalled = entry.kept = true;
  return &entry;
}

const OpenMessage* OpenMessages::find(std::uint64_t key) {
  const Entry* entry = look(key);
  return entry != nullptr ? &entry->message : nullptr;
}

/// The end of a message in the log that told it needs no memory: whoever reads its lines again
/// reads of its arrival, too.
void OpenMessages::end(Entry& entry, const LogView& log) {
  entry.done = true;
  if (entry.message.log != log.number) return;
  if (!log.seen_before && entry.kept) sink_.on_closed(entry.key, log.number);
  entry.news = false;
}

void OpenMessages::close(std::uint64_t key, const LogView& log, std::int64_t now) {
  forget_done(now);
  if (const Place place = place_of(key); place != kNone) {
    end(at(place), log);
    done_.emplace_back(now, key);
  } else if (!log.seen_before) {
    sink_.on_closed(key, log.number);
  }
}

void OpenMessages::settle(std::uint64_t key, int recipients, const LogView& log) {
  Entry* entry = look(key);
  // What was recalled already counts the lines that earlier runs took.
  if (entry == nullptr || entry->message.recipients_left < 0 ||
      (entry->recalled && log.seen_before))
    return;
  int& left = entry->message.recipients_left;
  left = left > recipients ? left - recipients : 0;
  if (entry->done) return;
  entry->news = entry->news || !log.seen_before;
  if (left > 0) return;
  end(*entry, log);
  entry->message.client.reset();
}

void OpenMessages::forget_done(std::int64_t now) {
  while (!done_.empty() && done_.front().first + kCopySeconds < now) {
    const Place place = place_of(done_.front().second);
    if (place != kNone && at(place).done) {
      tell(at(place));
      remove(place);
    }
    done_.pop_front();
  }
}

void OpenMessages::hand_over() {
  if (settings_.deliveries) {
    for (Place place = latest_; place != kNone; place = at(place).older) tell(at(place));
  }
  chunks_.clear();
  made_ = 0;
  size_ = 0;
  latest_ = oldest_ = free_ = kNone;
  index_.clear();
  done_.clear();
}

}  // namespace lostmail::assemble
