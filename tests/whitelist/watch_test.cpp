#include "lostmail/whitelist/watch.hpp"

#include <gtest/gtest.h>

namespace lostmail::whitelist {
namespace {

constexpr std::int64_t kExported = 1000;

Entry alice() {
  Entry entry;
  entry.key = "alice@example.com";
  return entry;
}

Attempt attempt(std::int64_t time, std::optional<std::int64_t> delivered = {},
                Family family = Family::sender_verify) {
  return {{"Alice@example.com", "192.0.2.7", "bob@example.net"},
          time,
          family,
          Variant::sender_verify_failed,
          delivered};
}

Outcome outcome(const std::vector<Attempt>& attempts) {
  return watch(alice(), kExported, attempts).outcome;
}

TEST(Watch, WaitsForAnAttemptAfterTheExport) {
  EXPECT_EQ(outcome({}), Outcome::waiting);
  EXPECT_EQ(outcome({attempt(999, 998)}), Outcome::waiting);
}

TEST(Watch, SeesMailGetIn) { EXPECT_EQ(outcome({attempt(900, 1001)}), Outcome::got_in); }

TEST(Watch, SeesARefusalAfterTheExport) {
  const Watched watched = watch(alice(), kExported, std::vector{attempt(900), attempt(1500)});
  EXPECT_EQ(watched.outcome, Outcome::still_refused);
  EXPECT_EQ(watched.refused, 1U);
  EXPECT_EQ(watched.last_refused, 1500);
}

TEST(Watch, GoesByTheLastAttempt) {
  EXPECT_EQ(outcome({attempt(1500, 1600)}), Outcome::got_in);
  EXPECT_EQ(outcome({attempt(1500, 1400)}), Outcome::still_refused);
}

TEST(Watch, PassesOverOtherChecksAndOtherSenders) {
  EXPECT_EQ(outcome({attempt(1500, {}, Family::reputation)}), Outcome::waiting);
  EXPECT_EQ(outcome({attempt(1500, {}, Family::client_identity)}), Outcome::waiting);
  Attempt other = attempt(1500, 1600);
  other.envelope.sender = "bob@example.com";
  EXPECT_EQ(outcome({other}), Outcome::waiting);
}

}  // namespace
}  // namespace lostmail::whitelist
