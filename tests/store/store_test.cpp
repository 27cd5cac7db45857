#include "lostmail/store/store.hpp"

#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace lostmail::store {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kThen = 1'795'000'000;  // in November 2026
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kLifetime = 5 * kDay;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "lostmail-store-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ / "below" / "store.sqlite";
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  /// All rows of a query through SQLite itself, columns joined with '|'; NULL is empty.
  [[nodiscard]] std::vector<std::string> rows(const std::string& sql) const {
    std::vector<std::string> result;
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(file_.c_str(), &handle), SQLITE_OK);
    sqlite3_stmt* query = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(handle, sql.c_str(), -1, &query, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    while (sqlite3_step(query) == SQLITE_ROW) {
      std::string row;
      for (int i = 0; i < sqlite3_column_count(query); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(query, i));
        if (i > 0) row += '|';
        if (text != nullptr) row += text;
      }
      result.push_back(row);
    }
    sqlite3_finalize(query);
    sqlite3_close(handle);
    return result;
  }
  void execute(const char* sql) const {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
  }

  fs::path folder_, file_;
};

ClassifiedRefusal refusal(std::uint64_t id) {
  ClassifiedRefusal made;
  made.refusal.id = made.refusal.transaction = id;
  made.refusal.when.utc_micros = kThen * 1'000'000;
  made.refusal.sender = ReversePath::parse("<ann@example.com>");
  made.refusal.recipient = Mailbox::parse("bob@example.net");
  made.refusal.text = "550 Sender verify failed";
  made.refusal.source.file = std::make_shared<const std::string>("mainlog");
  made.refusal.source.log = 1;
  made.is = {Variant::sender_verify_failed, Family::sender_verify, Cause::mailbox_unknown, "p"};
  return made;
}

Delivery delivery(std::int64_t at) {
  return {{at * 1'000'000},
          ReversePath::parse("<Ann@example.com>"),
          *Mailbox::parse("bob@example.net"),
          true};
}

/// The oldest mail is forgotten, but for that between two of whom one was refused: in an earlier
/// run, or in this one.
TEST_F(StoreTest, KeepsTheMailOfThoseWhoWereRefused) {
  constexpr int kPairs = 400, kMost = 160;
  const auto mail = [](int n, std::int64_t at) {
    Delivery made = delivery(at);
    made.sender = ReversePath::parse("sender" + std::to_string(n) + "@example.com");
    made.recipient = *Mailbox::parse("recipient" + std::to_string(n % 3) + "@example.net");
    return made;
  };
  const auto refused = [&](int n) {
    ClassifiedRefusal made = refusal(static_cast<std::uint64_t>(n));
    made.refusal.sender = mail(n, 0).sender;
    made.refusal.recipient = mail(n, 0).recipient;
    return made;
  };
  const auto later = [&] {
    return rows("SELECT sender FROM cases WHERE verdict = 'delivered_later' ORDER BY sender");
  };
  auto store = Store::open_or_create(file_).value();
  execute(("INSERT INTO setting(name, value) VALUES ('correspondence_most', " +
           std::to_string(kMost) + ")")
              .c_str());
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.add(refused(1)));
  ASSERT_TRUE(store.add(refused(2)));
  ASSERT_TRUE(store.commit());
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.add(refused(3)));
  for (int n = 1; n <= kPairs; ++n) ASSERT_TRUE(store.add(mail(n, kThen + n)));
  ASSERT_TRUE(store.commit());
  // What was forgotten does not come back when its refusal is told.
  ASSERT_TRUE(store.begin());
  for (const int n : {4, 5, kPairs}) ASSERT_TRUE(store.add(refused(n)));
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(later(), (std::vector<std::string>{"sender1@example.com", "sender2@example.com",
                                               "sender3@example.com", "sender400@example.com"}));
  // Told before the next ones are forgotten, in a run that knows who was refused already.
  ASSERT_TRUE(store.begin());
  for (int n = kPairs + 1; n <= 2 * kPairs; ++n) {
    ASSERT_TRUE(store.add(mail(n, kThen + n)));
    if (n == kPairs + 1) ASSERT_TRUE(store.add(refused(n)));
  }
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(later().size(), 5U);
}

