#include "cli/selection.hpp"

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
}

Result<store::Selection> Window::selection(const Globals& globals) const {
  store::Selection selection;
  const auto zone = zone_of(globals);
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
    selection.until = day ? *when + 86400 : *when;
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
