#include "report/charts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lostmail/core/text.hpp"
#include "lostmail/report/html_report.hpp"
#include "report/plain.hpp"

namespace lostmail::report {
namespace {

constexpr double kWidth = 720, kLeft = 56, kRight = 20, kTop = 8, kHeight = 200;

std::uint64_t sum_of(const Bar& bar) {
  std::uint64_t sum = 0;
  for (const auto part : bar.parts) sum += part;
  return sum;
}

std::uint64_t largest(const std::vector<Bar>& bars) {
  std::uint64_t most = 0;
  for (const auto& bar : bars) most = std::max(most, sum_of(bar));
  return most;
}

/// The first number of four even, round steps that `most` does not pass.
std::uint64_t axis_end(std::uint64_t most) {
  for (std::uint64_t unit = 1;; unit *= 10) {
    for (const std::uint64_t end : {4 * unit, 8 * unit, 12 * unit, 20 * unit, 32 * unit}) {
      if (most <= end) return end;
    }
  }
}

/// What a reader who does not see the chart is told.
std::string in_words(std::string_view title, const std::vector<Bar>& bars) {
  std::uint64_t sum = 0;
  const Bar* most = nullptr;
  for (const auto& bar : bars) {
    sum += sum_of(bar);
    if (most == nullptr || sum_of(bar) > sum_of(*most)) most = &bar;
  }
  if (most == nullptr) return std::string(title);
  return fmt::format("{}: {} in all, most {} ({})", title, grouped(sum), most->label,
                     grouped(sum_of(*most)));
}

std::string table(const std::vector<std::string>& series, const std::vector<Bar>& bars) {
  std::string out =
      "<details><summary>The figures as a table</summary><div class=\"scroll\"><table><thead><tr>"
      "<th scope=\"col\"></th>";
  for (const auto& name : series)
    out += fmt::format("<th scope=\"col\" class=\"num\">{}</th>", html_text(name));
  out += "</tr></thead><tbody>";
  for (const auto& bar : bars) {
    out += fmt::format("<tr><th scope=\"row\">{}</th>", html_text(bar.label));
    for (const auto part : bar.parts)
      out += fmt::format("<td class=\"num\">{}</td>", grouped(part));
    out += "</tr>";
  }
  return out + "</tbody></table></div></details>\n";
}

std::string open_figure(std::string_view title, std::string_view words, double height) {
  return fmt::format(
      "<figure><figcaption>{}</figcaption>\n<div class=\"scroll\"><svg viewBox=\"0 0 {:.0f} "
      "{:.0f}\""
      " role=\"img\" aria-label=\"{}\">\n",
      html_text(title), kWidth, height, html_text(words));
}

void grid(std::uint64_t end, std::string& out) {
  for (int step = 0; step <= 4; ++step) {
    const double y = kTop + kHeight - kHeight * step / 4;
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.0f}\" x2=\"{1:.0f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text class=\"end\" x=\"{3:.0f}\" y=\"{4:.1f}\">{5}</text>\n",
        kLeft, kWidth, y, kLeft - 6, y + 4,
        short_number(end * static_cast<std::uint64_t>(step) / 4));
  }
}

}  // namespace

