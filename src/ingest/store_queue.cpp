#include "ingest/store_queue.hpp"

namespace lostmail::ingest {
namespace {

template <typename... Takers>
struct Overloaded : Takers... {
  using Takers::operator()...;
};

}  // namespace

StoreQueue::StoreQueue(const classify::PatternSet& patterns, store::Store& store, StoreSink& sink,
                       bool own_thread)
    : patterns_(patterns), store_(store), sink_(sink), wanted_(store.wanted_messages()) {
  if (own_thread) thread_ = std::thread(&StoreQueue::run, this);
}

StoreQueue::~StoreQueue() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StoreQueue::on_refusal(Refusal&& refusal) {
  if (!refusal.sender && refusal.message != 0) wanted_.insert(refusal.message);
  ClassifiedRefusal classified{std::move(refusal), {}};
  classified.is = patterns_.classify(classified.refusal);
  put(std::move(classified));
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
  const auto found = local_domains_.find(domain);
  if (found != local_domains_.end()) {
    ++found->second;
  } else {
    local_domains_.emplace(domain, 1);
  }
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
void StoreQueue::put(Of event) {
  filling_.events.emplace_back(std::in_place_type<Of>, std::move(event));
  if (filling_.events.size() >= kEvents) hand_on();
}

/// Gives the writing thread what was gathered, or writes it.
void StoreQueue::hand_on() {
  if (filling_.events.empty() && filling_.deliveries.empty()) return;
  if (!thread_.joinable()) return write(filling_);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return full_.size() < kBatches; });
  full_.push_back(std::move(filling_));
  filling_ = {};
  if (!empty_.empty()) {
    filling_ = std::move(empty_.front());
    empty_.pop_front();
  }
  changed_.notify_all();
}

void StoreQueue::settle() {
  hand_on();
  if (thread_.joinable()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return full_.empty() && !writing_; });
  }
  for (const auto& [domain, times] : local_domains_) store_.add_local_deliveries(domain, times);
  local_domains_.clear();
}

/// The writing thread.
void StoreQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !full_.empty(); });
    if (full_.empty()) return;
    Batch batch = std::move(full_.front());
    full_.pop_front();
    writing_ = true;
    changed_.notify_all();
    lock.unlock();
    write(batch);
    lock.lock();
    writing_ = false;
    empty_.push_back(std::move(batch));
    changed_.notify_all();
  }
}

void StoreQueue::write(Batch& batch) {
  for (auto& event : batch.events) write(event);
  for (const auto& delivery : batch.deliveries) sink_.take(delivery);
  batch.events.clear();
  batch.deliveries.clear();
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
