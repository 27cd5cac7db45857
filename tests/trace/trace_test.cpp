#include "lostmail/trace/trace.hpp"

#include <gtest/gtest.h>

namespace lostmail::trace {
namespace {

constexpr std::int64_t kThen = 1'795'500'000;
constexpr std::int64_t kDay = 86'400;

MessageEvent event(EventKind kind, std::int64_t second, const char* id = "A",
                   const char* recipient = "") {
  MessageEvent made;
  made.kind = kind;
  made.when.utc_micros = (kThen + second) * 1'000'000;
  made.queue_id = id;
  made.recipient = recipient;
  made.source.file = std::make_shared<const std::string>("log");
  made.source.offset = static_cast<std::uint64_t>(second) * 100;
  return made;
}

MessageEvent arrival(std::int64_t second, const char* id = "A",
                     const char* sender = "ann@a.example") {
  MessageEvent made = event(EventKind::accepted, second, id);
  made.sender = ReversePath::parse(sender);
  return made;
}

MessageEvent refused(std::uint64_t number, std::int64_t second, Direction direction, bool permanent,
                     const char* sender = "ann@a.example",
                     const char* recipient = "bob@ours.example") {
  ClassifiedRefusal made;
  made.refusal.id = number;
  made.refusal.when.utc_micros = (kThen + second) * 1'000'000;
  made.refusal.direction = direction;
  made.refusal.permanent = permanent;
  made.refusal.sender = ReversePath::parse(sender);
  made.refusal.recipient = Mailbox::parse(recipient);
  made.refusal.text = "550 no";
  made.refusal.source.file = std::make_shared<const std::string>("refusals");
  made.refusal.source.offset = number;
  made.is.variant = Variant::sender_verify_failed;
  made.is.family = Family::sender_verify;
  return event_of(std::move(made));
}

Fate only_fate(const std::vector<Timeline>& timelines) {
  EXPECT_EQ(timelines.size(), 1U);
  if (timelines.empty()) return {};
  EXPECT_EQ(timelines[0].fates.size(), 1U);
  return timelines[0].fates.empty() ? Fate() : timelines[0].fates[0];
}

struct Row {
  const char* name;
  std::vector<MessageEvent> events;
  Outcome outcome;
  std::optional<Verdict> verdict;
  std::int64_t now = 3600;            ///< behind kThen
  std::vector<Stretch> covered = {};  ///< likewise
};

TEST(Timelines, Fates) {
  using Kind = EventKind;
  const auto inbound = Direction::inbound, outbound = Direction::outbound;
  const Row rows[] = {
      {"accepted", {arrival(0)}, Outcome::accepted, Verdict::unknown},
      {"delivered",
       {arrival(0), event(Kind::delivered, 1, "A", "bob@b.example")},
       Outcome::delivered,
       std::nullopt},
      {"deferred, then delivered",
       {arrival(0), event(Kind::deferred, 1, "A", "bob@b.example"),
        event(Kind::delivered, 2, "A", "bob@b.example")},
       Outcome::delivered,
       std::nullopt},
      {"deferred",
       {arrival(0), event(Kind::deferred, 1, "A", "bob@b.example")},
       Outcome::still_trying,
       Verdict::retrying},
      {"deferred for good, logs reach beyond",
       {arrival(0), event(Kind::deferred, 1, "A", "bob@b.example")},
       Outcome::given_up,
       Verdict::lost,
       9 * kDay,
       {{-kDay, 8 * kDay}}},
      {"deferred for good, logs end before",
       {arrival(0), event(Kind::deferred, 1, "A", "bob@b.example")},
       Outcome::still_trying,
       Verdict::unknown,
       9 * kDay,
       {{-kDay, 2 * kDay}}},
      {"deferred for good, the logs have a gap behind it",
       {arrival(0), event(Kind::deferred, 1, "A", "bob@b.example")},
       Outcome::still_trying,
       Verdict::unknown,
       9 * kDay,
       {{-kDay, kDay}, {3 * kDay, 9 * kDay}}},
      {"deferred for good, the logs begin behind it",
       {arrival(0), event(Kind::deferred, 1, "A", "bob@b.example")},
       Outcome::still_trying,
       Verdict::unknown,
       9 * kDay,
       {{kDay, 9 * kDay}}},
      {"given up",
       {arrival(0), event(Kind::failed, 1, "A", "bob@b.example")},
       Outcome::given_up,
       Verdict::lost},
      {"discarded",
       {arrival(0), event(Kind::discarded, 1, "A", "bob@b.example")},
       Outcome::discarded,
       std::nullopt},
      {"removed",
       {arrival(0), event(Kind::deferred, 1, "A", "bob@b.example"), event(Kind::removed, 2)},
       Outcome::removed,
       std::nullopt},
      {"removed after delivery",
       {arrival(0), event(Kind::delivered, 1, "A", "bob@b.example"), event(Kind::removed, 2)},
       Outcome::delivered,
       std::nullopt},
      {"refused by us", {refused(1, 0, inbound, true)}, Outcome::refused_by_us, Verdict::lost},
      {"refused by them", {refused(1, 0, outbound, true)}, Outcome::refused_by_them, Verdict::lost},
      {"put off by us", {refused(1, 0, inbound, false)}, Outcome::still_trying, Verdict::retrying},
      {"refused twice",
       {refused(1, 0, inbound, true), refused(2, 60, inbound, true)},
       Outcome::refused_by_us,
       Verdict::lost},
      {"refused, then delivered",
       {refused(1, 0, inbound, true), arrival(100),
        event(Kind::delivered, 101, "A", "bob@ours.example")},
       Outcome::delivered_later,
       Verdict::delivered_later},
      {"refused, then accepted and put off",
       {refused(1, 0, inbound, true), arrival(100),
        event(Kind::deferred, 101, "A", "bob@ours.example")},
       Outcome::still_trying,
       Verdict::retrying},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Settings settings;
    settings.now = kThen + row.now;
    for (const auto& [first, last] : row.covered)
      settings.covered.push_back({kThen + first, kThen + last});
    const Fate fate = only_fate(timelines(row.events, {}, settings));
    EXPECT_EQ(fate.outcome, row.outcome) << name_of(fate.outcome);
    EXPECT_EQ(fate.verdict, row.verdict);
  }
}

TEST(Timelines, UpToWhenTheLogsTell) {
  struct {
    const char* name;
    std::vector<Stretch> covered;
    std::int64_t now;
    std::optional<std::int64_t> unseen_from, unseen_until = std::nullopt;  ///< all behind kThen
    bool in_part = false;
  } const rows[] = {
      {"nothing is known of the logs", {}, 9 * kDay, std::nullopt},
      {"they reach up to now", {{-kDay, 9 * kDay}}, 9 * kDay + 60, std::nullopt},
      {"a quiet night", {{-kDay, 8 * kDay}}, 8 * kDay + kQuietSeconds, std::nullopt},
      {"they end", {{-kDay, 2 * kDay}}, 9 * kDay, 2 * kDay},
      {"a gap behind it", {{-kDay, kDay}, {3 * kDay, 9 * kDay}}, 9 * kDay, kDay, 3 * kDay},
      {"two gaps",
       {{-kDay, kDay}, {5 * kDay, 9 * kDay}, {3 * kDay, 4 * kDay}},
       9 * kDay,
       kDay,
       std::nullopt,
       true},
      {"a gap, and they end", {{-kDay, kDay}, {3 * kDay, 4 * kDay}}, 9 * kDay, kDay, {}, true},
      {"a gap before it", {{-9 * kDay, -kDay}, {-3600, 9 * kDay}}, 9 * kDay, std::nullopt},
  };
  for (const auto& row : rows) {
    Settings settings;
    settings.now = kThen + row.now;
    for (const auto& [first, last] : row.covered)
      settings.covered.push_back({kThen + first, kThen + last});
    const Fate refused_fate =
        only_fate(timelines({refused(1, 0, Direction::inbound, true)}, {}, settings));
    EXPECT_EQ(refused_fate.unseen_from,
              row.unseen_from ? std::optional(kThen + *row.unseen_from) : std::nullopt)
        << row.name;
    EXPECT_EQ(refused_fate.unseen_until,
              row.unseen_until ? std::optional(kThen + *row.unseen_until) : std::nullopt)
        << row.name;
    EXPECT_EQ(refused_fate.seen_in_part, row.in_part) << row.name;
    EXPECT_EQ(refused_fate.verdict, Verdict::lost) << row.name;
  }
  Settings ended{kThen + 9 * kDay, kDay, {{kThen - kDay, kThen + kDay}}};
  const Fate delivered = only_fate(
      timelines({arrival(0), event(EventKind::delivered, 1, "A", "bob@b.example")}, {}, ended));
  EXPECT_FALSE(delivered.unseen_from) << "it is done";
}

TEST(Timelines, DeliveredBeforeTheRefusalIsAnother) {
  const auto all = timelines({arrival(0), event(EventKind::delivered, 1, "A", "bob@ours.example"),
                              refused(1, 100, Direction::inbound, true)},
                             {}, {kThen + 200, kDay, {}});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].fates[0].outcome, Outcome::delivered);
  EXPECT_EQ(all[1].fates[0].outcome, Outcome::refused_by_us);
}

