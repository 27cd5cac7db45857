#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lostmail/core/address.hpp"
#include "lostmail/core/host.hpp"

namespace lostmail::assemble {

/// What is known of a message in the queue.
struct OpenMessage {
  ReversePath sender;
  std::optional<ClientHost> client;
  bool local_submission = false;
};

/// Queue id → message, the least recently used forgotten beyond the limit.
class OpenMessages {
 public:
  explicit OpenMessages(std::size_t limit) : limit_(limit) {}

  void put(std::string_view queue_id, OpenMessage message);
  [[nodiscard]] const OpenMessage* find(std::string_view queue_id);
  void erase(std::string_view queue_id);

 private:
  struct Entry {
    std::string queue_id;
    OpenMessage message;
  };
  std::size_t limit_;
  std::list<Entry> by_use_;                                                 ///< latest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  ///< keys lie in by_use_
};

}  // namespace lostmail::assemble
