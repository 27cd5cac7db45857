#include "lostmail/input/line_reader.hpp"

#include <filesystem>
#include <fstream>
#include <functional>

#include <sys/stat.h>
#include <unistd.h>

#include <bzlib.h>
#include <gtest/gtest.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

namespace lostmail::input {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "lostmail-input-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] fs::path write(const std::string& bytes) const {
    const fs::path file = path_ / "log";
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string gzip(const std::string& plain) {
  std::string packed(plain.size() + plain.size() / 8 + 4096, '\0');
  isal_zstream stream{};
  isal_deflate_init(&stream);
  std::vector<std::uint8_t> work(ISAL_DEF_LVL1_DEFAULT);
  stream.level = 1;
  stream.level_buf = work.data();
  stream.level_buf_size = static_cast<std::uint32_t>(work.size());
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(plain.data()));
  stream.avail_in = static_cast<std::uint32_t>(plain.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(packed.data());
  stream.avail_out = static_cast<std::uint32_t>(packed.size());
  EXPECT_EQ(isal_deflate(&stream), COMP_OK);
  packed.resize(stream.total_out);
  return packed;
}

std::string bzip2(const std::string& plain) {
  std::string packed(plain.size() + plain.size() / 8 + 4096, '\0');
  auto size = static_cast<unsigned>(packed.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(packed.data(), &size, const_cast<char*>(plain.data()),
                                     static_cast<unsigned>(plain.size()), 1, 0, 0),
            BZ_OK);
  packed.resize(size);
  return packed;
}

std::string xz(const std::string& plain) {
  std::string packed(lzma_stream_buffer_bound(plain.size()), '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(
                0, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(plain.data()),
                plain.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()),
            LZMA_OK);
  packed.resize(size);
  return packed;
}

std::string zstd(const std::string& plain) {
  std::string packed(ZSTD_compressBound(plain.size()) + 64, '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), plain.data(), plain.size()));
  ZSTD_freeCCtx(context);
  return packed;
}

struct Format {
  const char* name;
  Packing packing;
  std::function<std::string(const std::string&)> pack;
};
const std::vector<Format>& formats() {
  static const std::vector<Format> all{{"gzip", Packing::gzip, gzip},
                                       {"bzip2", Packing::bzip2, bzip2},
                                       {"xz", Packing::xz, xz},
                                       {"zstd", Packing::zstd, zstd}};
  return all;
}

/// 20,000 lines that pack to about a third: several blocks in each format.
const std::vector<std::string>& many_lines() {
  static const std::vector<std::string> lines = [] {
    std::vector<std::string> made;
    std::uint64_t state = 1;
    for (int i = 0; i < 20'000; ++i) {
      std::string line = "2026-11-24 01:10:41 line " + std::to_string(i) + " ";
      for (int k = 0; k < 3; ++k) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        line += std::to_string(state >> 20);
      }
      made.push_back(line);
    }
    return made;
  }();
  return lines;
}
std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  return text;
}

struct Outcome {
  std::vector<std::string> lines;
  std::optional<ErrorKind> error;
  std::vector<Line> heads;  // without their texts
};
Outcome read_all(const fs::path& file) {
  Outcome outcome;
  auto source = open_bytes(file);
  if (!source) {
    outcome.error = source.error().kind;
    return outcome;
  }
  LineReader reader(std::move(*source));
  for (;;) {
    auto line = reader.next();
    if (!line) {
      outcome.error = line.error().kind;
      EXPECT_EQ(line.error().where, file.string());
      const auto again = reader.next();
      EXPECT_FALSE(again) << "the error stays";
      return outcome;
    }
    if (!*line) return outcome;
    outcome.lines.emplace_back((*line)->text);
    (*line)->text = {};
    outcome.heads.push_back(**line);
  }
}

enum class Reads { all, start };  // all lines; at least the first quarter, in order

