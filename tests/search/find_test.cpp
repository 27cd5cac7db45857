#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include "lostmail/search/search.hpp"

namespace lostmail::search {
namespace {

namespace fs = std::filesystem;

/// 2026-11-24 12:00:00 UTC: message ids 1xVn.. and 1xVo.., and queue ids 6AOA.. are of this day.
constexpr std::int64_t kNow = 1'795'521'600;

// Lines of Exim 4.96 and Sendmail 8.17 as the MTAs wrote them, names replaced.
constexpr const char* kRefusedThenDelivered =
    "2026-11-24 10:00:00 H=mx.a.example [192.0.2.7] sender verify fail for <ann@a.example>: "
    "mx.a.example [192.0.2.7] : SMTP error from remote mail server after MAIL FROM:<>: 550 no "
    "bounces\n"
    "2026-11-24 10:00:00 H=mx.a.example [192.0.2.7] F=<ann@a.example> rejected RCPT "
    "<bob@ours.example>: Sender verify failed\n"
    "2026-11-24 11:00:00 1xVoFk-0005Cv-1p <= ann@a.example H=mx.a.example [192.0.2.7] P=esmtp "
    "S=263 id=m1@a.example T=\"Offer \\\"42\\\"\"\n"
    "2026-11-24 11:00:01 1xVoFk-0005Cv-1p => bob <bob@ours.example> R=ours T=maildir\n"
    "2026-11-24 11:00:01 1xVoFk-0005Cv-1p Completed\n";

constexpr const char* kBounced =
    "2026-11-24 10:00:00 1xVnJg-0005H9-2Y <= ann@ours.example U=root P=local S=382\n"
    "2026-11-24 10:00:01 1xVnJg-0005H9-2Y ** dave@b.example R=remote T=remote_smtp H=mx.b.example "
    "[198.51.100.32]: SMTP error from remote mail server after RCPT TO:<dave@b.example>: 550 "
    "Sender verify failed\n"
    "2026-11-24 10:00:01 1xVnJh-0005HE-2c <= <> R=1xVnJg-0005H9-2Y U=Debian-exim P=local S=2025\n"
    "2026-11-24 10:00:01 1xVnJh-0005HE-2c => ann <ann@ours.example> R=ours T=maildir\n"
    "2026-11-24 10:00:01 1xVnJh-0005HE-2c Completed\n"
    "2026-11-24 10:00:01 1xVnJg-0005H9-2Y Completed\n";

constexpr const char* kAliased =
    "2026-11-24 10:00:00 1xVnJg-0005H9-2Y <= ann@a.example H=mx.a.example [192.0.2.7] P=esmtp "
    "S=382\n"
    "2026-11-24 10:00:01 1xVnJg-0005H9-2Y => carl <staff@ours.example> R=ours T=maildir\n"
    "2026-11-24 10:00:01 1xVnJg-0005H9-2Y => dora@c.example (team@ours.example) "
    "<staff@ours.example> R=remote T=remote_smtp H=mx.c.example [198.51.100.9] C=\"250 OK\"\n"
    "2026-11-24 10:00:01 1xVnJg-0005H9-2Y Completed\n";

constexpr const char* kDeferred =
    "2026-11-24 10:00:00 1xVnJg-0005H9-2Y <= ann@ours.example U=ann P=local S=382\n"
    "2026-11-24 10:00:01 1xVnJg-0005H9-2Y == dave@b.example R=remote T=remote_smtp defer (-44) "
    "H=mx.b.example [198.51.100.32]: SMTP error from remote mail server after "
    "RCPT TO:<dave@b.example>: 451 try later\n"
    "2026-11-24 10:30:01 1xVnJg-0005H9-2Y == dave@b.example R=remote T=remote_smtp defer (111): "
    "Connection refused\n";

constexpr const char* kSubmission =
    "Nov 24 10:00:00 mx1 sendmail[7534]: 6AOA00aa007534: from=ann, size=15, class=0, nrcpts=1, "
    "msgid=<M1@ours.example>, relay=ann@localhost\n"
    "Nov 24 10:00:00 mx1 sm-mta[7535]: 6AOA00bb007535: from=<ann@ours.example>, size=288, class=0, "
    "nrcpts=1, msgid=<M1@ours.example>, proto=ESMTP, daemon=MTA, relay=localhost [127.0.0.1]\n"
    "Nov 24 10:00:00 mx1 sendmail[7534]: 6AOA00aa007534: to=dave@b.example, ctladdr=ann "
    "(1000/1000), delay=00:00:00, xdelay=00:00:00, mailer=relay, pri=30015, relay=[127.0.0.1] "
    "[127.0.0.1], dsn=2.0.0, stat=Sent (6AOA00bb007535 Message accepted for delivery)\n"
    "Nov 24 10:00:02 mx1 sm-mta[7537]: 6AOA00bb007535: to=<dave@b.example>, "
    "ctladdr=<ann@ours.example> (1000/1000), delay=00:00:02, xdelay=00:00:01, mailer=esmtp, "
    "pri=30288, relay=mx.b.example. [198.51.100.21], dsn=5.1.1, reply=550-Verification failed for "
    "<ann@ours.example>, stat=User unknown\n"
    "Nov 24 10:00:02 mx1 sm-mta[7537]: 6AOA00bb007535: 6AOA00bc007537: DSN: User unknown\n"
    "Nov 24 10:00:02 mx1 sm-mta[7537]: 6AOA00bc007537: to=<ann@ours.example>, delay=00:00:00, "
    "xdelay=00:00:00, mailer=local, pri=31312, dsn=2.0.0, stat=Sent\n";

constexpr const char* kCalloutRefusedByUs =
    "2026-11-24 10:00:01 H=mx.b.example [198.51.100.32] F=<> rejected RCPT <robot@ours.example>: "
    "no bounces to robots\n"
    "2026-11-24 10:00:00 1xVnJg-0005H9-2Y <= robot@ours.example U=robot P=local S=382\n"
    "2026-11-24 10:00:02 1xVnJg-0005H9-2Y ** dave@b.example R=remote T=remote_smtp H=mx.b.example "
    "[198.51.100.32]: SMTP error from remote mail server after RCPT TO:<dave@b.example>: "
    "550-Verification failed for <robot@ours.example>\\n550 Sender verify failed\n"
    "2026-11-24 10:00:02 1xVnJg-0005H9-2Y Completed\n";

/// A server's words name another message's id; it must not be drawn in.
constexpr const char* kForeignIdInReply =
    "2026-11-24 10:00:00 1xVnJg-0005H9-2Y <= ann@ours.example U=ann P=local S=382 "
    "id=one@x.example\n"
    "2026-11-24 10:00:00 1xVnJg-0005HA-2Y <= eve@ours.example U=eve P=local S=382 "
    "id=two@x.example\n"
    "2026-11-24 10:00:01 1xVnJg-0005H9-2Y => dave@b.example R=remote T=remote_smtp H=mx.b.example "
    "[198.51.100.32] C=\"250 OK id=1xVnJg-0005HA-2Y\"\n"
    "2026-11-24 10:00:01 1xVnJg-0005HA-2Y => emil@b.example R=remote T=remote_smtp H=mx.b.example "
    "[198.51.100.32] C=\"250 OK\"\n"
    "2026-11-24 10:00:01 1xVnJg-0005H9-2Y Completed\n"
    "2026-11-24 10:00:01 1xVnJg-0005HA-2Y Completed\n";

constexpr const char* kSendmailRefusals =
    "Nov 24 10:00:00 mx1 sm-mta[3060]: 6AOA00gh003060: <nosuch@ours.example>... User unknown\n"
    "Nov 24 10:00:00 mx1 sm-mta[3060]: 6AOA00gh003060: from=<joe@d.example>, size=0, class=0, "
    "nrcpts=0, proto=ESMTP, daemon=MTA, relay=c.example.net [192.0.2.9]\n"
    "Nov 24 10:00:05 mx1 sm-mta[3061]: 6AOA05gh003061: ruleset=check_mail, arg1=<joe@d.example>, "
    "relay=c.example.net [192.0.2.9], reject=553 5.1.8 <joe@d.example>... Domain of sender address "
    "joe@d.example does not exist\n"
    "Nov 24 10:00:05 mx1 sm-mta[3061]: 6AOA05gh003061: from=<joe@d.example>, size=0, class=0, "
    "nrcpts=0, proto=ESMTP, daemon=MTA, relay=c.example.net [192.0.2.9]\n";

/// Refused for its domain under delay_checks, then delivered to the file that an alias names.
constexpr const char* kSendmailLater =
    "Nov 24 10:00:00 mx1 sm-mta[64]: 6AOA00ik000064: ruleset=check_rcpt, arg1=<bob@ours.example>, "
    "relay=c.example.net [192.0.2.9], reject=553 5.1.8 <bob@ours.example>... Domain of sender "
    "address joe@d.example does not exist\n"
    "Nov 24 10:00:00 mx1 sm-mta[64]: 6AOA00ik000064: from=<joe@d.example>, size=0, class=0, "
    "nrcpts=0, proto=ESMTP, daemon=MTA, relay=c.example.net [192.0.2.9]\n"
    "Nov 24 10:00:05 mx1 sm-mta[65]: 6AOA05ik000065: from=<joe@d.example>, size=20, class=0, "
    "nrcpts=1, msgid=<m2@d.example>, proto=ESMTP, daemon=MTA, relay=c.example.net [192.0.2.9]\n"
    "Nov 24 10:00:06 mx1 sm-mta[66]: 6AOA05ik000065: to=/var/mail/bob, ctladdr=<bob@ours.example> "
    "(8/0), delay=00:00:01, xdelay=00:00:00, mailer=*file*, pri=30355, dsn=2.0.0, stat=Sent\n";

struct Ask {
  const char* from = nullptr;
  const char* to = nullptr;
  const char* client = nullptr;
  const char* id = nullptr;
  const char* subject = nullptr;
  const char* word = nullptr;
  std::int64_t since = 0, until = 0;
};

trace::Question question_of(const Ask& ask) {
  trace::Question question;
  if (ask.from != nullptr) question.from = *AddressChoice::parse(ask.from);
  if (ask.to != nullptr) question.to = *AddressChoice::parse(ask.to);
  if (ask.client != nullptr) question.client = *HostChoice::parse(ask.client);
  if (ask.id != nullptr) question.id = ask.id;
  if (ask.subject != nullptr) question.subject = ask.subject;
  if (ask.word != nullptr) question.words.emplace_back(ask.word);
  if (ask.since != 0) question.since = ask.since;
  if (ask.until != 0) question.until = ask.until;
  return question;
}

/// An Exim message id of that second, UTC.
std::string id_made(std::int64_t second) {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string group(6, '0');
  for (auto digit = group.rbegin(); digit != group.rend(); ++digit, second /= 62)
    *digit = kDigits[static_cast<std::size_t>(second % 62)];
  return group + "-0005Cv-1p";
}

std::string zstd(const std::string& plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1));
  return packed;
}

