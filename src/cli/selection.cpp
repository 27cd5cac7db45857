#include "cli/selection.hpp"

#include <charconv>

namespace lostmail::cli {
namespace {

template <typename Enum>
Result<void> take_word(const std::string& text, const char* option, std::optional<Enum>& word) {
  if (text.empty()) return {};
  word = from_name<Enum>(text);
  if (word) return {};
  return fail(ErrorKind::invalid_argument, option,
              "`{}` is no such word: see `lostmail patterns list --words`", text);
}

/// The days that --range names, from midnight to midnight of the local clock.
Result<store::Selection> parse_range(std::string_view text, std::int64_t now,
                                     const assemble::Zone& zone) {
  const auto span = [&](std::int64_t at, int first, int end) {
    store::Selection selection;
    selection.since = local_midnight(at, first, zone);
    selection.until = local_midnight(at, end, zone);
    return selection;
  };
  if (text == "today") return span(now, 0, 1);
  if (text == "yesterday") return span(now, -1, 0);
  const auto number = text.substr(0, text.find(' '));
  int days = 0;
  const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), days);
  if (code == std::errc() && end == number.data() + number.size() &&
      (text.substr(number.size()) == " days" || text == "1 day") && days >= 1 && days <= 3660) {
    return span(now, -days, 0);
  }
  if (text.size() == 10) {
    if (const auto day = parse_when(text, now, zone)) return span(*day, 0, 1);
  }
  if (text.size() == 7) {
    if (const auto first = parse_when(std::string(text) + "-01", now, zone)) {
      // The first of a month, 31 days on, is in the next one: back to its first day.
      const std::int64_t next = local_midnight(*first, 31, zone);
      const int day_of_month = std::stoi(local_time(next, zone).substr(8, 2));
      return span(*first, 0, 32 - day_of_month);
    }
  }
  return fail(
      ErrorKind::invalid_argument, std::string("--range \"").append(text).append("\""),
      "is no range: say yesterday, today, 2026-11-24, 2026-11 or '7 days' (up to yesterday)");
}

template <typename Choice>
Result<void> take_choice(const std::string& text, const char* option,
                         std::optional<Choice>& choice) {
  if (text.empty()) return {};
  auto parsed = Choice::parse(text);
  if (!parsed)
    return fail(ErrorKind::invalid_argument, option, "`{}` {}", text, parsed.error().message);
  choice = std::move(*parsed);
  return {};
}

}  // namespace

void Window::add_to(CLI::App& command) {
  command
      .add_option("--since", since, "From when on: 2026-11-24, yesterday, today, -2h, '7 days ago'")
      ->type_name("WHEN");
  command.add_option("--until", until, "Up to when, in the same words; a day is meant whole")
      ->type_name("WHEN");
  command
      .add_option("--range", range,
                  "Whole days of the calendar: yesterday, today, 2026-11-24, 2026-11, '7 days'")
      ->type_name("DAYS");
}

Result<store::Selection> Window::selection(const Globals& globals) const {
  const auto zone = zone_of(globals);
  if (!range.empty()) {
    if (!since.empty() || !until.empty())
      return fail(ErrorKind::invalid_argument, "--range", "goes without --since and --until");
    return parse_range(range, now_utc(), zone);
  }
  store::Selection selection;
  if (!since.empty()) {
    auto when = parse_when(since, now_utc(), zone);
    if (!when) return tl::unexpected(when.error());
    selection.since = *when;
  }
  if (!until.empty()) {
    auto when = parse_when(until, now_utc(), zone);
    if (!when) return tl::unexpected(when.error());
    // `--until yesterday` and `--until 2026-11-24` mean the day whole.
    const bool day = until == "yesterday" || until == "today" || until.size() == 10;
    selection.until = day ? local_midnight(*when, 1, zone) : *when;
  }
  if (selection.since && selection.until && *selection.since >= *selection.until) {
    return fail(ErrorKind::invalid_argument, "--since", "is not before --until");
  }
  return selection;
}

void SelectionOptions::add_to(CLI::App& command) {
  command
      .add_option("-f,--from", from, "Envelope sender; @DOMAIN for all of a domain, <> for none")
      ->type_name("ADDR");
  command.add_option("-t,--to", to, "Recipient, or @DOMAIN")->type_name("ADDR");
  command
      .add_option("--client", client,
                  "The other host, client or server: 192.0.2.7, 192.0.2.0/24, mx.example.net")
      ->type_name("HOST");
  command
      .add_option("--id", id, "Queue id (Exim's message id, Sendmail's), or the id of a refusal")
      ->type_name("ID");
  command.add_option("--variant", variant, "One variant alone")->type_name("WORD");
  command.add_option("--cause", cause, "One cause alone")->type_name("WORD");
  command.add_option("--direction", direction, "inbound, outbound or internal alone")
      ->type_name("WORD");
  window.add_to(command);
}

Result<store::Selection> SelectionOptions::selection(const Globals& globals) const {
  auto selection = window.selection(globals);
  if (!selection) return selection;
  for (auto ok :
       {take_word(direction, "--direction", selection->direction),
        take_word(variant, "--variant", selection->variant),
        take_word(cause, "--cause", selection->cause), take_choice(from, "--from", selection->from),
        take_choice(to, "--to", selection->to),
        take_choice(client, "--client", selection->client)}) {
    if (!ok) return tl::unexpected(ok.error());
  }
  if (!id.empty()) selection->id = id;
  return selection;
}

}  // namespace lostmail::cli
