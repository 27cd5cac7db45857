#include "store/text_template.hpp"

#include <random>

#include <gtest/gtest.h>

namespace lostmail::store {
namespace {

Refusal refusal() {
  Refusal refusal;
  refusal.sender = ReversePath::parse("ann@example.com");
  refusal.recipient = Mailbox::parse("bob@ours.example");
  refusal.client = ClientHost{"192.0.2.7", "mx.example.com", "[192.0.2.7]", false};
  return refusal;
}

TEST(QuotedFields, StandForWhatATextQuotes) {
  struct Row {
    const char *name, *text, *shortened;
  };
  const Refusal of = refusal();
  const QuotedFields fields(of);
  for (const auto& row : std::initializer_list<Row>{
           {"nothing", "Sender verify failed", "Sender verify failed"},
           {"no text", "", ""},
           {"the whole text", "ann@example.com", "\1s"},
           {"in brackets", "<ann@example.com>: Sender address rejected",
            "<\1s>: Sender address rejected"},
           {"the longer one first",
            "Verification failed for <ann@example.com>, host mx.example.com",
            "Verification failed for <\1s>, host \1n"},
           {"its domain", "Domain example.com not found", "Domain \1d not found"},
           {"a literal begins with its bracket", "HELO [192.0.2.7] of 192.0.2.7",
            "HELO \1h of \1i"},
           {"not within a word", "joann@example.com, sub.mx.example.com, xexample.com",
            "joann@\1d, sub.mx.example.com, xexample.com"},
           {"as the begin of one, as it always was", "example.community", "\1dmunity"},
           {"one behind the other", "example.comexample.com", "\1d\1d"},
           {"beyond sixteen characters", "0123456789 0123 ann@example.com and bob@ours.example",
            "0123456789 0123 \1s and \1r"},
           {"across the sixteenth", "0123456789 01-3example.com mx.example.com",
            "0123456789 01-3example.com \1n"},
           {"within a word that goes on there", "0123456789abcdefexample.com",
            "0123456789abcdefexample.com"},
           {"bytes above 0x80 end a word",
            "\xc3\xa4"
            "example.com",
            "\xc3\xa4\1d"},
       }) {
    std::string shortened;
    ASSERT_TRUE(fields.shorten(row.text, shortened)) << row.name;
    EXPECT_EQ(shortened, row.shortened) << row.name;
    EXPECT_EQ(fields.expand(shortened), row.text) << row.name;
  }
}

TEST(QuotedFields, StandForATextThatBeginsAsNoWordDoes) {
  Refusal of = refusal();
  of.sender = ReversePath::parse("+ann@example.com");
  std::string shortened;
  ASSERT_TRUE(QuotedFields(of).shorten("+ann@example.com: no", shortened));
  EXPECT_EQ(shortened, "\1s: no");
}

TEST(QuotedFields, LeaveATextAloneThatHoldsTheMark) {
  const Refusal of = refusal();
  std::string shortened;
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, '.');
    text[at] = '\1';
    EXPECT_FALSE(QuotedFields(of).shorten(text, shortened)) << at;
  }
  Refusal odd = of;
  odd.client->helo = "od\1d.example";
  EXPECT_FALSE(QuotedFields(odd).shorten("HELO od\1d.example", shortened));
  EXPECT_TRUE(QuotedFields(odd).shorten("HELO odd.example", shortened));
}

/// A text comes back from whatever it is made of.
TEST(QuotedFields, GiveEveryTextBack) {
  const Refusal of = refusal();
  const QuotedFields fields(of);
  const std::array<std::string_view, 14> parts{"ann@example.com",
                                               "bob@ours.example",
                                               "192.0.2.7",
                                               "mx.example.com",
                                               "[192.0.2.7]",
                                               "example.com",
                                               " ",
                                               "<",
                                               "\"",
                                               "a",
                                               "[",
                                               ".",
                                               "\xc3\xa4",
                                               "example.co"};
  std::mt19937_64 random(7);
  std::string shortened;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto left = random() % 9; left > 0; --left) text += parts[random() % parts.size()];
    ASSERT_TRUE(fields.shorten(text, shortened));
    ASSERT_EQ(fields.expand(shortened), text);
  }
}

}  // namespace
}  // namespace lostmail::store
