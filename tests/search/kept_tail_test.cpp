#include "search/kept_tail.hpp"

#include <gtest/gtest.h>

namespace lostmail::search {
namespace {

/// Ten blocks of four bytes, `00.\n` to `09.\n`.
void add_ten(KeptTail& tail) {
  for (std::uint64_t i = 0; i < 10; ++i) tail.add("0" + std::to_string(i) + ".\n", i * 4);
}

TEST(KeptTail, KeepsAllWhereThereIsRoom) {
  Room room{40};
  {
    KeptTail tail(&room);
    add_ten(tail);
    EXPECT_EQ(tail.begin(), 0U);
    EXPECT_EQ(tail.end(), 40U);
    EXPECT_EQ(room, 0);
  }
  EXPECT_EQ(room, 40);
}

TEST(KeptTail, KeepsTheNewestFromABlockOn) {
  Room room{16};
  {
    KeptTail tail(&room);
    tail.expect(1'000'000);
    add_ten(tail);
    EXPECT_EQ(tail.end(), 40U);
    EXPECT_GE(tail.text().size(), 8U);
    EXPECT_LE(tail.text().size(), 16U);
    EXPECT_EQ(tail.begin() % 4, 0U);
    EXPECT_EQ(tail.text().substr(0, 2), "0" + std::to_string(tail.begin() / 4));
    EXPECT_TRUE(tail.text().ends_with("08.\n09.\n"));
    EXPECT_EQ(room, 16 - static_cast<std::int64_t>(tail.text().size()));
  }
  EXPECT_EQ(room, 16);
}

TEST(KeptTail, WithoutRoomOfItsOwnTheLastBlockStays) {
  Room room{0};
  KeptTail tail(&room);
  add_ten(tail);
  EXPECT_EQ(tail.text(), "09.\n");
  EXPECT_EQ(tail.begin(), 36U);
}

TEST(KeptTail, KeepsAllWithoutALimit) {
  KeptTail tail(nullptr);
  add_ten(tail);
  EXPECT_EQ(tail.text().size(), 40U);
}

}  // namespace
}  // namespace lostmail::search
