#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lostmail/parse/parse_line.hpp"

namespace lostmail::parse {
namespace {

using Kind = EximRecord::Kind;

struct Row {
  const char* name = "";
  std::string_view text = {};  // behind the time stamp
  Kind kind = Kind::unknown;
  std::string_view queue_id = {};
  std::string_view ip = {}, host = {}, helo = {};
  std::optional<std::string_view> sender = std::nullopt;
  std::string_view address = {}, top = {}, said = {}, command = {};
  std::optional<Stage> stage = std::nullopt;
  bool permanent = true;
  int code = 0;
  bool doubtful = false;
};

void check(const Row& row) {
  SCOPED_TRACE(row.name);
  const std::string line = "2024-05-01 10:00:00 " + std::string(row.text);
  const EximRecord record = parse_exim(line);
  EXPECT_EQ(static_cast<int>(record.kind), static_cast<int>(row.kind));
  EXPECT_EQ(record.queue_id, row.queue_id);
  if (record.kind != row.kind || row.kind == Kind::context || row.kind == Kind::attempt_error ||
      row.kind == Kind::unknown) {
    return;
  }
  EXPECT_EQ(record.doubtful, row.doubtful);
  if (row.doubtful) return;
  EXPECT_EQ(record.host ? record.host->ip : "", row.ip);
  EXPECT_EQ(record.host ? record.host->name : "", row.host);
  EXPECT_EQ(record.host ? record.host->helo : "", row.helo);
  EXPECT_EQ(record.sender, row.sender);
  EXPECT_EQ(record.address, row.address);
  EXPECT_EQ(record.top_address, row.top);
  EXPECT_EQ(record.text, row.said);
  EXPECT_EQ(record.command, row.command);
  EXPECT_EQ(record.permanent, row.permanent);
  if (row.code != 0) EXPECT_EQ(record.reply_code, row.code);
  EXPECT_EQ(name_of(record.stage), name_of(row.stage.value_or(record.stage)));
}

constexpr std::string_view kOld = "1s2Abc-0000fG-1H";
constexpr std::string_view kNew = "1uAbcd-00000000abc-2xYz";

struct FrameRow {
  const char* name;
  std::string_view line, pid, queue_id, after_pid;
};

TEST(EximLine, PidAndMessageId) {
  const std::vector<FrameRow> rows{
      // log.c log_vwrite(), tod.c tod_stamp(), receive.c
      {"old id", "2024-05-01 10:00:00 1s2Abc-0000fG-1H Completed", "", kOld,
       "1s2Abc-0000fG-1H Completed"},
      {"new id", "2024-05-01 10:00:00 1uAbcd-00000000abc-2xYz Completed", "", kNew,
       "1uAbcd-00000000abc-2xYz Completed"},
      {"pid", "2024-05-01 10:00:00 [12345] 1s2Abc-0000fG-1H Completed", "12345", kOld,
       "1s2Abc-0000fG-1H Completed"},
      {"all", "2024-05-01 10:00:00.123 +0200 [1] 1s2Abc-0000fG-1H Completed", "1", kOld,
       "1s2Abc-0000fG-1H Completed"},
      {"millisec", "2024-05-01 10:00:00.123 1s2Abc-0000fG-1H Completed", "", kOld,
       "1s2Abc-0000fG-1H Completed"},
      {"zone", "2024-05-01 10:00:00 -0500 1s2Abc-0000fG-1H Completed", "", kOld,
       "1s2Abc-0000fG-1H Completed"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto record = parse_exim(row.line);
    EXPECT_EQ(record.kind, Kind::completed);
    EXPECT_EQ(record.pid, row.pid);
    EXPECT_EQ(record.queue_id, row.queue_id);
    EXPECT_EQ(record.after_pid, row.after_pid);
  }
  EXPECT_EQ(parse_exim("[7] 1s2Abc-0000fG-1H Completed", false).queue_id, kOld);
  EXPECT_EQ(parse_exim("  Envelope-to: <b@example.net>").kind, Kind::continuation);
}

TEST(EximLine, MessageIds) {
  for (const auto id : {kOld, kNew, std::string_view("AAAAAA-AAAAAA-00")})
    EXPECT_TRUE(is_exim_message_id(id)) << id;
  for (const std::string_view no :
       {"1s2Abc-0000fG-1", "1s2Abc-0000fG-1Hx", "1s2Abc_0000fG-1H", "1s2Ab.-0000fG-1H",
        "1uAbcd-00000000abc-2xY", "6AO1Yngh003060"}) {
    EXPECT_FALSE(is_exim_message_id(no)) << no;
  }
  { EXPECT_FALSE(is_exim_message_id("")); }
}

struct HostRow {
  const char* name;
  std::string_view host;  // between `H=` and ` F=<`
  std::string_view ip, reverse, helo;
};

TEST(EximLine, Hosts) {
  const std::vector<HostRow> rows{
      // host.c host_build_sender_fullhost(), host_and_ident()
      {"address alone", "[192.0.2.7]", "192.0.2.7", "", ""},
      {"helo", "(c.example.net) [192.0.2.7]", "192.0.2.7", "", "c.example.net"},
      {"name", "c.example.net [192.0.2.7]", "192.0.2.7", "c.example.net", ""},
      {"name and helo", "c.example.net (x.example.com) [192.0.2.7]", "192.0.2.7", "c.example.net",
       "x.example.com"},
      {"port", "(c.example.net) [192.0.2.7]:40112", "192.0.2.7", "", "c.example.net"},
      {"helo literal", "([10.0.0.1]) [192.0.2.7]", "192.0.2.7", "", "[10.0.0.1]"},
      {"helo literal and port", "([10.0.0.1]) [192.0.2.7]:25", "192.0.2.7", "", "[10.0.0.1]"},
      {"name and helo literal", "c.example.net ([10.0.0.1]) [192.0.2.7]", "192.0.2.7",
       "c.example.net", "[10.0.0.1]"},
      {"IPv6", "m.example.org [2001:db8::9]", "2001:db8::9", "m.example.org", ""},
      {"IPv6 port", "(h) [2001:db8::7]:4321", "2001:db8::7", "", "h"},
      {"IPv6 helo literal", "([IPv6:2001:db8::1]) [2001:db8::7]:4321", "2001:db8::7", "",
       "[IPv6:2001:db8::1]"},
      {"IPv6 full", "[2001:0db8:0000:0000:0000:0000:0000:0007]:1",
       "2001:0db8:0000:0000:0000:0000:0000:0007", "", ""},
      {"interface", "(h) [192.0.2.7]:4 I=[198.51.100.1]:25", "192.0.2.7", "", "h"},
      {"ident", "(h) [192.0.2.7] U=unknown", "192.0.2.7", "", "h"},
      {"interface, ident, connection", "(h) [192.0.2.7] I=[198.51.100.1]:25 U=joe Ci=12345",
       "192.0.2.7", "", "h"},
      {"TLS", "(h) [192.0.2.7] X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no", "192.0.2.7", "", "h"},
      {"TLS peer",
       R"(h.example.net [192.0.2.7] X=TLS1.2:ECDHE:256 CV=yes DN="/C=XX/O=A B/CN=h F=<x@example.org>" SNI=mx.example.net)",
       "192.0.2.7", "h.example.net", ""},
      {"helo with blanks", "(a b=c) [192.0.2.7]", "192.0.2.7", "", "a b=c"},
      {"helo with parentheses", "(a(b)c) [192.0.2.7]", "192.0.2.7", "", "a(b)c"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string line =
        "2024-05-01 10:00:00 H=" + std::string(row.host) +
        " F=<a@example.com> rejected RCPT <b@example.net>: relay not permitted";
    const auto record = parse_exim(line);
    EXPECT_EQ(record.kind, Kind::refusal);
    ASSERT_TRUE(record.host.has_value());
    EXPECT_EQ(record.host->ip, row.ip);
    EXPECT_EQ(record.host->name, row.reverse);
    EXPECT_EQ(record.host->helo, row.helo);
    EXPECT_EQ(record.sender, std::optional<std::string_view>("a@example.com"));
    EXPECT_EQ(record.address, "b@example.net");
    EXPECT_EQ(record.text, "relay not permitted");
    EXPECT_FALSE(record.doubtful);
  }
}

TEST(EximLine, Refusals) {
  const std::vector<Row> rows{
      // smtp_in.c smtp_handle_acl_fail()
      {.name = "RCPT",
       .text = "H=(c) [192.0.2.7] F=<a@example.com> rejected RCPT <b@example.net>: Sender verify "
               "failed",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "Sender verify failed",
       .stage = Stage::rcpt},
      {.name = "RCPT temporarily",
       .text = "H=(c) [192.0.2.7] F=<a@example.com> temporarily rejected RCPT <b@example.net>: "
               "Could not complete sender verify",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "Could not complete sender verify",
       .stage = Stage::rcpt,
       .permanent = false},
      {.name = "RCPT without text",
       .text = "H=(c) [192.0.2.7] F=<> rejected RCPT <b@example.net>",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "",
       .address = "b@example.net",
       .stage = Stage::rcpt},
      {.name = "RCPT without brackets",
       .text = "H=[192.0.2.7] F=<a@example.com> rejected RCPT b@example.net: no",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "no",
       .stage = Stage::rcpt},
      {.name = "RCPT source route",
       .text = "H=[192.0.2.7] F=<a@example.com> rejected RCPT <@r.example.com:b@example.net>: no",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "no",
       .stage = Stage::rcpt},
      {.name = "RCPT with A=",
       .text = "H=(c) [192.0.2.7] X=TLS1.3:A:256 CV=no F=<a@example.com> A=login:joe rejected RCPT "
               "<b@example.net>: no",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "no",
       .stage = Stage::rcpt},
      {.name = "RCPT with DS",
       .text = "DS H=c.example.net [192.0.2.7] F=<a@example.com> rejected RCPT <b@example.net>: no",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .host = "c.example.net",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "no",
       .stage = Stage::rcpt},
      {.name = "MAIL",
       .text = "H=(c) [192.0.2.7] rejected MAIL <a@example.com>: Sender verify failed",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = "a@example.com",
       .said = "Sender verify failed",
       .stage = Stage::mail},
      {.name = "MAIL null",
       .text = "H=(c) [192.0.2.7] rejected MAIL <>: no bounces",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "",
       .said = "no bounces",
       .stage = Stage::mail},
      {.name = "DATA",
       .text = "H=(c) [192.0.2.7] rejected DATA: Sender verify failed",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .said = "Sender verify failed",
       .stage = Stage::data},
      {.name = "after DATA",
       .text = "1s2Abc-0000fG-1H H=(c) [192.0.2.7] F=<a@example.com> rejected after DATA: Sender "
               "verify failed",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .said = "Sender verify failed",
       .stage = Stage::message},
      {.name = "after DATA, new id",
       .text = "1uAbcd-00000000abc-2xYz H=(c) [192.0.2.7] F=<a@example.com> temporarily rejected "
               "after DATA",
       .kind = Kind::refusal,
       .queue_id = kNew,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .stage = Stage::message,
       .permanent = false},
      {.name = "after DATA PRDR",
       .text = "1s2Abc-0000fG-1H H=(c) [192.0.2.7] rejected after DATA PRDR: spam",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .said = "spam",
       .stage = Stage::message},
      {.name = "MIME",
       .text = "1s2Abc-0000fG-1H H=(c) [192.0.2.7] F=<a@example.com> rejected during MIME ACL "
               "checks: virus",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .said = "virus",
       .stage = Stage::message},
      {.name = "DKIM empty argument",
       .text = "1s2Abc-0000fG-1H H=(c) [192.0.2.7] rejected DKIM : bad signature",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .said = "bad signature",
       .stage = Stage::message},
      {.name = "connect",
       .text = "H=[192.0.2.7] rejected connection in \"connect\" ACL: listed",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .said = "listed",
       .stage = Stage::connect},
      {.name = "HELO ACL",
       .text = "H=(x) [192.0.2.7] rejected EHLO or HELO x: bad HELO",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "x",
       .said = "bad HELO",
       .stage = Stage::helo},
      {.name = "AUTH",
       .text = "H=(x) [192.0.2.7] rejected AUTH LOGIN: not here",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "x",
       .said = "not here",
       .stage = Stage::auth},
      {.name = "own code",
       .text = "H=(c) [192.0.2.7] F=<a@example.com> rejected RCPT <b@example.net>: 553 5.1.8 text",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "553 5.1.8 text",
       .stage = Stage::rcpt},
      {.name = "local fault",
       .text =
           R"(H=(c) [192.0.2.7] F=<a@example.com> temporarily rejected RCPT <b@example.net>: unknown option "X" in ACL condition "verify sender/X")",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = R"(unknown option "X" in ACL condition "verify sender/X")",
       .stage = Stage::rcpt,
       .permanent = false},
      // smtp_in.c, receive.c, daemon.c: lines with a grammar of their own
      {.name = "TLS on connect",
       .text = "H=[192.0.2.7] dropped by 'connect' ACL: listed",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .said = "listed",
       .stage = Stage::connect},
      {.name = "EHLO junk",
       .text = "rejected EHLO from [192.0.2.7]: syntactically invalid argument(s): a_b",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .said = "syntactically invalid HELO argument(s)",
       .stage = Stage::helo},
      {.name = "helo_verify_hosts",
       .text = "temporarily rejected \"EHLO x.example.com\" from (x.example.com) [192.0.2.7]",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "x.example.com",
       .said = "HELO name does not match the host",
       .stage = Stage::helo,
       .permanent = false},
      {.name = "MAIL without HELO",
       .text = "rejected MAIL from [192.0.2.7]: no HELO/EHLO given",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .said = "no HELO/EHLO given",
       .stage = Stage::mail},
      {.name = "too many messages",
       .text = "rejected MAIL command H=(c) [192.0.2.7]: too many messages in one connection",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .said = "too many messages in one connection",
       .stage = Stage::mail,
       .permanent = false,  // smtp_in.c answers 421
       .code = 421},
      // Run: Exim 4.96, +incoming_interface; the interface ends in the separator.
      {.name = "too big, with interface",
       .text = "rejected MAIL FROM:<big@good.example> H=good.client.example (mail.client.example)"
               " [203.0.113.10]:47697 I=[192.0.2.1]:25: message too big: size=900000 max=102400",
       .kind = Kind::refusal,
       .ip = "203.0.113.10",
       .host = "good.client.example",
       .helo = "mail.client.example",
       .sender = "big@good.example",
       .said = "message too big: size=900000 max=102400",
       .stage = Stage::mail,
       .code = 552},
      {.name = "size at MAIL",
       .text =
           "rejected MAIL FROM:<a@example.com> H=(c) [192.0.2.7]: message too big: size=9 max=5",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .said = "message too big: size=9 max=5",
       .stage = Stage::mail},
      {.name = "size read",
       .text = "1s2Abc-0000fG-1H rejected from <a@example.com> H=(c) [192.0.2.7]: message too big: "
               "read=9 max=5",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .said = "message too big: read=9 max=5",
       .stage = Stage::message},
      {.name = "loop, no blank",
       .text = "1s2Abc-0000fG-1H rejected from <a@example.com>H=(c) [192.0.2.7]: Too many "
               "\"Received\" headers",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .said = "Too many \"Received\" headers",
       .stage = Stage::message},
      {.name = "unqualified sender",
       .text = "unqualified sender rejected: <joe> H=(c) [192.0.2.7]",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "joe",
       .said = "sender address must contain a domain",
       .stage = Stage::mail},
      {.name = "unqualified recipient",
       .text = "unqualified recipient rejected: <bob> H=(c) [192.0.2.7]",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .address = "bob",
       .said = "recipient address must contain a domain",
       .stage = Stage::rcpt},
      {.name = "too many recipients",
       .text = "too many recipients: message rejected: sender=<a@example.com> H=(c) [192.0.2.7]",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .said = "too many recipients"},
      {.name = "recipients in excess",
       .text = "too many recipients: excess temporarily rejected: sender=<a@example.com> H=(c) "
               "[192.0.2.7]",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .said = "too many recipients",
       .permanent = false},
      {.name = "host_reject_connection",
       .text = "refused connection from c.example.net [192.0.2.7] (host_reject_connection)",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .host = "c.example.net",
       .said = "connection refused (host_reject_connection)",
       .stage = Stage::connect},
      {.name = "too many connections",
       .text = "Connection from [192.0.2.7] refused: too many connections",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .said = "too many connections",
       .stage = Stage::connect,
       .permanent = false},
      {.name = "load",
       .text = "temporarily refused connection from [192.0.2.7]: not in reserve list: connected=21 "
               "max=40 reserve=20",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .said = "too much load or too many connections",
       .stage = Stage::connect,
       .permanent = false},
      {.name = "synchronization",
       .text =
           R"(SMTP protocol synchronization error (next input sent too soon: pipelining was not advertised): rejected "EHLO x" H=[192.0.2.7] next input="MAIL FROM:<a@example.com>\r\n")",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .said = "SMTP protocol synchronization error",
       .stage = Stage::connect},
      {.name = "local_scan",
       .text = "1s2Abc-0000fG-1H F=a@example.com H=(c) [192.0.2.7] P=esmtp rejected by "
               "local_scan(): no",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .said = "no",
       .stage = Stage::message},
      {.name = "local_scan null sender",
       .text = "1s2Abc-0000fG-1H F=<> H=(c) [192.0.2.7] P=esmtp temporarily rejected by "
               "local_scan(): no",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "",
       .said = "no",
       .stage = Stage::message,
       .permanent = false},
      {.name = "non-SMTP ACL",
       .text = "1s2Abc-0000fG-1H F=<a@example.com> rejected by non-SMTP ACL: no",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .sender = "a@example.com",
       .said = "no",
       .stage = Stage::message},
      // verify.c cutthrough_finaldot(): the first H= is the client, the second the remote server
      {.name = "cutthrough",
       .text = "1s2Abc-0000fG-1H H=(c) [192.0.2.7] b@example.net F=<a@example.com> rejected after "
               "DATA: R=r T=t H=mx.example.org [198.51.100.20] C=\"550 no\"",
       .kind = Kind::refusal,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "550 no",
       .stage = Stage::message},
      // Run: Exim 4.96
      {.name = "cutthrough, temporary",
       .text =
           "1xW8oQ-0000FG-2L H=good.client.example (mail.client.example) [203.0.113.10] "
           "dave@cut-later.example F=<cut@good.example> tmp-reject from cutthrough after DATA: "
           "R=remote T=remote_smtp H=mx.cut-later.example [198.51.100.29] C=\"451 sender verify "
           "rejected\"",
       .kind = Kind::refusal,
       .queue_id = "1xW8oQ-0000FG-2L",
       .ip = "203.0.113.10",
       .host = "good.client.example",
       .helo = "mail.client.example",
       .sender = "cut@good.example",
       .address = "dave@cut-later.example",
       .said = "451 sender verify rejected",
       .stage = Stage::message,
       .permanent = false},
  };
  for (const auto& row : rows) check(row);
}

TEST(EximLine, Verify) {
  const std::vector<Row> rows{
      // smtp_in.c smtp_handle_acl_fail(), the first line of the pair
      {.name = "fail",
       .text = "H=(c.example.net) [192.0.2.7]:40112 sender verify fail for <a@example.com>: "
               "Unrouteable address",
       .kind = Kind::verify,
       .ip = "192.0.2.7",
       .helo = "c.example.net",
       .address = "a@example.com",
       .said = "Unrouteable address"},
      {.name = "defer",
       .text = "H=m.example.org [2001:db8::9] sender verify defer for <x@example.org>: host lookup "
               "did not complete",
       .kind = Kind::verify,
       .ip = "2001:db8::9",
       .host = "m.example.org",
       .address = "x@example.org",
       .said = "host lookup did not complete",
       .permanent = false},
      {.name = "no reason",
       .text = "H=[192.0.2.7] sender verify fail for <a@example.com>",
       .kind = Kind::verify,
       .ip = "192.0.2.7",
       .address = "a@example.com"},
      {.name = "with id",
       .text = "1s2Abc-0000fG-1H H=[192.0.2.7] U=root Ci=3 sender verify fail for <a@example.com>: "
               "Unknown user",
       .kind = Kind::verify,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .address = "a@example.com",
       .said = "Unknown user"},
      {.name = "local caller",
       .text = "U=joe sender verify fail for <a@example.com>: Unknown user",
       .kind = Kind::verify,
       .address = "a@example.com",
       .said = "Unknown user"},
      {.name = "quoted local part",
       .text = R"(H=[192.0.2.7] sender verify fail for <"a>: b"@example.com>: Unknown user)",
       .kind = Kind::verify,
       .ip = "192.0.2.7",
       .address = R"("a>: b"@example.com)",
       .said = "Unknown user"},
      {.name = "reason imitates a refusal",
       .text = "H=[192.0.2.7] sender verify fail for <a@example.com>: response to \"RCPT "
               "TO:<a@example.com>\" from mx.example.com [198.51.100.9] was: 550 H=(e) "
               "[192.0.2.99] F=<v@example.org> rejected RCPT <w@example.org>: Sender verify failed",
       .kind = Kind::verify,
       .ip = "192.0.2.7",
       .address = "a@example.com",
       .said = "response to \"RCPT TO:<a@example.com>\" from mx.example.com [198.51.100.9] was: "
               "550 H=(e) [192.0.2.99] F=<v@example.org> rejected RCPT <w@example.org>: Sender "
               "verify failed"},
  };
  for (const auto& row : rows) check(row);
}

TEST(EximLine, IncompleteTransactions) {
  // smtp_in.c incomplete_transaction_log(), with +smtp_incomplete_transaction; Run: Exim 4.96
  const std::vector<Row> rows{
      {.name = "incomplete",
       .text = "H=(c) [192.0.2.7] incomplete transaction (QUIT) from <a@example.com>",
       .kind = Kind::incomplete,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com"},
      {.name = "with recipients",
       .text = "H=good.client.example (mail.client.example) [203.0.113.10]:43203"
               " I=[192.0.2.1]:25 incomplete transaction (QUIT) from <predata@good.example> for"
               " bob@ours.example al@ours.example",
       .kind = Kind::incomplete,
       .ip = "203.0.113.10",
       .host = "good.client.example",
       .helo = "mail.client.example",
       .sender = "predata@good.example"},
      {.name = "null sender",
       .text = "H=(c) [192.0.2.7] incomplete transaction (connection lost) from <>",
       .kind = Kind::incomplete,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = ""},
  };
  for (const auto& row : rows) check(row);
  EXPECT_EQ(parse_exim("2024-05-01 10:00:00 " + std::string(rows[1].text)).recipients,
            "bob@ours.example al@ours.example");
}

TEST(EximLine, SplitAddresses) {
  using List = std::vector<std::string_view>;
  EXPECT_EQ(split_addresses("a@b.example"), List{"a@b.example"});
  EXPECT_EQ(split_addresses(R"(a@b.example "c d"@e.example f)"),
            (List{"a@b.example", R"("c d"@e.example)", "f"}));
  EXPECT_EQ(split_addresses("a@b.example <trunc>"), List{"a@b.example"});
  EXPECT_EQ(split_addresses(""), List{});
}

TEST(EximLine, Deliveries) {
  constexpr std::string_view kReply =
      R"(550-Verification failed for <a@example.com>\n550-Unrouteable address\n550 Sender verify failed)";
  const std::vector<Row> rows{
      // receive.c receive_msg()
      {.name = "arrival",
       .text = "1s2Abc-0000fG-1H <= a@example.com H=c.example.net (x) [192.0.2.7] P=esmtps "
               "X=TLS1.3:A:256 S=1234 id=m@example.com T=\"rejected RCPT\" from <a@example.com> "
               "for b@example.net",
       .kind = Kind::arrival,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .host = "c.example.net",
       .helo = "x",
       .sender = "a@example.com"},
      // deliver.c string_log_address(): the local part without its quotes, then the address whole.
      // Run: Exim 4.96.
      {.name = "failed quoted local part",
       .text = R"(1xW84y-000091-1S ** d > e: f@q.example <"d > e: f"@q.example> R=remote)"
               R"( T=remote_smtp H=mx.q.example [198.51.100.104]: SMTP error from remote mail)"
               R"( server after RCPT TO:<"d > e: f"@q.example>: 550 Domain not found)",
       .kind = Kind::failure,
       .queue_id = "1xW84y-000091-1S",
       .ip = "198.51.100.104",
       .host = "mx.q.example",
       .address = R"("d > e: f"@q.example)",
       .said = "550 Domain not found",
       .command = R"(RCPT TO:<"d > e: f"@q.example>)"},
      {.name = "quoted local part that holds fields",
       .text = R"(1s2Abc-0000fG-1H ** x R=r T=t H=e [192.0.2.99]: 550 no@q.example)"
               R"( <"x R=r T=t H=e [192.0.2.99]: 550 no"@q.example> R=remote T=remote_smtp)"
               R"( H=mx.q.example [198.51.100.104]: SMTP error from remote mail server after)"
               R"( RCPT TO:<"x R=r T=t H=e [192.0.2.99]: 550 no"@q.example>: 550 gone)",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "198.51.100.104",
       .host = "mx.q.example",
       .address = R"("x R=r T=t H=e [192.0.2.99]: 550 no"@q.example)",
       .said = "550 gone",
       .command = R"(RCPT TO:<"x R=r T=t H=e [192.0.2.99]: 550 no"@q.example>)"},
      {.name = "two readings of a quoted local part",
       .text = R"(1s2Abc-0000fG-1H ** x@y <"x"@y> R=d@q.example <"x@y <\"x\"@y> R=d"@q.example>)"
               R"( R=remote T=t H=mx [198.51.100.1]: SMTP error from remote mail server after)"
               R"( DATA: 550 gone)",
       .kind = Kind::failure,
       .queue_id = kOld,
       .doubtful = true},
      {.name = "arrival of a bounce",
       .text = "1s2Abc-0000fG-1H <= <> R=1s2Abd-0000gH-1J U=Debian-exim P=local S=1",
       .kind = Kind::arrival,
       .queue_id = kOld,
       .sender = ""},
      {.name = "fakereject",
       .text = "1s2Abc-0000fG-1H (= a@example.com H=(x) [192.0.2.7] P=esmtp S=5",
       .kind = Kind::arrival,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "x",
       .sender = "a@example.com"},
      {.name = "arrival quoted",
       .text = R"(1s2Abc-0000fG-1H <= "a b"@example.com H=(x) [192.0.2.7] P=esmtp S=5)",
       .kind = Kind::arrival,
       .queue_id = kOld,
       .ip = "192.0.2.7",
       .helo = "x",
       .sender = R"("a b"@example.com)"},
      // deliver.c delivery_log()
      {.name = "local",
       .text = "1s2Abc-0000fG-1H => bob <b@example.net> R=local_user T=mail_spool",
       .kind = Kind::delivery,
       .queue_id = kOld,
       .address = "bob",
       .top = "b@example.net"},
      {.name = "remote",
       .text =
           R"(1s2Abc-0000fG-1H => b@example.org F=<a@example.com> R=dnslookup T=remote_smtp S=10 H=mx.example.org [198.51.100.20]:25* X=TLS1.3:A:256 CV=yes C="250 OK id=1s2 rejected \"x\"" QT=1s DT=0.1s)",
       .kind = Kind::delivery,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .sender = "a@example.com",
       .address = "b@example.org",
       .said = R"(250 OK id=1s2 rejected \"x\")"},
      {.name = "alias",
       .text = "1s2Abc-0000fG-1H -> b@example.org (c@example.net) <d@example.net> R=r T=t",
       .kind = Kind::delivery,
       .queue_id = kOld,
       .address = "b@example.org",
       .top = "d@example.net"},
      {.name = "cutthrough delivery",
       .text =
           R"(1s2Abc-0000fG-1H >> b@example.org R=r T=t H=mx.example.org [198.51.100.20] C="250 OK")",
       .kind = Kind::delivery,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "250 OK"},
      {.name = "file",
       .text = "1s2Abc-0000fG-1H => /dev/null <b@example.net> R=r T=address_file",
       .kind = Kind::delivery,
       .queue_id = kOld,
       .address = "/dev/null",
       .top = "b@example.net"},
      // deliver.c failure_log(), transports/smtp.c check_response()
      {.name = "failure 4.50",
       .text =
           "1s2Abc-0000fG-1H ** b@example.org R=dnslookup T=remote_smtp: SMTP error from remote "
           "mailer after RCPT TO:<b@example.org>: host mx.example.org [198.51.100.20]: 550 no",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "550 no",
       .command = "RCPT TO:<b@example.org>"},
      {.name = "failure 4.84",
       .text = "1s2Abc-0000fG-1H ** b@example.org R=dnslookup T=remote_smtp: SMTP error from "
               "remote mail server after pipelined MAIL FROM:<a@example.com> SIZE=9: host "
               "mx.example.org [198.51.100.20]: 550 no",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "550 no",
       .command = "MAIL FROM:<a@example.com> SIZE=9"},
      {.name = "failure 4.98",
       .text =
           R"(1s2Abc-0000fG-1H ** b@example.org R=dnslookup T=remote_smtp H=mx.example.org [198.51.100.20]: SMTP error from remote mail server after RCPT TO:<b@example.org>: 550-Verification failed for <a@example.com>\n550-Unrouteable address\n550 Sender verify failed)",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = kReply,
       .command = "RCPT TO:<b@example.org>"},
      {.name = "failure 4.98 with DT",
       .text =
           "1s2Abc-0000fG-1H ** b@example.org <c@example.net> F=<a@example.com> P=<a@example.com> "
           "R=r T=t H=mx.example.org [198.51.100.20] X=TLS1.3:A:256 CV=yes DN=\"CN=a: b\": SMTP "
           "error from remote mail server after end of data: 554 spam DT=0.5s",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .sender = "a@example.com",
       .address = "b@example.org",
       .top = "c@example.net",
       .said = "554 spam",
       .command = "end of data"},
      {.name = "failure 4.99",
       .text = "1uAbcd-00000000abc-2xYz ** b@example.org R=dnslookup T=remote_smtp "
               "H=mx.example.org [198.51.100.20] X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes : SMTP "
               "error from remote mail server after pipelined MAIL FROM:<a@example.com> SIZE=2048: "
               "550 5.7.1 Sender must exist",
       .kind = Kind::failure,
       .queue_id = kNew,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "550 5.7.1 Sender must exist",
       .command = "MAIL FROM:<a@example.com> SIZE=2048"},
      {.name = "failure greeting",
       .text = "1s2Abc-0000fG-1H ** b@example.org R=r T=t H=mx.example.org [2001:db8::20]:25: SMTP "
               "error from remote mail server after initial connection: 554 no PTR",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "2001:db8::20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "554 no PTR",
       .command = "initial connection"},
      {.name = "failure LMTP",
       .text = "1s2Abc-0000fG-1H ** b@example.net R=r T=lmtp H=s.example.net [192.0.2.3]: LMTP "
               "error after RCPT TO:<b@example.net>: 550 no",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "192.0.2.3",
       .host = "s.example.net",
       .address = "b@example.net",
       .said = "550 no",
       .command = "RCPT TO:<b@example.net>"},
      {.name = "failure of retry.c",
       .text = "1s2Abc-0000fG-1H ** b@example.org: retry timeout exceeded",
       .kind = Kind::failure,
       .queue_id = kOld,
       .address = "b@example.org",
       .said = "retry timeout exceeded"},
      {.name = "failure routing",
       .text = "1s2Abc-0000fG-1H ** b@example.org R=dnslookup: Unrouteable address",
       .kind = Kind::failure,
       .queue_id = kOld,
       .address = "b@example.org",
       .said = "Unrouteable address"},
      {.name = "failure pipe",
       .text = "1s2Abc-0000fG-1H ** |/usr/bin/x -a b <u@example.net> R=userforward T=address_pipe: "
               "Child process failed",
       .kind = Kind::failure,
       .queue_id = kOld,
       .address = "|/usr/bin/x -a b",
       .top = "u@example.net",
       .said = "Child process failed"},
      {.name = "reply imitates a line",
       .text = "1s2Abc-0000fG-1H ** b@example.org R=r T=t H=mx.example.org [198.51.100.20]: SMTP "
               "error from remote mail server after RCPT TO:<b@example.org>: 550 x H=evil "
               "[192.0.2.99]: SMTP error from remote mail server after RCPT TO:<c@example.org>: "
               "450 y ** c@example.org R=q T=z",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "550 x H=evil [192.0.2.99]: SMTP error from remote mail server after RCPT "
               "TO:<c@example.org>: 450 y ** c@example.org R=q T=z",
       .command = "RCPT TO:<b@example.org>"},
      {.name = "recipient imitates fields",
       .text =
           R"(1s2Abc-0000fG-1H ** "b R=x H=evil [192.0.2.99]: "@example.org R=r T=t H=mx.example.org [198.51.100.20]: SMTP error from remote mail server after RCPT TO:<"b R=x H=evil [192.0.2.99]: "@example.org>: 550 no)",
       .kind = Kind::failure,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = R"("b R=x H=evil [192.0.2.99]: "@example.org)",
       .said = "550 no",
       .command = R"(RCPT TO:<"b R=x H=evil [192.0.2.99]: "@example.org>)"},
      // deliver.c deferral_log()
      {.name = "deferral 4.84",
       .text =
           "1s2Abc-0000fG-1H == b@example.org R=r T=t defer (-44): SMTP error from remote mail "
           "server after RCPT TO:<b@example.org>: host mx.example.org [198.51.100.20]: 451 later",
       .kind = Kind::deferral,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "451 later",
       .command = "RCPT TO:<b@example.org>",
       .permanent = false},
      {.name = "deferral 4.85",
       .text = "1s2Abc-0000fG-1H == b@example.org R=r T=t defer (-44) H=mx.example.org "
               "[198.51.100.20] DT=1s: SMTP error from remote mail server after RCPT "
               "TO:<b@example.org>: 451 Could not complete sender verify callout",
       .kind = Kind::deferral,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "451 Could not complete sender verify callout",
       .command = "RCPT TO:<b@example.org>",
       .permanent = false},
      {.name = "deferral MAIL",
       .text = "1s2Abc-0000fG-1H == b@example.org R=r T=t defer (-45) H=mx.example.org "
               "[198.51.100.20]: SMTP error from remote mail server after pipelined MAIL "
               "FROM:<a@example.com>: 450 4.1.8 Domain not found",
       .kind = Kind::deferral,
       .queue_id = kOld,
       .ip = "198.51.100.20",
       .host = "mx.example.org",
       .address = "b@example.org",
       .said = "450 4.1.8 Domain not found",
       .command = "MAIL FROM:<a@example.com>",
       .permanent = false},
  };
  for (const auto& row : rows) check(row);
  // No server spoke: there is no command, so it is nobody's refusal.
  for (const std::string_view text :
       {"1s2Abc-0000fG-1H == b@example.org R=r T=t defer (111): Connection refused "
        "H=mx.example.org [198.51.100.20]",
        "1s2Abc-0000fG-1H == b@example.org R=r T=t defer (-53): retry time not reached for any "
        "host",
        "1s2Abc-0000fG-1H == b@example.org routing defer (-51): retry time not reached"}) {
    const std::string line = "2024-05-01 10:00:00 " + std::string(text);
    const auto record = parse_exim(line);
    EXPECT_EQ(record.kind, Kind::deferral) << text;
    EXPECT_EQ(record.address, "b@example.org") << text;
    EXPECT_TRUE(record.command.empty()) << text;
  }
}

TEST(EximLine, NoRefusals) {
  const std::vector<Row> rows{
      // The words without the deed: smtp_in.c, acl.c, host.c, dnsbl.c, verify.c, receive.c
      {.name = "discard",
       .text =
           "H=(c) [192.0.2.7] F=<a@example.com> RCPT <b@example.net>: discarded by RCPT ACL: no",
       .kind = Kind::context},
      {.name = "discard to 4.85",
       .text = "H=(c) [192.0.2.7] F=<a@example.com> rejected RCPT <b@example.net>: discarded by "
               "RCPT ACL: no",
       .kind = Kind::context},
      {.name = "warning",
       .text = "H=(c) [192.0.2.7] Warning: sender verify failed: rejected RCPT <b@example.net>",
       .kind = Kind::context},
      {.name = "ignoring AUTH",
       .text = "ignoring AUTH=<x@example.com> from H=(c) [192.0.2.7] (rejected by ACL)",
       .kind = Kind::context},
      {.name = "cwd", .text = "cwd=/tmp 4 args: exim -v rejected RCPT", .kind = Kind::context},
      {.name = "callout connection",
       .text = "sender verify fail (making callout connection): T=remote_smtp interface",
       .kind = Kind::context},
      {.name = "no MAIL",
       .text = "no MAIL in SMTP connection from (c) [192.0.2.7] D=1s C=EHLO,QUIT",
       .kind = Kind::context},
      {.name = "no host name",
       .text = "no host name found for IP address 192.0.2.7",
       .kind = Kind::context},
      {.name = "no address",
       .text =
           "no IP address found for host c.example.net (during SMTP connection from [192.0.2.7])",
       .kind = Kind::context},
      {.name = "dnslist defer",
       .text = "DNS list lookup defer (probably timeout) for 7.2.0.192.bl.example.org: assumed not "
               "in list",
       .kind = Kind::context},
      {.name = "event",
       .text = "1s2Abc-0000fG-1H event msg:fail:delivery rejected",
       .kind = Kind::context,
       .queue_id = kOld},
      {.name = "frozen",
       .text = "1s2Abc-0000fG-1H Frozen (delivery error message)",
       .kind = Kind::context,
       .queue_id = kOld},
      {.name = "not delivered",
       .text = "1s2Abc-0000fG-1H *> b@example.org R=r T=t",
       .kind = Kind::context,
       .queue_id = kOld},
      {.name = "VRFY", .text = "H=(c) [192.0.2.7] rejected VRFY bob", .kind = Kind::context},
      {.name = "ETRN",
       .text = "H=(c) [192.0.2.7] rejected ETRN #example.net",
       .kind = Kind::context},
      {.name = "EXPN", .text = "H=(c) [192.0.2.7] rejected EXPN list", .kind = Kind::context},
      {.name = "STARTTLS",
       .text = "H=(c) [192.0.2.7] rejected STARTTLS : no",
       .kind = Kind::context},
      {.name = "long lookup",
       .text = "Long DNS lookup for 'x.example.net': 5000 msec",
       .kind = Kind::context},
      {.name = "PRDR",
       .text = "1s2Abc-0000fG-1H PRDR b@example.net no",
       .kind = Kind::context,
       .queue_id = kOld},
      // transports/smtp.c write_logs(): a step, not a result
      {.name = "step 4.84",
       .text = "1s2Abc-0000fG-1H SMTP error from remote mail server after RCPT TO:<b@example.org>: "
               "host mx.example.org [198.51.100.20]: 450 no",
       .kind = Kind::attempt_error,
       .queue_id = kOld},
      {.name = "step 4.85",
       .text = "1s2Abc-0000fG-1H H=mx.example.org [198.51.100.20]: SMTP error from remote mail "
               "server after initial connection: 550 no",
       .kind = Kind::attempt_error,
       .queue_id = kOld},
      {.name = "step with port",
       .text = "1s2Abc-0000fG-1H H=mx.example.org [198.51.100.20]:25 SMTP error from remote mail "
               "server after initial connection: 550 no",
       .kind = Kind::attempt_error,
       .queue_id = kOld},
      {.name = "step 4.99",
       .text = "1s2Abc-0000fG-1H H=mx.example.org [198.51.100.20] SMTP error from remote mail "
               "server after initial connection: 550 no",
       .kind = Kind::attempt_error,
       .queue_id = kOld},
      {.name = "step errno",
       .text = "1s2Abc-0000fG-1H H=mx.example.org [198.51.100.20] Connection refused",
       .kind = Kind::context,
       .queue_id = kOld},
      {.name = "flag without id", .text = "** b@example.org R=r T=t: no", .kind = Kind::unknown},
      {.name = "nothing known",
       .text = "xyzzy rejected RCPT <b@example.net>: no",
       .kind = Kind::unknown},
  };
  for (const auto& row : rows) check(row);
}

TEST(EximLine, Forged) {
  const std::vector<Row> rows{
      {.name = "HELO imitates a line",
       .text = "H=(x) [10.0.0.1] F=<v@example.org> rejected RCPT <w@example.org>: t) [192.0.2.7] "
               "F=<a@example.com> rejected RCPT <b@example.net>: no",
       .kind = Kind::refusal,
       .doubtful = true},
      {.name = "sender imitates",
       .text =
           R"(H=(c) [192.0.2.7] F=<"x> rejected RCPT <y@example.org>: Sender verify failed"@example.com> rejected RCPT <b@example.net>: no)",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = R"("x> rejected RCPT <y@example.org>: Sender verify failed"@example.com)",
       .address = "b@example.net",
       .said = "no",
       .stage = Stage::rcpt},
      {.name = "recipient imitates",
       .text =
           R"(H=(c) [192.0.2.7] F=<a@example.com> rejected RCPT <"y>: Sender verify failed"@example.net>: no)",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = R"("y>: Sender verify failed"@example.net)",
       .said = "no",
       .stage = Stage::rcpt},
      {.name = "text imitates",
       .text = "H=(c) [192.0.2.7] F=<a@example.com> rejected RCPT <b@example.net>: no H=evil "
               "[192.0.2.99] sender verify fail for <z@example.org>: y",
       .kind = Kind::refusal,
       .ip = "192.0.2.7",
       .helo = "c",
       .sender = "a@example.com",
       .address = "b@example.net",
       .said = "no H=evil [192.0.2.99] sender verify fail for <z@example.org>: y",
       .stage = Stage::rcpt},
  };
  for (const auto& row : rows) check(row);
}

struct CalloutRow {
  const char* name;
  std::string_view reason;
  Callout::Command command;
  Callout::Outcome outcome;
  std::string_view host, ip, reply;
};

TEST(EximLine, Callouts) {
  using C = Callout::Command;
  using O = Callout::Outcome;
  const std::vector<CalloutRow> rows{
      // verify.c do_callout(), 4.50 to 4.88
      {"old rcpt",
       "response to \"RCPT TO:<a@example.com>\" from mx.example.com [198.51.100.9] was: 550 "
       "unknown",
       C::rcpt, O::refused, "mx.example.com", "198.51.100.9", "550 unknown"},
      {"old rcpt 4xx",
       "response to \"RCPT TO:<a@example.com>\" from mx.example.com [198.51.100.9] was: 450 later",
       C::rcpt, O::deferred, "mx.example.com", "198.51.100.9", "450 later"},
      {"old mail", "response to \"MAIL FROM:<>\" from mx.example.com [198.51.100.9] was: 550 no",
       C::mail, O::refused, "mx.example.com", "198.51.100.9", "550 no"},
      {"old helo",
       "response to \"HELO mx.example.net\" from mx.example.com [198.51.100.9] was: 501 no",
       C::helo, O::refused, "mx.example.com", "198.51.100.9", "501 no"},
      {"old ehlo",
       "response to \"EHLO mx.example.net\" from mx.example.com [198.51.100.9] was: 550 no",
       C::helo, O::refused, "mx.example.com", "198.51.100.9", "550 no"},
      {"old greeting",
       "response to \"initial connection\" from mx.example.com [198.51.100.9] was: 554 no",
       C::connect, O::refused, "mx.example.com", "198.51.100.9", "554 no"},
      {"dropped at RCPT",  // Run: Exim 4.96
       "Could not complete sender verify callout: mx.droprcpt.example [198.51.100.14] : response to"
       " \"RCPT TO:<a@droprcpt.example>\" was: connection dropped",
       C::rcpt, O::no_answer, "mx.droprcpt.example", "198.51.100.14", "connection dropped"},
      {"MAIL got 4xx or no answer",  // Run: Exim 4.96 writes the same for both
       "Could not complete sender verify callout: mx.greymail.example [198.51.100.11] : NULL",
       C::mail, O::not_told, "mx.greymail.example", "198.51.100.11", ""},
      {"4.89 quotes a reply that is none",
       "Could not complete sender verify callout: mx.example.com [198.51.100.9] : response to"
       " \"RCPT TO:<a@example.com>\" was: 250 OK",
       C::rcpt, O::not_told, "mx.example.com", "198.51.100.9", "250 OK"},
      {"old connect", "could not connect to mx.example.com [198.51.100.9]: Connection refused",
       C::connect, O::no_answer, "mx.example.com", "198.51.100.9", ""},
      {"old postmaster",
       "response to \"RCPT TO:<postmaster@example.com>\" from mx.example.com [198.51.100.9] was: "
       "550 no",
       C::postmaster, O::refused, "mx.example.com", "198.51.100.9", "550 no"},
      // 4.89 to 4.99
      {"rcpt",
       "mx.example.com [198.51.100.9] : SMTP error from remote mail server after RCPT "
       "TO:<a@example.com>: 550-no\\n550 unknown",
       C::rcpt, O::refused, "mx.example.com", "198.51.100.9", "550-no\\n550 unknown"},
      {"rcpt pipelined",
       "mx.example.com [198.51.100.9] : SMTP error from remote mail server after pipelined RCPT "
       "TO:<a@example.com>: 550 unknown",
       C::rcpt, O::refused, "mx.example.com", "198.51.100.9", "550 unknown"},
      {"rcpt 4xx",
       "Could not complete sender verify callout: mx.example.com [198.51.100.9] : SMTP error from "
       "remote mail server after RCPT TO:<a@example.com>: 451 later",
       C::rcpt, O::deferred, "mx.example.com", "198.51.100.9", "451 later"},
      {"rcpt random",
       "mx.example.com [198.51.100.9] : SMTP error from remote mail server after RCPT "
       "TO:<mx.example.net-1714550000-testing@example.com>: 550 no",
       C::rcpt, O::refused, "mx.example.com", "198.51.100.9", "550 no"},
      {"mail", "mx.example.com [198.51.100.9] : response to \"MAIL FROM:<>\" was: 550 no", C::mail,
       O::refused, "mx.example.com", "198.51.100.9", "550 no"},
      {"mail 4xx",
       "Could not complete sender verify callout: mx.example.com [198.51.100.9] : response to "
       "\"MAIL FROM:<>\" was: 451 no",
       C::mail, O::deferred, "mx.example.com", "198.51.100.9", "451 no"},
      {"greeting",
       "mx.example.com [198.51.100.9] : SMTP error from remote mail server after initial "
       "connection: 554 no",
       C::connect, O::refused, "mx.example.com", "198.51.100.9", "554 no"},
      {"helo",
       "mx.example.com [198.51.100.9] : SMTP error from remote mail server after HELO "
       "mx.example.net: 550 no",
       C::helo, O::refused, "mx.example.com", "198.51.100.9", "550 no"},
      {"closed",
       "Could not complete sender verify callout: mx.example.com [198.51.100.9] : Remote host "
       "closed connection in response to initial connection",
       C::connect, O::no_answer, "mx.example.com", "198.51.100.9", ""},
      {"timeout",
       "Could not complete sender verify callout: mx.example.com [198.51.100.9] : SMTP timeout "
       "after RCPT TO:<a@example.com>",
       C::rcpt, O::no_answer, "mx.example.com", "198.51.100.9", ""},
      {"connect 4.89",
       "Could not complete sender verify callout: mx.example.com [198.51.100.9] : could not "
       "connect: Connection refused",
       C::connect, O::no_answer, "mx.example.com", "198.51.100.9", ""},
      {"connect 4.93",
       "Could not complete sender verify callout: mx.example.com [2001:db8::9] : Connection timed "
       "out",
       C::connect, O::no_answer, "mx.example.com", "2001:db8::9", ""},
      {"unreachable",
       "Could not complete sender verify callout: mx.example.com [198.51.100.9] : Network is "
       "unreachable",
       C::connect, O::no_answer, "mx.example.com", "198.51.100.9", ""},
      {"postmaster",
       "mx.example.com [198.51.100.9] : SMTP error from remote mail server after RCPT "
       "TO:<postmaster@example.com>: 550 no",
       C::postmaster, O::refused, "mx.example.com", "198.51.100.9", "550 no"},
      {"reply imitates",
       "mx.example.com [198.51.100.9] : SMTP error from remote mail server after RCPT "
       "TO:<a@example.com>: 550 x : response to \"MAIL FROM:<>\" was: 450 y",
       C::rcpt, O::refused, "mx.example.com", "198.51.100.9",
       "550 x : response to \"MAIL FROM:<>\" was: 450 y"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto callout = callout_of(row.reason);
    EXPECT_TRUE(callout.has_value());
    if (!callout) continue;
    EXPECT_EQ(static_cast<int>(callout->callout.command), static_cast<int>(row.command));
    EXPECT_EQ(static_cast<int>(callout->callout.outcome), static_cast<int>(row.outcome));
    EXPECT_EQ(callout->name, row.host);
    EXPECT_EQ(callout->ip, row.ip);
    EXPECT_EQ(callout->reply, row.reply);
  }
  // Reasons of routing name nobody who was asked (route.c, routers/*.c); so does the bare outcome
  // of several hosts.
  for (const std::string_view reason :
       {"Unrouteable address", "Unknown user", "host lookup did not complete", "",
        "all relevant MX records point to non-existent hosts",
        "an MX or SRV record indicated no SMTP service",
        "lowest numbered MX record points to local host",
        "Could not complete sender verify callout"}) {
    EXPECT_FALSE(callout_of(reason).has_value()) << reason;
  }
}

TEST(EximLine, EndOfPath) {
  EXPECT_EQ(end_of_path("<a@example.com> x"), 14U);
  EXPECT_EQ(end_of_path(R"(<"a>b"@example.com>)"), 18U);
  EXPECT_EQ(end_of_path(R"(<"a\">b"@example.com>)"), 20U);
  EXPECT_EQ(end_of_path("<>"), 1U);
  EXPECT_EQ(end_of_path("<a@example.com"), std::string_view::npos);
}

}  // namespace
}  // namespace lostmail::parse
