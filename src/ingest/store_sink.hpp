#pragma once

#include <optional>
#include <string_view>

#include "lostmail/classify/pattern_set.hpp"
#include "lostmail/core/event.hpp"
#include "lostmail/ingest/ingest.hpp"
#include "lostmail/store/store.hpp"

namespace lostmail::ingest {

/// Classifies what the assembler puts together and writes it down. The first failure of the store
/// ends all writing.
class StoreSink final : public EventSink {
 public:
  /// A stretch of time, UTC seconds.
  struct Stretch {
    std::int64_t from = 0, until = 0;
  };

  StoreSink(const classify::PatternSet& patterns, store::Store& store, std::int64_t now)
      : patterns_(patterns), store_(store), now_(now) {}

  /// What is read once more in this stretch has more context than when it was read first.
  void read_again(std::optional<Stretch> stretch) { again_ = stretch; }
  /// Refusals before it (UTC seconds) were pruned: they stay away.
  void forget_before(std::int64_t horizon) { horizon_ = horizon; }

  void on_refusal(Refusal refusal) override;
  void on_delivery(const Delivery& delivery) override;
  void on_arrival(const Arrival& arrival) override { keep(store_.set_sender(arrival)); }
  void on_open(const Arrival& arrival) override { keep(store_.put_open(arrival, now_)); }
  void on_closed(std::uint64_t message, std::int64_t log) override { store_.close(message, log); }
  void on_not_understood(std::string_view line, const SourceRef& source) override;

  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }
  IngestSummary summary;

 private:
  void add(const ClassifiedRefusal& refusal);
  [[nodiscard]] ClassifiedRefusal classified(Refusal refusal) const;
  void keep(const Result<void>& result) {
    if (!result && !failed_) failed_ = result.error();
  }

  const classify::PatternSet& patterns_;
  store::Store& store_;
  std::int64_t now_;
  std::optional<Stretch> again_;
  std::int64_t horizon_ = 0;
  std::optional<Error> failed_;
};

}  // namespace lostmail::ingest
