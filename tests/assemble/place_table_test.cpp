#include "assemble/place_table.hpp"

#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace lostmail::assemble {
namespace {

/// Keys of which many have one home, and some the same upper half.
std::uint64_t key_of(std::uint64_t i) {
  const std::uint64_t home = i % 7 == 0 ? 0xffff'fff0U : i * 0x9e37'79b9U;
  return (home + i % 3) << 32U | i;
}

TEST(PlaceTableTest, FindsWhatAMapFinds) {
  for (const std::uint64_t keys : {200U, 5000U}) {
    PlaceTable table;
    std::map<std::uint64_t, std::uint32_t> expected;
    std::vector<std::uint64_t> at_place;  // the key that lies at each place
    const auto find = [&](std::uint64_t key) {
      return table.find(key, [&](std::uint32_t place) { return at_place[place] == key; });
    };
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
      const std::uint64_t key = key_of(random() % keys);
      const auto there = expected.find(key);
      ASSERT_EQ(find(key), there == expected.end() ? PlaceTable::kNone : there->second) << i;
      if (there == expected.end()) {
        expected[key] = static_cast<std::uint32_t>(at_place.size());
        table.put(key, expected[key]);
        at_place.push_back(key);
      } else {
        table.erase(key, there->second);
        expected.erase(there);
      }
    }
    for (std::uint64_t i = 0; i < keys; ++i) {
      const auto there = expected.find(key_of(i));
      ASSERT_EQ(find(key_of(i)), there == expected.end() ? PlaceTable::kNone : there->second);
    }
    table.clear();
    EXPECT_EQ(find(expected.begin()->first), PlaceTable::kNone);
  }
}

}  // namespace
}  // namespace lostmail::assemble
