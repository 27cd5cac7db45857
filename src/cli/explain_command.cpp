#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "cli/common.hpp"
#include "cli/words.hpp"
#include "lostmail/advice/advice.hpp"
#include "lostmail/bounce/bounce.hpp"
#include "lostmail/ingest/log_look.hpp"
#include "lostmail/parse/parse_line.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/report/timeline.hpp"
#include "lostmail/trace/trace.hpp"

namespace lostmail::cli {
namespace {

void print_advice(const advice::Advice& words) {
  print_wrapped("Meaning:", words.meaning);
  print_wrapped("Sender:", words.sender_side);
  print_wrapped("Recipient:", words.recipient_side);
}

void print_variant(Variant variant) {
  print_wrapped("Variant:", fmt::format("{} ({})", name_of(variant), advice::title(variant)));
}
void print_cause(Cause cause) {
  print_wrapped("Cause:", fmt::format("{} ({})", name_of(cause), advice::title(cause)));
}

class Refusals final : public EventSink {
 public:
  void on_refusal(Refusal&& refusal) override { found.push_back(std::move(refusal)); }
  void on_delivery(const Delivery&) override {}
  void on_arrival(const Arrival&) override {}
  void on_not_understood(std::string_view, const SourceRef&) override {}
  std::vector<Refusal> found;
};

/// What some lines of a log tell.
struct LogPiece {
  std::size_t lines = 0;  ///< that an MTA wrote; 0: the text is no log
  std::vector<Refusal> refusals;
};

LogPiece read_log(std::string_view text, const Globals& globals) {
  LogPiece piece;
  Refusals sink;
  assemble::Assembler assembler({globals.host(), false, {}}, sink);
  assemble::LogView view;
  view.name = std::make_shared<const std::string>("-");
  assemble::LogClock::Settings settings;
  settings.last_change = now_utc();
  assemble::LogClock clock(settings);
  LogTime when;
  Line line;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    line.text = text.substr(0, end);
    ++line.number;
    const Record record = parse::parse_line(line.text);
    if (ingest::is_of_mta(record)) ++piece.lines;
    if (const auto* exim = std::get_if<EximRecord>(&record.body);
        exim != nullptr && !exim->stamp_text.empty()) {
      when = clock.resolve(exim->stamp);
    } else if (record.frame) {
      when = clock.resolve(record.frame->stamp);
    }
    assembler.take(view, line, record, when);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  assembler.finish();
  piece.refusals = std::move(sink.found);
  return piece;
}

void print_parties(const Refusal& refusal) {
  std::string who;
  switch (refusal.direction) {
    case Direction::inbound:
      who = "we refused a client";
      break;
    case Direction::outbound:
      who = "a remote server refused us";
      break;
    case Direction::internal:
      who = "this server refused its own submission";
      break;
  }
  print_wrapped(
      "Refusal:",
      fmt::format("{}, {}{}", who, refusal.permanent ? "for good" : "for now (it is tried again)",
                  refusal.stage ? fmt::format(", at {}", name_of(*refusal.stage)) : std::string()));
  if (refusal.sender) {
    print_wrapped("From:", refusal.sender->is_null() ? "<> (a bounce, or a callout)"
                                                     : report::printable(refusal.sender->text()));
  }
  if (refusal.recipient) print_wrapped("To:", report::printable(refusal.recipient->text()));
  if (refusal.client) {
    print_wrapped("Client:", report::printable(refusal.client->name.value_or("no name") + " [" +
                                               refusal.client->ip + "]"));
  }
  if (refusal.remote) {
    std::string server = refusal.remote->name.value_or("");
    if (refusal.remote->ip) server += (server.empty() ? "[" : " [") + *refusal.remote->ip + "]";
    print_wrapped("Server:", report::printable(server));
  }
}

/// True where the variant or its text was known.
bool explain_refusal(const Refusal& refusal, const classify::PatternSet& patterns,
                     bool with_parties) {
  const Classification is = patterns.classify(refusal);
  if (is.variant == Variant::other) return false;
  if (with_parties) print_parties(refusal);
  print_variant(is.variant);
  print_cause(is.cause);
  if (!is.pattern.empty()) print_wrapped("Pattern:", is.pattern);
  print_advice(advice::about(is.variant));
  if (is.cause != Cause::as_stated && is.cause != Cause::not_logged) {
    fmt::print("\n");
    print_wrapped("Because:", advice::about(is.cause).meaning);
    print_wrapped("Sender:", advice::about(is.cause).sender_side);
    print_wrapped("Recipient:", advice::about(is.cause).recipient_side);
  }
  return true;
}

/// Each kind once, the first of it, however often it stands in the lines.
bool explain_log(const std::vector<Refusal>& refusals, const classify::PatternSet& patterns) {
  using Kind = std::tuple<Direction, Variant, Cause>;
  std::vector<std::pair<Kind, std::vector<const Refusal*>>> kinds;
  for (const auto& refusal : refusals) {
    const Classification is = patterns.classify(refusal);
    const Kind kind{refusal.direction, is.variant, is.cause};
    auto known = std::find_if(kinds.begin(), kinds.end(),
                              [&](const auto& one) { return one.first == kind; });
    if (known == kinds.end()) known = kinds.insert(kinds.end(), {kind, {}});
    known->second.push_back(&refusal);
  }
  bool known = false;
  for (const auto& [kind, alike] : kinds) {
    if (known) fmt::print("\n");
    if (!explain_refusal(*alike.front(), patterns, true)) continue;
    known = true;
    if (alike.size() > 1)
      print_wrapped("Like it:", counted(alike.size() - 1, "more refusal") + " in these lines");
  }
  return known;
}

bool explain_word(std::string text) {
  text = to_lower(text);
  if (const auto variant = from_name<Variant>(text)) {
    print_variant(*variant);
    print_advice(advice::about(*variant));
    return true;
  }
  if (const auto cause = from_name<Cause>(text)) {
    print_cause(*cause);
    print_advice(advice::about(*cause));
    return true;
  }
  return false;
}

/// What became of the case of a bounced message, where the store has it.
void print_case(const Refusal& refusal, store::Store& store, const Globals& globals) {
  if (!refusal.sender || !refusal.recipient) return;
  store::Selection selection;
  const auto from = AddressChoice::parse(refusal.sender->text());
  const auto to = AddressChoice::parse(refusal.recipient->text());
  if (!from || !to) return;
  selection.from = *from;
  selection.to = *to;
  constexpr std::size_t kMostAttempts = 1000;
  const auto rows = store.refusals(selection, kMostAttempts);
  if (!rows || rows->empty()) return;
  std::vector<MessageEvent> events;
  std::vector<trace::KnownDelivery> deliveries;
  for (const auto& row : *rows) {
    events.push_back(trace::event_of(row.refusal));
    if (row.delivered)
      deliveries.push_back({from->text(), refusal.recipient->text(), *row.delivered});
  }
  report::TimelineStyle style;
  style.reason = reason_of;
  for (const auto& timeline :
       trace::timelines(std::move(events), deliveries, {now_utc(), globals.queue_lifetime, {}})) {
    for (const auto& fate : timeline.fates)
      print_wrapped("Case:", report::verdict_text(timeline, fate, style));
  }
  print_wrapped("Next:", fmt::format("lostmail find -f {} -t {}", report::printable(from->text()),
                                     report::printable(to->text())));
}

/// A whole bounce message, or its text; true where a refusal of it was known.
bool explain_bounce(std::string_view text, const classify::PatternSet& patterns,
                    const Globals& globals) {
  auto refusals = bounce::read(text);
  std::optional<store::Store> store;
  if (auto opened = store::Store::open(globals.store_path())) store = std::move(*opened);
  bool known = false;
  for (const auto& refusal : refusals) {
    if (known) fmt::print("\n");
    if (!explain_refusal(refusal, patterns, true)) {
      print_parties(refusal);
      print_wrapped("Said:", refusal.text.empty() ? "nothing that the bounce repeats"
                                                  : report::printable(refusal.text));
      print_variant(Variant::other);
    }
    known = true;
    if (store) print_case(refusal, *store, globals);
  }
  return known;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = std::min(text.find_first_not_of(kBlank), text.size());
  return text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
}

/// One reply, perhaps folded or with its lines as a server sent them; longer texts are something
/// else, in which words that a server might say stand by chance.
bool may_be_reply(std::string_view text) {
  constexpr std::size_t kMostBytes = 4096, kMostLines = 12;
  return !text.empty() && text.size() <= kMostBytes &&
         static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) < kMostLines;
}

/// `550 …`, `550-…`, `550`: the code, empty for none.
std::string_view code_of(std::string_view line) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_code = line.size() >= 3 && (line[0] == '4' || line[0] == '5') &&
                       is_digit(line[1]) && is_digit(line[2]) &&
                       (line.size() == 3 || line[3] == ' ' || line[3] == '-');
  return is_code ? line.substr(0, 3) : std::string_view();
}

