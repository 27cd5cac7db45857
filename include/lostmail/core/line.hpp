#pragma once

#include <cstdint>
#include <string_view>

namespace lostmail {

/// One physical line of a log, without its terminator. A view, good until the reader's next call.
struct Line {
  std::string_view text;
  std::uint64_t number = 0;   ///< from 1
  std::uint64_t offset = 0;   ///< of its first byte in the decompressed log
  bool shortened = false;     ///< longer than LineReader::kMaxLineBytes: the rest was dropped
  bool unterminated = false;  ///< the log ends without a newline: perhaps half a line
};

}  // namespace lostmail
