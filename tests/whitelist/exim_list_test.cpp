#include "lostmail/whitelist/exim_list.hpp"

#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lostmail/whitelist/export.hpp"
#include "lostmail/whitelist/guide.hpp"

namespace lostmail::whitelist {
namespace {

struct KeyRow {
  const char* name;
  std::string address;
  std::string key;  ///< empty: refused
};

void PrintTo(const KeyRow& row, std::ostream* out) { *out << row.name; }

class NwildlsearchKey : public testing::TestWithParam<KeyRow> {};

TEST_P(NwildlsearchKey, TakesLiteralsOnly) {
  const KeyRow& row = GetParam();
  const auto key = nwildlsearch_key(row.address);
  EXPECT_EQ(key ? *key : "", row.key);
  if (key) return;
  EXPECT_EQ(key.error().kind, ErrorKind::invalid_argument);
  EXPECT_FALSE(key.error().message.empty());
  for (const char c : key.error().to_string()) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << row.name;
}

INSTANTIATE_TEST_SUITE_P(
    Plain, NwildlsearchKey,
    testing::Values(
        KeyRow{"lower", "alice@example.com", "alice@example.com"},
        KeyRow{"folded", "Alice.B@Mail.EXAMPLE.Co.UK", "alice.b@mail.example.co.uk"},
        KeyRow{"all_allowed", "a.%&'+/=?_{|}~-z@example.org", "a.%&'+/=?_{|}~-z@example.org"},
        KeyRow{"digits_first", "news@123.example", "news@123.example"},
        KeyRow{"fax_gateway", "+4930123456@fax.example.com", "+4930123456@fax.example.com"},
        KeyRow{"punycode", "info@xn--bcher-kva.example", "info@xn--bcher-kva.example"},
        KeyRow{"dots", "a..b.@example.com", "a..b.@example.com"},
        KeyRow{"unlisted_top_level", "a@host.example", "a@host.example"},
        KeyRow{"just_320", std::string(308, 'a') + "@example.com",
               std::string(308, 'a') + "@example.com"}),
    [](const auto& row) { return std::string(row.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Hostile, NwildlsearchKey,
    testing::Values(
        KeyRow{"null_sender", "", ""}, KeyRow{"second_line", "x\n*@*", ""},
        KeyRow{"second_line_after_address", "x@example.com\n*@example.com", ""},
        KeyRow{"carriage_return", "x@example.com\r", ""},
        KeyRow{"nul", std::string("x\0@example.com", 14), ""},
        KeyRow{"tab", "x@example.com\tOK", ""}, KeyRow{"blank_first", " x@example.com", ""},
        KeyRow{"blank", "a b@example.com", ""}, KeyRow{"quoted", "\"a: b\"@c.example", ""},
        KeyRow{"whole_domain", "*@example.com", ""}, KeyRow{"suffix", "*example.com", ""},
        KeyRow{"regex", "^.*@x", ""}, KeyRow{"regex_with_domain", "^.*@x.example", ""},
        KeyRow{"runs_a_command", "${run{/bin/sh}}@x.example", ""},
        KeyRow{"variable", "$sender_host_address@x.example", ""},
        KeyRow{"backslash", "a\\Nb@x.example", ""}, KeyRow{"comment", "a#b@c.example", ""},
        KeyRow{"comment_first", "#a@c.example", ""},
        KeyRow{"idn",
               "info@b\xc3\xbc"
               "cher.example",
               ""},
        KeyRow{"utf8_local_part",
               "b\xc3\xbc"
               "cher@example.com",
               ""},
        KeyRow{"latin1", "b\xfc@example.com", ""}, KeyRow{"delete", "a\x7f@example.com", ""},
        // As the last key this makes the list match everybody (tried on 4.96).
        KeyRow{"negated", "!user@example.com", ""},
        // This stops each session that reads the list: "failed to open /s=user@..." (tried
        // on 4.96).
        KeyRow{"file_name", "/S=user/O=org@example.com", ""},
        KeyRow{"lookup_type", "lsearch;a@example.com", ""}, KeyRow{"colon", "a:b@example.com", ""},
        KeyRow{"named_list", "+caseful", ""},
        KeyRow{"long_local_part", std::string(400, 'a') + "@example.com", ""},
        KeyRow{"byte_321", std::string(309, 'a') + "@example.com", ""},
        KeyRow{"long_domain",
               "a@" + std::string(60, 'b') + "." + std::string(60, 'c') + "." +
                   std::string(60, 'd') + "." + std::string(60, 'e') + ".example.com",
               ""},
        KeyRow{"long_label", "a@" + std::string(64, 'b') + ".example.com", ""},
        KeyRow{"no_domain", "root", ""}, KeyRow{"empty_domain", "root@", ""},
        KeyRow{"empty_local_part", "@example.com", ""}, KeyRow{"two_ats", "a@b@example.com", ""},
        KeyRow{"source_route", "@one.example,@two.example:joe@three.example", ""},
        KeyRow{"brackets", "<a@example.com>", ""}, KeyRow{"top_level", "a@com", ""},
        KeyRow{"top_level_with_dot", "a@.com", ""}, KeyRow{"public_suffix", "a@co.uk", ""},
        KeyRow{"public_suffix_folded", "a@CO.UK", ""},
        KeyRow{"private_section_suffix", "a@github.io", ""},
        KeyRow{"address_literal", "user@[192.0.2.1]", ""},
        KeyRow{"address_without_brackets", "user@192.0.2.1", ""},
        KeyRow{"last_dot", "user@example.com.", ""}, KeyRow{"empty_label", "user@example..com", ""},
        KeyRow{"hyphen_first", "user@-example.com", ""},
        KeyRow{"hyphen_last", "user@example-.com", ""},
        KeyRow{"underscore", "user@my_host.example.com", ""},
        KeyRow{"slash_in_domain", "user@example.com/../x", ""},
        KeyRow{"star_in_domain", "user@*.example.com", ""},
        KeyRow{"percent_in_domain", "user@exa%6dple.com", ""}),
    [](const auto& row) { return std::string(row.param.name); });

class HostKey : public testing::TestWithParam<KeyRow> {};

TEST_P(HostKey, TakesOneHost) {
  const auto key = host_key(GetParam().address);
  EXPECT_EQ(key ? *key : "", GetParam().key);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HostKey,
    testing::Values(KeyRow{"ipv4", "192.0.2.7", "192.0.2.7"},
                    KeyRow{"ipv4_brackets", "[192.0.2.7]", "192.0.2.7"},
                    KeyRow{"ipv6", "2001:DB8:0:0:0:0:0:20", "2001:db8::20"},
                    KeyRow{"ipv6_tag", "IPv6:2001:db8::20", "2001:db8::20"},
                    KeyRow{"mapped", "::ffff:192.0.2.7", "192.0.2.7"},
                    KeyRow{"mapped_loopback", "::ffff:127.0.0.1", ""},
                    KeyRow{"network", "192.0.2.0/24", ""}, KeyRow{"everything", "0.0.0.0/0", ""},
                    KeyRow{"prefix", "192.0.2", ""}, KeyRow{"unspecified", "0.0.0.0", ""},
                    KeyRow{"unspecified6", "::", ""}, KeyRow{"loopback", "127.0.0.1", ""},
                    KeyRow{"loopback6", "::1", ""}, KeyRow{"multicast", "224.0.0.1", ""},
                    KeyRow{"multicast6", "ff02::1", ""}, KeyRow{"broadcast", "255.255.255.255", ""},
                    KeyRow{"name", "mail.example.com", ""}, KeyRow{"star", "*", ""},
                    KeyRow{"second_line", "192.0.2.7\n*", ""}, KeyRow{"empty", "", ""},
                    KeyRow{"zone", "fe80::1%eth0", ""}, KeyRow{"file", "/etc/passwd", ""}),
    [](const auto& row) { return std::string(row.param.name); });

Entry sender(std::string key) {
  Entry entry;
  entry.key = std::move(key);
  entry.reason = "sender_verify_failed, null_sender_refused";
  entry.attempts = 5;
  entry.first = 1767312000;     // 2026-01-02
  entry.last = 1767571200;      // 2026-01-05
  entry.approved = 1767657600;  // 2026-01-06
  entry.expires = 1799193600;   // 2027-01-06
  entry.approved_by = "ann";
  return entry;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    lines.push_back(text.substr(start, end - start));
  }
  EXPECT_EQ(start, text.size()) << "the last line has no newline";
  return lines;
}

std::vector<std::string> keys_of(const std::string& block) {
  std::vector<std::string> keys;
  for (auto& line : lines_of(block)) {
    if (!line.starts_with('#')) keys.push_back(std::move(line));
  }
  return keys;
}

ListFile file_of(Format format, const std::vector<Entry>& entries, std::int64_t now) {
  auto file = whitelist::file_of(targets_of(format).front(), entries, now);
  return file ? *file : ListFile();
}

ListFile exim_senders_file(const std::vector<Entry>& entries, std::int64_t now) {
  return file_of(Format::exim_senders, entries, now);
}

ListFile exim_hosts_file(const std::vector<Entry>& entries, std::int64_t now) {
  return file_of(Format::exim_hosts, entries, now);
}

TEST(EximSendersFile, HoldsEachKeyBelowItsReason) {
  const std::vector<Entry> entries{sender("bob@example.org"), sender("alice@example.com")};
  const ListFile file = exim_senders_file(entries, 0);
  EXPECT_EQ(file.entries, 2U);
  EXPECT_TRUE(file.left_out.empty());
  const auto lines = lines_of(file.block);
  ASSERT_GE(lines.size(), 6U);
  EXPECT_EQ(lines.front(), kBlockBegin);
  EXPECT_EQ(lines.back(), kBlockEnd);
  const std::vector<std::string> last(lines.end() - 5, lines.end() - 1);
  const std::string why =
      "# why: sender_verify_failed, null_sender_refused; 5 attempts, 2026-01-02 to 2026-01-05; "
      "approved "
      "2026-01-06 by ann; expires 2027-01-06";
  EXPECT_EQ(last, (std::vector<std::string>{why, "alice@example.com", why, "bob@example.org"}));
}

TEST(EximSendersFile, WithoutEntriesIsABlockOfComments) {
  const ListFile file = exim_senders_file({}, 0);
  EXPECT_TRUE(keys_of(file.block).empty());
  EXPECT_TRUE(replace_block("", file.block).has_value());
}

TEST(EximSendersFile, LeavesOutWhatExpiredAndSaysSo) {
  const std::vector<Entry> entries{sender("alice@example.com")};
  EXPECT_EQ(exim_senders_file(entries, 1799193599).entries, 1U);
  const ListFile file = exim_senders_file(entries, 1799193600);
  EXPECT_TRUE(keys_of(file.block).empty());
  ASSERT_EQ(file.left_out.size(), 1U);
  EXPECT_EQ(file.left_out[0].subject, "alice@example.com");
  EXPECT_EQ(file.left_out[0].reason, "expired on 2027-01-06");
}

TEST(EximSendersFile, PassesOverOtherLists) {
  Entry access = sender("From:alice@example.com");
  access.list = List::sendmail_access;
  access.value = "OK";
  const ListFile file = exim_senders_file({access}, 0);
  EXPECT_EQ(file.entries, 0U);
  EXPECT_TRUE(file.left_out.empty());
}

TEST(EximSendersFile, CommentsStayComments) {
  Entry entry = sender("alice@example.com");
  entry.reason = "x\n*@*\r\n# END lostmail\n\x1b[2J";
  entry.approved_by = "ann\n*";
  const ListFile file = exim_senders_file(std::vector<Entry>{entry}, 0);
  EXPECT_EQ(keys_of(file.block), std::vector<std::string>{"alice@example.com"});
  for (const char c : file.block) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f));
  EXPECT_TRUE(replace_block("", file.block).has_value());
}

TEST(EximHostsFile, HoldsAddresses) {
  Entry four = sender("192.0.2.7");
  Entry six = sender("2001:db8::20");
  Entry network = sender("192.0.2.0/24");
  four.list = six.list = network.list = List::exim_hosts;
  const ListFile file = exim_hosts_file(std::vector<Entry>{six, network, four}, 0);
  EXPECT_EQ(keys_of(file.block), (std::vector<std::string>{"192.0.2.7", "2001:db8::20"}));
  ASSERT_EQ(file.left_out.size(), 1U);
  EXPECT_EQ(file.left_out[0].subject, "192.0.2.0/24");
}

/// Addresses as a stranger would choose them: pieces of syntax, now and then a random byte.
class Stranger {
 public:
  std::string text() {
    static const std::vector<std::string> kPieces{"alice",
                                                  "bob",
                                                  "example.com",
                                                  "example",
                                                  "co.uk",
                                                  "com",
                                                  "@",
                                                  "@",
                                                  "@example.org",
                                                  ".",
                                                  "-",
                                                  "+",
                                                  "_",
                                                  "=",
                                                  "/",
                                                  "%",
                                                  "&",
                                                  "'",
                                                  "{",
                                                  "}",
                                                  "|",
                                                  "~",
                                                  "?",
                                                  "*",
                                                  "^",
                                                  "!",
                                                  "\"",
                                                  "$",
                                                  "\\",
                                                  "#",
                                                  ":",
                                                  ";",
                                                  " ",
                                                  "\t",
                                                  "\n",
                                                  "\r",
                                                  ",",
                                                  "<",
                                                  ">",
                                                  "(",
                                                  ")",
                                                  "[",
                                                  "]",
                                                  "${run{/bin/sh}}",
                                                  "# END lostmail",
                                                  "OK",
                                                  "RELAY",
                                                  "\xc3\xbc",
                                                  "\x1b[31m",
                                                  "nwildlsearch;/etc/passwd",
                                                  "+relay_from_hosts",
                                                  std::string(1, '\0')};
    std::string result;
    const std::size_t pieces = pick(8);
    for (std::size_t i = 0; i < pieces; ++i) {
      result += pick(12) == 0 ? std::string(1, static_cast<char>(pick(256)))
                              : kPieces[pick(kPieces.size())];
    }
    if (pick(3) == 0) result += "@mail.example.net";
    return result;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::mt19937 random_{20261125};
};

TEST(EximSendersFile, WhateverComesInEachLineIsOneValidatedKey) {
  Stranger stranger;
  std::vector<Entry> entries;
  std::set<std::string> valid;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = stranger.text();
    const auto key = nwildlsearch_key(text);
    if (key) valid.insert(*key);
    Entry entry = sender(key && i % 2 == 0 ? *key : text);
    entry.reason = stranger.text();
    entry.approved_by = stranger.text();
    entries.push_back(std::move(entry));
  }
  const ListFile file = exim_senders_file(entries, 0);
  const auto keys = keys_of(file.block);
  EXPECT_GT(keys.size(), 50U);
  EXPECT_EQ(keys.size(), file.entries);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size());
  for (const std::string& key : keys) {
    EXPECT_TRUE(valid.contains(key)) << key;
    EXPECT_EQ(nwildlsearch_key(key), key);
    EXPECT_EQ(key.find_first_of("*^!\"$\\#:; \t\r,<>()[]`"), std::string::npos) << key;
    EXPECT_NE(key.front(), '/');
    EXPECT_EQ(key.find('@'), key.rfind('@'));
    for (const char c : key) EXPECT_TRUE(c > 0x20 && c < 0x7f);
  }
  for (const char c : file.block) ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f));
  EXPECT_EQ(replace_block("hand@example.com\n", file.block), "hand@example.com\n" + file.block);
}

