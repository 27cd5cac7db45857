#include <string>

#include <gtest/gtest.h>

#include "lostmail/parse/parse_line.hpp"
#include "parse/hostile_writer.hpp"

namespace lostmail::parse {
namespace {

using Kind = EximRecord::Kind;

const std::string kStamp = "2024-05-01 10:00:00 ";

int number(Kind kind) { return static_cast<int>(kind); }

/// deliver.c string_log_address(): a quoted local part without its quotes, then the address whole.
std::string logged_address(const std::string& address) {
  if (address.front() != '"') return address;
  const auto end = address.rfind('"');
  std::string plain;
  for (std::size_t i = 1; i < end; ++i) {
    if (address[i] == '\\') ++i;
    plain += address[i];
  }
  return plain + address.substr(end + 1) + " <" + address + ">";
}

TEST(Hostile, EximRefusalOfARecipient) {
  HostileWriter writer(550);
  for (int round = 0; round < kHostileRounds; ++round) {
    const bool junk = writer.number(4) == 0;  // helo_accept_junk_hosts
    const std::string helo = junk ? writer.helo() + writer.pieces(4) : writer.helo();
    const std::string sender = writer.address(), recipient = writer.address();
    // smtp_in.c cuts the command's argument at 100 characters.
    const std::string argument = ("<" + recipient + ">").substr(0, 100);
    const std::string text = writer.number(3) == 0 ? "" : ": " + writer.reply("Refused");
    const std::string line = kStamp + "H=name.example (" + helo + ") [192.0.2.7]:4321 F=<" +
                             sender + "> rejected RCPT " + argument + text;
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    if (!junk) {
      ASSERT_EQ(static_cast<int>(record.kind), static_cast<int>(EximRecord::Kind::refusal));
    }
    if (record.kind != EximRecord::Kind::refusal || record.doubtful) continue;
    ASSERT_TRUE(record.host);
    ASSERT_EQ(record.host->ip, "192.0.2.7");
    ASSERT_EQ(record.host->helo, helo);
    ASSERT_EQ(*record.sender, sender);
    ASSERT_EQ(record.address, record.address_cut ? "" : recipient);
    ASSERT_TRUE(record.permanent);
  }
}

TEST(Hostile, EximCauseLine) {
  HostileWriter writer(551);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string helo = writer.helo(), verified = writer.address();
    const std::string reply = writer.reply("550");
    const std::string line =
        kStamp + "H=(" + helo + ") [192.0.2.7] sender verify fail for <" + verified +
        ">: mx.c.example [198.51.100.9] : SMTP error from remote mail server after RCPT TO:<" +
        verified + ">: " + reply;
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(static_cast<int>(record.kind), static_cast<int>(EximRecord::Kind::verify));
    if (record.doubtful) continue;
    ASSERT_EQ(record.host->ip, "192.0.2.7");
    ASSERT_EQ(record.address, verified);
    const auto callout = callout_of(record.text);
    ASSERT_TRUE(callout);
    ASSERT_EQ(callout->ip, "198.51.100.9");
    ASSERT_EQ(static_cast<int>(callout->callout.command), static_cast<int>(Callout::Command::rcpt));
    ASSERT_EQ(static_cast<int>(callout->callout.outcome),
              static_cast<int>(Callout::Outcome::refused));
    ASSERT_EQ(callout->reply, reply);
  }
}

TEST(Hostile, EximRemoteReply) {
  HostileWriter writer(552);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string recipient = writer.address();
    std::string reply = writer.reply("550");
    const std::string line = kStamp + "1s2Abc-0000fG-1H ** " + logged_address(recipient) +
                             " R=dnslookup T=remote_smtp H=mx.c.example [198.51.100.9]: SMTP error "
                             "from remote mail server "
                             "after RCPT TO:<" +
                             recipient + ">: " + reply;
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(static_cast<int>(record.kind), static_cast<int>(EximRecord::Kind::failure));
    if (record.doubtful) continue;
    ASSERT_EQ(record.address, recipient);
    ASSERT_TRUE(record.host);
    ASSERT_EQ(record.host->ip, "198.51.100.9");
    ASSERT_TRUE(record.permanent);
    // With +deliver_time the duration stands at the end; one that the remote wrote there is taken
    // for it.
    if (reply.ends_with(" DT=3s")) reply.resize(reply.size() - 6);
    ASSERT_EQ(record.text, reply);
  }
}

TEST(Hostile, EximDeferral) {
  HostileWriter writer(560);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string recipient = writer.address(), sender = writer.address();
    const std::string reply = writer.reply("451");
    const std::string line = kStamp + "1s2Abc-0000fG-1H == " + logged_address(recipient) +
                             " R=dnslookup T=remote_smtp defer (-45) H=mx.c.example [198.51.100.9]:"
                             " SMTP error from remote mail server after pipelined MAIL FROM:<" +
                             sender + "> SIZE=2048: " + reply;
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(number(record.kind), number(Kind::deferral));
    if (record.doubtful) continue;
    ASSERT_EQ(record.address, recipient);
    ASSERT_TRUE(record.host);
    ASSERT_EQ(record.host->ip, "198.51.100.9");
    ASSERT_FALSE(record.permanent);
    ASSERT_EQ(record.text, reply);
    ASSERT_TRUE(record.command.starts_with("MAIL FROM:<" + sender + ">"));
  }
}

