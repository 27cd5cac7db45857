#include "store/window_counter.hpp"

#include <algorithm>
#include <tuple>

namespace lostmail::store {

void count_case(const RefusalRow& row, const SortTable& sorts, Cases& into) {
  if (row.sender == 0 || row.recipient == 0 || row.sender == kNullSender) return;
  const Sort& sort = sorts[row.sort];
  CaseCount& found = into[{sort.direction, row.sender, row.recipient}];
  if (found.attempts++ == 0) found.first_micros = found.last_micros = row.micros;
  found.first_micros = std::min(found.first_micros, row.micros);
  if (row.micros >= found.last_micros) {
    found.last_micros = row.micros;
    found.sort = row.sort;
  }
  found.permanent += sort.permanent ? 1 : 0;
}

void NamedCount::take(const RefusalRow& row, const Sort& sort, bool new_counterpart) {
  ++refusals;
  counterparts += new_counterpart ? 1 : 0;
  auto found = std::find_if(variants.begin(), variants.end(),
                            [&](const auto& counted) { return counted.first == sort.variant; });
  if (found == variants.end()) found = variants.insert(found, {sort.variant, 0});
  ++found->second;
  if (row.micros >= last_micros) {
    last_micros = row.micros;
    cause = sort.cause;
  }
}

Top NamedCount::top(std::string name) const {
  const auto most =
      std::max_element(variants.begin(), variants.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second < b.second : a.first > b.first;
      });
  return {std::move(name), refusals, counterparts, most->first, cause};
}

std::vector<Slice> SliceCounter::slices(const SortTable& sorts) const {
  std::vector<std::pair<std::pair<std::int64_t, std::uint32_t>, std::uint64_t>> ordered(
      counts_.begin(), counts_.end());
  std::sort(ordered.begin(), ordered.end());
  std::vector<Slice> slices;
  slices.reserve(ordered.size());
  for (const auto& [key, refusals] : ordered) {
    Slice& slice = slices.emplace_back();
    sorts[key.second].set(slice);
    slice.start = key.first;
    slice.refusals = refusals;
  }
  return slices;
}

WindowCounter::WindowCounter(Database& database, const SortTable& sorts)
    : database_(database), sorts_(sorts), counts_(sorts.size()) {}

void WindowCounter::take(const RefusalRow& row) {
  Distinct& count = counts_[row.sort];
  ++count.refusals;
  if (row.sender != 0 && senders_.insert(both(row.sort, row.sender)).second) ++count.senders;
  if (row.recipient != 0 && recipients_.insert(both(row.sort, row.recipient)).second)
    ++count.recipients;
  slices.take(row);
  count_case(row, sorts_, cases);
  const Sort& sort = sorts_[row.sort];
  if (!sort.of_interest()) return;
  if (sort.direction == Direction::inbound && row.sender != 0) {
    held_.push_back(row);
    if (held_.size() >= kMostHeld) count_held();
  } else if (sort.direction == Direction::outbound && row.remote != 0) {
    const auto pair = both(static_cast<std::uint64_t>(row.remote), row.sender);
    servers[row.remote].take(row, sort, row.sender != 0 && server_senders_.insert(pair).second);
  }
}

void WindowCounter::finish() { count_held(); }

void WindowCounter::count_held() {
  std::vector<std::int64_t> unknown;
  for (const auto& row : held_) {
    if (domain_of_.try_emplace(row.sender, 0).second) unknown.push_back(row.sender);
  }
  std::sort(unknown.begin(), unknown.end());
  AscendingReader addresses(database_, "SELECT id, domain FROM address WHERE id >= ? ORDER BY id");
  for (const auto sender : unknown)
    if (addresses.seek(sender)) domain_of_[sender] = addresses.value(1);
  for (const auto& row : held_) {
    const std::int64_t domain = domain_of_[row.sender];
    if (domain == 0) continue;
    const auto pair = both(static_cast<std::uint64_t>(domain), row.recipient);
    domains[domain].take(row, sorts_[row.sort],
                         row.recipient != 0 && domain_recipients_.insert(pair).second);
  }
  held_.clear();
}

std::vector<Group> WindowCounter::groups() const {
  std::vector<Group> groups;
  for (std::uint32_t number = 0; number < sorts_.size(); ++number) {
    const Distinct& count = counts_[number];
    if (count.refusals == 0) continue;
    Group& group = groups.emplace_back();
    sorts_[number].set(group);
    group.refusals = count.refusals;
    group.senders = count.senders;
    group.recipients = count.recipients;
  }
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return std::tuple(a.direction, !a.permanent, b.refusals, a.variant, a.cause, a.family) <
           std::tuple(b.direction, !b.permanent, a.refusals, b.variant, b.cause, b.family);
  });
  return groups;
}

}  // namespace lostmail::store
