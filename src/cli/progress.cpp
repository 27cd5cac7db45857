#include "cli/progress.hpp"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include <fmt/format.h>

namespace lostmail::cli {
namespace {

constexpr std::chrono::milliseconds kFirst{1000}, kThen{100};

}  // namespace

Progress::Progress(const Globals& globals, const char* verb)
    : verb_(verb),
      wanted_(!globals.quiet && ::isatty(STDERR_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1),
      next_(Clock::now() + kFirst) {}

Progress::~Progress() { erase(); }

void Progress::tell(std::uint64_t done, std::uint64_t total) {
  if (!wanted_ || total == 0) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + kThen;
  shown_ = true;
  fmt::print(stderr, "\r  {} {:>3} % of {} MB ", verb_, std::min(done, total) * 100 / total,
             total / 1'000'000);
  std::fflush(stderr);
}

void Progress::erase() {
  const std::lock_guard lock(mutex_);
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace lostmail::cli
