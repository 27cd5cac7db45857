#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "assemble/place_table.hpp"
#include "lostmail/assemble/assembler.hpp"
#include "lostmail/core/address.hpp"
#include "lostmail/core/host.hpp"

namespace lostmail::assemble {

/// What is known of a message in the queue.
struct OpenMessage {
  ReversePath sender;
  std::unique_ptr<ClientHost> client;  ///< apart, and gone when the message is done: many are kept
  bool local_submission = false;
  int recipients_left = -1;  ///< as in Arrival
  std::int64_t log = 0;      ///< likewise
};

/// Message key → message. Beyond the limit the least recently used is handed to the sink, and
/// recalled from there when it is asked for.
class OpenMessages {
 public:
  /// Both outlive it.
  OpenMessages(std::size_t limit, const Assembler::Settings& settings, EventSink& sink)
      : limit_(limit), settings_(settings), sink_(sink) {}

  /// Fetches what the others will look at: of many messages it lies anywhere.
  void expect(std::uint64_t key) const { index_.prefetch(key); }
  /// Takes `message`, but for its log, and leaves another one of no account, for the room of its
  /// sender: that of each message would lie elsewhere, far from every cache.
  void put(std::uint64_t key, OpenMessage& message, const LogView& log);
  /// nullptr where no log told. Good until the next call.
  [[nodiscard]] const OpenMessage* find(std::uint64_t key);
  /// Exim: nothing more is to come, but for copies of its last lines in other logs of this moment.
  void close(std::uint64_t key, const LogView& log, std::int64_t now);
  /// Sendmail: that many recipients of it have their last word. It is kept, since an alias may have
  /// more of them than were counted.
  void settle(std::uint64_t key, int recipients, const LogView& log);
  /// Tells the sink what is still open.
  void hand_over();

 private:
  using Place = std::uint32_t;
  static constexpr Place kNone = PlaceTable::kNone;
  /// In a chain by use; of what is not in use, in one of free places.
  struct Entry {
    std::uint64_t key = 0;
    OpenMessage message;
    Place newer = kNone, older = kNone;
    bool recalled = false;  ///< from the sink's memory
    bool kept = false;      ///< the sink may remember it
    bool news = false;      ///< the sink is to be told
    bool done = false;
  };
  static constexpr std::size_t kChunk = 1024;

  [[nodiscard]] Entry& at(Place place) { return chunks_[place / kChunk][place % kChunk]; }
  [[nodiscard]] Place place_of(std::uint64_t key);
  /// As the latest of the chain.
  void link(Place place);
  void unlink(Place place);
  Entry* look(std::uint64_t key);
  /// A fresh entry, the latest; what is known of the key goes.
  Entry& add(std::uint64_t key);
  void remove(Place place);
  void tell(const Entry& entry);
  void end(Entry& entry, const LogView& log);
  void forget_done(std::int64_t now);

  std::size_t limit_;
  const Assembler::Settings& settings_;
  EventSink& sink_;
  std::vector<std::unique_ptr<Entry[]>> chunks_;  ///< they stay where they are
  Place made_ = 0;                                ///< places that were ever in use
  std::size_t size_ = 0;
  Place latest_ = kNone, oldest_ = kNone, free_ = kNone;
  PlaceTable index_;
  std::deque<std::pair<std::int64_t, std::uint64_t>> done_;  ///< when, key
};

}  // namespace lostmail::assemble
