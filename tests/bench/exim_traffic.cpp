#include <array>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "traffic.hpp"

namespace lostmail::bench {
namespace {

constexpr std::string_view kTls = "X=TLS1.3:TLS_AES_256_GCM_SHA384:256";
constexpr std::int64_t kAddressCached = 7190;  // callout_negative_expire, less the age of a session
constexpr std::int64_t kDomainCached = 10790;  // callout_domain_negative_expire, likewise

/// A refusal at RCPT whose text says all. `{ip}`, `{name}`: the client's.
struct PlainRefusal {
  std::uint32_t weight;
  std::string_view text;
  bool permanent;
  Variant variant;
  Cause cause;
};

constexpr std::array<PlainRefusal, 19> kPlain{{
    {380, ": rejected because {ip} is in a black list at zen.bl.example", true, Variant::dnsbl,
     Cause::as_stated},
    {60, ": JunkMail rejected - {name} [{ip}] is in an RBL, see https://bl.example.org/q?{ip}",
     true, Variant::dnsbl, Cause::as_stated},
    {90, ": Unrouteable address", true, Variant::recipient_unknown, Cause::as_stated},
    {60, ": Unknown user", true, Variant::recipient_unknown, Cause::as_stated},
    {80, ": Greylisted, please try again in 300 seconds", false, Variant::greylisted,
     Cause::as_stated},
    {40, ": relay not permitted", true, Variant::relay_denied, Cause::as_stated},
    {25, ": SPF check failed.", true, Variant::spf_fail, Cause::as_stated},
    {20, ": sender envelope address is locally blacklisted.", true, Variant::access_denied,
     Cause::as_stated},
    {15, ": EHLO argument does not match calling host", true, Variant::helo_invalid,
     Cause::as_stated},
    {15, "", true, Variant::unstated, Cause::not_logged},
    {10, ": sender verify rejected", true, Variant::sender_verify_rejected, Cause::as_stated},
    {6, ": unable to verify validity of sender", true, Variant::verify_validity, Cause::as_stated},
    {6, ": Administrative prohibition: \"mailserver verify address\"", true,
     Variant::administrative_prohibition, Cause::as_stated},
    {4, ": Rejected: sender address must accept a message to verify they are valid", true,
     Variant::message_to_verify, Cause::as_stated},
    {5, ": Sender verify failed - upgrade your firewall firmware or settings", true,
     Variant::firewall_upgrade, Cause::as_stated},
    {10, ": Not sent - no reverse lookup", true, Variant::no_reverse_lookup, Cause::ptr_missing},
    {5, ": The destination mail system rejected your return address", true,
     Variant::return_address_rejected, Cause::as_stated},
    {6, ": Sender must exist", true, Variant::sender_must_exist, Cause::as_stated},
    {8, ": Domain not found", true, Variant::domain_not_found, Cause::domain_nonexistent},
}};

/// What the callout of a fate prints behind `sender verify fail for <A>: `. `{a}`: the address,
/// `{mx}`: the host asked, with its address.
struct Callout {
  std::string_view text;
  bool permanent;
  Cause cause;
};

const Callout& callout_of(Fate fate) {
  static constexpr std::array<Callout, 9> list{{
      {"{mx} : SMTP error from remote mail server after RCPT TO:<{a}>: 550 5.1.1 <{a}>: Recipient "
       "address rejected: User unknown",
       true, Cause::mailbox_unknown},
      {"{mx} : response to \"MAIL FROM:<>\" was: 550 5.7.1 we do not accept mail from <>", true,
       Cause::null_sender_refused},
      {"Unrouteable address", true, Cause::unroutable},
      {"{mx} : SMTP error from remote mail server after initial connection: 554 go away", true,
       Cause::callout_host_refused},
      {"Could not complete sender verify callout: {mx} : SMTP error from remote mail server after "
       "RCPT TO:<{a}>: 451 4.3.0 try later",
       false, Cause::callout_deferred},
      {"Could not complete sender verify callout: {mx} : SMTP timeout after RCPT TO:<{a}>", false,
       Cause::callout_unreachable},
      {"all relevant MX records point to non-existent hosts", true, Cause::mx_unusable},
      {"an MX or SRV record indicated no SMTP service", true, Cause::null_mx},
      {"host lookup did not complete", false, Cause::dns_temporary},
  }};
  return list[static_cast<std::size_t>(fate)];
}

std::string base62(std::uint64_t value, int digits) {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, value /= 62) *at = kDigits[value % 62];
  return text;
}

/// As Exim's host_build_sender_fullhost() writes a client.
std::string client_text(const Peer& peer) {
  if (peer.name.empty()) return fmt::format("({}) [{}]", peer.helo, peer.ip);
  if (peer.name == peer.helo) return fmt::format("{} [{}]", peer.name, peer.ip);
  return fmt::format("{} ({}) [{}]", peer.name, peer.helo, peer.ip);
}

class EximTraffic final : public Traffic {
 public:
  EximTraffic(Random& numbers, Timeline& lines) : Traffic(numbers, lines) {}

