#include "store/migration.hpp"

#include <array>
#include <filesystem>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace lostmail::store {
namespace {

namespace fs = std::filesystem;

constexpr std::array<Migration, 2> kSteps{{
    {1, "ALTER TABLE t ADD COLUMN b; UPDATE t SET b = a * 2"},
    {2, "CREATE TABLE u(x); INSERT INTO u SELECT b FROM t"},
}};
constexpr std::array<Migration, 2> kBroken{{{1, "ALTER TABLE t ADD COLUMN b"}, {2, "NONSENSE"}}};

class MigrationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "lostmail-migration-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ / "s.db";
    auto database = open(file_);
    database->execute("CREATE TABLE t(a); INSERT INTO t VALUES (21); PRAGMA user_version = 1");
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  static std::unique_ptr<Database> open(const fs::path& file) {
    return Database::open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).value();
  }
  fs::path folder_, file_;
};

TEST_F(MigrationTest, StepsAreTakenAndTheOldStoreIsKept) {
  auto database = open(file_);
  ASSERT_TRUE(migrate(*database, kSteps, 3));
  EXPECT_EQ(database->integer("SELECT x FROM u"), 42);
  EXPECT_EQ(database->integer("PRAGMA user_version"), 3);
  auto backup = open(file_.string() + ".v1.bak");
  EXPECT_EQ(backup->integer("PRAGMA user_version"), 1);
  EXPECT_EQ(backup->integer("SELECT a FROM t"), 21);
  EXPECT_TRUE(migrate(*database, kSteps, 3)) << "again, nothing is to be done";
}

TEST_F(MigrationTest, AStepThatFailsLeavesTheStoreAsItWas) {
  auto database = open(file_);
  EXPECT_FALSE(migrate(*database, kBroken, 3));
  EXPECT_EQ(database->integer("PRAGMA user_version"), 1);
  EXPECT_EQ(database->integer("SELECT count(*) FROM pragma_table_info('t')"), 1);
  EXPECT_TRUE(migrate(*database, kSteps, 3)) << "with a lostmail that is mended";
}

TEST_F(MigrationTest, WithoutABackupNothingIsChanged) {
  fs::create_directories(file_.string() + ".v1.bak.new/full");  // no file can be made of that name
  auto database = open(file_);
  const auto done = migrate(*database, kSteps, 3);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("nothing was changed"), std::string::npos);
  EXPECT_EQ(database->integer("PRAGMA user_version"), 1);
}

TEST_F(MigrationTest, OtherVersionsAreRefused) {
  auto database = open(file_);
  EXPECT_EQ(migrate(*database, {}, 2).error().kind, ErrorKind::damaged);  // never released
  database->execute("PRAGMA user_version = 9");
  EXPECT_EQ(migrate(*database, kSteps, 3).error().kind, ErrorKind::newer_version);
  database->execute("PRAGMA user_version = 0");
  EXPECT_EQ(migrate(*database, kSteps, 3).error().kind, ErrorKind::damaged);
}

}  // namespace
}  // namespace lostmail::store
