#include "lostmail/parse/parse_line.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace lostmail::parse {
namespace {

enum class Body { none, exim, part, sendmail, other, repeated };

Body body_of(const Record& record) { return static_cast<Body>(record.body.index()); }

struct Row {
  const char* name;
  std::string_view line;
  Body body;
  std::string_view stamp = {}, host = {}, ident = {}, pid = {}, queue_id = {};
};

TEST(ParseLine, Frames) {
  const std::vector<Row> rows{
      // RFC 3164, rsyslog traditional, syslogd -v, Solaris
      {"rfc3164",
       "Nov  1 00:00:01 mx1 sm-mta[3098]: 6AO1YnhL003098: <x@example.org>... User unknown",
       Body::sendmail, "Nov  1 00:00:01", "mx1", "sm-mta", "3098", "6AO1YnhL003098"},
      {"no pid", "Nov  1 00:00:01 mx1 sendmail: 6AO1YnhL003098: <x@example.org>... User unknown",
       Body::sendmail, "Nov  1 00:00:01", "mx1", "sendmail", "", "6AO1YnhL003098"},
      {"FreeBSD",
       "Nov  1 00:00:01 <mail.info> mx1 sm-mta[3098]: 6AO1YnhL003098: <x@example.org>... User "
       "unknown",
       Body::sendmail, "Nov  1 00:00:01", "mx1", "sm-mta", "3098", "6AO1YnhL003098"},
      {"Solaris",
       "Nov  1 00:00:01 mx1 sendmail[3098]: [ID 801593 mail.info] 6AO1YnhL003098: "
       "<x@example.org>... User unknown",
       Body::sendmail, "Nov  1 00:00:01", "mx1", "sendmail", "3098", "6AO1YnhL003098"},
      {"rfc3339",
       "2026-11-01T00:00:01.123456+01:00 mx1 sm-mta-runq[3098]: 6AO1YnhL003098: <x@example.org>... "
       "User unknown",
       Body::sendmail, "2026-11-01T00:00:01.123456+01:00", "mx1", "sm-mta-runq", "3098",
       "6AO1YnhL003098"},
      {"rfc3339 Z",
       "2026-11-01T00:00:01Z mx1 sm-mta[3098]: 6AO1YnhL003098: <x@example.org>... User unknown",
       Body::sendmail, "2026-11-01T00:00:01Z", "mx1", "sm-mta", "3098", "6AO1YnhL003098"},
      {"rfc5424",
       "<22>1 2026-11-01T00:00:01.123Z mx1 sm-mta 3060 - - 6AO1Yngh003060: <x@example.org>... User "
       "unknown",
       Body::sendmail, "2026-11-01T00:00:01.123Z", "mx1", "sm-mta", "3060", "6AO1Yngh003060"},
      {"rfc5424 data and BOM",
       "<22>1 2026-11-01T00:00:01Z mx1 sm-mta - ID [x@1 a=\"b] c\"] \xef\xbb\xbf"
       "6AO1Yngh003060: <x@example.org>... User unknown",
       Body::sendmail, "2026-11-01T00:00:01Z", "mx1", "sm-mta", "", "6AO1Yngh003060"},
      {"socket dump",
       "<22>Nov  1 00:00:01 sm-mta[3060]: 6AO1Yngh003060: <x@example.org>... User unknown",
       Body::sendmail, "Nov  1 00:00:01", "", "sm-mta", "3060", "6AO1Yngh003060"},
      {"journal short",
       "Nov 01 00:00:01 mx1 sm-mta[3060]: 6AO1Yngh003060: <x@example.org>... User unknown",
       Body::sendmail, "Nov 01 00:00:01", "mx1", "sm-mta", "3060", "6AO1Yngh003060"},
      {"journal short-iso",
       "2026-11-01T00:00:01+0100 mx1 sm-mta[3060]: 6AO1Yngh003060: <x@example.org>... User unknown",
       Body::sendmail, "2026-11-01T00:00:01+0100", "mx1", "sm-mta", "3060", "6AO1Yngh003060"},
      {"journal short-full",
       "Sun 2026-11-01 00:00:01 CET mx1 sm-mta[3060]: 6AO1Yngh003060: <x@example.org>... User "
       "unknown",
       Body::sendmail, "Sun 2026-11-01 00:00:01 CET", "mx1", "sm-mta", "3060", "6AO1Yngh003060"},
      {"collector",
       "2026-11-01T00:00:02Z Nov  1 00:00:01 mx1 sm-mta[3060]: 6AO1Yngh003060: <x@example.org>... "
       "User unknown",
       Body::sendmail, "Nov  1 00:00:01", "mx1", "sm-mta", "3060", "6AO1Yngh003060"},
      {"host is an address",
       "Nov  1 00:00:01 192.0.2.1 sm-mta[3060]: 6AO1Yngh003060: <x@example.org>... User unknown",
       Body::sendmail, "Nov  1 00:00:01", "192.0.2.1", "sm-mta", "3060", "6AO1Yngh003060"},
      {"-L label",
       "Nov  1 00:00:01 mx1 mailin[3060]: 6AO1Yngh003060: from=<a@example.com>, size=0, class=0, "
       "nrcpts=0, relay=[192.0.2.7]",
       Body::sendmail, "Nov  1 00:00:01", "mx1", "mailin", "3060", "6AO1Yngh003060"},
      // log.c write_syslog()
      {"exim", "May  1 10:00:00 mx1 exim[4711]: 2024-05-01 10:00:00 1s2Abc-0000fG-1H Completed",
       Body::exim, "May  1 10:00:00", "mx1", "exim", "4711", "1s2Abc-0000fG-1H"},
      {"exim without stamp", "May  1 10:00:00 mx1 exim[4711]: 1s2Abc-0000fG-1H Completed",
       Body::exim, "May  1 10:00:00", "mx1", "exim", "4711", "1s2Abc-0000fG-1H"},
      {"exim by another name",
       "May  1 10:00:00 mx1 mail-in[4711]: 2024-05-01 10:00:00 1s2Abc-0000fG-1H Completed",
       Body::exim, "May  1 10:00:00", "mx1", "mail-in", "4711", "1s2Abc-0000fG-1H"},
      {"exim rfc3339",
       "2024-05-01T10:00:00.123456+02:00 mx1 exim4: 2024-05-01 10:00:00.123 +0200 [4711] "
       "1s2Abc-0000fG-1H Completed",
       Body::exim, "2024-05-01T10:00:00.123456+02:00", "mx1", "exim4", "", "1s2Abc-0000fG-1H"},
      {"exim part",
       "May  1 10:00:00 mx1 exim[4711]: [1\\3] 2024-05-01 10:00:00 1s2Abc-0000fG-1H H=(c) "
       "[192.0.2.7] F=<a@example.com> rejected after DATA: x",
       Body::part, "May  1 10:00:00", "mx1", "exim", "4711", ""},
      {"bare exim", "2024-05-01 10:00:00 1s2Abc-0000fG-1H Completed", Body::exim, "", "", "", "",
       "1s2Abc-0000fG-1H"},
      {"continuation", "Envelope-to: <b@example.net>", Body::exim, "", "", "", "", ""},
      // programs beside the MTA
      {"dovecot", "Nov  1 00:00:01 mx1 dovecot[9]: imap-login: Login: user=<b@example.net>",
       Body::other, "Nov  1 00:00:01", "mx1", "dovecot", "9", ""},
      {"postfix",
       "Nov  1 00:00:01 mx1 postfix/smtpd[9]: NOQUEUE: reject: RCPT from c.example.net[192.0.2.7]: "
       "550 5.1.1 no",
       Body::other, "Nov  1 00:00:01", "mx1", "postfix/smtpd", "9", ""},
      {"opendkim", "Nov  1 00:00:01 mx1 opendkim[9]: 6AO1Yngh003060: no signature data",
       Body::other, "Nov  1 00:00:01", "mx1", "opendkim", "9", ""},
      {"repeated", "Nov  1 00:00:01 mx1 last message repeated 3 times", Body::repeated,
       "Nov  1 00:00:01", "mx1", "", "", ""},
      {"repeated with text",
       "Nov  1 00:00:01 mx1 sm-mta[9]: message repeated 2 times: [ 6AO1Yngh003060: "
       "<x@example.org>... User unknown]",
       Body::repeated, "Nov  1 00:00:01", "mx1", "sm-mta", "9", ""},
      {"empty", "", Body::none, "", "", "", "", ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const Record record = parse_line(row.line);
    EXPECT_EQ(static_cast<int>(body_of(record)), static_cast<int>(row.body));
    EXPECT_EQ(record.frame.has_value(), !row.stamp.empty());
    if (record.frame) {
      EXPECT_EQ(record.frame->stamp_text, row.stamp);
      EXPECT_EQ(record.frame->host, row.host);
      EXPECT_EQ(record.frame->ident, row.ident);
      EXPECT_EQ(record.frame->pid, row.pid);
    }
    if (const auto* exim = std::get_if<EximRecord>(&record.body)) {
      EXPECT_EQ(exim->queue_id, row.queue_id);
    }
    if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body)) {
      EXPECT_EQ(sendmail->queue_id, row.queue_id);
    }
  }
}