  void session(std::int64_t start) override {
    struct Kind {
      std::uint32_t weight;
      void (EximTraffic::*write)(std::int64_t);
    };
    static constexpr std::array<Kind, 15> kinds{{{305, &EximTraffic::accepted},
                                                 {150, &EximTraffic::sent_out},
                                                 {16, &EximTraffic::bounced_out},
                                                 {12, &EximTraffic::put_off},
                                                 {10, &EximTraffic::unreachable},
                                                 {120, &EximTraffic::refused_plainly},
                                                 {52, &EximTraffic::refused_sender},
                                                 {12, &EximTraffic::refused_nameless},
                                                 {4, &EximTraffic::refused_forged},
                                                 {12, &EximTraffic::refused_content},
                                                 {3, &EximTraffic::refused_connection},
                                                 {60, &EximTraffic::log_in_failed},
                                                 {70, &EximTraffic::disconnected},
                                                 {50, &EximTraffic::name_not_found},
                                                 {4, &EximTraffic::queue_run}}};
    (this->*random_.pick<Kind>(kinds).write)(start);
  }

 private:
  template <typename... Values>
  void say(std::int64_t at, const Mark& mark, fmt::format_string<Values...> text,
           Values&&... values) {
    TimedLine line;
    line.milliseconds = at;
    line.mark = mark;
    stamp(line.text, at / 1000);
    fmt::format_to(std::back_inserter(line.text), text, std::forward<Values>(values)...);
    line.text += '\n';
    timeline_.add(std::move(line));
  }