TEST(LineReader, Archives) {
  struct Row {
    const char* name;
    std::function<std::string(const Format&)> make;
    Reads reads;
    bool corrupt;
  };
  const auto& lines = many_lines();
  const std::string text = joined(lines);
  const std::vector<Row> rows{
      {"whole", [&](const Format& f) { return f.pack(text); }, Reads::all, false},
      {"members that part a line",
       [&](const Format& f) {
         return f.pack(text.substr(0, 100)) + f.pack(text.substr(100, 50'000)) +
                f.pack(text.substr(50'100));
       },
       Reads::all, false},
      {"an empty member", [&](const Format& f) { return f.pack("") + f.pack(text); }, Reads::all,
       false},
      {"zero padding", [&](const Format& f) { return f.pack(text) + std::string(300'000, '\0'); },
       Reads::all, false},
      {"trailing garbage", [&](const Format& f) { return f.pack(text) + "garbage behind"; },
       Reads::all, true},
      {"garbage behind padding",
       [&](const Format& f) { return f.pack(text) + std::string(64, '\0') + "garbage behind"; },
       Reads::all, true},
      {"cut off in the middle",
       [&](const Format& f) {
         const auto packed = f.pack(text);
         return packed.substr(0, packed.size() / 2);
       },
       Reads::start, true},
      {"the last two bytes are missing",
       [&](const Format& f) {
         const auto packed = f.pack(text);
         return packed.substr(0, packed.size() - 2);
       },
       Reads::start, true},
      {"a bit turned behind the middle",
       [&](const Format& f) {
         auto packed = f.pack(text);
         packed[packed.size() * 3 / 5] = static_cast<char>(packed[packed.size() * 3 / 5] ^ 0x10);
         return packed;
       },
       Reads::start, true},
      {"second member cut off",
       [&](const Format& f) {
         const auto packed = f.pack(text);
         return packed + f.pack("never whole\n").substr(0, 12);
       },
       Reads::all, true},
  };
  const TemporaryFolder folder;
  for (const auto& format : formats()) {
    for (const auto& row : rows) {
      SCOPED_TRACE(std::string(format.name) + ": " + row.name);
      const auto file = folder.write(row.make(format));
      const auto source = open_bytes(file);
      ASSERT_TRUE(source);
      EXPECT_EQ((*source)->packing(), format.packing);
      const auto outcome = read_all(file);
      EXPECT_EQ(outcome.error,
                row.corrupt ? std::optional(ErrorKind::corrupt_input) : std::nullopt);
      if (row.reads == Reads::all) {
        EXPECT_TRUE(outcome.lines == lines) << outcome.lines.size() << " lines";
      } else {
        ASSERT_GE(outcome.lines.size(), lines.size() / 4);
        EXPECT_TRUE(std::equal(lines.begin(), lines.begin() + 5'000, outcome.lines.begin()));
      }
    }
  }
}

TEST(LineReader, PlainBytes) {
  constexpr std::size_t kLong = LineReader::kMaxLineBytes;
  struct Row {
    const char* name;
    std::string bytes;
    std::vector<std::string> lines;
    bool last_shortened = false;
    bool last_unterminated = false;
  };
  const std::vector<Row> rows{
      {"empty file", "", {}},
      {"one line", "a\n", {"a"}},
      {"no last newline", "a\nb", {"a", "b"}, false, true},
      {"blank lines", "\n\n", {"", ""}},
      {"CRLF", "a\r\nb\r\n", {"a", "b"}},
      {"CR within", "a\rb\n", {"a\rb"}},
      {"one CR is taken off, not two", "a\r\r\n", {"a\r"}},
      {"NUL", std::string("a\0b\n", 4), {std::string("a\0b", 3)}},
      {"bytes that are no UTF-8", "\xff\xfe\n", {"\xff\xfe"}},
      {"exactly 64 KiB", std::string(kLong, 'x') + "\n", {std::string(kLong, 'x')}},
      {"64 KiB and CRLF", std::string(kLong, 'x') + "\r\n", {std::string(kLong, 'x')}},
      {"64 KiB without newline", std::string(kLong, 'x'), {std::string(kLong, 'x')}, false, true},
      {"64 KiB and a byte", std::string(kLong + 1, 'x') + "\n", {std::string(kLong, 'x')}, true},
      {"1 MiB", std::string(1 << 20, 'x') + "\n", {std::string(kLong, 'x')}, true},
      {"1 MiB without newline", std::string(1 << 20, 'x'), {std::string(kLong, 'x')}, true, true},
      {"a line that fills the buffer",
       std::string(262'144, 'x') + "\n",
       {std::string(kLong, 'x')},
       true},
  };
  const TemporaryFolder folder;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto outcome = read_all(folder.write(row.bytes));
    EXPECT_FALSE(outcome.error);
    ASSERT_EQ(outcome.lines.size(), row.lines.size());
    EXPECT_TRUE(outcome.lines == row.lines);
    if (outcome.heads.empty()) continue;
    EXPECT_EQ(outcome.heads.back().shortened, row.last_shortened);
    EXPECT_EQ(outcome.heads.back().unterminated, row.last_unterminated);
  }
}

TEST(LineReader, NumbersAndOffsetsBehindALongLine) {
  const TemporaryFolder folder;
  const auto outcome = read_all(folder.write("a\r\n" + std::string(1 << 20, 'x') + "\nlast\n"));
  ASSERT_EQ(outcome.lines.size(), 3U);
  EXPECT_EQ(outcome.lines[2], "last");
  EXPECT_EQ(outcome.heads[1].offset, 3U);
  EXPECT_EQ(outcome.heads[2].number, 3U);
  EXPECT_EQ(outcome.heads[2].offset, 3U + (1 << 20) + 1);
  EXPECT_FALSE(outcome.heads[2].shortened);
}

TEST(LineReader, KeepsTheTail) {
  std::string many;
  for (int i = 0; many.size() < 600'000; ++i) many += "line " + std::to_string(i) + "\n";
  const std::string overlong(1 << 20, 'x');
  const TemporaryFolder folder;
  for (const std::string& bytes : {std::string("a\nb\n"), many, many + "no newline",
                                   overlong + "\nend\n", many + overlong + "\n" + many}) {
    LineReader reader(std::move(open_bytes(folder.write(bytes)).value()));
    std::vector<char> block;
    while (auto line = reader.next().value()) {
      while (reader.next_at_hand(*line)) {
      }
      block = reader.change_block(std::move(block));
    }
    ASSERT_EQ(reader.offset(), bytes.size());
    EXPECT_TRUE(bytes.ends_with(reader.tail()));
    const std::size_t behind_gap = bytes.starts_with('x') ? 4 : bytes.size();
    EXPECT_GE(reader.tail().size(), std::min(behind_gap, LineReader::kTailBytes));
    EXPECT_LE(reader.tail().size(), LineReader::kTailBytes);
  }
}

TEST(LineReader, SkipAndPeek) {
  const TemporaryFolder folder;
  const auto file = folder.write("one\ntwo\nthree\n");
  LineReader reader(std::move(open_bytes(file).value()));
  EXPECT_EQ(reader.peek().value(), "one\ntwo\nthree\n");
  ASSERT_TRUE(reader.skip_to(4, 2));
  const auto line = reader.next().value();
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "two");
  EXPECT_EQ(line->number, 2U);
  EXPECT_EQ(line->offset, 4U);
  EXPECT_EQ(reader.offset(), 8U);
  const auto beyond = reader.skip_to(100, 9);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().kind, ErrorKind::not_found);
}

TEST(OpenBytes, WhatCannotBeOpened) {
  const TemporaryFolder folder;
  EXPECT_EQ(open_bytes(folder.path() / "none").error().kind, ErrorKind::not_found);
  EXPECT_EQ(open_bytes(folder.path()).error().kind, ErrorKind::io_error);
  const auto file = folder.write("a\n");
  EXPECT_EQ(open_bytes(file / "below-a-file").error().kind, ErrorKind::not_found);
  ::chmod(file.c_str(), 0);
  if (::access(file.c_str(), R_OK) == 0) GTEST_SKIP() << "root reads everything";
  EXPECT_EQ(open_bytes(file).error().kind, ErrorKind::permission_denied);
}

}  // namespace
}  // namespace lostmail::input
