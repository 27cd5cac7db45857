#include "lostmail/report/csv.hpp"

#include <fmt/format.h>

#include "lostmail/report/json.hpp"

namespace lostmail::report {

std::string csv_field(std::string_view text) {
  std::string safe = printable(text);
  if (!safe.empty() && std::string_view("=+-@\t").find(safe.front()) != std::string_view::npos)
    safe.insert(0, 1, '\'');
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string csv_report(const Summary& summary) {
  std::string out =
      "section,direction,permanent,family,variant,cause,name,refusals,senders,recipients,lost,"
      "delivered_later,retrying\r\n";
  for (const auto& group : summary.groups) {
    out += fmt::format("refused,{},{},{},{},{},,{},{},{},{},{},{}\r\n", name_of(group.direction),
                       group.permanent ? 1 : 0,
                       group.family ? name_of(*group.family) : std::string_view(),
                       name_of(group.variant), name_of(group.cause), group.refusals, group.senders,
                       group.recipients, group.lost, group.delivered_later, group.retrying);
  }
  for (const auto& top : summary.sender_domains) {
    out += fmt::format("sender_domain,inbound,,,{},,{},{},,{},,,\r\n", name_of(top.variant),
                       csv_field(top.name), top.refusals, top.counterparts);
  }
  for (const auto& top : summary.remote_servers) {
    out += fmt::format("remote_server,outbound,,,{},,{},{},{},,,,\r\n", name_of(top.variant),
                       csv_field(top.name), top.refusals, top.counterparts);
  }
  for (const auto& shape : summary.not_understood) {
    out += fmt::format("not_understood,,,,,,{},{},,,,,\r\n", csv_field(shape.example), shape.lines);
  }
  return out;
}

}  // namespace lostmail::report