/// One line a fate: `sender > recipient: outcome verdict refusals; bounce; own`.
std::string told(const Answer& answer) {
  std::string text;
  for (const auto& timeline : answer.timelines) {
    for (const auto& fate : timeline.fates) {
      text += fmt::format("{} > {}: {}{}{}{}{}\n", timeline.sender ? timeline.sender->text() : "?",
                          fate.recipient, name_of(fate.outcome),
                          fate.verdict ? " " + std::string(name_of(*fate.verdict)) : "",
                          fate.refusals > 0 ? fmt::format(" refused {}x", fate.refusals) : "",
                          fate.bounce.empty() ? "" : " bounced",
                          timeline.own_refusals.empty() ? "" : " by our own refusal");
    }
  }
  return text;
}

class Find : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded = classify::PatternSet::load({LOSTMAIL_TEST_PATTERNS}, {});
    ASSERT_TRUE(loaded);
    patterns_ = std::make_unique<classify::PatternSet>(std::move(*loaded));
  }
  static void TearDownTestSuite() { patterns_.reset(); }
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "lostmail-find-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    settings_.now = kNow;
    settings_.zone = *assemble::Zone::named("UTC");
    settings_.threads = 2;
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] Answer ask(const trace::Question& question) {
    auto answer =
        find(question, input::expand({folder_.string()}).items, {}, patterns_.get(), settings_);
    EXPECT_TRUE(answer);
    return std::move(*answer);
  }
  [[nodiscard]] std::string ask(const Ask& question) { return told(ask(question_of(question))); }

  static std::unique_ptr<classify::PatternSet> patterns_;
  fs::path folder_;
  Settings settings_;
};
std::unique_ptr<classify::PatternSet> Find::patterns_;

