#pragma once

#include "store/database.hpp"

namespace lostmail::store {

/// Has the system write a database to the disk while it grows. Else all of a first load waits for
/// the disk at its end, when nothing else is left to do.
class EarlyWrites {
 public:
  /// From here on, while the transaction at hand lasts.
  void begin(const Database& database);
  /// A row was added.
  void row() {
    if (descriptor_ >= 0 && ++rows_ % kRows == 0) start();
  }

 private:
  static constexpr int kRows = 50'000;  ///< some megabytes
  void start() const;

  int descriptor_ = -1;  ///< SQLite's own: to close another of the same file would drop its locks
  int rows_ = 0;
};

}  // namespace lostmail::store
