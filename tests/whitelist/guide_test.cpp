#include "lostmail/whitelist/guide.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace lostmail::whitelist {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kStart = 20468 * kDay;  // 2026-01-15

SenderEvidence row(std::string sender, Cause cause, std::uint64_t attempts,
                   std::string client = "192.0.2.7") {
  SenderEvidence result;
  result.cause = cause;
  result.sender = std::move(sender);
  result.client_ip = std::move(client);
  result.client_name = "mx.example.org";
  result.attempts = result.permanent = attempts;
  result.recipients = 1;
  result.days = {kStart / kDay, kStart / kDay + 9};
  result.first = kStart;
  result.last = kStart + 9 * kDay;
  return result;
}

Policy policy() {
  Policy result;
  result.local_domains = {"example.net"};
  return result;
}

TEST(CalloutCost, TellsCorrespondentsFromFloods) {
  const std::vector<SenderEvidence> rows{
      row("a@example.com", Cause::null_sender_refused, 3),           // proposed
      row("b@example.com", Cause::mailbox_unknown, 5, "192.0.2.9"),  // its client is block-listed
      row("c@example.com", Cause::mailbox_unknown, 2, "192.0.2.8"),  // too weak to propose
      row("d@example.com", Cause::unroutable, 7)};                   // no callout was made
  ClientRecord listed;
  listed.ip = "192.0.2.9";
  listed.block_listed = 1;
  Policy strict = policy();
  strict.min_score = 30;  // a: 15 cause, 10 named client, 10 a second day; c: 5 for the cause
  const auto cost = callout_cost(rows, {listed}, strict);
  ASSERT_TRUE(cost.has_value());
  EXPECT_EQ(cost->refused, 10U);
  EXPECT_EQ(cost->correspondents, 3U);
  EXPECT_EQ(cost->entries, 1U);
  EXPECT_EQ(cost->unwanted, 5U);
  EXPECT_EQ(cost->first, kStart);
  EXPECT_EQ(cost->last, kStart + 9 * kDay);
}

TEST(CalloutCost, IsNoneWithoutCallouts) {
  EXPECT_FALSE(callout_cost({row("d@example.com", Cause::unroutable, 7)}, {}, policy()));
}

TEST(GuideText, ReckonsToAMonth) {
  CalloutCost cost;
  cost.first = kStart;
  cost.last = kStart + 10 * kDay;
  cost.refused = 100;
  cost.correspondents = 25;
  cost.entries = 4;
  cost.unwanted = 60;
  const auto text = guide_text(Guide::cpanel, "/etc", cost);
  ASSERT_TRUE(text.has_value());
  for (const char* words :
       {"2026-01-15 to 2026-01-25 (10 days of log, as 30 days)", "300 a month (100 %)",
        "75 a month (25 %) ", "180 a month (60 %) ", "45 a month (15 %) "}) {
    EXPECT_NE(text->find(words), std::string::npos) << words;
  }
}

TEST(GuideText, NamesEachMta) {
  for (const auto& word : Words<Guide>::list) {
    const auto text = guide_text(word.value, "/x/lists", std::nullopt);
    ASSERT_TRUE(text.has_value()) << word.name;
    EXPECT_EQ(text->find("@F@"), std::string::npos) << word.name;
    EXPECT_EQ(text->find("RELAY\n"), std::string::npos) << word.name;
    EXPECT_FALSE(guide_text(word.value, "/x;y", std::nullopt).has_value());
  }
}

}  // namespace
}  // namespace lostmail::whitelist
