#include <algorithm>
#include <functional>

#include <gtest/gtest.h>
#include <rapidjson/document.h>

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
  const auto made = refusal_with("M\xfcller \"a\"\n");
  append_json(made.refusal, made.is, line);
  for (const auto* part :
       {R"("id":"0000000000000abc")", R"("text":"M\\374ller \"a\"\\n")", R"("sender":null)",
        R"("stage":null)", R"("file":"mainlog")", R"("time":"1970-01-01T00:00:00+00:00")"})
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

/// Every byte at every place of texts shorter and longer than what is looked at at once.
TEST(Json, ReadsBackAsWhatIsPrintable) {
  for (const std::size_t size : {1U, 7U, 15U, 16U, 17U, 33U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(byte);
        const auto made = refusal_with(text);
        std::string line;
        append_json(made.refusal, made.is, line);
        rapidjson::Document object;
        object.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
        ASSERT_FALSE(object.HasParseError()) << line;
        const auto& read = object["text"];
        ASSERT_EQ(std::string(read.GetString(), read.GetStringLength()), printable(text)) << line;
      }
    }
  }
}

TEST(Json, NullSenderIsNoMissingSender) {
  auto made = refusal_with("x");
  made.refusal.sender = ReversePath::parse("<>");
  std::string line;
  append_json(made.refusal, made.is, line);
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
          number,
          number};
}

CaseRow case_row(Direction direction, std::string sender, std::string recipient) {
  CaseRow row;
  row.direction = direction;
  row.sender = std::move(sender);
  row.recipient = std::move(recipient);
  row.attempts = 12'345;
  row.permanent = 1;
  row.family = Family::sender_verify;
  row.variant = Variant::administrative_prohibition;
  row.cause = Cause::callout_host_refused;
  row.verdict = Verdict::lost;
  return row;
}

