#include <array>
#include <string>

#include <arpa/inet.h>

#include <gtest/gtest.h>

#include "lostmail/core/address.hpp"
#include "lostmail/core/host.hpp"
#include "lostmail/core/log_time.hpp"
#include "lostmail/core/sixteen.hpp"
#include "lostmail/core/text.hpp"
#include "lostmail/core/vocabulary.hpp"

namespace lostmail {
namespace {

TEST(Address, StripPath) {
  struct Row {
    const char *name, *path, *address;
  };
  for (const auto& row : std::vector<Row>{
           {"null", "<>", ""},
           {"brackets", "<a@example.com>", "a@example.com"},
           {"bare", "a@example.com", "a@example.com"},
           {"source route", "<@one.example,@two.example:a@example.com>", "a@example.com"},
           {"quoted colon", "<\"a:b\"@example.com>", "\"a:b\"@example.com"},
           {"cut off", "<a@example.com", "a@example.com"},
       })
    EXPECT_EQ(strip_path(row.path), row.address) << row.name;
}

TEST(Address, Mailbox) {
  struct Row {
    const char *name, *address, *local, *domain;
  };
  for (const auto& row : std::vector<Row>{
           {"domain in lower case", "Ann@EXAMPLE.com", "Ann", "example.com"},
           {"at in the local part", "\"a@b\"@Example.com", "\"a@b\"", "example.com"},
           {"no domain", "Root", "Root", ""},
           {"bytes from 0x80 up stay", "\xc3\x84@\xc3\x84.example", "\xc3\x84", "\xc3\x84.example"},
       }) {
    const auto mailbox = Mailbox::parse(row.address);
    ASSERT_TRUE(mailbox) << row.name;
    EXPECT_EQ(mailbox->local_part(), row.local) << row.name;
    EXPECT_EQ(mailbox->domain(), row.domain) << row.name;
  }
  EXPECT_FALSE(Mailbox::parse(""));
}

TEST(Address, NullReversePathIsAValue) {
  EXPECT_TRUE(ReversePath::parse("<>").is_null());
  EXPECT_TRUE(ReversePath::parse("").is_null());
  EXPECT_EQ(ReversePath::parse("<a@Example.com>"), ReversePath::parse("a@example.com"));
}

TEST(Address, AssigningIsParsing) {
  ReversePath path;
  for (const char* next : {"", "<a@Example.com>", "b@example.org", "<>", "<>",
                           "<@relay.example:a-long-local-part-of-more@example.net>", "root", ""}) {
    path.assign(next);
    EXPECT_EQ(path, ReversePath::parse(next)) << next;
  }
}

TEST(Address, HasUpperWhereToLowerChangesSomething) {
  EXPECT_FALSE(has_upper(""));
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '\xe1');  // its low bits are those of a letter
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(has_upper(text), to_lower(text) != text) << size << ' ' << at << ' ' << byte;
      }
    }
  }
}

TEST(Sixteen, FindsWhatStringViewFinds) {
  for (std::size_t size = 0; size <= 50; ++size) {
    for (std::size_t first = 0; first <= size; ++first) {
      for (const std::size_t second : {first, first + 1, first + 17, size}) {
        std::string text(size, '\xbc');  // all bits but the highest, and some not
        if (first < size) text[first] = '<';
        if (second < size) text[second] = '<';
        const std::string_view view = text;
        for (std::size_t from = 0; from <= size + 1; ++from)
          ASSERT_EQ(find_near(view, '<', from), view.find('<', from)) << size << ' ' << from;
        ASSERT_EQ(rfind_near(view, '<'), view.rfind('<')) << size;
        ASSERT_EQ(rfind_near(view, '\xbc'), view.rfind('\xbc')) << size;
        ASSERT_EQ(holds_one(view, [](Sixteen all) -> Sixteen { return all == '<'; }),
                  view.find('<') != std::string_view::npos)
            << size << ' ' << first;
      }
    }
  }
}

TEST(Address, Case) {
  EXPECT_EQ(to_lower("AbZ\xc3\x84"), "abz\xc3\x84");
  EXPECT_TRUE(equals_ignoring_case("HELO", "helo"));
  EXPECT_FALSE(equals_ignoring_case("HELO", "hel"));
}

