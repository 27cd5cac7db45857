#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lostmail/input/byte_source.hpp"

namespace lostmail::input {

/// One step of a decompressor over the caller's buffers.
struct DecodeStep {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  bool member_ended = false;  ///< a gzip member, bzip2 or xz stream or zstd frame is complete
  std::string damage;         ///< empty: none
};

/// A decompression library behind one face; `restart` begins the next member.
class Decoder {
 public:
  virtual ~Decoder() = default;
  [[nodiscard]] virtual DecodeStep step(const std::uint8_t* in, std::size_t in_size, char* out,
                                        std::size_t out_size) = 0;
  virtual void restart() = 0;
};

[[nodiscard]] std::unique_ptr<Decoder> make_decoder(Packing packing);
[[nodiscard]] std::string_view packing_name(Packing packing);

}  // namespace lostmail::input