TEST(ParseLine, PartsAndRepeats) {
  const auto record = parse_line("May  1 10:00:00 mx1 exim[4711]: [2/5] middle");
  const auto* part = std::get_if<EximPart>(&record.body);
  ASSERT_NE(part, nullptr);
  EXPECT_EQ(part->number, 2);
  EXPECT_EQ(part->total, 5);
  EXPECT_FALSE(part->newline_after);
  EXPECT_EQ(part->text, "middle");
  const auto again = parse_line(
      "Nov  1 00:00:01 mx1 sm-mta[9]: message repeated 2 times: [ 6AO1Yngh003060: "
      "<x@example.org>... User unknown]");
  const auto* repeated = std::get_if<Repeated>(&again.body);
  ASSERT_NE(repeated, nullptr);
  EXPECT_EQ(repeated->times, 2U);
  EXPECT_EQ(repeated->text, "6AO1Yngh003060: <x@example.org>... User unknown");
}

/// What is left out tells neither more nor less of a line's kind, and the next record over it is
/// whole.
TEST(ParseLine, LeavesOutWhatNobodyAsksFor) {
  const std::string_view delivery =
      "2026-10-01 00:00:00 1xC4DQ-0000G9-00 => anna <anna@ours.example> F=<a@b.example> R=local "
      "T=lmtp";
  const std::string_view arrival =
      "2026-10-01 00:00:00 1xC4DQ-0000G9-00 <= a@b.example H=mail.b.example [192.0.2.1] P=esmtp "
      "S=9";
  Record record;
  LineParser({.deliveries = false}).parse(delivery, record);
  const auto* exim = std::get_if<EximRecord>(&record.body);
  ASSERT_NE(exim, nullptr);
  EXPECT_EQ(exim->kind, EximRecord::Kind::delivery);
  EXPECT_EQ(exim->queue_id, "1xC4DQ-0000G9-00");
  EXPECT_EQ(exim->top_address, "");
  EXPECT_FALSE(exim->sender);
  LineParser().parse(delivery, record);
  EXPECT_EQ(exim->top_address, "anna@ours.example");
  EXPECT_EQ(exim->sender, "a@b.example");
  for (const bool asked : {false, true}) {
    LineParser({.delivery_reply = asked})
        .parse(
            "2026-10-01 00:00:00 1xC4DQ-0000G9-00 => a@b.example F=<c@d.example> R=r T=t "
            "H=mx.b.example [192.0.2.1] X=TLS C=\"250 H=x\"",
            record);
    EXPECT_EQ(exim->sender, "c@d.example");
    EXPECT_FALSE(exim->local_delivery);
    EXPECT_EQ(exim->text, asked ? "250 H=x" : "");
    LineParser({.delivery_reply = asked})
        .parse(
            "2026-10-01 00:00:00 1xC4DQ-0000G9-00 => a <a@b.example> F=<c@d.example> R=r T=lmtp "
            "C=\"250 H=mx.b.example [192.0.2.1]\" DT=1s",
            record);
    EXPECT_EQ(exim->top_address, "a@b.example");
    EXPECT_TRUE(exim->local_delivery);
  }
  LineParser({.arrival_host = false}).parse(arrival, record);
  EXPECT_EQ(exim->kind, EximRecord::Kind::arrival);
  EXPECT_EQ(exim->sender, "a@b.example");
  EXPECT_FALSE(exim->host);
  EXPECT_FALSE(exim->local_submission);
  LineParser().parse(arrival, record);
  ASSERT_TRUE(exim->host);
  EXPECT_EQ(exim->host->ip, "192.0.2.1");
}

