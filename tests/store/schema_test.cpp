#include "store/schema.hpp"

#include <gtest/gtest.h>

#include "store/database.hpp"

namespace lostmail::store {
namespace {

TEST(SchemaTest, ARowIsFoundByItsIndex) {
  auto database = Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).value();
  database->execute(kSchema);
  database->execute(kBulkIndexes);
  Statement plan(*database, std::string("EXPLAIN QUERY PLAN ") + kFindRow);
  ASSERT_TRUE(plan.step());
  EXPECT_EQ(plan.text(3), "SEARCH refusal USING INDEX refusal_id (<expr>=?)");
}

}  // namespace
}  // namespace lostmail::store
