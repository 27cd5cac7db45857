#include "lostmail/core/figures.hpp"

#include <optional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "lostmail/store/store.hpp"
#include "store/store_folder.hpp"

namespace lostmail::store {
namespace {

constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;
constexpr std::int64_t kSince = 1'795'000'000, kUntil = kSince + kDay;  // in November 2026
constexpr std::int64_t kLifetime = 5 * kDay;

class FiguresTest : public StoreFolder {
 protected:
  void add(const char* sender, std::int64_t time, bool permanent = false) {
    ClassifiedRefusal made;
    Refusal& refusal = made.refusal;
    refusal.id = refusal.transaction = ++ids_ * 0x9e3779b97f4a7c15ULL;
    refusal.when.utc_micros = time * 1'000'000;
    refusal.permanent = permanent;
    refusal.sender = ReversePath::parse(sender);
    refusal.recipient = Mailbox::parse("bob@ours.example");
    refusal.text = "450 try later";
    refusal.source.file = std::make_shared<const std::string>("mainlog");
    refusal.source.log = 1;
    made.is = {Variant::callout_incomplete, Family::sender_verify, Cause::callout_deferred, "p"};
    ASSERT_TRUE(store_->add(made));
  }
  void SetUp() override {
    StoreFolder::SetUp();
    store_.emplace(Store::open_or_create(folder_ / "store").value());
  }
  std::optional<Store> store_;
  std::uint64_t ids_ = 0;
};

/// Its last attempt before the window's end was a lifetime ago. What comes after the window is no
/// news of it.
TEST_F(FiguresTest, ACaseThatWasTriedAgainInTimeIsNotGivenUp) {
  constexpr std::int64_t kThen = kSince - kLifetime + 12 * kHour;
  ASSERT_TRUE(store_->begin());
  for (const char* sender : {"alone@a.example", "before@a.example", "within@a.example",
                             "refused@a.example", "after@a.example"})
    add(sender, kThen);
  add("before@a.example", kSince - 2 * kDay);
  add("within@a.example", kSince + kHour);
  add("refused@a.example", kThen + kHour, true);
  add("after@a.example", kUntil + kHour);
  LogState log;
  log.number = 1;
  log.path = "/var/log/exim4/mainlog";
  log.first = kSince - 20 * kDay;
  log.last = kUntil + 20 * kDay;
  ASSERT_TRUE(store_->put(log));
  ASSERT_TRUE(store_->commit());
  Selection window;
  window.since = kSince;
  window.until = kUntil;
  const auto figures = store_->figures(window, kUntil, kLifetime, 10);
  ASSERT_TRUE(figures);
  std::set<std::string> gave_up;
  for (const auto& row : figures->gave_up) gave_up.insert(row.sender);
  EXPECT_EQ(gave_up, (std::set<std::string>{"alone@a.example", "after@a.example"}));
}

}  // namespace
}  // namespace lostmail::store
