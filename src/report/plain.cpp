#include "report/plain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "lostmail/core/text.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::report {

std::string plain(std::string_view text) {
  std::string ascii;
  for (const char c : printable(text)) ascii += static_cast<unsigned char>(c) < 0x80 ? c : '?';
  std::replace(ascii.begin(), ascii.end(), '\t', ' ');
  return ascii;
}

std::string fit(std::string_view text, std::size_t width) {
  const std::string ascii = plain(text);
  if (ascii.size() <= width) return ascii;
  return width < 3 ? ascii.substr(0, width) : ascii.substr(0, width - 2) + "..";
}

std::string plain_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += plain(text.substr(0, end)) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string column(std::string_view text, std::size_t width) {
  return fmt::format("{:<{}}", fit(text, width), width);
}

std::string server(std::string_view name, std::size_t width) {
  const auto open = std::min(name.rfind(" ["), name.size());
  const std::string address = fit(name.substr(open), width);
  return column(fit(name.substr(0, open), width - address.size()) + address, width);
}

std::string in_words(const Outage& outage) {
  return fmt::format(
      "{} refusals for want of DNS from {} networks and {} sender domains at once, {} of them with "
      "mail that came through at other times: the resolver of this server failed, not their DNS. "
      "Look at its log and at /etc/resolv.conf; nobody needs a whitelist entry for it.",
      grouped(outage.refusals), grouped(outage.networks), grouped(outage.domains),
      grouped(outage.known_domains));
}

std::string suggest_command(const Summary& summary) {
  return "lostmail whitelist suggest" + (summary.window.empty() ? "" : ' ' + summary.window);
}

std::string command_of(const Summary& summary, const Outage& outage) {
  const auto time = [&](std::int64_t utc) {
    std::string text = summary.time(utc);
    text[10] = 'T';
    return text;
  };
  return fmt::format("lostmail find --direction inbound --since {} --until {}", time(outage.first),
                     time(outage.last + 60));
}

std::vector<OtherRow> other_rows(const Summary& summary) {
  std::vector<OtherRow> rows;
  for (const auto& group : summary.figures.groups) {
    if (of_interest(group)) continue;
    auto found = std::find_if(rows.begin(), rows.end(),
                              [&](const OtherRow& row) { return row.variant == group.variant; });
    if (found == rows.end()) {
      rows.emplace_back();
      found = rows.end() - 1;
      found->variant = group.variant;
    }
    (group.permanent ? found->permanent : found->temporary) += group.refusals;
    found->directions[static_cast<std::size_t>(group.direction)] += group.refusals;
    if (group.usual) found->usual = found->usual.value_or(0) + *group.usual;
  }
  std::stable_sort(rows.begin(), rows.end(), [](const OtherRow& a, const OtherRow& b) {
    return a.permanent + a.temporary > b.permanent + b.temporary;
  });
  return rows;
}

}  // namespace lostmail::report
