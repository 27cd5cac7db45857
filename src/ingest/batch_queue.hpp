#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "ingest/crew.hpp"

namespace lostmail::ingest {

/// A stage of the crew behind a queue of batches: they are written one at a time, in the order in
/// which they came, by whichever thread.
template <typename Batch>
class BatchQueue final : private Crew::Stage {
 public:
  using Write = std::function<void(Batch&)>;
  /// The crew outlives it. `most`: batches that wait before who brings another works itself.
  BatchQueue(Crew& crew, std::size_t most, Write write)
      : crew_(crew), most_(most), write_(std::move(write)) {
    crew_.join(*this);
  }
  ~BatchQueue() override { crew_.leave(*this); }
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  /// Puts the batch in line. In its place is one that was written, for its room: what is still in
  /// it is for the caller to clear, since memory that one thread takes and another gives back costs
  /// both.
  void hand_on(Batch& batch) {
    std::unique_lock lock(crew_.mutex());
    crew_.work_until(lock, [this] { return full_.size() < most_; });
    full_.push_back(std::move(batch));
    batch = Batch();
    if (!written_.empty()) {
      batch = std::move(written_.front());
      written_.pop_front();
    }
    crew_.tell();
  }

  /// Waits until all is written that was handed on.
  void settle() {
    std::unique_lock lock(crew_.mutex());
    crew_.work_until(lock, [this] { return full_.empty() && !writing_; });
  }

 private:
  [[nodiscard]] double due() const override {
    return static_cast<double>(full_.size()) / static_cast<double>(most_);
  }
  void work(std::unique_lock<std::mutex>& lock) override {
    Batch batch = std::move(full_.front());
    full_.pop_front();
    writing_ = true;
    crew_.tell();
    lock.unlock();
    write_(batch);
    lock.lock();
    writing_ = false;
    written_.push_back(std::move(batch));
  }

  Crew& crew_;
  std::size_t most_;
  Write write_;
  std::deque<Batch> full_, written_;  ///< the crew's mutex holds this and the next
  bool writing_ = false;
};

}  // namespace lostmail::ingest
