#include "assemble/open_messages.hpp"

namespace lostmail::assemble {

void OpenMessages::put(std::string_view queue_id, OpenMessage message) {
  erase(queue_id);
  by_use_.push_front({std::string(queue_id), std::move(message)});
  index_.emplace(by_use_.front().queue_id, by_use_.begin());
  if (by_use_.size() > limit_) {
    index_.erase(by_use_.back().queue_id);
    by_use_.pop_back();
  }
}

const OpenMessage* OpenMessages::find(std::string_view queue_id) {
  const auto found = index_.find(queue_id);
  if (found == index_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return &found->second->message;
}

void OpenMessages::erase(std::string_view queue_id) {
  const auto found = index_.find(queue_id);
  if (found == index_.end()) return;
  const auto entry = found->second;
  index_.erase(found);
  by_use_.erase(entry);
}

}  // namespace lostmail::assemble
