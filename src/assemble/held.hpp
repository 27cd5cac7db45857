#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <tsl/robin_map.h>

#include "lostmail/core/event.hpp"

namespace lostmail::assemble {

/// A refusal that may still learn something from the next lines.
struct Held {
  Refusal refusal;
  std::vector<Mailbox> recipients;  ///< of a refused message: each becomes a row
  bool waits_for_sender = false;    ///< Sendmail: for the `from=` line of its queue id
  std::int64_t expires = 0;         ///< UTC seconds after which nothing more is expected
};

/// Refusals in the order of the log, each held until its time is over, so that they leave in that
/// order.
class HeldQueue {
 public:
  explicit HeldQueue(std::size_t limit) : limit_(limit) {}

  /// The held refusal of `id`, or nullptr.
  [[nodiscard]] Held* find(std::uint64_t id);
  /// `refusal` in line, to leave after `expires`; the reference is good until it is released.
  Held& add(Refusal&& refusal, std::int64_t expires);
  /// Likewise for a refusal that has only its id so far: refusals are large, and this one is made
  /// where it stays.
  Held& add(std::uint64_t id, std::int64_t expires);
  /// Marks what waits at the end of a log (by its SourceRef::file) as provisional.
  void end_of(const std::string* log, std::int64_t now);
  /// Hands on what is due at `now` (UTC seconds), in order; all of it where `everything`.
  void release(std::int64_t now, bool everything, EventSink& sink);

 private:
  std::size_t limit_;
  std::deque<std::unique_ptr<Held>> queue_;
  /// Places of those that left. One that the allocator gives has been in no cache for long.
  std::vector<std::unique_ptr<Held>> spare_;
  tsl::robin_map<std::uint64_t, Held*> by_id_;
};

}  // namespace lostmail::assemble