TEST(EximSendersAcl, ExemptsInsideTheVerification) {
  const auto text = use_of(targets_of(Format::exim_senders).front(), "/etc/exim4/lostmail_senders");
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text->find("addresslist lostmail_senders = ${if exists{/etc/exim4/lostmail_senders}"
                       "{nwildlsearch;/etc/exim4/lostmail_senders}{}}\n"),
            std::string::npos);
  EXPECT_NE(text->find("  deny    !senders = +lostmail_senders\n          !verify  = sender"),
            std::string::npos);
  for (const auto& line : lines_of(*text)) {
    if (!line.starts_with('#')) {
      EXPECT_EQ(line.find("accept"), std::string::npos) << line;
    }
  }
}

TEST(EximAcl, TakesPlainPathsOnly) {
  for (const char* path :
       {"", "lostmail", "/etc/a b", "/etc/${run{x}}", "/etc/a:b", "/etc/a\nb", "/etc/}{"}) {
    for (const auto& word : Words<Format>::list) {
      for (const Target& target : targets_of(word.value)) {
        EXPECT_FALSE(use_of(target, path).has_value()) << path;
        EXPECT_TRUE(use_of(target, target.path()).has_value()) << target.path();
      }
    }
  }
}

}  // namespace
}  // namespace lostmail::whitelist
