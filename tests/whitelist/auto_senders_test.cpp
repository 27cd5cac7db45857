#include "lostmail/whitelist/auto_senders.hpp"

#include <random>
#include <regex>
#include <string>

#include <gtest/gtest.h>

namespace lostmail::whitelist {
namespace {

struct Row {
  const char* address;
  const char* shape;  ///< empty: none
};

TEST(ShapeOf, KnowsProgramsByTheirAddress) {
  for (const Row& row : {Row{"bounce-17@lists.example.org", "bounce-*"},
                         Row{"Bounces+17-bob=example.net@lists.example.org", "bounce-*"},
                         Row{"news-bounces+bob=example.net@lists.example.org", "*-bounces+*"},
                         Row{"news-bounces@lists.example.org", "*-bounce"},
                         Row{"SRS0=Ab1=XY=example.com=joe@fwd.example.org", "srs"},
                         Row{"SRS1+x=y@fwd.example.org", "srs"},
                         Row{"prvs=4711abcd=joe@example.org", "batv"},
                         Row{"list-return-1-bob=example.net@lists.example.org", "verp"},
                         Row{"news-request@lists.example.org", "*-request"},
                         Row{"owner-news@lists.example.org", "owner-*"},
                         Row{"news-owner@lists.example.org", "*-owner"},
                         Row{"ROOT@www.example.org", "root"},
                         Row{"nobody@www.example.org", "nobody"},
                         Row{"anonymous@www.example.org", "anonymous"},
                         Row{"listmaster@lists.example.org", "listmaster"},
                         Row{"alice@example.org", ""},
                         Row{"bounce@example.org", ""},
                         Row{"-request@example.org", ""},
                         Row{"roots@example.org", ""},
                         Row{"a=b@example.org", ""},
                         Row{"=a.b@example.org", ""},
                         Row{"root", ""},
                         Row{"", ""}}) {
    const Shape* shape = shape_of(row.address);
    EXPECT_EQ(shape == nullptr ? "" : shape->name, row.shape) << row.address;
  }
}

TEST(AutoSenders, KeyAndRegexAreOneToOne) {
  const auto senders = AutoSenders::parse("Bounce-*@Lists.Example.ORG");
  ASSERT_TRUE(senders.has_value());
  EXPECT_EQ(senders->key(), "bounce-*@lists.example.org");
  EXPECT_EQ(senders->regex(), R"(^bounces?[-+_=][^@]*@lists\.example\.org$)");
  EXPECT_EQ(AutoSenders::parse("root@*")->regex(), "^root@[^@]+$");
}

TEST(AutoSenders, TakesNoOtherText) {
  for (const char* key :
       {"", "@", "bounce-*", "bounce-*@", "bounce-*@com", "bounce-*@*.example.org", "*@example.org",
        "x@example.org", "bounce-*@a b.example", "bounce-*@a$b.example", "bounce-*@.*",
        "bounce-*@example.org\n*", "^.*@example.org", "bounce-*@x:y.example"}) {
    EXPECT_FALSE(AutoSenders::parse(key).has_value()) << key;
  }
}

/// Addresses of the pieces that shapes are made of.
std::string some_address(std::mt19937& random) {
  static const std::vector<std::string> kPieces{
      "bounce", "bounces", "-",       "+",       "=",     "_",        ".",         "srs0",
      "srs1",   "prvs",    "msprvs1", "btv1",    "owner", "request",  "root",      "nobody",
      "a",      "bob",     "@",       "example", "X",     "-bounces", "listmaster"};
  std::string text;
  for (std::size_t i = random() % 7; i > 0; --i) text += kPieces[random() % kPieces.size()];
  return text + (random() % 3 == 0 ? "@lists.example.org" : "@example.com");
}

TEST(AutoSenders, CoversWhatItsRegexMatches) {
  std::mt19937 random{20261125};
  for (const Shape& shape : shapes()) {
    for (const char* domain : {"lists.example.org", ""}) {
      const AutoSenders senders{&shape, domain};
      const std::regex regex(senders.regex(), std::regex::icase);
      for (int i = 0; i < 2000; ++i) {
        const std::string address = some_address(random);
        EXPECT_EQ(senders.covers(address), std::regex_search(address, regex))
            << senders.regex() << " " << address;
      }
    }
  }
}

}  // namespace
}  // namespace lostmail::whitelist
