#include "store/number_table.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace lostmail::store {
namespace {

TEST(NumberTableTest, KeepsWhatAMapKeeps) {
  NumberTable table;
  std::map<std::uint64_t, std::uint32_t> expected;
  EXPECT_EQ(table.find(3), nullptr);
  table.erase(3);
  std::mt19937_64 random(1);
  for (std::uint32_t n = 1; n <= 60'000; ++n) {
    // Near each other in the table, and some again.
    const std::uint64_t hash = random() % 20'000 | (random() % 3) << 40U;
    if (n % 5 == 0) {
      table.erase(hash);
      expected.erase(hash);
    } else if (hash > 1) {  // both stand for 1
      table.put(hash, n);
      expected[hash] = n;
    }
  }
  std::map<std::uint64_t, std::uint32_t> all;
  table.each([&](std::uint64_t hash, std::uint32_t n) { all[hash] = n; });
  EXPECT_EQ(all, expected);
  for (std::uint64_t hash = 2; hash < 20'000; ++hash) {
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
