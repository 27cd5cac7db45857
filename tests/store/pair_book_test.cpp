#include "store/pair_book.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "lostmail/store/store.hpp"
#include "store/refusal_table.hpp"
#include "store/store_folder.hpp"

namespace lostmail::store {
namespace {

constexpr std::int64_t kThen = 1'795'000'000;  // in November 2026
constexpr std::int64_t kMostPair = std::numeric_limits<std::int64_t>::max();

class PairBookTest : public StoreFolder {
 protected:
  void SetUp() override {
    StoreFolder::SetUp();
    ASSERT_TRUE(Store::open_or_create(folder_ / "store.db"));
    database_ = std::move(*Database::open(folder_ / "store.db", SQLITE_OPEN_READWRITE));
    book_ = std::make_unique<PairBook>(*database_);
  }
  void TearDown() override {
    book_.reset();
    database_.reset();
    StoreFolder::TearDown();
  }

  /// Adds it to the book and to `expected_`, which keeps it in the plainest way.
  void add(const std::map<std::int64_t, Corresponded>& mail) {
    std::vector<Corresponded> sorted;
    for (const auto& [pair, of] : mail) {
      sorted.push_back(of);
      const auto [there, fresh] = expected_.emplace(pair, of);
      if (fresh) continue;
      there->second.first = std::min(there->second.first, of.first);
      there->second.last = std::max(there->second.last, of.last);
    }
    book_->add(sorted);
  }
  void add_some(std::size_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    std::map<std::int64_t, Corresponded> mail;
    while (mail.size() < count) {
      // Some in many blocks, some again, some of one sender.
      const auto any = static_cast<std::int64_t>(random() >> 1U);
      const auto pair = random() % 3 == 0 ? any >> 40U : any;
      const auto time = kThen + static_cast<std::int64_t>(random() % 10'000'000);
      const auto later = random() % 4 == 0 ? static_cast<std::int64_t>(random() % 5000) : 0;
      mail[pair] = {pair, time, time + later};
    }
    add(mail);
  }
  void expect_all() {
    ASSERT_TRUE(database_->take_error());
    EXPECT_EQ(book_->size(), std::ssize(expected_));
    auto next = expected_.begin();
    book_->each([&](const Corresponded& of) {
      ASSERT_NE(next, expected_.end());
      EXPECT_EQ(of.pair, next->first);
      EXPECT_EQ(of.first, next->second.first);
      EXPECT_EQ(of.last, next->second.last);
      ++next;
    });
    EXPECT_EQ(next, expected_.end());
    for (const auto& [pair, of] : expected_) {
      const auto found = book_->find(pair);
      ASSERT_TRUE(found) << pair;
      EXPECT_EQ(found->first, of.first);
      EXPECT_EQ(found->last, of.last);
      if (!expected_.contains(pair ^ 1)) EXPECT_FALSE(book_->find(pair ^ 1)) << pair;
    }
  }
  std::int64_t blocks() { return database_->integer("SELECT count(*) FROM correspondence"); }

