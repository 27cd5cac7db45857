#include <gtest/gtest.h>

#include "lostmail/report/html_report.hpp"
#include "lostmail/report/markdown_report.hpp"

namespace lostmail::report {
namespace {

TEST(Html, Text) {
  struct Row {
    const char* name;
    std::string text, html;
  };
  for (const auto& row : std::vector<Row>{
           {"plain", "a@b.example", "a@b.example"},
           {"markup", "<b>\"x\" & 'y'</b>", "&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;"},
           {"an entity stays what it was", "&lt;", "&amp;lt;"},
           {"UTF-8", "m\xc3\xbcller", "m\xc3\xbcller"},
           {"Latin-1", "m\xfcller", "m\\374ller"},
           {"NUL", std::string(1, '\0'), "\\000"},
           {"escape", "\x1b[31m", "\\033[31m"},
       })
    EXPECT_EQ(html_text(row.text), row.html) << row.name;
}

TEST(Html, AnEmptyReportIsAPage) {
  const std::string page = html_report(Summary());
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_NE(page.find("Nothing was refused."), std::string::npos);
}

TEST(Markdown, Code) {
  struct Row {
    const char* text;
    const char* code;
  };
  for (const auto& row : std::vector<Row>{{"a@b.example", "`a@b.example`"},
                                          {"a|b", "`a\\|b`"},
                                          {"a`b`", "`a'b'`"},
                                          {"a\nb", "`a\\nb`"}})
    EXPECT_EQ(markdown_code(row.text), row.code);
}

}  // namespace
}  // namespace lostmail::report
