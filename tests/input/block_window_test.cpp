#include "lostmail/input/block_window.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

namespace lostmail::input {
namespace {

namespace fs = std::filesystem;

class BlockWindowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "lostmail-window-XXXXXX").string();
    ASSERT_GE(::close(::mkstemp(name.data())), 0);
    file_ = name;
  }
  void TearDown() override { fs::remove(file_); }
  void write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }

  fs::path file_;
};

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += std::to_string(i) + std::string(static_cast<std::size_t>(i % 97), 'x') + '\n';
  return text;
}

/// All blocks after each other; each is whole lines, and stands where offset() says.
std::string all_blocks(BlockWindow window, const std::string& text) {
  std::string all;
  for (auto more = window.next(); more && *more; more = window.next()) {
    const auto block = window.block();
    EXPECT_EQ(text.compare(window.offset(), block.size(), block), 0);
    EXPECT_TRUE(block.ends_with('\n') || window.offset() + block.size() == text.size());
    EXPECT_GE(block.data(), window.view().data());
    EXPECT_LE(block.data() + block.size(), window.view().data() + window.view().size());
    all += block;
  }
  return all;
}

TEST_F(BlockWindowTest, GivesEachByteOnce) {
  for (const int lines : {0, 1, 10, 300, 30'000}) {
    for (const bool terminated : {true, false}) {
      std::string text = numbered_lines(lines);
      if (!terminated && !text.empty()) text.pop_back();
      write(text);
      for (const auto& [block, around] :
           {std::pair<std::size_t, std::size_t>{BlockWindow::kBlock, BlockWindow::kAround},
            {4096, 512},
            {1024, 0}}) {
        auto window = BlockWindow::open(file_, block, around);
        ASSERT_TRUE(window);
        EXPECT_EQ(all_blocks(std::move(*window), text), text) << lines << " " << block;
      }
      EXPECT_EQ(all_blocks(BlockWindow(std::string_view(text)), text), text);
    }
  }
}

TEST_F(BlockWindowTest, BytesInMemoryThatBeginWithinTheLog) {
  const std::string text = "one\ntwo\nthree\n";
  for (const auto& [sought, offset, block] :
       {std::tuple<std::uint64_t, std::uint64_t, std::string>{0, 100, text},
        {100, 100, text},
        {101, 104, "two\nthree\n"},
        {104, 104, "two\nthree\n"},
        {105, 108, "three\n"}}) {
    BlockWindow window(std::string_view(text), 100);
    EXPECT_EQ(window.size(), 100 + text.size());
    ASSERT_TRUE(window.seek(sought));
    ASSERT_TRUE(*window.next());
    EXPECT_EQ(window.offset(), offset) << sought;
    EXPECT_EQ(window.block(), block) << sought;
  }
}

TEST_F(BlockWindowTest, ALineLongerThanTheBlock) {
  const std::string text = "a\n" + std::string(100'000, 'y') + "\nb\n";
  write(text);
  auto window = BlockWindow::open(file_, 4096, 512);
  ASSERT_TRUE(window);
  std::string all;
  for (auto more = window->next(); more && *more; more = window->next()) all += window->block();
  EXPECT_EQ(all, text);
}

TEST_F(BlockWindowTest, SeeksToTheNextLine) {
  const std::string text = numbered_lines(3000);
  write(text);
  for (std::size_t offset = 0; offset < text.size(); offset += 1009) {
    const auto expected = offset == 0 ? 0 : text.find('\n', offset - 1) + 1;
    auto window = BlockWindow::open(file_, 4096, 512);
    ASSERT_TRUE(window);
    ASSERT_TRUE(window->seek(offset));
    EXPECT_EQ(window->offset(), expected);
    EXPECT_EQ(all_blocks(std::move(*window), text), text.substr(expected));
    BlockWindow memory{std::string_view(text)};
    ASSERT_TRUE(memory.seek(offset));
    EXPECT_EQ(all_blocks(std::move(memory), text), text.substr(expected));
  }
}

TEST_F(BlockWindowTest, NoFile) {
  EXPECT_EQ(BlockWindow::open("/nonexistent/log").error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace lostmail::input
