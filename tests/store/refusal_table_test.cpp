#include "store/refusal_table.hpp"

#include <iterator>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lostmail/store/store.hpp"
#include "store/store_folder.hpp"

namespace lostmail::store {
namespace {

constexpr std::int64_t kThen = 1'795'000'000;  // in November 2026

/// What both ways to read it print of each row, one after the other; 0 is nobody. Cause records are
/// not for people's SQL.
constexpr const char* kPrinted =
    "printf('%d %s %d %d %d %d %d %d %d %d %d %d %d %d %s %s', n, {}, time, coalesce(micros, 0),"
    " kind, coalesce(sender, 0), coalesce(recipient, 0), coalesce(client, 0), coalesce(text, 0),"
    " line, offset, coalesce(cause_text, 0), coalesce(remote, 0), coalesce(verified, 0),"
    " coalesce({}, '-'), coalesce(queue_id, '-'))";
const std::string kOfView = fmt::format(fmt::runtime(kPrinted), "id", "transaction_id");
const std::string kOfTable = fmt::format(fmt::runtime(kPrinted), "printf('%016x', id)",
                                         "CASE WHEN transaction_id IS NOT NULL THEN"
                                         " printf('%016x', transaction_id) END");

std::string printed(std::int64_t n, const RefusalNumbers& row) {
  const auto hex = [](std::int64_t number) {
    return fmt::format("{:016x}", static_cast<std::uint64_t>(number));
  };
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", n, hex(row.id), row.time,
                     row.micros, row.kind, row.sender, row.recipient, row.client, row.text,
                     row.line, row.offset, row.cause_text, row.remote, row.verified,
                     row.transaction == 0 ? "-" : hex(row.transaction),
                     row.queue_id.empty() ? "-" : row.queue_id);
}

class RefusalTableTest : public StoreFolder {
 protected:
  void SetUp() override {
    StoreFolder::SetUp();
    ASSERT_TRUE(Store::open_or_create(folder_ / "store.db"));
    database_ = std::move(*Database::open(folder_ / "store.db", SQLITE_OPEN_READWRITE));
    table_ = std::make_unique<RefusalTable>(*database_);
  }
  void TearDown() override {
    table_.reset();
    database_.reset();
    StoreFolder::TearDown();
  }

  void append(std::int64_t n, const RefusalNumbers& row) {
    table_->append(n, row);
    expected_[n] = row;
  }
  void put(std::int64_t n, const RefusalNumbers& row) {
    table_->put(n, row);
    expected_[n] = row;
  }
  void erase(std::int64_t n) {
    table_->erase(n);
    expected_.erase(n);
  }

