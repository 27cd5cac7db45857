#pragma once

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace lostmail::search {

/// Does `action` for each number below `count`, on up to `threads` threads.
template <typename Action>
void parallel(unsigned threads, std::size_t count, Action&& action) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) action(i);
  };
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < std::min<std::size_t>(threads, count); ++i)
    helpers.emplace_back(work);
  work();
  for (auto& thread : helpers) thread.join();
}

}  // namespace lostmail::search