struct Row {
  const char* name;
  const char* log;
  Ask ask;
  const char* told;
};

TEST_F(Find, OneLog) {
  const char* later =
      "ann@a.example > bob@ours.example: delivered_later delivered_later refused 1x\n";
  const char* bounced =
      "ann@ours.example > dave@b.example: refused_by_them lost refused 1x bounced\n";
  const char* aliased = "ann@a.example > staff@ours.example: delivered\n";
  const char* deferred = "ann@ours.example > dave@b.example: still_trying retrying refused 1x\n";
  const Row rows[] = {
      {"by both", kRefusedThenDelivered, {"ann@a.example", "bob@ours.example"}, later},
      {"by sender", kRefusedThenDelivered, {"ANN@a.example"}, later},
      {"by sender's domain", kRefusedThenDelivered, {"@a.example"}, later},
      {"by recipient", kRefusedThenDelivered, {nullptr, "bob@ours.example"}, later},
      {"by client address", kRefusedThenDelivered, {nullptr, nullptr, "192.0.2.7"}, later},
      {"by client network", kRefusedThenDelivered, {nullptr, nullptr, "192.0.2.0/29"}, later},
      {"by client name", kRefusedThenDelivered, {nullptr, nullptr, "a.example"}, later},
      {"by queue id",
       kRefusedThenDelivered,
       {nullptr, nullptr, nullptr, "1xVoFk-0005Cv-1p"},
       "ann@a.example > bob@ours.example: delivered\n"},
      {"by Message-ID",
       kRefusedThenDelivered,
       {nullptr, nullptr, nullptr, "m1@a.example"},
       "ann@a.example > bob@ours.example: delivered\n"},
      {"by subject",
       kRefusedThenDelivered,
       {nullptr, nullptr, nullptr, nullptr, "offer \"42"},
       ""},  // escaped in the log: not the same text
      {"by part of the subject",
       kRefusedThenDelivered,
       {nullptr, nullptr, nullptr, nullptr, "oFFer"},
       "ann@a.example > bob@ours.example: delivered\n"},
      {"by a word of the cause",
       kRefusedThenDelivered,
       {nullptr, nullptr, nullptr, nullptr, nullptr, "no bounces"},
       later},
      {"sender of another", kRefusedThenDelivered, {"bob@ours.example"}, ""},
      {"part of an address", kRefusedThenDelivered, {"nn@a.example"}, ""},
      {"bounced", kBounced, {"ann@ours.example"}, bounced},
      {"bounced, by the bounce",
       kBounced,
       {nullptr, nullptr, nullptr, "1xVnJh-0005HE-2c"},
       bounced},
      {"the bounce is not mail to its recipient", kBounced, {nullptr, "ann@ours.example"}, ""},
      {"alias by its name", kAliased, {nullptr, "staff@ours.example"}, aliased},
      {"alias by where it ended", kAliased, {nullptr, "dora@c.example"}, aliased},
      {"alias by what lay between", kAliased, {nullptr, "team@ours.example"}, aliased},
      {"deferred", kDeferred, {nullptr, "dave@b.example"}, deferred},
      {"submission",
       kSubmission,
       {nullptr, "dave@b.example"},
       "ann@ours.example > dave@b.example: refused_by_them lost refused 1x bounced\n"},
      {"submission by the id of the MSP",
       kSubmission,
       {nullptr, nullptr, nullptr, "6AOA00aa007534"},
       "ann@ours.example > dave@b.example: refused_by_them lost refused 1x bounced\n"},
      {"our own side",
       kCalloutRefusedByUs,
       {"robot@ours.example"},
       "robot@ours.example > dave@b.example: refused_by_them lost refused 1x by our own refusal\n"},
      {"our own side, by recipient",
       kCalloutRefusedByUs,
       {nullptr, "dave@b.example"},
       "robot@ours.example > dave@b.example: refused_by_them lost refused 1x by our own refusal\n"},
      {"an id in a stranger's words",
       kForeignIdInReply,
       {"ann@ours.example"},
       "ann@ours.example > dave@b.example: delivered\n"},
      {"sendmail refusals",
       kSendmailRefusals,
       {"joe@d.example"},
       "joe@d.example > nosuch@ours.example: refused_by_us lost refused 1x\n"
       "joe@d.example > : refused_by_us lost refused 1x\n"},
      {"sendmail, later to an alias",
       kSendmailLater,
       {"joe@d.example", "bob@ours.example"},
       "joe@d.example > bob@ours.example: delivered_later delivered_later refused 1x\n"},
      {"refused before a recipient was named",
       kSendmailRefusals,
       {"joe@d.example", "whoever@ours.example"},
       "joe@d.example > : refused_by_us lost refused 1x\n"},
      {"sendmail refusal by recipient",
       kSendmailRefusals,
       {nullptr, "nosuch@ours.example"},
       "joe@d.example > nosuch@ours.example: refused_by_us lost refused 1x\n"},
      {"nothing", kBounced, {nullptr, nullptr, nullptr, nullptr, nullptr, "zebra"}, ""},
  };
  for (const auto& row : rows) {
    write("log", row.log);
    EXPECT_EQ(ask(row.ask), row.told) << row.name;
  }
}

