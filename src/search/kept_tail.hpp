#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lostmail::search {

/// Bytes of archives that may still be kept in memory, all logs together.
using Room = std::atomic<std::int64_t>;

/// The end of an archive's content, as much of it as there is room for: what is asked for lies
/// mostly there, since the newest mail is shown.
class KeptTail {
 public:
  /// `room` outlives it; null: all is kept.
  explicit KeptTail(Room* room) : room_(room) {}
  ~KeptTail();
  KeptTail(const KeptTail&) = delete;
  KeptTail& operator=(const KeptTail&) = delete;

  /// Before the first add(): about so many bytes will come.
  void expect(std::uint64_t bytes);
  /// `block`: whole lines, behind those of the call before; `offset`: of it in the log.
  void add(std::string_view block, std::uint64_t offset);

  [[nodiscard]] std::string_view text() const { return text_; }
  /// Of text() in the log, where a block began.
  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::uint64_t end() const { return begin_ + text_.size(); }

 private:
  void drop_half();

  Room* room_;
  std::string text_;
  std::uint64_t begin_ = 0;
  std::vector<std::uint64_t> blocks_;  ///< where they begin
};

}  // namespace lostmail::search
