#include "lostmail/report/summary.hpp"

namespace lostmail::report {

std::uint64_t Summary::count(Direction direction, Verdict verdict) const {
  std::uint64_t sum = 0;
  for (const auto& group : groups) {
    if (group.direction != direction) continue;
    if (verdict == Verdict::lost) sum += group.lost;
    if (verdict == Verdict::delivered_later) sum += group.delivered_later;
    if (verdict == Verdict::retrying) sum += group.retrying;
  }
  return sum;
}

void count_cases(const std::vector<CaseRow>& cases, Summary& summary) {
  for (const auto& row : cases) {
    for (auto& group : summary.groups) {
      const bool permanent = row.permanent > 0;
      if (group.direction != row.direction || group.variant != row.variant ||
          group.cause != row.cause || group.permanent != permanent || group.family != row.family) {
        continue;
      }
      group.lost += row.verdict == Verdict::lost ? 1 : 0;
      group.delivered_later += row.verdict == Verdict::delivered_later ? 1 : 0;
      group.retrying += row.verdict == Verdict::retrying ? 1 : 0;
      break;
    }
  }
}

double understood_percent(const LineCounts& lines) {
  const std::uint64_t of_mta = lines.exim + lines.sendmail + lines.not_understood;
  if (of_mta == 0) return 100.0;
  return 100.0 * static_cast<double>(of_mta - lines.not_understood) / static_cast<double>(of_mta);
}

}  // namespace lostmail::report
