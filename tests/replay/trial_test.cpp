#include "lostmail/replay/trial.hpp"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace lostmail::replay {
namespace {

const Transaction kRefused{"192.0.2.7", "mx.example.com", "mx.example.com", "alice@example.com",
                           "bob@example.net"};

/// A mail server of rules: verifies senders of example.com and strangers by a callout or refuses
/// them, takes mail for example.net alone.
class Rules : public Server {
 public:
  std::function<bool(const Transaction&)> exempt = [](const Transaction& t) {
    return t.sender == "alice@example.com";
  };
  bool by_callout = false;  ///< none is made: the mail gets in, the check is reached
  bool relays = false;      ///< for exempt ones

  Result<Answer> ask(const Transaction& transaction, bool with_entry) override {
    const bool is_exempt = with_entry && exempt(transaction);
    Answer answer;
    answer.checks = is_exempt ? 0 : 1;
    const bool unroutable = transaction.sender.ends_with(".invalid");
    answer.callout_omitted = by_callout && answer.checks > 0 && !unroutable;
    if (!is_exempt && (unroutable || !by_callout)) {
      answer.reply = "550 Sender verify failed";
      return answer;
    }
    if (!transaction.recipient.ends_with("@example.net") && !(relays && is_exempt)) {
      answer.reply = "550 relay not permitted";
      return answer;
    }
    answer.accepted = true;
    answer.reply = "250 Accepted";
    return answer;
  }
};

Trial tried(Rules rules, Names names = Names::sender) {
  auto trial = try_entry(rules, names, kRefused);
  EXPECT_TRUE(trial.has_value());
  return *trial;
}

TEST(TryEntry, ProvesWhatLetsTheRefusedInAndNobodyElse) {
  const Trial trial = tried({});
  EXPECT_EQ(trial.finding, Finding::proven) << trial.text;
  EXPECT_EQ(trial.comparisons.size(), 4U);
  EXPECT_NE(trial.text.find("550 Sender verify failed"), std::string::npos);
}

TEST(TryEntry, ProvesASkippedCallout) {
  Rules rules;
  rules.by_callout = true;
  const Trial trial = tried(rules);
  EXPECT_EQ(trial.finding, Finding::proven) << trial.text;
  EXPECT_NE(trial.text.find("callout"), std::string::npos);
}

TEST(TryEntry, CallsAnEntryUselessThatChangesNothing) {
  Rules rules;
  rules.exempt = [](const Transaction&) { return false; };
  EXPECT_EQ(tried(rules).finding, Finding::useless);
  rules.by_callout = true;
  EXPECT_EQ(tried(rules).finding, Finding::useless);
}

TEST(TryEntry, SeesAListThatRelays) {
  Rules rules;
  rules.relays = true;
  const Trial trial = tried(rules);
  EXPECT_EQ(trial.finding, Finding::too_wide);
  EXPECT_NE(trial.text.find("relayed"), std::string::npos);
}

TEST(TryEntry, SeesAnEntryThatCoversTheNeighbour) {
  Rules rules;
  rules.exempt = [](const Transaction& t) { return t.sender.ends_with("@example.com"); };
  EXPECT_EQ(tried(rules).finding, Finding::too_wide);
  rules.by_callout = true;  // gets in either way, but skips the check
  EXPECT_EQ(tried(rules).finding, Finding::too_wide);
}

TEST(TryEntry, SeesAnEntryThatCoversAllDomainsWithItsEnding) {
  Rules rules;
  rules.exempt = [](const Transaction& t) { return t.sender.ends_with("example.com"); };
  EXPECT_EQ(tried(rules, Names::sender_domain).finding, Finding::too_wide);
  rules.exempt = [](const Transaction& t) { return t.sender.ends_with("@example.com"); };
  EXPECT_EQ(tried(rules, Names::sender_domain).finding, Finding::proven);
}

TEST(TryEntry, SeesAnEntryThatCoversEveryClient) {
  Rules rules;
  rules.exempt = [](const Transaction& t) { return t.client_ip == kRefused.client_ip; };
  EXPECT_EQ(tried(rules, Names::client).finding, Finding::proven);
  rules.exempt = [](const Transaction&) { return true; };
  EXPECT_EQ(tried(rules, Names::client).finding, Finding::too_wide);
}

TEST(SafeHelo, CarriesNamesAlone) {
  EXPECT_EQ(safe_helo("mx.example.com", "192.0.2.7"), "mx.example.com");
  for (const char* helo : {"", "a b", "x\r\nMAIL FROM:<>", "[192.0.2.9]", "-x", "${run{x}}"}) {
    EXPECT_EQ(safe_helo(helo, "192.0.2.7"), "[192.0.2.7]") << helo;
  }
  EXPECT_EQ(safe_helo("", "2001:db8::7"), "[IPv6:2001:db8::7]");
}

}  // namespace
}  // namespace lostmail::replay
