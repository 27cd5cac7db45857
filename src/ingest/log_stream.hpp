#pragma once

#include <memory>
#include <optional>

#include "ingest/line_feed.hpp"
#include "lostmail/ingest/history.hpp"
#include "lostmail/input/line_reader.hpp"

namespace lostmail::ingest {

/// One log of a history: its reader, its clock and the line at hand.
class LogStream {
 public:
  LogStream(input::LogList::Item item, const Settings& settings);

  /// Opens the log, looks what it is and when it begins, and lets go of the file again (standard
  /// input stays open). False: it is not read; the outcome says why.
  bool look();
  /// Opens it for reading by the crew, which outlives it, and takes the first line. False: none.
  /// `deliveries`: whether they are asked for.
  bool start(Crew& crew, bool deliveries);
  /// Takes the next line. False: the end.
  bool advance();
  /// Hands the line at hand on.
  void give(assemble::Assembler& assembler);

  /// Tells that no more lines of it come.
  void end(assemble::Assembler& assembler) const;

  [[nodiscard]] std::int64_t time() const { return taken_->when.utc_micros; }
  [[nodiscard]] std::int64_t begins() const { return begins_; }
  [[nodiscard]] int rank() const { return view_.rank; }
  [[nodiscard]] std::uint64_t packed_size() const { return packed_size_; }
  [[nodiscard]] std::uint64_t packed_position() const {
    return feed_ ? feed_->packed_position() : 0;
  }
  /// Closes the reader and tells what became of the log.
  [[nodiscard]] LogOutcome finish();

 private:
  bool open();
  bool judge(std::string_view block);
  void learn_zone(std::string_view block);

  input::LogList::Item item_;
  const Settings& settings_;
  std::optional<input::LineReader> reader_;
  std::optional<assemble::LogClock> clock_;
  assemble::LogView view_;
  LogOutcome outcome_;
  std::unique_ptr<LineFeed> feed_;
  const LineFeed::Taken* taken_ = nullptr;  ///< the line at hand
  std::uint64_t new_from_ = 0;
  std::int64_t begins_ = 0;
  std::uint64_t packed_size_ = 0;
  bool any_time_ = false;
};

}  // namespace lostmail::ingest
