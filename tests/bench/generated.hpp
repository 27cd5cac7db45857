#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/assemble/assembler.hpp"
#include "lostmail/core/event.hpp"
#include "lostmail/core/record.hpp"

namespace lostmail::bench {

/// A generated log in memory, and what each room makes of it, for the inner loops: what comes
/// before a room is not timed with it.
class GeneratedLog {
 public:
  /// About 20,000 lines of seed 1.
  [[nodiscard]] static const GeneratedLog& of(Mta mta);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
  /// For each line; the time is that of its own stamp.
  [[nodiscard]] const std::vector<Record>& records() const { return records_; }
  [[nodiscard]] const std::vector<LogTime>& times() const { return times_; }
  [[nodiscard]] const std::vector<Refusal>& refusals() const { return refusals_; }
  [[nodiscard]] const std::vector<Delivery>& deliveries() const { return deliveries_; }

  /// All lines through an assembler of their own, into `sink`.
  void assemble(EventSink& sink) const;

 private:
  explicit GeneratedLog(Mta mta);
  GeneratedLog(const GeneratedLog&) = delete;
  GeneratedLog& operator=(const GeneratedLog&) = delete;
  void generate(Mta mta);
  void parse();

  std::string text_;
  std::vector<Line> lines_;
  std::vector<Record> records_;
  std::vector<LogTime> times_;
  std::vector<Refusal> refusals_;
  std::vector<Delivery> deliveries_;
};

}  // namespace lostmail::bench