TEST_F(Find, AcrossRotatedLogs) {
  const std::string text = kRefusedThenDelivered;
  for (std::size_t cut = text.find('\n') + 1; cut < text.size(); cut = text.find('\n', cut) + 1) {
    write("mainlog.1", text.substr(0, cut));
    write("mainlog", text.substr(cut));
    EXPECT_EQ(ask({"ann@a.example"}),
              "ann@a.example > bob@ours.example: delivered_later delivered_later refused 1x\n")
        << cut;
  }
}

TEST_F(Find, LaterThanAsked) {
  // A window that ends before the delivery still finds it: the verdict is about now.
  write("mainlog", kRefusedThenDelivered);
  const std::int64_t refused = kNow - 7200;
  EXPECT_EQ(ask({"ann@a.example", nullptr, nullptr, nullptr, nullptr, nullptr, refused - 60,
                 refused + 60}),
            "ann@a.example > bob@ours.example: delivered_later delivered_later refused 1x\n");
  EXPECT_EQ(ask({"ann@a.example", nullptr, nullptr, nullptr, nullptr, nullptr, kNow}), "");
}

TEST_F(Find, CopiesOfALineAreOne) {
  std::string syslog;
  const std::string text = kBounced;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    syslog += "Nov 24 10:00:01 mx1 exim[77]: " + text.substr(at, text.find('\n', at) + 1 - at);
  write("mainlog", text);
  write("maillog", syslog);
  const auto answer = ask(question_of({"ann@ours.example"}));
  ASSERT_EQ(answer.timelines.size(), 1U);
  EXPECT_EQ(answer.timelines[0].events.size(), 6U);
  for (const auto& event : answer.timelines[0].events)
    EXPECT_EQ(fs::path(*event.source.file).filename(), "mainlog");
  EXPECT_EQ(answer.timelines[0].events[1].source.line, 2U);
}

