#include "lostmail/assemble/message_events.hpp"

#include "assemble/sendmail_text.hpp"
#include "lostmail/parse/message_details.hpp"
#include "lostmail/parse/parse_line.hpp"

namespace lostmail::assemble {
namespace {

using Events = std::vector<MessageEvent>;

/// The queue id that the next server named in its reply: `250 OK id=1xVf3k-0005DT-1Q` (Exim),
/// `2.0.0 6AO1JwZ0029986 Message accepted for delivery` (Sendmail). Empty where none stands there.
std::string_view id_in_reply(std::string_view reply) {
  if (const auto at = reply.find("id="); at != std::string_view::npos) {
    const auto id = reply.substr(at + 3, reply.find_first_of(" \"\\)", at + 3) - at - 3);
    if (parse::is_exim_message_id(id)) return id;
  }
  const auto accepted = reply.find(" Message accepted for delivery");
  if (accepted == std::string_view::npos) return {};
  const auto begin = reply.find_last_of(" (\"", accepted - 1);
  const auto id = reply.substr(begin == std::string_view::npos ? 0 : begin + 1,
                               accepted - (begin == std::string_view::npos ? 0 : begin + 1));
  return parse::is_sendmail_queue_id(id) ? id : std::string_view();
}

std::string address_of(std::string_view path) { return std::string(strip_path(path)); }

std::string without_brackets(std::string_view id) {
  if (id.starts_with('<')) id.remove_prefix(1);
  if (id.ends_with('>')) id.remove_suffix(1);
  return std::string(id);
}

/// `\"` and `\\` of a quoted field.
std::string unquoted(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    result += text[i];
  }
  return result;
}

void put_peer(const EximRecord& exim, MessageEvent& event) {
  if (!exim.host) return;
  event.peer_ip = canonical_ip(exim.host->ip).value_or(std::string(exim.host->ip));
  event.peer_name = std::string(exim.host->name);
}

void exim_arrival(const EximRecord& exim, MessageEvent& event) {
  const auto details = parse::message_details(exim);
  event.kind = EventKind::accepted;
  event.sender = ReversePath::parse(*exim.sender);
  event.local = exim.local_submission;
  event.other_id = std::string(exim.bounce_of);
  event.message_id = without_brackets(details.message_id);
  event.subject = unquoted(details.subject);
  event.parents = std::string(details.recipients);
  put_peer(exim, event);
}

bool is_thrown_away(const EximRecord& exim) {
  for (const auto* way : {":blackhole:", "blackhole", "discarded", "/dev/null"}) {
    if (exim.address.starts_with(way)) return true;
  }
  return false;
}

void exim_outcome(const EximRecord& exim, MessageEvent& event) {
  using Kind = EximRecord::Kind;
  const auto details = parse::message_details(exim);
  event.recipient = std::string(exim.address);
  event.asked_for = std::string(exim.top_address);
  // A local delivery names its mailbox first: `bob <bob@example.org>`.
  if (event.recipient.find('@') == std::string::npos && !event.asked_for.empty() &&
      event.recipient.find_first_of("|/>:") != 0)
    event.recipient = event.asked_for;
  if (event.asked_for == event.recipient) event.asked_for.clear();
  event.parents = std::string(details.parents);
  event.local = exim.local_delivery;
  event.text = std::string(exim.text);
  if (exim.sender) event.sender = ReversePath::parse(*exim.sender);
  put_peer(exim, event);
  if (exim.kind == Kind::failure) {
    event.kind = EventKind::failed;
  } else if (exim.kind == Kind::deferral) {
    event.kind = EventKind::deferred;
    event.permanent = false;
  } else if (is_thrown_away(exim)) {
    event.kind = EventKind::discarded;
  } else {
    event.kind = EventKind::delivered;
    if (exim.host) event.other_id = std::string(id_in_reply(exim.text));
    if (event.text.empty() && event.local && !details.transport.empty())
      event.text = "T=" + std::string(details.transport);
  }
}

/// Lines without a flag, of the queue's keeper (queue.c, deliver.c).
bool exim_queue_line(const EximRecord& exim, MessageEvent& event) {
  auto text = exim.after_pid;
  text.remove_prefix(std::min(exim.queue_id.size() + 1, text.size()));
  event.text = std::string(text);
  if (text.starts_with("Frozen") || text.starts_with("frozen by ") ||
      text.starts_with("*** Frozen")) {
    event.kind = EventKind::frozen;
  } else if (text.starts_with("removed by ") || text.starts_with("cancelled by ")) {
    event.kind = EventKind::removed;
  } else if (exim.kind == EximRecord::Kind::attempt_error) {
    event.kind = EventKind::tried;
    event.permanent = false;
    put_peer(exim, event);
  } else {
    return false;
  }
  return true;
}

Events of_exim(const EximRecord& exim, const MessageEvent& place) {
  using Kind = EximRecord::Kind;
  if (exim.queue_id.empty()) return {};
  MessageEvent event = place;
  event.mta = Mta::exim;
  event.queue_id = std::string(exim.queue_id);
  switch (exim.kind) {
    case Kind::arrival:
      exim_arrival(exim, event);
      break;
    case Kind::delivery:
    case Kind::failure:
    case Kind::deferral:
      exim_outcome(exim, event);
      break;
    case Kind::completed:
      event.kind = EventKind::completed;
      break;
    case Kind::attempt_error:
    case Kind::context:
    case Kind::unknown:
      if (!exim_queue_line(exim, event)) return {};
      break;
    case Kind::refusal:
    case Kind::verify:
    case Kind::incomplete:
    case Kind::continuation:
      return {};
  }
  Events events;
  events.push_back(std::move(event));
  return events;
}

void put_relay(std::string_view text, MessageEvent& event) {
  const Relay relay = parse_relay(text);
  event.peer_ip = relay.ip.value_or("");
  event.peer_name = relay.name.value_or("");
  // A host that was never reached has a name alone.
  if (event.peer_ip.empty() && text.find('@') == std::string_view::npos)
    event.peer_name = std::string(text.substr(0, text.find(' ')));
  while (event.peer_name.ends_with('.')) event.peer_name.pop_back();
}

Events sendmail_from(const SendmailRecord& sendmail, MessageEvent event) {
  if (sendmail.recipients_accepted == 0) return {};  // its refusals tell the rest
  event.sender = ReversePath::parse(unescape(sendmail.sender));
  event.recipients = sendmail.recipients_accepted;
  event.message_id = without_brackets(unescape(sendmail.message_id));
  put_relay(sendmail.relay, event);
  event.local = event.peer_ip.empty();
  const bool nothing_came = sendmail.size <= 0 && sendmail.message_id.empty();
  event.kind = nothing_came ? EventKind::abandoned : EventKind::accepted;
  return {std::move(event)};
}

/// What became of the recipients of a `to=` line; false for a line that decides nothing.
bool put_outcome(const SendmailRecord& sendmail, MessageEvent& event) {
  const auto stat = sendmail.stat;
  event.local = sendmail.relay.empty() || is_local_mailer(sendmail.mailer);
  event.text = unescape(sendmail.reply.empty() || stat.starts_with("Sent") ? stat : sendmail.reply);
  if (stat.starts_with("Sent")) {
    event.kind = EventKind::delivered;
    if (!event.local) event.other_id = std::string(id_in_reply(stat));
  } else if (stat.starts_with("queued")) {
    return false;
  } else if (stat.starts_with("Deferred") || sendmail.dsn.starts_with('4')) {
    event.kind = EventKind::deferred;
    event.permanent = false;
  } else {
    event.kind = EventKind::failed;
  }
  return true;
}

Events sendmail_to(const SendmailRecord& sendmail, MessageEvent event) {
  if (!put_outcome(sendmail, event)) return {};
  event.untried = sendmail.body.find(", xdelay=") == std::string_view::npos;
  put_relay(sendmail.relay, event);
  // An alias, or the local sender, with its numbers behind: `<staff@example.com> (8/0)`.
  const auto control = sendmail.controlling.substr(0, sendmail.controlling.find(" ("));
  Events events;
  for (const auto recipient : split_at_commas(sendmail.recipients)) {
    event.recipient = address_of(unescape(recipient));
    event.asked_for = address_of(unescape(control));
    if (event.asked_for == event.recipient) event.asked_for.clear();
    if (event.recipient == "/dev/null" && event.kind == EventKind::delivered)
      event.kind = EventKind::discarded;
    events.push_back(event);
  }
  return events;
}

Events sendmail_undelivered(const SendmailRecord& sendmail, MessageEvent event) {
  if (sendmail.stat == "aborted by sender") {
    event.kind = EventKind::abandoned;
  } else if (sendmail.stat == "discarded") {
    event.kind = EventKind::discarded;
  } else {
    return {};  // our own refusal after DATA: the Assembler's
  }
  event.text = std::string(sendmail.stat);
  Events events;
  for (const auto recipient : split_at_commas(sendmail.recipients)) {
    event.recipient = address_of(unescape(recipient));
    events.push_back(event);
  }
  return events;
}

Events sendmail_children(const SendmailRecord& sendmail, MessageEvent event) {
  if (sendmail.kind != SendmailRecord::Kind::dsn) {
    event.kind = EventKind::copied;
    Events events;
    for (const auto id : split_at_commas(sendmail.child)) {
      if (id == sendmail.queue_id) continue;  // a copy that tells of itself
      event.other_id = std::string(id);
      events.push_back(event);
    }
    return events;
  }
  event.other_id = std::string(sendmail.child);
  event.text = unescape(sendmail.stat);
  const bool notice =
      sendmail.stat.starts_with("Warning: ") || sendmail.stat.starts_with("Return receipt");
  event.kind = notice ? EventKind::notified : EventKind::bounced;
  return {std::move(event)};
}

Events of_sendmail(const SendmailRecord& sendmail, const MessageEvent& place) {
  using Kind = SendmailRecord::Kind;
  if (sendmail.queue_id.empty()) return {};
  MessageEvent event = place;
  event.mta = Mta::sendmail;
  event.queue_id = std::string(sendmail.queue_id);
  switch (sendmail.kind) {
    case Kind::from:
      return sendmail_from(sendmail, std::move(event));
    case Kind::to:
      return sendmail_to(sendmail, std::move(event));
    case Kind::undelivered:
      return sendmail_undelivered(sendmail, std::move(event));
    case Kind::dsn:
    case Kind::clone:
    case Kind::split:
      return sendmail_children(sendmail, std::move(event));
    default:
      return {};
  }
}

}  // namespace

std::vector<MessageEvent> message_events(const Record& record, const MessageEvent& place) {
  if (const auto* exim = std::get_if<EximRecord>(&record.body)) return of_exim(*exim, place);
  if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body))
    return of_sendmail(*sendmail, place);
  return {};
}

std::vector<std::string_view> ids_of(const Record& record) {
  std::vector<std::string_view> ids;
  const auto put = [&](std::string_view id) {
    if (!id.empty()) ids.push_back(id);
  };
  if (const auto* exim = std::get_if<EximRecord>(&record.body)) {
    put(exim->queue_id);
    put(exim->bounce_of);
    if (exim->kind == EximRecord::Kind::delivery && exim->host) put(id_in_reply(exim->text));
  } else if (const auto* sendmail = std::get_if<SendmailRecord>(&record.body)) {
    put(sendmail->queue_id);
    for (const auto id : split_at_commas(sendmail->child)) put(id);
    if (sendmail->kind == SendmailRecord::Kind::to && sendmail->stat.starts_with("Sent") &&
        !sendmail->relay.empty())
      put(id_in_reply(sendmail->stat));
  }
  return ids;
}

}  // namespace lostmail::assemble
