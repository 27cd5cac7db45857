#include "store/stretches.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "lostmail/core/choice.hpp"
#include "lostmail/store/store.hpp"
#include "store/store_folder.hpp"

namespace lostmail::store {
namespace {

constexpr std::int64_t kThen = 1'795'000'000;  // in November 2026
constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;

TEST(KeyFilterTest, HoldsItsKeysAndFewOthers) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t key = 1; key <= 3000; key += 2) keys.push_back(key);
  keys.insert(keys.end(), keys.begin(), keys.end());  // more than once
  const std::string bits = KeyFilter::of(keys);
  EXPECT_LE(bits.size(), 1500U * 12 / 8 + 1);
  int others = 0;
  for (const auto key : keys) ASSERT_TRUE(KeyFilter::may_hold(bits, key));
  for (std::uint64_t key = 2; key <= 20'000; key += 2)
    others += KeyFilter::may_hold(bits, key) ? 1 : 0;
  EXPECT_LT(others, 60);  // six in a thousand; about three is what it is made for
}

/// The key of which mixed() makes `number`: its steps backwards, by the inverses of its factors
/// modulo 2^64.
std::uint64_t key_of_mixed(std::uint64_t number) {
  number ^= number >> 31U ^ number >> 62U;
  number *= 0x319642b2d24d8ec3U;
  number ^= number >> 27U ^ number >> 54U;
  number *= 0x96de1b173f119089U;
  return number ^ number >> 30U ^ number >> 60U;
}

/// Their mixed numbers are next to each other, and where a filter has 24 bits, a bit ends between
/// them: to take the second for the first would leave it out.
TEST(KeyFilterTest, HoldsBothOfANearPair) {
  constexpr std::uint64_t kLastOfABit = (std::uint64_t{1} << 32U) / 24;
  for (std::uint64_t high = 1; high <= 1000; ++high) {
    const std::uint64_t number = high * 2654435761U << 32U | kLastOfABit;
    const std::uint64_t one = key_of_mixed(number), other = key_of_mixed(number + 1);
    const std::string bits = KeyFilter::of({one, high, other});
    for (const auto key : {one, high, other}) ASSERT_TRUE(KeyFilter::may_hold(bits, key)) << high;
  }
}

TEST(KeyFilterTest, TakesFurtherKeys) {
  std::string bits = KeyFilter::of({});
  EXPECT_FALSE(KeyFilter::may_hold(bits, 7));
  KeyFilter::add(bits, 7);
  EXPECT_TRUE(KeyFilter::may_hold(bits, 7));
  EXPECT_FALSE(KeyFilter::may_hold(bits, 8));
}

std::uint64_t id_of(std::int64_t i) {
  return static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15ULL | 1U;
}

ClassifiedRefusal refusal(std::int64_t i, std::int64_t time) {
  ClassifiedRefusal made;
  Refusal& of = made.refusal;
  of.id = of.transaction = id_of(i);
  of.when.utc_micros = time * 1'000'000;
  of.sender =
      ReversePath::parse("<s" + std::to_string(i) + "@d" + std::to_string(i / 10) + ".example>");
  of.recipient = Mailbox::parse("r" + std::to_string(i % 10) + "@example.net");
  of.client = ClientHost{"192.0.2." + std::to_string(i % 200), std::nullopt, std::nullopt, false};
  of.queue_id = "queue-" + std::to_string(i);
  of.text = "550 Sender verify failed";
  of.source.file = std::make_shared<const std::string>("mainlog");
  of.source.log = 1;
  made.is = {Variant::sender_verify_failed, Family::sender_verify, Cause::mailbox_unknown, "p"};
  return made;
}

class StretchesTest : public StoreFolder {
 protected:
  void SetUp() override {
    StoreFolder::SetUp();
    store_.emplace(Store::open_or_create(folder_ / "store").value());
  }
  /// A run that adds refusals first to last, an hour apart; gives how many were new.
  std::int64_t run(std::int64_t first, std::int64_t last) {
    std::int64_t fresh = 0;
    EXPECT_TRUE(store_->begin());
    for (std::int64_t i = first; i <= last; ++i)
      fresh += store_->add(refusal(i, kThen + i * kHour)).value() ? 1 : 0;
    EXPECT_TRUE(store_->commit());
    return fresh;
  }
  [[nodiscard]] std::int64_t asked(std::string_view sql) const {
    return Database::open(folder_ / "store", SQLITE_OPEN_READONLY).value()->integer(sql);
  }
  [[nodiscard]] std::multiset<std::uint64_t> found(const Selection& selection) {
    std::multiset<std::uint64_t> ids;
    const auto rows = store_->refusals(selection, 100'000).value();
    for (const auto& row : rows) ids.insert(row.refusal.refusal.id);
    return ids;
  }
  std::optional<Store> store_;
};

TEST_F(StretchesTest, AQuestionFindsWhatALookAtAllRowsFinds) {
  constexpr std::int64_t kRows = 2500;
  run(1, kRows);
  for (const std::int64_t i : {1, 256, 257, 1024, 1025, 2048, 2500}) {
    Selection selection;
    selection.id = "queue-" + std::to_string(i);
    EXPECT_EQ(found(selection), std::multiset<std::uint64_t>{id_of(i)});
    selection = {};
    selection.from =
        AddressChoice::parse("S" + std::to_string(i) + "@d" + std::to_string(i / 10) + ".example")
            .value();
    EXPECT_EQ(found(selection), std::multiset<std::uint64_t>{id_of(i)});
    selection.from = AddressChoice::parse("@d" + std::to_string(i / 10) + ".example").value();
    std::multiset<std::uint64_t> of_domain, to, from_client;
    for (std::int64_t k = 1; k <= kRows; ++k) {
      if (k / 10 == i / 10) of_domain.insert(id_of(k));
      if (k % 10 == i % 10) to.insert(id_of(k));
      if (k % 200 == i % 200) from_client.insert(id_of(k));
    }
    EXPECT_EQ(found(selection), of_domain);
    selection = {};
    selection.to = AddressChoice::parse("r" + std::to_string(i % 10) + "@example.net").value();
    EXPECT_EQ(found(selection), to);
    selection = {};
    selection.client = HostChoice::parse("192.0.2." + std::to_string(i % 200)).value();
    EXPECT_EQ(found(selection), from_client);
    // All at once: the same refusal has them.
    selection.to = AddressChoice::parse("r" + std::to_string(i % 10) + "@example.net").value();
    selection.from = AddressChoice::parse("@d" + std::to_string(i / 10) + ".example").value();
    std::multiset<std::uint64_t> of_all;
    std::set_intersection(of_domain.begin(), of_domain.end(), to.begin(), to.end(),
                          std::inserter(of_all, of_all.end()));
    EXPECT_EQ(found(selection), of_all);
    selection.since = kThen - 100 * kDay;
    EXPECT_EQ(found(selection), of_all);
  }
  Selection all;
  all.to = AddressChoice::parse("@example.net").value();
  EXPECT_EQ(found(all).size(), static_cast<std::size_t>(kRows));
  all.to = AddressChoice::parse("@elsewhere.example").value();
  EXPECT_TRUE(found(all).empty());
}

TEST_F(StretchesTest, RunsThatAddLittleShareOne) {
  for (std::int64_t i = 0; i < 150; ++i) EXPECT_EQ(run(1 + i * 10, 10 + i * 10), 10);
  EXPECT_EQ(asked("SELECT count(*) FROM stretch"), 6);  // of 256 rows
  EXPECT_EQ(
      asked("SELECT count(*) FROM refusal r JOIN stretch b ON r.n BETWEEN b.first_n AND b.last_n"
            " AND r.time BETWEEN b.first AND b.last"),
      1500);
  for (const std::int64_t i : {1, 256, 257, 1024, 1025, 1500}) {
    Selection selection;
    selection.id = "queue-" + std::to_string(i);
    EXPECT_EQ(found(selection), std::multiset<std::uint64_t>{id_of(i)}) << i;
  }
}

TEST_F(StretchesTest, ARefusalIsThereOnceHoweverTimeGoesBack) {
  EXPECT_EQ(run(1, 3000), 3000);
  EXPECT_EQ(run(1, 3000), 0);
  ASSERT_TRUE(store_->begin());
  for (std::int64_t i = 3100; i > 0; --i)
    EXPECT_EQ(store_->add(refusal(i, kThen + i * kHour)).value(), i > 3000) << i;
  ASSERT_TRUE(store_->commit());
  EXPECT_EQ(asked("SELECT count(*) FROM refusal"), 3100);
}

/// An id is of what a record says. That the same one was read in another zone, or in another year
/// where the log writes none, makes it no other refusal.
TEST_F(StretchesTest, ARefusalReadInAnotherZoneOrYearIsThereOnce) {
  ASSERT_TRUE(store_->begin());
  for (std::int64_t i = 1; i <= 50; ++i) {
    auto berlin = refusal(i, kThen + i * kDay);
    berlin.refusal.when.offset_minutes = 60;
    berlin.refusal.when.year_inferred = i > 40;
    ASSERT_TRUE(store_->add(berlin).value());
  }
  ASSERT_TRUE(store_->commit());
  ASSERT_TRUE(store_->begin());
  for (std::int64_t i = 1; i <= 50; ++i) {
    auto auckland = refusal(i, kThen + i * kDay - 12 * kHour - (i > 40 ? 365 * kDay : 0));
    auckland.refusal.when.offset_minutes = 13 * 60;
    auckland.refusal.when.year_inferred = i > 40;
    EXPECT_FALSE(store_->add(auckland).value()) << i;
  }
  ASSERT_TRUE(store_->commit());
  EXPECT_EQ(asked("SELECT count(*) FROM refusal"), 50);
}

TEST_F(StretchesTest, AnAddressThatARowIsGivenLaterIsFound) {
  auto bare = refusal(1, kThen + kHour);
  bare.refusal.sender.reset();
  bare.refusal.recipient.reset();
  ASSERT_TRUE(store_->begin());
  ASSERT_TRUE(store_->add(bare).value());
  ASSERT_TRUE(store_->commit());
  EXPECT_EQ(run(2, 1500), 1499);  // its stretch is full, and behind
  EXPECT_EQ(run(1, 1), 0);        // now all of it is told
  for (const char* address : {"s1@d0.example", "@d0.example"}) {
    Selection selection;
    selection.from = AddressChoice::parse(address).value();
    selection.to = AddressChoice::parse("r1@example.net").value();
    EXPECT_TRUE(found(selection).contains(id_of(1))) << address;
  }
}

TEST_F(StretchesTest, WhatIsPrunedLeavesNoFilters) {
  run(1, 3000);
  ASSERT_TRUE(store_->prune(kThen + 2900 * kHour));
  EXPECT_EQ(asked("SELECT count(*) FROM refusal"), 101);
  EXPECT_EQ(asked("SELECT count(*) FROM stretch"), 1);
  for (const std::string table : kFilterTables)
    EXPECT_EQ(asked("SELECT count(*) FROM " + table), 1) << table;
  Selection selection;
  selection.id = "queue-2950";
  EXPECT_EQ(found(selection).size(), 1U);
}

}  // namespace
}  // namespace lostmail::store
