#include "lostmail/whitelist/entry.hpp"

#include <string>

#include <gtest/gtest.h>

namespace lostmail::whitelist {
namespace {

TEST(List, HasOneSpelling) {
  EXPECT_EQ(name_of(List::exim_senders), "exim-senders");
  EXPECT_EQ(name_of(List::exim_hosts), "exim-hosts");
  EXPECT_EQ(name_of(List::sendmail_access), "sendmail-access");
  EXPECT_EQ(from_name<List>("sendmail-access"), List::sendmail_access);
  EXPECT_EQ(from_name<List>("relay"), std::nullopt);
}

TEST(EntryId, IsStable) {
  // Released ids: a change here orphans the decisions that people took.
  EXPECT_EQ(entry_id(List::exim_senders, "alice@example.com"), "b2aa0471");
  EXPECT_EQ(entry_id(List::sendmail_access, "From:alice@example.com"), "0ed932b8");
}

struct Row {
  const char* name;
  List list;
  std::string key;
  std::string value;
  bool sound;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class Check : public testing::TestWithParam<Row> {};

TEST_P(Check, PassesOwnFormOnly) {
  Entry entry;
  entry.list = GetParam().list;
  entry.key = GetParam().key;
  entry.value = GetParam().value;
  EXPECT_EQ(check(entry).has_value(), GetParam().sound);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Check,
    testing::Values(Row{"sender", List::exim_senders, "alice@example.com", "", true},
                    Row{"sender_upper", List::exim_senders, "Alice@example.com", "", false},
                    Row{"sender_value", List::exim_senders, "alice@example.com", "OK", false},
                    Row{"sender_star", List::exim_senders, "*@example.com", "", false},
                    Row{"host", List::exim_hosts, "192.0.2.7", "", true},
                    Row{"host_brackets", List::exim_hosts, "[192.0.2.7]", "", false},
                    Row{"host_in_senders", List::exim_senders, "192.0.2.7", "", false},
                    Row{"from", List::sendmail_access, "From:alice@example.com", "OK", true},
                    Row{"connect", List::sendmail_access, "Connect:192.0.2.7", "OK", true},
                    Row{"relay", List::sendmail_access, "Connect:192.0.2.7", "RELAY", false},
                    Row{"untagged", List::sendmail_access, "192.0.2.7", "OK", false},
                    Row{"domain", List::exim_callout_sender_domains, "example.com", "", true},
                    Row{"suffix", List::exim_callout_sender_domains, "co.uk", "", false},
                    Row{"top_level", List::exim_sender_verify_domains, "com", "", false},
                    Row{"dot_first", List::exim_sender_verify_domains, ".example.com", "", false},
                    Row{"dot_last", List::exim_callout_sender_domains, "example.com.", "", false},
                    Row{"wild_domain", List::exim_callout_sender_domains, "*.example.com", "",
                        false},
                    Row{"idn", List::exim_callout_sender_domains, "b\xc3\xbc.example", "", false},
                    Row{"shape", List::exim_auto_senders, "bounce-*@example.com", "", true},
                    Row{"shape_any", List::exim_auto_senders, "*-request@*", "", true},
                    Row{"no_shape", List::exim_auto_senders, "alice@example.com", "", false},
                    Row{"star", List::exim_auto_senders, "*@example.com", "", false},
                    Row{"shape_suffix", List::exim_auto_senders, "bounce-*@com", "", false},
                    Row{"cpanel", List::cpanel, "senderverifybypasshosts:192.0.2.7", "", true},
                    Row{"trusted", List::cpanel, "trustedmailhosts:2001:db8::7", "", true},
                    Row{"relays", List::cpanel, "skipsmtpcheckhosts:192.0.2.7", "", false},
                    Row{"cpanel_net", List::cpanel, "trustedmailhosts:192.0.2.0/24", "", false}),
    [](const auto& row) { return std::string(row.param.name); });

struct CoversRow {
  const char* name;
  List list;
  const char* key;
  Envelope envelope;
  bool covered;
};

void PrintTo(const CoversRow& row, std::ostream* out) { *out << row.name; }

class Covers : public testing::TestWithParam<CoversRow> {};

TEST_P(Covers, ReadsAsTheLookupDoes) {
  Entry entry;
  entry.list = GetParam().list;
  entry.key = GetParam().key;
  entry.value = value_of(entry.list);
  ASSERT_TRUE(check(entry).has_value());
  EXPECT_EQ(covers(entry, GetParam().envelope), GetParam().covered);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Covers,
    testing::Values(
        CoversRow{"sender", List::exim_senders, "a@example.com", {"A@Example.COM", "", ""}, true},
        CoversRow{
            "neighbour", List::exim_senders, "a@example.com", {"b@example.com", "", ""}, false},
        CoversRow{"suffix",
                  List::exim_senders,
                  "a@example.com",
                  {"a@example.com.evil.example", "", ""},
                  false},
        CoversRow{
            "ending", List::exim_senders, "a@example.com", {"x.a@example.com", "", ""}, false},
        CoversRow{"null", List::exim_senders, "a@example.com", {"", "", ""}, false},
        CoversRow{"domain",
                  List::exim_callout_sender_domains,
                  "example.com",
                  {"x@EXAMPLE.com", "", ""},
                  true},
        CoversRow{"subdomain",
                  List::exim_callout_sender_domains,
                  "example.com",
                  {"x@sub.example.com", "", ""},
                  false},
        CoversRow{"receiver",
                  List::exim_callout_receiver_domains,
                  "example.net",
                  {"x@example.com", "", "bob@example.net"},
                  true},
        CoversRow{"bounce",
                  List::exim_auto_senders,
                  "bounce-*@lists.example.org",
                  {"bounce-4711-x=y.z@lists.example.org", "", ""},
                  true},
        CoversRow{"bounce_elsewhere",
                  List::exim_auto_senders,
                  "bounce-*@lists.example.org",
                  {"bounce-4711@lists.example.com", "", ""},
                  false},
        CoversRow{"bounce_dot_is_no_wildcard",
                  List::exim_auto_senders,
                  "bounce-*@lists.example.org",
                  {"bounce-1@listsXexample.org", "", ""},
                  false},
        CoversRow{"not_a_bounce",
                  List::exim_auto_senders,
                  "bounce-*@lists.example.org",
                  {"x-bounce-1@lists.example.org", "", ""},
                  false},
        CoversRow{"second_at",
                  List::exim_auto_senders,
                  "bounce-*@lists.example.org",
                  {"bounce-1@evil.example@lists.example.org", "", ""},
                  false},
        CoversRow{"any_request",
                  List::exim_auto_senders,
                  "*-request@*",
                  {"news-request@anything.example", "", ""},
                  true},
        CoversRow{"host", List::exim_hosts, "192.0.2.7", {"", "::ffff:192.0.2.7", ""}, true},
        CoversRow{"other_host", List::exim_hosts, "192.0.2.7", {"", "192.0.2.70", ""}, false},
        CoversRow{
            "from", List::sendmail_access, "From:a@example.com", {"a@example.com", "", ""}, true},
        CoversRow{"connect",
                  List::sendmail_access,
                  "Connect:IPv6:2001:db8:0:0:0:0:0:20",
                  {"", "2001:db8::20", ""},
                  true},
        CoversRow{"cpanel",
                  List::cpanel,
                  "senderverifybypasshosts:2001:db8::20",
                  {"", "2001:db8::20", ""},
                  true}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace lostmail::whitelist
