#include "input/decoder.hpp"

#include <bzlib.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace lostmail::input {
namespace {

#ifdef __x86_64__
/// ISA-L's checksum leaves the upper halves of the vector registers in use (seen in 2.30); until
/// they are clean each SSE instruction of the thread waits for the one before: 40 % of a run.
[[gnu::target("avx")]] void clear_upper_registers() { _mm256_zeroupper(); }
const bool kHasUpperRegisters = __builtin_cpu_supports("avx") != 0;
#else
void clear_upper_registers() {}
constexpr bool kHasUpperRegisters = false;
#endif

/// ISA-L inflates about four times faster than zlib.
class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() : state_(std::make_unique<inflate_state>()) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }

  DecodeStep step(const std::uint8_t* in, std::size_t in_size, char* out,
                  std::size_t out_size) override {
    state_->next_in = const_cast<std::uint8_t*>(in);
    state_->avail_in = static_cast<std::uint32_t>(in_size);
    state_->next_out = reinterpret_cast<std::uint8_t*>(out);
    state_->avail_out = static_cast<std::uint32_t>(out_size);
    const int code = isal_inflate(state_.get());
    if (kHasUpperRegisters) clear_upper_registers();
    DecodeStep result;
    result.consumed = in_size - state_->avail_in;
    result.produced = out_size - state_->avail_out;
    if (code < 0) {
      result.damage =
          code == ISAL_INCORRECT_CHECKSUM ? "checksum does not match" : "invalid gzip data";
    }
    result.member_ended = code >= 0 && state_->block_state == ISAL_BLOCK_FINISH;
    return result;
  }

  void restart() override {
    isal_inflate_reset(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }

 private:
  std::unique_ptr<inflate_state> state_;
};

class Bzip2Decoder final : public Decoder {
 public:
  Bzip2Decoder() { BZ2_bzDecompressInit(&stream_, 0, 0); }
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&stream_); }

  DecodeStep step(const std::uint8_t* in, std::size_t in_size, char* out,
                  std::size_t out_size) override {
    stream_.next_in = const_cast<char*>(reinterpret_cast<const char*>(in));
    stream_.avail_in = static_cast<unsigned>(in_size);
    stream_.next_out = out;
    stream_.avail_out = static_cast<unsigned>(out_size);
    const int code = BZ2_bzDecompress(&stream_);
    DecodeStep result;
    result.consumed = in_size - stream_.avail_in;
    result.produced = out_size - stream_.avail_out;
    result.member_ended = code == BZ_STREAM_END;
    if (code != BZ_OK && code != BZ_STREAM_END) result.damage = "invalid bzip2 data";
    return result;
  }

  void restart() override {
    BZ2_bzDecompressEnd(&stream_);
    stream_ = bz_stream{};
    BZ2_bzDecompressInit(&stream_, 0, 0);
  }

 private:
  bz_stream stream_{};
};

class XzDecoder final : public Decoder {
 public:
  XzDecoder() { start(); }
  ~XzDecoder() override { lzma_end(&stream_); }

  DecodeStep step(const std::uint8_t* in, std::size_t in_size, char* out,
                  std::size_t out_size) override {
    stream_.next_in = in;
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out);
    stream_.avail_out = out_size;
    const lzma_ret code = lzma_code(&stream_, LZMA_RUN);
    DecodeStep result;
    result.consumed = in_size - stream_.avail_in;
    result.produced = out_size - stream_.avail_out;
    result.member_ended = code == LZMA_STREAM_END;
    if (code == LZMA_MEMLIMIT_ERROR) {
      result.damage = "needs more than 128 MiB to decompress";
    } else if (code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR) {
      result.damage = "invalid xz data";
    }
    return result;
  }

  void restart() override { start(); }

 private:
  static constexpr std::uint64_t kMemoryLimit = 128ULL << 20;  // xz -9 needs 65 MiB
  void start() {
    // What fails here fails in the next lzma_code() too, which reports it.
    if (lzma_stream_decoder(&stream_, kMemoryLimit, 0) != LZMA_OK) lzma_end(&stream_);
  }
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    ZSTD_initDStream(stream_.get());
  }

  DecodeStep step(const std::uint8_t* in, std::size_t in_size, char* out,
                  std::size_t out_size) override {
    ZSTD_inBuffer input{in, in_size, 0};
    ZSTD_outBuffer output{out, out_size, 0};
    const std::size_t code = ZSTD_decompressStream(stream_.get(), &output, &input);
    DecodeStep result;
    result.consumed = input.pos;
    result.produced = output.pos;
    if (ZSTD_isError(code) != 0) {
      result.damage = std::string("invalid zstd data: ") + ZSTD_getErrorName(code);
    } else {
      result.member_ended = code == 0;
    }
    return result;
  }

  void restart() override { ZSTD_initDStream(stream_.get()); }

 private:
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(Packing packing) {
  switch (packing) {
    case Packing::gzip:
      return std::make_unique<GzipDecoder>();
    case Packing::bzip2:
      return std::make_unique<Bzip2Decoder>();
    case Packing::xz:
      return std::make_unique<XzDecoder>();
    case Packing::zstd:
      return std::make_unique<ZstdDecoder>();
    case Packing::none:
      break;
  }
  return nullptr;
}

std::string_view packing_name(Packing packing) {
  switch (packing) {
    case Packing::gzip:
      return "gzip";
    case Packing::bzip2:
      return "bzip2";
    case Packing::xz:
      return "xz";
    case Packing::zstd:
      return "zstd";
    case Packing::none:
      break;
  }
  return "plain";
}

}  // namespace lostmail::input