/// Whatever line was read before.
TEST(FrameReader, ReadsEachFrameAsItIs) {
  const std::vector<std::string> lines{
      "Nov  1 00:00:01 mx1 sm-mta[12]: x",
      "Nov  1 00:00:02 mx1 sm-mta[4711]: 691012Db002744: to=<a@b.example>",
      "Nov  1 00:00:02 mx1 sm-mta[]: x",
      "Nov  1 00:00:02 mx1 sm-mta[12a]: x",
      "Nov  1 00:00:02 mx1 sm-mta[12345678901]: x",
      "Nov  1 00:00:02 mx1 sm-mta[12]:",
      "Nov  1 00:00:02 mx1 sm-mta[12]:x",
      "Nov  1 00:00:02 mx1  sm-mta[12]: x",
      "Nov  1 00:00:02 mx1 sm-mta: x",
      "Nov  1 00:00:02 mx1 sm-mtb[12]: x",
      "Nov  1 00:00:02 mx2 sm-mta[12]: x",
      "Nov  1 00:00:02 sm-mta[12]: x",
      "Nov  1 00:00:02 mx1 last message repeated 2 times",
      "Nov  1 00:00:02 mx1 last[1]: x",
      "Nov  1 00:00:02 <mail.info> mx1 sm-mta[12]: x",
      "Nov  1 00:00:02 10 exim[12]: x",
      "Nov  1 00:00:02 a b[12]: x",
      "Nov  1 00:00:02 <abc def[12]: x",
      "Nov  1 00:00:02 <abc def[12]: x> y",
      "Nov  1 00:00:02 Sun 2026-11-01[12]: x",
      "Nov  1 00:00:02 Sun 2026-11-01 00:00:01 CET mx1 sm-mta[12]: x",
      "Nov  1 00:00:02 Nov 01[12]: x",
      "Nov  1 00:00:02 a:b c[12]: x",
      "Nov  1 00:00:02 a[b c[12]: x",
      "Nov  1 00:00:02 a[b c[1234567]: x",
      "Nov  1 00:00:02 2026-11-01 sm-mta[12]: x",
      "Nov  1 00:00:02 Nov  1 00:00:01 mx1 sm-mta[12]: x",
      "Nov  1 00:00:02 Nov 01 00[1]: x",
      "Nov  1 00:00:02 2026-11-01T00:00:01Z mx1 sm-mta[12]: x",
      "2026-11-01T00:00:01Z mx1 sm-mta[12]: x",
      "<22>1 2026-11-01T00:00:01Z mx1 sm-mta 12 - - x",
      "<22>Nov  1 00:00:02 mx1 sm-mta[13]: x",
      "Nov  1 00:00:02 <22>Nov  1 00:00:01 mx1 sm-mta[13]: x",
      "Nov  1 00:00:02 fe80::1 sm-mta[12]: x",
      "Nov  1 00:00:02 mx1",
      "no frame",
      ""};
  for (const auto& before : lines) {
    for (const auto& line : lines) {
      SCOPED_TRACE(before + " | " + line);
      FrameReader reader;
      SyslogFrame first, frame;
      std::string_view text = before, alone_text = line;
      static_cast<void>(reader.take(text, first));
      text = line;
      const auto alone = take_syslog_frame(alone_text);
      ASSERT_EQ(reader.take(text, frame), alone.has_value());
      if (!alone) continue;
      EXPECT_EQ(text, alone_text);
      EXPECT_EQ(frame.stamp_text, alone->stamp_text);
      EXPECT_EQ(frame.stamp.second, alone->stamp.second);
      EXPECT_EQ(frame.host, alone->host);
      EXPECT_EQ(frame.ident, alone->ident);
      EXPECT_EQ(frame.pid, alone->pid);
    }
  }
}

}  // namespace
}  // namespace lostmail::parse
