#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lostmail::classify {

/// A refusal's text as patterns see it: log escapes undone, reply codes gone from the start of each
/// line, one line, one blank between words, plain dashes and quotes; and what strangers choose is
/// masked: `<ADDR>`, `ADDR`, `IP`, `HOST`, `URL`.
struct NormalText {
  std::string text;
  std::vector<std::size_t>
      line_ends;  ///< index in `text` behind each line of the reply but the last

  /// The line of the reply that holds text[at], from 0.
  [[nodiscard]] std::size_t line_of(std::size_t at) const;
};

[[nodiscard]] NormalText normalise(std::string_view raw);

}  // namespace lostmail::classify