TEST_F(StoreTest, CreatedForOwnerAndGroup) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(Store::open_or_create(file_));
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  EXPECT_TRUE(Store::open(file_));
}

TEST_F(StoreTest, WhatIsNoStore) {
  EXPECT_EQ(Store::open(file_).error().kind, ErrorKind::not_found);
  fs::create_directories(file_.parent_path());
  std::ofstream(file_) << std::string(4096, 'x');
  EXPECT_EQ(Store::open(file_).error().kind, ErrorKind::damaged);
  EXPECT_EQ(Store::open_or_create(file_).error().kind, ErrorKind::damaged);
  fs::remove(file_);
  execute("CREATE TABLE another(program)");
  EXPECT_EQ(Store::open(file_).error().kind, ErrorKind::damaged);
  EXPECT_EQ(Store::open_or_create(file_).error().kind, ErrorKind::damaged);
}

TEST_F(StoreTest, NewerVersionIsRefused) {
  ASSERT_TRUE(Store::open_or_create(file_));
  execute(("PRAGMA user_version = " + std::to_string(Store::kVersion + 1)).c_str());
  EXPECT_EQ(Store::open(file_).error().kind, ErrorKind::newer_version);
  EXPECT_EQ(Store::open_or_create(file_).error().kind, ErrorKind::newer_version);
}

TEST_F(StoreTest, AVersionThatWasNeverReleasedIsTold) {
  ASSERT_TRUE(Store::open_or_create(file_));
  execute("PRAGMA user_version = 1");
  EXPECT_EQ(Store::open(file_).error().kind, ErrorKind::damaged);
  EXPECT_EQ(Store::open_or_create(file_).error().kind, ErrorKind::damaged);
}

TEST_F(StoreTest, AddedTwiceIsThereOnce) {
  auto store = Store::open_or_create(file_).value();
  ASSERT_TRUE(store.begin());
  EXPECT_TRUE(store.add(refusal(1)).value());
  EXPECT_FALSE(store.add(refusal(1)).value());
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(store.totals()->refusals, 1U);
  EXPECT_EQ(rows("SELECT attempts FROM cases"), std::vector<std::string>{"1"});
}

TEST_F(StoreTest, NothingStaysWithoutCommit) {
  auto store = Store::open_or_create(file_).value();
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.add(refusal(1)));
  store.rollback();
  EXPECT_EQ(store.totals()->refusals, 0U);
}

TEST_F(StoreTest, FillsInWhatARowLacks) {
  struct Row {
    const char* name;
    bool sender_first, recipient_first;  // what the first telling has; the second has both
  };
  std::uint64_t id = 1;
  auto store = Store::open_or_create(file_).value();
  for (const auto& row : std::vector<Row>{
           {"sender", false, true}, {"recipient", true, false}, {"both", false, false}}) {
    ++id;
    auto first = refusal(id);
    if (!row.sender_first) first.refusal.sender.reset();
    if (!row.recipient_first) first.refusal.recipient.reset();
    ASSERT_TRUE(store.begin());
    EXPECT_TRUE(store.add(first).value()) << row.name;
    EXPECT_FALSE(store.add(refusal(id)).value()) << row.name;
    EXPECT_FALSE(store.add(first).value()) << row.name;
    ASSERT_TRUE(store.commit());
    EXPECT_EQ(rows("SELECT sender, recipient FROM refusals WHERE id = printf('%016x', " +
                   std::to_string(id) + ")"),
              std::vector<std::string>{"ann@example.com|bob@example.net"})
        << row.name;
  }
  EXPECT_EQ(rows("SELECT attempts FROM cases"), std::vector<std::string>{"3"});
}

