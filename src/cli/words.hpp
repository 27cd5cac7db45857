#pragma once

#include <string>

#include "lostmail/core/event.hpp"

namespace lostmail::cli {

/// Why mail was refused, inside a sentence: `sender verification failed (sender_verify_failed), …`.
/// Empty where no pattern knows.
[[nodiscard]] std::string reason_of(const ClassifiedRefusal& refusal);

}  // namespace lostmail::cli
