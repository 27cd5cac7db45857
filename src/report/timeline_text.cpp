#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "lostmail/core/text.hpp"
#include "lostmail/report/json.hpp"
#include "lostmail/report/timeline.hpp"

namespace lostmail::report {
namespace {

constexpr std::size_t kIndent = 23;        ///< of an event's words: behind its time
constexpr std::size_t kLongestText = 400;  ///< of what a server said
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kBold = "\x1b[1m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kPlain = "\x1b[0m";

/// As the log's own clock wrote it.
std::string time_text(const LogTime& when) {
  std::string text = when.to_rfc3339().substr(0, 19);
  text[10] = ' ';
  return text;
}

std::string shown(std::string_view text) {
  std::string result = printable(text.substr(0, kLongestText));
  if (text.size() > kLongestText) result += "...";
  return result;
}

std::string quoted(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("\"{}\"", shown(text));
}

std::string sender_text(const std::optional<ReversePath>& sender) {
  if (!sender) return "unknown sender";
  return sender->is_null() ? "<>" : shown(sender->text());
}

std::string peer_text(const MessageEvent& event) {
  if (event.peer_ip.empty())
    return event.peer_name.empty() ? "this machine" : shown(event.peer_name);
  return event.peer_name.empty() ? "[" + shown(event.peer_ip) + "]"
                                 : fmt::format("{} [{}]", shown(event.peer_name), event.peer_ip);
}

std::string recipient_text(const MessageEvent& event) {
  if (event.recipient.empty()) return "all";
  return event.asked_for.empty()
             ? shown(event.recipient)
             : fmt::format("{} (for {})", shown(event.recipient), shown(event.asked_for));
}

bool is_ours(const MessageEvent& event) {
  return event.refusal && event.refusal->refusal.direction != Direction::outbound;
}

std::string stage_text(const MessageEvent& event) {
  return event.refusal && event.refusal->refusal.stage
             ? fmt::format(" at {}", name_of(*event.refusal->refusal.stage))
             : std::string();
}

/// The reason in words where a pattern knows it, and what the server said.
std::string why(const MessageEvent& event, const TimelineStyle& style) {
  const std::string reason = event.refusal ? style.reason(*event.refusal) : std::string();
  if (reason.empty()) return quoted(event.text);
  return event.text.empty() ? reason : reason + ": " + quoted(event.text);
}

std::string refusal_text(const MessageEvent& event, const TimelineStyle& style) {
  const bool permanent = event.refusal ? event.refusal->refusal.permanent : event.permanent;
  const std::string peer = peer_text(event);
  const std::string what = is_ours(event) ? (permanent ? "we refused " : "we put off ") + peer
                           : permanent    ? peer + " refused it"
                                          : peer + " put it off";
  const std::string whom =
      event.recipient.empty() ? std::string() : fmt::format(", to {}", recipient_text(event));
  return fmt::format("{}{}{}: {}", what, stage_text(event), whom, why(event, style));
}

std::string accepted_text(const MessageEvent& event, bool of_bounce) {
  if (of_bounce) return fmt::format("bounce {} begun", event.queue_id);
  const std::string id = event.message_id.empty()
                             ? std::string()
                             : fmt::format(", Message-ID {}", shown(event.message_id));
  return event.local
             ? fmt::format("accepted on this machine as {}{}", event.queue_id, id)
             : fmt::format("accepted from {} as {}{}", peer_text(event), event.queue_id, id);
}

/// What happened, in words.
std::string event_text(const MessageEvent& event, bool of_bounce, const TimelineStyle& style) {
  const std::string about = of_bounce && !event.refusal ? "bounce " : "";
  switch (event.kind) {
    case EventKind::refused:
      return refusal_text(event, style);
    case EventKind::accepted:
      return accepted_text(event, of_bounce);
    case EventKind::abandoned:
      return fmt::format("{} asked and sent nothing: a callout, or it gave up", peer_text(event));
    case EventKind::copied:
      return fmt::format("{} goes on as {}", event.queue_id, event.other_id);
    case EventKind::handed_on:
      return fmt::format("{} handed to {} as {}", event.queue_id, peer_text(event), event.other_id);
    case EventKind::delivered:
      return event.local ? fmt::format("{}delivered here to {}", about, recipient_text(event))
                         : fmt::format("{}delivered to {} at {}{}{}", about, recipient_text(event),
                                       peer_text(event), event.text.empty() ? "" : ": ",
                                       quoted(event.text));
    case EventKind::discarded:
      return fmt::format("{}discarded, for {}", about, recipient_text(event));
    case EventKind::deferred:
      if (event.refusal) return refusal_text(event, style);
      return fmt::format("{}put off, to {}: {}", about, recipient_text(event), shown(event.text));
    case EventKind::tried:
      return fmt::format("{}one try failed: {}", about, shown(event.text));
    case EventKind::failed:
      return fmt::format("{}given up for {}: {}", about, recipient_text(event), shown(event.text));
    case EventKind::bounced:
      return fmt::format("bounce {} made: {}", event.other_id, shown(event.text));
    case EventKind::notified:
      return fmt::format("notice {} made: {}", event.other_id, shown(event.text));
    case EventKind::frozen:
      return fmt::format("{}frozen: it waits for an administrator", about);
    case EventKind::removed:
      return fmt::format("{}{}", about, shown(event.text));
    case EventKind::completed:
      return {};
  }
  return {};
}

/// Words behind `first`, broken at blanks, all further lines indented.
void put_wrapped(std::string first, std::string_view text, std::size_t indent, std::size_t columns,
                 std::string& out) {
  std::string line = std::move(first);
  std::size_t width = indent;
  bool fresh = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const auto word = text.substr(begin, end - begin);
    if (!fresh && width + 1 + word.size() > columns) {
      out += line + '\n';
      line = std::string(indent, ' ');
      width = indent;
      fresh = true;
    }
    if (!fresh) line += ' ';
    width += word.size() + (fresh ? 0 : 1);
    line += word;
    fresh = false;
    begin = end + 1;
  }
  out += line + '\n';
}

const char* color_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::delivered:
    case Outcome::delivered_later:
      return kGreen;
    case Outcome::still_trying:
    case Outcome::accepted:
      return kYellow;
    default:
      return kRed;
  }
}

