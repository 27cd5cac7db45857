#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "lostmail/core/vocabulary.hpp"
#include "lostmail/whitelist/entry.hpp"

/// Whether an entry did what it was approved for, by what the log shows of later attempts.
namespace lostmail::whitelist {

/// A refusal, and the latest delivery between its sender and its recipient. UTC seconds.
struct Attempt {
  Envelope envelope;
  std::int64_t time = 0;
  Family family = Family::sender_verify;
  Variant variant = Variant::sender_verify_failed;
  std::optional<std::int64_t> delivered;
};

enum class Outcome : std::uint8_t {
  waiting,        ///< no attempt since
  got_in,         ///< mail was delivered since, and nothing was refused after that
  still_refused,  ///< the last attempt since was refused by a check that the entry should lift
};

struct Watched {
  Outcome outcome = Outcome::waiting;
  std::uint64_t refused = 0;              ///< attempts since
  std::optional<std::int64_t> delivered;  ///< latest since
  std::optional<std::int64_t> last_refused;
  Variant variant = Variant::sender_verify_failed;  ///< of the last refusal since
};

/// What came after `since`, when the entry was written to the mail server's list.
[[nodiscard]] Watched watch(const Entry& entry, std::int64_t since,
                            std::span<const Attempt> attempts);

}  // namespace lostmail::whitelist

namespace lostmail {

template <>
struct Words<whitelist::Outcome> {
  static constexpr std::array<Word<whitelist::Outcome>, 3> list{{
      {whitelist::Outcome::waiting, "waiting"},
      {whitelist::Outcome::got_in, "got_in"},
      {whitelist::Outcome::still_refused, "still_refused"},
  }};
};

}  // namespace lostmail
