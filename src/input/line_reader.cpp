#include "lostmail/input/line_reader.hpp"

#include <algorithm>
#include <cstring>

namespace lostmail::input {
namespace {

constexpr std::size_t kBlock =
    128 * 1024;  // holds the longest line that is kept twice; what is made of one fits a cache

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(kBlock) {}
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;
LineReader::~LineReader() = default;

Result<bool> LineReader::refill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  auto count = source_->read(buffer_.data() + end_, buffer_.size() - end_);
  if (!count) {
    at_end_ = true;
    failed_ = count.error();
    return tl::unexpected(*failed_);
  }
  if (*count == 0) at_end_ = true;
  end_ += *count;
  return *count > 0;
}

void LineReader::advance(std::size_t count) {
  begin_ += count;
  offset_ += count;
}

std::optional<std::size_t> LineReader::find_newline(std::size_t from) const {
  const char* start = buffer_.data() + begin_;
  const void* found = std::memchr(start + from, '\n', end_ - begin_ - from);
  if (found == nullptr) return std::nullopt;
  return static_cast<std::size_t>(static_cast<const char*>(found) - start);
}

void LineReader::take(std::size_t length, bool terminated, Line& line) {
  line.number = ++number_;
  line.offset = offset_;
  line.unterminated = !terminated;
  line.shortened = false;
  line.text = std::string_view(buffer_.data() + begin_, length);
  if (!line.text.empty() && line.text.back() == '\r') line.text.remove_suffix(1);
  if (line.text.size() > kMaxLineBytes) {
    line.text = line.text.substr(0, kMaxLineBytes);
    line.shortened = true;
  }
  advance(length + (terminated ? 1 : 0));
}

Line LineReader::take(std::size_t length, bool terminated) {
  Line line;
  take(length, terminated, line);
  return line;
}

/// A line that fills the whole buffer: its head is kept, the rest passes by.
Result<std::optional<Line>> LineReader::take_overlong() {
  Line line;
  line.number = ++number_;
  line.offset = offset_;
  line.shortened = true;
  overlong_.assign(buffer_.data() + begin_, kMaxLineBytes);
  line.text = overlong_;
  for (;;) {
    if (const auto newline = find_newline(0)) {
      advance(*newline + 1);
      return line;
    }
    advance(end_ - begin_);
    auto more = refill();
    if (!more) return tl::unexpected(more.error());
    if (!*more) {
      line.unterminated = true;
      return line;
    }
  }
}

/// Whole blocks: a decompressor gives small pieces, and each block of lines has its price.
void LineReader::fill_block() {
  while (!at_end_ && (begin_ > 0 || end_ < buffer_.size())) {
    if (!refill()) return;  // what is readable comes first; the error is kept
  }
}

Result<std::optional<Line>> LineReader::next() {
  if (const auto newline = find_newline(0)) return take(*newline, true);
  const std::size_t searched = end_ - begin_;
  fill_block();
  if (const auto newline = find_newline(searched)) return take(*newline, true);
  if (failed_) return tl::unexpected(*failed_);
  if (end_ - begin_ == buffer_.size()) return take_overlong();
  if (end_ == begin_) return std::optional<Line>();
  return take(end_ - begin_, false);
}

bool LineReader::next_at_hand(Line& line) {
  const auto newline = find_newline(0);
  if (newline) take(*newline, true, line);
  return newline.has_value();
}

/// Who wants to know a packed log again would else have to unpack it once more.
void LineReader::keep_tail() {
  if (offset_ - begin_ != tail_end_) tail_.clear();
  const std::size_t kept = std::min(begin_, kTailBytes);
  tail_.append(buffer_.data() + begin_ - kept, kept);
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  tail_end_ = offset_;
}

std::vector<char> LineReader::change_block(std::vector<char> fresh) {
  keep_tail();
  fresh.resize(kBlock);
  std::memcpy(fresh.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  buffer_.swap(fresh);
  return fresh;
}

Result<void> LineReader::skip_to(std::uint64_t offset, std::uint64_t number) {
  while (offset_ < offset) {
    if (begin_ == end_) {
      auto more = refill();
      if (!more) return tl::unexpected(more.error());
      if (!*more)
        return fail(ErrorKind::not_found, "", "the log is shorter than what was read of it");
    }
    advance(static_cast<std::size_t>(std::min<std::uint64_t>(end_ - begin_, offset - offset_)));
  }
  number_ = number - 1;
  return {};
}

Result<std::string_view> LineReader::peek() {
  fill_block();
  if (failed_ && begin_ == end_) return tl::unexpected(*failed_);
  return std::string_view(buffer_.data() + begin_, end_ - begin_);
}

}  // namespace lostmail::input
