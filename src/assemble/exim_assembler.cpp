#include "assemble/exim_assembler.hpp"

#include <algorithm>

#include "assemble/erase_where.hpp"
#include "lostmail/assemble/record_id.hpp"
#include "lostmail/parse/parse_line.hpp"
#include "lostmail/parse/timestamp.hpp"

namespace lostmail::assemble {
namespace {

using Kind = EximRecord::Kind;

constexpr std::int64_t kCauseWait =
    10;  // seconds: the refusal follows its cause line within the same call
constexpr std::int64_t kQuitWait = 300;     // smtp_receive_timeout: after that the session is over
constexpr std::int64_t kCauseServes = 600;  // further recipients of a slow session
constexpr std::size_t kMaxTable = 4096;
constexpr int kMaxOwnWords = 20;  // lines of a router's :fail: text

/// What Exim itself says of a failed sender verification (acl.c acl_verify()); a site's log_message
/// may stand before.
bool is_verify_outcome(std::string_view text) {
  for (const std::string_view own :
       {"Sender verify failed", "Could not complete sender verify callout",
        "Could not complete sender verify"}) {
    if (text == own) return true;
    if (text.ends_with(own) && text.substr(0, text.size() - own.size()).ends_with(": "))
      return true;
  }
  return false;
}

/// acl.c acl_wherecodes[]: what the client reads where the text brings no code of its own.
int default_code(Stage stage, bool permanent) {
  if (!permanent) return 451;
  return stage == Stage::auth ? 503 : 550;
}

/// The address as we spell it; what is none as it stands.
std::string spelled(std::string_view ip) {
  auto canonical = canonical_ip(ip);
  return canonical ? std::move(*canonical) : std::string(ip);
}

ClientHost client_of(const EximHost& host) {
  ClientHost client;
  client.ip = spelled(host.ip);
  if (!host.name.empty()) client.name = std::string(host.name);
  if (!host.helo.empty()) {
    client.helo = std::string(host.helo);
  } else if (!host.name.empty()) {
    client.helo = std::string(host.name);  // written once where both are equal
  }
  return client;
}

RemoteHost remote_of(std::string_view name, std::string_view ip) {
  RemoteHost remote;
  if (!name.empty() && !name.starts_with('[')) remote.name = std::string(name);
  if (!ip.empty()) remote.ip = spelled(ip);
  return remote;
}

/// A failed address as a mailbox. deliver.c string_log_address() takes the quotes off a local part
/// that needs them.
std::optional<Mailbox> failed_mailbox(std::string_view address) {
  const auto at = address.rfind('@');
  const auto local = address.substr(0, at);
  if (at == std::string_view::npos || local.starts_with('"') ||
      local.find_first_of(" \t()<>[]:;@\\,\"") == std::string_view::npos) {
    return Mailbox::parse(address);
  }
  std::string quoted = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return Mailbox::parse(quoted.append("\"").append(address.substr(at)));
}

/// The command that a remote server answered (transports/smtp.c) as a stage.
std::optional<Stage> stage_of(std::string_view command) {
  if (command.starts_with("initial connection")) return Stage::connect;
  for (const auto* hello : {"HELO", "EHLO", "LHLO", "STARTTLS"}) {
    if (command.starts_with(hello)) return Stage::helo;
  }
  if (command.starts_with("AUTH")) return Stage::auth;
  if (command.starts_with("MAIL")) return Stage::mail;
  if (command.starts_with("RCPT")) return Stage::rcpt;
  if (command == "DATA") return Stage::data;
  if (command.starts_with("end of data") || command.starts_with("sending data block"))
    return Stage::message;
  return std::nullopt;
}

/// True for the lines that a rejectlog's header block consists of (log.c log_vwrite()), and for
/// indented lines.
bool is_tail_line(std::string_view text) {
  if (text.empty()) return false;
  if (text[0] == ' ' || text[0] == '\t' || text.starts_with("#011")) return true;
  if (text.starts_with("Envelope-from: ") || text.starts_with("Envelope-to: ") ||
      text.starts_with("Recipients: ") || text.starts_with("*** truncated ***")) {
    return true;
  }
  return text.size() > 2 && text[1] == ' ' &&
         std::string_view("PFTCBRSI*").find(text[0]) != std::string_view::npos;
}

/// True where a line without a time stamp is more likely a damaged record than the next line of
/// somebody's text: a clock or a date stands near its beginning.
bool looks_like_record(std::string_view text) {
  const auto head = text.substr(0, 30);
  int digits = 0, separators = 0;
  for (const char c : head) {
    if (c >= '0' && c <= '9') ++digits;
    if (c == ':' || c == '-') ++separators;
  }
  return digits >= 8 && separators >= 3;
}

/// Whom the callout asked of which the record's text tells, and what came of it.
void take_callout(const EximRecord& exim, Refusal& refusal) {
  const auto callout = parse::callout_of(exim.text);
  if (!callout) return;
  refusal.callout = callout->callout;
  refusal.remote = remote_of(callout->name, callout->ip);
  if (callout->callout.command == Callout::Command::postmaster &&
      equals_ignoring_case(exim.address.substr(0, exim.address.find('@')), "postmaster")) {
    refusal.callout->command = Callout::Command::rcpt;  // the postmaster was the address itself
  }
}

}  // namespace

bool EximAssembler::names_process(const Record& record, const EximRecord& exim) {
  return !exim.pid.empty() || (record.frame && !record.frame->pid.empty());
}

EximAssembler::Session EximAssembler::session_of(const Record& record,
                                                 const EximRecord& exim) const {
  if (!exim.pid.empty()) return salted_hash(exim.pid, salt_);
  if (record.frame && !record.frame->pid.empty()) return salted_hash(record.frame->pid, salt_);
  return salted_hash(exim.host_text, salt_);
}

/// What the place and the log tell of a refusal that has its id.
void EximAssembler::begin(const Place& place, const Record& record, Refusal& refusal) const {
  refusal.transaction = refusal.id;
  refusal.when = place.when;
  refusal.host = context_.host_of(record);
  refusal.mta = Mta::exim;
  refusal.source = place.source();
}

/// Equal records of one log are numbered: the first is 0.
std::uint64_t EximAssembler::numbered(std::uint64_t hash, PerLog& log) {
  if (context_.now >
      log.ordinals_since + 2) {  // the time is part of the record, so older ones do not come again
    log.ordinals.clear();
    log.ordinals_since = context_.now;
  }
  return nth(hash, log.ordinals[hash]++);
}

EximAssembler::LastOfProcess& EximAssembler::last_of_process(const Record& record,
                                                             const EximRecord& exim,
                                                             std::uint64_t words,
                                                             PerLog& log) const {
  // Without a pid nothing tells whose line it is: each second equal record is then taken for the
  // copy.
  const std::uint64_t key = !record.frame->pid.empty() ? salted_hash(record.frame->pid, salt_)
                            : !exim.pid.empty()        ? salted_hash(exim.pid, salt_)
                                                       : words;
  if (log.last_of_process.size() > kMaxTable) {
    std::erase_if(log.last_of_process,
                  [&](const auto& entry) { return entry.second.when + 60 < context_.now; });
  }
  return log.last_of_process[key];
}

bool EximAssembler::take(const Place& place, const Record& record, const EximRecord& exim) {
  PerLog& log = logs_.of(place.log);
  if (exim.kind == Kind::continuation) {
    const bool tail_line = log.tail.any && is_tail_line(place.line.text);
    const bool own_words = log.tail.own_words > 0 && !looks_like_record(place.line.text);
    if (!tail_line && !own_words) return false;
    --log.tail.own_words;
    take_continuation(place.line.text, log.tail);
    ++place.log.counts.continuation;
    return true;
  }
  if (!take_record(place, record, exim, log.tail)) return false;
  ++place.log.counts.exim;
  return true;
}

bool EximAssembler::take_part(const Place& place, const Record& record, const EximPart& part) {
  PerLog& log = logs_.of(place.log);
  std::string key = record.frame
                        ? std::string(record.frame->host) + ' ' + std::string(record.frame->ident) +
                              ' ' + std::string(record.frame->pid)
                        : std::string();
  key += ' ' + std::to_string(part.total);
  if (part.number == 1) {
    if (log.parts.size() > kMaxTable) log.parts.clear();
    Parts& fresh = log.parts[key] = Parts{};
    fresh.log = &place.log;
    fresh.place = place.line;
    fresh.when = place.when;
    fresh.first_line = std::string(place.line.text);
  }
  const auto found = log.parts.find(key);
  if (found == log.parts.end() || found->second.next != part.number) return false;
  Parts& parts = found->second;
  ++parts.next;
  parts.text += part.text;
  bool understood = true;
  if (part.newline_after || part.number == part.total) {
    if (parts.record_done) {
      take_continuation(parts.text, parts.tail);
      ++place.log.counts.continuation;
    } else {
      understood = finish_record(place, record, parts);
    }
    parts.text.clear();
  } else {
    ++place.log.counts.continuation;
  }
  if (part.number == part.total) log.parts.erase(found);
  return understood;
}

bool EximAssembler::finish_record(const Place& place, const Record& record, Parts& parts) {
  const bool stamped = parse::exim_stamp(parts.text).has_value();
  parts.record_done = true;
  if (!take_record(place, record, parse::parse_exim(parts.text, stamped), parts.tail)) return false;
  ++place.log.counts.exim;
  return true;
}

bool EximAssembler::take_record(const Place& place, const Record& record, const EximRecord& exim,
                                Tail& tail) {
  tail = Tail{};
  tail.any = true;
  switch (exim.kind) {
    case Kind::unknown:
    case Kind::continuation:
      return false;
    case Kind::context:
    case Kind::attempt_error:
      return true;
    case Kind::incomplete:
      take_incomplete(record, exim);
      return true;
    case Kind::completed:
      context_.open.close(message_key({}, exim.queue_id), place.log, context_.now);
      return true;
    case Kind::arrival:
      take_arrival(place, exim);
      return true;
    case Kind::delivery:
      take_delivery(place, exim);
      return true;
    case Kind::failure:
    case Kind::deferral:
      if (exim.command.empty() || !exim.host) return true;  // no server answered: not a refusal
      break;
    case Kind::refusal:
    case Kind::verify:
      break;
  }
  PerLog& log = logs_.of(place.log);
  const auto [id, copy] = identify(record, exim, log);
  if (exim.kind == Kind::verify) {
    // The text of a router's :fail: is written as it is, line ends included (redirect.c).
    if (!exim.text.empty() && !parse::callout_of(exim.text)) tail.own_words = kMaxOwnWords;
    if (log.causes.size() > kMaxTable) log.causes.clear();
    log.causes.insert_or_assign(session_of(record, exim), id);
    if (!copy) take_verify(place, record, exim, id);
    return true;
  }
  tail.refusal = exim.kind == Kind::refusal ? id : 0;
  if (Held* held = context_.held.find(id)) {
    take_again(place, record, exim, log, held->refusal);
  } else if (copy) {
    // Its record has gone out already.
  } else if (exim.kind == Kind::refusal) {
    take_refusal(place, record, exim, id);
  } else {
    take_remote_refusal(place, record, exim, id);
  }
  return true;
}

/// The id of a record, and whether it is syslog's second copy of the one before it: Exim hands
/// syslog a line once for each of its logs, so two equal adjacent records of one process are one.
/// Where Exim stamps none itself, each has the time at which syslog got it. Lines that no rejectlog
/// has, as a daemon's of connections that it refuses, have no copy.
EximAssembler::Identity EximAssembler::identify(const Record& record, const EximRecord& exim,
                                                PerLog& log) {
  constexpr std::int64_t kCopyApart = 1;  // seconds; so long is a refusal held
  const bool stamped = !exim.stamp_text.empty() || !record.frame;
  const std::uint64_t hash = hash_of(
      {context_.id_host(), stamped ? exim.stamp_text : record.frame->stamp_text, exim.after_pid});
  if (!record.frame) return {numbered(hash, log), false};
  const bool of_two_logs =
      exim.kind == Kind::verify || (exim.kind == Kind::refusal && exim.stage != Stage::connect);
  const std::uint64_t words = stamped || !of_two_logs ? hash : hash_of({exim.after_pid});
  LastOfProcess& last = last_of_process(record, exim, words, log);
  const bool copy =
      last.words == words && !last.copied && std::abs(context_.now - last.when) <= kCopyApart;
  last = {words, copy ? last.id : numbered(hash, log), copy, context_.now};
  return {last.id, copy};
}

/// Another log tells a refusal that is still held.
void EximAssembler::take_again(const Place& place, const Record& record, const EximRecord& exim,
                               const PerLog& log, Refusal& refusal) {
  const bool seen_before = refusal.source.seen_before && place.log.seen_before;
  if (place.log.rank < refusal.source.rank) refusal.source = place.source();
  refusal.source.seen_before = seen_before;  // one line of it that is new is news
  if (exim.kind != Kind::refusal || refusal.cause_record) return;
  // Where a mainlog begins between a cause and its refusal, the rejectlog has both. A cause that
  // stands in another log alone may be that of the session's next refusal.
  const auto key = session_of(record, exim);
  const auto cause = causes_.find(key);
  const auto here = log.causes.find(key);
  if (cause != causes_.end() && here != log.causes.end() &&
      cause->second->refusal.id == here->second) {
    join_cause(exim, record, refusal);
  }
}

/// The header block of a refused message: `Envelope-to: <a>`, then further addresses alone on their
/// lines.
void EximAssembler::take_continuation(std::string_view text, Tail& tail) {
  if (tail.refusal == 0) return;
  if (text.starts_with("Envelope-to: ")) {
    tail.in_recipients = true;
    text.remove_prefix(13);
  } else if (tail.in_recipients) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == 0 || begin == std::string_view::npos || text[begin] != '<') {
      tail.in_recipients = false;
      return;
    }
    text.remove_prefix(begin);
  } else {
    return;
  }
  Held* held = context_.held.find(tail.refusal);
  if (held == nullptr || held->refusal.recipient) return;
  const auto recipient = Mailbox::parse(strip_path(text));
  if (recipient && std::find(held->recipients.begin(), held->recipients.end(), *recipient) ==
                       held->recipients.end()) {
    held->recipients.push_back(*recipient);
  }
}