/// A reply as a server sent it, whose lines all bear one code (RFC 5321 §4.2.1), its lines joined
/// as logs join them; nullopt for any other text.
std::optional<std::string> reply_of(std::string_view text) {
  std::string reply;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const auto code = code_of(line);
    if (code.empty() || (!reply.empty() && code != code_of(reply))) return std::nullopt;
    reply.append(reply.empty() ? "" : "\\n").append(line);
  }
  return reply.empty() ? std::nullopt : std::optional(std::move(reply));
}

bool explain_reply(const std::string& reply, const classify::PatternSet& patterns) {
  Refusal refusal;
  refusal.direction = Direction::outbound;
  refusal.permanent = !reply.starts_with('4');
  refusal.text = reply;
  return explain_refusal(refusal, patterns, false);
}

/// What is said of a text that is nothing known.
std::string not_known(std::string_view text) {
  if (text.empty()) return "there is nothing to explain: the text is empty";
  if (const auto reply = reply_of(text)) {
    return fmt::format(
        "no pattern knows this text: its code {} says that the mail is refused {}, but not why",
        code_of(*reply), reply->starts_with('5') ? "for good" : "for now and may be tried again");
  }
  if (!may_be_reply(text)) {
    return "nothing in this text is a refusal: it holds no log line, no bounce, and is too long "
           "for one reply";
  }
  return "no pattern knows this text, and it is no refusal in a log and no bounce: give the line "
         "as the log has it, the whole bounce, or the word of a variant or cause "
         "(lostmail patterns list --words)";
}

