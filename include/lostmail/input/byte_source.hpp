#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "lostmail/core/result.hpp"

namespace lostmail::input {

/// How a log is packed; known by its first bytes, never by its name.
enum class Packing { none, gzip, bzip2, xz, zstd };

/// Decompressed bytes of one log, in order. One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Up to `size` bytes into `out`; 0 at the end. After an error every call returns that error.
  /// Errors: corrupt_input (once all that was readable before the damage is out), io_error.
  [[nodiscard]] virtual Result<std::size_t> read(char* out, std::size_t size) = 0;

  [[nodiscard]] virtual Packing packing() const = 0;

  /// Bytes of the file read so far, packed as they lie; for progress.
  [[nodiscard]] virtual std::uint64_t packed_position() const = 0;
};

/// Opens `log`; "-" is standard input. gzip may have several members, bzip2 and xz several streams,
/// zstd several frames. Errors: not_found, permission_denied, io_error (a directory, too).
[[nodiscard]] Result<std::unique_ptr<ByteSource>> open_bytes(const std::filesystem::path& log);

/// The packing that the first bytes announce; `none` for everything else, an empty log included.
[[nodiscard]] Packing packing_of(const char* bytes, std::size_t size);

}  // namespace lostmail::input
