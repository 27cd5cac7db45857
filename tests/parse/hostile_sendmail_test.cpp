#include <string>

#include <gtest/gtest.h>

#include "lostmail/parse/parse_line.hpp"
#include "parse/hostile_writer.hpp"

namespace lostmail::parse {
namespace {

using Kind = SendmailRecord::Kind;

int number(Kind kind) { return static_cast<int>(kind); }

TEST(Hostile, SendmailRuleset) {
  HostileWriter writer(553);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string argument = sendmail_escaped("<" + writer.address() + ">");
    const std::string line = "6AO1YnhL003098: ruleset=check_mail, arg1=" + argument +
                             ", relay=c.example.net [192.0.2.7], reject=553 5.1.8 " + argument +
                             "... " + sendmail_escaped(writer.pieces(4));
    SCOPED_TRACE(line);
    const SendmailRecord record = parse_sendmail(line);
    ASSERT_EQ(static_cast<int>(record.kind), static_cast<int>(SendmailRecord::Kind::ruleset));
    ASSERT_EQ(record.argument, argument);
    ASSERT_EQ(record.relay, "c.example.net [192.0.2.7]");
    ASSERT_TRUE(record.reject.starts_with("553 5.1.8 <"));
  }
}

TEST(Hostile, SendmailRemoteReply) {
  HostileWriter writer(554);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string recipient = sendmail_escaped("<" + writer.address() + ">");
    const std::string reply = sendmail_escaped("550 " + writer.pieces(5));
    const std::string line = "6AO1YnhL003098: to=" + recipient +
                             ", delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=30018, "
                             "relay=mx.example.net. [198.51.100.9], "
                             "dsn=5.1.1, reply=" +
                             reply + ", stat=User unknown";
    SCOPED_TRACE(line);
    const SendmailRecord record = parse_sendmail(line);
    ASSERT_EQ(static_cast<int>(record.kind), static_cast<int>(SendmailRecord::Kind::to));
    ASSERT_EQ(record.recipients, recipient);
    ASSERT_EQ(record.relay, "mx.example.net. [198.51.100.9]");
    ASSERT_EQ(record.dsn, "5.1.1");
    ASSERT_EQ(record.reply, reply);
    ASSERT_EQ(record.stat, "User unknown");
  }
}

TEST(Hostile, SendmailSender) {
  HostileWriter writer(555);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string sender = sendmail_escaped("<" + writer.address() + ">");
    if (sender.size() > 200) continue;  // cut by logsender(), the bracket lost
    const std::string id = sendmail_escaped("<" + writer.pieces(3) + "@c.example>");
    const std::string line = "6AO1YnhL003098: from=" + sender +
                             ", size=12, class=0, nrcpts=1, msgid=" + id +
                             ", proto=ESMTP, daemon=MTA, relay=c.example.net [192.0.2.7]";
    SCOPED_TRACE(line);
    const SendmailRecord record = parse_sendmail(line);
    ASSERT_EQ(static_cast<int>(record.kind), static_cast<int>(SendmailRecord::Kind::from));
    ASSERT_EQ(record.sender, sender);
    ASSERT_EQ(record.size, 12);
    ASSERT_EQ(record.relay, "c.example.net [192.0.2.7]");
  }
}

TEST(Hostile, SendmailHeaderRuleset) {
  HostileWriter writer(570);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string value = " " + sendmail_escaped(writer.pieces(5));
    const std::string line = "6AO1YnhL003098: ruleset=CheckSubj, arg1=" + value +
                             ", relay=c.example.net [192.0.2.7], reject=550 5.7.1 no such subject";
    SCOPED_TRACE(line);
    const SendmailRecord record = parse_sendmail(line);
    ASSERT_EQ(number(record.kind), number(Kind::ruleset));
    ASSERT_EQ(record.argument, value);
    ASSERT_EQ(record.relay, "c.example.net [192.0.2.7]");
    ASSERT_EQ(record.reject, "550 5.7.1 no such subject");
  }
}

TEST(Hostile, SendmailUserError) {
  HostileWriter writer(571);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string address = sendmail_escaped("<" + writer.address() + ">");
    const std::string line = "6AO1YnhL003098: " + address + "... User unknown";
    SCOPED_TRACE(line);
    const SendmailRecord record = parse_sendmail(line);
    ASSERT_EQ(number(record.kind), number(Kind::user_error));
    ASSERT_EQ(record.argument, address);
    ASSERT_EQ(record.reject, "User unknown");
  }
}

TEST(Hostile, SendmailMilter) {
  HostileWriter writer(572);
  for (int round = 0; round < kHostileRounds; ++round) {
    const bool sender = writer.number(2) == 0;
    const std::string address = sendmail_escaped("<" + writer.address() + ">");
    const std::string reply = sendmail_escaped("550 5.7.1 " + writer.pieces(4));
    const std::string line = std::string("6AO1YnhL003098: Milter: ") + (sender ? "from=" : "to=") +
                             address + ", reject=" + reply;
    SCOPED_TRACE(line);
    const SendmailRecord record = parse_sendmail(line);
    ASSERT_EQ(number(record.kind), number(Kind::milter));
    ASSERT_EQ(record.milter_stage, sender ? "from" : "to");
    ASSERT_EQ(record.argument, address);
    ASSERT_EQ(record.reject, reply);
  }
}

TEST(Hostile, SendmailOutcomes) {
  HostileWriter writer(573);
  const char* const outcomes[] = {"Sent (", "Deferred: 451 "};
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string recipient = sendmail_escaped("<" + writer.address() + ">");
    const std::string stat = outcomes[writer.number(2)] + sendmail_escaped(writer.pieces(4)) + ")";
    const std::string line = "6AO1YnhL003098: to=" + recipient +
                             ", delay=00:00:01, xdelay=00:00:00, mailer=esmtp, pri=30018, "
                             "relay=mx.example.net. [198.51.100.9], dsn=2.0.0, stat=" +
                             stat;
    SCOPED_TRACE(line);
    const SendmailRecord record = parse_sendmail(line);
    ASSERT_EQ(number(record.kind), number(Kind::to));
    ASSERT_EQ(record.recipients, recipient);
    ASSERT_EQ(record.relay, "mx.example.net. [198.51.100.9]");
    ASSERT_EQ(record.stat, stat);
    ASSERT_TRUE(record.reply.empty());
  }
}

}  // namespace
}  // namespace lostmail::parse
