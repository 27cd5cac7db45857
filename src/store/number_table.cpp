#include "store/number_table.hpp"

#include <algorithm>
#include <utility>

namespace lostmail::store {

void NumberTable::put(std::uint64_t hash, std::uint32_t number) {
  if (size_ * 5 >= hashes_.size() * 4) grow();
  const std::size_t slot = slot_of(hash);
  size_ += hashes_[slot] == 0 ? 1 : 0;
  hashes_[slot] = marked(hash);
  numbers_[slot] = number;
}

void NumberTable::erase(std::uint64_t hash) {
  if (hashes_.empty()) return;
  if (const std::size_t slot = slot_of(hash); hashes_[slot] != 0) numbers_[slot] = 0;
}

void NumberTable::clear() {
  std::fill(hashes_.begin(), hashes_.end(), 0);
  size_ = 0;
}

void NumberTable::grow() {
  constexpr std::size_t kFirst = 4096;
  const auto hashes = std::move(hashes_);
  const auto numbers = std::move(numbers_);
  hashes_.assign(hashes.empty() ? kFirst : hashes.size() * 2, 0);
  numbers_.assign(hashes_.size(), 0);
  size_ = 0;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (hashes[i] == 0 || numbers[i] == 0) continue;
    const std::size_t slot = slot_of(hashes[i]);
    hashes_[slot] = hashes[i];
    numbers_[slot] = numbers[i];
    ++size_;
  }
}

}  // namespace lostmail::store
