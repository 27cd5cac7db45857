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
                    Row{"untagged", List::sendmail_access, "192.0.2.7", "OK", false}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace lostmail::whitelist