void EximAssembler::take_verify(const Place& place, const Record& record, const EximRecord& exim,
                                std::uint64_t id) {
  if (seen_causes_.size() > kMaxTable)
    erase_where(seen_causes_, [&](std::int64_t when) { return when + 60 < context_.now; });
  if (!seen_causes_.emplace(id, context_.now).second) return;  // the rejectlog's copy
  const Session session = session_of(record, exim);
  end_cause(session, names_process(record, exim));
  auto& line = causes_[session];
  line = std::make_unique<CauseLine>();
  Refusal& refusal = line->refusal;
  refusal.id = id;
  begin(place, record, refusal);
  refusal.permanent = exim.permanent;
  refusal.stage = exim.queue_id.empty() ? Stage::rcpt : Stage::message;
  refusal.reply_code = default_code(*refusal.stage, exim.permanent);
  refusal.verified_here = true;
  refusal.sender = ReversePath::parse(exim.address);
  refusal.cause_text = std::string(exim.text);
  refusal.doubtful = exim.doubtful;
  if (!exim.queue_id.empty()) refusal.queue_id = std::string(exim.queue_id);
  if (exim.host) refusal.client = client_of(*exim.host);
  refusal.direction =
      !refusal.client || is_loopback(refusal.client->ip) ? Direction::internal : Direction::inbound;
  take_callout(exim, refusal);
  const auto& verified = refusal.sender->mailbox();
  if (verified && refusal.cause_text.empty()) {
    if (const auto* before = callouts_.recall(*verified, context_.now)) {
      refusal.cause_text = before->reason;
      refusal.callout = before->callout;
      refusal.cause_from_cache = true;
    }
  } else if (verified && exim.permanent) {
    callouts_.remember(*verified, {refusal.cause_text, refusal.callout, context_.now});
  }
  fresh_causes_.push_back({session, id, refusal.when.utc_seconds()});
}

