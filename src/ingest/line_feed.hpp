#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ingest/crew.hpp"
#include "lostmail/assemble/log_clock.hpp"
#include "lostmail/core/record.hpp"
#include "lostmail/ingest/history.hpp"
#include "lostmail/input/line_reader.hpp"
#include "lostmail/parse/parse_line.hpp"

namespace lostmail::ingest {

/// Reads the lines of one log, parses and dates them, a block at a time: two stages of the crew, so
/// that one block is inflated and one parsed while the caller joins the one before.
class LineFeed {
 public:
  struct Taken {
    Line line;
    Record record;  ///< of line.text
    LogTime when;   ///< of the record, or of the record that it continues
  };

  /// What the log told on the way; complete once next() has come to the end.
  struct Told {
    std::uint64_t offset = 0;  ///< behind the last line that was taken, decompressed
    std::uint64_t line = 0;    ///< number of that line
    std::uint64_t shortened = 0;
    std::optional<std::int64_t> first, last;  ///< UTC seconds
    std::deque<Rewind> places;                ///< one for each minute of the last kContextSeconds
    std::string tail;                         ///< as in LogOutcome
    bool year_inferred = false;
    bool any_of_mta = false;
    std::optional<Error> problem;
  };

  struct Start {
    std::uint64_t offset = 0, line = 0;  ///< where the reader stands
    LogTime when;                        ///< of lines before the first stamp
    bool whole_lines_only = false;       ///< half a last line of a plain log waits for the next run
    bool deliveries = true;              ///< false: nobody asks for them
  };

  /// The crew outlives it.
  LineFeed(input::LineReader reader, assemble::LogClock clock, const Start& start, Crew& crew);
  ~LineFeed();
  LineFeed(const LineFeed&) = delete;
  LineFeed& operator=(const LineFeed&) = delete;

  /// The next line, nullptr at the end. Good until the next call.
  [[nodiscard]] const Taken* next();
  /// A line that next() will give in a few calls, nullptr where that is not known yet.
  [[nodiscard]] const Taken* ahead() const {
    constexpr std::size_t kAhead = 4;
    const std::size_t at = next_in_batch_ + kAhead;
    return at_hand_ != nullptr && at < at_hand_->size ? &at_hand_->lines[at] : nullptr;
  }
  /// Once no further line is asked for.
  [[nodiscard]] Told& told();
  /// Packed bytes of the log behind the block at hand.
  [[nodiscard]] std::uint64_t packed_position() const { return at_hand_->packed_position; }

 private:
  /// Lines with all that their views point into.
  struct Batch {
    std::vector<char> block;
    std::deque<std::string> texts;  ///< lines that do not stand in the block as they are
    std::vector<Taken> lines;
    std::size_t size = 0;  ///< of `lines` in use: records are large, and are written over
    std::uint64_t packed_position = 0;
    bool last = false;
  };
  static constexpr std::size_t kBatches = 6;  ///< one in each stage, one at hand, the others wait
  using Queue = std::deque<Batch*>;

  /// Takes batches from one queue, works on them, and puts them into the next.
  struct Stage final : Crew::Stage {
    using Work = void (LineFeed::*)(Batch&);
    Stage(LineFeed& of, Work what, Queue& in, Queue& out)
        : feed(of), does(what), from(in), to(out) {}
    [[nodiscard]] double due() const override;
    void work(std::unique_lock<std::mutex>& lock) override;

    LineFeed& feed;
    Work does;
    Queue &from, &to;
    bool done = false;  ///< the last batch went through it
  };

  void read(Batch& batch);
  void take(const Line& line, Batch& batch);
  void parse(Batch& batch);
  void note_time(const Line& line);
  void leave();

  input::LineReader reader_;
  assemble::LogClock clock_;
  LogTime when_;
  bool whole_lines_only_;
  parse::LineParser parser_;
  Told told_;

  std::vector<std::unique_ptr<Batch>> batches_;
  Batch* at_hand_ = nullptr;
  std::size_t next_in_batch_ = 0;

  Crew& crew_;
  bool joined_ = true;
  Queue empty_, read_, parsed_;  ///< the crew's mutex holds these and the stages
  Stage reading_{*this, &LineFeed::read, empty_, read_};
  Stage parsing_{*this, &LineFeed::parse, read_, parsed_};
};

}  // namespace lostmail::ingest
