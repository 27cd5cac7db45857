#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>

#include <tsl/robin_map.h>

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

  void put(std::uint64_t key, OpenMessage message, const LogView& log);
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
  struct Entry {
    std::uint64_t key = 0;
    OpenMessage message;
    bool recalled = false;  ///< from the sink's memory
    bool kept = false;      ///< the sink may remember it
    bool news = false;      ///< the sink is to be told
    bool done = false;
  };
  Entry* look(std::uint64_t key);
  /// A fresh entry, the latest; what is known of the key goes.
  Entry& add(std::uint64_t key);
  void tell(const Entry& entry);
  void end(Entry& entry, const LogView& log);
  void forget_done(std::int64_t now);

  std::size_t limit_;
  const Assembler::Settings& settings_;
  EventSink& sink_;
  std::list<Entry> by_use_;  ///< latest first
  tsl::robin_map<std::uint64_t, std::list<Entry>::iterator> index_;
  std::deque<std::pair<std::int64_t, std::uint64_t>> done_;  ///< when, key
};

}  // namespace lostmail::assemble
