#include "assemble/open_messages.hpp"

namespace lostmail::assemble {
namespace {

constexpr std::int64_t kCopySeconds = 60;  ///< syslog may bring a line later than the mainlog

}  // namespace

void OpenMessages::tell(const Entry& entry) {
  if (!entry.news) return;
  const auto& message = entry.message;
  sink_.on_open({entry.key, message.sender, message.recipients_left, message.log});
}

OpenMessages::Entry& OpenMessages::add(std::uint64_t key) {
  const auto [place, is_new] = index_.try_emplace(key);
  if (!is_new) by_use_.erase(place->second);
  Entry& entry = by_use_.emplace_front();
  entry.key = key;
  place.value() = by_use_.begin();
  if (by_use_.size() > limit_) {
    tell(by_use_.back());
    index_.erase(by_use_.back().key);
    by_use_.pop_back();
  }
  return entry;
}

void OpenMessages::put(std::uint64_t key, OpenMessage message, const LogView& log) {
  message.log = log.number;
  if (!log.seen_before && settings_.is_wanted && settings_.is_wanted(key))
    sink_.on_arrival({key, message.sender, message.recipients_left, message.log});
  Entry& entry = add(key);
  entry.message = std::move(message);
  entry.kept = log.seen_before;  // an earlier run that took the line told the sink
  entry.done = entry.message.recipients_left == 0;
  entry.news = !log.seen_before && !entry.done;
}

OpenMessages::Entry* OpenMessages::look(std::uint64_t key) {
  const auto found = index_.find(key);
  if (found != index_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return &*found->second;
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
  const auto found = index_.find(key);
  if (found != index_.end()) {
    end(*found->second, log);
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
    const auto found = index_.find(done_.front().second);
    if (found != index_.end() && found->second->done) {
      tell(*found->second);
      by_use_.erase(found->second);
      index_.erase(found);
    }
    done_.pop_front();
  }
}

void OpenMessages::hand_over() {
  for (const auto& entry : by_use_) tell(entry);
  by_use_.clear();
  index_.clear();
  done_.clear();
}

}  // namespace lostmail::assemble