/// The session's next cause line comes: the last one served, or is a refusal of its own. Without a
/// pid it may be another session of that client, and the last one may go on serving its sender.
void EximAssembler::end_cause(Session session, bool one_process) {
  const auto found = causes_.find(session);
  if (found == causes_.end()) return;
  CauseLine& cause = *found->second;
  if (!cause.served) {
    context_.held.add(std::move(cause.refusal), 0);
  } else if (!one_process) {
    if (beside_.size() > kMaxTable) {
      erase_where(beside_, [&](const auto& line) {
        return line->refusal.when.utc_seconds() + kCauseServes < context_.now;
      });
      if (beside_.size() > kMaxTable) beside_.clear();
    }
    const std::uint64_t key = salted_hash(cause.sender, session);
    beside_[key] = std::move(found.value());
  }
  causes_.erase(found);
}

/// The cause line of another session of the client, in which that sender was refused.
EximAssembler::CauseLine* EximAssembler::cause_beside(Session session, std::string_view sender) {
  if (beside_.empty() || sender.empty()) return nullptr;
  const auto found = beside_.find(salted_hash(sender, session));
  if (found == beside_.end()) return nullptr;
  const std::int64_t age = context_.now - found->second->refusal.when.utc_seconds();
  return age <= kCauseServes ? found->second.get() : nullptr;
}