TEST_F(StoreTest, TwoHalvesMakeACase) {
  auto store = Store::open_or_create(file_).value();
  auto sender_alone = refusal(1);
  sender_alone.refusal.recipient.reset();
  auto recipient_alone = refusal(1);
  recipient_alone.refusal.sender.reset();
  ASSERT_TRUE(store.begin());
  EXPECT_TRUE(store.add(sender_alone).value());
  EXPECT_FALSE(store.add(recipient_alone).value());
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(rows("SELECT sender, recipient FROM cases"),
            std::vector<std::string>{"ann@example.com|bob@example.net"});
}

TEST_F(StoreTest, BetterLogIsTheOneThatIsNamed) {
  auto store = Store::open_or_create(file_).value();
  auto rejectlog = refusal(1);
  rejectlog.refusal.source.log = 2;
  rejectlog.refusal.source.rank = 2;
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.add(rejectlog));
  ASSERT_TRUE(store.add(refusal(1)));
  ASSERT_TRUE(store.add(rejectlog));
  for (const std::int64_t number : {1, 2}) {
    LogState log;
    log.number = number;
    log.path = number == 1 ? "mainlog" : "rejectlog";
    ASSERT_TRUE(store.put(log));
  }
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(rows("SELECT file FROM refusals"), std::vector<std::string>{"mainlog"});
}

TEST_F(StoreTest, ArrivalNamesTheSender) {
  auto store = Store::open_or_create(file_).value();
  auto nameless = refusal(1);
  nameless.refusal.sender.reset();
  nameless.refusal.queue_id = "q1";
  nameless.refusal.message = 17;
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.add(nameless));
  EXPECT_TRUE(store.wanted_messages().contains(17));
  ASSERT_TRUE(store.set_sender({17, ReversePath::parse("<ann@example.com>"), -1}));
  EXPECT_FALSE(store.wanted_messages().contains(17));
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(rows("SELECT sender FROM cases"), std::vector<std::string>{"ann@example.com"});
}

TEST_F(StoreTest, CauseLineAloneGivesWayToTheRefusal) {
  for (const bool cause_first : {true, false}) {
    file_ = folder_ / (cause_first ? "first" : "last");
    auto store = Store::open_or_create(file_).value();
    auto cause = refusal(7);
    cause.refusal.recipient.reset();
    cause.refusal.text.clear();
    cause.refusal.verified_here = true;
    auto whole = refusal(8);
    whole.refusal.cause_record = 7;
    ASSERT_TRUE(store.begin());
    ASSERT_TRUE(store.add(cause_first ? cause : whole));
    ASSERT_TRUE(store.add(cause_first ? whole : cause));
    ASSERT_TRUE(store.commit());
    EXPECT_EQ(rows("SELECT id FROM refusals"), std::vector<std::string>{"0000000000000008"})
        << cause_first;
  }
}

/// Of the one case that the store holds.
std::string verdict_at(Store& store, std::int64_t now) {
  const auto figures = store.figures({}, now, kLifetime, 10).value();
  return figures.verdicts.size() == 1 ? std::string(name_of(figures.verdicts[0].verdict))
                                      : "not one case";
}

