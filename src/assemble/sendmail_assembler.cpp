#include "assemble/sendmail_assembler.hpp"

#include <algorithm>
#include <array>

#include "assemble/erase_where.hpp"
#include "assemble/sendmail_text.hpp"
#include "lostmail/assemble/record_id.hpp"
#include "lostmail/parse/parse_line.hpp"

namespace lostmail::assemble {
namespace {

using Kind = SendmailRecord::Kind;

constexpr std::int64_t kFromWait =
    3600;  // the longest that a client may keep a dialogue open by default (confTO_COMMAND)
constexpr std::size_t kMaxEnvelopes = 20'000;
constexpr unsigned kMaxRepeats = 1000;
constexpr std::size_t kMaxRecent = 64;  // sessions in which a program's mail may be refused at once
constexpr std::int64_t kHandOverWait = 10;  // seconds until the submitting program logs its side

void set_reject(std::string_view reject, Refusal& refusal) {
  refusal.text = unescape(reject);
  read_codes(refusal.text, refusal);
  // A text of the access map without a code is answered with 553 5.3.0 (parseaddr.c buildaddr()).
  refusal.permanent = !refusal.reply_code || *refusal.reply_code >= 500;
}

Stage stage_of_ruleset(std::string_view name) {
  if (name == "check_relay") return Stage::connect;
  if (name == "check_mail") return Stage::mail;
  if (name == "check_rcpt" || name == "check_compat") return Stage::rcpt;
  if (name == "check_data") return Stage::data;
  return Stage::message;
}

/// Rulesets that refuse no mail of a client: probes, and TLS towards a server.
bool is_not_of_mail(std::string_view name) {
  for (const auto* other :
       {"check_vrfy", "check_expn", "check_etrn", "check_other", "trust_auth", "try_tls",
        "tls_server", "tls_rcpt", "tls_client", "srv_features", "check_eoh_internal"}) {
    if (name == other) return true;
  }
  return false;
}

/// The figures of a stamp to the second, without a year: `1101000001`.
std::array<char, 10> figures_of(const LogStamp& stamp) {
  std::array<char, 10> figures{};
  auto* out = figures.data();
  for (const int value : {stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second}) {
    *out++ = static_cast<char>('0' + value / 10);
    *out++ = static_cast<char>('0' + value % 10);
  }
  return figures;
}

/// Whether the daemon got `named` as `address`: the program that takes mail from users may log a
/// user's bare name, and give it a domain as it hands the mail on.
bool was_handed_on_as(const std::optional<Mailbox>& named, const std::optional<Mailbox>& address) {
  if (named == address) return true;
  return named && address && named->domain().empty() &&
         equals_ignoring_case(named->local_part(), address->local_part());
}

}  // namespace

std::uint64_t SendmailAssembler::message_of(const Record& record, std::string_view queue_id) {
  const auto host = context_.settings.host ? std::string_view(*context_.settings.host)
                    : record.frame         ? record.frame->host
                                           : std::string_view();
  if (host != last_host_) {
    last_host_ = host;
    last_host_key_ = host_key(host);
  }
  return message_key(last_host_key_, queue_id);
}

Refusal SendmailAssembler::blank(const Place& place, const Record& record,
                                 const SendmailRecord& sendmail, std::string_view recipient,
                                 std::string_view what) {
  PerLog& log = logs_.of(place.log);
  if (context_.now > log.ordinals_since + 2) {
    log.ordinals.clear();
    log.ordinals_since = context_.now;
  }
  // The stamp's own figures, to the second: the same record through another syslog keeps its id.
  const auto time = figures_of(record.frame ? record.frame->stamp : LogStamp{});
  const std::uint64_t hash =
      hash_of({context_.id_host(), sendmail.queue_id, {time.data(), time.size()}, recipient, what});
  Refusal refusal;
  refusal.id = refusal.transaction = nth(hash, log.ordinals[hash]++);
  refusal.when = place.when;
  refusal.host = context_.host_of(record);
  refusal.mta = Mta::sendmail;
  refusal.source = place.source();
  if (!sendmail.queue_id.empty()) {
    refusal.queue_id = std::string(sendmail.queue_id);
    refusal.message = message_of(record, sendmail.queue_id);
  }
  return refusal;
}

void SendmailAssembler::expect(const Record& record, const SendmailRecord& sendmail) {
  using Kind = SendmailRecord::Kind;
  if (sendmail.kind == Kind::from || sendmail.kind == Kind::to)
    context_.open.expect(message_of(record, sendmail.queue_id));
}

bool SendmailAssembler::take(const Place& place, const Record& record,
                             const SendmailRecord& sendmail) {
  if (sendmail.part > 0) return take_part(place, record, sendmail);
  if (!take_whole(place, record, sendmail)) return false;
  ++place.log.counts.sendmail;
  return true;
}

bool SendmailAssembler::take_part(const Place& place, const Record& record,
                                  const SendmailRecord& part) {
  PerLog& log = logs_.of(place.log);
  std::string key = std::to_string(message_of(record, part.queue_id));
  if (record.frame) key.append(" ").append(record.frame->pid);
  if (part.part == 1) {
    if (log.parts.size() > kMaxEnvelopes) log.parts.clear();
    log.parts[key] = Parts{};
  }
  const auto found = log.parts.find(key);
  if (found == log.parts.end() || found->second.next != part.part) return false;
  ++found->second.next;
  ++place.log.counts.continuation;
  auto text = part.body;
  const bool more = text.ends_with(" ...");
  if (more) text.remove_suffix(4);
  found->second.text += text;
  if (more) return true;
  std::string whole = part.queue_id.empty() ? std::string() : std::string(part.queue_id) + ": ";
  whole += found->second.text;
  log.parts.erase(found);
  if (!take_whole(place, record, parse::parse_sendmail(whole))) return false;
  ++place.log.counts.sendmail;
  return true;
}

bool SendmailAssembler::take_whole(const Place& place, const Record& record,
                                   const SendmailRecord& sendmail) {
  PerLog& log = logs_.of(place.log);
  log.last_user_error.clear();
  switch (sendmail.kind) {
    case Kind::unknown:
      return false;
    case Kind::context:
      break;
    case Kind::from:
      take_from(place, record, sendmail);
      break;
    case Kind::to:
      take_to(place, record, sendmail);
      break;
    case Kind::undelivered:
      take_undelivered(record, sendmail);
      break;
    case Kind::ruleset:
      take_ruleset(place, record, sendmail);
      break;
    case Kind::milter:
      take_milter(place, record, sendmail);
      break;
    case Kind::collect:
      take_collect(place, record, sendmail);
      break;
    case Kind::user_error:
      take_user_error(place, record, sendmail);
      log.last_user_error = std::string(sendmail.queue_id) + ": " + std::string(sendmail.body);
      break;
    case Kind::connection:
      take_connection(place, record, sendmail);
      break;
    case Kind::dsn:
    case Kind::clone:
    case Kind::split:
      take_children(place, sendmail, record);
      break;
  }
  return true;
}

bool SendmailAssembler::take_repeated(const Place& place, const Record& record,
                                      const Repeated& repeated) {
  PerLog& log = logs_.of(place.log);
  const std::string text = repeated.text.empty() ? log.last_user_error : std::string(repeated.text);
  const SendmailRecord again = parse::parse_sendmail(text);
  if (text.empty() || again.kind != Kind::user_error) return true;
  for (unsigned i = 0; i < std::min(repeated.times, kMaxRepeats); ++i)
    take_user_error(place, record, again);
  return true;
}

void SendmailAssembler::hold(Refusal&& refusal) {
  if (context_.held.find(refusal.id) != nullptr) return;  // the same log twice
  Held& held = context_.held.add(std::move(refusal), context_.now + 1);
  const bool incomplete = !held.refusal.sender || !held.refusal.client;
  if (held.refusal.queue_id && incomplete) {
    held.waits_for_sender = true;
    held.expires = context_.now + kFromWait;
    if (envelopes_.size() > kMaxEnvelopes) {
      erase_where(envelopes_, [&](const Envelope& envelope) {
        return envelope.when + kFromWait < context_.now;
      });
    }
    Envelope& envelope = envelopes_[held.refusal.message];
    envelope.when = context_.now;
    envelope.waiting.push_back(held.refusal.id);
  }
  if (held.refusal.direction == Direction::internal)
    held.expires = std::max(held.expires, context_.now + kHandOverWait);
  recent_.push_back(held.refusal.id);
  if (recent_.size() > kMaxRecent) recent_.pop_front();
}

bool SendmailAssembler::joins_own_refusal(const SendmailRecord& sendmail,
                                          const RemoteAnswer& answer,
                                          const std::optional<ReversePath>& sender,
                                          const std::vector<std::string_view>& recipients) {
  bool joined = false;
  for (const auto id : recent_) {
    Held* held = context_.held.find(id);
    // A line of usrerr() holds the end of the reply only.
    if (held == nullptr || held->refusal.text.empty() || !answer.text.ends_with(held->refusal.text))
      continue;
    Refusal& refusal = held->refusal;
    if (refusal.sender && sender && !was_handed_on_as(sender->mailbox(), refusal.sender->mailbox()))
      continue;
    if (refusal.recipient) {
      joined = joined || std::any_of(recipients.begin(), recipients.end(), [&](auto address) {
                 return was_handed_on_as(Mailbox::parse(strip_path(Unescaped(address).text())),
                                         refusal.recipient);
               });
      continue;
    }
    if (!held->recipients.empty() || sendmail.recipients.empty()) continue;
    for (const auto address : recipients) {
      if (auto recipient = Mailbox::parse(strip_path(Unescaped(address).text())))
        held->recipients.push_back(std::move(*recipient));
    }
    return true;
  }
  return joined;
}

void SendmailAssembler::take_from(const Place& place, const Record& record,
                                  const SendmailRecord& sendmail) {
  const std::uint64_t key = message_of(record, sendmail.queue_id);
  Relay relay = parse_relay(sendmail.relay);
  OpenMessage message;
  message.sender = ReversePath::parse(Unescaped(sendmail.sender).text());
  message.local_submission = !relay.ip || is_loopback(*relay.ip);
  if (auto client = std::move(relay).client())
    message.client = std::make_unique<ClientHost>(std::move(*client));
  message.recipients_left = static_cast<int>(sendmail.recipients_accepted);
  const auto found = envelopes_.find(key);
  if (found != envelopes_.end()) {
    for (const auto id : found->second.waiting) {
      Held* held = context_.held.find(id);
      if (held == nullptr) continue;
      Refusal& refusal = held->refusal;
      if (!refusal.sender) refusal.sender = message.sender;
      if (!refusal.client && message.client) refusal.client = *message.client;
      if (message.local_submission) refusal.direction = Direction::internal;
      // With Milter.LogLevel 3 a milter's answer to MAIL is logged as an error of the sender's
      // address.
      if (refusal.stage == Stage::rcpt && refusal.recipient &&
          message.sender.mailbox() == refusal.recipient && refusal.text.empty() == false &&
          !refusal.reply_code) {
        refusal.stage = Stage::mail;
        refusal.recipient.reset();
      }
      held->waits_for_sender = false;
      refusal.provisional = false;
      held->expires = context_.now + 1;
    }
    if (found->second.refused_message == 0) {
      envelopes_.erase(found);
    } else {
      found.value().waiting.clear();
    }
  }
  context_.open.put(key, message, place.log);
}

void SendmailAssembler::take_ruleset(const Place& place, const Record& record,
                                     const SendmailRecord& sendmail) {
  if (is_not_of_mail(sendmail.ruleset)) return;
  const Stage stage = stage_of_ruleset(sendmail.ruleset);
  Relay relay = parse_relay(sendmail.relay);
  const bool names_recipient = stage == Stage::rcpt;
  const Unescaped unescaped(sendmail.argument);
  const auto argument = unescaped.text();
  const std::string_view recipient = sendmail.ruleset == "check_compat" ? sendmail.recipients
                                     : names_recipient                  ? argument
                                                                        : "";
  std::string what;
  what.reserve(sendmail.ruleset.size() + 1 + sendmail.relay.size() + argument.size() +
               sendmail.reject.size());
  what += sendmail.ruleset;
  what += ' ';
  if (sendmail.queue_id.empty()) what += sendmail.relay;
  if (stage == Stage::mail) what += argument;
  what += sendmail.reject;
  Refusal refusal = blank(place, record, sendmail, recipient, what);
  refusal.stage = stage;
  set_reject(sendmail.reject, refusal);
  if (!refusal.reply_code) refusal.reply_code = 553;
  if (names_recipient) refusal.recipient = Mailbox::parse(strip_path(recipient));
  if (stage == Stage::mail || sendmail.ruleset == "check_compat")
    refusal.sender = ReversePath::parse(argument);
  if (relay.ip ? is_loopback(*relay.ip) : !sendmail.relay.empty())
    refusal.direction = Direction::internal;
  refusal.client = std::move(relay).client();
  if (stage == Stage::message && !sendmail.queue_id.empty()) {
    if (const auto* message = context_.open.find(refusal.message)) refusal.sender = message->sender;
    Envelope& envelope = envelopes_[refusal.message];
    envelope.refused_message = refusal.id;
    envelope.refused_text = refusal.text;
    envelope.when = context_.now;
  }
  hold(std::move(refusal));
}

void SendmailAssembler::take_milter(const Place& place, const Record& record,
                                    const SendmailRecord& sendmail) {
  const std::string argument = unescape(sendmail.argument);
  const auto name = sendmail.milter_stage;
  Refusal refusal =
      blank(place, record, sendmail, name == "to" ? argument : std::string(),
            std::string("Milter ").append(name).append(name == "from" ? argument : "") +
                std::string(sendmail.reject));
  set_reject(sendmail.reject, refusal);
  if (!refusal.reply_code) refusal.reply_code = 550;
  if (name == "to") {
    refusal.stage = Stage::rcpt;
    refusal.recipient = Mailbox::parse(strip_path(argument));
  } else if (name == "from") {
    refusal.stage = Stage::mail;
    refusal.sender = ReversePath::parse(argument);
  } else if (name == "connect") {
    refusal.stage = Stage::connect;
    Relay relay = parse_relay(std::string(argument) + " [" + std::string(sendmail.relay) + "]");
    refusal.client = std::move(relay).client();
  } else {
    refusal.stage = name == "helo" ? Stage::helo : name == "cmd" ? Stage::data : Stage::message;
  }
  if (name == "data") {
    std::string words = refusal.text;
    return hold_message(std::move(refusal), message_of(record, sendmail.queue_id),
                        std::move(words));
  }
  hold(std::move(refusal));
}

void SendmailAssembler::hold_message(Refusal&& refusal, std::uint64_t key, std::string words) {
  if (const auto* message = context_.open.find(refusal.message)) {
    refusal.sender = message->sender;
    refusal.client.reset();
    if (message->client) refusal.client = *message->client;
    if (message->local_submission) refusal.direction = Direction::internal;
  }
  Envelope& envelope = envelopes_[key];
  envelope.refused_message = refusal.id;
  envelope.refused_text = std::move(words);
  envelope.when = context_.now;
  hold(std::move(refusal));
}

void SendmailAssembler::take_collect(const Place& place, const Record& record,
                                     const SendmailRecord& sendmail) {
  Refusal refusal = blank(place, record, sendmail, "", sendmail.reject);
  refusal.stage = Stage::message;
  refusal.text = unescape(sendmail.reject);
  refusal.permanent = sendmail.dsn.empty();
  refusal.reply_code = refusal.permanent ? 552 : 421;
  std::string words = refusal.text;
  if (!sendmail.dsn.empty()) {
    refusal.enhanced_code = std::string(sendmail.dsn);
  } else if (refusal.text.starts_with("headers")) {
    words = "Headers too large";
  } else {
    refusal.enhanced_code = "5.2.3";
    words = "Message exceeds maximum fixed size";
  }
  hold_message(std::move(refusal), message_of(record, sendmail.queue_id), std::move(words));
}

void SendmailAssembler::take_undelivered(const Record& record, const SendmailRecord& sendmail) {
  const auto found = envelopes_.find(message_of(record, sendmail.queue_id));
  if (found == envelopes_.end() || found->second.refused_message == 0) return;
  Held* held = context_.held.find(found->second.refused_message);
  if (held == nullptr || held->refusal.recipient) return;
  // The to= line repeats the refusal's words without its codes; other outcomes (aborted, discarded)
  // are not ours.
  const std::string stat = unescape(sendmail.stat);
  const std::string& words = found->second.refused_text;
  if (words.find(stat.substr(0, 60)) == std::string::npos && !stat.starts_with(words)) return;
  for (const auto address : split_at_commas(sendmail.recipients)) {
    const auto recipient = Mailbox::parse(strip_path(Unescaped(address).text()));
    if (recipient && std::find(held->recipients.begin(), held->recipients.end(), *recipient) ==
                         held->recipients.end()) {
      held->recipients.push_back(*recipient);
    }
  }
}

void SendmailAssembler::take_user_error(const Place& place, const Record& record,
                                        const SendmailRecord& sendmail) {
  const Unescaped unescaped(sendmail.argument);
  const auto argument = unescaped.text();
  Refusal refusal = blank(place, record, sendmail, argument, sendmail.reject);
  refusal.stage = Stage::rcpt;
  refusal.text = unescape(sendmail.reject);
  refusal.permanent = true;
  if (!argument.empty()) refusal.recipient = Mailbox::parse(strip_path(argument));
  // The line holds no code; these are the ones of recipient.c and srvrsmtp.c.
  if (refusal.text == "User unknown" || refusal.text == "Addressee unknown") {
    refusal.reply_code = 550;
    refusal.enhanced_code = "5.1.1";
  } else if (refusal.text.starts_with("User has moved; please try ")) {
    refusal.reply_code = 551;
    refusal.enhanced_code = "5.1.1";
  } else if (refusal.text == "Too many recipients") {
    refusal.permanent = false;
    refusal.reply_code = 452;
    refusal.enhanced_code = "4.5.3";
  } else if (refusal.text == "Please try again later") {
    refusal.permanent = false;
    refusal.reply_code = 451;
    refusal.enhanced_code = "4.3.2";
  }
  hold(std::move(refusal));
}

void SendmailAssembler::take_connection(const Place& place, const Record& record,
                                        const SendmailRecord& sendmail) {
  Refusal refusal = blank(place, record, sendmail, "", sendmail.body);
  refusal.stage = sendmail.command == "MAIL"   ? Stage::mail
                  : sendmail.command == "RCPT" ? Stage::rcpt
                  : sendmail.command == "DATA" ? Stage::data
                                               : Stage::connect;
  set_reject(sendmail.reject, refusal);
  Relay relay = parse_relay(sendmail.relay);
  if (!relay.ip && !sendmail.argument.empty()) {  // tcpwrappers: (HOST, IP)
    relay = parse_relay(std::string(sendmail.argument) + " [" + std::string(sendmail.relay) + "]");
  }
  refusal.client = std::move(relay).client();
  if (sendmail.command.empty()) refusal.queue_id.reset();  // no `from=` will tell of it
  hold(std::move(refusal));
}

/// A DSN's sender is the null reverse-path, that of a list's copy the list's owner, that of a part
/// of a message the message's.
void SendmailAssembler::take_children(const Place& place, const SendmailRecord& sendmail,
                                      const Record& record) {
  for (const auto id : split_at_commas(sendmail.child)) {
    OpenMessage child;
    if (sendmail.kind == Kind::clone) {
      child.sender = ReversePath::parse(Unescaped(sendmail.sender).text());
    } else if (sendmail.kind == Kind::dsn) {
      child.recipients_left = 1;
    } else {
      const auto* whole = context_.open.find(message_of(record, sendmail.queue_id));
      if (whole == nullptr) return;
      child.sender = whole->sender;
      if (whole->client) child.client = std::make_unique<ClientHost>(*whole->client);
      child.local_submission = whole->local_submission;
    }
    context_.open.put(message_of(record, id), child, place.log);
  }
}

void SendmailAssembler::take_to(const Place& place, const Record& record,
                                const SendmailRecord& sendmail) {
  const auto recipients = split_at_commas(sendmail.recipients);
  const bool sent = sendmail.stat.starts_with("Sent");
  if (sent) {
    deliver(place, record, sendmail, recipients);
  } else if (!is_local_mailer(sendmail.mailer)) {  // a local refusal was logged before
    refused_by_remote(place, record, sendmail, recipients);
  }
  if (sent || sendmail.dsn.starts_with('5')) {
    context_.open.settle(message_of(record, sendmail.queue_id), static_cast<int>(recipients.size()),
                         place.log);
  }
}

void SendmailAssembler::deliver(const Place& place, const Record& record,
                                const SendmailRecord& sendmail,
                                const std::vector<std::string_view>& recipients) {
  if (!context_.settings.deliveries) return;
  const Relay relay = parse_relay(sendmail.relay);
  if (sendmail.mailer == "relay" && relay.ip && is_loopback(*relay.ip))
    return;  // MSP to MTA: on its way only
  Delivery delivery;
  delivery.when = place.when;
  delivery.local = is_local_mailer(sendmail.mailer);
  delivery.message = message_of(record, sendmail.queue_id);
  delivery.seen_before = place.log.seen_before;
  if (const auto* message = context_.open.find(delivery.message)) delivery.sender = message->sender;
  for (const auto address : recipients) {
    // Files and programs are the end of an alias: then the controlling address is the recipient.
    const bool mailbox = address.find('@') != std::string_view::npos && address.front() != '|' &&
                         address.front() != '/';
    const auto source =
        mailbox ? address : sendmail.controlling.substr(0, sendmail.controlling.find(" ("));
    auto recipient = Mailbox::parse(strip_path(Unescaped(source).text()));
    if (!recipient || recipient->domain().empty()) continue;
    delivery.recipient = std::move(*recipient);
    context_.sink.on_delivery(delivery);
  }
}

void SendmailAssembler::refused_by_remote(const Place& place, const Record& record,
                                          const SendmailRecord& sendmail,
                                          const std::vector<std::string_view>& recipients) {
  const Relay relay = parse_relay(sendmail.relay);
  if (!relay.ip) return;  // never connected: nobody refused
  const auto answer = remote_answer(sendmail);
  if (!answer) return;
  std::optional<ReversePath> sender;
  if (const auto* message = context_.open.find(message_of(record, sendmail.queue_id)))
    sender = message->sender;
  if (sendmail.mailer == "relay" && is_loopback(*relay.ip) &&
      joins_own_refusal(sendmail, *answer, sender, recipients)) {
    return;
  }
  const auto stage = stage_of_outcome(sendmail, answer->permanent);
  const std::uint64_t transaction = hash_of(
      {context_.id_host(), sendmail.queue_id,
       record.frame ? record.frame->stamp_text : std::string_view(), sendmail.relay, answer->text});
  for (const auto address : recipients) {
    const Unescaped unescaped(address);
    const auto recipient = unescaped.text();
    Refusal refusal = blank(place, record, sendmail, recipient, "to");
    refusal.direction = is_loopback(*relay.ip) ? Direction::internal : Direction::outbound;
    refusal.stage = stage;
    refusal.permanent = answer->permanent;
    refusal.text = answer->text;
    read_codes(refusal.text, refusal);
    if (!refusal.enhanced_code && !sendmail.dsn.empty() && !answer->text.empty() &&
        sendmail.dsn != "5.1.1" && !sendmail.dsn.ends_with(".0.0")) {
      refusal.enhanced_code = std::string(sendmail.dsn);
    } else if (answer->text.empty()) {
      refusal.enhanced_code = std::string(sendmail.dsn);
      refusal.doubtful = true;  // 8.12 to 8.15 keep no word of a permanent refusal
    }
    refusal.sender = sender;
    refusal.recipient = Mailbox::parse(strip_path(recipient));
    refusal.remote = relay.remote();
    if (stage != Stage::rcpt || recipients.size() > 1) refusal.transaction = transaction;
    if (context_.held.find(refusal.id) != nullptr) continue;
    context_.held.add(std::move(refusal), context_.now + 1);
  }
}

void SendmailAssembler::finish() { envelopes_.clear(); }

}  // namespace lostmail::assemble
