#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "lostmail/store/store.hpp"
#include "store/database.hpp"
#include "store/dictionary.hpp"
#include "store/known.hpp"
#include "store/may_hold.hpp"
#include "store/recent_rows.hpp"
#include "store/store_folder.hpp"

namespace lostmail::store {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kThen = 1'795'000'000;  // in November 2026
constexpr std::int64_t kHour = 3600;

/// Distinct for distinct n, and spread as hashes are.
std::uint64_t hash(std::uint64_t n) {
  n = (n ^ n >> 31U) * 0x9e3779b97f4a7c15ULL;
  return n ^ n >> 29U;
}

TEST(KnownTest, RemembersMoreThanMemoryHolds) {
  constexpr std::int64_t kMany = 250'000;
  auto database = Database::open(":memory:", SQLITE_OPEN_READWRITE).value();
  Known known(*database, "word");
  known.begin_complete();
  for (std::int64_t n = 1; n <= kMany; ++n) {
    known.put(hash(static_cast<std::uint64_t>(n)), n);
  }
  for (std::int64_t n = 1; n <= kMany; ++n)
    ASSERT_EQ(known.find(hash(static_cast<std::uint64_t>(n))), n);
  for (std::int64_t n = kMany + 1; n <= 2 * kMany; ++n)
    ASSERT_FALSE(known.find(hash(static_cast<std::uint64_t>(n))));
  EXPECT_TRUE(known.complete());
  known.end_complete();
  for (const std::uint64_t n : {1, 250'000})  // to be looked for in the table
    EXPECT_FALSE(known.find(hash(n))) << n;
  EXPECT_TRUE(database->take_error());
}

/// Some are asked for all the time, others once: each comes and goes between memory and the table.
TEST(KnownTest, FindsAllWhileSomeStayInMemory) {
  constexpr std::uint64_t kMany = 500'000, kBusy = 75'000;
  auto database = Database::open(":memory:", SQLITE_OPEN_READWRITE).value();
  Known known(*database, "word");
  known.begin_complete();
  for (std::uint64_t n = kMany; n > 0; --n) known.put(hash(n), static_cast<std::int64_t>(n));
  known.end_complete();  // an earlier load leaves nothing
  EXPECT_FALSE(known.find(hash(1)));
  known.begin_complete();
  for (std::uint64_t n = 1; n <= kMany; ++n) {
    known.put(hash(n), static_cast<std::int64_t>(n));
    const std::uint64_t asked = n % 32 == 0 ? n / 2 : n % kBusy + 1;
    if (asked <= n) ASSERT_EQ(known.find(hash(asked)), static_cast<std::int64_t>(asked));
  }
  for (std::uint64_t n = 1; n <= kMany; n += 7)
    ASSERT_EQ(known.find(hash(n)), static_cast<std::int64_t>(n));
  EXPECT_FALSE(known.find(hash(kMany + 1)));
  EXPECT_TRUE(database->take_error());
}

TEST(KnownTest, KeepsWhatWasAskedForWhenItIsFull) {
  constexpr std::int64_t kFull = 200'000;
  auto database = Database::open(":memory:", SQLITE_OPEN_READWRITE).value();
  Known known(*database, "word");
  for (std::int64_t n = 1; n <= kFull; ++n) known.put(hash(static_cast<std::uint64_t>(n)), n);
  ASSERT_TRUE(known.is_full());
  EXPECT_EQ(known.find(hash(7)), 7);
  known.put(hash(kFull + 1), kFull + 1);
  EXPECT_EQ(known.find(hash(7)), 7);
  EXPECT_EQ(known.find(hash(kFull + 1)), kFull + 1);
  EXPECT_FALSE(known.find(hash(8)));
  // All of it asked for: half goes all the same.
  for (std::int64_t n = 1; !known.is_full(); ++n) {
    known.put(hash(static_cast<std::uint64_t>(kFull + n)), kFull + n);
    EXPECT_EQ(known.find(hash(static_cast<std::uint64_t>(kFull + n))), kFull + n);
  }
  known.put(hash(9), 9);
  EXPECT_FALSE(known.is_full());
  EXPECT_EQ(known.find(hash(9)), 9);
}

TEST(KnownTest, ARollbackForgetsAll) {
  auto database = Database::open(":memory:", SQLITE_OPEN_READWRITE).value();
  Known known(*database, "word");
  for (int times = 0; times < 2; ++times) {
    database->execute("BEGIN");
    known.begin_complete();
    for (std::int64_t n = 1; n <= 250'000; ++n) known.put(hash(static_cast<std::uint64_t>(n)), n);
    EXPECT_EQ(known.find(hash(1)), 1);
    known.forget();
    database->execute("ROLLBACK");
    EXPECT_FALSE(known.find(hash(1)));
    EXPECT_FALSE(known.complete());
  }
  EXPECT_TRUE(database->take_error());
}

/// Half of a pair of correspondents is a hash of the recipient: of a busy one it is the same.
TEST(MayHoldTest, TellsThePairsOfOneRecipientApart) {
  constexpr unsigned kPower = 16;
  constexpr std::uint64_t kKeys = (std::uint64_t{8} << kPower) / 16, kRecipient = 0x3c6ef372;
  const auto pair = [&](std::uint64_t n) { return hash(n) << 32U | kRecipient; };
  MayHold filter(kPower);
  for (std::uint64_t n = 1; n <= kKeys; ++n) filter.add(pair(n));
  for (std::uint64_t n = 1; n <= kKeys; ++n) ASSERT_TRUE(filter.may_hold(pair(n)));
  int others = 0;
  for (std::uint64_t n = kKeys + 1; n <= 2 * kKeys; ++n) others += filter.may_hold(pair(n)) ? 1 : 0;
  EXPECT_LT(others, static_cast<int>(kKeys / 100));  // about one in two hundred
}

TEST(RecentRowsTest, ForgetsByTimeAndSaysSo) {
  RecentRows rows;
  EXPECT_TRUE(rows.reaches(0));
  rows.add(1, 11, kThen);
  rows.add_cause(100);
  rows.add(2, 12, kThen + 3 * kHour);
  rows.add(3, 13, kThen + 5 * kHour);
  rows.add(4, 14, kThen + 2 * kHour);  // the clock went back
  EXPECT_TRUE(rows.reaches(kThen));
  EXPECT_EQ(rows.find(1), 11);
  EXPECT_TRUE(rows.is_cause(100));
  rows.add(5, 15, kThen + 10 * kHour);
  EXPECT_EQ(rows.find(4), 14);
  EXPECT_FALSE(rows.find(1));
  EXPECT_FALSE(rows.find(2));
  EXPECT_FALSE(rows.is_cause(100));
  EXPECT_FALSE(rows.reaches(kThen + 3 * kHour));
  EXPECT_TRUE(rows.reaches(kThen + 3 * kHour + 1));
  rows.erase(4);
  EXPECT_FALSE(rows.find(4));
}

class BulkLoadTest : public StoreFolder {
 protected:
  void SetUp() override {
    StoreFolder::SetUp();
    file_ = folder_ / "store.sqlite";
  }
  [[nodiscard]] std::string asked(std::string_view sql) const {
    auto database = Database::open(file_, SQLITE_OPEN_READWRITE).value();
    Statement query(*database, sql);
    return query.step() ? query.text(0) : "nothing";
  }
  fs::path file_;
};

ClassifiedRefusal refusal(std::uint64_t id, std::int64_t time) {
  ClassifiedRefusal made;
  made.refusal.id = made.refusal.transaction = hash(id);
  made.refusal.when.utc_micros = time * 1'000'000;
  made.refusal.sender = ReversePath::parse("<s" + std::to_string(id % 7) + "@example.com>");
  made.refusal.recipient = Mailbox::parse("r" + std::to_string(id) + "@example.net");
  made.refusal.text = "550 Sender verify failed";
  made.refusal.source.file = std::make_shared<const std::string>("mainlog");
  made.refusal.source.log = 1;
  made.refusal.client = ClientHost{"192.0.2." + std::to_string(id % 5), "mx.example.org",
                                   id % 2 == 0 ? "mx.example.org" : "other.example", false};
  made.is = {Variant::sender_verify_failed, Family::sender_verify, Cause::mailbox_unknown, "p"};
  return made;
}

constexpr const char* kIndexes =
    "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_master WHERE name LIKE"
    " 'refusal_%' OR name LIKE '%_hash' ORDER BY name)";

TEST_F(BulkLoadTest, ARefusalOfDaysAgoThatComesAgainIsThereOnce) {
  auto store = Store::open_or_create(file_).value();
  const std::string indexes = asked(kIndexes);
  ASSERT_TRUE(store.begin());
  constexpr std::uint64_t kMany = 500;
  for (std::uint64_t i = 1; i <= kMany; ++i)
    EXPECT_TRUE(store.add(refusal(i, kThen + static_cast<std::int64_t>(i) * kHour)).value());
  for (std::uint64_t i = 1; i <= kMany; ++i)
    EXPECT_FALSE(store.add(refusal(i, kThen + static_cast<std::int64_t>(i) * kHour)).value());
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(asked("SELECT count(*) || ' ' || count(DISTINCT id) FROM refusals"), "500 500");
  EXPECT_EQ(asked("SELECT count(*) FROM address"), "508");  // and the null reverse-path
  EXPECT_EQ(asked(kIndexes), indexes);
}

/// More names than memory holds, where it need not know all.
TEST_F(BulkLoadTest, GivesEachNameOneNumber) {
  constexpr std::int64_t kNames = 250'000;
  auto store = Store::open_or_create(file_).value();
  auto database = Database::open(file_, SQLITE_OPEN_READWRITE).value();
  database->execute("BEGIN");
  Dictionary words(*database, 7);
  const auto name = [](std::int64_t n) { return "word " + std::to_string(n); };
  for (std::int64_t n = 1; n <= kNames; ++n) {
    ASSERT_EQ(words.id_of(name(n)), n);
    ASSERT_EQ(words.id_of(name(n / 3 + 1)), n / 3 + 1);
  }
  for (std::int64_t n = kNames; n > 0; n -= 11) ASSERT_EQ(words.id_of(name(n)), n);
  words.numbers.settle();
  EXPECT_EQ(database->integer("SELECT count(*) FROM word"), kNames);
  EXPECT_TRUE(database->take_error());
  database->execute("ROLLBACK");
}

/// More names than memory holds, from earlier runs.
TEST_F(BulkLoadTest, KnowsAllThatALargeStoreNames) {
  auto store = Store::open_or_create(file_).value();
  auto database = Database::open(file_, SQLITE_OPEN_READWRITE).value();
  database->execute(
      "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450000)"
      " INSERT INTO word(id, text) SELECT i, 'word ' || i FROM n");
  Dictionary words(*database, 7);
  words.learn_all();
  for (const std::int64_t i : {1, 50'000, 50'001, 200'000, 200'001, 449'999, 450'000})
    EXPECT_EQ(words.id_of("word " + std::to_string(i)), i);
  EXPECT_EQ(words.id_of("word 0"), 450'001);
  EXPECT_TRUE(database->take_error());
  database->execute("ROLLBACK");
}

/// Each looked at the store before the other wrote.
TEST_F(BulkLoadTest, TwoProgramsGiveANameOneNumber) {
  auto one = Store::open_or_create(file_).value();
  auto other = Store::open_or_create(file_).value();
  constexpr std::uint64_t kMany = 50;
  for (std::uint64_t turn = 0; turn < 4; ++turn) {
    for (auto* store : {&one, &other}) {
      Selection selection;
      selection.from = *AddressChoice::parse("s1@example.com");
      EXPECT_TRUE(one.refusals(selection, 1));
      EXPECT_TRUE(other.refusals(selection, 1));
      ASSERT_TRUE(store->begin());
      for (std::uint64_t i = 0; i < kMany; ++i) {
        auto made = refusal(1000 * turn + i, kThen + static_cast<std::int64_t>(turn) * kHour);
        if (store == &other)
          made.refusal.id = made.refusal.transaction = hash(i + 1'000'000 * (turn + 1));
        ASSERT_TRUE(store->add(made));
      }
      ASSERT_TRUE(store->commit());
    }
  }
  EXPECT_EQ(asked("SELECT count(*) FROM address"), std::to_string(1 + 7 + 4 * kMany));
  EXPECT_EQ(asked("SELECT count(*) = count(DISTINCT text) FROM word"), "1");
  EXPECT_EQ(asked("SELECT count(*) FROM refusals"), std::to_string(2 * 4 * kMany));
}

TEST_F(BulkLoadTest, LeavesAStoreThatOthersReadWhileOneWrites) {
  auto store = Store::open_or_create(file_).value();
  EXPECT_EQ(asked("PRAGMA journal_mode"), "wal");
  for (const bool commits : {false, true}) {
    ASSERT_TRUE(store.begin());
    ASSERT_TRUE(store.add(refusal(1, kThen)));
    if (commits) {
      ASSERT_TRUE(store.commit());
    } else {
      store.rollback();
    }
    EXPECT_EQ(asked("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(asked("SELECT count(*) FROM refusals"), commits ? "1" : "0");
  }
}

TEST_F(BulkLoadTest, AReaderDoesNotHinderIt) {
  auto store = Store::open_or_create(file_).value();
  auto reader = Database::open(file_, SQLITE_OPEN_READONLY).value();
  Statement reading(*reader, "SELECT name FROM setting");
  ASSERT_TRUE(reading.step());
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.add(refusal(1, kThen)));
  ASSERT_TRUE(store.commit());
  reading.reset();
  EXPECT_EQ(reader->integer("SELECT count(*) FROM refusal"), 1);
}

constexpr const char* kAll =
    "SELECT group_concat(id || sender || recipient || text || time, ' ') FROM"
    " (SELECT * FROM refusals ORDER BY id)";

/// What a store holds after two runs, the second of which goes over to a bulk load now and then.
TEST_F(BulkLoadTest, AddedToWhatIsThereItIsAsIfAllHadComeAtOnce) {
  const auto at = [](std::uint64_t i) { return kThen + static_cast<std::int64_t>(i) * 1800; };
  std::string whole;
  for (const char* from : {"1000000", "1", "7", "100"}) {
    file_ = folder_ / from;
    auto store = Store::open_or_create(file_).value();
    static_cast<void>(asked("INSERT INTO setting(name, value) VALUES ('bulk_load_from', " +
                            std::string(from) + ")"));
    ASSERT_TRUE(store.begin());
    for (std::uint64_t i = 1; i <= 400; i += i % 40 < 20 ? 1 : 2)  // here and there every second
      ASSERT_TRUE(store.add(refusal(i, at(i))));
    ASSERT_TRUE(store.commit());
    const std::string before = asked("SELECT count(*) FROM refusals");
    ASSERT_TRUE(store.begin());
    std::uint64_t fresh = 0;
    for (std::uint64_t i = 1; i <= 500; ++i) fresh += store.add(refusal(i, at(i))).value() ? 1 : 0;
    for (std::uint64_t i = 300; i <= 310; ++i)  // the clock goes back
      EXPECT_FALSE(store.add(refusal(i, at(i))).value());
    ASSERT_TRUE(store.commit());
    EXPECT_EQ(fresh + std::stoul(before), 500U) << from;
    EXPECT_EQ(asked("SELECT count(*) || ' ' || count(DISTINCT hash) FROM address"), "508 508");
    EXPECT_EQ(asked("SELECT count(*) FROM peer"), "10");
    EXPECT_EQ(asked("SELECT count(*) FROM word"), asked("SELECT count(DISTINCT text) FROM word"));
    if (whole.empty()) whole = asked(kAll);
    EXPECT_EQ(asked(kAll), whole) << from;
  }
}

}  // namespace
}  // namespace lostmail::store
