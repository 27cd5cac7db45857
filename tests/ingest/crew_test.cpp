#include "ingest/crew.hpp"

#include <deque>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/batch_queue.hpp"

namespace lostmail::ingest {
namespace {

/// Adds one to each number of a queue and puts it into the next.
class AddsOne final : public Crew::Stage {
 public:
  AddsOne(Crew& crew, std::deque<int>& from, std::deque<int>& to, int refused = -1)
      : crew_(crew), from_(from), to_(to), refused_(refused) {
    crew_.join(*this);
  }
  ~AddsOne() override { crew_.leave(*this); }

 private:
  [[nodiscard]] double due() const override { return static_cast<double>(from_.size()) / 100; }
  void work(std::unique_lock<std::mutex>& lock) override {
    const int number = from_.front();
    from_.pop_front();
    lock.unlock();
    if (number == refused_) throw std::runtime_error("no");
    lock.lock();
    to_.push_back(number + 1);
  }

  Crew& crew_;
  std::deque<int>&from_, &to_;
  int refused_;
};

class CrewTest : public ::testing::TestWithParam<int> {
 protected:
  std::deque<int> in_, middle_, out_;
};

TEST_P(CrewTest, StagesKeepTheOrder) {
  Crew crew(GetParam());
  const AddsOne first(crew, in_, middle_), second(crew, middle_, out_);
  constexpr int kMost = 2000;
  int next = 0;
  std::unique_lock lock(crew.mutex());
  for (int i = 0; i < kMost; ++i) {
    in_.push_back(i);
    crew.tell();
    if (i % 7 != 0) continue;
    crew.work_until(lock, [&] { return !out_.empty(); });
    ASSERT_EQ(out_.front(), next++ + 2);
    out_.pop_front();
  }
  crew.work_until(lock, [&] { return next + std::ssize(out_) == kMost; });
  for (const int number : out_) ASSERT_EQ(number, next++ + 2);
}

TEST_P(CrewTest, WhatAStageThrowsReachesTheCaller) {
  Crew crew(GetParam());
  const AddsOne first(crew, in_, middle_, 5), second(crew, middle_, out_);
  std::unique_lock lock(crew.mutex());
  for (int i = 0; i < 10; ++i) in_.push_back(i);
  crew.tell();
  EXPECT_THROW(crew.work_until(lock, [&] { return out_.size() == 10; }), std::runtime_error);
  EXPECT_THROW(crew.work_until(lock, [] { return false; }), std::runtime_error);
  lock.unlock();  // both leave, and do not wait for ever
}

TEST_P(CrewTest, BatchesAreWrittenInTheirOrder) {
  Crew crew(GetParam());
  std::vector<int> written;
  BatchQueue<std::vector<int>> queue(crew, 4, [&](std::vector<int>& batch) {
    written.insert(written.end(), batch.begin(), batch.end());
  });
  std::vector<int> filling;
  for (int i = 0; i < 3000; ++i) {
    filling.push_back(i);
    if (i % 3 != 0) continue;
    queue.hand_on(filling);
    filling.clear();
    if (i % 500 == 0) {
      queue.settle();
      ASSERT_EQ(std::ssize(written), i + 1);
    }
  }
  queue.hand_on(filling);
  queue.settle();
  ASSERT_EQ(written.size(), 3000U);
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(written[static_cast<std::size_t>(i)], i);
}

INSTANTIATE_TEST_SUITE_P(Threads, CrewTest, ::testing::Values(0, 1, 3));

}  // namespace
}  // namespace lostmail::ingest
