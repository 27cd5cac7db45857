#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "lostmail/report/csv.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/report/text_report.hpp"

namespace lostmail::report {
namespace {

TEST(Csv, Field) {
  struct Row {
    const char* name;
    std::string text;
    const char* field;
  };
  for (const auto& row : std::vector<Row>{
           {"plain", "example.com", "example.com"},
           {"empty", "", ""},
           {"comma", "a,b", "\"a,b\""},
           {"quote", "a\"b", "\"a\"\"b\""},
           {"formula", "=1+1", "'=1+1"},
           {"plus", "+1", "'+1"},
           {"minus", "-1", "'-1"},
           {"at", "@SUM(A1)", "'@SUM(A1)"},
           {"tab", "\t=1", "'\t=1"},
           {"formula and comma", "=A(1,2)", "\"'=A(1,2)\""},
           {"equals sign within", "a=1", "a=1"},
           {"newline", "a\nb", "a\\nb"},
           {"CR in front of a formula", "\r=1", "\\015=1"},
       })
    EXPECT_EQ(csv_field(row.text), row.field) << row.name;
}

TEST(Json, Printable) {
  struct Row {
    const char* name;
    std::string bytes;
    const char* text;
  };
  for (const auto& row : std::vector<Row>{
           {"ASCII", "abc", "abc"},
           {"UTF-8", "\xe2\x80\x93 \xf0\x9f\x93\xa7", "\xe2\x80\x93 \xf0\x9f\x93\xa7"},
           {"Latin-1", "M\xfcller", "M\\374ller"},
           {"cut off UTF-8", "a\xe2\x80", "a\\342\\200"},
           {"overlong", "\xc0\x80", "\\300\\200"},
           {"surrogate", "\xed\xa0\x80", "\\355\\240\\200"},
           {"beyond Unicode", "\xf4\x90\x80\x80", "\\364\\220\\200\\200"},
           {"NUL", std::string(1, '\0'), "\\000"},
           {"escape", "\x1b[31m", "\\033[31m"},
           {"DEL", "\x7f", "\\177"},
           {"C1", "\xc2\x9b", "\\302\\233"},
           {"newline", "a\nb", "a\\nb"},
       })
    EXPECT_EQ(printable(row.bytes), row.text) << row.name;
}

ClassifiedRefusal refusal_with(std::string text) {
  ClassifiedRefusal made;
  made.refusal.id = 0xabc;
  made.refusal.transaction = 0xabc;
  made.refusal.text = std::move(text);
  made.refusal.source.file = std::make_shared<const std::string>("mainlog");
  return made;
}

TEST(Json, Refusal) {
  std::string line;
  append_json(refusal_with("M\xfcller \"a\"\n"), line);
  for (const auto* part :
       {R"("id":"0000000000000abc")", R"("text":"M\\374ller \"a\"\\n")", R"("sender":null)",
        R"("stage":null)", R"("file":"mainlog")", R"("time":"1970-01-01T00:00:00+00:00")"})
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(Json, NullSenderIsNoMissingSender) {
  auto made = refusal_with("x");
  made.refusal.sender = ReversePath::parse("<>");
  std::string line;
  append_json(made, line);
  EXPECT_NE(line.find(R"("sender":"","sender_domain":null)"), std::string::npos) << line;
}

Group group(Direction direction, std::uint64_t number) {
  return {direction,
          true,
          Family::sender_verify,
          Variant::administrative_prohibition,
          Cause::callout_host_refused,
          number,
          number,
          number,
          number,
          number,
          number};
}

TEST(TextReport, EightyColumnsOfAscii) {
  struct Row {
    const char* name;
    std::function<void(Summary&)> fill;
  };
  const std::string hostile = std::string(200, 'x') + "\xff\xe2\x80\x93\x1b[31m\n";
  const std::vector<Row> rows{
      {"empty", [](Summary&) {}},
      {"inbound", [](Summary& s) { s.groups = {group(Direction::inbound, 999)}; }},
      {"outbound", [](Summary& s) { s.groups = {group(Direction::outbound, 999)}; }},
      {"internal", [](Summary& s) { s.groups = {group(Direction::internal, 999)}; }},
      {"12,345 cases lost", [](Summary& s) { s.groups = {group(Direction::inbound, 12'345)}; }},
      {"put off",
       [](Summary& s) {
         s.groups = {group(Direction::inbound, 999)};
         s.groups[0].permanent = false;
       }},
      {"other reasons",
       [](Summary& s) {
         s.groups = {group(Direction::inbound, 123'456)};
         s.groups[0].family = Family::policy;  // verdicts are for the sender's families alone
         s.groups[0].lost = s.groups[0].delivered_later = s.groups[0].retrying = 0;
       }},
      {"sender domain",
       [&](Summary& s) {
         s.sender_domains = {{hostile, 9, 9, Variant::sender_verify_failed}};
       }},
      {"sender domain, longest word",
       [&](Summary& s) {
         s.sender_domains = {{hostile, 9, 9, Variant::administrative_prohibition}};
       }},
      {"server",
       [&](Summary& s) {
         s.remote_servers = {
             {hostile + " [2001:db8::1]", 9, 9, Variant::administrative_prohibition}};
       }},
      {"million lines", [](Summary& s) { s.lines = {1'000'000, 500'000, 400'000, 0, 100'000, 0}; }},
      {"not understood",
       [&](Summary& s) {
         s.lines.not_understood = 1;
         s.not_understood = {{1, hostile, "mainlog", 1}};
       }},
      {"problem", [&](Summary& s) { s.problems = {hostile}; }},
      {"window",
       [](Summary& s) {
         s.since = s.first = "2026-11-01 00:00:00 +01:00";
         s.until = s.last = "2026-11-25 00:00:00 +01:00";
       }},
  };
  for (const auto& row : rows) {
    Summary summary;
    row.fill(summary);
    const std::string text = text_report(summary);
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      const auto line = rest.substr(0, end);
      EXPECT_LE(line.size(), 80U) << row.name << ": " << line;
      EXPECT_TRUE(
          std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; }))
          << row.name << ": " << line;
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
  }
}

TEST(Report, CasesCountInTheGroupOfTheirLastRefusal) {
  Summary summary;
  summary.groups = {group(Direction::inbound, 0), group(Direction::outbound, 0)};
  CaseRow row;
  row.family = Family::sender_verify;
  row.variant = Variant::administrative_prohibition;
  row.cause = Cause::callout_host_refused;
  row.permanent = 1;
  row.verdict = Verdict::lost;
  count_cases({row}, summary);
  EXPECT_EQ(summary.count(Direction::inbound, Verdict::lost), 1U);
  EXPECT_EQ(summary.count(Direction::outbound, Verdict::lost), 0U);
}

TEST(Report, UnderstoodPercent) {
  EXPECT_EQ(understood_percent({}), 100.0);
  LineCounts lines;
  lines.exim = 3;
  lines.not_understood = 1;
  lines.other_program = 96;
  EXPECT_EQ(understood_percent(lines), 75.0);
}

}  // namespace
}  // namespace lostmail::report