TEST(TextReport, EightyColumnsOfAscii) {
  struct Row {
    const char* name;
    std::function<void(Summary&)> fill;
  };
  const std::string hostile = std::string(200, 'x') + "\xff\xe2\x80\x93\x1b[31m\n";
  const std::vector<Row> rows{
      {"empty", [](Summary&) {}},
      {"inbound", [](Summary& s) { s.figures.groups = {group(Direction::inbound, 999)}; }},
      {"outbound", [](Summary& s) { s.figures.groups = {group(Direction::outbound, 999)}; }},
      {"internal", [](Summary& s) { s.figures.groups = {group(Direction::internal, 999)}; }},
      {"12,345 cases lost",
       [](Summary& s) { s.figures.groups = {group(Direction::inbound, 12'345)}; }},
      {"put off",
       [](Summary& s) {
         s.figures.groups = {group(Direction::inbound, 999)};
         s.figures.groups[0].permanent = false;
       }},
      {"other reasons",
       [](Summary& s) {
         s.figures.groups = {group(Direction::inbound, 123'456)};
         s.figures.groups[0].family =
             Family::policy;  // verdicts are for the sender's families alone
         s.figures.groups[0].lost = s.figures.groups[0].delivered_later =
             s.figures.groups[0].retrying = 0;
       }},
      {"sender domain",
       [&](Summary& s) {
         s.figures.sender_domains = {{hostile, 9, 9, Variant::sender_verify_failed}};
       }},
      {"sender domain, longest word",
       [&](Summary& s) {
         s.figures.sender_domains = {{hostile, 9, 9, Variant::administrative_prohibition}};
       }},
      {"server",
       [&](Summary& s) {
         s.figures.remote_servers = {
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
         s.since = s.first = 1793487600;
         s.until = s.last = 1795561200;
         s.offset_at = [](std::int64_t) { return 60; };
       }},
      {"cases",
       [&](Summary& s) {
         s.window = "--since 2026-11-01T10:00 --until 2026-11-25T10:00";
         s.figures.known = {case_row(Direction::inbound, hostile + "@" + hostile, hostile),
                            case_row(Direction::outbound, "a@b.example", "c@" + hostile),
                            case_row(Direction::internal, "", hostile)};
         s.figures.own_lost = s.figures.gave_up = s.figures.known;
         s.figures.lost = 123'456'789;
       }},
      {"reasons in whole sentences",
       [&](Summary& s) {
         s.reason = [](Direction, Variant, Cause) {
           const std::string words(100, 'w');
           return Reason{"administrative_prohibition", words,
                         "This is a sentence that goes on for more than a line of the screen, and "
                         "is wrapped. This is another.",
                         ""};
         };
         s.figures.known = {case_row(Direction::inbound, "a@b.example", "c@d.example")};
       }},
      {"new names and own senders",
       [&](Summary& s) {
         s.figures.new_domains = s.figures.new_servers = {
             {hostile + " [2001:db8::1]", 99'999, 9, Variant::administrative_prohibition}};
         s.own_senders = {{hostile, 99'999, 9}, {"$(reboot)@a.example", 1, 1}};
       }},
      {"host, domain, gaps",
       [&](Summary& s) {
         s.host = s.domain = hostile;
         s.gaps = {hostile};
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

TEST(TextReport, NamesNoStrangersTextInACommand) {
  Summary summary;
  summary.own_senders = {{"$(reboot)@a.example", 1, 1}};
  summary.figures.new_domains = {{"a.example;reboot", 1, 1}};
  const std::string text = text_report(summary);
  EXPECT_NE(text.find("--from ADDRESS\n"), std::string::npos) << text;
  EXPECT_NE(text.find("--from @DOMAIN"), std::string::npos) << text;
}

TEST(TextReport, ALongAddressGivesWayAndKeepsItsDomain) {
  Summary summary;
  summary.figures.known = {
      case_row(Direction::inbound, std::string(60, 'x') + "@shop.example", "sales@b.example")};
  const std::string text = text_report(summary);
  EXPECT_NE(text.find("xx..@shop.example -> sales@b.example\n"), std::string::npos) << text;
}

TEST(Report, Usual) {
  constexpr std::int64_t kDay = 86400;
  Summary summary;
  summary.offset_at = [](std::int64_t) { return 60; };
  summary.since = 100 * kDay - 3600;  // midnight, an hour east of UTC
  summary.until = 101 * kDay - 3600;
  summary.figures.groups = {group(Direction::inbound, 5)};
  const Group& kind = summary.figures.groups[0];
  const auto slice = [&](std::int64_t start, std::uint64_t refusals) {
    return Slice{start,        kind.direction, kind.permanent, kind.family,
                 kind.variant, kind.cause,     refusals};
  };
  struct Row {
    const char* name;
    std::vector<Slice> slices;
    std::uint64_t days, usual;
  };
  for (const auto& row : std::vector<Row>{
           {"nothing before", {}, 7, 0},
           {"three days of seven",
            {slice(99 * kDay, 9), slice(98 * kDay, 9), slice(97 * kDay, 9)},
            7,
            0},
           {"four days of seven",
            {slice(99 * kDay, 9), slice(98 * kDay, 8), slice(97 * kDay, 7), slice(96 * kDay, 6)},
            7,
            6},
           {"between two", {slice(99 * kDay, 4), slice(98 * kDay, 8)}, 2, 6},
           {"half is rounded up", {slice(99 * kDay, 4), slice(98 * kDay, 7)}, 2, 6},
           {"quarters of one day add up", {slice(99 * kDay, 4), slice(99 * kDay + 900, 5)}, 1, 9},
           {"the window itself does not count", {slice(100 * kDay, 50)}, 1, 0},
           {"the day is that of the clock: 23:30 UTC is tomorrow",
            {slice(99 * kDay - 1800, 3)},
            1,
            3},
           {"too long ago", {slice(90 * kDay, 50)}, 1, 0}}) {
    set_usual(row.slices, *summary.since, row.days, summary);
    EXPECT_EQ(summary.figures.groups[0].usual, row.usual) << row.name;
  }
}

TEST(Report, UsualIsForAsManyDays) {
  Summary summary;
  summary.since = 100 * 86400;
  summary.until = 103 * 86400;
  summary.figures.groups = {group(Direction::inbound, 5)};
  Slice slice{99 * 86400,
              Direction::inbound,
              true,
              Family::sender_verify,
              Variant::administrative_prohibition,
              Cause::callout_host_refused,
              7};
  set_usual({slice}, *summary.since, 1, summary);
  EXPECT_EQ(summary.figures.groups[0].usual, 21U);
}

TEST(Report, Headline) {
  struct Row {
    const char* range;
    std::uint64_t lost, known;
    const char* text;
  };
  for (const auto& row :
       std::vector<Row>{{"yesterday", 0, 0, "0 mails lost yesterday"},
                        {"yesterday", 1, 0, "1 mail lost yesterday"},
                        {"yesterday", 50'020, 20,
                         "50020 mails lost yesterday (20 between known correspondents)"},
                        {"", 2, 0, "2 mails lost, Tuesday 2026-11-24"}}) {
    Summary summary;
    summary.range = row.range;
    summary.since = 1795478400;
    summary.until = 1795564800;
    summary.figures.lost = row.lost;
    summary.figures.known_lost = row.known;
    EXPECT_EQ(summary.headline(), row.text);
  }
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
