#include <filesystem>
#include <limits>

#include <gtest/gtest.h>

#include "lostmail/store/store.hpp"
#include "store/store_folder.hpp"

namespace lostmail::store {
namespace {

constexpr std::int64_t kThen = 1'795'000'000;

/// A refusal with every field filled; `sender` and the rest vary.
ClassifiedRefusal made(std::uint64_t id, const char* sender, const char* recipient,
                       const char* remote_ip, Direction direction) {
  ClassifiedRefusal result;
  Refusal& refusal = result.refusal;
  refusal.id = refusal.transaction = id;
  refusal.when = {kThen * 1'000'000 + static_cast<std::int64_t>(id) * 1'000'000, 60, false, false,
                  true};
  refusal.direction = direction;
  refusal.stage = Stage::rcpt;
  refusal.reply_code = 550;
  refusal.enhanced_code = "5.1.8";
  refusal.sender = ReversePath::parse(sender);
  refusal.recipient = Mailbox::parse(recipient);
  refusal.client = ClientHost{"192.0.2.7", "mx.client.example", "client.example", false};
  refusal.remote = RemoteHost{"mx.remote.example", remote_ip};
  refusal.queue_id = "1xVf3k-0005DT-1Q";
  refusal.text = "550 Sender verify failed";
  refusal.cause_text = "no such user";
  refusal.source.file = std::make_shared<const std::string>("/var/log/exim4/mainlog");
  refusal.source.log = 1;
  refusal.source.line = 7;
  refusal.source.offset = 700;
  result.is = {Variant::sender_verify_failed, Family::sender_verify, Cause::mailbox_unknown, "p"};
  return result;
}

class Refusals : public StoreFolder {
 protected:
  void SetUp() override {
    StoreFolder::SetUp();
    auto opened = Store::open_or_create(folder_ / "store");
    ASSERT_TRUE(opened);
    store_.emplace(std::move(*opened));
    ASSERT_TRUE(store_->begin());
    for (const auto& refusal :
         {made(1, "Ann@example.com", "bob@example.net", "198.51.100.1", Direction::inbound),
          made(2, "ann@example.com", "carl@example.org", "198.51.100.1", Direction::outbound),
          made(3, "nobody@web.example.com", "dora@example.org", "198.51.100.2",
               Direction::outbound),
          made(4, "nobody@web.example.com", "emil@example.org", "198.51.100.3",
               Direction::outbound)}) {
      ASSERT_TRUE(store_->add(refusal));
    }
    LogState log;
    log.number = 1;
    log.path = "/var/log/exim4/mainlog";
    ASSERT_TRUE(store_->put(log));
    ASSERT_TRUE(store_->commit());
  }
  [[nodiscard]] std::vector<std::uint64_t> ids(const Selection& selection) {
    std::vector<std::uint64_t> found;
    const auto rows = store_->refusals(selection, 100);
    EXPECT_TRUE(rows);
    for (const auto& row : *rows) found.push_back(row.refusal.refusal.id);
    return found;
  }

