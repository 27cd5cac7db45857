#include "lostmail/core/choice.hpp"

#include <gtest/gtest.h>

namespace lostmail {
namespace {

struct AddressRow {
  const char* choice;
  const char* address;
  bool matches;
};

TEST(AddressChoice, Matches) {
  const AddressRow rows[] = {
      {"alice@example.com", "alice@example.com", true},
      {"<Alice@Example.COM>", "alice@example.com", true},
      {"alice@example.com", "ALICE@EXAMPLE.com", true},
      {"alice@example.com", "malice@example.com", false},
      {"alice@example.com", "alice@example.com.evil.example", false},
      {"@example.com", "bob@EXAMPLE.com", true},
      {"@example.com", "bob@mail.example.com", false},
      {"@example.com", "bob@notexample.com", false},
      {"@example.com", "", false},
      {"@example.com", "\"a@b.example\"@example.com", true},
      {"<>", "", true},
      {"<>", "a@b.example", false},
      {"root", "root", true},
  };
  for (const auto& row : rows) {
    const auto choice = AddressChoice::parse(row.choice);
    ASSERT_TRUE(choice) << row.choice;
    EXPECT_EQ(choice->matches(row.address), row.matches) << row.choice << " " << row.address;
  }
  EXPECT_FALSE(AddressChoice::parse("@"));
  EXPECT_FALSE(AddressChoice::parse(""));
}

struct HostRow {
  const char* choice;
  const char* ip;
  const char* name;
  bool matches;
};

TEST(HostChoice, Matches) {
  const HostRow rows[] = {
      {"192.0.2.7", "192.0.2.7", "mx.example.net", true},
      {"[192.0.2.7]", "192.0.2.7", "", true},
      {"192.0.2.7", "192.0.2.70", "", false},
      {"192.0.2.0/24", "192.0.2.255", "", true},
      {"192.0.2.128/25", "192.0.2.127", "", false},
      {"192.0.2.128/25", "192.0.2.129", "", true},
      {"0.0.0.0/0", "203.0.113.9", "", true},
      {"0.0.0.0/0", "2001:db8::1", "", false},
      {"2001:DB8::/32", "2001:db8:ffff::1", "", true},
      {"2001:db8::/33", "2001:db8:8000::1", "", false},
      {"2001:0db8:0:0:0:0:0:7", "2001:db8::7", "", true},
      {"example.net", "192.0.2.7", "MX.Example.net", true},
      {"example.net.", "192.0.2.7", "example.net.", true},
      {"example.net", "192.0.2.7", "badexample.net", false},
      {"example.net", "192.0.2.7", "", false},
  };
  for (const auto& row : rows) {
    const auto choice = HostChoice::parse(row.choice);
    ASSERT_TRUE(choice) << row.choice;
    EXPECT_EQ(choice->matches(row.ip, row.name), row.matches) << row.choice << " " << row.ip;
  }
  for (const auto* bad : {"", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/x", "mx.example/24", "."})
    EXPECT_FALSE(HostChoice::parse(bad)) << bad;
}

}  // namespace
}  // namespace lostmail
