#include "lostmail/replay/process.hpp"

#include <gtest/gtest.h>

namespace lostmail::replay {
namespace {

using namespace std::chrono_literals;

TEST(Run, GivesOutputErrorAndStatus) {
  const auto output = run({"sh", {"-c", "cat; echo problem >&2; exit 3"}, "input"});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->status, 3);
  EXPECT_EQ(output->out, "input");
  EXPECT_EQ(output->err, "problem\n");
  EXPECT_FALSE(output->timed_out);
}

TEST(Run, HandsArgumentsOverAsTheyAre) {
  const auto output = run({"printf", {"%s|", "a b", "$HOME", "`x`", "*", ""}, ""});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out, "a b|$HOME|`x`|*||");
}

TEST(Run, EndsWhatDoesNotEnd) {
  const auto output = run({"sh", {"-c", "sleep 1000 & sleep 1000"}, "", 50ms});
  ASSERT_TRUE(output.has_value());
  EXPECT_TRUE(output->timed_out);
  EXPECT_EQ(output->status, 128 + 9);
}

TEST(Run, MovesMoreThanAPipeHolds) {
  const std::string much(1 << 20, 'x');
  const auto output = run({"cat", {}, much});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out, much);
}

TEST(Run, KeepsNoMoreThanAskedFor) {
  const auto output = run({"cat", {}, std::string(1 << 20, 'x'), 10s, 1000});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out.size(), 1000U);
}

TEST(Run, LivesWithAProgramThatReadsNothing) {
  const auto output = run({"true", {}, std::string(1 << 20, 'x')});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->status, 0);
}

TEST(Run, SaysWhatCannotBeStarted) {
  const auto output = run({"/nonexistent/program", {}, ""});
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().kind, ErrorKind::not_found);
  EXPECT_EQ(output.error().where, "/nonexistent/program");
}

TEST(Run, PassesNoEnvironmentOn) {
  const auto output = run({"env", {}, ""});
  ASSERT_TRUE(output.has_value());
  EXPECT_EQ(output->out.find("HOME="), std::string::npos);
  EXPECT_NE(output->out.find("LC_ALL=C"), std::string::npos);
}

}  // namespace
}  // namespace lostmail::replay
