#include "lostmail/whitelist/list_file.hpp"

#include <string>

#include <gtest/gtest.h>

namespace lostmail::whitelist {
namespace {

const std::string kNew = "# BEGIN lostmail\nnew@example.com\n# END lostmail\n";

struct Row {
  const char* name;
  std::string existing;
  std::string result;  ///< empty: an error
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class ReplaceBlock : public testing::TestWithParam<Row> {};

TEST_P(ReplaceBlock, KeepsLinesOutside) {
  const Row& row = GetParam();
  const auto result = replace_block(row.existing, kNew);
  EXPECT_EQ(result ? *result : "", row.result);
  if (result) {
    EXPECT_EQ(replace_block(*result, kNew), *result) << "twice";
  } else {
    EXPECT_EQ(result.error().kind, ErrorKind::corrupt_input);
    EXPECT_TRUE(result.error().where.starts_with("line "));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ReplaceBlock,
    testing::Values(
        Row{"empty_file", "", kNew}, Row{"no_block", "a@example.com\n", "a@example.com\n" + kNew},
        Row{"no_last_newline", "a@example.com", "a@example.com\n" + kNew},
        Row{"before_and_after",
            "# mine\na@x.example\n# BEGIN lostmail\nold@x.example\n# END lostmail\nb@x.example\n",
            "# mine\na@x.example\n" + kNew + "b@x.example\n"},
        Row{"crlf",
            "a@x.example\r\n# BEGIN lostmail\r\nold@x.example\r\n# END lostmail\r\nb@x.example\r\n",
            "a@x.example\r\n" + kNew + "b@x.example\r\n"},
        Row{"end_without_newline", "# BEGIN lostmail\n# END lostmail", kNew},
        Row{"words_in_a_comment", "# see # BEGIN lostmail\n# END lostmail was here\n",
            "# see # BEGIN lostmail\n# END lostmail was here\n" + kNew},
        Row{"begin_alone", "# BEGIN lostmail\na@x.example\n", ""},
        Row{"end_alone", "a@x.example\n# END lostmail\n", ""},
        Row{"end_first", "# END lostmail\n# BEGIN lostmail\n", ""},
        Row{"begin_twice", "# BEGIN lostmail\n# BEGIN lostmail\n# END lostmail\n", ""},
        Row{"two_blocks", "# BEGIN lostmail\n# END lostmail\n# BEGIN lostmail\n# END lostmail\n",
            ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ReplaceBlock, TakesOneBlock) {
  for (const char* block :
       {"", "a@example.com\n", "# BEGIN lostmail\n", "# BEGIN lostmail\n# END lostmail",
        "# BEGIN lostmail\n# END lostmail\na@example.com\n",
        "a@example.com\n# BEGIN lostmail\n# END lostmail\n"}) {
    const auto result = replace_block("", block);
    ASSERT_FALSE(result.has_value()) << block;
    EXPECT_EQ(result.error().kind, ErrorKind::invalid_argument);
  }
}

TEST(LinesOutsideBlock, AreThoseOfPeople) {
  const auto lines = lines_outside_block("a\r\n# BEGIN lostmail\nb\n# END lostmail\n\nc");
  ASSERT_TRUE(lines.has_value());
  EXPECT_EQ(*lines, (std::vector<std::string_view>{"a", "", "c"}));
}

}  // namespace
}  // namespace lostmail::whitelist
