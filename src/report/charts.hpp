#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Charts as SVG that stands in the page. Colours are classes `s0` … `s5` of the page's style; what
/// a chart shows stands in words in its label, and as a table behind it.
namespace lostmail::report {

inline constexpr std::size_t kMostSeries = 6;

struct Bar {
  std::string label;
  std::vector<std::uint64_t> parts;  ///< one for each series, from the bottom up
};

/// Bars side by side, parts stacked; at most kMostSeries series.
[[nodiscard]] std::string stacked_bars(std::string_view title,
                                       const std::vector<std::string>& series,
                                       const std::vector<Bar>& bars);

/// One line a bar, with its name and number.
[[nodiscard]] std::string lying_bars(std::string_view title, const std::vector<Bar>& bars);

/// Monday to Sunday, 0 to 23 h.
using Week = std::array<std::array<std::uint64_t, 24>, 7>;
[[nodiscard]] std::string week_map(std::string_view title, const Week& week);

}  // namespace lostmail::report
