#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace lostmail::ingest {

/// Threads that share the stages of a run. A stage is not tied to one of them: whoever would have
/// to wait, the caller too, works on a stage meanwhile, so two cores are busy where three stages
/// take different time, and one thread does all of it in the same way.
class Crew {
 public:
  /// A stage: queues between it and others, which the crew's mutex guards. One thread at a time
  /// works on it.
  class Stage {
   public:
    virtual ~Stage() = default;

   private:
    friend class Crew;
    /// How much waits for it, 0 (nothing that can be done) to 1 (it holds up others). With the
    /// mutex held.
    [[nodiscard]] virtual double due() const = 0;
    /// Does a piece of it. `lock` holds the mutex at the beginning and the end, not between.
    virtual void work(std::unique_lock<std::mutex>& lock) = 0;
    bool busy_ = false;
  };

  /// `helpers`: threads beside the caller's, at least 0; fewer where the system has no more.
  explicit Crew(int helpers);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void join(Stage& stage);
  /// Returns once nobody works on it.
  void leave(Stage& stage);

  [[nodiscard]] std::mutex& mutex() { return mutex_; }
  /// Something became due. With the mutex held.
  void tell();
  /// Works on what is due until `done()`, which is asked with the mutex held. For the caller's
  /// thread: throws what a stage threw, on whichever thread.
  template <typename Done>
  void work_until(std::unique_lock<std::mutex>& lock, Done done) {
    while (!done()) {
      if (failed_) std::rethrow_exception(failed_);
      work_or_wait(lock);
    }
  }

 private:
  void work_or_wait(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;  ///< holds all below
  std::condition_variable told_;
  int waiting_ = 0;  ///< threads
  std::vector<Stage*> stages_;
  bool stop_ = false;
  std::exception_ptr failed_;  ///< the first that a stage threw: nothing is worked on any more
  std::vector<std::thread> helpers_;
};

}  // namespace lostmail::ingest
