#include "lostmail/report/text_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "lostmail/core/text.hpp"
#include "lostmail/report/json.hpp"

namespace lostmail::report {
namespace {

constexpr std::size_t kColumns = 80;

/// ASCII alone, cut to `width` with a mark.
std::string fit(std::string_view text, std::size_t width) {
  std::string plain;
  for (const char c : printable(text)) plain += static_cast<unsigned char>(c) < 0x80 ? c : '?';
  if (plain.size() > width)
    plain = width < 3 ? plain.substr(0, width) : plain.substr(0, width - 2) + "..";
  return plain;
}

bool of_interest(const Group& group) { return group.family && concerns_sender(*group.family); }

std::vector<Group> chosen(const Summary& summary, Direction direction, bool permanent,
                          bool interest) {
  std::vector<Group> groups;
  for (const auto& group : summary.groups) {
    if (group.direction == direction && group.permanent == permanent &&
        of_interest(group) == interest) {
      groups.push_back(group);
    }
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return a.refusals > b.refusals; });
  return groups;
}

std::string_view direction_title(Direction direction) {
  switch (direction) {
    case Direction::inbound:
      return "We refused (inbound)";
    case Direction::outbound:
      return "Others refused us (outbound)";
    case Direction::internal:
      return "Our own mail refused (internal)";
  }
  return {};
}

/// A table of variants, each with its causes below it where there are several.
void variant_table(const std::vector<Group>& groups, std::string& out) {
  out += fmt::format("  {:<26} {:<20} {:>7} {:>6} {:>6} {:>7}\n", "variant", "cause", "refused",
                     "lost", "later", "senders");
  for (const auto& group : groups) {
    out += fmt::format("  {:<26} {:<20} {:>7} {:>6} {:>6} {:>7}\n", name_of(group.variant),
                       name_of(group.cause), short_number(group.refusals), short_number(group.lost),
                       short_number(group.delivered_later), short_number(group.senders));
  }
}

void heading(std::string_view title, std::string& out) {
  out += fmt::format("\n{}\n{}\n", title, std::string(title.size(), '-'));
}

void refused(const Summary& summary, std::string& out) {
  for (const Direction direction : {Direction::inbound, Direction::outbound, Direction::internal}) {
    const auto groups = chosen(summary, direction, true, true);
    if (groups.empty()) continue;
    heading(fmt::format("{}, for good", direction_title(direction)), out);
    variant_table(groups, out);
  }
  bool any = false;
  for (const Direction direction : {Direction::inbound, Direction::outbound, Direction::internal}) {
    const auto groups = chosen(summary, direction, false, true);
    if (groups.empty()) continue;
    if (!any) heading("Put off for now (4xx): the sender tries again", out);
    any = true;
    out +=
        fmt::format("  {}:\n  {:<26} {:<20} {:>7} {:>6} {:>6} {:>7}\n", direction_title(direction),
                    "variant", "cause", "attempts", "lost", "later", "trying");
    for (const auto& group : groups) {
      out +=
          fmt::format("  {:<26} {:<20} {:>7} {:>6} {:>6} {:>7}\n", name_of(group.variant),
                      name_of(group.cause), short_number(group.refusals), short_number(group.lost),
                      short_number(group.delivered_later), short_number(group.retrying));
    }
  }
}

void tops(const Summary& summary, std::string& out) {
  if (!summary.sender_domains.empty()) {
    heading("Sender domains that we refused most", out);
    out += fmt::format("  {:<31} {:>7} {:>10} {}\n", "domain", "refused", "recipients", "mostly");
    for (const auto& top : summary.sender_domains) {
      out +=
          fmt::format("  {:<31} {:>7} {:>10} {}\n", fit(top.name, 31), short_number(top.refusals),
                      short_number(top.counterparts), name_of(top.variant));
    }
  }
  if (!summary.remote_servers.empty()) {
    heading("Servers that refused our senders most", out);
    out += fmt::format("  {:<42} {:>7} {}\n", "server", "refused", "mostly");
    for (const auto& top : summary.remote_servers) {
      // The address stays whole: it is what one looks for.
      const auto open = std::min(top.name.rfind(" ["), top.name.size());
      const auto address = fit(std::string_view(top.name).substr(open), 42);
      const std::string name = fit(std::string_view(top.name).substr(0, open), 42 - address.size());
      out += fmt::format("  {:<42} {:>7} {}\n", name + address, short_number(top.refusals),
                         name_of(top.variant));
    }
  }
}

/// The reasons that are none of ours to judge: one line each.
void other_reasons(const Summary& summary, std::string& out) {
  struct Row {
    Variant variant;
    std::uint64_t refusals[2] = {0, 0};  // permanent, temporary
    std::uint64_t directions[3] = {0, 0, 0};
  };
  std::vector<Row> rows;
  for (const auto& group : summary.groups) {
    if (of_interest(group)) continue;
    auto found = std::find_if(rows.begin(), rows.end(),
                              [&](const Row& row) { return row.variant == group.variant; });
    if (found == rows.end()) {
      rows.push_back({group.variant});
      found = rows.end() - 1;
    }
    found->refusals[group.permanent ? 0 : 1] += group.refusals;
    found->directions[static_cast<std::size_t>(group.direction)] += group.refusals;
  }
  if (rows.empty()) return;
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.refusals[0] + a.refusals[1] > b.refusals[0] + b.refusals[1];
  });
  heading("Refused for other reasons", out);
  out += fmt::format("  {:<26} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "variant", "5xx", "4xx", "inbound",
                     "outbound", "internal");
  for (const auto& row : rows) {
    out += fmt::format("  {:<26} {:>9} {:>9} {:>9} {:>9} {:>9}\n", name_of(row.variant),
                       short_number(row.refusals[0]), short_number(row.refusals[1]),
                       short_number(row.directions[0]), short_number(row.directions[1]),
                       short_number(row.directions[2]));
  }
}

