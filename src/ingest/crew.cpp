#include "ingest/crew.hpp"

#include <system_error>

namespace lostmail::ingest {

Crew::Crew(int helpers) {
  try {
    for (int i = 0; i < helpers; ++i) {
      helpers_.emplace_back([this] {
        std::unique_lock lock(mutex_);
        while (!stop_) work_or_wait(lock);
      });
    }
  } catch (const std::system_error&) {
    // The system gives no more threads: those that there are do all of it.
  }
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    told_.notify_all();
  }
  for (auto& helper : helpers_) helper.join();
}

void Crew::join(Stage& stage) {
  const std::lock_guard lock(mutex_);
  stages_.push_back(&stage);
  tell();
}

void Crew::leave(Stage& stage) {
  std::unique_lock lock(mutex_);
  std::erase(stages_, &stage);
  while (stage.busy_) work_or_wait(lock);
}

void Crew::tell() {
  if (waiting_ > 0) told_.notify_all();
}

/// The stage that holds up others most, or a wait for one.
void Crew::work_or_wait(std::unique_lock<std::mutex>& lock) {
  Stage* most = nullptr;
  double most_due = 0;
  for (auto* stage : stages_) {
    if (stage->busy_ || failed_) continue;
    if (const double due = stage->due(); due > most_due) {
      most = stage;
      most_due = due;
    }
  }
  if (most == nullptr) {
    ++waiting_;
    told_.wait(lock);
    --waiting_;
    return;
  }
  most->busy_ = true;
  try {
    most->work(lock);
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    if (!failed_) failed_ = std::current_exception();
  }
  most->busy_ = false;
  tell();
}

}  // namespace lostmail::ingest
