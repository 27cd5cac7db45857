#include "lostmail/advice/advice.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace lostmail::advice {
namespace {

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void expect_text(std::string_view text) {
  ASSERT_FALSE(text.empty());
  EXPECT_LE(text.size(), kMaxTextBytes) << text;
  EXPECT_TRUE(is_plain_ascii(text)) << text;
  EXPECT_TRUE(text.front() >= 'A' && text.front() <= 'Z') << text;
  EXPECT_EQ(text.back(), '.') << text;
  EXPECT_FALSE(contains(text, "  ")) << text;
}

void expect_title(std::string_view text) {
  ASSERT_FALSE(text.empty());
  EXPECT_LE(text.size(), kMaxTitleBytes) << text;
  EXPECT_TRUE(is_plain_ascii(text)) << text;
  EXPECT_NE(text.back(), '.') << text;
  EXPECT_NE(text.back(), ' ') << text;
}

template <typename Enum>
class AdviceTest : public testing::Test {};

using Lists = testing::Types<Variant, Cause>;
TYPED_TEST_SUITE(AdviceTest, Lists);

TYPED_TEST(AdviceTest, EveryWordHasItsTexts) {
  for (const auto& word : Words<TypeParam>::list) {
    SCOPED_TRACE(std::string(word.name));
    expect_title(title(word.value));
    expect_text(about(word.value).meaning);
    expect_text(about(word.value).sender_side);
    expect_text(about(word.value).recipient_side);
  }
}

TYPED_TEST(AdviceTest, NoTwoWordsShareATitleOrAMeaning) {
  std::set<std::string_view> titles;
  std::set<std::string_view> meanings;
  for (const auto& word : Words<TypeParam>::list) {
    EXPECT_TRUE(titles.insert(title(word.value)).second) << word.name;
    EXPECT_TRUE(meanings.insert(about(word.value).meaning).second) << word.name;
  }
}

// Sendmail's access map value RELAY opens the server to whoever claims the key.
TYPED_TEST(AdviceTest, NothingAdvisesARelayEntry) {
  for (const auto& word : Words<TypeParam>::list) {
    const Advice& advice = about(word.value);
    EXPECT_FALSE(contains(advice.sender_side, "RELAY")) << word.name;
    EXPECT_FALSE(contains(advice.recipient_side, "RELAY")) << word.name;
  }
}

// The list in the enum's order: from dnsbl to local_fault stand the other reasons; unstated and
// other may be anything.
TEST(AdviceOfVariants, OtherReasonsSaySoFirst) {
  constexpr std::string_view kDisclaimer = "This is not a sender verification refusal.";
  for (const auto& word : Words<Variant>::list) {
    const bool other_reason = word.value >= Variant::dnsbl && word.value <= Variant::local_fault;
    EXPECT_EQ(about(word.value).meaning.substr(0, kDisclaimer.size()) == kDisclaimer, other_reason)
        << word.name;
  }
}

TEST(AdviceOfVariants, ASitesOwnTextIsCalledThat) {
  for (const Variant variant :
       {Variant::sender_verify_rejected, Variant::verify_validity, Variant::firewall_upgrade,
        Variant::return_address_rejected, Variant::sender_must_exist}) {
    EXPECT_TRUE(contains(about(variant).meaning, "that site's own configuration"))
        << name_of(variant);
    EXPECT_TRUE(contains(about(variant).meaning, "ost likely")) << name_of(variant);
  }
}

template <typename Enum>
struct Content {
  Enum word;
  std::string_view Advice::*side;
  std::string_view part;
};

TEST(AdviceOfVariants, NamesTheRemedy) {
  const Content<Variant> rows[] = {
      {Variant::sender_verify_failed, &Advice::sender_side, "MAIL FROM:<>"},
      {Variant::sender_verify_failed, &Advice::recipient_side, "lostmail whitelist suggest"},
      {Variant::sender_verify_failed, &Advice::recipient_side, "relay control"},
      {Variant::callout_incomplete, &Advice::recipient_side, "/defer_ok"},
      {Variant::no_reverse_lookup, &Advice::sender_side, "PTR"},
      {Variant::reverse_forged, &Advice::sender_side, "A or AAAA"},
      {Variant::domain_not_found, &Advice::sender_side, "MX"},
      {Variant::domain_not_found, &Advice::recipient_side, "resolver first"},
      {Variant::relay_denied, &Advice::recipient_side, "Never whitelist"},
      {Variant::relay_denied, &Advice::recipient_side, "authenticate"},
      {Variant::virus, &Advice::recipient_side, "Never exempt"},
  };
  for (const auto& row : rows) {
    EXPECT_TRUE(contains(about(row.word).*row.side, row.part))
        << name_of(row.word) << ": " << row.part;
  }
}

TEST(AdviceOfCauses, NamesTheRemedy) {
  const Content<Cause> rows[] = {
      {Cause::mailbox_unknown, &Advice::meaning, "RCPT TO"},
      {Cause::null_sender_refused, &Advice::meaning, "misconfigured"},
      {Cause::null_sender_refused, &Advice::sender_side, "RFC 5321 section 4.5.5"},
      {Cause::postmaster_refused, &Advice::meaning, "RFC 5321 section 4.5.1"},
      {Cause::callout_unreachable, &Advice::sender_side, "port 25"},
      {Cause::callout_deferred, &Advice::recipient_side, "defer_ok"},
      {Cause::domain_nonexistent, &Advice::recipient_side, "Nothing: the refusal is right"},
      {Cause::null_mx, &Advice::meaning, "RFC 7505"},
      {Cause::dns_temporary, &Advice::recipient_side, "your own resolver first"},
      {Cause::ptr_mismatch, &Advice::recipient_side, "full IP address"},
  };
  for (const auto& row : rows) {
    EXPECT_TRUE(contains(about(row.word).*row.side, row.part))
        << name_of(row.word) << ": " << row.part;
  }
}

}  // namespace
}  // namespace lostmail::advice
