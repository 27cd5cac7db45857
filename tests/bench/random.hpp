#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>

namespace lostmail::bench {

/// Numbers of a fixed seed. The standard's distributions differ between libraries; these do not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  [[nodiscard]] std::uint64_t bits() { return engine_(); }
  /// 0 to `limit` - 1; limit > 0.
  [[nodiscard]] std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(((engine_() >> 32) * limit) >> 32);
  }
  [[nodiscard]] bool chance(std::uint32_t percent) { return below(100) < percent; }
  /// 0 to `limit` - 1, rank r about as often as 1 / (r + 1): few correspondents write most mail.
  [[nodiscard]] std::uint32_t zipf(std::uint32_t limit) {
    const double unit = static_cast<double>(engine_() >> 11) * 0x1.0p-53;
    const double rank = std::exp(unit * std::log(static_cast<double>(limit) + 1.0)) - 1.0;
    return std::min(static_cast<std::uint32_t>(rank), limit - 1);
  }
  /// One of `list`, each as often as its `weight` says.
  template <typename Weighted>
  [[nodiscard]] const Weighted& pick(std::span<const Weighted> list) {
    std::uint32_t total = 0;
    for (const Weighted& entry : list) total += entry.weight;
    std::uint32_t left = below(total);
    for (const Weighted& entry : list) {
      if (left < entry.weight) return entry;
      left -= entry.weight;
    }
    return list.back();
  }

 private:
  std::mt19937_64 engine_;  // its output is fixed by the standard
};

}  // namespace lostmail::bench