/// The session's last cause line, if it serves that refusal: the first that follows it, and further
/// recipients of the same sender. Else that of a session beside it.
EximAssembler::CauseLine* EximAssembler::cause_for(const EximRecord& exim, const Record& record,
                                                   const Refusal& refusal) {
  const Session session = session_of(record, exim);
  const auto sender = refusal.sender ? refusal.sender->text() : std::string_view();
  const auto found = causes_.find(session);
  CauseLine* last = found == causes_.end() ? nullptr : found->second.get();
  const std::int64_t age =
      last != nullptr ? context_.now - last->refusal.when.utc_seconds() : kCauseServes + 1;
  if (age <= kCauseServes && last->served && last->sender == sender) return last;
  const bool follows = age <= kCauseWait && !last->served;
  const bool names_it = follows && equals_ignoring_case(last->refusal.sender->text(), sender);
  if (!names_it && exim.stage == Stage::rcpt) {
    if (CauseLine* beside = cause_beside(session, sender)) return beside;
  }
  if (!follows) return nullptr;
  last->served = true;
  last->sender = sender;
  return last;
}

/// Exim's cause line serves every refused recipient that follows it in its session; before a
/// refusal for another reason it is context, not cause.
void EximAssembler::join_cause(const EximRecord& exim, const Record& record, Refusal& refusal) {
  const bool outcome = is_verify_outcome(exim.text);
  refusal.verified_here = outcome;
  const CauseLine* found = cause_for(exim, record, refusal);
  if (found == nullptr || !outcome) return;
  const CauseLine& cause = *found;
  refusal.cause_record = cause.refusal.id;
  refusal.cause_text = cause.refusal.cause_text;
  refusal.callout = cause.refusal.callout;
  refusal.cause_from_cache = cause.refusal.cause_from_cache;
  refusal.remote = cause.refusal.remote;
  const auto& verified = cause.refusal.sender->mailbox();
  if (!refusal.sender) {
    refusal.sender = cause.refusal.sender;  // MAIL and DATA refusals print no F=
  } else if (verified && !equals_ignoring_case(refusal.sender->text(), verified->text())) {
    refusal.verified = verified;
  }
}

