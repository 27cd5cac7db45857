// The normaliser that stands before all patterns.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lostmail/classify/normal_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto normal = lostmail::classify::normalise({reinterpret_cast<const char*>(data), size});
  // One line, one blank between words, and a line end for each line.
  if (normal.text.find('\n') != std::string::npos) std::abort();
  if (!normal.line_ends.empty() && normal.line_ends.back() > normal.text.size()) std::abort();
  return 0;
}