  /// One of whatever size; most are small.
  std::int64_t number() {
    constexpr std::array<std::int64_t, 9> kSizes{
        127, 128, 16'129, 16'130, 2'048'383, 2'048'384, 9'999'999'999, 33'038'369'406, 3};
    const auto size = random_() % 40;
    return 1 + static_cast<std::int64_t>(
                   random_() % static_cast<std::uint64_t>(size < 9 ? kSizes[size] : 400'000));
  }
  std::int64_t maybe(unsigned in) { return random_() % in == 0 ? number() : 0; }
  RefusalNumbers any_row() {
    RefusalNumbers row;
    row.id = static_cast<std::int64_t>(random_());
    row.time = kThen + static_cast<std::int64_t>(random_() % 100);
    row.micros = random_() % 5 == 0 ? static_cast<std::int64_t>(random_() % 1'000'000) : 0;
    row.kind = 1 + static_cast<std::int64_t>(random_() % 200);
    row.sender = random_() % 9 == 0 ? 0 : number();
    row.recipient = random_() % 9 == 0 ? 0 : number();
    row.client = random_() % 9 == 0 ? 0 : number();
    row.text = number();
    row.line = number();
    row.offset = number();
    row.cause_text = maybe(4);
    row.cause_record = random_() % 4 == 0 ? static_cast<std::int64_t>(random_()) : 0;
    row.remote = maybe(3);
    row.verified = maybe(50);
    row.transaction = random_() % 30 == 0 ? static_cast<std::int64_t>(random_()) : 0;
    if (random_() % 3 == 0) row.queue_id = "1xCQTS-005LvM-" + std::to_string(random_() % 1'000'000);
    return row;
  }

  std::vector<std::string> lines(const std::string& sql) {
    std::vector<std::string> lines;
    Statement rows(*database_, sql);
    while (rows.step()) lines.push_back(rows.text(0));
    EXPECT_TRUE(database_->take_error()) << sql;
    return lines;
  }
  void expect_all() {
    std::vector<std::string> expected;
    for (const auto& [n, row] : expected_) expected.push_back(printed(n, row));
    EXPECT_EQ(lines("SELECT " + kOfTable + " FROM stored_refusal"), expected);
    table_->flush();
    EXPECT_EQ(lines("SELECT " + kOfView + " FROM refusal ORDER BY n"), expected);
    for (const auto& [n, row] : expected_) {
      const auto* there = table_->find(n);
      ASSERT_NE(there, nullptr) << n;
      EXPECT_EQ(printed(n, *there), printed(n, row));
      EXPECT_EQ(there->cause_record, row.cause_record);
    }
    std::vector<std::string> causes;
    for (const auto& [n, row] : expected_)
      causes.push_back(row.cause_record == 0 ? "" : std::to_string(row.cause_record));
    EXPECT_EQ(lines("SELECT cause_record FROM stored_refusal"), causes);
  }

  std::mt19937_64 random_{5};
  std::unique_ptr<Database> database_;
  std::unique_ptr<RefusalTable> table_;
  std::map<std::int64_t, RefusalNumbers> expected_;
};

TEST_F(RefusalTableTest, GivesBackWhatWasPutIn) {
  expect_all();
  EXPECT_EQ(table_->last_n(), 0);
  for (std::int64_t n = 1; n <= 700; ++n) {
    append(n, any_row());
    if (n % 233 == 0) expect_all();
    if (n != 400) continue;
    table_->flush();
    table_->forget();  // a further run begins
  }
  for (std::int64_t n = 900; n < 950; ++n) append(n, any_row());  // some numbers were lost
  expect_all();
  EXPECT_EQ(table_->last_n(), 949);
  EXPECT_EQ(table_->find(0), nullptr);
  EXPECT_EQ(table_->find(701), nullptr);
  EXPECT_EQ(table_->find(950), nullptr);
}

/// The whole range of each number, alone and beside another: widths, least numbers, signs.
TEST_F(RefusalTableTest, HoldsNumbersOfAnySize) {
  RefusalNumbers row;
  row.id = -1;
  row.kind = 1;
  append(1, row);
  row.time = kThen;
  row.micros = 999'999;
  row.sender = row.recipient = row.client = row.text = row.cause_text = row.remote = row.verified =
      33'038'369'406;  // the greatest of five digits
  row.offset = std::numeric_limits<std::int64_t>::max();
  row.cause_record = std::numeric_limits<std::int64_t>::min();
  row.transaction = -2;
  row.queue_id = std::string(126, 'a');
  append(2, row);
  row.offset = 0;
  row.time = -5;
  append(3, row);
  for (std::int64_t n = 4; n < 600; ++n) {
    row.line = 1LL << (n % 45);
    row.offset = n;
    append(n, row);
  }
  expect_all();
}

/// Marks are above what digits and queue ids have, and causes are any bytes.
TEST_F(RefusalTableTest, TellsRowsApartWhoseCausesLookLikeMarks) {
  for (std::int64_t n = 1; n <= 300; ++n) {
    RefusalNumbers row;
    row.kind = 1;
    if (n % 3 != 0)
      row.cause_record = static_cast<std::int64_t>(
          0x8081828384858687ULL + 0x0101010101010101ULL * static_cast<unsigned>(n % 90));
    append(n, row);
  }
  expect_all();
}

TEST_F(RefusalTableTest, ChangesRowsWhereverTheyStand) {
  for (std::int64_t n = 1; n <= 900; ++n) {
    RefusalNumbers row = any_row();
    row.recipient = row.cause_text = row.cause_record = row.remote = row.transaction = 0;
    row.queue_id.clear();
    append(n, row);
  }
  for (int i = 0; i < 3000; ++i) {
    const std::int64_t n = 1 + static_cast<std::int64_t>(random_() % 900);
    const auto* there = table_->find(n);
    ASSERT_EQ(there != nullptr, expected_.contains(n)) << n;
    if (there == nullptr) continue;
    if (random_() % 20 == 0) {
      erase(n);
    } else {
      RefusalNumbers row = any_row();  // most take more than they had
      row.id = there->id;
      put(n, row);
    }
    if (i % 100 == 0) append(901 + i / 100, any_row());
  }
  expect_all();
  table_->erase(5000);
  expect_all();
}

TEST_F(RefusalTableTest, WhatWasTwoBlocksMayNotBecomeOneBesideThem) {
  RefusalNumbers plain;
  plain.kind = 1;
  for (std::int64_t n = 1; n <= 300; ++n) append(n, plain);  // the first block has rows to 128
  table_->flush();
  table_->forget();
  for (const std::size_t length : {100U, 0U}) {
    for (std::int64_t n = 1; n <= 60; ++n) {
      RefusalNumbers row = *table_->find(n);
      row.queue_id = std::string(length, 'q');
      put(n, row);
      if (n % 20 == 0) table_->flush();
    }
  }
  expect_all();
}

TEST_F(RefusalTableTest, ErasesToTheSecond) {
  for (std::int64_t n = 1; n <= 100; ++n) {
    RefusalNumbers row;
    row.kind = 1;
    row.time = kThen + n;
    append(n, row);
  }
  for (std::int64_t time = kThen + 40; time < kThen + 60; ++time)
    EXPECT_EQ(table_->erase_before(time), time == kThen + 40 ? 39U : 1U);
  EXPECT_EQ(lines("SELECT min(n) FROM stored_refusal"), std::vector<std::string>{"59"});
}

TEST_F(RefusalTableTest, ErasesBeforeATime) {
  for (std::int64_t n = 1; n <= 1000; ++n) {
    RefusalNumbers row = any_row();
    row.time = n <= 500 ? kThen - 1000 : kThen + n;
    append(n, row);
  }
  EXPECT_EQ(table_->erase_before(kThen + 800), 799U);
  std::erase_if(expected_, [](const auto& of) { return of.second.time < kThen + 800; });
  expect_all();
  EXPECT_EQ(table_->erase_before(kThen + 800), 0U);
  EXPECT_EQ(table_->last_n(), 1000);
  EXPECT_EQ(table_->erase_before(kThen + 2000), 201U);
  expected_.clear();
  expect_all();
  EXPECT_EQ(database_->integer("SELECT count(*) FROM refusal_block"), 0);
}

TEST_F(RefusalTableTest, IsAskedForRanges) {
  for (std::int64_t n = 1; n <= 500; ++n) append(n, any_row());
  for (std::int64_t n = 90; n <= 300; ++n) erase(n);
  const auto in_range = [&](std::int64_t first, std::int64_t last) {
    std::vector<std::string> numbers;
    for (auto at = expected_.lower_bound(first); at != expected_.end() && at->first <= last; ++at)
      numbers.push_back(std::to_string(at->first));
    return numbers;
  };
  for (const auto& [first, last] : {std::pair{1, 1},
                                    {0, 3},
                                    {80, 95},
                                    {95, 280},
                                    {250, 320},
                                    {480, 500},
                                    {499, 9000},
                                    {501, 600},
                                    {30, 20},
                                    {-9, 0}}) {
    EXPECT_EQ(
        lines(fmt::format("SELECT n FROM stored_refusal WHERE n BETWEEN {} AND {}", first, last)),
        in_range(first, last))
        << first << ' ' << last;
    EXPECT_EQ(lines(fmt::format("SELECT n FROM stored_refusal WHERE n = {}", first)),
              in_range(first, first));
    EXPECT_EQ(lines(fmt::format("SELECT n FROM stored_refusal WHERE n >= {}", first)),
              in_range(first, 10'000));
    EXPECT_EQ(
        lines(fmt::format("SELECT n FROM stored_refusal WHERE n < {} AND n > {}", last, first)),
        in_range(first + 1, last - 1));
  }
}

TEST_F(RefusalTableTest, IsAskedWhatIsNoNumber) {
  for (std::int64_t n = 1; n <= 300; ++n) append(n, any_row());
  for (const char* condition :
       {"n >= NULL", "n = NULL", "n = 2.5", "n >= 299.5", "n <= 1.5", "n <= 'abc'", "n >= 'abc'",
        "n IN (3, 7, 200, 900)", "n = 5 OR n = 250", "n IS 9", "rowid = 8",
        "n BETWEEN 10 AND 20 AND rowid > 15", "n > 290"}) {
    std::vector<std::string> numbers;
    Statement plain(*database_,
                    std::string("WITH RECURSIVE every(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM"
                                " every WHERE n < 300) SELECT n FROM (SELECT n, n AS rowid FROM"
                                " every) WHERE ") +
                        condition);
    while (plain.step()) numbers.push_back(plain.text(0));
    EXPECT_EQ(lines(std::string("SELECT n FROM stored_refusal WHERE ") + condition), numbers)
        << condition;
  }
}

/// A number beyond five digits, which no dictionary gives: its row stays alone, and its neighbours
/// whole.
TEST_F(RefusalTableTest, KeepsANumberBeyondFiveDigitsApart) {
  RefusalNumbers row;
  row.kind = 1;
  append(1, row);
  RefusalNumbers wide = row;
  wide.sender = 1LL << 40;
  append(2, wide);
  append(3, row);
  append(4, row);
  table_->flush();
  EXPECT_EQ(table_->find(2)->sender, wide.sender);
  EXPECT_EQ(lines("SELECT first_n FROM refusal_block"), (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(RefusalTableTest, ARowThatIsSplitOffWhileItIsReadComesOnce) {
  for (std::int64_t n = 1; n <= 500; ++n) append(n, any_row());
  table_->flush();
  Statement all(*database_, "SELECT n FROM stored_refusal");
  for (std::int64_t n = 1; n <= 500; ++n) {
    ASSERT_TRUE(all.step());
    ASSERT_EQ(all.integer(0), n);
    if (n != 10) continue;
    for (std::int64_t longer = 1; longer <= 60; ++longer) {
      RefusalNumbers row = *table_->find(longer);
      row.queue_id = std::string(100, 'q');
      put(longer, row);
    }
    table_->flush();
  }
  EXPECT_FALSE(all.step());
  expect_all();
}

TEST_F(RefusalTableTest, WhatIsRolledBackIsGone) {
  for (std::int64_t n = 1; n <= 300; ++n) append(n, any_row());
  table_->flush();
  database_->execute("BEGIN");
  for (std::int64_t n = 250; n <= 300; ++n) table_->erase(n);
  for (std::int64_t n = 301; n <= 600; ++n) table_->append(n, any_row());
  table_->flush();
  table_->forget();
  database_->execute("ROLLBACK");
  expect_all();
  for (std::int64_t n = 301; n <= 320; ++n) append(n, any_row());
  expect_all();
}

TEST_F(RefusalTableTest, ATableThatCannotBeReadIsNoShorterOne) {
  for (std::int64_t n = 1; n <= 300; ++n) append(n, any_row());
  table_->flush();
  database_->execute("ALTER TABLE refusal_block RENAME TO elsewhere");
  Statement all(*database_, "SELECT count(*) FROM stored_refusal");
  EXPECT_FALSE(all.step());
  EXPECT_FALSE(database_->take_error());
}

/// Two blocks fill a page; one that is longer would take two of them.
TEST_F(RefusalTableTest, FillsPages) {
  for (std::int64_t n = 1; n <= 20'000; ++n) append(n, any_row());
  table_->flush();
  const auto of_pages = [&](const std::string& what) {
    return database_->integer("SELECT " + what + " FROM dbstat WHERE name = 'refusal_block'");
  };
  EXPECT_GT(of_pages("count(*)"), 50);
  EXPECT_EQ(of_pages("count(*) FILTER (WHERE pagetype = 'overflow')"), 0);
  EXPECT_LE(of_pages("sum(unused) * 100 / sum(pgsize)"), 5);
}

}  // namespace
}  // namespace lostmail::store
