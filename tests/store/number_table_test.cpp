#include "store/number_table.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace lostmail::store {
namespace {

/// Their low bits, which choose the slot, are often the same.
std::uint64_t hash_of(std::uint64_t i) { return (i * 0x9e3779b97f4a7c15U | 1U) & ~0xf0U; }

TEST(NumberTableTest, KeepsWhatAMapKeeps) {
  NumberTable table;
  std::map<std::uint64_t, std::uint32_t> expected;
  EXPECT_EQ(table.find(3), nullptr);
  table.erase(3);
  std::mt19937_64 random(1);
  for (std::uint32_t n = 1; n <= 60'000; ++n) {
    const std::uint64_t hash = hash_of(random() % 20'000);  // some again
    if (n % 5 == 0) {
      table.erase(hash);
      expected.erase(hash);
    } else {
      table.put(hash, n);
      expected[hash] = n;
    }
  }
  std::map<std::uint64_t, std::uint32_t> all;
  table.each([&](std::uint64_t hash, std::uint32_t n) { all[hash] = n; });
  EXPECT_EQ(all, expected);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t hash = hash_of(i);
    const auto there = expected.find(hash);
    const auto* found = table.find(hash);
    ASSERT_EQ(found != nullptr, there != expected.end()) << hash;
    if (found != nullptr) ASSERT_EQ(*found, there->second) << hash;
  }
  table.clear();
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.find(expected.begin()->first), nullptr);
}

}  // namespace
}  // namespace lostmail::store
