#include "lostmail/ingest/gaps.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "lostmail/input/log_list.hpp"

namespace lostmail::ingest {
namespace {

using Span = std::pair<std::int64_t, std::int64_t>;  ///< first and last record of a log, UTC s

/// A rejectlog is silent when nothing is refused. Of what came on standard input nobody knows the
/// pieces.
bool tells_of_deliveries(const store::LogState& log) {
  const auto role = input::role_of(log.path);
  return log.path != "-" && log.last &&
         (role == input::LogRole::mainlog || role == input::LogRole::syslog);
}

std::vector<Gap> between(std::vector<Span> spans, const std::string& log) {
  std::sort(spans.begin(), spans.end());
  std::vector<Gap> gaps;
  for (std::size_t i = 1; i < spans.size(); ++i) {
    spans[i].second = std::max(spans[i].second, spans[i - 1].second);
    const std::int64_t last = spans[i - 1].second;
    if (spans[i].first > last + kQuietSeconds) gaps.push_back({log, last, spans[i].first});
  }
  return gaps;
}

bool within(const Gap& gap, const std::vector<Gap>& others) {
  return std::any_of(others.begin(), others.end(), [&](const Gap& other) {
    return gap.from >= other.from && gap.until <= other.until;
  });
}

}  // namespace

std::vector<Gap> gaps_of(const std::vector<store::LogState>& logs) {
  std::vector<Span> all;
  std::map<std::string, std::vector<Span>> rotated;
  std::vector<Gap> cuts;
  for (const auto& log : logs) {
    const std::string name = input::before_rotation(log.path).string();
    if (log.missing_until && log.last)
      cuts.push_back({name, *log.last, *log.missing_until, true, log.bytes_lost});
    if (!tells_of_deliveries(log)) continue;
    const Span span{log.first.value_or(*log.last), *log.last};
    all.push_back(span);
    rotated[name].push_back(span);
  }
  auto gaps = between(std::move(all), "");
  const auto of_all = gaps;
  for (auto& [name, spans] : rotated) {
    for (auto& gap : between(std::move(spans), name)) {
      if (!within(gap, of_all)) gaps.push_back(std::move(gap));
    }
  }
  std::erase_if(gaps, [&](const Gap& gap) { return within(gap, cuts); });
  gaps.insert(gaps.end(), cuts.begin(), cuts.end());
  std::stable_sort(gaps.begin(), gaps.end(),
                   [](const Gap& a, const Gap& b) { return a.from < b.from; });
  return gaps;
}

}  // namespace lostmail::ingest
