#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "lostmail/assemble/assembler.hpp"
#include "lostmail/assemble/log_clock.hpp"
#include "lostmail/parse/parse_line.hpp"

/// Lines of logs, and the refusals that they tell.
namespace lostmail::assemble {

struct Sink : EventSink {
  std::vector<Refusal> refusals;
  std::vector<Delivery> deliveries;
  std::vector<Arrival> open;
  std::vector<std::string> not_understood;
  void on_refusal(Refusal&& refusal) override { refusals.push_back(std::move(refusal)); }
  void on_delivery(const Delivery& delivery) override { deliveries.push_back(delivery); }
  void on_arrival(const Arrival&) override {}
  void on_open(const Arrival& arrival) override { open.push_back(arrival); }
  void on_not_understood(std::string_view line, const SourceRef&) override {
    not_understood.emplace_back(line);
  }
};

struct In {
  int log = 0;  ///< rank: mainlog 0, syslog 1, rejectlog 2
  std::string text = {};
};

inline Sink run(const std::vector<In>& lines, int year, const char* zone = "UTC",
                Assembler::Settings of_assembler = {}) {
  Sink sink;
  Assembler assembler(std::move(of_assembler), sink);
  std::array<LogView, 3> views;
  std::vector<LogClock> clocks;
  for (int rank = 0; rank < 3; ++rank) {
    auto& view = views[static_cast<std::size_t>(rank)];
    view.name = std::make_shared<const std::string>("log" + std::to_string(rank));
    view.rank = rank;
    LogClock::Settings settings;
    settings.zone = Zone::named(zone).value();
    settings.year = year;
    clocks.emplace_back(settings);
  }
  LogTime when;
  std::uint64_t number = 0;
  for (const auto& in : lines) {
    const Record record = parse::parse_line(in.text);
    const auto* exim = std::get_if<EximRecord>(&record.body);
    auto& clock = clocks[static_cast<std::size_t>(in.log)];
    if (exim != nullptr && !exim->stamp_text.empty()) {
      when = clock.resolve(exim->stamp);
    } else if (record.frame) {
      when = clock.resolve(record.frame->stamp);
    }
    ++number;
    assembler.take(views[static_cast<std::size_t>(in.log)],
                   Line{in.text, number, number * 100, false, false}, record, when);
  }
  assembler.finish();
  return sink;
}

inline std::string text_of(const std::optional<Mailbox>& mailbox) {
  return mailbox ? mailbox->text() : "-";
}
inline std::string text_of(const std::optional<ReversePath>& path) {
  return path ? "<" + std::string(path->text()) + ">" : "-";
}

/// What a row expects of a refusal; "-": absent.
struct Out {
  std::string sender = "-", recipient = "-", client = "-", remote = "-", stage = "-", text = {},
              cause = {};
  bool permanent = true;
  int code = 550;
  Direction direction = Direction::inbound;
  bool cached = false;
  std::string verified = "-";
};

struct Case {
  const char* name;
  std::vector<In> lines;
  std::vector<Out> refusals;
};

/// `before`: lines of the day before, which leave nothing behind.
inline void check(const Case& one, int year, const std::vector<In>& before) {
  std::vector<In> lines = before;
  lines.insert(lines.end(), one.lines.begin(), one.lines.end());
  Sink sink = run(lines, year);
  const auto others = static_cast<std::ptrdiff_t>(run(before, year).refusals.size());
  ASSERT_GE(std::ssize(sink.refusals), others);
  sink.refusals.erase(sink.refusals.begin(), sink.refusals.begin() + others);
  EXPECT_EQ(sink.refusals.size(), one.refusals.size());
  if (sink.refusals.size() != one.refusals.size()) return;
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < one.refusals.size(); ++i) {
    SCOPED_TRACE(i);
    const Refusal& got = sink.refusals[i];
    const Out& want = one.refusals[i];
    ids.insert(got.id);
    EXPECT_EQ(text_of(got.sender), want.sender);
    EXPECT_EQ(text_of(got.recipient), want.recipient);
    EXPECT_EQ(text_of(got.verified), want.verified);
    EXPECT_EQ(got.client ? got.client->ip : "-", want.client);
    EXPECT_EQ(got.remote && got.remote->ip ? *got.remote->ip : "-", want.remote);
    EXPECT_EQ(got.stage ? std::string(name_of(*got.stage)) : "-", want.stage);
    EXPECT_EQ(got.text, want.text);
    EXPECT_EQ(got.cause_text, want.cause);
    EXPECT_EQ(got.permanent, want.permanent);
    EXPECT_EQ(got.reply_code.value_or(0), want.code);
    EXPECT_EQ(name_of(got.direction), name_of(want.direction));
    EXPECT_EQ(got.cause_from_cache, want.cached);
  }
  EXPECT_EQ(ids.size(), one.refusals.size());
}

/// Each case alone, and behind refusals of the day before that have what a refusal can have.
inline void check(const std::vector<Case>& cases, int year, const std::vector<In>& day_before) {
  ASSERT_GE(run(day_before, year).refusals.size(), 2U);
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    check(one, year, {});
    SCOPED_TRACE("after others");
    check(one, year, day_before);
  }
}

}  // namespace lostmail::assemble
