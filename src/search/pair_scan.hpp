#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lostmail::search {

struct Literal {
  std::string text;       ///< not empty
  bool any_case = false;  ///< ASCII case aside
};

/// Finds one literal in large blocks at the speed of memory: only where two of its bytes, chosen
/// as those that seldom stand so in the log, stand in their distance is it compared. (The idea of
/// the `memchr` crate's `memmem`, which ripgrep stands on.)
class PairScan {
 public:
  /// `sample`: some text of the log.
  PairScan(const Literal& literal, std::string_view sample);

  /// Appends the index behind each place in `block`.
  void find(std::string_view block, std::vector<std::size_t>& ends) const;

 private:
  struct Byte {
    std::size_t at = 0;     ///< in the literal
    std::uint8_t byte = 0;  ///< lower case
    std::uint8_t fold = 0;  ///< set in each byte of the block before it is compared
  };
  [[nodiscard]] Byte byte_at(std::size_t at) const;
  void choose_pair(const std::vector<std::size_t>& places, std::string_view sample);
  [[nodiscard]] bool stands_at(const char* text) const;
  [[nodiscard]] std::size_t next_candidates(const char* text, std::size_t size) const;

  std::string text_;
  bool any_case_ = false;
  std::array<Byte, 2> pair_;
};

}  // namespace lostmail::search