/// A text that stands in the arguments, or in the file that they name.
Result<std::string> text_of(const std::string& argument) {
  if (argument == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::error_code code;
  if (std::filesystem::is_directory(argument, code))
    return fail(ErrorKind::invalid_argument, argument, "is a directory: name a file in it");
  if (!std::filesystem::exists(argument, code)) {
    const bool is_path = argument.starts_with('/') || argument.starts_with("./") ||
                         argument.starts_with("../") || argument.ends_with(".eml");
    if (!is_path || argument.find(' ') != std::string::npos) return argument;
    return fail(ErrorKind::not_found, argument, "no such file: name the bounce's file");
  }
  std::ifstream file(argument, std::ios::binary);
  if (!file) {
    return fail(ErrorKind::permission_denied, argument,
                "cannot be read: run as a user who may, or give its text on standard input");
  }
  std::string text(bounce::kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

ExitCode explain(const std::string& argument, const Globals& globals) {
  auto read = text_of(argument);
  if (!read) return give_up(read.error());
  std::string text = std::move(*read);
  text = std::string(trimmed(text));
  bool known = explain_word(text);
  if (!known) {
    auto patterns = load_patterns(globals);
    if (!patterns) return give_up(patterns.error());
    const LogPiece piece = read_log(text, globals);
    if (piece.lines > 0 && piece.refusals.empty()) {
      complain(fmt::format("{} a refusal: lostmail find shows what became of a message",
                           piece.lines == 1
                               ? "this log line is not"
                               : fmt::format("none of these {} log lines is", piece.lines)));
      return ExitCode::nothing_found;
    }
    known = explain_log(piece.refusals, *patterns);
    if (piece.refusals.empty()) {
      const auto reply = reply_of(text);
      if (!reply && text.find('\n') != std::string::npos)
        known = explain_bounce(text, *patterns, globals);
      if (!known && (reply || may_be_reply(text)))
        known = explain_reply(reply.value_or(text), *patterns);
    }
  }
  flush_printed();
  if (known) return ExitCode::done;
  complain(not_known(text));
  return ExitCode::nothing_found;
}

}  // namespace

void add_explain(CLI::App& app, Globals& globals, ExitCode& exit) {
  auto* command = app.add_subcommand(
      "explain", "What a 550 text, a log line, a bounce or a variant means, and what to do");
  auto words = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("TEXT", *words,
                   "The text, quoted; a file with a bounce or log lines; - reads standard input")
      ->required();
  on_run(*command, globals, exit, [&globals, words] {
    std::string text;
    for (const auto& word : *words) text += (text.empty() ? "" : " ") + word;
    return explain(text, globals);
  });
}

}  // namespace lostmail::cli