void EximAssembler::take_refusal(const Place& place, const Record& record, const EximRecord& exim,
                                 std::uint64_t id) {
  Held& held = context_.held.add(id, context_.now + 1);
  Refusal& refusal = held.refusal;
  begin(place, record, refusal);
  refusal.stage = exim.stage;
  refusal.permanent = exim.permanent;
  refusal.text = std::string(exim.text);
  read_codes(exim.text, refusal);
  if (refusal.reply_code && (*refusal.reply_code >= 500) != exim.permanent && !exim.server) {
    refusal.reply_code.reset();  // so does Exim (smtp_in.c smtp_message_code())
    refusal.enhanced_code.reset();
  }
  if (exim.reply_code != 0) refusal.reply_code = exim.reply_code;
  if (!refusal.reply_code) refusal.reply_code = default_code(exim.stage, exim.permanent);
  refusal.doubtful = exim.doubtful || exim.address_cut;
  if (!exim.queue_id.empty()) refusal.queue_id = std::string(exim.queue_id);
  if (!exim.doubtful) {
    if (exim.host) refusal.client = client_of(*exim.host);
    if (exim.sender) refusal.sender = ReversePath::parse(*exim.sender);
    if (exim.stage == Stage::rcpt || exim.stage == Stage::message)
      refusal.recipient = Mailbox::parse(exim.address);
  }
  const bool here = refusal.client ? is_loopback(refusal.client->ip) : exim.local_submission;
  refusal.direction = here ? Direction::internal : Direction::inbound;
  if (exim.server) refusal.remote = remote_of(exim.server->name, exim.server->ip);
  join_cause(exim, record, refusal);
  // verify = recipient/callout has no line of its own.
  if (exim.stage == Stage::rcpt && !exim.doubtful && !refusal.cause_record)
    take_callout(exim, refusal);
  if (exim.stage == Stage::data && !exim.doubtful) await_incomplete(record, exim, held);
  if (exim.server && !exim.permanent) {
    if (cut_through_.size() > kMaxTable) cut_through_.clear();
    cut_through_[message_key({}, exim.queue_id)] = id;
  }
}

