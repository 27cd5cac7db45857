#include "lostmail/classify/normal_text.hpp"

#include <gtest/gtest.h>

namespace lostmail::classify {
namespace {

TEST(NormalText, Rows) {
  struct Row {
    const char* name;
    std::string raw;
    const char* text;
  };
  const std::vector<Row> rows{
      {"empty", "", ""},
      {"a code alone", "550", ""},
      {"code and enhanced code", "550 5.1.8 Go away", "Go away"},
      {"a relay's own code inside", "550 5.1.1 554 5.7.1 Go away", "Go away"},
      {"wrapped, logged as Exim does", "550-one\\n550-two\\n550 three", "one two three"},
      {"wrapped, real newlines", "550-one\n550 two", "one two"},
      {"a number that is no code", "5500 bytes", "5500 bytes"},
      {"blanks fold", "a  \t b ", "a b"},
      {"en dash as bytes", "a \xe2\x80\x93 b", "a - b"},
      {"en dash as Exim escapes it", "a \\342\\200\\223 b", "a - b"},
      {"quotes",
       "\xe2\x80\x9c"
       "a\xe2\x80\x9d don\xe2\x80\x99t",
       "\"a\" don't"},
      {"dash of Windows-1252", "a \x96 b", "a - b"},
      {"no-break space",
       "a\xc2\xa0"
       "b",
       "a b"},
      {"address in brackets", "<spam@example.com>: no", "<ADDR>: no"},
      {"bare address", "spam@example.com refused", "ADDR refused"},
      {"quoted local part", "\"spam virus\"@example.com refused", "ADDR refused"},
      {"quoted local part in brackets", "<\"a> virus\"@example.com> refused", "<ADDR> refused"},
      {"IPv4 in brackets", "host [192.0.2.1] no", "host [IP] no"},
      {"IPv6", "2001:db8::1 no", "IP no"},
      {"host", "from spam.example.com.", "from HOST."},
      {"URL", "see https://example.com/sender-verify-failed now", "see URL now"},
  };
  for (const auto& row : rows) EXPECT_EQ(normalise(row.raw).text, row.text) << row.name;
}

/// Wherever it stands in texts shorter and longer than what is looked at at once.
TEST(NormalText, WhatIsChangedAtAnyPlace) {
  struct Row {
    const char *name, *raw, *text;
  };
  const std::vector<Row> rows{
      {"a blank stays", " ", " "},         {"two blanks", "  ", " "},
      {"three blanks", "   ", " "},        {"a tab", "\t", " "},
      {"an escaped tab", "\\t", " "},      {"an escaped byte", "\\226", "-"},
      {"a byte above ASCII", "\x96", "-"}, {"the last control character", "\x1f", " "}};
  for (const auto& row : rows) {
    for (std::size_t before = 1; before <= 36; ++before) {
      for (std::size_t behind = 1; behind <= 36; ++behind) {
        const std::string first(before, 'q'), last(behind, 'q');
        ASSERT_EQ(normalise(first + row.raw + last).text, first + row.text + last)
            << row.name << ' ' << before << ' ' << behind;
      }
    }
  }
}

TEST(NormalText, LinesOfTheReply) {
  const auto text = normalise("550-one\\n550 two");
  EXPECT_EQ(text.line_of(text.text.find("one") + 3), 0U);
  EXPECT_EQ(text.line_of(text.text.find("two") + 3), 1U);
}

}  // namespace
}  // namespace lostmail::classify