/// What became of the bounce, where its lines were seen.
std::string bounce_text(const Timeline& timeline, const Fate& fate) {
  if (fate.bounce.empty()) return {};
  for (auto event = timeline.events.rbegin(); event != timeline.events.rend(); ++event) {
    if (event->queue_id != fate.bounce) continue;
    if (event->kind == EventKind::delivered)
      return fmt::format(" The sender was told: bounce {}, delivered to {} at {}.", fate.bounce,
                         shown(event->recipient), time_text(event->when));
    if (event->kind == EventKind::discarded)
      return fmt::format(" The sender was not told: bounce {} was thrown away.", fate.bounce);
    if (event->kind == EventKind::failed || event->kind == EventKind::refused)
      return fmt::format(" The sender was not told: bounce {} failed too.", fate.bounce);
  }
  return fmt::format(" Bounce {} was made.", fate.bounce);
}

/// What the logs cannot tell, where they end, or have a gap, behind the last that is known.
std::string unseen_text(const Fate& fate) {
  if (!fate.unseen_from) return {};
  const auto at = [&](std::int64_t utc_seconds) {
    LogTime time = fate.when;
    time.utc_micros = utc_seconds * 1'000'000;
    return time_text(time);
  };
  if (fate.unseen_until)
    return fmt::format(" up to {}, nor from {} on; what came between is in no log",
                       at(*fate.unseen_from), at(*fate.unseen_until));
  return fmt::format(" up to {}; {}", at(*fate.unseen_from),
                     fate.seen_in_part ? "of what came then logs hold parts alone"
                                       : "what came then is in no log");
}

