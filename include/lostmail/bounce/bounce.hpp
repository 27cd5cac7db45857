#pragma once

#include <string_view>
#include <vector>

#include "lostmail/core/event.hpp"

/// What a bounce message says: a delivery status notification (RFC 3464), or the text of an older
/// one. Its bytes are a stranger's.
namespace lostmail::bounce {

inline constexpr std::size_t kMostBytes = 16 * 1024 * 1024;  ///< what is behind is not read
inline constexpr std::size_t kMostRecipients = 1000;

/// The refusals that a message, or the pasted text of one, tells: one for each recipient that
/// failed or is put off, as outbound refusals of the sender to whom it came back. Time, log and
/// ids are absent. Empty where it is no bounce.
[[nodiscard]] std::vector<Refusal> read(std::string_view message);

}  // namespace lostmail::bounce