std::string stacked_bars(std::string_view title, const std::vector<std::string>& series,
                         const std::vector<Bar>& bars) {
  if (bars.empty() || largest(bars) == 0) return {};
  const std::uint64_t end = axis_end(largest(bars));
  std::string out = open_figure(title, in_words(title, bars), kTop + kHeight + 22);
  grid(end, out);
  const double step = (kWidth - kLeft - kRight) / static_cast<double>(bars.size());
  const double width = std::max(1.0, std::min(step - 2, 40.0));
  const std::size_t label_every = std::max<std::size_t>(1, static_cast<std::size_t>(76 / step) + 1);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double x = kLeft + step * static_cast<double>(i) + (step - width) / 2;
    double y = kTop + kHeight;
    for (std::size_t k = 0; k < bars[i].parts.size(); ++k) {
      const auto part = bars[i].parts[k];
      if (part == 0) continue;
      const double height = kHeight * static_cast<double>(part) / static_cast<double>(end);
      y -= height;
      out += fmt::format(
          "<rect class=\"s{}\" x=\"{:.1f}\" y=\"{:.2f}\" width=\"{:.1f}\" height=\"{:.2f}\">"
          "<title>{}: {} {}</title></rect>\n",
          k, x, y, width, height, html_text(bars[i].label), grouped(part), html_text(series[k]));
    }
    // Short labels of every bar, dates where there is room for them.
    if (i % (bars[i].label.size() <= 3 ? 1 + static_cast<std::size_t>(26 / step) : label_every) ==
        0) {
      out += fmt::format(
          "<text class=\"mid\" x=\"{:.1f}\" y=\"{:.0f}\">{}</text>\n", x + width / 2,
          kTop + kHeight + 16,
          html_text(bars[i].label.size() == 10 ? bars[i].label.substr(5) : bars[i].label));
    }
  }
  out += "</svg></div>\n<ul class=\"legend\">";
  for (std::size_t k = 0; k < series.size(); ++k)
    out += fmt::format("<li><span class=\"key s{}\"></span>{}</li>", k, html_text(series[k]));
  return out + "</ul>\n" + table(series, bars) + "</figure>\n";
}

std::string lying_bars(std::string_view title, const std::vector<Bar>& bars) {
  if (bars.empty() || largest(bars) == 0) return {};
  constexpr double kRow = 24, kNames = 260;
  const auto most = static_cast<double>(largest(bars));
  std::string out =
      open_figure(title, in_words(title, bars), kRow * static_cast<double>(bars.size()) + 4);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = kRow * static_cast<double>(i) + 3;
    const double width = (kWidth - kNames - 70) * static_cast<double>(sum_of(bars[i])) / most;
    out += fmt::format(
        "<text class=\"end\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>"
        "<rect class=\"s0\" x=\"{:.0f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" rx=\"2\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
        kNames - 8, y + 14, html_text(fit(bars[i].label, 36)), kNames, y, std::max(1.0, width),
        kRow - 6, kNames + std::max(1.0, width) + 6, y + 14, grouped(sum_of(bars[i])));
  }
  return out + "</svg></div></figure>\n";
}

std::string week_map(std::string_view title, const Week& week) {
  static constexpr std::array kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  std::uint64_t most = 0;
  std::size_t day_of_most = 0, hour_of_most = 0;
  for (std::size_t day = 0; day < 7; ++day) {
    for (std::size_t hour = 0; hour < 24; ++hour) {
      if (week[day][hour] <= most) continue;
      most = week[day][hour];
      day_of_most = day;
      hour_of_most = hour;
    }
  }
  if (most == 0) return {};
  constexpr double kCell = 27, kRow = 22;
  std::string out = open_figure(title,
                                fmt::format("{}: most on {} from {} h on ({})", title,
                                            kDays.at(day_of_most), hour_of_most, grouped(most)),
                                7 * kRow + 24);
  for (std::size_t day = 0; day < 7; ++day) {
    const double y = kRow * static_cast<double>(day);
    out += fmt::format("<text class=\"end\" x=\"{:.0f}\" y=\"{:.0f}\">{}</text>", kLeft - 8, y + 15,
                       kDays.at(day));
    for (std::size_t hour = 0; hour < 24; ++hour) {
      const auto count = week[day][hour];
      const double strength =
          count == 0 ? 0.0 : 0.12 + 0.88 * static_cast<double>(count) / static_cast<double>(most);
      out += fmt::format(
          "<rect class=\"{}\" x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\""
          " rx=\"2\" fill-opacity=\"{:.2f}\"><title>{} {}:00: {}</title></rect>",
          count == 0 ? "none" : "s0", kLeft + kCell * static_cast<double>(hour), y, kCell - 2,
          kRow - 2, count == 0 ? 1.0 : strength, kDays.at(day), hour, grouped(count));
    }
    out += '\n';
  }
  for (std::size_t hour = 0; hour < 24; hour += 3) {
    out += fmt::format("<text class=\"mid\" x=\"{:.1f}\" y=\"{:.0f}\">{}</text>",
                       kLeft + kCell * static_cast<double>(hour) + kCell / 2, 7 * kRow + 14, hour);
  }
  return out + "</svg></div></figure>\n";
}

}  // namespace lostmail::report