TEST(Timelines, TheStoreKnowsALaterDelivery) {
  const std::vector<MessageEvent> events{refused(1, 0, Direction::inbound, true)};
  const Settings settings{kThen + kDay, kDay, {}};
  const auto known = [](std::int64_t second) {
    return std::vector<KnownDelivery>{{"Ann@A.example", "bob@ours.example", kThen + second}};
  };
  const Fate later = only_fate(timelines(events, known(60), settings));
  EXPECT_EQ(later.outcome, Outcome::delivered_later);
  EXPECT_EQ(later.when.utc_seconds(), kThen + 60);
  EXPECT_FALSE(later.event);
  EXPECT_EQ(only_fate(timelines(events, known(-60), settings)).outcome, Outcome::refused_by_us);
}

TEST(Timelines, OneRefusalFromStoreAndLog) {
  const auto all =
      timelines({refused(7, 0, Direction::inbound, true), refused(7, 0, Direction::inbound, true)},
                {}, {kThen, kDay, {}});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].events.size(), 1U);
  EXPECT_EQ(all[0].fates[0].refusals, 1U);
}

TEST(Timelines, BouncesAreNotTheMessage) {
  MessageEvent bounce = arrival(2, "B", "<>");
  bounce.other_id = "A";
  const auto all = timelines({arrival(0), event(EventKind::failed, 1, "A", "bob@b.example"), bounce,
                              event(EventKind::delivered, 3, "B", "ann@a.example")},
                             {}, {kThen, kDay, {}});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].queue_ids, std::vector<std::string>{"A"});
  ASSERT_EQ(all[0].fates.size(), 1U);
  EXPECT_EQ(all[0].fates[0].bounce, "B");
  EXPECT_EQ(all[0].of_bounce, (std::vector<bool>{false, false, true, true}));
}