void coverage(const Summary& summary, std::string& out) {
  const LineCounts& lines = summary.lines;
  heading("What was read", out);
  if (!summary.first.empty())
    out += fmt::format("  Logs from {} to {}.\n", summary.first, summary.last);
  out +=
      fmt::format("  {:>14} lines\n  {:>14} of Exim, {} of Sendmail\n  {:>14} of other programs\n",
                  grouped(lines.lines), grouped(lines.exim), grouped(lines.sendmail),
                  grouped(lines.other_program));
  if (lines.not_understood == 0) {
    out += "  All lines of the mail server were understood.\n";
  } else {
    out += fmt::format("  {} lines were not understood ({:.2f} % were), for example:\n",
                       grouped(lines.not_understood), understood_percent(lines));
    for (const auto& shape : summary.not_understood) {
      out += fmt::format("  {:>7} x {}\n", grouped(shape.lines), fit(shape.example, kColumns - 12));
    }
  }
  for (const auto& problem : summary.problems)
    out += fmt::format("  ! {}\n", fit(problem, kColumns - 4));
}

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void put(Writer& writer, const char* key, std::string_view text) {
  const std::string safe = printable(text);
  writer.Key(key);
  writer.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
}
void put(Writer& writer, const char* key, std::uint64_t number) {
  writer.Key(key);
  writer.Uint64(number);
}
void put_or_null(Writer& writer, const char* key, std::string_view text) {
  if (!text.empty()) return put(writer, key, text);
  writer.Key(key);
  writer.Null();
}

void put_tops(Writer& writer, const char* key, const char* counterparts,
              const std::vector<Top>& tops) {
  writer.Key(key);
  writer.StartArray();
  for (const auto& top : tops) {
    writer.StartObject();
    put(writer, "name", top.name);
    put(writer, "refusals", top.refusals);
    put(writer, counterparts, top.counterparts);
    put(writer, "variant", name_of(top.variant));
    writer.EndObject();
  }
  writer.EndArray();
}

void put_groups(Writer& writer, const std::vector<Group>& groups) {
  writer.Key("refused");
  writer.StartArray();
  for (const auto& group : groups) {
    writer.StartObject();
    put(writer, "direction", name_of(group.direction));
    writer.Key("permanent");
    writer.Bool(group.permanent);
    put_or_null(writer, "family", group.family ? name_of(*group.family) : std::string_view());
    put(writer, "variant", name_of(group.variant));
    put(writer, "cause", name_of(group.cause));
    put(writer, "refusals", group.refusals);
    put(writer, "senders", group.senders);
    put(writer, "recipients", group.recipients);
    put(writer, "lost", group.lost);
    put(writer, "delivered_later", group.delivered_later);
    put(writer, "retrying", group.retrying);
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace

std::string text_report(const Summary& summary) {
  std::string out = "lostmail report";
  if (!summary.since.empty() || !summary.until.empty()) {
    out += fmt::format(", {} to {}", summary.since.empty() ? "the beginning" : summary.since,
                       summary.until.empty() ? "now" : summary.until);
  }
  out += '\n';
  for (const Direction direction : {Direction::inbound, Direction::outbound, Direction::internal}) {
    const auto lost = summary.count(direction, Verdict::lost);
    const auto later = summary.count(direction, Verdict::delivered_later);
    const auto trying = summary.count(direction, Verdict::retrying);
    if (lost + later + trying == 0) continue;
    out += fmt::format("  {:<32} {:>6} lost  {:>6} came later  {:>6} tried\n",
                       direction_title(direction), short_number(lost), short_number(later),
                       short_number(trying));
  }
  refused(summary, out);
  tops(summary, out);
  other_reasons(summary, out);
  coverage(summary, out);
  return out;
}

std::string json_report(const Summary& summary) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.SetIndent(' ', 2);
  writer.StartObject();
  put_or_null(writer, "since", summary.since);
  put_or_null(writer, "until", summary.until);
  put_groups(writer, summary.groups);
  put_tops(writer, "sender_domains", "recipients", summary.sender_domains);
  put_tops(writer, "remote_servers", "senders", summary.remote_servers);
  writer.Key("lines");
  writer.StartObject();
  put(writer, "lines", summary.lines.lines);
  put(writer, "exim", summary.lines.exim);
  put(writer, "sendmail", summary.lines.sendmail);
  put(writer, "continuation", summary.lines.continuation);
  put(writer, "other_program", summary.lines.other_program);
  put(writer, "not_understood", summary.lines.not_understood);
  writer.EndObject();
  writer.Key("not_understood");
  writer.StartArray();
  for (const auto& shape : summary.not_understood) {
    writer.StartObject();
    put(writer, "lines", shape.lines);
    put(writer, "example", shape.example);
    put(writer, "file", shape.file);
    put(writer, "line", shape.line);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("problems");
  writer.StartArray();
  for (const auto& problem : summary.problems) {
    const std::string safe = printable(problem);
    writer.String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
  }
  writer.EndArray();
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

}  // namespace lostmail::report
