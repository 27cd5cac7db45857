#include "store/row_batch.hpp"

#include <string>

#include <gtest/gtest.h>

namespace lostmail::store {
namespace {

class RowBatchTest : public testing::Test {
 protected:
  RowBatchTest() : database_(Database::open(":memory:", SQLITE_OPEN_READWRITE).value()) {
    database_->execute("CREATE TABLE t(n INTEGER PRIMARY KEY, number, text)");
  }
  std::string text(const char* sql) {
    Statement query(*database_, sql);
    return query.step() ? query.text(0) : std::string();
  }
  std::unique_ptr<Database> database_;
};

constexpr const char* kInsert =
    "INSERT INTO t(n, number, text) SELECT c0, c1, c2 FROM row_batch(?)";

TEST_F(RowBatchTest, CellsComeAsTheyAre) {
  RowBatch batch(*database_, 3, kInsert);
  const std::string with_nul("a\0b", 3);
  batch.add(std::int64_t{7}).add(std::int64_t{-9223372036854775807}).add(with_nul);
  batch.add(std::int64_t{8}).add_null().add("");
  batch.flush();
  ASSERT_TRUE(database_->take_error());
  EXPECT_EQ(text("SELECT group_concat(n || ' ' || typeof(number) || ' ' || typeof(text) || ' ' ||"
                 " length(CAST(text AS BLOB)), ', ') FROM t"),
            "7 integer text 3, 8 null text 0");
  EXPECT_EQ(text("SELECT number FROM t WHERE n = 7"), "-9223372036854775807");
}

TEST_F(RowBatchTest, MoreThanOneStatementHoldsComeInOrder) {
  RowBatch batch(*database_, 3, kInsert);
  constexpr std::int64_t kMany = 10'000;
  for (std::int64_t n = 1; n <= kMany; ++n) batch.add(n).add(n * n).add(std::to_string(n));
  EXPECT_EQ(database_->integer("SELECT count(*) FROM t WHERE number = n * n AND text = n"), kMany);
}

/// Whether SQLite numbers them or not.
TEST_F(RowBatchTest, RowsKeepTheirNumbers) {
  RowBatch batch(*database_, "t", {"n", "number", "text"});
  const auto put = [&](const std::vector<std::int64_t>& numbers) {
    for (const auto n : numbers) batch.add(n).add(n * 10).add_null();
    batch.flush();
    ASSERT_TRUE(database_->take_error());
  };
  put({1, 2, 3});         // follow on the empty table
  put({4, 5});            // and on that
  put({8, 9});            // one is left out before them
  put({10, 12});          // and between them
  put({13, 15, 14, 16});  // out of order
  database_->execute("DELETE FROM t WHERE n > 9");
  put({17, 18});  // the last of the table are gone
  put({11, 10});  // back
  EXPECT_EQ(
      text("SELECT group_concat(n, ' ') FROM (SELECT n FROM t WHERE number = n * 10 ORDER BY n)"),
      "1 2 3 4 5 8 9 10 11 17 18");
}

TEST_F(RowBatchTest, CachedStatementsSeeWhatIsHeld) {
  RowBatch batch(*database_, 3, kInsert);
  batch.add(std::int64_t{1}).add_null().add_null();
  Statement& count = database_->cached("SELECT count(*) FROM t");
  ASSERT_TRUE(count.step());
  EXPECT_EQ(count.integer(0), 1);
}

TEST_F(RowBatchTest, WhatIsForgottenIsNotWritten) {
  RowBatch batch(*database_, 3, kInsert);
  batch.add(std::int64_t{1}).add_null().add_null();
  database_->clear_held();
  EXPECT_EQ(database_->integer("SELECT count(*) FROM t"), 0);
}

TEST_F(RowBatchTest, ARefusedRowIsAnError) {
  RowBatch batch(*database_, 3, kInsert);
  for (int twice = 0; twice < 2; ++twice) batch.add(std::int64_t{1}).add_null().add_null();
  batch.flush();
  EXPECT_FALSE(database_->take_error());
}

}  // namespace
}  // namespace lostmail::store