void EximAssembler::await_incomplete(const Record& record, const EximRecord& exim, Held& held) {
  std::erase_if(refused_data_,
                [&](const auto& entry) { return context_.held.find(entry.second) == nullptr; });
  refused_data_.emplace(session_of(record, exim), held.refusal.id);
  held.expires = context_.now + kQuitWait;
}

/// Two sessions that nothing tells apart (no pid, no port) keep their recipients unknown.
void EximAssembler::take_incomplete(const Record& record, const EximRecord& exim) {
  const auto [first, last] = refused_data_.equal_range(session_of(record, exim));
  if (first == last || std::next(first) != last) return;
  Held* held = context_.held.find(first->second);
  refused_data_.erase(first);
  if (held == nullptr || !exim.sender) return;
  const auto sender = ReversePath::parse(*exim.sender);
  if (held->refusal.sender && *held->refusal.sender != sender && !held->refusal.verified_here)
    return;
  held->expires = context_.now + 1;
  if (held->refusal.sender && *held->refusal.sender != sender)
    held->refusal.verified = held->refusal.sender->mailbox();
  held->refusal.sender = sender;
  for (const auto address : parse::split_addresses(exim.recipients)) {
    if (auto recipient = Mailbox::parse(address)) held->recipients.push_back(std::move(*recipient));
  }
}

/// Written over what is there, whose text keeps its room.
void EximAssembler::put_sender(const EximRecord& exim, std::optional<ReversePath>& sender) {
  if (exim.sender) {
    (sender ? *sender : sender.emplace()).assign(*exim.sender);
  } else if (const auto* message = context_.open.find(message_key({}, exim.queue_id))) {
    sender = message->sender;
  } else {
    sender.reset();
  }
}

void EximAssembler::take_remote_refusal(const Place& place, const Record& record,
                                        const EximRecord& exim, std::uint64_t id) {
  Refusal& refusal = context_.held.add(id, context_.now + 1).refusal;
  begin(place, record, refusal);
  refusal.stage = stage_of(exim.command);
  refusal.permanent = exim.permanent;
  refusal.text = std::string(exim.text);
  read_codes(exim.text, refusal);
  refusal.queue_id = std::string(exim.queue_id);
  refusal.message = message_key({}, exim.queue_id);
  refusal.remote = remote_of(exim.host->name, exim.host->ip);
  refusal.direction = is_loopback(*refusal.remote->ip) ? Direction::internal : Direction::outbound;
  refusal.doubtful = exim.doubtful;
  if (!exim.doubtful) refusal.recipient = failed_mailbox(exim.address);
  put_sender(exim, refusal.sender);
  if (!refusal.sender && exim.command.starts_with("MAIL FROM:<")) {
    const auto path = exim.command.substr(10);
    const auto end = parse::end_of_path(path);
    if (end != std::string_view::npos) refusal.sender = ReversePath::parse(path.substr(0, end + 1));
  }
  if (refusal.stage != Stage::rcpt) {
    // One command refused all recipients: Exim writes a line for each. A message is refused for
    // good once, so its time says nothing.
    refusal.transaction =
        hash_of({context_.id_host(), exim.queue_id, exim.command, *refusal.remote->ip, exim.text,
                 exim.permanent ? std::string_view() : exim.stamp_text});
  }
}

