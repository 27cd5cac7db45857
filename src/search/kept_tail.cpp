#include "search/kept_tail.hpp"

#include <algorithm>

namespace lostmail::search {

KeptTail::~KeptTail() {
  if (room_ != nullptr) *room_ += static_cast<std::int64_t>(text_.size());
}

void KeptTail::expect(std::uint64_t bytes) {
  if (room_ == nullptr) return;
  const auto room = static_cast<std::uint64_t>(std::max<std::int64_t>(*room_, 0));
  text_.reserve(static_cast<std::size_t>(std::min(bytes, room)));
}

void KeptTail::add(std::string_view block, std::uint64_t offset) {
  const auto size = static_cast<std::int64_t>(block.size());
  if (room_ != nullptr && (*room_ -= size) < 0) drop_half();
  if (text_.empty()) begin_ = offset;
  blocks_.push_back(offset);
  text_ += block;
}

/// Half, so that what stays is moved once for each byte that comes.
void KeptTail::drop_half() {
  const auto keep = std::lower_bound(blocks_.begin(), blocks_.end(), begin_ + text_.size() / 2);
  const auto dropped = static_cast<std::size_t>((keep == blocks_.end() ? end() : *keep) - begin_);
  text_.erase(0, dropped);
  begin_ += dropped;
  blocks_.erase(blocks_.begin(), keep);
  *room_ += static_cast<std::int64_t>(dropped);
}

}  // namespace lostmail::search
