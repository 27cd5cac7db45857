#include "lostmail/ingest/history.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "ingest/batch_queue.hpp"
#include "ingest/history_reader.hpp"
#include "ingest/log_stream.hpp"

namespace lostmail::ingest {
namespace {

using Streams = std::vector<std::unique_ptr<LogStream>>;

/// Refusals on their way to who takes them: a stage of the crew.
class Refusals final : public EventSink {
 public:
  Refusals(Crew& crew, const std::function<void(Refusal&&)>& take)
      : queue_(crew, kBatches, [&take](std::vector<Refusal>& batch) {
          for (auto& refusal : batch) take(std::move(refusal));
        }) {}
  void on_refusal(Refusal&& refusal) override {
    filling_.push_back(std::move(refusal));
    if (filling_.size() >= kRefusals) hand_on();
  }
  void on_delivery(const Delivery&) override {}
  void on_not_understood(std::string_view, const SourceRef&) override {}
  void settle() {
    hand_on();
    queue_.settle();
  }

 private:
  static constexpr std::size_t kRefusals = 64, kBatches = 8;
  void hand_on() {
    queue_.hand_on(filling_);
    filling_.clear();
  }
  std::vector<Refusal> filling_;
  BatchQueue<std::vector<Refusal>> queue_;
};

/// Tells the progress every so many lines.
class Meter {
 public:
  Meter(const Settings& settings, const Streams& streams) : settings_(settings), streams_(streams) {
    for (const auto& stream : streams) total_ += stream->packed_size();
  }
  void line(const LogStream& stream) {
    if (++lines_ % 65536 == 0 && settings_.progress)
      settings_.progress(done_ + stream.packed_position(), total_);
  }
  void end_of(const LogStream& stream) { done_ += stream.packed_size(); }

 private:
  const Settings& settings_;
  const Streams& streams_;
  std::uint64_t total_ = 0, done_ = 0, lines_ = 0;
};

/// The order of lines in the history: by time; at one time mainlog first, so that a copy meets what
/// it copies.
auto place(const LogStream& stream) { return std::pair(stream.time(), stream.rank()); }

/// Reads `stream` until another stream's line, or the log that begins next, is due. False: its end,
/// or beyond `last` (UTC microseconds).
bool read_on(LogStream& stream, const std::vector<LogStream*>& others, std::int64_t next_begins,
             std::int64_t last, Meter& meter, assemble::Assembler& assembler) {
  auto limit = std::pair(std::numeric_limits<std::int64_t>::max(), std::numeric_limits<int>::max());
  for (const auto* other : others) {
    if (other != &stream) limit = std::min(limit, place(*other));
  }
  limit = std::min(limit, std::pair(next_begins, std::numeric_limits<int>::min()));
  if (stream.time() > last) return false;
  do {
    stream.give(assembler);
    meter.line(stream);
    if (!stream.advance() || stream.time() > last) return false;
  } while (place(stream) <= limit);
  return true;
}

}  // namespace

int helpers(const Settings& settings) {
  constexpr int kMostAtOnce = 3;  // a mainlog, its rejectlog, the rows
  return std::clamp(settings.threads - 1, 0, kMostAtOnce);
}

std::optional<std::int64_t> begin_of(const input::LogList::Item& log, const Settings& settings) {
  LogStream stream(log, settings);
  if (!stream.look() || stream.begins() == 0) return std::nullopt;
  return stream.begins() / 1'000'000;
}

std::vector<LogOutcome> read_refusals(const std::vector<input::LogList::Item>& logs,
                                      const Settings& settings, std::optional<std::string> host,
                                      const std::function<void(Refusal&&)>& take) {
  Crew crew(helpers(settings));
  Refusals refusals(crew, take);
  assemble::Assembler assembler({std::move(host), false, {}}, refusals);
  auto outcomes = read_history(logs, settings, assembler, crew);
  refusals.settle();
  return outcomes;
}

std::vector<LogOutcome> read_history(const std::vector<input::LogList::Item>& logs,
                                     const Settings& settings, assemble::Assembler& assembler,
                                     Crew& crew) {
  std::vector<LogOutcome> outcomes;
  Streams waiting;
  for (const auto& item : logs) {
    auto stream = std::make_unique<LogStream>(item, settings);
    if (stream->look()) {
      waiting.push_back(std::move(stream));
    } else {
      outcomes.push_back(stream->finish());
    }
  }
  std::stable_sort(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) {
    return std::pair(a->begins(), a->rank()) < std::pair(b->begins(), b->rank());
  });
  Meter meter(settings, waiting);
  const std::int64_t last =
      settings.until ? *settings.until * 1'000'000 : std::numeric_limits<std::int64_t>::max();
  std::vector<LogStream*> active;
  std::size_t next = 0;
  const auto end = [&](LogStream* stream) {
    meter.end_of(*stream);
    stream->end(assembler);
    outcomes.push_back(stream->finish());
    std::erase(active, stream);
  };
  const auto due = [&] {
    return next < waiting.size() &&
           (active.empty() || std::all_of(active.begin(), active.end(), [&](const auto* stream) {
              return stream->time() >= waiting[next]->begins();
            }));
  };
  for (;;) {
    while (due()) {
      LogStream* stream = waiting[next++].get();
      active.push_back(stream);
      if (!stream->start(crew, assembler.takes_deliveries())) end(stream);
    }
    if (active.empty()) break;
    LogStream* first = *std::min_element(active.begin(), active.end(),
                                         [](auto* a, auto* b) { return place(*a) < place(*b); });
    const std::int64_t begins =
        next < waiting.size() ? waiting[next]->begins() : std::numeric_limits<std::int64_t>::max();
    if (!read_on(*first, active, begins, last, meter, assembler)) end(first);
  }
  assembler.finish(settings.more_follows ? std::optional(settings.now) : std::nullopt);
  return outcomes;
}

}  // namespace lostmail::ingest
