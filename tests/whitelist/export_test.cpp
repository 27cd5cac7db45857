#include "lostmail/whitelist/export.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lostmail/whitelist/auto_senders.hpp"

namespace lostmail::whitelist {
namespace {

Entry entry(List list, std::string_view key) {
  Entry result;
  result.list = list;
  result.key = key;
  result.value = value_of(list);
  result.reason = "sender_verify_failed, null_sender_refused";
  return result;
}

/// One entry for each list.
const std::vector<Entry>& all() {
  static const std::vector<Entry> kAll{entry(List::exim_senders, "alice@example.com"),
                                       entry(List::exim_senders, "+49@fax.example.com"),
                                       entry(List::exim_callout_sender_domains, "example.com"),
                                       entry(List::exim_callout_receiver_domains, "example.net"),
                                       entry(List::exim_sender_verify_domains, "example.org"),
                                       entry(List::exim_auto_senders, "bounce-*@lists.example.org"),
                                       entry(List::exim_hosts, "2001:db8::7"),
                                       entry(List::sendmail_access, "From:alice@example.com"),
                                       entry(List::cpanel, "senderverifybypasshosts:2001:db8::7"),
                                       entry(List::cpanel, "trustedmailhosts:192.0.2.7")};
  return kAll;
}

std::vector<std::string> lines(Format format, std::size_t which = 0) {
  const auto file = file_of(targets_of(format)[which], all(), 0);
  std::vector<std::string> result;
  if (!file) return result;
  for (std::size_t start = 0; start < file->block.size();) {
    const std::size_t end = file->block.find('\n', start);
    std::string line = file->block.substr(start, end - start);
    if (!line.starts_with('#')) result.push_back(std::move(line));
    start = end + 1;
  }
  std::sort(result.begin(), result.end());
  return result;
}

using Lines = std::vector<std::string>;
constexpr auto kQuotedRegex = R"("^bounces?[-+_=][^@]*@lists\\.example\\.org$")";
constexpr auto kPlainRegex = R"(^bounces?[-+_=][^@]*@lists\.example\.org$)";

TEST(FileOf, WritesEachLookupsOwnSyntax) {
  EXPECT_EQ(lines(Format::exim_senders), (Lines{"+49@fax.example.com", "alice@example.com"}));
  EXPECT_EQ(lines(Format::exim_callout_sender_domains), Lines{"example.com"});
  EXPECT_EQ(lines(Format::exim_callout_receiver_domains), Lines{"example.net"});
  EXPECT_EQ(lines(Format::exim_sender_verify_domains), Lines{"example.org"});
  EXPECT_EQ(lines(Format::exim_auto_senders), Lines{kQuotedRegex});
  EXPECT_EQ(lines(Format::exim_hosts), Lines{"2001:db8::7"});
  EXPECT_EQ(lines(Format::sendmail_access), Lines{"From:alice@example.com\tOK"});
  EXPECT_EQ(lines(Format::cpanel, 0), Lines{"\"2001:db8::7\""});
  EXPECT_EQ(lines(Format::cpanel, 1), Lines{"192.0.2.7"});
  EXPECT_EQ(lines(Format::directadmin, 0),
            (Lines{kQuotedRegex, "+49@fax.example.com", "alice@example.com"}));
  EXPECT_EQ(lines(Format::directadmin, 1), Lines{"2001:db8::7"});
  EXPECT_EQ(lines(Format::debian_exim4, 0),
            (Lines{kPlainRegex, "alice@example.com", "example.com", "example.org"}));
  EXPECT_EQ(lines(Format::debian_exim4, 1), Lines{"2001:db8::7"});
}

TEST(FileOf, SaysWhatAPlainListWouldMisread) {
  const auto file = file_of(targets_of(Format::debian_exim4)[0], all(), 0);
  ASSERT_TRUE(file.has_value());
  ASSERT_EQ(file->left_out.size(), 1U);
  EXPECT_EQ(file->left_out[0].subject, "+49@fax.example.com");
}

TEST(FileOf, NamesTheEntriesItHolds) {
  const auto file = file_of(targets_of(Format::exim_hosts)[0], all(), 0);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->ids, Lines{entry_id(List::exim_hosts, "2001:db8::7")});
}

std::size_t count_not_held(Format format) { return not_held(format, all(), 0).size(); }

TEST(NotHeld, SaysWhatAPanelCannotHold) {
  EXPECT_EQ(count_not_held(Format::exim_senders), 0U);  // another format is for another list
  EXPECT_EQ(count_not_held(Format::sendmail_access), 0U);
  EXPECT_EQ(count_not_held(Format::cpanel), 7U);
  EXPECT_EQ(count_not_held(Format::directadmin), 5U);
  EXPECT_EQ(count_not_held(Format::debian_exim4), 3U);
  for (const auto& rejected : not_held(Format::cpanel, all(), 0)) {
    EXPECT_FALSE(rejected.reason.empty()) << rejected.subject;
  }
}

TEST(TargetsOf, EachFormatHasItsFiles) {
  for (const auto& word : Words<Format>::list) {
    EXPECT_FALSE(targets_of(word.value).empty()) << word.name;
    for (const Target& target : targets_of(word.value)) EXPECT_EQ(target.format, word.value);
  }
}

TEST(FormatFor, SendsEachListWhereThePlatformReadsIt) {
  EXPECT_EQ(format_for(List::exim_senders, Platform::exim), Format::exim_senders);
  EXPECT_EQ(format_for(List::exim_senders, Platform::debian), Format::debian_exim4);
  EXPECT_EQ(format_for(List::exim_hosts, Platform::directadmin), Format::directadmin);
  EXPECT_EQ(format_for(List::exim_callout_sender_domains, Platform::directadmin),
            Format::exim_callout_sender_domains);
  EXPECT_EQ(format_for(List::cpanel, Platform::exim), Format::cpanel);
  EXPECT_EQ(format_for(List::sendmail_access, Platform::debian), Format::sendmail_access);
}

}  // namespace
}  // namespace lostmail::whitelist
