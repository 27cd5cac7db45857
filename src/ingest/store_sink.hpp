#pragma once

#include <optional>
#include <string_view>

#include "lostmail/core/event.hpp"
#include "lostmail/ingest/ingest.hpp"
#include "lostmail/store/store.hpp"

namespace lostmail::ingest {

/// Writes down what the assembler puts together. The first failure of the store ends all writing.
class StoreSink {
 public:
  /// A stretch of time, UTC seconds.
  struct Stretch {
    std::int64_t from = 0, until = 0;
  };

  StoreSink(store::Store& store, std::int64_t now) : store_(store), now_(now) {}

  /// What is read once more in this stretch has more context than when it was read first.
  void read_again(std::optional<Stretch> stretch) { again_ = stretch; }
  /// Refusals before it (UTC seconds) were pruned: they stay away.
  void forget_before(std::int64_t horizon) { horizon_ = horizon; }

  void take(ClassifiedRefusal&& classified);
  void take(const store::Correspondence& correspondence) { keep(store_.add(correspondence)); }
  void take_arrival(const Arrival& arrival) { keep(store_.set_sender(arrival)); }
  void take_open(const Arrival& arrival) { keep(store_.put_open(arrival, now_)); }
  void take_closed(std::uint64_t message, std::int64_t log) { store_.close(message, log); }
  void take_not_understood(std::string_view line, const SourceRef& source);

  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }
  IngestSummary summary;

 private:
  void add(const ClassifiedRefusal& refusal);
  void keep(const Result<void>& result) {
    if (!result && !failed_) failed_ = result.error();
  }

  store::Store& store_;
  std::int64_t now_;
  std::optional<Stretch> again_;
  std::int64_t horizon_ = 0;
  std::optional<Error> failed_;
};

}  // namespace lostmail::ingest