std::string put_off_text(const Timeline& timeline, const Fate& fate, const TimelineStyle& style) {
  const MessageEvent& event = timeline.events[*fate.event];
  const bool ours = is_ours(event);
  const std::string how_often = counted(std::max(fate.refusals, fate.deferrals), "time");
  const std::string last = fmt::format("{}, last at {}: {}", how_often, time_text(fate.when),
                                       event.refusal ? why(event, style) : shown(event.text));
  if (fate.verdict == Verdict::retrying) {
    const std::string unseen = fate.unseen_from ? ". Seen" + unseen_text(fate) : std::string();
    return ours ? fmt::format("still trying: we put it off {}; its sender is to try again{}", last,
                              unseen)
                : fmt::format("still trying: put off {}; it stays in the queue{}", last, unseen);
  }
  if (fate.verdict == Verdict::lost)
    return fmt::format("lost: put off {}; never delivered, and its time is over", last);
  return fmt::format("put off {}; the logs do not show how it ended{}", last,
                     fate.unseen_from ? "; they tell" + unseen_text(fate) : std::string());
}

std::string delivered_text(const Timeline& timeline, const Fate& fate) {
  if (!fate.event)
    return fmt::format("at {} UTC (as the store remembers, its logs were not searched)",
                       time_text(fate.when));
  const MessageEvent& event = timeline.events[*fate.event];
  return fmt::format("at {} to {}", time_text(fate.when),
                     event.local
                         ? recipient_text(event)
                         : fmt::format("{} at {}", recipient_text(event), peer_text(event)));
}

}  // namespace

std::string verdict_text(const Timeline& timeline, const Fate& fate, const TimelineStyle& style) {
  const MessageEvent* event = fate.event ? &timeline.events[*fate.event] : nullptr;
  const auto because = [&] {
    if (event == nullptr || !event->refusal) return std::string();
    std::string reason = style.reason(*event->refusal);
    return reason.empty() ? quoted(event->text) : reason;
  };
  switch (fate.outcome) {
    case Outcome::refused_by_us:
      return fmt::format("refused by us because {}, at {}; no later delivery seen{}.{}", because(),
                         time_text(fate.when), unseen_text(fate), bounce_text(timeline, fate));
    case Outcome::refused_by_them:
      return fmt::format("refused by them ({}) because {}, at {}; no later delivery seen{}.{}",
                         peer_text(*event), because(), time_text(fate.when), unseen_text(fate),
                         bounce_text(timeline, fate));
    case Outcome::delivered:
      return fmt::format("delivered {}.", delivered_text(timeline, fate));
    case Outcome::delivered_later:
      return fmt::format("delivered later, {}, after {}.", delivered_text(timeline, fate),
                         counted(fate.refusals, "refused attempt"));
    case Outcome::still_trying:
      return put_off_text(timeline, fate, style) + ".";
    case Outcome::given_up:
      if (fate.verdict == Verdict::lost && event->kind != EventKind::failed)
        return put_off_text(timeline, fate, style) + ".";
      return fmt::format("given up at {}: {}.{}", time_text(fate.when), shown(event->text),
                         bounce_text(timeline, fate));
    case Outcome::discarded:
      return fmt::format("accepted and thrown away at {}, as this server is configured.",
                         time_text(fate.when));
    case Outcome::removed:
      return fmt::format("taken off the queue at {} ({}).", time_text(fate.when),
                         shown(event->text));
    case Outcome::accepted:
      return fmt::format("accepted at {}; the logs do not show what became of it{}.",
                         time_text(fate.when),
                         fate.unseen_from ? "; they tell" + unseen_text(fate) : std::string());
  }
  return {};
}

