#include "ingest/store_queue.hpp"

namespace lostmail::ingest {
namespace {

template <typename... Takers>
struct Overloaded : Takers... {
  using Takers::operator()...;
};

void fetch(const void* from, std::size_t bytes) {
  constexpr std::size_t kCacheLine = 64;
  const auto* at = static_cast<const char*>(from);
  for (std::size_t i = 0; i < bytes; i += kCacheLine) __builtin_prefetch(at + i);
}

}  // namespace

StoreQueue::StoreQueue(const classify::PatternSet& patterns, store::Store& store, StoreSink& sink,
                       Crew& crew)
    : patterns_(patterns),
      store_(store),
      sink_(sink),
      wanted_(store.wanted_messages()),
      queue_(crew, kBatches, [this](Batch& batch) { write(batch); }) {}

void StoreQueue::on_refusal(Refusal&& refusal) {
  if (!refusal.sender && refusal.message != 0) wanted_.insert(refusal.message);
  auto is = patterns_.classify(refusal);
  // Made where it stays: a refusal is large.
  filling_.events.emplace_back(std::in_place_type<ClassifiedRefusal>, std::move(refusal),
                               std::move(is));
  if (filling_.events.size() >= kEvents) hand_on();
}

void StoreQueue::on_delivery(const Delivery& delivery) {
  if (delivery.seen_before) return;
  if (delivery.local) count_local(delivery.recipient.domain());
  if (!delivery.sender && delivery.message != 0) wanted_.insert(delivery.message);
  const auto correspondence = store_.correspondence_of(delivery);
  if (!correspondence) return;
  if (!correspondence->sender_hash) return put(*correspondence);
  filling_.deliveries.push_back(*correspondence);
  if (filling_.deliveries.size() >= kDeliveries) hand_on();
}

void StoreQueue::count_local(std::string_view domain) {
  auto found = local_domains_.find(domain);
  if (found == local_domains_.end()) found = local_domains_.emplace(domain, 0).first;
  ++found->second;
}

void StoreQueue::on_arrival(const Arrival& arrival) {
  wanted_.erase(arrival.message);
  put(arrival);
}

void StoreQueue::on_open(const Arrival& arrival) {
  if (open_) open_->insert(arrival.message);
  put(Open{arrival});
}

void StoreQueue::on_closed(std::uint64_t message, std::int64_t log) { put(Closed{message, log}); }

void StoreQueue::on_not_understood(std::string_view line, const SourceRef& source) {
  put(NotUnderstood{std::string(line), source});
}

std::optional<Arrival> StoreQueue::recall(std::uint64_t message) {
  if (!open_) {
    settle();
    open_ = store_.open_messages();
  }
  if (!open_->contains(message)) return std::nullopt;
  settle();
  return store_.open_message(message);
}

bool StoreQueue::is_wanted(std::uint64_t message) { return wanted_.contains(message); }

template <typename Of>
void StoreQueue::put(Of&& event) {
  filling_.events.emplace_back(std::forward<Of>(event));
  if (filling_.events.size() >= kEvents) hand_on();
}

/// Puts what was gathered in line.
void StoreQueue::hand_on() {
  if (filling_.events.empty() && filling_.deliveries.empty()) return;
  queue_.hand_on(filling_);
  filling_.events.clear();
  filling_.deliveries.clear();
}

void StoreQueue::settle() {
  hand_on();
  queue_.settle();
  for (const auto& [domain, times] : local_domains_) store_.add_local_deliveries(domain, times);
  local_domains_.clear();
}

void StoreQueue::write(Batch& batch) {
  // Another thread made them: both they and what they lead to are far from this one's caches.
  constexpr std::size_t kAhead = 3;
  auto& events = batch.events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kAhead < events.size()) fetch(&events[i + kAhead], sizeof(Event));
    if (i + 1 < events.size()) {
      if (const auto* next = std::get_if<ClassifiedRefusal>(&events[i + 1])) store_.expect(*next);
    }
    write(events[i]);
  }
  for (const auto& delivery : batch.deliveries) sink_.take(delivery);
}

void StoreQueue::write(Event& event) {
  std::visit(
      Overloaded{
          [&](ClassifiedRefusal& refusal) { sink_.take(std::move(refusal)); },
          [&](const store::Correspondence& with) { sink_.take(with); },
          [&](const Arrival& arrival) { sink_.take_arrival(arrival); },
          [&](const Open& open) { sink_.take_open(open.arrival); },
          [&](const Closed& closed) { sink_.take_closed(closed.message, closed.log); },
          [&](const NotUnderstood& line) { sink_.take_not_understood(line.line, line.source); },
      },
      event);
}

}  // namespace lostmail::ingest
