#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <tsl/robin_set.h>

#include "ingest/batch_queue.hpp"
#include "ingest/store_sink.hpp"
#include "lostmail/classify/pattern_set.hpp"
#include "lostmail/core/event.hpp"
#include "lostmail/store/store.hpp"

namespace lostmail::ingest {

/// Hands what the assembler puts together to the store, as a stage of the crew: rows are written
/// while the caller joins the next lines. The store sees the same events in the same order, and the
/// assembler gets the same answers, however many threads there are.
class StoreQueue final : public EventSink {
 public:
  /// All outlive it.
  StoreQueue(const classify::PatternSet& patterns, store::Store& store, StoreSink& sink,
             Crew& crew);

  void on_refusal(Refusal&& refusal) override;
  void on_delivery(const Delivery& delivery) override;
  void on_arrival(const Arrival& arrival) override;
  void on_open(const Arrival& arrival) override;
  void on_closed(std::uint64_t message, std::int64_t log) override;
  void on_not_understood(std::string_view line, const SourceRef& source) override;

  /// For Assembler::Settings: of a message of an earlier run, or one that was handed over.
  [[nodiscard]] std::optional<Arrival> recall(std::uint64_t message);
  [[nodiscard]] bool is_wanted(std::uint64_t message);

  /// Waits until all is written that came so far. Only then may the caller use store and sink.
  void settle();

 private:
  struct Open {
    Arrival arrival;
  };
  struct Closed {
    std::uint64_t message;
    std::int64_t log;
  };
  struct NotUnderstood {
    std::string line;
    SourceRef source;
  };
  using Event =
      std::variant<ClassifiedRefusal, store::Correspondence, Arrival, Open, Closed, NotUnderstood>;
  /// Deliveries of which the sender is known are most of all events, small, and may be written at
  /// any time.
  struct Batch {
    std::vector<Event> events;
    std::vector<store::Correspondence> deliveries;
  };
  static constexpr std::size_t kEvents = 256, kDeliveries = 2048;  ///< of a batch
  static constexpr std::size_t kBatches = 8;                       ///< that wait at most

  void count_local(std::string_view domain);
  template <typename Of>
  void put(Of&& event);
  void hand_on();
  void write(Event& event);
  void write(Batch& batch);

  const classify::PatternSet& patterns_;
  store::Store& store_;
  StoreSink& sink_;

  /// Messages of which something waits for the sender, and messages that the store may remember
  /// as open: the store itself cannot be asked while another thread writes.
  tsl::robin_set<std::uint64_t> wanted_;
  std::optional<tsl::robin_set<std::uint64_t>> open_;  ///< absent until the first question

  /// Found by a view.
  struct HashOfText : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::uint64_t, HashOfText, std::equal_to<>>
      local_domains_;  ///< deliveries

  Batch filling_;
  BatchQueue<Batch> queue_;
};

}  // namespace lostmail::ingest
