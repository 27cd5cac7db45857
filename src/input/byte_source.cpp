#include "lostmail/input/byte_source.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/iostreams/device/file_descriptor.hpp>

#include "input/decoder.hpp"

namespace lostmail::input {
namespace {

namespace io = boost::iostreams;

constexpr std::size_t kPackedBlock = 128 * 1024;

/// The file's own bytes through Boost.Iostreams, with a look-ahead that tells the packing.
class PackedFile {
 public:
  PackedFile(int descriptor, std::string where)
      : device_(descriptor, descriptor == STDIN_FILENO ? io::never_close_handle : io::close_handle),
        where_(std::move(where)),
        buffer_(kPackedBlock) {}

  /// The next bytes, up to `size`; 0 at the end of the file. Behind what the look-ahead took they
  /// go straight into `out`.
  Result<std::size_t> read(char* out, std::size_t size) {
    if (begin_ == end_) return ended_ ? std::size_t{0} : read_device(out, size);
    const std::size_t count = std::min(size, end_ - begin_);
    std::memcpy(out, data(), count);
    consume(count);
    return count;
  }

  /// Fills the buffer when it is empty; false at the end of the file.
  Result<bool> fill() {
    if (begin_ < end_) return true;
    return append();
  }

  /// Reads on until `wanted` bytes lie in the buffer or the file ends; standard input may give them
  /// one by one.
  Result<void> fill_at_least(std::size_t wanted) {
    while (end_ - begin_ < wanted) {
      auto more = append();
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
    }
    return {};
  }

  [[nodiscard]] const char* data() const { return buffer_.data() + begin_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  void consume(std::size_t count) { begin_ += count; }
  [[nodiscard]] std::uint64_t position() const { return total_ - size(); }
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  Result<bool> append() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (ended_ || end_ == buffer_.size()) return end_ > begin_;
    const auto count = read_device(buffer_.data() + end_, buffer_.size() - end_);
    if (!count) return tl::unexpected(count.error());
    end_ += *count;
    return *count > 0;
  }

  /// 0 at the end of the file.
  Result<std::size_t> read_device(char* out, std::size_t size) {
    try {
      const auto count =
          std::max<std::streamsize>(device_.read(out, static_cast<std::streamsize>(size)), 0);
      ended_ = count == 0;
      total_ += static_cast<std::uint64_t>(count);
      return static_cast<std::size_t>(count);
    } catch (const std::exception& problem) {
      ended_ = true;
      return fail(ErrorKind::io_error, where_, "cannot be read further: {}", std::strerror(errno));
    }
  }

  io::file_descriptor_source device_;
  std::string where_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t total_ = 0;
  bool ended_ = false;
};

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(PackedFile file) : file_(std::move(file)) {}

  Result<std::size_t> read(char* out, std::size_t size) override { return file_.read(out, size); }

  [[nodiscard]] Packing packing() const override { return Packing::none; }
  [[nodiscard]] std::uint64_t packed_position() const override { return file_.position(); }

 private:
  PackedFile file_;
};

class UnpackingSource final : public ByteSource {
 public:
  UnpackingSource(PackedFile file, Packing packing)
      : file_(std::move(file)), packing_(packing), decoder_(make_decoder(packing)) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    while (!failed_) {
      auto more = file_.fill();
      if (!more) {
        failed_ = more.error();
        break;
      }
      if (between_members_) {
        if (!*more || only_padding_follows()) return std::size_t{0};
        if (!next_member()) break;
      }
      const DecodeStep step = decoder_->step(reinterpret_cast<const std::uint8_t*>(file_.data()),
                                             file_.size(), out, size);
      file_.consume(step.consumed);
      if (!step.damage.empty()) {
        failed_ = damage(step.damage);
      } else if (step.member_ended) {
        between_members_ = true;
      } else if (!*more && step.produced == 0) {
        failed_ = damage("cut off: the end of the archive is missing");
      }
      if (step.produced > 0) return step.produced;
    }
    return tl::unexpected(*failed_);
  }

  [[nodiscard]] Packing packing() const override { return packing_; }
  [[nodiscard]] std::uint64_t packed_position() const override { return file_.position(); }

 private:
  Error damage(const std::string& what) const {
    return Error{
        ErrorKind::corrupt_input, file_.where(),
        fmt::format("{} archive damaged near packed byte {}: {}; what came before it was read",
                    packing_name(packing_), file_.position(), what)};
  }

  /// Zero bytes up to the end of the file, as tapes and block devices leave them, are no damage.
  bool only_padding_follows() {
    for (;;) {
      while (file_.size() > 0 && *file_.data() == '\0') file_.consume(1);
      if (file_.size() > 0) return false;
      auto more = file_.fill();
      if (!more || !*more) return true;
    }
  }

  bool next_member() {
    if (auto filled = file_.fill_at_least(6); !filled) {
      failed_ = filled.error();
      return false;
    }
    if (packing_of(file_.data(), file_.size()) != packing_) {
      failed_ = damage("other data follows the archive");
      return false;
    }
    decoder_->restart();
    between_members_ = false;
    return true;
  }

  PackedFile file_;
  Packing packing_;
  std::unique_ptr<Decoder> decoder_;
  bool between_members_ = false;
  std::optional<Error> failed_;
};

Error open_error(int code, const std::string& where) {
  if (code == ENOENT || code == ENOTDIR) return {ErrorKind::not_found, where, "no such file"};
  if (code == EACCES || code == EPERM) {
    return {ErrorKind::permission_denied, where,
            "permission denied: run as root or as a member of the log's group (adm on Debian)"};
  }
  return {ErrorKind::io_error, where, fmt::format("cannot be opened: {}", std::strerror(code))};
}

}  // namespace

Packing packing_of(const char* bytes, std::size_t size) {
  const std::string_view head(bytes, size);
  if (head.starts_with("\x1f\x8b")) return Packing::gzip;
  if (head.size() >= 4 && head.starts_with("BZh") && head[3] >= '1' && head[3] <= '9') {
    return Packing::bzip2;
  }
  if (head.starts_with(std::string_view("\xfd"
                                        "7zXZ\0",
                                        6))) {
    return Packing::xz;
  }
  if (head.starts_with("\x28\xb5\x2f\xfd")) return Packing::zstd;
  return Packing::none;
}

Result<std::unique_ptr<ByteSource>> open_bytes(const std::filesystem::path& log) {
  const std::string where = log == "-" ? "standard input" : log.string();
  int descriptor = STDIN_FILENO;
  if (log != "-") {
    // O_NONBLOCK: opening a FIFO that nobody writes must not hang a nightly run.
    descriptor = ::open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) return tl::unexpected(open_error(errno, where));
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode)) {
      if (S_ISDIR(status.st_mode)) {
        ::close(descriptor);
        return fail(ErrorKind::io_error, where, "is a directory");
      }
      const int flags = ::fcntl(descriptor, F_GETFL);
      ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
    }
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  PackedFile file(descriptor, where);
  if (auto filled = file.fill_at_least(6); !filled) return tl::unexpected(filled.error());
  const Packing packing = packing_of(file.data(), file.size());
  if (packing == Packing::none) return std::make_unique<PlainSource>(std::move(file));
  return std::make_unique<UnpackingSource>(std::move(file), packing);
}

}  // namespace lostmail::input
