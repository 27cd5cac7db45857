#include "lostmail/whitelist/sendmail_access.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lostmail/whitelist/export.hpp"
#include "lostmail/whitelist/guide.hpp"

namespace lostmail::whitelist {
namespace {

TEST(AccessSenderKey, IsTaggedAndFolded) {
  EXPECT_EQ(access_sender_key("Alice@Example.COM"), "From:alice@example.com");
}

TEST(AccessSenderKey, RefusesWhatIsNoLiteral) {
  for (const char* address :
       {"", "x\n*@*", "a@b.example\tRELAY", "a@b.example RELAY", "user+*@example.com",
        "*@example.com", "user@", "@example.com", "example.com", "#a@example.com",
        "a#b@example.com", "\"a b\"@example.com", "!user@example.com", "a@com", "a@co.uk",
        "user@[192.0.2.1]", "Connect:192.0.2.7", "b\xfc@example.com"}) {
    EXPECT_FALSE(access_sender_key(address).has_value()) << address;
  }
}

TEST(AccessClientKey, WritesOutIpv6) {
  EXPECT_EQ(access_client_key("192.0.2.7"), "Connect:192.0.2.7");
  EXPECT_EQ(access_client_key("2001:db8::20"), "Connect:IPv6:2001:db8:0:0:0:0:0:20");
  EXPECT_EQ(access_client_key("IPv6:2001:DB8:0:0:a:0:0:20"), "Connect:IPv6:2001:db8:0:0:a:0:0:20");
  EXPECT_EQ(access_client_key("::ffff:192.0.2.7"), "Connect:192.0.2.7");
  for (const char* ip :
       {"", "192.0.2", "192.0.2.0/24", "127.0.0.1", "::1", "0.0.0.0", "host.example.com"}) {
    EXPECT_FALSE(access_client_key(ip).has_value()) << ip;
  }
}

Entry access_entry(std::string key, std::string value = "OK") {
  Entry entry;
  entry.list = List::sendmail_access;
  entry.key = std::move(key);
  entry.value = std::move(value);
  entry.reason = "domain_not_found, mx_unusable";
  return entry;
}

/// Lines of the block that are no comments.
std::vector<std::string> lines_of(const ListFile& file) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end; (end = file.block.find('\n', start)) != std::string::npos;
       start = end + 1) {
    std::string line = file.block.substr(start, end - start);
    if (!line.starts_with('#')) lines.push_back(std::move(line));
  }
  return lines;
}

const Target& access_target() { return targets_of(Format::sendmail_access).front(); }

Result<ListFile> sendmail_access_file(const std::vector<Entry>& entries, std::int64_t now,
                                      std::string_view existing = {}) {
  return file_of(access_target(), entries, now, existing);
}

TEST(SendmailAccessFile, WritesKeyTabOk) {
  const std::vector<Entry> entries{access_entry("From:alice@example.com"),
                                   access_entry("Connect:IPv6:2001:db8:0:0:0:0:0:20"),
                                   access_entry("Connect:192.0.2.7")};
  const auto file = sendmail_access_file(entries, 0);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(lines_of(*file), (std::vector<std::string>{"Connect:192.0.2.7\tOK",
                                                       "Connect:IPv6:2001:db8:0:0:0:0:0:20\tOK",
                                                       "From:alice@example.com\tOK"}));
}

TEST(SendmailAccessFile, LeavesOutAllThatItWouldNotBuild) {
  const std::vector<Entry> entries{access_entry("From:alice@example.com", "RELAY"),
                                   access_entry("From:alice@example.com", ""),
                                   access_entry("From:alice@example.com", "OK\nFrom:x RELAY"),
                                   access_entry("alice@example.com"),
                                   access_entry("From:example.com"),
                                   access_entry("From:alice@"),
                                   access_entry("To:alice@example.com"),
                                   access_entry("Connect:192.0.2"),
                                   access_entry("Connect:IPv6:2001:db8::20"),
                                   access_entry("Connect:[192.0.2.7]"),
                                   access_entry("From:Alice@example.com"),
                                   access_entry("from:alice@example.com"),
                                   access_entry("From:alice+*@example.com"),
                                   access_entry("")};
  const auto file = sendmail_access_file(entries, 0);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->entries, 0U);
  EXPECT_TRUE(lines_of(*file).empty());
  EXPECT_EQ(file->left_out.size(), entries.size());
}

TEST(SendmailAccessFile, LeavesAKeyToAPersonsLine) {
  const std::vector<Entry> entries{access_entry("From:alice@example.com"),
                                   access_entry("From:bob@example.com")};
  const std::string existing =
      "FROM:Alice@example.com\tREJECT\n# BEGIN lostmail\nFrom:bob@example.com\tOK\n# END "
      "lostmail\n";
  const auto file = sendmail_access_file(entries, 0, existing);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(lines_of(*file), std::vector<std::string>{"From:bob@example.com\tOK"});
  ASSERT_EQ(file->left_out.size(), 1U);
  EXPECT_EQ(file->left_out[0].subject, "From:alice@example.com");
}

TEST(SendmailAccessFile, StopsAtATornBlock) {
  EXPECT_FALSE(
      sendmail_access_file({}, 0, "# BEGIN lostmail\nFrom:a@example.com OK\n").has_value());
}

TEST(SendmailAccessGuide, NamesTheMap) {
  const auto text = use_of(access_target(), "/etc/mail/access");
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text->find("makemap hash /etc/mail/access < /etc/mail/access"), std::string::npos);
  EXPECT_FALSE(use_of(access_target(), "/etc/mail/access; rm").has_value());
}

}  // namespace
}  // namespace lostmail::whitelist
