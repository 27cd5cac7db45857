#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lostmail/parse/parse_line.hpp"

// What strangers choose (HELO names, quoted local parts, remote replies, header values) imitates
// the grammar around it. A writer that follows the MTA's own escaping places it in a line; the
// record then holds those values, or says `doubtful`.
namespace lostmail::parse {
namespace {

constexpr int kRounds = 20'000;

/// Pieces of both grammars, and what breaks scanners.
const std::vector<std::string> kPieces{
    " F=<x@evil.example>",
    ") [6.6.6.6]",
    ") [6.6.6.6]:25",
    " rejected RCPT <z@z.example>: Sender verify failed",
    " temporarily rejected ",
    " sender verify fail for <v@v.example>: ",
    "H=evil [6.6.6.6]",
    " U=root",
    " X=TLS",
    ": ",
    " : ",
    "SMTP error from remote mail server after RCPT TO:<a@b>: 550 no",
    ", relay=evil [6.6.6.6]",
    ", reject=550 5.7.1 no",
    ", stat=Sent (ok)",
    ", dsn=2.0.0",
    ", reply=250 ok",
    ", delay=00:00:00",
    ", ctladdr=x",
    ", [more]",
    "<",
    ">",
    "[",
    "]",
    "(",
    ")",
    "=",
    "\\",
    " ",
    "...",
    "... User unknown",
    "2024-05-01 10:00:00 ",
    "=> ",
    "** ",
    "<= ",
    " DT=3s",
    " R=r T=t",
    "arg2=",
    "\xc3\xa9",
    "a",
    "Z9",
    "host.example"};

class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  std::size_t number(std::size_t below) { return random_() % below; }
  std::string pieces(std::size_t most) {
    std::string text;
    for (std::size_t i = number(most + 1); i > 0; --i) text += kPieces[number(kPieces.size())];
    return text;
  }
  /// Letters, digits, dots and hyphens: what Exim takes for a HELO name unless
  /// helo_accept_junk_hosts is set.
  std::string helo() {
    if (number(8) == 0) return "[6.6.6.6]";
    if (number(8) == 0) return "[IPv6:2001:db8::6]";
    std::string name;
    for (std::size_t i = 1 + number(12); i > 0; --i) name += "abcXYZ019.-"[number(11)];
    return name;
  }
  /// An atom, or a quoted string (RFC 5321 §4.1.2: quote and backslash are escaped).
  std::string address() {
    static const std::vector<std::string> kDomains{"c.example", "sub.d.example", "xn--e1a.example"};
    const auto& domain = kDomains[number(kDomains.size())];
    if (number(2) == 0) return "user" + std::to_string(number(100)) + "@" + domain;
    std::string local = "\"";
    for (const char c : pieces(4)) {
      if (c == '"' || c == '\\') local += '\\';
      local += c;
    }
    return local + "\"@" + domain;
  }
  /// string.c string_printing3(): bytes beyond ASCII become \ooo, a backslash is not doubled.
  std::string reply(std::string_view code) {
    std::string text(code);
    text += ' ';
    for (const char c : pieces(5)) {
      if (static_cast<unsigned char>(c) < 0x80) {
        text += c;
      } else {
        text += "\\303";
      }
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

const std::string kStamp = "2024-05-01 10:00:00 ";

TEST(Hostile, EximRefusalOfARecipient) {
  Writer writer(550);
  for (int round = 0; round < kRounds; ++round) {
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
    ASSERT_EQ(record.address, recipient);
    ASSERT_TRUE(record.permanent);
  }
}

TEST(Hostile, EximCauseLine) {
  Writer writer(551);
  for (int round = 0; round < kRounds; ++round) {
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
  Writer writer(552);
  for (int round = 0; round < kRounds; ++round) {
    const std::string recipient = writer.address();
    std::string reply = writer.reply("550");
    const std::string line = kStamp + "1s2Abc-0000fG-1H ** " + recipient +
                             " R=dnslookup T=remote_smtp H=mx.c.example [198.51.100.9]: SMTP error "
                             "from remote mail server "
                             "after RCPT TO:<" +
                             recipient + ">: " + reply;
    SCOPED_TRACE(line);
    const EximRecord record = parse_exim(line);
    ASSERT_EQ(static_cast<int>(record.kind), static_cast<int>(EximRecord::Kind::failure));
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

/// conf.c sm_syslog(): str2prt() doubles backslashes and writes other bytes as \ooo.
std::string sendmail_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\\\";
    } else if (static_cast<unsigned char>(c) < 0x80) {
      result += c;
    } else {
      result += "\\303";
    }
  }
  return result;
}

TEST(Hostile, SendmailRuleset) {
  Writer writer(553);
  for (int round = 0; round < kRounds; ++round) {
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
  Writer writer(554);
  for (int round = 0; round < kRounds; ++round) {
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
  Writer writer(555);
  for (int round = 0; round < kRounds; ++round) {
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

}  // namespace
}  // namespace lostmail::parse
