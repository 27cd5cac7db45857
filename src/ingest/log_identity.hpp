#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "lostmail/input/line_reader.hpp"
#include "lostmail/store/store.hpp"

namespace lostmail::ingest {

/// Tells logs apart by their decompressed content, so that `mainlog` become `mainlog.2.gz` is not
/// read twice.
class LogIdentity {
 public:
  static constexpr std::size_t kHeadBytes = 4096;
  static constexpr std::size_t kTailBytes = input::LineReader::kTailBytes;

  LogIdentity(std::vector<store::LogState> known, std::vector<store::LogCopy> copies)
      : known_(std::move(known)), copies_(std::move(copies)) {}

  struct Found {
    store::LogState
        state;  ///< of a known log, or a new one; `path`, and how the file lies, are set
    bool unchanged = false;  ///< all of it was read, and the file lies as it lay then
  };
  /// What the log at `path` is.
  [[nodiscard]] Found state_of(const std::filesystem::path& path) const;

  [[nodiscard]] const std::vector<store::LogState>& known() const { return known_; }
  /// What the store had of that number when this was made; nullptr: nothing.
  [[nodiscard]] const store::LogState* known(std::int64_t number) const;
  [[nodiscard]] std::int64_t last_number() const;

  /// Gives `state` the path of `as`, and how its file lies.
  static void place(store::LogState& state, const store::LogState& as);

  /// True where the file at the state's path is the one that was read.
  [[nodiscard]] static bool lies_as_read(const store::LogState& state);

  /// Head and tail hashes for what has now been read of the log, up to `state.offset`; `tail` as in
  /// LogOutcome. The hashes stay as they were where the file cannot be read.
  static void sign(store::LogState& state, std::string_view tail);
  /// True for two signed states of equal content.
  [[nodiscard]] static bool same(const store::LogState& a, const store::LogState& b);

 private:
  [[nodiscard]] std::optional<Found> known_copy(const store::LogState& here) const;

  std::vector<store::LogState> known_;
  std::vector<store::LogCopy> copies_;
};

}  // namespace lostmail::ingest
