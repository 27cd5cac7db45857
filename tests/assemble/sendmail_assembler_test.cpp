#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "assemble/refusal_cases.hpp"

namespace lostmail::assemble {
namespace {

constexpr int kYear = 2026;

Sink run(const std::vector<In>& lines, const char* zone = "UTC",
         Assembler::Settings of_assembler = {}) {
  return run(lines, kYear, zone, std::move(of_assembler));
}

std::vector<In> day_before() {
  const std::string begin = "Nov 23 01:35:00 mx1 sm-mta[5]: ";
  const std::string here = "relay=p.example [192.0.2.99]";
  return {{1, begin + "6AN1YnhL000001: ruleset=check_rcpt, arg1=<p@example.net>, " + here +
                  ", reject=550 5.7.1 <p@example.net>... Denied"},
          {1, begin + "6AN1YnhL000001: from=<q@example.org>, size=0, class=0, nrcpts=0, " + here},
          {1, begin + "6AN1YnhL000002: from=<s@example.com>, size=9, class=0, nrcpts=1, " + here},
          {1, begin + "6AN1YnhL000002: to=<t@example.org>, delay=00:00:00, mailer=esmtp, pri=1, "
                      "relay=mx.example.org. [198.51.100.20], dsn=5.7.1, reply=550 5.7.1 no, "
                      "stat=Service unavailable"}};
}

std::string at(const std::string& body, const char* ident = "sm-mta[9]") {
  return "Nov 24 01:35:00 mx1 " + std::string(ident) + ": " + body;
}

TEST(SendmailAssembler, Refusals) {
  const std::string from =
      "from=<a@example.com>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, "
      "relay=c.example.net [192.0.2.7]";
  const std::string full =
      "from=<a@example.com>, size=1800, class=0, nrcpts=2, msgid=<1@example.com>, "
      "relay=c.example.net [192.0.2.7]";
  const std::string sent =
      "from=<a@example.com>, size=9, class=0, nrcpts=1, msgid=<1@example.com>, relay=localhost "
      "[127.0.0.1]";
  const std::string to =
      ", delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=30015, relay=mx.example.net. "
      "[198.51.100.21], ";
  const Out unknown{.sender = "<a@example.com>",
                    .recipient = "x@example.org",
                    .client = "192.0.2.7",
                    .stage = "rcpt",
                    .text = "User unknown"};
  const Out data{.sender = "<a@example.com>",
                 .recipient = "bob@example.org",
                 .client = "192.0.2.7",
                 .stage = "message",
                 .text = "554 5.7.1 Rejected by filter",
                 .code = 554};
  Out data2 = data;
  data2.recipient = "ann@example.org";
  const Out out{.sender = "<a@example.com>",
                .recipient = "dave@example.net",
                .remote = "198.51.100.21",
                .stage = "rcpt",
                .text = "550 Sender verify failed",
                .direction = Direction::outbound};
  Out old = out, later = out, more = out, more2 = out, hello = out, of_list = out;
  of_list.sender = "<list-owner@x.example>";
  const std::string refused =
      "to=<dave@example.net>, delay=0, mailer=esmtp, pri=1, relay=mx.example.net. [198.51.100.21], "
      "dsn=5.1.1, reply=550 Sender verify failed, stat=User unknown";
  hello.stage = "-";
  const Out own{.sender = "<a@h.example>",
                .recipient = "dave@example.net",
                .client = "127.0.0.1",
                .stage = "mail",
                .text = "553 5.1.8 no",
                .code = 553,
                .direction = Direction::internal};
  Out own_rcpt = own, own_alone = own, large = data;
  own_rcpt.stage = "rcpt";
  Out own_root = own_rcpt;
  own_root.recipient = "root@h.example";
  own_alone.client = "-";
  own_alone.remote = "127.0.0.1";
  Out own_of_b = own_alone;
  own_of_b.sender = "<b>";
  large.text = "message size (142012) exceeds maximum (100000)";
  large.code = 552;
  const std::string submitted =
      at("6AO1YnhL003098: to=dave@example.net, delay=0, mailer=relay, pri=1, relay=[127.0.0.1] "
         "[127.0.0.1], dsn=5.1.8, reply=553 5.1.8 no, stat=Data format error",
         "sendmail[8]");
  old.text = "";
  old.code = 0;
  later.text = "451 4.1.8 no";
  later.permanent = false;
  later.code = 451;
  later.stage = "-";
  more.text = more2.text = "550 no";
  more.stage = more2.stage = "-";  // MAIL, DATA or the end of data: 5.0.0 tells them not apart
  more.recipient = "p@example.net";
  more2.recipient = "q@example.net";
  const std::vector<Case> cases{
      // err.c usrerr(), headers.c logsender(), srvrsmtp.c
      {"sender from from=",
       {{1, at("6AO1YnhL003098: <x@example.org>... User unknown")},
        {1, at("6AO1YnhL003098: " + from)}},
       {unknown}},
      {"check_mail keeps its sender",
       {{1, at("6AO1YnhL003098: ruleset=check_mail, arg1=<j@example.org>, relay=c.example.net "
               "[192.0.2.7], reject=553 5.1.8 no")},
        {1, at("6AO1YnhL003098: " + from)}},
       {{.sender = "<j@example.org>",
         .client = "192.0.2.7",
         .stage = "mail",
         .text = "553 5.1.8 no",
         .code = 553}}},
      {"check_relay",
       {{1, at("ruleset=check_relay, arg1=c.example.net, arg2=127.0.0.2, relay=c.example.net "
               "[192.0.2.7], reject=550 5.7.1 listed")}},
       {{.client = "192.0.2.7", .stage = "connect", .text = "550 5.7.1 listed"}}},
      {"IPv6 client",
       {{1, at("ruleset=check_relay, arg1=x, relay=[IPv6:2001:db8:0:0:0:0:0:20], reject=550 5.7.1 "
               "no")}},
       {{.client = "2001:db8::20", .stage = "connect", .text = "550 5.7.1 no"}}},
      {"milter from",
       {{1,
         at("6AO1YnhL003098: Milter: from=<a@example.com>, reject=550 5.1.8 Sender verify failed")},
        {1, at("6AO1YnhL003098: " + from)}},
       {{.sender = "<a@example.com>",
         .client = "192.0.2.7",
         .stage = "mail",
         .text = "550 5.1.8 Sender verify failed"}}},
      {"milter data",
       {{1, at("6AO1YnhL003098: " + full)},
        {1, at("6AO1YnhL003098: Milter: data, reject=554 5.7.1 Rejected by filter")},
        {1, at("6AO1YnhL003098: to=<bob@example.org>, delay=00:00:01, pri=1, stat=Rejected by "
               "filter")},
        {1, at("6AO1YnhL003098: to=<ann@example.org>, delay=00:00:01, pri=1, stat=Rejected by "
               "filter")}},
       {data, data2}},
      {"aborted is none",
       {{1, at("6AO1YnhL003098: to=<bob@example.org>, delay=00:00:01, pri=0, stat=aborted by "
               "sender")}},
       {}},
      // conf.c sm_syslog()
      {"parts",
       {{1, at("6AO1YnhL003098[1]: ruleset=check_rcpt, arg1=<x@example.org>,  ...")},
        {1, at("6AO1YnhL003098[2]: relay=[192.0.2.7], reject=550 5.7.1 no")},
        {1, at("6AO1YnhL003098: " + from)}},
       {{.sender = "<a@example.com>",
         .recipient = "x@example.org",
         .client = "192.0.2.7",
         .stage = "rcpt",
         .text = "550 5.7.1 no"}}},
      // deliver.c logdelivery(), usersmtp.c
      {"outbound",
       {{1, at("6AO1YnhL003098: " + sent)},
        {1, at("6AO1YnhL003098: to=<dave@example.net>" + to +
               "dsn=5.1.1, reply=550 Sender verify failed, stat=User unknown")}},
       {out}},
      {"8.14",
       {{1, at("6AO1YnhL003098: " + sent)},
        {1, at("6AO1YnhL003098: to=<dave@example.net>" + to + "dsn=5.1.1, stat=User unknown")}},
       {old}},
      {"deferred",
       {{1, at("6AO1YnhL003098: " + sent)},
        {1, at("6AO1YnhL003098: to=<dave@example.net>" + to +
               "dsn=4.3.0, stat=Deferred: 451 4.1.8 no")}},
       {later}},
      {"no answer",
       {{1, at("6AO1YnhL003098: to=<dave@example.net>" + to +
               "dsn=4.0.0, stat=Deferred: Connection refused by mx.example.net.")}},
       {}},
      {"more",
       {{1, at("6AO1YnhL003098: " + sent)},
        {1, at("6AO1YnhL003098: to=p@example.net,q@example.net, [more]" + to +
               "dsn=5.0.0, reply=550 no, stat=Service unavailable")},
        {1, at("6AO1YnhL003098: to=dave@example.net" + to +
               "dsn=5.0.0, reply=550 no, stat=Service unavailable")}},
       {more, more2,
        [&] {
          Out third = more;
          third.recipient = "dave@example.net";
          return third;
        }()}},
      {"our own MTA refused",
       {{1, at("6AO1YnhM003099: ruleset=check_mail, arg1=<a@h.example>, relay=localhost "
               "[127.0.0.1], reject=553 5.1.8 no")},
        {1, submitted}},
       {own}},
      // The same with delay_checks: the daemon names the recipient itself.
      {"our own MTA refused a recipient",
       {{1, at("6AO1YnhM003099: ruleset=check_rcpt, arg1=<dave@example.net>, relay=localhost "
               "[127.0.0.1], reject=553 5.1.8 no")},
        {1, submitted},
        {1, at("6AO1YnhM003099: from=<a@h.example>, size=43, class=0, nrcpts=0, relay=localhost "
               "[127.0.0.1]")}},
       {own_rcpt}},
      // A user's bare name, to which the daemon's side has the host's.
      {"our own MTA refused a user",
       {{1, at("6AO1YnhL003098: from=a, size=43, class=0, nrcpts=1, relay=a@localhost",
               "sendmail[8]")},
        {1, at("6AO1YnhM003099: ruleset=check_mail, arg1=<a@h.example>, relay=localhost "
               "[127.0.0.1], reject=553 5.1.8 no")},
        {1, submitted}},
       {own}},
      {"our own MTA refused a user's mail to a user",
       {{1, at("6AO1YnhL003098: from=a, size=43, class=0, nrcpts=1, relay=a@localhost",
               "sendmail[8]")},
        {1, at("6AO1YnhM003099: ruleset=check_rcpt, arg1=<root@h.example>, relay=localhost "
               "[127.0.0.1], reject=553 5.1.8 no")},
        {1, at("6AO1YnhM003099: from=<a@h.example>, size=43, class=0, nrcpts=0, relay=localhost "
               "[127.0.0.1]")},
        {1, at("6AO1YnhL003098: to=root, delay=0, mailer=relay, pri=1, relay=[127.0.0.1] "
               "[127.0.0.1], dsn=5.1.8, reply=553 5.1.8 no, stat=Data format error",
               "sendmail[8]")}},
       {own_root}},
      {"our own MTA refused another user",
       {{1, at("6AO1YnhL003098: from=b, size=43, class=0, nrcpts=1, relay=b@localhost",
               "sendmail[8]")},
        {1, at("6AO1YnhM003099: ruleset=check_rcpt, arg1=<dave@example.net>, relay=localhost "
               "[127.0.0.1], reject=553 5.1.8 no")},
        {1, at("6AO1YnhM003099: from=<a@h.example>, size=43, class=0, nrcpts=0, relay=localhost "
               "[127.0.0.1]")},
        {1, submitted}},
       {own_rcpt, own_of_b}},
      // queue.c: parts of a message; deliver.c: the copies of a list, up to 8.11
      {"parts have their message's sender",
       {{1, at("6AO1YnhL003098: " + full)},
        {1, at("6AO1YnhL003098: split: count=2, id=6AO1YnhL003099")},
        {1, at("6AO1YnhL003099: " + refused)},
        {1, at("6AO1YnhL003098: split: maxrcpts=1, rcpts=2, count=2, ids=6AO1YnhL003100,"
               "6AO1YnhL003101")},
        {1, at("6AO1YnhL003101: " + refused)}},
       {out, out}},
      {"a list's copy has its owner",
       {{1, at("6AO1YnhL003098: " + full)},
        {1, at("6AO1YnhL003099: clone 6AO1YnhL003098, owner=list-owner@x.example")},
        {1, at("6AO1YnhL003099: " + refused)}},
       {of_list}},
      // Below its log level the daemon says nothing (552 at MAIL): the program's line is all.
      {"our own MTA refused and logged nothing",
       {{1, at("6AO1YnhL003098: from=a@h.example, size=43, class=0, nrcpts=1, relay=root@localhost",
               "sendmail[8]")},
        {1, submitted}},
       {own_alone}},
      // collect.c; Run: Sendmail 8.17.1.9
      {"too large",
       {{1, at("6AP8hd3i000387: " + full)},
        {1, at("6AP8hd3i000387: message size (142012) exceeds maximum (100000)")},
        {1, at("6AP8hd3i000387: to=<bob@example.org>, delay=00:00:00, pri=172012, stat=Message "
               "exceeds maximum fixed size (100000)")}},
       {large}},
      // Debian's build logs no text of a milter for a connection; Run: Sendmail 8.17.1.9
      {"milter at connect",
       {{1, at("6AP8fMgP000352: Milter: connect: host=f.example.net, addr=192.0.2.7, rejecting "
               "commands")},
        {1, at("6AP8fMgP000353: Milter: connect: host=f.example.net, addr=192.0.2.7, temp failing "
               "commands")}},
       {{.client = "192.0.2.7",
         .stage = "connect",
         .text = "554 5.0.0 Command rejected",
         .code = 554},
        {.client = "192.0.2.7",
         .stage = "connect",
         .text = "451 4.3.2 Please try again later",
         .permanent = false,
         .code = 451}}},
      // usersmtp.c: a refused greeting and a refused HELO leave the same; Run: Sendmail 8.17.1.9
      {"greeting or HELO",
       {{1, at("6AO1YnhL003098: " + sent)},
        {1, at("6AO1YnhL003098: to=<dave@example.net>" + to +
               "dsn=5.5.0, reply=550 Sender verify failed, stat=Service unavailable")}},
       {hello}},
      {"DSN child",
       {{1, at("6AO1YnhL003098: 6AO1YnhM003098: DSN: User unknown")},
        {1, at("6AO1YnhM003098: to=<dave@example.net>" + to +
               "dsn=5.1.1, reply=550 Sender verify failed, stat=User unknown")}},
       {[&] {
         Out bounce = out;
         bounce.sender = "<>";
         return bounce;
       }()}},
      {"local mailer",
       {{1, at("6AO1YnhL003098: to=x@example.org, delay=00:00:00, mailer=local, pri=0, dsn=5.1.1, "
               "stat=User unknown")}},
       {}},
      {"repeated",
       {{1, at("6AO1YnhL003098: <x@example.org>... User unknown")},
        {1, "Nov 24 01:35:00 mx1 last message repeated 2 times"},
        {1, at("6AO1YnhL003098: " + from)}},
       {unknown, unknown, unknown}},
  };
  check(cases, kYear, day_before());
  const auto one = std::find_if(cases.begin(), cases.end(),
                                [](const Case& c) { return std::string_view(c.name) == "more"; });
  const auto attempt = run(one->lines);
  ASSERT_EQ(attempt.refusals.size(), 3U);
  EXPECT_EQ(attempt.refusals[0].transaction, attempt.refusals[1].transaction);
  EXPECT_EQ(attempt.refusals[0].transaction, attempt.refusals[2].transaction);
}

TEST(SendmailAssembler, ACloneOfAMessageIsFromTheOwnerOfTheList) {
  // deliver.c sendall(): where an alias has an owner, its members get a copy of the message with
  // that sender and a queue id of its own; no from= line tells of it.
  const std::string refused =
      ": to=<dave@example.net>, delay=00:00:01, mailer=esmtp, pri=1, relay=mx.example.net. "
      "[198.51.100.21], dsn=5.1.8, reply=550 5.1.8 Sender verify failed, stat=User unknown";
  const auto sink =
      run({{1, at("6AO1YnhM003099: from=<ann@example.com>, size=300, class=0, nrcpts=2, "
                  "msgid=<1@example.com>, proto=ESMTP, daemon=MTA, relay=client.example.com "
                  "[203.0.113.10]")},
           {1, at("6AO1YnhM003099: 6AO1YnhN003099: clone: owner=owner-staff@ours.example")},
           {1, at("6AO1YnhN003099" + refused)},
           {1, at("6AO1YnhM003099" + refused)}});
  ASSERT_EQ(sink.refusals.size(), 2U);
  EXPECT_EQ(text_of(sink.refusals[0].sender), "<owner-staff@ours.example>");
  EXPECT_EQ(text_of(sink.refusals[1].sender), "<ann@example.com>");
}

TEST(SendmailAssembler, TellsOfOpenMessagesWhoAsksForDeliveries) {
  const std::vector<In> lines{
      {1, at("6AO1YnhM003099: from=<ann@example.com>, size=300, class=0, nrcpts=2, "
             "msgid=<1@example.com>, proto=ESMTP, daemon=MTA, relay=client.example.com "
             "[203.0.113.10]")},
      {1, at("6AO1YnhM003099: to=<dave@example.net>, delay=0, mailer=esmtp, pri=1, "
             "relay=mx.example.net. [198.51.100.21], dsn=2.0.0, stat=Sent (ok)")}};
  const auto all = run(lines);
  EXPECT_EQ(all.deliveries.size(), 1U);
  ASSERT_EQ(all.open.size(), 1U);
  EXPECT_EQ(text_of(all.open[0].sender), "<ann@example.com>");
  EXPECT_EQ(all.open[0].recipients_left, 1);
  const auto refusals_alone = run(lines, "UTC", {.host = {}, .deliveries = false});
  EXPECT_TRUE(refusals_alone.deliveries.empty());
  EXPECT_TRUE(refusals_alone.open.empty());
}

TEST(SendmailAssembler, Deliveries) {
  // The hand-over from the submission to the MTA is no delivery; both ids tell of one message.
  const auto sink = run(
      {{1,
        at("6AO1YnhL003098: to=dave@example.net, delay=0, mailer=relay, pri=1, relay=[127.0.0.1] "
           "[127.0.0.1], dsn=2.0.0, stat=Sent (6AO1YnhM003099 Message accepted for delivery)",
           "sendmail[8]")},
       {1, at("6AO1YnhM003099: to=<dave@example.net>,\"a, b\"@example.net, delay=0, mailer=esmtp, "
              "pri=1, relay=mx.example.net. [198.51.100.21], dsn=2.0.0, stat=Sent (ok, stat=User "
              "unknown)")}});
  EXPECT_TRUE(sink.refusals.empty());
  ASSERT_EQ(sink.deliveries.size(), 2U);
  EXPECT_EQ(sink.deliveries[0].recipient.text(), "dave@example.net");
  EXPECT_EQ(sink.deliveries[1].recipient.text(), "\"a, b\"@example.net");
}

}  // namespace
}  // namespace lostmail::assemble