TEST_F(StoreTest, Verdicts) {
  struct Row {
    const char* name;
    bool permanent;
    std::optional<std::int64_t> delivered;  // seconds after the refusal
    std::int64_t covered;                   // how far the logs reach, likewise
    std::int64_t now;                       // likewise
    Verdict verdict;
  };
  const std::vector<Row> all{
      {"refused for good", true, std::nullopt, kDay, kDay, Verdict::lost},
      {"refused, delivered later", true, 60, kDay, kDay, Verdict::delivered_later},
      {"delivered before", true, -60, kDay, kDay, Verdict::lost},
      {"put off, still tried", false, std::nullopt, kDay, kDay, Verdict::retrying},
      {"put off, came later", false, 600, kDay, kDay, Verdict::delivered_later},
      {"put off, given up", false, std::nullopt, kLifetime, kLifetime, Verdict::lost},
      {"put off, logs end too early", false, std::nullopt, kDay, 30 * kDay, Verdict::unknown},
  };
  int number = 0;
  for (const auto& row : all) {
    for (const bool delivery_first : {true, false}) {
      SCOPED_TRACE(std::string(row.name) + (delivery_first ? ", delivery first" : ""));
      file_ = folder_ / std::to_string(number++);
      auto store = Store::open_or_create(file_).value();
      auto made = refusal(1);
      made.refusal.permanent = row.permanent;
      const auto deliver = [&] {
        ASSERT_TRUE(store.begin());
        if (row.delivered) ASSERT_TRUE(store.add(delivery(kThen + *row.delivered)));
        ASSERT_TRUE(store.commit());
      };
      if (delivery_first) deliver();
      ASSERT_TRUE(store.begin());
      ASSERT_TRUE(store.add(made));
      LogState log;
      log.number = 1;
      log.path = "mainlog";
      log.last = kThen + row.covered;
      ASSERT_TRUE(store.put(log));
      ASSERT_TRUE(store.commit());
      if (!delivery_first) deliver();
      EXPECT_EQ(verdict_at(store, kThen + row.now), name_of(row.verdict));
      // The view asks the clock; these two do not depend on it.
      if (row.permanent || row.delivered)
        EXPECT_EQ(rows("SELECT verdict FROM cases"),
                  std::vector<std::string>{std::string(name_of(row.verdict))});
    }
  }
}

TEST_F(StoreTest, AGapOfTheLogsLeavesTheVerdictOpen) {
  auto store = Store::open_or_create(file_).value();
  auto made = refusal(1);
  made.refusal.permanent = false;
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.add(made));
  const auto log = [](std::int64_t number, const char* path, std::int64_t first,
                      std::int64_t last) {
    LogState state;
    state.number = number;
    state.path = path;
    state.first = kThen + first;
    state.last = kThen + last;
    return state;
  };
  ASSERT_TRUE(store.put(log(1, "mainlog.2.gz", -kDay, kDay)));
  ASSERT_TRUE(store.put(log(2, "mainlog", 2 * kDay, 9 * kDay)));
  ASSERT_TRUE(store.put(log(3, "rejectlog", -kDay, 9 * kDay)));  // tells of no delivery
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(store.covered()->size(), 2U);
  EXPECT_EQ(verdict_at(store, kThen + 9 * kDay), "unknown");
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.put(log(4, "mainlog.1", kDay + 60, 2 * kDay)));  // it was found
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(store.covered()->size(), 1U);
  EXPECT_EQ(verdict_at(store, kThen + 9 * kDay), "lost");
}

TEST_F(StoreTest, ViewsHaveTheNamesOfTheJson) {
  ASSERT_TRUE(Store::open_or_create(file_));
  const auto columns = [&](const std::string& view) {
    std::string names;
    for (const auto& name : rows("SELECT name FROM pragma_table_info('" + view + "')"))
      names += (names.empty() ? "" : " ") + name;
    return names;
  };
  EXPECT_EQ(columns("refusals"),
            "id transaction time host mta direction stage permanent reply_code enhanced_code "
            "variant family cause pattern sender sender_domain verified recipient client_ip "
            "client_name helo remote_ip remote_name queue_id text doubtful file line offset");
  EXPECT_EQ(columns("cases"),
            "direction sender recipient attempts permanent first last variants causes delivered "
            "verdict");
  EXPECT_EQ(columns("daily"), "day mta direction variant family cause permanent refusals");
  EXPECT_EQ(columns("sources"),
            "path first last lines bytes exim sendmail continuation other_program not_understood "
            "year_inferred problem missing_until bytes_lost");
}

TEST_F(StoreTest, LocalDomainsComeFromLocalDeliveries) {
  auto store = Store::open_or_create(file_).value();
  ASSERT_TRUE(store.begin());
  ASSERT_TRUE(store.add(delivery(kThen)));
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(store.local_domains().value(), std::set<std::string>{"example.net"});
}

}  // namespace
}  // namespace lostmail::store
