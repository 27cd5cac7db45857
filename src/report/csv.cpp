#include "lostmail/report/csv.hpp"

#include <fmt/format.h>

#include "lostmail/core/log_time.hpp"
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

namespace {

/// The columns, in their order; a table fills those that it has.
struct Row {
  std::string_view section, direction, permanent, family, variant, cause;
  std::string name;
  std::optional<std::uint64_t> refusals, senders, recipients, lost, delivered_later, retrying;
  std::string recipient;
  std::optional<std::uint64_t> usual;
  std::string first, last;
};

void put(const Row& row, std::string& out) {
  const auto number = [](std::optional<std::uint64_t> value) {
    return value ? std::to_string(*value) : std::string();
  };
  out += fmt::format(
      "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", row.section, row.direction,
      row.permanent, row.family, row.variant, row.cause, csv_field(row.name), number(row.refusals),
      number(row.senders), number(row.recipients), number(row.lost), number(row.delivered_later),
      number(row.retrying), csv_field(row.recipient), number(row.usual), row.first, row.last);
}

template <typename Counted>
Row row_of(std::string_view section, const Counted& of) {
  Row row;
  row.section = section;
  row.direction = name_of(of.direction);
  row.family = of.family ? name_of(*of.family) : std::string_view();
  row.variant = name_of(of.variant);
  row.cause = name_of(of.cause);
  return row;
}

void put_cases(std::string_view section, const std::vector<CaseRow>& cases, std::string& out) {
  for (const auto& of : cases) {
    Row row = row_of(section, of);
    row.permanent = of.permanent > 0 ? "1" : "0";
    row.name = of.sender;
    row.recipient = of.recipient;
    row.refusals = of.attempts;
    row.lost = of.verdict == Verdict::lost ? 1 : 0;
    row.delivered_later = of.verdict == Verdict::delivered_later ? 1 : 0;
    row.retrying = of.verdict == Verdict::retrying ? 1 : 0;
    row.first = utc_rfc3339(of.first);
    row.last = utc_rfc3339(of.last);
    put(row, out);
  }
}

void put_tops(std::string_view section, Direction direction, const std::vector<Top>& tops,
              std::string& out) {
  for (const auto& top : tops) {
    Row row;
    row.section = section;
    row.direction = name_of(direction);
    row.variant = name_of(top.variant);
    row.cause = name_of(top.cause);
    row.name = top.name;
    row.refusals = top.refusals;
    (direction == Direction::inbound ? row.recipients : row.senders) = top.counterparts;
    put(row, out);
  }
}

}  // namespace

std::string csv_report(const Summary& summary) {
  std::string out =
      "section,direction,permanent,family,variant,cause,name,refusals,senders,recipients,lost,"
      "delivered_later,retrying,recipient,usual,first,last\r\n";
  const Figures& figures = summary.figures;
  put_cases("known_correspondent", figures.known, out);
  put_cases("own_mail_lost", figures.own_lost, out);
  put_cases("gave_up", figures.gave_up, out);
  put_tops("new_server", Direction::outbound, figures.new_servers, out);
  put_tops("new_sender_domain", Direction::inbound, figures.new_domains, out);
  for (const auto& group : figures.groups) {
    Row row = row_of("refused", group);
    row.permanent = group.permanent ? "1" : "0";
    row.refusals = group.refusals;
    row.usual = group.usual;
    row.senders = group.senders;
    row.recipients = group.recipients;
    row.lost = group.lost;
    row.delivered_later = group.delivered_later;
    row.retrying = group.retrying;
    put(row, out);
  }
  put_tops("sender_domain", Direction::inbound, figures.sender_domains, out);
  put_tops("remote_server", Direction::outbound, figures.remote_servers, out);
  for (const auto& shape : summary.not_understood) {
    Row row;
    row.section = "not_understood";
    row.name = shape.example;
    row.refusals = shape.lines;
    put(row, out);
  }
  return out;
}

}  // namespace lostmail::report
