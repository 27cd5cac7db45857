#include "search/line_counts.hpp"

namespace lostmail::search {

void LineCounts::add(Part part) {
  auto& known = parts_[part.begin];
  if (part.end > known.end) known = std::move(part);
}

std::pair<std::uint64_t, std::uint64_t> LineCounts::nearest(std::uint64_t offset) const {
  std::pair<std::uint64_t, std::uint64_t> best{0, 0};
  std::uint64_t reached = 0, lines = 0;
  for (const auto& [begin, part] : parts_) {
    if (begin > reached || begin > offset) break;  // what lies between was not counted
    if (begin < reached) continue;
    for (const auto& [block, before] : part.blocks) {
      if (block <= offset) best = {block, lines + before};
    }
    reached = part.end;
    lines += part.lines;
  }
  return best;
}

}  // namespace lostmail::search
