#include "lostmail/whitelist/suggestion.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lostmail/whitelist/exim_list.hpp"
#include "lostmail/whitelist/export.hpp"

namespace lostmail::whitelist {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kStart = 20468 * kDay + 3600;  // 2026-01-15T01:00:00Z

Policy policy() {
  Policy result;
  result.local_domains = {"example.net"};
  return result;
}

/// So many, one after the other.
std::vector<std::int64_t> days(std::int64_t count) {
  std::vector<std::int64_t> result;
  for (std::int64_t day = kStart / kDay; count > 0; --count) result.push_back(day++);
  return result;
}

/// One attempt by a server that refuses the null sender, its name in order.
SenderEvidence row() {
  SenderEvidence result;
  result.cause = Cause::null_sender_refused;
  result.sender = "alice@example.com";
  result.client_ip = "192.0.2.7";
  result.client_name = "mx.example.org";
  result.attempts = result.permanent = result.recipients = 1;
  result.days = days(1);
  result.first = result.last = kStart;
  return result;
}

template <typename Change>
SenderEvidence row(Change change) {
  SenderEvidence result = row();
  change(result);
  return result;
}

Suggestions judge(const SenderEvidence& evidence) { return suggest({evidence}, {}, policy()); }

bool contains(const std::vector<std::string>& sentences, std::string_view part) {
  return std::any_of(sentences.begin(), sentences.end(), [part](const std::string& text) {
    return text.find(part) != std::string::npos;
  });
}

TEST(Suggest, ProposesTheNarrowestEntryAndExplainsIt) {
  const auto result = judge(row([](auto& r) {
    r.sender = "Alice@Example.COM";
    r.client_name = "mx1.example.com";
    r.attempts = 5;
    r.days = days(3);
    r.recipients = 2;
    r.last = kStart + 3 * kDay;
    r.pairs_delivered = 1;
  }));
  EXPECT_TRUE(result.not_proposed.empty());
  ASSERT_EQ(result.proposals.size(), 1U);
  const Proposal& proposal = result.proposals[0];
  EXPECT_EQ(proposal.id, entry_id(List::exim_senders, "alice@example.com"));
  EXPECT_EQ(proposal.list, List::exim_senders);
  EXPECT_EQ(proposal.key, "alice@example.com");
  EXPECT_EQ(proposal.value, "");
  EXPECT_EQ(proposal.score, 30 + 20 + 15 + 10 + 5);
  EXPECT_EQ(strength(proposal.score), Strength::strong);
  EXPECT_EQ(
      proposal.evidence,
      (std::vector<std::string>{
          "refused 5 times on 3 days, 2026-01-15 to 2026-01-18, for 2 recipients",
          "client mx1.example.com [192.0.2.7]",
          "said sender_verify_failed, cause null_sender_refused: the sender's server refuses the "
          "null "
          "sender, which RFC 5321 wants accepted: misconfigured, not fake",
          "mail between the two was delivered, for 1 pair of sender and recipient"}));
  EXPECT_TRUE(proposal.against.empty());
  EXPECT_NE(proposal.lifts.find("forged"), std::string::npos);
  EXPECT_EQ(proposal.sender, "alice@example.com");
  EXPECT_EQ(proposal.client_ip, "192.0.2.7");
}

struct RouteRow {
  const char* name;
  Mta mta;
  Family family;
  Variant variant;
  Cause cause;
  std::string key;  ///< empty: none
  List list = List::exim_senders;
};

void PrintTo(const RouteRow& row, std::ostream* out) { *out << row.name; }

class RouteOf : public testing::TestWithParam<RouteRow> {};

TEST_P(RouteOf, FollowsTheTable) {
  const RouteRow& way = GetParam();
  const auto result = judge(row([&way](auto& r) {
    r.mta = way.mta;
    r.family = way.family;
    r.variant = way.variant;
    r.cause = way.cause;
    r.client_ip = "2001:db8::20";
    r.days = days(4);
    r.pairs_delivered = 1;
  }));
  ASSERT_EQ(result.proposals.size(), way.key.empty() ? 0U : 1U);
  if (way.key.empty()) {
    ASSERT_EQ(result.not_proposed.size(), 1U);
    EXPECT_FALSE(result.not_proposed[0].reason.empty());
    return;
  }
  EXPECT_EQ(result.proposals[0].key, way.key);
  EXPECT_EQ(result.proposals[0].list, way.list);
  EXPECT_EQ(result.proposals[0].value, way.list == List::sendmail_access ? "OK" : "");
  EXPECT_FALSE(result.proposals[0].lifts.empty());
  EXPECT_TRUE(check(entry_of(result.proposals[0], "ann", kStart, 0)).has_value());
}

constexpr auto kAlice = "alice@example.com";
constexpr auto kFromAlice = "From:alice@example.com";
constexpr auto kSix = "2001:db8::20";
constexpr auto kConnectSix = "Connect:IPv6:2001:db8:0:0:0:0:0:20";

INSTANTIATE_TEST_SUITE_P(
    Rows, RouteOf,
    testing::Values(
        RouteRow{"exim_verify", Mta::exim, Family::sender_verify, Variant::sender_verify_failed,
                 Cause::callout_unreachable, kAlice, List::exim_senders},
        RouteRow{"exim_callout", Mta::exim, Family::sender_verify, Variant::callout_incomplete,
                 Cause::callout_deferred, kAlice, List::exim_senders},
        RouteRow{"exim_header_sender", Mta::exim, Family::sender_verify,
                 Variant::header_sender_invalid, Cause::as_stated, kAlice, List::exim_senders},
        RouteRow{"exim_domain", Mta::exim, Family::sender_domain, Variant::domain_not_found,
                 Cause::unroutable, kAlice, List::exim_senders},
        RouteRow{"exim_temporary_domain", Mta::exim, Family::sender_domain,
                 Variant::sender_domain_unresolved, Cause::dns_temporary, kAlice,
                 List::exim_senders},
        RouteRow{"exim_reverse", Mta::exim, Family::client_identity, Variant::no_reverse_lookup,
                 Cause::ptr_missing, kSix, List::exim_hosts},
        RouteRow{"exim_forged", Mta::exim, Family::client_identity, Variant::reverse_forged,
                 Cause::ptr_mismatch, kSix, List::exim_hosts},
        RouteRow{"exim_helo", Mta::exim, Family::client_identity, Variant::helo_invalid,
                 Cause::as_stated, kSix, List::exim_hosts},
        RouteRow{"sendmail_verify", Mta::sendmail, Family::sender_verify,
                 Variant::sender_must_exist, Cause::as_stated, kFromAlice, List::sendmail_access},
        RouteRow{"sendmail_domain", Mta::sendmail, Family::sender_domain, Variant::domain_not_found,
                 Cause::mx_unusable, kFromAlice, List::sendmail_access},
        RouteRow{"sendmail_reverse", Mta::sendmail, Family::client_identity,
                 Variant::no_reverse_lookup, Cause::ptr_missing, kConnectSix,
                 List::sendmail_access},
        RouteRow{"sendmail_temporary", Mta::sendmail, Family::sender_domain,
                 Variant::sender_domain_unresolved, Cause::dns_temporary, ""},
        RouteRow{"sendmail_helo", Mta::sendmail, Family::client_identity, Variant::helo_invalid,
                 Cause::as_stated, ""},
        RouteRow{"syntax", Mta::exim, Family::sender_domain, Variant::sender_syntax,
                 Cause::as_stated, ""},
        RouteRow{"syntax_cause", Mta::exim, Family::sender_verify, Variant::sender_verify_failed,
                 Cause::address_syntax, ""},
        RouteRow{"no_such_domain", Mta::exim, Family::sender_verify, Variant::sender_verify_failed,
                 Cause::domain_nonexistent, ""}),
    [](const auto& way) { return std::string(way.param.name); });

struct ScoreRow {
  const char* name;
  void (*change)(SenderEvidence&);
  int score;  ///< whether it reaches Policy::min_score or not
};

void PrintTo(const ScoreRow& row, std::ostream* out) { *out << row.name; }

class Score : public testing::TestWithParam<ScoreRow> {};

TEST_P(Score, IsTheSumOfTheTable) {
  SenderEvidence evidence = row();
  GetParam().change(evidence);
  Policy lenient = policy();
  lenient.min_score = -1000;
  const auto all = suggest({evidence}, {}, lenient);
  ASSERT_EQ(all.proposals.size(), 1U);
  EXPECT_EQ(all.proposals[0].score, GetParam().score);
  int sum = 0;
  for (const Points& term : all.proposals[0].points) sum += term.points;
  EXPECT_EQ(sum, GetParam().score);
  const bool proposed = GetParam().score >= policy().min_score;
  const auto result = judge(evidence);
  EXPECT_EQ(result.proposals.size(), proposed ? 1U : 0U);
  EXPECT_EQ(result.not_proposed.size(), proposed ? 0U : 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Score,
    testing::Values(
        ScoreRow{"null_sender_once", [](auto&) {}, 15 + 10 - 10},
        ScoreRow{"own_name", [](auto& r) { r.client_name = "mx.mail.example.com"; },
                 15 + 10 + 5 - 10},
        ScoreRow{"no_name", [](auto& r) { r.client_name.reset(); }, 15 - 10 - 10},
        ScoreRow{"forged_name", [](auto& r) { r.variant = Variant::reverse_forged; }, 15 - 10 - 10},
        ScoreRow{"unroutable_once", [](auto& r) { r.cause = Cause::unroutable; }, -10 + 10 - 15},
        ScoreRow{"unroutable_known",
                 [](auto& r) {
                   r.cause = Cause::unroutable;
                   r.pairs_delivered = 1;
                 },
                 30 - 10 + 10},
        ScoreRow{"no_mailbox_once", [](auto& r) { r.cause = Cause::mailbox_unknown; }, 5 + 10 - 10},
        ScoreRow{"unknown_cause_two_days",
                 [](auto& r) {
                   r.cause = Cause::not_logged;
                   r.days = days(2);
                 },
                 10 + 10},
        ScoreRow{"ten_days", [](auto& r) { r.days = days(10); }, 30 + 15 + 10},
        ScoreRow{"many_recipients_a_day", [](auto& r) { r.recipients = 5; }, 15 + 10 - 10 - 10},
        ScoreRow{"provider_denies",
                 [](auto& r) {
                   r.sender = "x.y@gmail.com";
                   r.cause = Cause::mailbox_unknown;
                   r.days = days(3);
                 },
                 20 + 5 + 10 - 15},
        ScoreRow{"client_once",
                 [](auto& r) {
                   r.family = Family::client_identity;
                   r.variant = Variant::no_reverse_lookup;
                   r.cause = Cause::ptr_missing;
                   r.client_name.reset();
                 },
                 -10},
        ScoreRow{"client_known",
                 [](auto& r) {
                   r.family = Family::client_identity;
                   r.variant = Variant::no_reverse_lookup;
                   r.cause = Cause::ptr_missing;
                   r.client_name.reset();
                   r.pairs_delivered = 1;
                 },
                 30}),
    [](const auto& score) { return std::string(score.param.name); });

TEST(Strength, HasThreeWords) {
  EXPECT_EQ(name_of(strength(29)), "weak");
  EXPECT_EQ(name_of(strength(30)), "fair");
  EXPECT_EQ(name_of(strength(59)), "fair");
  EXPECT_EQ(name_of(strength(60)), "strong");
}

struct NeverRow {
  const char* name;
  std::string sender;
  std::string_view reason;  ///< part of it
};

void PrintTo(const NeverRow& row, std::ostream* out) { *out << row.name; }

class Never : public testing::TestWithParam<NeverRow> {};

TEST_P(Never, ProposesNothingAndSaysWhy) {
  for (const Mta mta : {Mta::exim, Mta::sendmail}) {
    const auto result = judge(row([mta](auto& r) {
      r.mta = mta;
      r.sender = GetParam().sender;
      r.days = days(9);
      r.pairs_delivered = 1;
    }));
    EXPECT_TRUE(result.proposals.empty());
    ASSERT_EQ(result.not_proposed.size(), 1U);
    EXPECT_NE(result.not_proposed[0].reason.find(GetParam().reason), std::string::npos)
        << result.not_proposed[0].reason;
    for (const char c : result.not_proposed[0].subject) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Never,
    testing::Values(NeverRow{"null_sender", "", "null sender"},
                    NeverRow{"local", "ann@example.net", "local"},
                    NeverRow{"local_folded", "Ann@EXAMPLE.net", "local"},
                    NeverRow{"below_local", "ann@mail.example.net", "local"},
                    NeverRow{"local_last_dot", "ann@example.net.", "local"},
                    NeverRow{"public_suffix", "a@co.uk", "public suffix"},
                    NeverRow{"top_level", "a@com", "one label"},
                    NeverRow{"every_network", "root@localhost.localdomain", "every network"},
                    NeverRow{"second_line", "x\n*@*", "printable"},
                    NeverRow{"quoted", "\"a:b\"@c.example", "pattern or a command"},
                    NeverRow{"whole_domain", "*@example.com", "pattern or a command"},
                    NeverRow{"command", "${run{/bin/sh}}@x.example", "pattern or a command"},
                    NeverRow{"negated", "!user@example.com", "pattern or a command"},
                    NeverRow{"file", "/etc/passwd@example.com", "file"},
                    NeverRow{"literal", "user@[192.0.2.1]", "literal"},
                    NeverRow{"escape_sequence", "\x1b[2Ja@example.com", "printable"},
                    NeverRow{"too_long", std::string(400, 'a') + "@example.com", "320"}),
    [](const auto& never) { return std::string(never.param.name); });

TEST(Suggest, NeedsLocalDomains) {
  for (const auto& domains : {std::set<std::string>{}, std::set<std::string>{"", "."}}) {
    Policy unknown = policy();
    unknown.local_domains = domains;
    const auto result = suggest({row([](auto& r) { r.pairs_delivered = 1; })}, {}, unknown);
    EXPECT_TRUE(result.proposals.empty());
    ASSERT_EQ(result.not_proposed.size(), 1U);
    EXPECT_NE(result.not_proposed[0].reason.find("local domain"), std::string::npos);
  }
}

TEST(Suggest, TakesANeighbourForNoLocalDomain) {
  EXPECT_EQ(judge(row([](auto& r) { r.sender = "a@notexample.net"; })).proposals.size(), 1U);
}

TEST(Suggest, HoldsADomainNotFoundForNone) {
  const auto change = [](auto& r) {
    r.family = Family::sender_domain;
    r.variant = Variant::domain_not_found;
    r.cause = Cause::as_stated;
    r.days = days(9);
  };
  SenderEvidence evidence = row(change);
  EXPECT_TRUE(judge(evidence).proposals.empty());
  evidence.pairs_delivered = 1;
  EXPECT_EQ(judge(evidence).proposals.size(), 1U);
  // One row that says so is enough against all others of this sender.
  const auto result = suggest({row([](auto& r) { r.days = days(9); }), row(change)}, {}, policy());
  EXPECT_TRUE(result.proposals.empty());
}

TEST(Suggest, PassesOverOtherReasons) {
  const auto result = judge(row([](auto& r) { r.family = Family::reputation; }));
  EXPECT_TRUE(result.proposals.empty());
  EXPECT_TRUE(result.not_proposed.empty());
}

struct FloodRow {
  const char* name;
  ClientRecord record;
  bool flood;
};

void PrintTo(const FloodRow& row, std::ostream* out) { *out << row.name; }

class Flood : public testing::TestWithParam<FloodRow> {};

TEST_P(Flood, IsNeverProposed) {
  const auto result =
      suggest({row([](auto& r) { r.days = days(4); })}, {GetParam().record}, policy());
  EXPECT_EQ(result.proposals.empty(), GetParam().flood);
  ASSERT_EQ(result.not_proposed.size(), GetParam().flood ? 1U : 0U);
  if (GetParam().flood) {
    EXPECT_EQ(result.not_proposed[0].subject, "alice@example.com");
    EXPECT_NE(result.not_proposed[0].reason.find("192.0.2.7"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Flood,
    testing::Values(FloodRow{"quiet", {"192.0.2.7", 9, 19, 4, 0, 0}, false},
                    FloodRow{"recipients_of_a_named_server", {"192.0.2.7", 1, 20, 0, 0, 0}, false},
                    FloodRow{"one_spam_among_many", {"192.0.2.7", 9, 19, 0, 0, 1}, false},
                    FloodRow{"unknown_recipients", {"192.0.2.7", 1, 1, 5, 0, 0}, true},
                    FloodRow{"block_listed", {"192.0.2.7", 1, 1, 0, 1, 0}, true},
                    FloodRow{"spam", {"192.0.2.7", 1, 1, 0, 0, 1}, true},
                    FloodRow{"other_spelling", {"::ffff:192.0.2.7", 1, 1, 0, 0, 1}, true},
                    FloodRow{"another_client", {"192.0.2.8", 99, 99, 99, 99, 99}, false}),
    [](const auto& flood) { return std::string(flood.param.name); });

TEST(Suggest, RecipientsOfANamelessClientAreAFlood) {
  const auto evidence = row([](auto& r) {
    r.days = days(4);
    r.client_name.reset();
  });
  EXPECT_FALSE(suggest({evidence}, {{"192.0.2.7", 1, 19, 0, 0, 0}}, policy()).proposals.empty());
  EXPECT_TRUE(suggest({evidence}, {{"192.0.2.7", 1, 20, 0, 0, 0}}, policy()).proposals.empty());
}

TEST(Suggest, CountsNothingThatAFloodClaims) {
  const auto forged = row([](auto& r) {
    r.client_ip = "198.51.100.66";
    r.attempts = 40;
    r.days = days(9);
  });
  const auto result = suggest({row(), forged}, {{"198.51.100.66", 1, 1, 0, 0, 3}}, policy());
  ASSERT_EQ(result.proposals.size(), 1U);
  EXPECT_EQ(result.proposals[0].attempts, 1U);
  EXPECT_EQ(result.proposals[0].days, 1U);
  EXPECT_TRUE(
      contains(result.proposals[0].against, "40 attempts not counted: client 198.51.100.66"));
}

TEST(Suggest, TakesASenderOfManyStrangersForAFlood) {
  const auto many = [](auto& r) {
    r.recipients = 20;
    r.days = days(9);
  };
  EXPECT_TRUE(judge(row(many)).proposals.empty());
  // One known pair among twenty is how a forger looks who hit upon a correspondent.
  SenderEvidence evidence = row(many);
  evidence.pairs_delivered = 4;
  EXPECT_TRUE(judge(evidence).proposals.empty());
  evidence.pairs_delivered = 5;
  EXPECT_EQ(judge(evidence).proposals.size(), 1U);
  // Spread over clients, as a botnet does it.
  std::vector<SenderEvidence> spread;
  for (int i = 0; i < 20; ++i) {
    spread.push_back(row([i](auto& r) { r.client_ip = fmt::format("198.51.100.{}", i + 1); }));
  }
  EXPECT_TRUE(suggest(spread, {}, policy()).proposals.empty());
}

TEST(Suggest, GroupsRowsOfOneKeyInAnyOrder) {
  const auto later = row([](auto& r) {
    r.sender = "ALICE@example.com";
    r.family = Family::sender_domain;
    r.cause = Cause::callout_unreachable;
    r.client_ip = "192.0.2.8";
    r.attempts = 3;
    r.first = r.last = kStart + 2 * kDay;
    r.days = {kStart / kDay + 2};
  });
  const auto one = suggest({row(), later}, {}, policy());
  const auto other = suggest({later, row()}, {}, policy());
  ASSERT_EQ(one.proposals.size(), 1U);
  ASSERT_EQ(other.proposals.size(), 1U);
  EXPECT_EQ(one.proposals[0].attempts, 4U);
  EXPECT_EQ(one.proposals[0].days, 2U);
  EXPECT_EQ(one.proposals[0].cause, Cause::callout_unreachable);
  EXPECT_EQ(one.proposals[0].client_ip, "192.0.2.8");
  EXPECT_EQ(one.proposals[0].evidence, other.proposals[0].evidence);
  EXPECT_TRUE(contains(one.proposals[0].evidence, "[192.0.2.8], and 1 other client"));
}

/// One correspondent, refused for a reason, and then from the callout cache, which keeps none.
TEST(Suggest, CountsWhatRowsShareOnce) {
  const auto first = row([](auto& r) {
    r.attempts = 3;
    r.recipients_listed = r.delivered_listed = {7};
    r.pairs_delivered = 1;
    r.days = {20468, 20469};
    r.last = kStart + kDay;
  });
  const auto cached = row([](auto& r) {
    r.cause = Cause::not_logged;
    r.recipients_listed = {7, 8};
    r.recipients = 2;
    r.delivered_listed = {7};
    r.pairs_delivered = 1;
    r.days = {20469};
    r.first = r.last = kStart + kDay + 60;
  });
  for (const auto& rows : {std::vector{first, cached}, std::vector{cached, first}}) {
    const auto result = suggest(rows, {}, policy());
    ASSERT_EQ(result.proposals.size(), 1U);
    const Proposal& proposal = result.proposals[0];
    EXPECT_EQ(proposal.evidence.front(),
              "refused 4 times on 2 days, 2026-01-15 to 2026-01-16, for 2 recipients");
    EXPECT_TRUE(contains(proposal.evidence, "for 1 pair of sender and recipient"));
    EXPECT_TRUE(contains(proposal.evidence, "cause null_sender_refused"));
    EXPECT_EQ(proposal.recipients, 2U);
  }
  // Too many to be listed: what they share is not known.
  auto more = cached;
  more.recipients_listed = more.delivered_listed = {};
  EXPECT_EQ(suggest({first, more}, {}, policy()).proposals[0].evidence.front(),
            "refused 4 times on 2 days, 2026-01-15 to 2026-01-16, for up to 3 recipients");
}

TEST(Suggest, KeepsListsOfBothMtasApart) {
  const auto sendmail = row([](auto& r) { r.mta = Mta::sendmail; });
  const auto result = suggest({row(), sendmail}, {}, policy());
  ASSERT_EQ(result.proposals.size(), 2U);
  EXPECT_NE(result.proposals[0].id, result.proposals[1].id);
  EXPECT_EQ(result.proposals[1].key, "From:alice@example.com");
  EXPECT_TRUE(contains(result.proposals[1].against, "milter"));
  EXPECT_NE(result.proposals[1].lifts.find("delay_checks"), std::string::npos);
}

TEST(Suggest, FlagsSendersThatChangeOrBelongToPrograms) {
  const auto against = [](std::string sender) {
    return judge(row([&sender](auto& r) { r.sender = std::move(sender); })).proposals.at(0).against;
  };
  EXPECT_TRUE(contains(against("bounce-4711@lists.example.org"), "easily guessed"));
  EXPECT_TRUE(contains(against("owner-news@example.org"), "automatic"));
  EXPECT_TRUE(contains(against("root@www.example.org"), "automatic"));
  EXPECT_TRUE(contains(against("x.y@gmail.com"), "mailbox provider"));
  EXPECT_FALSE(contains(against("alice@example.com"), "automatic"));
}

/// The keys proposed for one attempt by each sender.
std::vector<std::string> keys_for(const std::vector<std::string>& senders, Policy with = policy(),
                                  Cause cause = Cause::null_sender_refused,
                                  std::uint64_t pairs = 0) {
  std::vector<SenderEvidence> rows;
  for (const std::string& sender : senders) {
    rows.push_back(row([&](auto& r) {
      r.sender = sender;
      r.cause = cause;
      r.pairs_delivered = pairs;
      r.days = days(4);
    }));
  }
  std::vector<std::string> keys;
  for (const Proposal& proposal : suggest(rows, {}, with).proposals) {
    EXPECT_TRUE(check(entry_of(proposal, "ann", kStart, 0)).has_value()) << proposal.key;
    keys.push_back(std::string(name_of(proposal.list)) + " " + proposal.key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

using Keys = std::vector<std::string>;

TEST(Suggest, FoldsSendersThatChange) {
  EXPECT_EQ(keys_for({"bounce-4711@lists.example.org", "bounce-4712@lists.example.org"}),
            (Keys{"exim-auto-senders bounce-*@lists.example.org"}));
  EXPECT_EQ(keys_for({"list-return-1-bob=example.net@lists.example.org"}),
            (Keys{"exim-auto-senders verp@lists.example.org"}));
  EXPECT_EQ(keys_for({"SRS0=x1y2=AB=example.com=joe@fwd.example.org"}),
            (Keys{"exim-auto-senders srs@fwd.example.org"}));
  EXPECT_EQ(keys_for({"owner-news@example.org"}), (Keys{"exim-senders owner-news@example.org"}));
}

TEST(Suggest, TakesNoShapeWhereTheRouteFailed) {
  EXPECT_EQ(keys_for({"bounce-1@lists.example.org"}, policy(), Cause::unroutable, 1),
            (Keys{"exim-senders bounce-1@lists.example.org"}));
}

TEST(Suggest, ProposesAShapeForAnyDomainOnceSeveralUseIt) {
  const std::vector<std::string> two{"owner-a@example.com", "owner-b@example.org"};
  EXPECT_EQ(keys_for(two).size(), 2U);
  std::vector<std::string> three = two;
  three.emplace_back("owner-c@sub.example.org");  // the same organisation
  EXPECT_EQ(keys_for(three).size(), 3U);
  three.emplace_back("owner-d@lists.example");
  const Keys keys = keys_for(three);
  EXPECT_EQ(keys.size(), 5U);
  EXPECT_EQ(keys.front(), "exim-auto-senders owner-*@*");
}

TEST(Suggest, FoldsADomainWhoseServerWillNotBeAsked) {
  const std::vector<std::string> three{"a@example.com", "b@example.com", "c@example.com"};
  EXPECT_EQ(keys_for({"a@example.com", "b@example.com"}).size(), 2U);
  EXPECT_EQ(keys_for(three),
            (Keys{"exim-callout-sender-domains example.com", "exim-senders a@example.com",
                  "exim-senders b@example.com", "exim-senders c@example.com"}));
  EXPECT_EQ(keys_for(three, policy(), Cause::callout_unreachable).size(), 3U);
  EXPECT_EQ(
      keys_for({"a@gmail.com", "b@gmail.com", "c@gmail.com"}),
      (Keys{"exim-senders a@gmail.com", "exim-senders b@gmail.com", "exim-senders c@gmail.com"}));
}

TEST(Suggest, FoldsAnUnroutableDomainOnlyWithMailBetween) {
  const std::vector<std::string> three{"a@example.com", "b@example.com", "c@example.com"};
  EXPECT_EQ(keys_for(three, policy(), Cause::unroutable, 1).front(),
            "exim-sender-verify-domains example.com");
  for (const std::string& key : keys_for(three, policy(), Cause::unroutable)) {
    EXPECT_TRUE(key.starts_with("exim-senders ")) << key;
  }
}

TEST(Suggest, GivesCpanelClientsAlone) {
  Policy cpanel = policy();
  cpanel.platform = Platform::cpanel;
  EXPECT_EQ(keys_for({"a@example.com", "bounce-1@lists.example.org"}, cpanel),
            (Keys{"cpanel senderverifybypasshosts:192.0.2.7"}));
}

TEST(Suggest, GivesDebianNoDomains) {
  Policy debian = policy();
  debian.platform = Platform::debian;
  EXPECT_EQ(keys_for({"a@example.com", "b@example.com", "c@example.com"}, debian).size(), 3U);
}

struct ByHandRow {
  List list;
  const char* key;
  bool taken;
};

TEST(CheckByHand, KeepsWhatNobodyShouldLetIn) {
  for (const ByHandRow& by_hand :
       std::vector<ByHandRow>{{List::exim_senders, "alice@example.com", true},
                              {List::exim_senders, "boss@example.net", false},
                              {List::exim_senders, "x.y@gmail.com", true},
                              {List::exim_callout_sender_domains, "gmail.com", false},
                              {List::exim_callout_sender_domains, "example.org", true},
                              {List::exim_sender_verify_domains, "sub.example.net", false},
                              {List::exim_callout_receiver_domains, "example.net", true},
                              {List::exim_callout_receiver_domains, "example.org", false},
                              {List::exim_auto_senders, "bounce-*@*", true},
                              {List::exim_auto_senders, "bounce-*@example.net", false},
                              {List::exim_hosts, "192.0.2.7", true}}) {
    Entry entry;
    entry.list = by_hand.list;
    entry.key = by_hand.key;
    EXPECT_EQ(check_by_hand(entry, policy()).has_value(), by_hand.taken) << by_hand.key;
  }
}

TEST(Suggest, FlagsAPrivateClient) {
  const auto result = judge(row([](auto& r) {
    r.family = Family::client_identity;
    r.variant = Variant::no_reverse_lookup;
    r.client_ip = "10.1.2.3";
    r.days = days(4);
  }));
  ASSERT_EQ(result.proposals.size(), 1U);
  EXPECT_TRUE(contains(result.proposals[0].against, "private address"));
}

TEST(Suggest, KeepsAForgerOfOurDomainOutOfHostLists) {
  const auto result = judge(row([](auto& r) {
    r.family = Family::client_identity;
    r.variant = Variant::no_reverse_lookup;
    r.sender = "boss@example.net";
    r.days = days(9);
  }));
  EXPECT_TRUE(result.proposals.empty());
  ASSERT_EQ(result.not_proposed.size(), 1U);
  EXPECT_EQ(result.not_proposed[0].subject, "192.0.2.7");
}

TEST(Suggest, WritesNamesOfStrangersPrintable) {
  const auto result = judge(row([](auto& r) {
    r.family = Family::client_identity;
    r.variant = Variant::helo_invalid;
    r.cause = Cause::as_stated;
    r.sender = "evil\n\x1b[2J@example.com";
    r.client_name = "a\r\nb.example.org";
    r.days = days(4);
  }));
  ASSERT_EQ(result.proposals.size(), 1U);
  const Proposal& proposal = result.proposals[0];
  std::string all = proposal.sender + proposal.client_name + proposal.lifts;
  for (const auto& text : proposal.evidence) all += text;
  for (const auto& text : proposal.against) all += text;
  for (const char c : all) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
  EXPECT_TRUE(contains(proposal.evidence, "evil\\012\\033[2j@example.com"));
}

TEST(Suggest, CountsAgeAgainst) {
  Policy aged = policy();
  aged.now = kStart + 91 * kDay;
  const auto result = suggest({row([](auto& r) { r.days = days(4); })}, {}, aged);
  ASSERT_EQ(result.proposals.size(), 1U);
  EXPECT_TRUE(contains(result.proposals[0].against, "90 days"));
}

TEST(Suggest, PutsTheStrongestFirst) {
  const auto strong = row([](auto& r) {
    r.sender = "zoe@example.com";
    r.pairs_delivered = 1;
  });
  const auto result = suggest({row(), strong}, {}, policy());
  ASSERT_EQ(result.proposals.size(), 2U);
  EXPECT_EQ(result.proposals[0].key, "zoe@example.com");
}

TEST(Suggest, WithholdsTwoThatShareAnId) {
  // A stranger finds such a pair as fast as this test does.
  std::unordered_map<std::string, std::string> seen;
  std::string one;
  std::string other;
  for (int i = 0; one.empty(); ++i) {
    std::string address = fmt::format("user{}@users.example.org", i);
    const auto [found, added] = seen.emplace(entry_id(List::exim_senders, address), address);
    if (!added) {
      one = found->second;
      other = address;
    }
  }
  const auto from = [](const std::string& sender) {
    return row([&](auto& r) { r.sender = sender; });
  };
  const auto result = suggest({from(one), from(other), row()}, {}, policy());
  ASSERT_EQ(result.proposals.size(), 1U);
  EXPECT_EQ(result.proposals[0].key, "alice@example.com");
  EXPECT_EQ(result.not_proposed.size(), 2U);
}

TEST(EntryOf, PassesTheGate) {
  const auto result = judge(row());
  ASSERT_EQ(result.proposals.size(), 1U);
  const Entry entry = entry_of(result.proposals[0], "ann", kStart, kStart + 365 * kDay);
  EXPECT_TRUE(check(entry).has_value());
  EXPECT_EQ(entry.reason, "sender_verify_failed, null_sender_refused");
  EXPECT_EQ(
      file_of(targets_of(Format::exim_senders).front(), std::vector<Entry>{entry}, kStart)->entries,
      1U);
}

}  // namespace
}  // namespace lostmail::whitelist