TEST(Timelines, OneMessageIdOfAFloodJoinsNothing) {
  std::vector<MessageEvent> events;
  std::vector<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.push_back("id" + std::to_string(i));
  for (const auto& id : ids) {
    events.push_back(arrival(0, id.c_str()));
    events.back().message_id = "same@x.example";
  }
  EXPECT_EQ(timelines(events, {}, {kThen, kDay, {}}).size(), ids.size());
  events.resize(3);
  EXPECT_EQ(timelines(events, {}, {kThen, kDay, {}}).size(), 1U);
}

TEST(Timelines, OurOwnSide) {
  struct Case {
    std::int64_t second;  ///< of our refusal of the null sender; the other's is at 100
    const char* recipient;
    bool hint;
  };
  for (const auto& [second, recipient, hint] :
       {Case{99, "ann@a.example", true}, Case{100, "ANN@a.example", true},
        Case{99, "eve@a.example", false}, Case{-500, "ann@a.example", false},
        Case{500, "ann@a.example", false}}) {
    const auto all =
        timelines({refused(1, second, Direction::inbound, true, "<>", recipient),
                   refused(2, 100, Direction::outbound, true, "ann@a.example", "x@b.example")},
                  {}, {kThen, kDay, {}});
    Question question;
    question.from = *AddressChoice::parse("ann@a.example");
    int answered = 0;
    for (const auto& timeline : all) {
      if (!answers(timeline, question)) continue;
      ++answered;
      EXPECT_EQ(!timeline.own_refusals.empty(), hint) << second << " " << recipient;
      for (const auto index : timeline.own_refusals)
        EXPECT_TRUE(timeline.events[index].sender->is_null());
    }
    EXPECT_EQ(answered, 1);
  }
}

}  // namespace
}  // namespace lostmail::trace
