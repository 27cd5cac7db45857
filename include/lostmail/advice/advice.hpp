#pragma once

#include <cstddef>
#include <string_view>

#include "lostmail/core/vocabulary.hpp"

/// What a refusal means and what to do about it, for people who did not write the mail server.
/// Fixed English text in ASCII, unmarked: reports escape it for their own format.
namespace lostmail::advice {

inline constexpr std::size_t kMaxTitleBytes = 34;
inline constexpr std::size_t kMaxTextBytes = 320;

/// None is empty; each is whole sentences of at most `kMaxTextBytes`. The views are good for the
/// whole run.
struct Advice {
  std::string_view meaning;         ///< what the refusing server checked, and what that says
  std::string_view sender_side;     ///< for the administrator of the sending side
  std::string_view recipient_side;  ///< for the administrator of the side that refused
};

/// By what the refusal said. In an outbound refusal we are the sending side, in an inbound one the
/// side that refused.
[[nodiscard]] const Advice& about(Variant variant);

/// By why the mail was refused; where the cause is known this says more than the variant's advice.
[[nodiscard]] const Advice& about(Cause cause);

/// A heading of at most `kMaxTitleBytes`, without a full stop; no two variants share one.
[[nodiscard]] std::string_view title(Variant variant);

/// Likewise; no two causes share one.
[[nodiscard]] std::string_view title(Cause cause);

}  // namespace lostmail::advice
