#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lostmail/core/result.hpp"

namespace lostmail::whitelist {

/// What was considered and left out, and why. `subject` is printable ASCII.
struct Rejected {
  std::string subject;
  std::string reason;
};

/// Lines that stand alone at the start and the end of the part of a file that lostmail writes.
inline constexpr std::string_view kBlockBegin = "# BEGIN lostmail";
inline constexpr std::string_view kBlockEnd = "# END lostmail";

/// One list as text, from kBlockBegin to kBlockEnd and a newline. The same entries give the same
/// bytes.
struct ListFile {
  std::string block;
  std::size_t entries = 0;       ///< that the block holds
  std::vector<std::string> ids;  ///< entry_id() of these
  std::vector<Rejected>
      left_out;  ///< entries that it does not hold: expired, not valid, decided by hand
};

/// `existing` with its block replaced by `block`; without a block it is appended. All that is
/// outside the markers is kept byte for byte, a missing last newline apart. Errors: corrupt_input
/// where a marker is missing, doubled or out of order (nothing is guessed about what a person
/// wrote); invalid_argument where `block` is not one block.
[[nodiscard]] Result<std::string> replace_block(std::string_view existing, std::string_view block);

/// The lines of `existing` outside its block, without their line ends. Errors: as replace_block().
[[nodiscard]] Result<std::vector<std::string_view>> lines_outside_block(std::string_view existing);

}  // namespace lostmail::whitelist