  std::unique_ptr<Database> database_;
  std::unique_ptr<PairBook> book_;
  std::map<std::int64_t, Corresponded> expected_;
};

TEST_F(PairBookTest, IsEmptyAtFirst) {
  EXPECT_EQ(book_->size(), 0);
  EXPECT_FALSE(book_->find(0));
  EXPECT_FALSE(book_->find(kMostPair));
}

TEST_F(PairBookTest, KeepsTheEndsOfItsRange) {
  add({{0, {0, 0, 9'999'999'999}}, {1, {1, kThen, kThen}}, {kMostPair, {kMostPair, 99, 100}}});
  expect_all();
  add({{0, {0, 5, 5}}, {kMostPair, {kMostPair, 100, 101}}});
  expect_all();
}

TEST_F(PairBookTest, AddsWhatComesInSeveralTurns) {
  add_some(5000, 1);
  expect_all();
  add_some(3000, 2);
  add_some(1, 3);
  add_some(40, 3);
  expect_all();
}

TEST_F(PairBookTest, KnowsAPairAgain) {
  add({{7, {7, kThen, kThen}}});
  add({{7, {7, kThen + 50, kThen + 60}}});
  add({{7, {7, kThen - 10, kThen - 10}}});
  const auto found = book_->find(7);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->first, kThen - 10);
  EXPECT_EQ(found->last, kThen + 60);
  EXPECT_EQ(book_->size(), 1);
}

/// Blocks that a few pairs went into are half empty; many at once fill all of them again.
TEST_F(PairBookTest, FillsItsBlocks) {
  add_some(10'000, 1);
  EXPECT_EQ(blocks(), (book_->size() + 92) / 93);
  for (unsigned seed = 2; seed <= 20; ++seed) add_some(90, seed);
  expect_all();
  EXPECT_GT(blocks(), (book_->size() + 92) / 93);
  add_some(1000, 21);
  expect_all();
  EXPECT_EQ(blocks(), (book_->size() + 92) / 93);
}

TEST_F(PairBookTest, ErasesWhatIsOld) {
  add_some(4000, 1);
  add({{12, {12, kThen, kThen}}});
  const auto goes = [](const Corresponded& of) { return of.last < kThen + 9'000'000; };
  book_->erase_if(goes);
  std::erase_if(expected_, [&](const auto& of) { return goes(of.second); });
  expect_all();
  add_some(2000, 2);
  expect_all();
  book_->erase_if([](const Corresponded&) { return true; });
  EXPECT_EQ(book_->size(), 0);
  expected_.clear();
  add_some(200, 4);
  expect_all();
}

/// The view `cases` reads blocks with SQL alone, and looks in the right block.
TEST_F(PairBookTest, IsReadByTheView) {
  std::mt19937_64 random(5);
  const auto hash = [&] { return static_cast<std::int32_t>(random()); };
  std::map<std::int64_t, Corresponded> mail;
  Statement address(*database_, "INSERT INTO address(id, hash, local) VALUES (?, ?, ?)");
  RefusalTable refusals(*database_);
  database_->execute(
      "INSERT INTO kind(id, mta, direction, permanent, variant, cause, flags, offset_minutes, log)"
      " VALUES (1, 0, 0, 1, 0, 0, 0, 0, 0)");
  std::map<std::string, std::int64_t> expected;
  for (std::int64_t i = 1; i <= 1500; ++i) {
    const std::int64_t from = hash(), to = i % 50 == 0 ? 0 : hash();
    const std::string local = "s" + std::to_string(i);
    address.bind(i * 2).bind(from).bind(local).run();
    address.bind(i * 2 + 1).bind(to).bind("r").run();
    RefusalNumbers refusal;
    refusal.id = i;
    refusal.time = 1000;
    refusal.kind = 1;
    refusal.sender = i * 2;
    refusal.recipient = i * 2 + 1;
    refusals.append(i, refusal);
    if (i % 3 == 0) continue;  // no mail
    const auto pair = PairBook::pair_of(from, to);
    const std::int64_t first = 2000 + static_cast<std::int64_t>(random() % 4'000'000'000);
    const std::int64_t last = i % 2 == 0 ? first : first + 86'399;
    mail[pair] = {pair, first, last};
    expected[local] = last;
  }
  add(mail);
  refusals.flush();
  const auto expect = [&](const std::string& local, const std::string& delivered) {
    const auto of = expected.find(local);
    EXPECT_EQ(delivered, of == expected.end() ? "" : std::to_string(of->second)) << local;
  };
  int cases = 0;
  Statement rows(*database_, "SELECT sender, strftime('%s', delivered), verdict FROM cases");
  for (; rows.step(); ++cases) {
    expect(rows.text(0), rows.text(1));
    EXPECT_EQ(rows.text(2) == "delivered_later", expected.contains(rows.text(0)));
  }
  declare_last_mail(*database_, *book_);
  Statement function(*database_, "SELECT s.local, " + last_mail_sql("s", "t") +
                                     " FROM address s JOIN address t ON t.id = s.id + 1"
                                     " WHERE s.local LIKE 's%'");
  while (function.step()) expect(function.text(0), function.text(1));
  EXPECT_EQ(cases, 1500);
}

}  // namespace
}  // namespace lostmail::store
