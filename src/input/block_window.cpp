#include "lostmail/input/block_window.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lostmail::input {

/// A plain log is read from its descriptor, so that it can be sought in; others through their
/// decoder.
struct BlockWindow::File {
  std::string where;
  std::unique_ptr<ByteSource> source;
  int descriptor = -1;

  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

BlockWindow::BlockWindow(std::string_view bytes, std::uint64_t begin)
    : bytes_(bytes), first_(begin), offset_(begin), size_(begin + bytes.size()) {}
BlockWindow::BlockWindow(std::unique_ptr<File> file, std::size_t block, std::size_t around)
    : file_(std::move(file)),
      around_(around),
      buffer_(block + 2 * around),
      bytes_(buffer_.data(), 0) {}
BlockWindow::BlockWindow(BlockWindow&&) noexcept = default;
BlockWindow& BlockWindow::operator=(BlockWindow&&) noexcept = default;
BlockWindow::~BlockWindow() = default;

Result<BlockWindow> BlockWindow::open(const std::filesystem::path& log, std::size_t block,
                                      std::size_t around) {
  auto file = std::make_unique<File>();
  file->where = log == "-" ? "standard input" : log.string();
  auto source = open_bytes(log);
  if (!source) return tl::unexpected(source.error());
  file->source = std::move(*source);
  struct stat status {};
  if (log != "-" && file->source->packing() == Packing::none) {
    file->descriptor = ::open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file->descriptor >= 0 &&
        (::fstat(file->descriptor, &status) != 0 || !S_ISREG(status.st_mode))) {
      ::close(file->descriptor);
      file->descriptor = -1;
    }
  }
  BlockWindow window(std::move(file), block, around);
  window.size_ = static_cast<std::uint64_t>(status.st_size);
  return window;
}

bool BlockWindow::can_seek() const { return !file_ || file_->descriptor >= 0; }
bool BlockWindow::packed() const { return file_ && file_->source->packing() != Packing::none; }

std::uint64_t BlockWindow::packed_position() const {
  return packed() ? file_->source->packed_position() : offset_ + (end_ - begin_);
}

Result<std::size_t> BlockWindow::read(char* out, std::size_t size) {
  if (file_->descriptor < 0) return file_->source->read(out, size);
  for (;;) {
    const ssize_t count = ::read(file_->descriptor, out, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR)
      return fail(ErrorKind::io_error, file_->where, "cannot be read further: {}",
                  std::strerror(errno));
  }
}

Result<void> BlockWindow::seek(std::uint64_t offset) {
  if (offset <= first_) return {};
  if (!file_) {
    const auto at = bytes_.find('\n', static_cast<std::size_t>(offset - first_) - 1);
    begin_ = end_ = at == std::string_view::npos ? bytes_.size() : at + 1;
    offset_ = first_ + begin_;
    return {};
  }
  std::uint64_t at = offset - 1;  // the line before may end right here
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t count =
        ::pread(file_->descriptor, part.data(), part.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(ErrorKind::io_error, file_->where, "cannot be read further: {}",
                  std::strerror(errno));
    const std::string_view text(part.data(), static_cast<std::size_t>(count));
    const auto newline = text.find('\n');
    at += newline == std::string_view::npos ? text.size() : newline + 1;
    if (newline != std::string_view::npos || text.empty()) break;
  }
  ::lseek(file_->descriptor, static_cast<off_t>(at), SEEK_SET);
  offset_ = at;
  return {};
}

/// Keeps around_ before the end of the block, and fills the buffer behind what is there.
Result<void> BlockWindow::fill() {
  const std::size_t keep_from = end_ > around_ ? end_ - around_ : 0;
  const std::size_t kept = bytes_.size() - keep_from;
  std::memmove(buffer_.data(), buffer_.data() + keep_from, kept);
  end_ -= keep_from;
  std::size_t filled = kept;
  while (!ended_ && filled < buffer_.size()) {
    auto count = read(buffer_.data() + filled, buffer_.size() - filled);
    if (!count) {
      failed_ = count.error();
      ended_ = true;
    } else if (*count == 0) {
      ended_ = true;
    } else {
      filled += *count;
    }
  }
  bytes_ = {buffer_.data(), filled};
  return {};
}

Result<bool> BlockWindow::next() {
  offset_ += end_ - begin_;
  if (file_) {
    if (auto filled = fill(); !filled) return tl::unexpected(filled.error());
  }
  begin_ = end_;
  if (begin_ == bytes_.size()) {
    if (failed_) return tl::unexpected(*failed_);
    return false;
  }
  // Text behind the block stays in view, unless the log ends here.
  const bool last = file_ ? ended_ : bytes_.size() - begin_ <= kBlock;
  const std::size_t most = last ? bytes_.size() : file_ ? bytes_.size() - around_ : begin_ + kBlock;
  if (last) {
    end_ = bytes_.size();
    return true;
  }
  const auto newline = bytes_.rfind('\n', most - 1);
  end_ = newline == std::string_view::npos || newline < begin_ ? most : newline + 1;
  return true;
}

}  // namespace lostmail::input
