#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lostmail/core/line.hpp"
#include "lostmail/core/result.hpp"
#include "lostmail/input/byte_source.hpp"

namespace lostmail::input {

/// Cuts a log into lines. Bytes, no encoding assumed; `\r` before the newline is taken off. One
/// thread at a time.
class LineReader {
 public:
  static constexpr std::size_t kMaxLineBytes =
      64 * 1024;  ///< the rest of a longer line is dropped, and told

  explicit LineReader(std::unique_ptr<ByteSource> source);
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;
  ~LineReader();

  /// The next line, nullopt at the end. The view is good until the next call.
  /// Errors: corrupt_input, io_error, once the lines before the damage are out; the broken line
  /// itself is not given.
  [[nodiscard]] Result<std::optional<Line>> next();

  /// The next line where it lies whole in the block at hand. False where it does not, which is not
  /// the end; `line` stays as it was. The views of all lines since the last next() stay good.
  [[nodiscard]] bool next_at_hand(Line& line);

  /// Hands out the block into which the lines since the last next() point (but one that was
  /// shortened by being longer than a block), and reads on in `fresh`, whose bytes are written
  /// over.
  [[nodiscard]] std::vector<char> change_block(std::vector<char> fresh);

  static constexpr std::size_t kTailBytes = 4096;
  /// The last bytes before offset() as change_block() left it, that many where the log has them;
  /// fewer where some were skipped.
  [[nodiscard]] std::string_view tail() const { return tail_; }

  /// True where nothing more comes: the next call of next() gives nullopt.
  [[nodiscard]] bool at_end() const { return at_end_ && begin_ == end_ && !failed_; }

  /// Drops the bytes before `offset`, which must be the start of line `number`. Errors: as `next`,
  /// not_found where the log is shorter.
  [[nodiscard]] Result<void> skip_to(std::uint64_t offset, std::uint64_t number);

  /// The bytes from the current position on, a block of 256 KiB or all of a smaller log, without
  /// moving on; to judge what a log is. Standard input blocks here until as much has come.
  [[nodiscard]] Result<std::string_view> peek();

  [[nodiscard]] bool packed() const { return source_->packing() != Packing::none; }
  [[nodiscard]] std::uint64_t packed_position() const { return source_->packed_position(); }
  /// Where the next line begins, decompressed.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  [[nodiscard]] Result<bool> refill();
  void fill_block();
  [[nodiscard]] std::optional<std::size_t> find_newline(std::size_t from) const;
  void take(std::size_t length, bool terminated, Line& line);
  [[nodiscard]] Line take(std::size_t length, bool terminated);
  [[nodiscard]] Result<std::optional<Line>> take_overlong();
  void advance(std::size_t count);
  void keep_tail();

  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t offset_ = 0;  ///< of buffer_[begin_]
  std::uint64_t number_ = 0;
  std::string overlong_;
  std::string tail_;
  std::uint64_t tail_end_ = 0;  ///< offset behind it
  bool at_end_ = false;
  std::optional<Error> failed_;
};

}  // namespace lostmail::input
