#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lostmail/core/event.hpp"
#include "lostmail/core/line.hpp"
#include "lostmail/core/record.hpp"

namespace lostmail::assemble {

/// One log as the assembler sees it. Lives as long as the assembler takes lines from it.
struct LogView {
  std::shared_ptr<const std::string> name;  ///< for SourceRef
  std::int64_t number = 0;                  ///< tells it from other logs, of earlier runs, too
  int rank = 0;              ///< where a record stands in several logs, the smaller rank is named
  bool seen_before = false;  ///< the line at hand was taken by an earlier run: it counts no more
  LineCounts counts;         ///< of this log; written by the assembler
};

/// Joins the records of one history (several logs merged by time) into refusals, deliveries and
/// arrivals. The only state across lines, and that is bounded: kMaxOpen messages, those beyond are
/// handed to the sink, and kMaxHeld refusals; what is given up on comes out as it is.
///
/// Exim: the cause line with the refusals that follow it in its session, copies of a record in
/// other logs and in syslog with the record, a rejectlog's header block with its refusal, `**` and
/// `==` with the sender of `<=`. Sendmail: refusals with the `from=` line of their queue id,
/// `Milter: data` with its `to=` lines, split lines.
class Assembler {
 public:
  static constexpr std::size_t kMaxOpen = 200'000;
  static constexpr std::size_t kMaxHeld = 20'000;

  struct Settings {
    std::optional<std::string> host;  ///< --host: named in every event, and part of each id
    bool deliveries = true;  ///< false: on_delivery and on_open are never called, and less is kept
    /// Of a message that came before this history, what was told to on_open(). Absent: nothing.
    std::function<std::optional<Arrival>(std::uint64_t message)> recall = {};
    /// True where something waits for the sender of that message. Absent: nothing does.
    std::function<bool(std::uint64_t message)> is_wanted = {};
  };

  /// `sink` outlives the assembler.
  Assembler(Settings settings, EventSink& sink);
  ~Assembler();
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  [[nodiscard]] bool takes_deliveries() const;

  /// A line that is soon to be taken: what will be looked at for it is fetched from memory.
  void expect(const Record& record);
  /// The next line of the history. `when` is the record's time, or that of the record it continues.
  void take(LogView& log, const Line& line, const Record& record, const LogTime& when);

  /// The end of one log, at the time of its last line: what still waits there for lines that belong
  /// to it is provisional, unless another log of the history brings them.
  void end_of(const LogView& log);

  /// The end of the history. What waits comes out, but for what lines written after `now` (UTC
  /// seconds) may still join; absent: nothing follows.
  void finish(std::optional<std::int64_t> now = std::nullopt);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lostmail::assemble
