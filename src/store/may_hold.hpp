#pragma once

#include <cstdint>
#include <vector>

#include "store/mixed.hpp"

namespace lostmail::store {

/// A Bloom filter of 64-bit hashes, also of those that have many bits in common, as the pairs of
/// one recipient have; in memory, of one size from the first on, however many there are. With 16
/// bits a hash it takes one in two hundred that it does not hold for one, with 8 one in thirty.
class MayHold {
 public:
  /// Takes 2^power bytes; `power` from 4 to 32.
  explicit MayHold(unsigned power) : power_(power) {}

  void add(std::uint64_t hash) {
    if (words_.empty()) words_.resize(std::size_t{1} << (power_ - 3));
    hash = mixed(hash);
    words_[word_of(hash)] |= bits_of(hash);
  }
  [[nodiscard]] bool may_hold(std::uint64_t hash) const {
    if (words_.empty()) return false;
    hash = mixed(hash);
    const std::uint64_t bits = bits_of(hash);
    return (words_[word_of(hash)] & bits) == bits;
  }
  void clear() {
    words_.clear();
    words_.shrink_to_fit();
  }

 private:
  // All bits of one hash lie in one word: a look costs one read of memory.
  [[nodiscard]] std::size_t word_of(std::uint64_t hash) const { return hash >> (67U - power_); }
  static std::uint64_t bits_of(std::uint64_t hash) {
    const auto bit = [&](unsigned shift) { return std::uint64_t{1} << ((hash >> shift) & 63U); };
    return bit(0) | bit(6) | bit(12) | bit(18);
  }

  unsigned power_;
  std::vector<std::uint64_t> words_;
};

}  // namespace lostmail::store
