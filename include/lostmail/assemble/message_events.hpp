#pragma once

#include <string_view>
#include <vector>

#include "lostmail/core/message_event.hpp"
#include "lostmail/core/record.hpp"

namespace lostmail::assemble {

/// What one record says of a message, one event for each recipient that it names; empty for lines
/// that concern no message, and for refusals of ours, which the Assembler joins. `place` is
/// everything of the event but what the record says.
[[nodiscard]] std::vector<MessageEvent> message_events(const Record& record,
                                                       const MessageEvent& place);

/// The ids that a record's message goes by here and elsewhere: its own first.
[[nodiscard]] std::vector<std::string_view> ids_of(const Record& record);

}  // namespace lostmail::assemble