namespace {

std::string title_text(const Timeline& timeline, const TimelineStyle& style) {
  std::string to;
  for (const auto& fate : timeline.fates) {
    if (!fate.recipient.empty()) to += (to.empty() ? "" : ", ") + shown(fate.recipient);
  }
  std::string out;
  put_wrapped("",
              sender_text(timeline.sender) + " to " + (to.empty() ? "an unnamed recipient" : to), 0,
              style.columns, out);
  if (style.color) out = kBold + out.substr(0, out.size() - 1) + kPlain + "\n";
  if (!timeline.subject.empty())
    put_wrapped("  ", "Subject: " + shown(timeline.subject), 2, style.columns, out);
  return out;
}

/// A try that failed as the ones before and behind it did.
bool is_inner_try(const Timeline& timeline, std::size_t at) {
  if (at == 0 || at + 1 >= timeline.events.size()) return false;
  const MessageEvent& event = timeline.events[at];
  const auto is_like = [&](const MessageEvent& other) {
    return other.kind == EventKind::deferred && other.text == event.text;
  };
  return event.kind == EventKind::deferred && is_like(timeline.events[at - 1]) &&
         is_like(timeline.events[at + 1]) && timeline.events[at + 1].recipient == event.recipient;
}

/// Of a long row of equal failed tries the first and the last are enough.
void put_events(const Timeline& timeline, const TimelineStyle& style, std::string& out) {
  std::size_t alike = 0;
  for (std::size_t i = 0; i < timeline.events.size(); ++i) {
    const MessageEvent& event = timeline.events[i];
    const std::string text = event_text(event, timeline.of_bounce[i], style);
    if (text.empty()) continue;
    if (is_inner_try(timeline, i)) {
      ++alike;
      continue;
    }
    if (alike > 0)
      out += std::string(kIndent, ' ') +
             fmt::format("... {} like it\n", counted(alike, "more try", "more tries"));
    alike = 0;
    const std::string time =
        style.color ? kDim + time_text(event.when) + kPlain : time_text(event.when);
    put_wrapped("  " + time + "  ", text + " (" + style.place(event.source) + ")", kIndent,
                style.columns, out);
  }
}

void put_fate(const Timeline& timeline, const Fate& fate, const TimelineStyle& style,
              std::string& out) {
  const bool named = timeline.fates.size() > 1 && !fate.recipient.empty();
  std::string verdict = verdict_text(timeline, fate, style);
  if (!named && !verdict.empty() && verdict[0] >= 'a' && verdict[0] <= 'z')
    verdict[0] = static_cast<char>(verdict[0] - 'a' + 'A');
  std::string words;
  put_wrapped("  => ", (named ? shown(fate.recipient) + ": " : std::string()) + verdict, 5,
              style.columns, words);
  out += style.color ? color_of(fate.outcome) + words.substr(0, words.size() - 1) + kPlain + "\n"
                     : words;
}

}  // namespace

std::string timeline_text(const Timeline& timeline, const TimelineStyle& style) {
  std::string out = title_text(timeline, style);
  put_events(timeline, style, out);
  for (const auto& fate : timeline.fates) put_fate(timeline, fate, style, out);
  if (timeline.fates.empty())
    out += "  => No message came of it: a callout, or the client gave up.\n";
  for (const auto index : timeline.own_refusals) {
    const MessageEvent& event = timeline.events[index];
    put_wrapped("  Hint: ",
                fmt::format("we refused a callout about this sender ({}, {}): {}. Servers that "
                            "verify senders will refuse its mail until we take MAIL FROM:<> for "
                            "it: that is ours to mend.",
                            peer_text(event), time_text(event.when), quoted(event.text)),
                8, style.columns, out);
  }
  return out;
}

std::string timeline_lines(const Timeline& timeline) {
  std::string out;
  std::set<std::pair<std::string_view, std::uint64_t>> seen;
  std::set<std::string_view> causes;
  for (const auto& event : timeline.events) {
    if (event.source.file && !seen.emplace(*event.source.file, event.source.offset).second)
      continue;
    if (!event.cause_line.empty() && causes.insert(event.cause_line).second)
      out += event.cause_line + '\n';
    if (!event.line.empty()) out += event.line + '\n';
  }
  return out;
}

}  // namespace lostmail::report