  void stamp(std::string& text, std::int64_t second) {
    if (second / 86400 != day_) {
      day_ = second / 86400;
      day_text_ = fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(second)));
    }
    const auto time = second % 86400;
    fmt::format_to(std::back_inserter(text), "{} {:02}:{:02}:{:02} ", day_text_, time / 3600,
                   time / 60 % 60, time % 60);
  }

  std::string message_id(std::int64_t at) {
    pid_ = pid_ >= 4'194'000 ? 1000 : pid_ + 1 + random_.below(3);
    return fmt::format("{}-{}-{}", base62(static_cast<std::uint64_t>(at / 1000), 6),
                       base62(pid_, 6), base62(static_cast<std::uint64_t>(at % 1000) * 2, 2));
  }

  void deliver_here(std::int64_t at, const std::string& id, std::string_view flag,
                    const std::string& recipient) {
    say(at, delivered(), "{} {} {} <{}> R=local_user T=dovecot_lmtp C=\"250 2.0.0 <{}> {} Saved\"",
        id, flag, recipient.substr(0, recipient.find('@')), recipient, recipient, world_.token(20));
  }

  void accepted(std::int64_t at) {
    const std::uint32_t domain = world_.correspondent_domain();
    const Peer peer = world_.correspondent_host(domain);
    const std::string id = message_id(at);
    const std::string sender = random_.chance(4) ? "<>" : world_.correspondent(domain);
    std::vector<std::string> recipients(1 + (random_.chance(12) ? 1 + random_.below(3) : 0));
    for (std::string& recipient : recipients) recipient = world_.local_address();
    const bool tls = random_.chance(80);
    say(at, {}, "{} <= {} H={} P={}{} S={} id={}@{} for {}", id, sender, client_text(peer),
        tls ? "esmtps" : "esmtp", tls ? fmt::format(" {} CV=no", kTls) : "",
        900 + random_.zipf(900'000), world_.token(22), peer.name, fmt::join(recipients, " "));
    for (std::size_t i = 0; i < recipients.size(); ++i)
      deliver_here(at + 120 + static_cast<std::int64_t>(i), id, i == 0 ? "=>" : "->",
                   recipients[i]);
    say(at + 140, {}, "{} Completed", id);
  }

  /// A message of ours arrives; returns its sender.
  std::string submitted(std::int64_t at, const std::string& id, const std::string& recipient) {
    const std::string sender = world_.local_address();
    const std::uint32_t host = random_.zipf(2000);
    say(at, {},
        "{} <= {} H=([192.168.{}.{}]) [{}] P=esmtpsa {} CV=no A=plain_server:{} S={} id={}@{} for "
        "{}",
        id, sender, host % 8, host % 250, World::address_of_host(3'000'000 + host), kTls, sender,
        1200 + random_.zipf(2'000'000), world_.token(22), sender.substr(sender.find('@') + 1),
        recipient);
    return sender;
  }

  void deliver(std::int64_t at, const std::string& id, const std::string& recipient,
               const Peer& peer) {
    say(at, delivered(),
        "{} => {} R=dnslookup T=remote_smtp H={} [{}] {} CV=yes C=\"250 2.0.0 Ok: queued as {}\"",
        id, recipient, peer.name, peer.ip, kTls, world_.token(11));
    say(at + 3, {}, "{} Completed", id);
  }

  void sent_out(std::int64_t at) {
    const std::string id = message_id(at);
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string recipient = world_.correspondent(domain);
    submitted(at, id, recipient);
    deliver(at + 900, id, recipient, world_.correspondent_host(domain));
  }

  std::string refused_command(std::string_view sender, std::string_view recipient) {
    switch (random_.below(6)) {
      case 0:
        return fmt::format("MAIL FROM:<{}> SIZE={}", sender, 1500 + random_.below(90'000));
      case 1:
        return "end of data";
      default:
        return fmt::format("RCPT TO:<{}>", recipient);
    }
  }

  void bounced_out(std::int64_t at) {
    const std::string id = message_id(at);
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string recipient = world_.correspondent(domain);
    const std::string sender = submitted(at, id, recipient);
    const Peer peer = world_.correspondent_host(domain);
    const RemoteReply& reply = remote_refusal(random_);
    say(at + 800, refused(Direction::outbound, true, reply.variant, reply.cause, sender, recipient),
        "{} ** {} R=dnslookup T=remote_smtp H={} [{}] {} CV=yes: SMTP error from remote mail "
        "server after {}: {}",
        id, recipient, peer.name, peer.ip, kTls, refused_command(sender, recipient),
        reply_text(reply, sender, recipient));
    const std::string bounce = message_id(at + 810);
    say(at + 810, {}, "{} <= <> R={} U=Debian-exim P=local S={}", bounce, id,
        2000 + random_.below(40'000));
    deliver_here(at + 830, bounce, "=>", sender);
    say(at + 831, {}, "{} Completed", bounce);
    say(at + 832, {}, "{} Completed", id);
  }

  /// Put off once or more times by the remote server, then delivered.
  void put_off(std::int64_t at) {
    const std::string id = message_id(at);
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string recipient = world_.correspondent(domain);
    const std::string sender = submitted(at, id, recipient);
    const Peer peer = world_.correspondent_host(domain);
    const RemoteReply& reply = remote_deferral(random_);
    const std::uint32_t attempts = 1 + random_.zipf(6);
    for (std::uint32_t i = 0; i < attempts; ++i, at += 900'000) {
      say(at + 700,
          refused(Direction::outbound, false, reply.variant, reply.cause, sender, recipient),
          "{} == {} R=dnslookup T=remote_smtp defer (-44) H={} [{}]: SMTP error from remote mail "
          "server after RCPT TO:<{}>: {}",
          id, recipient, peer.name, peer.ip, recipient, reply_text(reply, sender, recipient));
    }
    deliver(at + 600, id, recipient, peer);
  }

  /// No answer from the remote server: no refusal.
  void unreachable(std::int64_t at) {
    const std::string id = message_id(at);
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string recipient = world_.correspondent(domain);
    submitted(at, id, recipient);
    const Peer peer = world_.correspondent_host(domain);
    say(at + 30'000, {}, "{} H={} [{}] Connection timed out", id, peer.name, peer.ip);
    say(at + 30'001, {}, "{} == {} R=dnslookup T=remote_smtp defer (110): Connection timed out", id,
        recipient);
    for (std::int64_t i = 1; i < 4; ++i) {
      say(at + i * 900'000, {},
          "{} == {} R=dnslookup T=remote_smtp defer (-53): retry time not reached for any host for "
          "'{}'",
          id, recipient, World::domain_name(domain));
    }
    deliver(at + 3'600'000, id, recipient, peer);
  }

  std::uint32_t refused_recipients() { return 1 + (random_.chance(25) ? random_.zipf(12) : 0); }

  void refused_plainly(std::int64_t at) {
    const PlainRefusal& refusal = random_.pick<PlainRefusal>(kPlain);
    const bool reputable = refusal.variant == Variant::greylisted || random_.chance(10);
    const std::uint32_t domain = world_.correspondent_domain();
    const Peer peer = reputable ? world_.correspondent_host(domain) : world_.spam_host();
    const std::string sender = reputable ? world_.correspondent(domain) : world_.spam_sender();
    const std::string client = client_text(peer);
    const std::string text =
        fmt::format(fmt::runtime(refusal.text), fmt::arg("ip", peer.ip),
                    fmt::arg("name", peer.name.empty() ? peer.helo : peer.name));
    const std::uint32_t recipients = refused_recipients();
    for (std::uint32_t i = 0; i < recipients; ++i) {
      const std::string recipient = recipient_for(refusal.variant);
      say(at + 90 * i,
          refused(Direction::inbound, refusal.permanent, refusal.variant, refusal.cause, sender,
                  recipient),
          "H={} F=<{}> {}rejected RCPT <{}>{}", client, sender,
          refusal.permanent ? "" : "temporarily ", recipient, text);
    }
    if (random_.chance(30)) {
      say(at + 90 * recipients + 40, {},
          "unexpected disconnection while reading SMTP command from {} D={}s", client,
          recipients / 10);
    }
  }

  std::string recipient_for(Variant variant) {
    if (variant == Variant::recipient_unknown) return world_.unknown_local();
    if (variant == Variant::relay_denied)
      return world_.correspondent(world_.correspondent_domain());
    return world_.local_address();
  }

  void refused_sender(std::int64_t at) {
    const BadSender sender = world_.bad_sender();
    const Callout& callout = callout_of(sender.fate);
    const std::uint32_t client_domain = world_.correspondent_domain();
    const std::string client = client_text(
        random_.chance(30) ? world_.correspondent_host(client_domain) : world_.spam_host());
    const std::string reason = reason_logged(sender, at / 1000);
    say(at, {}, "H={} sender verify {} for <{}>{}", client, callout.permanent ? "fail" : "defer",
        sender.address, reason);
    const bool asked = callout.text.starts_with("Could not complete sender verify callout");
    const std::string_view text = callout.permanent ? "Sender verify failed"
                                  : asked           ? "Could not complete sender verify callout"
                                                    : "Could not complete sender verify";
    const Variant variant =
        callout.permanent ? Variant::sender_verify_failed : Variant::callout_incomplete;
    const std::uint32_t recipients = refused_recipients();
    for (std::uint32_t i = 0; i < recipients; ++i) {
      const std::string recipient = world_.local_address();
      say(at + 2 + 80 * i,
          refused(Direction::inbound, callout.permanent, variant, callout.cause, sender.address,
                  recipient),
          "H={} F=<{}> {}rejected RCPT <{}>: {}", client, sender.address,
          callout.permanent ? "" : "temporarily ", recipient, text);
    }
  }

  /// Exim keeps what a callout said: an address for two hours, a domain that refuses the null
  /// sender for three. Meanwhile the line ends behind the address.
  std::string reason_logged(const BadSender& sender, std::int64_t second) {
    const bool of_domain = sender.fate == Fate::null_sender_refused;
    if (of_domain || (sender.fate == Fate::mailbox_unknown && sender.comes_again)) {
      const auto [known, first] =
          callouts_.try_emplace(of_domain ? sender.domain : sender.address, second);
      const std::int64_t age = second - known->second;
      if (!first && age >= 1 && age < (of_domain ? kDomainCached : kAddressCached)) return {};
      known->second = second;
    }
    return ": " +
           fmt::format(fmt::runtime(callout_of(sender.fate).text), fmt::arg("a", sender.address),
                       fmt::arg("mx", fmt::format("mx.{} [{}]", sender.domain, sender.mx_ip)));
  }

  void refused_nameless(std::int64_t at) {
    const Peer peer = world_.nameless_host();
    const std::string sender = world_.spam_sender();
    const std::string recipient = world_.local_address();
    say(at, {}, "no host name found for IP address {}", peer.ip);
    say(at + 200,
        refused(Direction::inbound, true, Variant::no_reverse_lookup, Cause::ptr_missing, sender,
                recipient),
        "H={} F=<{}> rejected RCPT <{}>: host lookup failed (failed to find host name from IP "
        "address)",
        client_text(peer), sender, recipient);
  }

  void refused_forged(std::int64_t at) {
    const Peer peer = world_.nameless_host();
    const std::string sender = world_.spam_sender();
    const std::string recipient = world_.local_address();
    say(at + 200,
        refused(Direction::inbound, true, Variant::reverse_forged, Cause::ptr_mismatch, sender,
                recipient),
        "H={} F=<{}> rejected RCPT <{}>: host lookup failed ({} does not match any IP address for "
        "forged.example.net)",
        client_text(peer), sender, recipient, peer.ip);
  }

  /// After DATA: the recipients stand in the rejectlog only.
  void refused_content(std::int64_t at) {
    const Peer peer = world_.spam_host();
    const std::string sender = world_.spam_sender();
    const bool virus = random_.chance(5);
    say(at + 1500,
        refused(Direction::inbound, true, virus ? Variant::virus : Variant::spam_content,
                Cause::as_stated, sender, {}),
        "{} H={} F=<{}> rejected after DATA: {}", message_id(at), client_text(peer), sender,
        virus ? "This message contains a virus (Eicar-Test-Signature)."
              : fmt::format("This message scored {}.{} spam points", 5 + random_.below(30),
                            random_.below(10)));
  }

  void refused_connection(std::int64_t at) {
    const Peer peer = world_.spam_host();
    say(at, refused(Direction::inbound, true, Variant::dnsbl, Cause::as_stated, {}, {}),
        "H={}[{}] rejected connection in \"connect\" ACL: rejected because {} is in a black list "
        "at drop.bl.example",
        peer.name.empty() ? "" : peer.name + ' ', peer.ip, peer.ip);
  }

  void log_in_failed(std::int64_t at) {
    const Peer peer = world_.spam_host();
    say(at, {},
        "{}_server authenticator failed for {}: 535 Incorrect authentication data (set_id={})",
        random_.chance(60) ? "login" : "plain", client_text(peer), world_.local_address());
  }

  void disconnected(std::int64_t at) {
    const Peer peer = world_.spam_host();
    const std::string client = client_text(peer);
    switch (random_.below(4)) {
      case 0:
        return say(at, {}, "no MAIL in SMTP connection from {} D={}s C=EHLO,STARTTLS,EHLO,QUIT",
                   client, random_.below(60));
      case 1:
        return say(at, {}, "SMTP connection from {} lost D={}s", client, random_.below(60));
      case 2:
        return say(at, {},
                   "TLS error on connection from {} (gnutls_handshake): The TLS connection "
                   "was non-properly terminated.",
                   client);
      default:
        return say(at, {}, "SMTP command timeout on connection from {} D=5m{}s", client,
                   random_.below(60));
    }
  }

  void name_not_found(std::int64_t at) {
    const Peer peer = world_.nameless_host();
    if (random_.chance(70)) return say(at, {}, "no host name found for IP address {}", peer.ip);
    say(at, {},
        "no IP address found for host host-{}.dyn.example.net (during SMTP connection from [{}])",
        random_.below(100'000), peer.ip);
  }

  void queue_run(std::int64_t at) {
    const std::uint32_t pid = 1000 + random_.below(4'000'000);
    say(at, {}, "Start queue run: pid={}", pid);
    say(at + 1500, {}, "End queue run: pid={}", pid);
  }

  std::int64_t day_ = -1;
  std::string day_text_;
  std::uint32_t pid_ = 1000;
  std::unordered_map<std::string, std::int64_t> callouts_;  ///< seconds of the last real callout
};

}  // namespace

std::unique_ptr<Traffic> exim_traffic(Random& random, Timeline& timeline) {
  return std::make_unique<EximTraffic>(random, timeline);
}

}  // namespace lostmail::bench
