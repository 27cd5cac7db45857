#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "cli/common.hpp"

namespace lostmail::cli {

/// Tells how far reading is, on a terminal alone, once it takes longer than a second; erased at the
/// end. Rooms below feed it with bytes, from any thread.
class Progress {
 public:
  /// `verb`: `read`, `searched`. Says nothing where standard output or error is no terminal, or
  /// with -q.
  Progress(const Globals& globals, const char* verb);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Bytes done so far, of how many.
  void tell(std::uint64_t done, std::uint64_t total);
  /// Takes what was told off the terminal, for what is printed next.
  void erase();

 private:
  using Clock = std::chrono::steady_clock;

  const char* verb_;
  bool wanted_;
  bool shown_ = false;
  Clock::time_point next_;  ///< when it is told again
  std::mutex mutex_;
};

}  // namespace lostmail::cli
