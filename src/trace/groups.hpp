#pragma once

#include <map>
#include <string>
#include <vector>

#include "lostmail/core/timeline.hpp"

namespace lostmail::trace {

/// Copies of one line in several logs, and the line of a refusal with the refusal, become one
/// event. Keeps the order.
[[nodiscard]] std::vector<MessageEvent> without_copies(std::vector<MessageEvent> events);

/// Events that belong to one message (its ids, and those of its bounces), or to one case that never
/// had a queue id.
struct Group {
  std::vector<MessageEvent> events;
  std::map<std::string, bool> ids;  ///< true: of a bounce about the message
  bool accepted = false;            ///< false: a case, refusals alone
};
[[nodiscard]] std::vector<Group> group(std::vector<MessageEvent> events);

/// Sender and recipient in lower case, the key of a case.
[[nodiscard]] std::string pair_key(std::string_view sender, std::string_view recipient);

}  // namespace lostmail::trace
