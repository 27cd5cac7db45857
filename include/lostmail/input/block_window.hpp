#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/result.hpp"
#include "lostmail/input/byte_source.hpp"

namespace lostmail::input {

/// Moves over a log in large blocks of whole lines, with some of the text before and behind each
/// block in view: for searching, where most lines are never looked at. One thread at a time.
class BlockWindow {
 public:
  static constexpr std::size_t kBlock = 512 * 1024;  ///< with what is around it, it stays in
                                                     ///< the processor's cache
  static constexpr std::size_t kAround = 64 * 1024;  ///< in view before and behind the block

  /// Errors: not_found, permission_denied, io_error.
  [[nodiscard]] static Result<BlockWindow> open(const std::filesystem::path& log,
                                                std::size_t block = kBlock,
                                                std::size_t around = kAround);
  /// Over bytes in memory, which outlive it: those of a log from `begin` on.
  explicit BlockWindow(std::string_view bytes, std::uint64_t begin = 0);
  BlockWindow(BlockWindow&&) noexcept;
  BlockWindow& operator=(BlockWindow&&) noexcept;
  ~BlockWindow();

  /// Moves to the next block. False: the end. Errors: corrupt_input, io_error, once the lines
  /// before the damage have been blocks.
  [[nodiscard]] Result<bool> next();

  /// Goes on at the first line that begins at `offset` or behind it. Only before the first next(),
  /// and only where can_seek().
  [[nodiscard]] Result<void> seek(std::uint64_t offset);
  [[nodiscard]] bool can_seek() const;
  [[nodiscard]] bool packed() const;
  /// Bytes of the file up to the end of the block, packed as they lie; for progress.
  [[nodiscard]] std::uint64_t packed_position() const;
  /// Of a log that can be sought in.
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Whole lines, but where one is longer than the block; views are good until the next call.
  [[nodiscard]] std::string_view block() const { return view().substr(begin_, end_ - begin_); }
  /// The block with what is in view around it; block() lies in it.
  [[nodiscard]] std::string_view view() const { return bytes_; }
  /// Of the first byte of the block, decompressed.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  struct File;
  BlockWindow(std::unique_ptr<File> file, std::size_t block, std::size_t around);
  [[nodiscard]] Result<void> fill();
  [[nodiscard]] Result<std::size_t> read(char* out, std::size_t size);

  std::unique_ptr<File> file_;  ///< absent: bytes in memory
  std::size_t around_ = kAround;
  std::vector<char> buffer_;
  std::string_view bytes_;
  std::size_t begin_ = 0, end_ = 0;  ///< of the block in bytes_
  std::uint64_t first_ = 0;          ///< of bytes in memory, in the log
  std::uint64_t offset_ = 0;
  std::uint64_t size_ = 0;
  bool ended_ = false;
  std::optional<Error> failed_;
};

}  // namespace lostmail::input