  std::optional<Store> store_;
};

using Ids = std::vector<std::uint64_t>;

TEST_F(Refusals, Selected) {
  Selection selection;
  EXPECT_EQ(ids(selection), (Ids{4, 3, 2, 1}));  // the newest first
  selection.from = *AddressChoice::parse("ANN@example.com");
  EXPECT_EQ(ids(selection), (Ids{2, 1}));
  selection.to = *AddressChoice::parse("@example.org");
  EXPECT_EQ(ids(selection), (Ids{2}));
  selection = {};
  selection.client = *HostChoice::parse("198.51.100.2");
  EXPECT_EQ(ids(selection), (Ids{3}));
  selection.client = *HostChoice::parse("198.51.100.2/31");
  EXPECT_EQ(ids(selection), (Ids{4, 3}));
  selection.client = *HostChoice::parse("client.example");
  EXPECT_EQ(ids(selection), (Ids{4, 3, 2, 1}));
  selection.client = *HostChoice::parse("ient.example");
  EXPECT_EQ(ids(selection), Ids{});
  selection = {};
  selection.id = "0000000000000003";
  EXPECT_EQ(ids(selection), (Ids{3}));
  selection.id = "1xVf3k-0005DT-1Q";
  EXPECT_EQ(ids(selection).size(), 4U);
  selection.id = "1xVf3k-0005DT-1R";
  EXPECT_EQ(ids(selection), Ids{});
}

TEST_F(Refusals, ComeBackAsTheyWere) {
  Selection selection;
  selection.id = "0000000000000001";
  const auto rows = store_->refusals(selection, 1);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  const auto before =
      made(1, "Ann@example.com", "bob@example.net", "198.51.100.1", Direction::inbound);
  const Refusal& is = rows->front().refusal.refusal;
  const Refusal& was = before.refusal;
  EXPECT_EQ(is.when.to_rfc3339(), was.when.to_rfc3339());
  EXPECT_EQ(is.when.zone_inferred, was.when.zone_inferred);
  EXPECT_EQ(is.transaction, was.transaction);
  EXPECT_EQ(is.stage, was.stage);
  EXPECT_EQ(is.reply_code, was.reply_code);
  EXPECT_EQ(is.enhanced_code, was.enhanced_code);
  EXPECT_EQ(is.sender, was.sender);
  EXPECT_EQ(is.recipient, was.recipient);
  EXPECT_EQ(is.verified, was.verified);
  EXPECT_EQ(is.client->ip, was.client->ip);
  EXPECT_EQ(is.client->name, was.client->name);
  EXPECT_EQ(is.client->helo, was.client->helo);
  EXPECT_EQ(is.remote->ip, was.remote->ip);
  EXPECT_EQ(is.remote->name, was.remote->name);
  EXPECT_EQ(is.queue_id, was.queue_id);
  EXPECT_EQ(is.text, was.text);
  EXPECT_EQ(is.cause_text, was.cause_text);
  EXPECT_EQ(*is.source.file, *was.source.file);
  EXPECT_EQ(is.source.line, was.source.line);
  EXPECT_EQ(is.source.offset, was.source.offset);
  EXPECT_EQ(rows->front().refusal.is.pattern, "p");
  EXPECT_EQ(rows->front().refusal.is.cause, Cause::mailbox_unknown);
  EXPECT_FALSE(rows->front().delivered);
}

TEST_F(Refusals, OwnSendersThatFailElsewhere) {
  const auto rows = store_->refused_own_senders({}, 10);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ(rows->at(0).sender, "nobody@web.example.com");
  EXPECT_EQ(rows->at(0).refusals, 2U);
  EXPECT_EQ(rows->at(0).servers, 2U);
  EXPECT_EQ(rows->at(0).first, kThen + 3);
  EXPECT_EQ(rows->at(0).last, kThen + 4);
  EXPECT_EQ(rows->at(1).sender, "ann@example.com");  // the inbound one is not ours
  EXPECT_EQ(rows->at(1).refusals, 1U);
}

/// However far back the newest ones reach, and whatever ends there.
TEST_F(Refusals, TheNewestFromAnyStretchOfTime) {
  constexpr std::uint64_t kHours = 30 * 24;
  ASSERT_TRUE(store_->begin());
  for (std::uint64_t hour = 1; hour <= kHours; ++hour) {
    auto refusal = made(100 + hour, "<>", "z@example.net", "198.51.100.9", Direction::inbound);
    refusal.refusal.when.utc_micros += static_cast<std::int64_t>(hour) * 3'600'000'000;
    if (hour % 7 == 0) refusal.refusal.recipient = Mailbox::parse("seventh@example.net");
    ASSERT_TRUE(store_->add(refusal));
  }
  ASSERT_TRUE(store_->commit());
  const auto time_of = [](std::uint64_t hour) {
    return kThen + static_cast<std::int64_t>(100 + hour) + static_cast<std::int64_t>(hour) * 3600;
  };
  for (const std::uint64_t step : {1U, 7U}) {
    for (const std::size_t limit :
         {std::size_t{1}, std::size_t{3}, std::size_t{24}, std::size_t{25}, std::size_t{60},
          std::size_t{240}, std::size_t{241}, std::size_t{1000},
          std::numeric_limits<std::size_t>::max()}) {
      for (const std::uint64_t from : {1U, 400U, 710U}) {
        for (const std::uint64_t until : {kHours, std::uint64_t{600}}) {
          Selection selection;
          selection.to = *AddressChoice::parse(step == 1 ? "@example.net" : "seventh@example.net");
          selection.since = time_of(from);
          selection.until = time_of(until) + 1;
          Ids expected;
          for (std::uint64_t hour = until; hour >= from && expected.size() < limit; --hour)
            if (hour % step == 0) expected.push_back(100 + hour);
          Ids found;
          const auto rows = store_->refusals(selection, limit);
          ASSERT_TRUE(rows);
          for (const auto& row : *rows) found.push_back(row.refusal.refusal.id);
          EXPECT_EQ(found, expected) << limit << ' ' << from << ' ' << until;
        }
      }
    }
  }
}

}  // namespace
}  // namespace lostmail::store