TEST_F(Find, ARejectlogNamesTheRecipient) {
  const std::string line =
      "2026-11-24 10:00:00 1xVnJg-0005H9-2Y H=mx.a.example [192.0.2.7] F=<ann@a.example> rejected "
      "after DATA: Sender verify failed\n";
  write("mainlog", line);
  write("rejectlog", line + "Envelope-from: <ann@a.example>\nEnvelope-to: <bob@ours.example>\n" +
                         "F From: ann@a.example\n");
  EXPECT_EQ(ask({nullptr, "bob@ours.example"}),
            "ann@a.example > bob@ours.example: refused_by_us lost refused 1x\n");
}

TEST_F(Find, ALongLogOnlyWhereItMatters) {
  // 40 MiB of other mail around one message: what is found must not depend on where it lies.
  const auto other = [](std::int64_t second) {
    const auto t = utc_rfc3339(kNow - 100'000 + second);
    const auto stamp = t.substr(0, 10) + " " + t.substr(11, 8);
    return stamp + " H=other.example [203.0.113.1] F=<x" + std::to_string(second) +
           "@z.example> rejected RCPT <y@ours.example>: relay not permitted " +
           std::string(300, 'x') + "\n";
  };
  std::string log;
  for (std::int64_t second = 0; second < 92'800; ++second) log += other(second);
  log += kRefusedThenDelivered;
  for (std::int64_t second = 96'500; second < 100'000; ++second) log += other(second);
  write("mainlog", log);
  const auto answer = ask(question_of({nullptr, "bob@ours.example"}));
  EXPECT_EQ(told(answer),
            "ann@a.example > bob@ours.example: delivered_later delivered_later refused 1x\n");
  ASSERT_EQ(answer.timelines.size(), 1U);
  EXPECT_EQ(answer.timelines[0].events[0].source.line, 92'802U);
  EXPECT_EQ(answer.timelines[0].events[0].cause_line.substr(0, 80),
            std::string(kRefusedThenDelivered).substr(0, 80));
  EXPECT_EQ(ask({nullptr, nullptr, nullptr, "1xVoFk-0005Cv-1p"}),
            "ann@a.example > bob@ours.example: delivered\n");
}

TEST_F(Find, AnArchiveTellsTheSameWhateverIsKeptOfIt) {
  // Messages that begin long before they end, and refusals, all over two days.
  std::string log;
  for (int i = 0; i < 40'000; ++i) {
    const auto t = utc_rfc3339(kNow - 180'000 + i * 4);
    const auto stamp = t.substr(0, 10) + " " + t.substr(11, 8);
    // Each message begins with its id's own second and is delivered hours later.
    if (i % 5000 == 100) {
      log += fmt::format("{} {} <= ann@a.example H=mx.a.example [192.0.2.7] P=esmtp S=2\n", stamp,
                         id_made(kNow - 180'000 + i * 4));
    } else if (i % 5000 == 3000) {
      const auto id = id_made(kNow - 180'000 + (i - 2900) * 4);
      log += fmt::format("{0} {1} => bob <bob@ours.example> R=ours T=maildir\n{0} {1} Completed\n",
                         stamp, id);
    }
    log += fmt::format(
        "{} H=mx{}.example [203.0.113.{}] F=<x{}@z.example> rejected RCPT <{}@ours.example>: relay "
        "not permitted {}\n",
        stamp, i % 7, i % 7, i, i % 1009 == 0 ? "bob" : "y", std::string(60, 'x'));
  }
  log += kRefusedThenDelivered;
  const auto plain = folder_ / "mainlog";
  const auto all = [&] {
    std::string text;
    for (const Ask& one : {Ask{nullptr, "bob@ours.example"}, Ask{nullptr, nullptr, "203.0.113.3"},
                           Ask{"ann@a.example"}, Ask{"@z.example"}, Ask{"x100@z.example"}}) {
      const auto answer = ask(question_of(one));
      text += told(answer) + fmt::format("{} more\n", answer.more);
      for (const auto& timeline : answer.timelines) {
        for (const auto& event : timeline.events) {
          text += fmt::format("{} {} {} {}\n", event.source.line, event.source.offset, event.line,
                              event.cause_line);
        }
      }
    }
    return text;
  };
  write("mainlog", log);
  const std::string expected = all();
  EXPECT_GT(std::count(expected.begin(), expected.end(), '\n'), 150);
  fs::remove(plain);
  write("mainlog.1.zst", zstd(log));
  for (const std::int64_t kept : {256 * 1024 * 1024, 3 * 1024 * 1024, 1024 * 1024, 0}) {
    settings_.kept = kept;
    EXPECT_TRUE(all() == expected) << kept;
  }
}

TEST_F(Find, TheEarlierAttemptsOfAShownCase) {
  // Many refusals; the case that is shown began before all that one batch takes.
  std::string log =
      "2026-11-24 09:00:00 H=mx.a.example [192.0.2.7] F=<n@a.example> rejected RCPT "
      "<bob@ours.example>: Sender verify failed\n";
  for (int i = 0; i < 600; ++i)
    log += fmt::format(
        "2026-11-24 10:{:02}:{:02} H=mx.b.example [192.0.2.8] F=<n{}@a.example> rejected RCPT "
        "<bob@ours.example>: Sender verify failed\n",
        i / 60, i % 60, i);
  log +=
      "2026-11-24 11:00:00 H=mx.a.example [192.0.2.7] F=<n@a.example> rejected RCPT "
      "<Bob@ours.example>: Sender verify failed\n";
  write("mainlog", log);
  settings_.limit = 1;
  EXPECT_EQ(ask({nullptr, "bob@ours.example"}),
            "n@a.example > bob@ours.example: refused_by_us lost refused 2x\n");
}

TEST_F(Find, AsManyThreadsTellTheSame) {
  // Messages and refusals all over a log that is searched in ranges, and their order in time.
  std::string log;
  for (int i = 0; log.size() < 40'000'000; ++i) {
    const auto t = utc_rfc3339(kNow - 90'000 + i / 4);
    const auto stamp = t.substr(0, 10) + " " + t.substr(11, 8);
    log += fmt::format(
        "{} H=other.example [203.0.113.1] F=<x{}@z.example> rejected RCPT <{}@ours.example>: "
        "relay not permitted {}\n",
        stamp, i, i % 1009 == 0 ? "bob" : "y", std::string(150, 'x'));
  }
  write("mainlog", log);
  const auto question = question_of({nullptr, "bob@ours.example"});
  settings_.limit = 1000;
  settings_.threads = 1;
  const std::string one = told(ask(question));
  EXPECT_GT(std::count(one.begin(), one.end(), '\n'), 100);
  settings_.threads = 5;
  EXPECT_EQ(told(ask(question)), one);
}

TEST_F(Find, TheNewest) {
  std::string log;
  for (int i = 0; i < 30; ++i)
    log += fmt::format(
        "2026-11-24 10:{:02}:00 H=mx.a.example [192.0.2.7] F=<n{}@a.example> "
        "rejected RCPT <bob@ours.example>: Sender verify failed\n",
        i, i);
  write("mainlog", log);
  settings_.limit = 2;
  const auto answer = ask(question_of({nullptr, "bob@ours.example"}));
  EXPECT_EQ(told(answer),
            "n28@a.example > bob@ours.example: refused_by_us lost refused 1x\n"
            "n29@a.example > bob@ours.example: refused_by_us lost refused 1x\n");
  EXPECT_EQ(answer.more, 28U);
}

TEST_F(Find, ABrokenLogDoesNotStopTheOthers) {
  write("mainlog", kBounced);
  write("mainlog.2.gz", std::string("\x1f\x8b\x08\x00garbage that is no deflate stream", 38));
  const auto answer = ask(question_of({"ann@ours.example"}));
  EXPECT_EQ(answer.timelines.size(), 1U);
  EXPECT_EQ(std::count_if(answer.logs.begin(), answer.logs.end(),
                          [](const auto& log) { return log.problem.has_value(); }),
            1);
}

}  // namespace
}  // namespace lostmail::search