void EximAssembler::take_delivery(const Place& place, const EximRecord& exim) {
  if (!context_.settings.deliveries) return;
  Delivery& delivery = delivery_;
  delivery.when = place.when;
  put_sender(exim, delivery.sender);
  delivery.local = exim.local_delivery;
  delivery.message = message_key({}, exim.queue_id);
  delivery.seen_before = place.log.seen_before;
  // An alias is delivered under both names: as the client gave it and as it ended.
  for (const auto address : {exim.top_address, exim.address}) {
    if (address.find('@') == std::string_view::npos) continue;
    delivery.recipient.assign(address);
    context_.sink.on_delivery(delivery);
    if (exim.top_address == exim.address) break;
  }
}

void EximAssembler::take_arrival(const Place& place, const EximRecord& exim) {
  const std::uint64_t message = message_key({}, exim.queue_id);
  if (const auto cut = cut_through_.find(message); cut != cut_through_.end()) {
    // Not passed on to the client (defer = spool): we took the message, the next server refused us.
    if (Held* held = context_.held.find(cut->second)) {
      held->refusal.direction = Direction::outbound;
      held->refusal.client.reset();
    }
    cut_through_.erase(cut);
  }
  arriving_.sender.assign(*exim.sender);
  arriving_.client.reset();
  arriving_.local_submission = exim.local_submission;
  arriving_.recipients_left = -1;
  context_.open.put(message, arriving_, place.log);
}

void EximAssembler::give_up_waiting(std::optional<std::int64_t> now) {
  const auto is_older = [now](const CauseTime& cause, std::int64_t seconds) {
    return !now || *now - cause.when > seconds;
  };
  // The cause line itself, where its session has had no other since.
  const auto still = [this](const CauseTime& cause) {
    const auto found = causes_.find(cause.session);
    return found != causes_.end() && found->second->refusal.id == cause.id ? found : causes_.end();
  };
  std::vector<Refusal> orphans;
  std::erase_if(fresh_causes_, [&](const CauseTime& cause) {
    if (!is_older(cause, kCauseWait)) return false;
    const auto found = still(cause);
    if (found != causes_.end() && !found->second->served) {
      orphans.push_back(std::move(found->second->refusal));
      causes_.erase(found);
    } else if (found != causes_.end()) {
      later_causes_.push_back(cause);
    }
    return true;
  });
  for (; !later_causes_.empty() && is_older(later_causes_.front(), kCauseServes);
       later_causes_.pop_front()) {
    if (const auto found = still(later_causes_.front()); found != causes_.end())
      causes_.erase(found);
  }
  std::sort(orphans.begin(), orphans.end(), [](const Refusal& a, const Refusal& b) {
    return std::pair(a.when.utc_micros, a.source.offset) <
           std::pair(b.when.utc_micros, b.source.offset);
  });
  for (auto& orphan : orphans) context_.held.add(std::move(orphan), 0);
}

/// A log that ends inside a record: what came of it holds the refusal in nearly every case.
void EximAssembler::finish(std::optional<std::int64_t> now) {
  for (auto& [view, log] : logs_) {
    for (auto& [key, parts] : log.parts) {
      const bool may_go_on = now && parts.when.utc_seconds() + kCauseWait > *now;
      if (parts.record_done || parts.text.empty() || may_go_on) continue;
      std::string_view rest = parts.first_line;
      Record record;
      record.frame = parse::take_syslog_frame(rest);
      const Place place{*parts.log, parts.place, parts.when};
      finish_record(place, record, parts);
    }
    log.parts.clear();
  }
  give_up_waiting(now);
}

}  // namespace lostmail::assemble
