#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "assemble/refusal_cases.hpp"

namespace lostmail::assemble {
namespace {

constexpr int kYear = 2024;

Sink run(const std::vector<In>& lines, const char* zone = "UTC") { return run(lines, kYear, zone); }

std::vector<In> day_before() {
  const std::string at = "2024-04-30 02:00:00 ", host = "H=p.example (q) [192.0.2.99] ";
  const std::string answer = "SMTP error from remote mail server after RCPT TO:";
  return {
      {0, at + host + "sender verify fail for <p@example.org>: mx.example.org [198.51.100.9] : " +
              answer + "<p@example.org>: 550 unknown"},
      {0, at + host + "F=<q@example.org> rejected RCPT <r@example.net>: Sender verify failed"},
      {0, at + "1s1zzz-0000fG-1H <= s@example.com U=joe P=local S=1"},
      {0, at + "1s1zzz-0000fG-1H ** t@example.org R=r T=t H=mx.example.org [198.51.100.20]: " +
              answer + "<t@example.org>: 550 5.7.1 no"}};
}

const std::string kAt = "2024-05-01 10:00:00 ";
const std::string kHost = "H=(c) [192.0.2.7] ";
const std::string kFail = kHost + "sender verify fail for <a@example.com>: Unrouteable address";
const std::string kRcpt =
    kHost + "F=<a@example.com> rejected RCPT <b@example.net>: Sender verify failed";
const std::string kRcpt2 =
    kHost + "F=<a@example.com> rejected RCPT <d@example.net>: Sender verify failed";
const std::string kFailZ = kHost + "sender verify fail for <z@example.org>: Unknown user";
const std::string kRcptZ =
    kHost + "F=<z@example.org> rejected RCPT <e@example.net>: Sender verify failed";
const std::string kAfter =
    "1s2Abc-0000fG-1H " + kHost + "F=<a@example.com> rejected after DATA: Sender verify failed";
const std::string kCallout =
    "mx.example.com [198.51.100.9] : SMTP error from remote mail server after RCPT "
    "TO:<a@example.com>: 550 unknown";
const std::string kMailCallout =
    "mx.example.com [198.51.100.9] : response to \"MAIL FROM:<>\" was: 550 no";
const std::string kSys = "May  1 10:00:00 mx1 exim[4711]: ";
/// `seconds` of 10:00, as rsyslog writes it where Exim stamps nothing.
std::string got_at(const std::string& seconds) {
  return "2024-05-01T10:00:" + seconds + "+00:00 mx1 exim[4711]: ";
}

Out rcpt(std::string recipient, std::string cause) {
  return {.sender = "<a@example.com>",
          .recipient = std::move(recipient),
          .client = "192.0.2.7",
          .stage = "rcpt",
          .text = "Sender verify failed",
          .cause = std::move(cause)};
}

Out after_data(std::string recipient) {
  return {.sender = "<a@example.com>",
          .recipient = std::move(recipient),
          .client = "192.0.2.7",
          .stage = "message",
          .text = "Sender verify failed"};
}

TEST(EximAssembler, Refusals) {
  const std::string addr = kHost + "sender verify fail for <a@example.com>";
  Out after_cause = after_data("b@example.net");
  after_cause.cause = "Unrouteable address";
  const std::string kTooMany = "Connection from [192.0.2.7] refused: too many connections";
  const Out too_many{.client = "192.0.2.7",
                     .stage = "connect",
                     .text = "too many connections",
                     .permanent = false,
                     .code = 421};
  Out called = rcpt("b@example.net", kCallout);
  called.remote = "198.51.100.9";
  Out again = called;
  again.cached = true;
  Out of_z = rcpt("e@example.net", "Unknown user");
  of_z.sender = "<z@example.org>";
  Out domain = rcpt("b@example.net", kMailCallout);
  domain.remote = "198.51.100.9";
  Out domain_again = rcpt("b@example.net", kMailCallout);
  domain_again.sender = "<z@example.com>";
  domain_again.cached = true;
  Out again_without_remote = again;
  again_without_remote.remote = "-";
  Out no_cause = rcpt("b@example.net", "");
  Out other_reason = rcpt("b@example.net", "");
  other_reason.text = "relay not permitted";
  Out orphan = rcpt("-", "Unrouteable address");
  orphan.text = "";
  Out other_address = rcpt("b@example.net", "Unknown user");
  other_address.verified = "o@example.org";
  Out deferred = rcpt("b@example.net", "host lookup did not complete");
  deferred.text = "Could not complete sender verify";
  deferred.permanent = false;
  deferred.code = 451;
  Out mail = rcpt("-", "Unrouteable address");
  mail.stage = "mail";
  Out data = rcpt("b@example.net", "");
  data.stage = "data";
  Out data_too = data, nobody = data;
  data_too.recipient = "\"c d\"@example.net";
  nobody.recipient = nobody.sender = "-";
  Out passed = rcpt("b@example.net", "");
  passed.stage = "message";
  passed.text = "550 no";
  passed.remote = "198.51.100.29";
  Out spooled = passed;
  spooled.text = "451 later";
  spooled.code = 451;
  spooled.permanent = false;
  spooled.client = "-";
  spooled.direction = Direction::outbound;
  Out coded = rcpt("b@example.net", "");
  coded.text = "553 5.1.8 text";
  coded.code = 553;
  const std::vector<Case> cases{
      // smtp_in.c smtp_handle_acl_fail(): the pair
      {"cause joined",
       {{0, kAt + kFail}, {0, kAt + kRcpt}},
       {rcpt("b@example.net", "Unrouteable address")}},
      {"one cause, two recipients",
       {{0, kAt + kFail}, {0, kAt + kRcpt}, {0, "2024-05-01 10:00:05 " + kRcpt2}},
       {rcpt("b@example.net", "Unrouteable address"),
        rcpt("d@example.net", "Unrouteable address")}},
      {"cause alone", {{0, kAt + kFail}}, {orphan}},
      {"cause before another reason",
       {{0, kAt + kFail},
        {0, kAt + kHost + "F=<a@example.com> rejected RCPT <b@example.net>: relay not permitted"}},
       {other_reason}},
      {"refusal alone", {{0, kAt + kRcpt}}, {no_cause}},
      {"by pid",
       {{0, kAt + "[1] " + kFail}, {0, kAt + "[2] " + kRcpt2}, {0, kAt + "[1] " + kRcpt}},
       {rcpt("d@example.net", ""), rcpt("b@example.net", "Unrouteable address")}},
      {"two sessions of one client, no pid, one after the other's refusal",
       {{0, kAt + kFail},
        {0, kAt + kRcpt},
        {0, kAt + kFailZ},
        {0, kAt + kRcptZ},
        {0, kAt + kRcpt2}},
       {rcpt("b@example.net", "Unrouteable address"), of_z,
        rcpt("d@example.net", "Unrouteable address")}},
      {"two sessions of one client, no pid, one between the other's lines",
       {{0, kAt + kFail},
        {0, kAt + kRcpt},
        {0, kAt + kFailZ},
        {0, kAt + kRcpt2},
        {0, kAt + kRcptZ}},
       {rcpt("b@example.net", "Unrouteable address"), rcpt("d@example.net", "Unrouteable address"),
        of_z}},
      {"with a pid no session is beside another",
       {{0, kAt + "[1] " + kFail},
        {0, kAt + "[1] " + kRcpt},
        {0, kAt + "[1] " + kFailZ},
        {0, kAt + "[1] " + kRcptZ},
        {0, kAt + "[1] " + kRcpt2}},
       {rcpt("b@example.net", "Unrouteable address"), of_z, rcpt("d@example.net", "")}},
      {"other address verified",
       {{0, kAt + kHost + "sender verify fail for <o@example.org>: Unknown user"},
        {0, kAt + kRcpt}},
       {other_address}},
      {"defer",
       {{0, kAt + kHost + "sender verify defer for <a@example.com>: host lookup did not complete"},
        {0, kAt + kHost +
                "F=<a@example.com> temporarily rejected RCPT <b@example.net>: Could not complete "
                "sender verify"}},
       {deferred}},
      {"at MAIL",
       {{0, kAt + kFail}, {0, kAt + kHost + "rejected MAIL <a@example.com>: Sender verify failed"}},
       {mail}},
      // verify.c cutthrough_finaldot(); Run: Exim 4.96
      {"the next server refused, the client was told",
       {{0, kAt + "1s2Abc-0000fG-1H " + kHost + "b@example.net F=<a@example.com> rejected after" +
                " DATA: R=r T=t H=mx [198.51.100.29] C=\"550 no\""}},
       {passed}},
      {"the next server refused for now, the message was taken",
       {{0, kAt + "1s2Abc-0000fG-1H " + kHost + "b@example.net F=<a@example.com> tmp-reject from" +
                " cutthrough after DATA: R=r T=t H=mx [198.51.100.29] C=\"451 later\""},
        {0, kAt + "1s2Abc-0000fG-1H <= a@example.com " + kHost + "P=esmtp S=5"}},
       {spooled}},
      // smtp_in.c: DATA's refusal names nobody, the end of the transaction does; Run: Exim 4.96
      {"DATA, then the end of the transaction",
       {{0, kAt + kHost + "rejected DATA: Sender verify failed"},
        {0, "2024-05-01 10:00:30 " + kHost +
                "incomplete transaction (QUIT) from <a@example.com> for b@example.net "
                "\"c d\"@example.net"}},
       {data, data_too}},
      {"DATA of two sessions that nothing parts",
       {{0, kAt + kHost + "rejected DATA: Sender verify failed"},
        {0, "2024-05-01 10:00:01 " + kHost + "rejected DATA: Sender verify failed"},
        {0, "2024-05-01 10:00:30 " + kHost +
                "incomplete transaction (QUIT) from <a@example.com> for b@example.net"}},
       {nobody, nobody}},
      {"end of a transaction of another session",
       {{0, kAt + kHost + "rejected DATA: Sender verify failed"},
        {0, kAt + "H=(d) [192.0.2.8] incomplete transaction (QUIT) from <a@example.com> for"
                  " b@example.net"}},
       {nobody}},
      {"own code",
       {{0, kAt + kHost + "F=<a@example.com> rejected RCPT <b@example.net>: 553 5.1.8 text"}},
       {coded}},
      // verify.c: the callout cache, 2 h for an address, 3 h for a domain
      {"cached within 2 h",
       {{0, kAt + addr + ": " + kCallout},
        {0, kAt + kRcpt},
        {0, "2024-05-01 11:59:00 " + addr},
        {0, "2024-05-01 11:59:00 " + kRcpt}},
       {called, again_without_remote}},
      {"not after 2 h",
       {{0, kAt + addr + ": " + kCallout},
        {0, kAt + kRcpt},
        {0, "2024-05-01 12:01:00 " + addr},
        {0, "2024-05-01 12:01:00 " + kRcpt}},
       {called, no_cause}},
      {"domain within 3 h",
       {{0, kAt + addr + ": " + kMailCallout},
        {0, kAt + kRcpt},
        {0, "2024-05-01 12:59:00 " + kHost + "sender verify fail for <z@example.com>"},
        {0, "2024-05-01 12:59:00 " + kHost +
                "F=<z@example.com> rejected RCPT <b@example.net>: Sender verify failed"}},
       {domain, domain_again}},
      // log.c log_vwrite(): one record in several logs
      {"mainlog and rejectlog",
       {{0, kAt + kFail}, {2, kAt + kFail}, {0, kAt + kRcpt}, {2, kAt + kRcpt}},
       {rcpt("b@example.net", "Unrouteable address")}},
      {"recipients of the header block",
       {{0, kAt + kAfter},
        {2, kAt + kAfter},
        {2, "Envelope-from: <a@example.com>"},
        {2, "Envelope-to: <b@example.net>"},
        {2, "    <d@example.net>"},
        {2, "    ..."},
        {2, "P Received: x"},
        {2, "  Subject: 2024-05-01 10:00:00 rejected RCPT <x@example.net>: no"}},
       {after_data("b@example.net"), after_data("d@example.net")}},
      {"equal lines are two", {{0, kAt + kRcpt}, {0, kAt + kRcpt}}, {no_cause, no_cause}},
      {"equal lines in both logs",
       {{0, kAt + kRcpt}, {0, kAt + kRcpt}, {2, kAt + kRcpt}, {2, kAt + kRcpt}},
       {no_cause, no_cause}},
      {"a copy takes no cause from behind it",
       {{0, kAt + kRcpt},
        {0, kAt + kFail},
        {0, kAt + kRcpt},
        {2, kAt + kRcpt},
        {2, kAt + kFail},
        {2, kAt + kRcpt}},
       {no_cause, rcpt("b@example.net", "Unrouteable address")}},
      // log.c write_syslog()
      {"syslog doubles",
       {{1, kSys + kAt + kFail},
        {1, kSys + kAt + kFail},
        {1, kSys + kAt + kRcpt},
        {1, kSys + kAt + kRcpt}},
       {rcpt("b@example.net", "Unrouteable address")}},
      // log.c write_syslog() with syslog_timestamp = no
      {"syslog doubles, each with its own time",
       {{1, got_at("00.000101") + kFail},
        {1, got_at("00.000151") + kFail},
        {1, got_at("00.999951") + kRcpt},
        {1, got_at("01.000001") + kRcpt},
        {1, got_at("01.000101") + kAfter},
        {1, got_at("01.000151") + "[1\\3] " + kAfter},
        {1, got_at("01.000152") + "[2\\3] Envelope-from: <a@example.com>"},
        {1, got_at("01.000153") + "[3/3] Envelope-to: <b@example.net>"}},
       {rcpt("b@example.net", "Unrouteable address"), after_cause}},
      // daemon.c: to the main log alone
      {"a daemon's lines have no copy",
       {{1, got_at("00.000101") + kTooMany}, {1, got_at("00.900101") + kTooMany}},
       {too_many, too_many}},
      {"the clock goes back between equal lines",
       {{1, got_at("00.000101") + kRcpt},
        {1, "2024-05-01T09:00:00.000101+00:00 mx1 exim[4711]: " + kRcpt}},
       {no_cause, no_cause}},
      {"equal lines that syslog got long after each other",
       {{1, got_at("00.000101") + kRcpt}, {1, got_at("09.000101") + kRcpt}},
       {no_cause, no_cause}},
      {"syslog and mainlog",
       {{0, kAt + kRcpt}, {1, kSys + kAt + kRcpt}, {1, kSys + kAt + kRcpt}},
       {no_cause}},
      {"parts",
       {{1, kSys + kAt + kAfter},
        {1, kSys + "[1\\3] " + kAt + kAfter},
        {1, "May  1 10:00:00 mx1 exim[9]: " + kAt + "Start queue run: pid=9"},
        {1, kSys + "[2\\3] Envelope-from: <a@example.com>"},
        {1, kSys + "[3/3] Envelope-to: <b@example.net>"}},
       {after_data("b@example.net")}},
      {"cut by length",
       {{1, kSys + "[1/2] " + kAt + kRcpt.substr(0, 40)}, {1, kSys + "[2/2] " + kRcpt.substr(40)}},
       {no_cause}},
      {"unfinished parts", {{1, kSys + "[1\\3] " + kAt + kAfter}}, {after_data("-")}},
      {"no refusals",
       {{0, kAt + kHost + "Warning: sender verify failed"},
        {0, kAt + kHost + "incomplete transaction (QUIT) from <a@example.com>"},
        {0, kAt + "1s2Abc-0000fG-1H (= a@example.com H=(c) [192.0.2.7] P=esmtp S=1"}},
       {}},
  };
  check(cases, kYear, day_before());
}

/// The place of a message that is done is another's a minute later.
TEST(EximAssembler, EachMessageHasItsOwnSender) {
  const auto two = [](int number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  const std::string far(300, 'x');
  std::vector<In> lines;
  std::vector<std::string> senders;
  for (int n = 0; n < 200; ++n) {
    const std::string at = "2024-05-01 10:" + two(n * 15 / 60) + ":" + two(n * 15 % 60) + " 1s0" +
                           std::to_string(100 + n) + "-0000fG-1H ";
    const std::string number = std::to_string(n);
    const auto [logged, sender] = std::array<std::pair<std::string, std::string>, 5>{{
        {"<>", "<>"},
        {"a" + number + "@Example.com", "<a" + number + "@example.com>"},
        {far + number + "@example.org", "<" + far + number + "@example.org>"},
        {"root", "<root>"},
        {"b@example.net", "<b@example.net>"},
    }}[static_cast<std::size_t>(n % 7 % 5)];
    lines.push_back({0, at + "<= " + logged + " U=joe P=local S=1"});
    lines.push_back({0, at + "** c@example.org R=r T=t H=mx.example.org [198.51.100.20]: SMTP error"
                             " from remote mail server after RCPT TO:<c@example.org>: 550 no"});
    if (n % 3 != 0) lines.push_back({0, at + "Completed"});
    senders.push_back(sender);
  }
  const Sink sink = run(lines);
  ASSERT_EQ(sink.refusals.size(), senders.size());
  for (std::size_t i = 0; i < senders.size(); ++i)
    EXPECT_EQ(text_of(sink.refusals[i].sender), senders[i]) << i;
}

TEST(EximAssembler, Outbound) {
  const std::string to =
      " R=r T=t H=mx.example.org [198.51.100.20]: SMTP error from remote mail server after ";
  const std::string in = "1s2Abc-0000fG-1H <= a@example.com U=joe P=local S=1";
  const Out no{.sender = "<a@example.com>",
               .recipient = "b@example.org",
               .remote = "198.51.100.20",
               .stage = "rcpt",
               .text = "550 no",
               .direction = Direction::outbound};
  Out at_mail = no, second = no, later = no;
  at_mail.stage = second.stage = "mail";
  second.recipient = "c@example.org";
  Out quoted = no, doubtful = no;
  quoted.recipient = "\"d e\"@example.org";
  doubtful.recipient = "-";
  later.permanent = false;
  later.code = 451;
  later.text = "451 later";
  const std::vector<Case> cases{
      // deliver.c failure_log(), deferral_log(); smtp.c write_logs()
      {"sender of the arrival",
       {{0, kAt + in},
        {0, kAt + "1s2Abc-0000fG-1H ** b@example.org" + to + "RCPT TO:<b@example.org>: 550 no"}},
       {no}},
      {"MAIL refused",
       {{0, kAt + "1s2Abc-0000fG-1H ** b@example.org" + to +
                "pipelined MAIL FROM:<a@example.com>: 550 no"},
        {0, kAt + "1s2Abc-0000fG-1H ** c@example.org" + to +
                "pipelined MAIL FROM:<a@example.com>: 550 no"}},
       {at_mail, second}},
      {"deferred",
       {{0, kAt + in},
        {0, kAt + "1s2Abc-0000fG-1H == b@example.org R=r T=t defer (-44) H=mx.example.org "
                  "[198.51.100.20]: SMTP error from remote mail server after RCPT "
                  "TO:<b@example.org>: 451 later"}},
       {later}},
      // deliver.c string_log_address() takes the quotes off
      {"alias to a quoted local part",
       {{0, kAt + in},
        {0, kAt + "1s2Abc-0000fG-1H ** d e@example.org <team@example.net>" + to +
                "RCPT TO:<\"d e\"@example.org>: 550 no"}},
       {quoted}},
      {"two readings of the address",
       {{0, kAt + in},
        {0, kAt + R"(1s2Abc-0000fG-1H ** x@y <"x"@y> R=d@c.org <"x@y <\"x\"@y> R=d"@c.org>)" + to +
                "RCPT TO:<x>: 550 no"}},
       {doubtful}},
      {"step",
       {{0, kAt + "1s2Abc-0000fG-1H H=mx.example.org [198.51.100.20]: SMTP error from remote mail "
                  "server after initial connection: 554 no"}},
       {}},
      {"retry timeout",
       {{0, kAt + "1s2Abc-0000fG-1H ** b@example.org: retry timeout exceeded"}},
       {}},
  };
  check(cases, kYear, day_before());
  const auto sink = run(cases[1].lines);
  ASSERT_EQ(sink.refusals.size(), 2U);
  EXPECT_EQ(sink.refusals[0].transaction, sink.refusals[1].transaction);
}

TEST(EximAssembler, LinesOfOneRecord) {
  // Run: Exim 4.96, `data = :fail: first line\nH=(x) …`; a line end in a router's text stays one.
  const std::string words =
      "H=(x) [192.0.2.99] F=<f@x.example> rejected RCPT <g@x.example>: Sender verify failed";
  const auto sink = run({{0, kAt + kHost + "sender verify fail for <a@example.com>: first line"},
                         {0, words},
                         {0, kAt + kRcpt}});
  EXPECT_EQ(sink.not_understood, std::vector<std::string>{});
  ASSERT_EQ(sink.refusals.size(), 1U);
  EXPECT_EQ(sink.refusals[0].cause_text, "first line");
  // Behind any other record, and where a damaged time stamp stands, it is not understood.
  EXPECT_EQ(run({{0, kAt + kRcpt}, {0, words}}).not_understood, std::vector<std::string>{words});
  for (const std::string& damaged : {"x024-05-01 10:00:00 " + kRcpt, "2024-05-0110:00:00 " + kRcpt,
                                     "2024-05-01 10:0000 " + kRcpt}) {
    EXPECT_EQ(run({{0, kAt + kFail}, {0, damaged}}).not_understood,
              std::vector<std::string>{damaged});
  }
}

TEST(EximAssembler, IdsAndSources) {
  const std::vector<In> pair{{2, kAt + kRcpt}, {0, kAt + kRcpt}};
  const auto utc = run(pair), east = run(pair, "+05:00");
  ASSERT_EQ(utc.refusals.size(), 1U);
  ASSERT_EQ(east.refusals.size(), 1U);
  EXPECT_EQ(utc.refusals[0].id, east.refusals[0].id);
  EXPECT_NE(utc.refusals[0].when.utc_micros, east.refusals[0].when.utc_micros);
  EXPECT_EQ(utc.refusals[0].source.rank, 0);
}

}  // namespace
}  // namespace lostmail::assemble
