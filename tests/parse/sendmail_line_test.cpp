#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "lostmail/parse/parse_line.hpp"

namespace lostmail::parse {
namespace {

using Kind = SendmailRecord::Kind;

constexpr std::array<std::string_view, 1> kDisabledSendmail{"-"};

struct Row {
  const char* name = "";
  std::string_view text = {};
  Kind kind = Kind::unknown;
  std::string_view queue_id = {}, ruleset = {}, argument = {}, sender = {}, recipients = {},
                   controlling = {};
  std::string_view mailer = {}, relay = {}, dsn = {}, reply = {}, stat = {}, reject = {},
                   child = {}, stage = {};
  std::string_view message_id = {};
  long size = -1, accepted = -1;
  bool more = false;
};

TEST(SendmailLine, Bodies) {
  const std::vector<Row> rows{
      // parseaddr.c rscheck()
      {.name = "check_mail",
       .text = "6AO1Ynr3003062: ruleset=check_mail, arg1=<joe@example.com>, relay=c.example.net "
               "[192.0.2.7], reject=553 5.1.8 <joe@example.com>... Domain of sender address "
               "joe@example.com does not exist",
       .kind = Kind::ruleset,
       .queue_id = "6AO1Ynr3003062",
       .ruleset = "check_mail",
       .argument = "<joe@example.com>",
       .relay = "c.example.net [192.0.2.7]",
       .reject = "553 5.1.8 <joe@example.com>... Domain of sender address joe@example.com does not "
                 "exist"},
      {.name = "check_relay",
       .text = "ruleset=check_relay, arg1=c.example.net, arg2=127.0.0.2, relay=c.example.net "
               "[192.0.2.7], reject=550 5.7.1 Rejected: 192.0.2.7 listed at bl.example.org",
       .kind = Kind::ruleset,
       .ruleset = "check_relay",
       .argument = "c.example.net",
       .relay = "c.example.net [192.0.2.7]",
       .reject = "550 5.7.1 Rejected: 192.0.2.7 listed at bl.example.org"},
      {.name = "check_relay IPv6",
       .text = "ruleset=check_relay, arg1=[IPv6:2001:db8:0:0:0:0:0:20], "
               "arg2=IPv6:2001:db8:0:0:0:0:0:20, relay=[IPv6:2001:db8:0:0:0:0:0:20], reject=550 "
               "5.7.1 Fix reverse DNS for IPv6:2001:db8:0:0:0:0:0:20",
       .kind = Kind::ruleset,
       .ruleset = "check_relay",
       .argument = "[IPv6:2001:db8:0:0:0:0:0:20]",
       .relay = "[IPv6:2001:db8:0:0:0:0:0:20]",
       .reject = "550 5.7.1 Fix reverse DNS for IPv6:2001:db8:0:0:0:0:0:20"},
      {.name = "delay_checks, forged",
       .text =
           "6AO1ZdeT003703: ruleset=check_rcpt, arg1=<bob@example.org>, relay=f.example.net "
           "[192.0.2.40] (may be forged), reject=451 4.1.8 Possibly forged hostname for 192.0.2.40",
       .kind = Kind::ruleset,
       .queue_id = "6AO1ZdeT003703",
       .ruleset = "check_rcpt",
       .argument = "<bob@example.org>",
       .relay = "f.example.net [192.0.2.40] (may be forged)",
       .reject = "451 4.1.8 Possibly forged hostname for 192.0.2.40"},
      {.name = "relaying",
       .text = "6AO1ZdBj003646: ruleset=check_rcpt, arg1=<x@example.net>, relay=[192.0.2.20], "
               "reject=550 5.7.1 <x@example.net>... Relaying denied. IP name lookup failed "
               "[192.0.2.20]",
       .kind = Kind::ruleset,
       .queue_id = "6AO1ZdBj003646",
       .ruleset = "check_rcpt",
       .argument = "<x@example.net>",
       .relay = "[192.0.2.20]",
       .reject =
           "550 5.7.1 <x@example.net>... Relaying denied. IP name lookup failed [192.0.2.20]"},
      {.name = "no brackets",
       .text = "6AO1Ynr3003062: ruleset=check_mail, arg1=joe@example.com, relay=[192.0.2.7], "
               "reject=553 5.5.4 no",
       .kind = Kind::ruleset,
       .queue_id = "6AO1Ynr3003062",
       .ruleset = "check_mail",
       .argument = "joe@example.com",
       .relay = "[192.0.2.7]",
       .reject = "553 5.5.4 no"},
      {.name = "blank inside",
       .text = "6AO1Ynr3003062: ruleset=check_mail, arg1=<joe@nx domain.example.com>, "
               "relay=[192.0.2.7], reject=553 5.1.8 no",
       .kind = Kind::ruleset,
       .queue_id = "6AO1Ynr3003062",
       .ruleset = "check_mail",
       .argument = "<joe@nx domain.example.com>",
       .relay = "[192.0.2.7]",
       .reject = "553 5.1.8 no"},
      {.name = "source route",
       .text = "6AO1Ynr3003062: ruleset=check_rcpt, "
               "arg1=<@a.example.com,@b.example.com:c@example.net>, relay=[192.0.2.7], reject=550 "
               "5.7.1 no",
       .kind = Kind::ruleset,
       .queue_id = "6AO1Ynr3003062",
       .ruleset = "check_rcpt",
       .argument = "<@a.example.com,@b.example.com:c@example.net>",
       .relay = "[192.0.2.7]",
       .reject = "550 5.7.1 no"},
      {.name = "forged arg1",
       .text =
           R"(6AO1Ynr3003062: ruleset=check_mail, arg1=<"x, relay=good [192.0.2.99], reject=550"@example.com>, relay=c.example.net [192.0.2.7], reject=553 5.1.8 no)",
       .kind = Kind::ruleset,
       .queue_id = "6AO1Ynr3003062",
       .ruleset = "check_mail",
       .argument = R"(<"x, relay=good [192.0.2.99], reject=550"@example.com>)",
       .relay = "c.example.net [192.0.2.7]",
       .reject = "553 5.1.8 no"},
      {.name = "forged header",
       .text = "6AO1Ynr3003062: ruleset=CheckSubj, arg1= text, relay=evil [192.0.2.98], reject=550 "
               "fake, relay=c.example.net [192.0.2.7], reject=550 5.7.1 Spam blocked by subject",
       .kind = Kind::ruleset,
       .queue_id = "6AO1Ynr3003062",
       .ruleset = "CheckSubj",
       .argument = " text, relay=evil [192.0.2.98], reject=550 fake",
       .relay = "c.example.net [192.0.2.7]",
       .reject = "550 5.7.1 Spam blocked by subject"},
      {.name = "discard",
       .text =
           "6AO1Ynr3003062: ruleset=check_mail, arg1=<a@example.com>, relay=[192.0.2.7], discard",
       .kind = Kind::context,
       .queue_id = "6AO1Ynr3003062"},
      // srvrsmtp.c MILTER_REPLY
      {.name = "milter from",
       .text =
           R"(6AO1a7EE004630: Milter: from=<a@example.com>, reject=550-5.7.1 callback said: 550 5.1.1 no such user\r\n550 5.7.1 sender <a@example.com> rejected)",
       .kind = Kind::milter,
       .queue_id = "6AO1a7EE004630",
       .argument = "<a@example.com>",
       .reject =
           R"(550-5.7.1 callback said: 550 5.1.1 no such user\r\n550 5.7.1 sender <a@example.com> rejected)",
       .stage = "from"},
      {.name = "milter to",
       .text =
           "6AO1a7EE004630: Milter: to=<b@example.org>, reject=451 4.3.2 Please try again later",
       .kind = Kind::milter,
       .queue_id = "6AO1a7EE004630",
       .argument = "<b@example.org>",
       .reject = "451 4.3.2 Please try again later",
       .stage = "to"},
      {.name = "milter data",
       .text = "6AO1a7HU004640: Milter: data, reject=554 5.7.1 Rejected by content filter",
       .kind = Kind::milter,
       .queue_id = "6AO1a7HU004640",
       .reject = "554 5.7.1 Rejected by content filter",
       .stage = "data"},
      {.name = "milter cmd",
       .text = "6AO1a7HU004640: Milter: cmd=data, reject=550 no",
       .kind = Kind::milter,
       .queue_id = "6AO1a7HU004640",
       .reject = "550 no",
       .stage = "cmd"},
      {.name = "milter helo",
       .text = "6AO1a7HU004640: Milter: helo=x.example.com, reject=Command rejected",
       .kind = Kind::milter,
       .queue_id = "6AO1a7HU004640",
       .argument = "x.example.com",
       .reject = "Command rejected",
       .stage = "helo"},
      {.name = "milter discard",
       .text = "6AO1a7HU004640: Milter: from=<a@example.com>, discard",
       .kind = Kind::context,
       .queue_id = "6AO1a7HU004640"},
      {.name = "milter detail",
       .text =
           "6AO1a7HU004640: milter=savcheck, action=mail, reject=550 5.1.8 Sender verify failed",
       .kind = Kind::context,
       .queue_id = "6AO1a7HU004640"},
      {.name = "milter down",
       .text = "6AO1a7HU004640: Milter: initialization failed, rejecting commands",
       .kind = Kind::context,
       .queue_id = "6AO1a7HU004640"},
      {.name = "milter at connect",
       .text = "6AP8fMgP000352: Milter: connect: host=f.example.net, addr=192.0.2.7, rejecting "
               "commands",
       .kind = Kind::milter,
       .queue_id = "6AP8fMgP000352",
       .argument = "f.example.net",
       .relay = "192.0.2.7",
       .reject = "554 5.0.0 Command rejected",
       .stage = "connect"},
      // collect.c
      {.name = "too large",
       .text = "6AP8hd3i000387: message size (142012) exceeds maximum (100000)",
       .kind = Kind::collect,
       .queue_id = "6AP8hd3i000387",
       .reject = "message size (142012) exceeds maximum (100000)"},
      {.name = "headers too large",
       .text = "6AP8hd3i000387: headers too large (32768 max) from c.example.net during message "
               "collect",
       .kind = Kind::collect,
       .queue_id = "6AP8hd3i000387",
       .reject = "headers too large (32768 max) from c.example.net during message collect"},
      // Run: Sendmail 8.17.1.9, LogLevel 9 to 15
      {.name = "sender set by -f",
       .text = "6AP8hd3i000387: Authentication-Warning: mail.ours.example: root set sender to "
               "a@ours.example using -f",
       .kind = Kind::context,
       .queue_id = "6AP8hd3i000387"},
      {.name = "address map",
       .text = "6AP8fCDV000063: dns mx.good.example. => 198.51.100.1",
       .kind = Kind::context,
       .queue_id = "6AP8fCDV000063"},
      {.name = "alias",
       .text = "6AP8fDeL000065: alias alice@ours.example => /dev/null",
       .kind = Kind::context,
       .queue_id = "6AP8fDeL000065"},
      {.name = "aliases counted",
       .text = "/etc/mail/aliases: 3 aliases, longest 9 bytes, 37 bytes total",
       .kind = Kind::context},
      {.name = "no statistics",
       .text = "poststats: /var/lib/sendmail/sendmail.st: No such file or directory",
       .kind = Kind::context},
      {.name = "own addresses",
       .text = "gethostbyaddr(203.0.113.0) failed: 2",
       .kind = Kind::context},
      {.name = "TLS engine",
       .text = "engine=(null), path=(null), ispre=1, pre=0, initialized=0",
       .kind = Kind::context},
      {.name = "SASL",
       .text = "AUTH: available mech=PLAIN LOGIN, allowed mech=EXTERNAL GSSAPI",
       .kind = Kind::context},
      {.name = "command line", .text = "started as: /usr/sbin/sendmail -bD", .kind = Kind::context},
      // srvrsmtp.c logundelrcpts()
      {.name = "undelivered",
       .text = "6AO1a7HU004640: to=<bob@example.org>, delay=00:00:01, pri=30018, stat=Rejected by "
               "content filter",
       .kind = Kind::undelivered,
       .queue_id = "6AO1a7HU004640",
       .recipients = "<bob@example.org>",
       .stat = "Rejected by content filter"},
      // err.c usrerr()
      {.name = "user error",
       .text = "6AO1YnhL003098: <nosuch@example.org>... User unknown",
       .kind = Kind::user_error,
       .queue_id = "6AO1YnhL003098",
       .argument = "<nosuch@example.org>",
       .reject = "User unknown"},
      {.name = "dots in the address",
       .text = "6AO1YnhL003098: <a...b@example.com>... User unknown",
       .kind = Kind::user_error,
       .queue_id = "6AO1YnhL003098",
       .argument = "<a...b@example.com>",
       .reject = "User unknown"},
      {.name = "bare error",
       .text = "6AO1YnhL003098: Too many recipients",
       .kind = Kind::user_error,
       .queue_id = "6AO1YnhL003098",
       .reject = "Too many recipients"},
      // deliver.c logdelivery()
      {.name = "forged reply",
       .text = "6AO1bDcs005823: to=<dave@example.net>, delay=00:00:00, xdelay=00:00:00, "
               "mailer=esmtp, pri=30015, relay=mx.example.net. [198.51.100.97], dsn=5.1.1, "
               "reply=550 ok, stat=Sent (queued), dsn=2.0.0, relay=good [192.0.2.99], reject=550 "
               "Sender verify failed, stat=User unknown",
       .kind = Kind::to,
       .queue_id = "6AO1bDcs005823",
       .recipients = "<dave@example.net>",
       .mailer = "esmtp",
       .relay = "mx.example.net. [198.51.100.97]",
       .dsn = "5.1.1",
       .reply = "550 ok, stat=Sent (queued), dsn=2.0.0, relay=good [192.0.2.99], reject=550 Sender "
                "verify failed",
       .stat = "User unknown"},
      {.name = "forged stat",
       .text =
           R"(6AO1bDJl005841: to=c@example.net,"a, b"@example.net, delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=90015, relay=mx.example.net. [198.51.100.115], dsn=2.0.0, stat=Sent (2.0.0 queued, stat=User unknown))",
       .kind = Kind::to,
       .queue_id = "6AO1bDJl005841",
       .recipients = R"(c@example.net,"a, b"@example.net)",
       .mailer = "esmtp",
       .relay = "mx.example.net. [198.51.100.115]",
       .dsn = "2.0.0",
       .stat = "Sent (2.0.0 queued, stat=User unknown)"},
      {.name = "ctladdr",
       .text = "6AO1bAXR005747: to=<dave@example.net>, ctladdr=<alice@example.org> (1000/1000), "
               "delay=1+00:00:02, xdelay=00:00:01, mailer=esmtp, pri=30015, relay=mx.example.net. "
               "[198.51.100.21], dsn=5.1.1, reply=550-Verification failed for <alice@example.org>, "
               "stat=User unknown",
       .kind = Kind::to,
       .queue_id = "6AO1bAXR005747",
       .recipients = "<dave@example.net>",
       .controlling = "<alice@example.org> (1000/1000)",
       .mailer = "esmtp",
       .relay = "mx.example.net. [198.51.100.21]",
       .dsn = "5.1.1",
       .reply = "550-Verification failed for <alice@example.org>",
       .stat = "User unknown"},
      {.name = "8.14",
       .text =
           "6AO1pqGn018489: to=<dave@example.net>, delay=00:00:02, xdelay=00:00:01, mailer=esmtp, "
           "pri=30015, relay=mx.example.net. [198.51.100.21], dsn=5.1.1, stat=User unknown",
       .kind = Kind::to,
       .queue_id = "6AO1pqGn018489",
       .recipients = "<dave@example.net>",
       .mailer = "esmtp",
       .relay = "mx.example.net. [198.51.100.21]",
       .dsn = "5.1.1",
       .stat = "User unknown"},
      {.name = "deferred",
       .text =
           "6AO1pqll018500: to=<dave@example.net>, delay=00:00:02, xdelay=00:00:01, mailer=esmtp, "
           "pri=30015, relay=mx.example.net. [198.51.100.76], dsn=4.3.0, stat=Deferred: 451 4.1.8 "
           "Domain of sender address alice@example.org does not resolve",
       .kind = Kind::to,
       .queue_id = "6AO1pqll018500",
       .recipients = "<dave@example.net>",
       .mailer = "esmtp",
       .relay = "mx.example.net. [198.51.100.76]",
       .dsn = "4.3.0",
       .stat = "Deferred: 451 4.1.8 Domain of sender address alice@example.org does not resolve"},
      {.name = "more",
       .text =
           "6AO1bDJl005841: to=a@example.net,b@example.net, [more], delay=00:00:00, mailer=esmtp, "
           "pri=1, relay=mx.example.net. [198.51.100.1], dsn=5.0.0, stat=Service unavailable",
       .kind = Kind::to,
       .queue_id = "6AO1bDJl005841",
       .recipients = "a@example.net,b@example.net",
       .mailer = "esmtp",
       .relay = "mx.example.net. [198.51.100.1]",
       .dsn = "5.0.0",
       .stat = "Service unavailable",
       .more = true},
      {.name = "MTA-STS",
       .text = "6AO1bDJl005841: to=a@example.net, delay=00:00:00, mailer=esmtp, pri=1, "
               "relay=mx.example.net. [198.51.100.1], dsn=5.0.0, reply=550 no, STS=OK, "
               "stat=Service unavailable",
       .kind = Kind::to,
       .queue_id = "6AO1bDJl005841",
       .recipients = "a@example.net",
       .mailer = "esmtp",
       .relay = "mx.example.net. [198.51.100.1]",
       .dsn = "5.0.0",
       .reply = "550 no",
       .stat = "Service unavailable"},
      // headers.c logsender()
      {.name = "from",
       .text = "6AO1a7HU004640: from=<a@example.com>, size=1800, class=0, nrcpts=2, "
               "msgid=<1@example.com>, proto=ESMTP, daemon=MTA, relay=c.example.net [192.0.2.7]",
       .kind = Kind::from,
       .queue_id = "6AO1a7HU004640",
       .sender = "<a@example.com>",
       .relay = "c.example.net [192.0.2.7]",
       .message_id = "<1@example.com>",
       .size = 1800,
       .accepted = 2},
      {.name = "callout against us",
       .text = "6AO1soVh021149: from=<>, size=0, class=0, nrcpts=1, proto=ESMTP, daemon=MTA, "
               "relay=mx.example.net [198.51.100.21]",
       .kind = Kind::from,
       .queue_id = "6AO1soVh021149",
       .sender = "<>",
       .relay = "mx.example.net [198.51.100.21]",
       .size = 0,
       .accepted = 1},
      {.name = "from forges",
       .text =
           R"(6AO1a7HU004640: from=<"a, size=9, relay=x [192.0.2.99]"@example.com>, size=0, class=0, nrcpts=0, relay=[192.0.2.7])",
       .kind = Kind::from,
       .queue_id = "6AO1a7HU004640",
       .sender = R"(<"a, size=9, relay=x [192.0.2.99]"@example.com>)",
       .relay = "[192.0.2.7]",
       .size = 0,
       .accepted = 0},
      {.name = "command line",
       .text = "6AO1a7HU004640: from=alice, size=15, class=0, nrcpts=1, msgid=<m@mx.example.org>, "
               "relay=alice@localhost",
       .kind = Kind::from,
       .queue_id = "6AO1a7HU004640",
       .sender = "alice",
       .relay = "alice@localhost",
       .message_id = "<m@mx.example.org>",
       .size = 15,
       .accepted = 1},
      // savemail.c returntosender(), deliver.c sendall()
      {.name = "DSN",
       .text = "6AO1em6x007535: 6AO1em6x007537: DSN: User unknown",
       .kind = Kind::dsn,
       .queue_id = "6AO1em6x007535",
       .stat = "User unknown",
       .child = "6AO1em6x007537"},
      {.name = "return to sender",
       .text = "6AO1em6x007535: 6AO1em6y007535: return to sender: User unknown",
       .kind = Kind::dsn,
       .queue_id = "6AO1em6x007535",
       .stat = "User unknown",
       .child = "6AO1em6y007535"},
      {.name = "clone",
       .text = "6AO1em6x007535: 6AO1em6y007535: clone: owner=owner-list",
       .kind = Kind::clone,
       .queue_id = "6AO1em6x007535",
       .sender = "owner-list",
       .child = "6AO1em6y007535"},
      {.name = "split",
       .text = "6AO1em6x007535: split: count=2, id=6AO1em6y007535",
       .kind = Kind::split,
       .queue_id = "6AO1em6x007535",
       .child = "6AO1em6y007535"},
      {.name = "split at many recipients",
       .text = "6AO1em6x007535: split: maxrcpts=2, rcpts=3, count=2, "
               "ids=6AO1em6y007535,6AO1em6A007535",
       .kind = Kind::split,
       .queue_id = "6AO1em6x007535",
       .child = "6AO1em6y007535,6AO1em6A007535"},
      {.name = "clone 8.11",
       .text = "gAABdPd17840: clone gAABdPc17840, owner=owner-list",
       .kind = Kind::clone,
       .queue_id = "gAABdPd17840",
       .sender = "owner-list",
       .child = "gAABdPd17840"},
      // conf.c validate_connection(), srvrsmtp.c
      {.name = "tcpwrappers",
       .text = "NOQUEUE: tcpwrappers (c.example.net, 192.0.2.7) rejection",
       .kind = Kind::connection,
       .argument = "c.example.net",
       .relay = "192.0.2.7",
       .reject = "550 5.0.0 Access denied (tcpwrappers)"},
      {.name = "pre-greeting",
       .text = "6AO1em6x007535: rejecting commands from c.example.net [192.0.2.7] due to "
               "pre-greeting traffic after 3 seconds",
       .kind = Kind::connection,
       .queue_id = "6AO1em6x007535",
       .relay = "c.example.net [192.0.2.7]",
       .reject = "554 5.5.0 rejecting commands due to pre-greeting traffic"},
      {.name = "pre-greeting 8.13",
       .text = "6AO1em6x007535: rejecting commands from c.example.net [192.0.2.7] after 3 seconds "
               "due to pre-greeting traffic",
       .kind = Kind::connection,
       .queue_id = "6AO1em6x007535",
       .relay = "c.example.net [192.0.2.7]",
       .reject = "554 5.5.0 rejecting commands due to pre-greeting traffic"},
      {.name = "lost input",
       .text =
           "6AO1em6x007535: lost input channel from c.example.net [192.0.2.7] to MTA after rcpt",
       .kind = Kind::context,
       .queue_id = "6AO1em6x007535"},
      {.name = "dialogue",
       .text = "6AO1em6x007535: --- 550 5.1.1 <x@example.org>... User unknown",
       .kind = Kind::context,
       .queue_id = "6AO1em6x007535"},
      {.name = "no MAIL",
       .text =
           "c.example.net [192.0.2.7] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA",
       .kind = Kind::context},
      {.name = "Solaris",
       .text = "[ID 801593 mail.notice] 6AO1YnhL003098: <nosuch@example.org>... User unknown",
       .kind = Kind::user_error,
       .queue_id = "6AO1YnhL003098",
       .argument = "<nosuch@example.org>",
       .reject = "User unknown"},
      {.name = "long pid",
       .text = "6AO1Yngh3529565: <x@example.org>... User unknown",
       .kind = Kind::user_error,
       .queue_id = "6AO1Yngh3529565",
       .argument = "<x@example.org>",
       .reject = "User unknown"},
      {.name = "8.11 id",
       .text = "gAABdPd17840: <x@example.org>... User unknown",
       .kind = Kind::user_error,
       .queue_id = "gAABdPd17840",
       .argument = "<x@example.org>",
       .reject = "User unknown"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    if (std::find(kDisabledSendmail.begin(), kDisabledSendmail.end(), row.name) !=
        kDisabledSendmail.end())
      continue;
    const auto record = parse_sendmail(row.text);
    EXPECT_EQ(static_cast<int>(record.kind), static_cast<int>(row.kind));
    EXPECT_EQ(record.queue_id, row.queue_id);
    if (record.kind != row.kind || row.kind == Kind::context) continue;
    EXPECT_EQ(record.ruleset, row.ruleset);
    EXPECT_EQ(record.argument, row.argument);
    EXPECT_EQ(record.sender, row.sender);
    EXPECT_EQ(record.recipients, row.recipients);
    EXPECT_EQ(record.controlling, row.controlling);
    EXPECT_EQ(record.mailer, row.mailer);
    EXPECT_EQ(record.relay, row.relay);
    EXPECT_EQ(record.dsn, row.dsn);
    EXPECT_EQ(record.reply, row.reply);
    EXPECT_EQ(record.stat, row.stat);
    EXPECT_EQ(record.reject, row.reject);
    EXPECT_EQ(record.child, row.child);
    EXPECT_EQ(record.milter_stage, row.stage);
    EXPECT_EQ(record.message_id, row.message_id);
    EXPECT_EQ(record.size, row.size);
    EXPECT_EQ(record.recipients_accepted, row.accepted);
    EXPECT_EQ(record.more, row.more);
  }
}

TEST(SendmailLine, Parts) {
  // conf.c sm_syslog()
  const auto first = parse_sendmail("6AO1dVwY006724[1]: ruleset=CheckBig, arg1= abc, def ...");
  EXPECT_EQ(first.queue_id, "6AO1dVwY006724");
  EXPECT_EQ(first.part, 1);
  EXPECT_EQ(first.body, "ruleset=CheckBig, arg1= abc, def ...");
  EXPECT_EQ(parse_sendmail("NOQUEUE[2]: x").part, 2);
  EXPECT_EQ(parse_sendmail("[1]: x ...").part, 1);
}

TEST(SendmailLine, QueueIds) {
  for (const std::string_view id :
       {"6AO1Yngh003060", "6AO1Yngh3529565", "gAABdPd17840", "kBC502520512"})
    EXPECT_TRUE(is_sendmail_queue_id(id)) << id;
  for (const std::string_view no : {"", "NOQUEUE", "3F1A2B", "4XyzABcdef", "6CO1Yngh003060",
                                    "6AO1Yngh00306x", "1s2Abc-0000fG-1H"}) {
    EXPECT_FALSE(is_sendmail_queue_id(no)) << no;
  }
}

}  // namespace
}  // namespace lostmail::parse
