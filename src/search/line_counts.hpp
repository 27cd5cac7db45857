#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace lostmail::search {

/// How many lines stand before which offsets of a log, as far as it was gone over.
class LineCounts {
 public:
  /// What was gone over from one offset on: its blocks, with the lines before each.
  struct Part {
    std::uint64_t begin = 0, end = 0, lines = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;
  };
  void add(Part part);

  /// The last counted offset at `offset` or before it, and the lines before that.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> nearest(std::uint64_t offset) const;

 private:
  std::map<std::uint64_t, Part> parts_;  ///< by where they begin
};

}  // namespace lostmail::search
