#pragma once

#include <cstddef>
#include <cstdint>

namespace lostmail::store {

/// Every bit of the number has a say in every bit of the result (the end of splitmix64): tables and
/// filters here use some of them, and numbers of the store are small and near each other.
[[nodiscard]] inline std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ number >> 30U) * 0xbf58476d1ce4e5b9U;
  number = (number ^ number >> 27U) * 0x94d049bb133111ebU;
  return number ^ number >> 31U;
}

/// Two numbers of the store as one: of each there are less than 2^32.
[[nodiscard]] inline std::uint64_t both(std::uint64_t high, std::int64_t low) {
  return high << 32U ^ static_cast<std::uint64_t>(low);
}

struct MixedHash {
  std::size_t operator()(std::uint64_t key) const { return mixed(key); }
};

}  // namespace lostmail::store
