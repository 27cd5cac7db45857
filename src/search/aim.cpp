#include "search/aim.hpp"

#include <algorithm>

namespace lostmail::search {
namespace {

constexpr std::int64_t kNear = 3600;  ///< seconds: reading on is cheaper than seeking twice

}  // namespace

Aim Aim::callout(const AddressChoice& sender, std::int64_t since, std::int64_t until) {
  trace::Question question;
  question.from = *AddressChoice::parse("<>");
  question.to = sender;
  question.since = since;
  question.until = until;
  Aim aim(question, Kind::callout);
  aim.sender = sender.text();
  return aim;
}

Aim Aim::reason(const AddressChoice& sender, std::int64_t since, std::int64_t until) {
  trace::Question question;
  question.from = sender;
  question.since = since;
  question.until = until;
  Aim aim(question, Kind::reason);
  aim.sender = sender.text();
  return aim;
}

std::vector<Literal> Aim::literals() const {
  // `<>` stands in many lines, and in the ones looked for stands the address.
  return kind == Kind::callout ? std::vector{conditions.literals().back()} : conditions.literals();
}

bool Aim::met_by_id(std::uint32_t met) const {
  switch (kind) {
    case Kind::question:
      return met == conditions.all();
    case Kind::callout:
      return met != 0;  // of Sendmail's lines about an id only one names the sender
    case Kind::reason:
      return false;
  }
  return false;
}

std::vector<std::pair<std::int64_t, std::int64_t>> wanted_times(const std::vector<Aim>& aims) {
  std::vector<std::pair<std::int64_t, std::int64_t>> times, joined;
  for (const auto& aim : aims) times.emplace_back(aim.since, aim.until);
  std::sort(times.begin(), times.end());
  for (const auto& [since, until] : times) {
    if (!joined.empty() && since <= joined.back().second + kNear) {
      joined.back().second = std::max(joined.back().second, until);
    } else {
      joined.emplace_back(since, until);
    }
  }
  return joined;
}

}  // namespace lostmail::search
