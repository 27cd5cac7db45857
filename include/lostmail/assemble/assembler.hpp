#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "lostmail/core/event.hpp"
#include "lostmail/core/line.hpp"
#include "lostmail/core/record.hpp"

namespace lostmail::assemble {

/// One log as the assembler sees it. Lives as long as the assembler takes lines from it.
struct LogView {
  std::shared_ptr<const std::string> name;  ///< for SourceRef
  int rank = 0;              ///< where a record stands in several logs, the smaller rank is named
  bool seen_before = false;  ///< the line at hand was taken by an earlier run: it counts no more
  LineCounts counts;         ///< of this log; written by the assembler
};

/// Joins the records of one history (several logs merged by time) into refusals, deliveries and
/// arrivals. The only state across lines, and that is bounded: kMaxOpen messages and kMaxHeld
/// refusals; what is given up on comes out as it is.
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
    bool deliveries = true;  ///< false: on_delivery is never called, and less is remembered
    std::unordered_set<std::string>
        wanted_senders;  ///< queue ids that an earlier run left without a sender
  };

  /// `sink` outlives the assembler.
  Assembler(Settings settings, EventSink& sink);
  ~Assembler();
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  /// The next line of the history. `when` is the record's time, or that of the record it continues.
  void take(LogView& log, const Line& line, const Record& record, const LogTime& when);

  /// The end of the history. What waits comes out, but for what lines written after `now` (UTC
  /// seconds) may still join; absent: nothing follows.
  void finish(std::optional<std::int64_t> now = std::nullopt);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lostmail::assemble
