#pragma once

#include <deque>
#include <memory>
#include <optional>

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
  /// Opens it for reading and takes the first line. False: none.
  bool start();
  /// Takes the next line. False: the end.
  bool advance();
  /// Hands the line at hand on.
  void give(assemble::Assembler& assembler);

  [[nodiscard]] std::int64_t time() const { return when_.utc_micros; }
  [[nodiscard]] std::int64_t begins() const { return begins_; }
  [[nodiscard]] int rank() const { return view_.rank; }
  [[nodiscard]] std::uint64_t packed_size() const { return packed_size_; }
  [[nodiscard]] std::uint64_t packed_position() const {
    return reader_ ? reader_->packed_position() : 0;
  }
  /// Closes the reader and tells what became of the log.
  [[nodiscard]] LogOutcome finish();

 private:
  bool open();
  bool judge(std::string_view block);
  void learn_zone(std::string_view block);
  void remember_place();

  input::LogList::Item item_;
  const Settings& settings_;
  std::optional<input::LineReader> reader_;
  std::optional<assemble::LogClock> clock_;
  assemble::LogView view_;
  LogOutcome outcome_;
  Line line_;
  std::string journal_;  ///< what line_ shows where the log is journalctl's JSON
  Record record_;
  LogTime when_;
  std::deque<Rewind> places_;  ///< one for each minute of the last kContextSeconds
  std::uint64_t new_from_ = 0;
  std::int64_t begins_ = 0;
  std::uint64_t packed_size_ = 0;
  bool any_time_ = false;
  bool any_ours_ = false;
};

/// The stamp of a record: its own, else that of its syslog wrapper; nullopt where it continues the
/// line before.
[[nodiscard]] std::optional<LogStamp> stamp_of(const Record& record);

}  // namespace lostmail::ingest
