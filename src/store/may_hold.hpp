#pragma once

#include <cstdint>
#include <vector>

namespace lostmail::store {

/// A Bloom filter of 64-bit hashes, 4 MiB from the first one on, however many there are. Of those
/// that it does not hold it takes one in two hundred for one when it holds two million, one in
/// twenty at five, one in four at ten.
class MayHold {
 public:
  void add(std::uint64_t hash) {
    if (words_.empty()) words_.resize(kWords);
    words_[word_of(hash)] |= bits_of(hash);
  }
  [[nodiscard]] bool may_hold(std::uint64_t hash) const {
    if (words_.empty()) return false;
    const std::uint64_t bits = bits_of(hash);
    return (words_[word_of(hash)] & bits) == bits;
  }
  void clear() {
    words_.clear();
    words_.shrink_to_fit();
  }

 private:
  // All bits of one hash lie in one word: a look costs one read of memory.
  static constexpr std::size_t kWords = std::size_t{1} << 19U;
  static std::size_t word_of(std::uint64_t hash) { return hash >> 45U; }
  static std::uint64_t bits_of(std::uint64_t hash) {
    const auto bit = [&](unsigned shift) { return std::uint64_t{1} << ((hash >> shift) & 63U); };
    return bit(0) | bit(6) | bit(12) | bit(18);
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace lostmail::store