TEST(Hostile, EximDelivery) {
  HostileWriter writer(561);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string recipient = writer.address(), sender = writer.address();
    std::string confirmation;
    for (const char c : writer.reply("250")) {  // quotes and backslashes are escaped
      if (c == '"' || c == '\\') confirmation += '\\';
      confirmation += c;
    }
    const std::string line = kStamp + "1s2Abc-0000fG-1H => " + logged_address(recipient) + " F=<" +
                             sender + "> R=dnslookup T=remote_smtp H=mx.c.example [198.51.100.9]" +
                             " C=\"" + confirmation + "\" QT=1s";
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(number(record.kind), number(Kind::delivery));
    if (record.doubtful) continue;
    ASSERT_EQ(record.address, recipient);
    ASSERT_TRUE(record.host);
    ASSERT_EQ(record.host->ip, "198.51.100.9");
    ASSERT_EQ(record.sender, sender);
  }
}

TEST(Hostile, EximArrival) {
  HostileWriter writer(562);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string sender = writer.address(), recipient = writer.address();
    std::string subject;
    for (const char c : writer.pieces(4)) {
      if (c == '"' || c == '\\') subject += '\\';
      subject += c;
    }
    const std::string line = kStamp + "1s2Abc-0000fG-1H <= " + sender + " H=(" + writer.helo() +
                             ") [192.0.2.7] P=esmtp S=900 id=x@y T=\"" + subject + "\" from <" +
                             sender + "> for " + recipient;
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(number(record.kind), number(Kind::arrival));
    ASSERT_EQ(record.sender, sender);
    ASSERT_TRUE(record.host);
    ASSERT_EQ(record.host->ip, "192.0.2.7");
    ASSERT_FALSE(record.local_submission);
  }
}

TEST(Hostile, EximRefusalOfASender) {
  HostileWriter writer(563);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string sender = writer.address(), helo = writer.helo();
    const std::string argument = ("<" + sender + ">").substr(0, 100);
    const std::string line = kStamp + "H=(" + helo + ") [192.0.2.7] rejected MAIL " + argument +
                             ": " + writer.reply("Refused");
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(number(record.kind), number(Kind::refusal));
    if (record.doubtful) continue;
    ASSERT_EQ(record.stage, Stage::mail);
    ASSERT_EQ(record.address, record.address_cut ? "" : sender);
    ASSERT_EQ(record.sender.has_value(), !record.address_cut);
    ASSERT_EQ(record.host->ip, "192.0.2.7");
  }
}

TEST(Hostile, EximRefusalOfAMessage) {
  HostileWriter writer(564);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string sender = writer.address();
    const std::string line = kStamp + "1s2Abc-0000fG-1H H=(" + writer.helo() + ") [192.0.2.7] F=<" +
                             sender + "> rejected after DATA: " + writer.reply("header");
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(number(record.kind), number(Kind::refusal));
    if (record.doubtful) continue;
    ASSERT_EQ(record.stage, Stage::message);
    ASSERT_EQ(record.sender, sender);
    ASSERT_EQ(record.queue_id, "1s2Abc-0000fG-1H");
    ASSERT_TRUE(record.address.empty());
  }
}

/// What an identd (RFC 1413), a certificate or a TLS client says stands before the sender, and Exim
/// does not quote it.
TEST(Hostile, EximClaimsBeforeTheSender) {
  HostileWriter writer(565);
  const char* const claims[] = {" U=", " SNI=", " X=TLS1.3:A:256 CV=no DN=\""};
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string sender = writer.address(), recipient = writer.address();
    const std::string claim = claims[writer.number(3)];
    const std::string line = kStamp + "H=(c.example) [192.0.2.7]" + claim + writer.pieces(4) +
                             (claim.ends_with('"') ? "\"" : "") + " F=<" + sender +
                             "> rejected RCPT <" + recipient + ">: relay not permitted";
    if (recipient.size() > 90) continue;
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    if (record.kind != Kind::refusal || record.doubtful) continue;
    ASSERT_EQ(record.host->ip, "192.0.2.7");
    ASSERT_EQ(record.sender, sender);
    ASSERT_EQ(record.address, recipient);
    ASSERT_TRUE(record.permanent);
  }
}

TEST(Hostile, EximIncompleteTransaction) {
  HostileWriter writer(566);
  for (int round = 0; round < kHostileRounds; ++round) {
    const std::string sender = writer.address(), one = writer.address(), two = writer.address();
    const std::string line = kStamp + "H=(" + writer.helo() +
                             ") [192.0.2.7] incomplete transaction (QUIT) from <" + sender +
                             "> for " + one + " " + two;
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(number(record.kind), number(Kind::incomplete));
    ASSERT_EQ(record.sender, sender);
    ASSERT_EQ(split_addresses(record.recipients), (std::vector<std::string_view>{one, two}));
  }
}

}  // namespace
}  // namespace lostmail::parse
