#pragma once

#include <cstdint>
#include <vector>

#include "lostmail/core/record.hpp"
#include "lostmail/trace/trace.hpp"
#include "search/literal_set.hpp"

namespace lostmail::search {

/// The parts of a question that stand in lines. A message answers it only where each part stands in
/// one of its lines; which line is for trace to judge.
class Conditions {
 public:
  explicit Conditions(const trace::Question& question);

  [[nodiscard]] bool empty() const { return literals_.empty(); }
  /// Texts of which one stands in each line that meets a condition.
  [[nodiscard]] const std::vector<Literal>& literals() const { return literals_; }

  /// Which conditions a line may meet: bit i for the i-th.
  [[nodiscard]] std::uint32_t met_by(const Record& record, std::string_view line) const;
  [[nodiscard]] std::uint32_t all() const { return (std::uint32_t{1} << count_) - 1; }
  /// True where a refusal without a queue id may answer.
  [[nodiscard]] bool met_by(const Refusal& refusal, std::string_view line) const;

 private:
  void put(std::string_view text, bool any_case);
  void put_host(const HostChoice& host);

  trace::Question question_;
  std::vector<Literal> literals_;
  unsigned count_ = 0;
};

}  // namespace lostmail::search
