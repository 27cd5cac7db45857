#pragma once

#include <filesystem>
#include <vector>

#include "lostmail/store/store.hpp"

namespace lostmail::ingest {

/// Tells logs apart by their decompressed content, so that `mainlog` become `mainlog.2.gz` is not
/// read twice.
class LogIdentity {
 public:
  static constexpr std::size_t kHeadBytes = 4096;
  static constexpr std::size_t kTailBytes = 4096;

  explicit LogIdentity(std::vector<store::LogState> known) : known_(std::move(known)) {}

  /// The state of the log at `path`: that of a known log, or a new one. `path`, and how the file
  /// lies, are set.
  [[nodiscard]] store::LogState state_of(const std::filesystem::path& path) const;

  /// Latest record of any known log, UTC seconds; 0 for none.
  [[nodiscard]] std::int64_t latest() const;

  /// True where the file lies as it lay when all of it was read: it need not be opened.
  [[nodiscard]] static bool unchanged(const store::LogState& state);

  /// Head and tail hashes for what has now been read of the log, up to `state.offset`. Reads the
  /// file once more for a packed log. The hashes stay as they were where it cannot be read.
  static void sign(store::LogState& state);

 private:
  std::vector<store::LogState> known_;
};

}  // namespace lostmail::ingest