TEST(Host, CanonicalIp) {
  struct Row {
    const char *name, *text, *ip;  // empty: none
  };
  for (const auto& row : std::vector<Row>{
           {"four", "192.0.2.1", "192.0.2.1"},
           {"brackets", "[192.0.2.1]", "192.0.2.1"},
           {"tag and all groups", "IPv6:2001:db8:0:0:0:0:0:20", "2001:db8::20"},
           {"tag in brackets", "[IPv6:2001:DB8::A]", "2001:db8::a"},
           {"longest run of zeros", "2001:db8:0:0:1:0:0:0", "2001:db8:0:0:1::"},
           {"name", "example.com", ""},
           {"three groups", "192.0.2", ""},
           {"256", "192.0.2.256", ""},
           {"port", "192.0.2.1:25", ""},
           {"empty", "", ""},
           {"empty brackets", "[]", ""},
           {"long", "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000", ""},
       })
    EXPECT_EQ(canonical_ip(row.text).value_or(""), row.ip) << row.name;
}

/// What the system's own functions make of an IPv6 address; empty: it is none.
std::string spelled_by_system(const std::string& text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return "";
  return inet_ntop(AF_INET6, &address, out.data(), out.size());
}

/// The address of which each bit of `zeros` makes a group zero, with its groups from `from` to
/// before `until` as `::` where those are some.
std::string written(unsigned zeros, unsigned from, unsigned until, const char* other) {
  std::string text;
  for (unsigned i = 0; i < 8; ++i) {
    if (i == from && from < until) {
      text += i == 0 ? "::" : ":";
      i = until - 1;
      continue;
    }
    text += (zeros >> i & 1U) != 0 ? "0" : other;
    if (i != 7) text += ':';
  }
  return text;
}

TEST(Host, CanonicalIpv6IsAsTheSystemSpellsIt) {
  for (unsigned zeros = 0; zeros < 256; ++zeros) {
    for (unsigned from = 0; from < 8; ++from) {
      for (unsigned until = from; until <= 8; ++until) {
        for (const char* other : {"1", "db8", "fe0a", "00a", "A", "ffff", "12345", "g"}) {
          const std::string text = written(zeros, from, until, other);
          ASSERT_EQ(canonical_ip(text).value_or(""), spelled_by_system(text)) << text;
        }
      }
    }
  }
  for (const char* text :
       {"1::2::3", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", ":::", "1:::2",
        "1:2:3:4:5:6:192.0.2.1", "::ffff:192.0.2.1", "1::", "::1", ":"})
    EXPECT_EQ(canonical_ip(text).value_or(""), spelled_by_system(text)) << text;
}

TEST(LogTimeTest, Rfc3339) {
  struct Row {
    const char* name;
    LogTime time;
    const char* text;
  };
  for (const auto& row : std::vector<Row>{
           {"epoch", {0}, "1970-01-01T00:00:00+00:00"},
           {"east", {1'000'000, 90}, "1970-01-01T01:30:01+01:30"},
           {"west, the day before", {0, -210}, "1969-12-31T20:30:00-03:30"},
           {"millis", {1'500'000, 0, true}, "1970-01-01T00:00:01.500+00:00"},
           {"micros", {1'000'001, 0, true}, "1970-01-01T00:00:01.000001+00:00"},
           {"before the epoch", {-1, 0, true}, "1969-12-31T23:59:59.999999+00:00"},
           {"the last year that a log can write, in its own zone",
            {253'402'300'799'000'000 + 15LL * 3600 * 1'000'000, -900},
            "9999-12-31T23:59:59-15:00"},
       })
    EXPECT_EQ(row.time.to_rfc3339(), row.text) << row.name;
  EXPECT_EQ(utc_rfc3339(951'782'400), "2000-02-29T00:00:00Z");
}

TEST(LogTimeTest, CivilDaysThereAndBack) {
  for (const std::int64_t days : {-719'468, -1, 0, 59, 11'016, 20'781}) {
    int year = 0, month = 0, day = 0;
    civil_from_days(days, year, month, day);
    EXPECT_EQ(days_from_civil(year, month, day), days);
  }
  EXPECT_EQ(days_from_civil(2000, 3, 1) - days_from_civil(2000, 2, 28), 2);
  EXPECT_EQ(days_from_civil(2100, 3, 1) - days_from_civil(2100, 2, 28), 1);
}

TEST(Text, Grouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(12'345'678), "12,345,678");
}

template <typename Enum>
void each_word_comes_back() {
  std::size_t i = 0;
  for (const auto& word : Words<Enum>::list) {
    EXPECT_EQ(static_cast<std::size_t>(word.value), i++) << word.name;
    EXPECT_EQ(from_name<Enum>(name_of(word.value)), word.value);
  }
  EXPECT_FALSE(from_name<Enum>(""));
}

TEST(Vocabulary, NamesThereAndBack) {
  each_word_comes_back<Variant>();
  each_word_comes_back<Cause>();
  each_word_comes_back<Family>();
  each_word_comes_back<Direction>();
  each_word_comes_back<Stage>();
  each_word_comes_back<Mta>();
  each_word_comes_back<Verdict>();
}

}  // namespace
}  // namespace lostmail
