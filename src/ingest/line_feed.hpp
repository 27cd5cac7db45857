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

namespace lostmail::ingest {

/// Reads, parses and dates the lines of one log, a block at a time: a stage of the crew, so that
/// inflating and parsing go on while the caller joins the block before.
class LineFeed final : private Crew::Stage {
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
  };

  /// The crew outlives it.
  LineFeed(input::LineReader reader, assemble::LogClock clock, const Start& start, Crew& crew);
  ~LineFeed() override;
  LineFeed(const LineFeed&) = delete;
  LineFeed& operator=(const LineFeed&) = delete;

  /// The next line, nullptr at the end. Good until the next call.
  [[nodiscard]] const Taken* next();
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
  static constexpr std::size_t kBatches = 5;  ///< one being filled, one at hand, the others wait

  [[nodiscard]] double due() const override;
  void work(std::unique_lock<std::mutex>& lock) override;
  void fill(Batch& batch);
  bool put(const Line& line, Batch& batch);
  void remember_place(const Line& line);
  void leave();

  input::LineReader reader_;
  assemble::LogClock clock_;
  LogTime when_;
  bool whole_lines_only_;
  Told told_;

  std::vector<std::unique_ptr<Batch>> batches_;
  Batch* at_hand_ = nullptr;
  std::size_t next_in_batch_ = 0;

  Crew& crew_;
  bool joined_ = true;
  std::vector<Batch*> empty_;  ///< the crew's mutex holds this and the next two
  std::deque<Batch*> full_;
  bool read_ = false;  ///< the last batch is filled
};

}  // namespace lostmail::ingest
