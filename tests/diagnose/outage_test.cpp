#include "lostmail/diagnose/outage.hpp"

#include <gtest/gtest.h>

namespace lostmail::diagnose {
namespace {

constexpr std::int64_t kStart = 1'795'500'000;  // a multiple of ten minutes

/// `networks` clients of as many networks, one refusal each; the first `known` from correspondents.
std::vector<DnsRefusal> refusals(int networks, int known) {
  std::vector<DnsRefusal> made;
  for (int i = 0; i < networks; ++i) {
    made.push_back({kStart + i, "10." + std::to_string(i) + ".0.1",
                    "d" + std::to_string(i) + ".example", i < known});
  }
  return made;
}

TEST(Outage, IsTold) {
  struct Row {
    const char* name;
    std::vector<DnsRefusal> refusals;
    bool outage;
  };
  auto one_network = refusals(40, 40);
  for (auto& refusal : one_network) refusal.client_ip = "192.0.2.7";
  auto one_domain = refusals(40, 40);
  for (auto& refusal : one_domain) refusal.sender_domain = "big.example";
  auto six = refusals(12, 6);
  for (std::size_t i = 0; i < six.size(); ++i)
    six[i].client_ip = "2001:" + std::to_string(100 + i) + "::1";
  auto one_six = six;
  for (std::size_t i = 0; i < one_six.size(); ++i)
    one_six[i].client_ip = "2001:db8:" + std::to_string(i) + "::1";
  for (const auto& row : std::vector<Row>{
           {"nothing", {}, false},
           {"many networks, senders that were fine", refusals(40, 10), true},
           {"the least", refusals(8, 3), true},
           {"too few networks", refusals(7, 7), false},
           {"too few that were fine: a flood from everywhere", refusals(400, 2), false},
           {"one provider lost its reverse zone", one_network, false},
           {"one domain lost its DNS", one_domain, false},
           {"IPv6 from many networks", six, true},
           {"IPv6 from one", one_six, false}})
    EXPECT_EQ(outage_of(row.refusals).has_value(), row.outage) << row.name;
}

TEST(Outage, IsCounted) {
  const auto outage = outage_of(refusals(40, 10));
  ASSERT_TRUE(outage);
  EXPECT_EQ(outage->first, kStart);
  EXPECT_EQ(outage->last, kStart + 39);
  EXPECT_EQ(outage->refusals, 40U);
  EXPECT_EQ(outage->networks, 40U);
  EXPECT_EQ(outage->domains, 40U);
  EXPECT_EQ(outage->known_domains, 10U);
}

TEST(Outage, SuspiciousTimes) {
  constexpr std::int64_t kStep = BusyTime::kSeconds;
  const Window day{kStart, kStart + 144 * kStep};
  struct Row {
    const char* name;
    std::vector<BusyTime> busy;
    std::vector<std::pair<std::int64_t, std::int64_t>> windows;  // in steps from the start
  };
  std::vector<BusyTime> always, always_and_more;
  for (int i = 0; i < 144; ++i) {
    always.push_back({kStart + i * kStep, 30});
    always_and_more.push_back({kStart + i * kStep, i == 50 ? 120U : 30U});
  }
  for (const auto& row : std::vector<Row>{
           {"none", {}, {}},
           {"one", {{kStart + 5 * kStep, 9}}, {{4, 7}}},
           {"too small", {{kStart + 5 * kStep, 7}}, {}},
           {"side by side", {{kStart + 5 * kStep, 9}, {kStart + 6 * kStep, 9}}, {{4, 8}}},
           {"a pause within", {{kStart + 5 * kStep, 9}, {kStart + 9 * kStep, 9}}, {{4, 11}}},
           {"two", {{kStart + 5 * kStep, 9}, {kStart + 50 * kStep, 9}}, {{4, 7}, {49, 52}}},
           {"as usual on a large server", always, {}},
           {"four times the usual", always_and_more, {{49, 52}}}}) {
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    for (const auto& window : suspicious(row.busy, day))
      found.emplace_back((window.since - kStart) / kStep, (window.until - kStart) / kStep);
    EXPECT_EQ(found, row.windows) << row.name;
  }
}

}  // namespace
}  // namespace lostmail::diagnose
