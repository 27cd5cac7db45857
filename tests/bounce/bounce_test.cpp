#include "lostmail/bounce/bounce.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace lostmail::bounce {
namespace {

/// `sender > recipient at server: code permanent text`, a line each.
std::string told(std::string_view message) {
  std::string result;
  for (const auto& refusal : read(message)) {
    result +=
        fmt::format("{} > {} at {}{}: {} {} {}\n", refusal.sender ? refusal.sender->text() : "?",
                    refusal.recipient ? refusal.recipient->text() : "?",
                    refusal.remote ? refusal.remote->name.value_or("") : "?",
                    refusal.remote && refusal.remote->ip ? " [" + *refusal.remote->ip + "]" : "",
                    refusal.reply_code.value_or(0), refusal.permanent ? "5" : "4", refusal.text);
  }
  return result;
}

// Exim 4.96, deliver.c; names replaced.
constexpr const char* kExim = R"(Return-path: <>
X-Failed-Recipients: dave@b.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.ours.example>
To: ann@ours.example
Content-Type: multipart/report; report-type=delivery-status; boundary=1795511490-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1795511490-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  dave@b.example
    host mx.b.example [198.51.100.32]
    SMTP error from remote mail server after RCPT TO:<dave@b.example>:
    550-Verification failed for <ann@ours.example>
    550 Sender verify failed

--1795511490-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.ours.example

Action: failed
Final-Recipient: rfc822;dave@b.example
Status: 5.0.0
Remote-MTA: dns; mx.b.example
Diagnostic-Code: smtp; 550-Verification failed for <ann@ours.example>
 550 Sender verify failed

--1795511490-eximdsn-1804289383
Content-type: text/rfc822-headers

Return-path: <ann@ours.example>

--1795511490-eximdsn-1804289383--
)";

// Sendmail 8.17, savemail.c: two recipients, the second put off.
constexpr const char* kSendmail = R"(From: MAILER-DAEMON@mail.ours.example
To: <ann@ours.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="6AO1JvV9029981.1795511490/mail.ours.example"
Subject: Returned mail: see transcript for details

--6AO1JvV9029981.1795511490/mail.ours.example

   ----- The following addresses had permanent fatal errors -----
<dave@b.example>
    (reason: 550 Domain not found)

--6AO1JvV9029981.1795511490/mail.ours.example
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.ours.example
Arrival-Date: Tue, 24 Nov 2026 01:19:57 GMT

Final-Recipient: RFC822; dave@b.example
Action: failed
Status: 5.1.8
Remote-MTA: DNS; mx.b.example
Diagnostic-Code: SMTP; 550 Domain not found
Last-Attempt-Date: Tue, 24 Nov 2026 01:19:57 GMT

Final-Recipient: RFC822; emil@b.example
Action: delayed
Status: 4.7.1
Diagnostic-Code: SMTP; 451 4.7.1 try later

Final-Recipient: RFC822; fine@b.example
Action: delivered
Status: 2.0.0

--6AO1JvV9029981.1795511490/mail.ours.example
Content-Type: message/rfc822

Return-Path: <news@ours.example>
From: Ann <ann@ours.example>
To: dave@b.example
Subject: offer

text
--6AO1JvV9029981.1795511490/mail.ours.example--
)";

// qmail-send: text alone.
constexpr const char* kQmail = R"(From: MAILER-DAEMON@ours.example
To: ann@ours.example
Subject: failure notice

Hi. This is the qmail-send program at ours.example.

<dave@b.example>:
198.51.100.32 does not like recipient.
Remote host said: 550 5.7.1 Sender must exist
Giving up on 198.51.100.32.
)";

// Base64, as Exchange writes its text; Postfix's words in it.
constexpr const char* kBase64 =
    "From: MAILER-DAEMON@ours.example\n"
    "To: ann@ours.example\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: base64\n"
    "\n"
    "PGRhdmVAYi5leGFtcGxlPjogaG9zdCBteC5iLmV4YW1wbGVbMTk4LjUxLjEwMC4zMl0gc2FpZDog\n"
    "NTUwIFNlbmRlciB2ZXJpZnkgZmFpbGVkCg==\n";

constexpr const char* kPasted = R"(The following address(es) failed:

  dave@b.example
    host mx.b.example [198.51.100.32]
    SMTP error from remote mail server after RCPT TO:<dave@b.example>:
    550 Sender verify failed
)";

TEST(Bounce, Read) {
  struct Row {
    const char* name;
    const char* message;
    const char* told;
  };
  const Row rows[] = {
      {"exim", kExim,
       "ann@ours.example > dave@b.example at mx.b.example: 550 5 550-Verification failed for "
       "<ann@ours.example>\\n550 Sender verify failed\n"},
      {"sendmail", kSendmail,
       "news@ours.example > dave@b.example at mx.b.example: 550 5 550 Domain not found\n"
       "news@ours.example > emil@b.example at ?: 451 4 451 4.7.1 try later\n"},
      {"qmail", kQmail,
       "ann@ours.example > dave@b.example at ?: 550 5 550 5.7.1 Sender must exist Giving up on "
       "198.51.100.32.\n"},
      {"base64", kBase64,
       "ann@ours.example > dave@b.example at mx.b.example [198.51.100.32]: 550 5 550 Sender verify "
       "failed\n"},
      {"pasted", kPasted,
       "? > dave@b.example at mx.b.example [198.51.100.32]: 550 5 550 Sender verify failed\n"},
      {"no bounce", "From: a@b.example\nTo: c@d.example\n\nHello, at 550 Main Street we meet.\n",
       ""},
      {"empty", "", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(told(row.message), row.told) << row.name;
}

TEST(Bounce, HostileMessages) {
  // Parts in parts in parts, a status that never ends, bytes of no text: data, and no more.
  std::string nested = "From: a@b.example\nTo: c@d.example\nMIME-Version: 1.0\n";
  for (int i = 0; i < 20'000; ++i)
    nested += fmt::format("Content-Type: multipart/mixed; boundary=\"b{}\"\n\n--b{}\n", i, i);
  static_cast<void>(read(nested));
  std::string many = kSendmail;
  std::string group;
  for (int i = 0; i < 5'000; ++i)
    group += fmt::format("Final-Recipient: RFC822; r{}@b.example\nAction: failed\n\n", i);
  many.insert(many.find("Final-Recipient: RFC822; fine"), group);
  EXPECT_EQ(read(many).size(), kMostRecipients);
  std::string bytes = "From: a@b.example\nTo: c@d.example\n\n";
  for (int i = 0; i < 100'000; ++i) bytes += static_cast<char>(i * 7919 % 256);
  static_cast<void>(read(bytes));
  static_cast<void>(read(std::string(1 << 20, '<')));
  for (std::size_t cut = 0; cut < std::string_view(kExim).size(); cut += 7)
    static_cast<void>(read(std::string_view(kExim).substr(0, cut)));
}

}  // namespace
}  // namespace lostmail::bounce
