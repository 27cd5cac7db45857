#include "store/number_index.hpp"

#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace lostmail::store {
namespace {

constexpr std::int64_t kMostKey = 0xffffffffff;  // of a peer: 40 bits

class NumberIndexTest : public testing::Test {
 protected:
  NumberIndexTest() : database_(Database::open(":memory:", SQLITE_OPEN_READWRITE).value()) {
    database_->execute("CREATE TABLE t(first_key INTEGER PRIMARY KEY, numbers BLOB NOT NULL)");
    index_ = std::make_unique<NumberIndex>(*database_, "t");
  }
  void add(std::int64_t key, std::int64_t number) {
    index_->add(key, number);
    expected_[key].insert(number);
  }
  void add_some(std::size_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < count; ++i) {
      // Some keys again, some beside each other.
      const auto any = static_cast<std::int64_t>(random() & kMostKey);
      add(random() % 4 == 0 ? any % 500 : any, ++last_);
    }
    index_->flush();
  }
  void expect_all() {
    ASSERT_TRUE(database_->take_error());
    for (const auto& [key, numbers] : expected_) {
      EXPECT_EQ(found(key, key), numbers) << key;
      EXPECT_EQ(index_->find(key).size(), numbers.size()) << key;
      if (!expected_.contains(key + 1)) EXPECT_TRUE(index_->find(key + 1).empty()) << key;
    }
    std::set<std::int64_t> all;
    for (const auto& [key, numbers] : expected_) all.insert(numbers.begin(), numbers.end());
    EXPECT_EQ(found(0, kMostKey), all);
  }
  std::set<std::int64_t> found(std::int64_t first, std::int64_t last) {
    const auto& numbers = index_->find(first, last);
    std::set<std::int64_t> once(numbers.begin(), numbers.end());
    EXPECT_EQ(once.size(), numbers.size());
    return once;
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<NumberIndex> index_;
  std::map<std::int64_t, std::set<std::int64_t>> expected_;
  std::int64_t last_ = 0;
};

TEST_F(NumberIndexTest, IsEmptyAtFirst) {
  EXPECT_TRUE(index_->find(0).empty());
  EXPECT_TRUE(index_->find(0, kMostKey).empty());
  index_->flush();
  EXPECT_TRUE(index_->find(kMostKey).empty());
}

TEST_F(NumberIndexTest, KeepsTheEndsOfItsRange) {
  add(0, 1);
  add(0, 1'000'000'000'000);
  add(kMostKey, 127);
  add(kMostKey, 128);
  index_->flush();
  expect_all();
}

TEST_F(NumberIndexTest, AddsWhatComesInSeveralTurns) {
  add_some(20'000, 1);
  expect_all();
  add_some(3, 2);  // into some blocks
  add_some(5000, 3);
  add_some(1, 4);
  expect_all();
}

/// One client that says another name each time.
TEST_F(NumberIndexTest, KeepsManyNumbersOfOneKeyTogether) {
  add_some(2000, 1);
  for (int turn = 0; turn < 3; ++turn) {
    for (int i = 0; i < 3000; ++i) add(77, ++last_);
    index_->flush();
  }
  add(77, ++last_);
  index_->flush();
  expect_all();
  EXPECT_EQ(found(77, 77).size(), expected_[77].size());
}

TEST_F(NumberIndexTest, ErasesNumbers) {
  add_some(8000, 1);
  const auto goes = [](std::int64_t number) { return number % 3 != 0; };
  index_->erase_if(goes);
  for (auto& [key, numbers] : expected_) std::erase_if(numbers, goes);
  std::erase_if(expected_, [](const auto& of) { return of.second.empty(); });
  expect_all();
  add_some(40, 2);
  expect_all();
  index_->erase_if([](std::int64_t) { return true; });
  EXPECT_TRUE(index_->find(0, kMostKey).empty());
}

TEST_F(NumberIndexTest, ForgetsWhatWasNotFlushed) {
  add_some(1000, 1);
  index_->add(5, 99'999);
  index_->forget();
  index_->flush();
  expect_all();
}

/// Six to seven bytes where SQLite's own index takes thirteen.
TEST_F(NumberIndexTest, IsSmall) {
  std::mt19937_64 random(1);
  constexpr std::int64_t kMany = 100'000;
  for (std::int64_t n = 1; n <= kMany; ++n)
    index_->add(static_cast<std::int64_t>(random() >> 32U), n);
  index_->flush();
  EXPECT_LT(database_->integer("SELECT sum(length(numbers)) FROM t"), 6 * kMany);
  const auto blocks = database_->integer("SELECT count(*) FROM t");
  EXPECT_LT(database_->integer("SELECT max(length(numbers)) FROM t"), 1345);  // six to a page
  EXPECT_GT(database_->integer("SELECT sum(length(numbers)) FROM t") / blocks, 1300);
}

}  // namespace
}  // namespace lostmail::store
