#include "search/log_set.hpp"

#include <tuple>

namespace lostmail::search {
LogSet::LogSet(const std::vector<input::LogList::Item>& items, const Settings& settings)
    : room_(settings.kept), usable_(items.size(), 0), picks_(items.size()) {
  for (const auto& item : items) logs_.push_back(std::make_unique<LogFile>(item, settings, room_));
  parallel(settings.threads, logs_.size(),
           [&](std::size_t i) { usable_[i] = logs_[i]->look() ? 1 : 0; });
}

std::vector<std::size_t> LogSet::in_order() const {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    if (usable(i)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](auto left, auto right) {
    return std::pair(logs_[left]->begins(), logs_[left]->rank()) <
           std::pair(logs_[right]->begins(), logs_[right]->rank());
  });
  return order;
}

}  // namespace lostmail::search
