#include "assemble/held.hpp"

#include <memory>
#include <new>
#include <utility>

#include "lostmail/assemble/record_id.hpp"

namespace lostmail::assemble {
namespace {

constexpr std::size_t kMostSpare = 64;

void hand_on(Held& held, EventSink& sink) {
  if (held.recipients.empty()) return sink.on_refusal(std::move(held.refusal));
  for (std::size_t i = 0; i < held.recipients.size(); ++i) {
    Refusal row = held.refusal;
    row.id = nth(held.refusal.id, i);
    row.recipient = held.recipients[i];
    sink.on_refusal(std::move(row));
  }
}

}  // namespace

Held* HeldQueue::find(std::uint64_t id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Held& HeldQueue::add(std::uint64_t id, std::int64_t expires) {
  if (spare_.empty()) {
    queue_.push_back(std::make_unique<Held>());
  } else {
    queue_.push_back(std::move(spare_.back()));
    spare_.pop_back();
  }
  Held& added = *queue_.back();
  added.refusal.id = id;
  added.expires = expires;
  by_id_[id] = &added;
  return added;
}

Held& HeldQueue::add(Refusal&& refusal, std::int64_t expires) {
  Held& added = add(refusal.id, expires);
  added.refusal = std::move(refusal);
  return added;
}

void HeldQueue::end_of(const std::string* log, std::int64_t now) {
  for (const auto& held : queue_) {
    if (held->refusal.source.file.get() == log && held->expires >= now)
      held->refusal.provisional = true;
  }
}

void HeldQueue::release(std::int64_t now, bool everything, EventSink& sink) {
  while (!queue_.empty()) {
    Held& front = *queue_.front();
    const bool due = front.expires < now;
    if (!everything && !due && queue_.size() <= limit_) return;
    by_id_.erase(front.refusal.id);
    hand_on(front, sink);
    if (spare_.size() < kMostSpare) {
      std::destroy_at(&front);
      ::new (&front) Held;  // not filled with zeros first, as Held() would be
      spare_.push_back(std::move(queue_.front()));
    }
    queue_.pop_front();
  }
}

}  // namespace lostmail::assemble
