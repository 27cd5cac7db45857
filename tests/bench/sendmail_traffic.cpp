#include <array>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "traffic.hpp"

namespace lostmail::bench {
namespace {

/// What `reject=` says; `{to}`: the recipient, `{from}`: the sender, `{ip}`: the client.
struct PlainRefusal {
  std::uint32_t weight;
  std::string_view text;
  bool permanent;
  Variant variant;
  Cause cause;
};

constexpr std::array<PlainRefusal, 15> kPlain{{
    {400, "550 5.7.1 <{to}>... Rejected: {ip} listed at zen.bl.example", true, Variant::dnsbl,
     Cause::as_stated},
    {170, "553 5.1.8 <{to}>... Domain of sender address {from} does not exist", true,
     Variant::domain_not_found, Cause::domain_nonexistent},
    {40, "451 4.1.8 Domain of sender address {from} does not resolve", false,
     Variant::sender_domain_unresolved, Cause::dns_temporary},
    {60, "550 5.7.1 <{to}>... Fix reverse DNS for {ip}", true, Variant::no_reverse_lookup,
     Cause::ptr_missing},
    {20, "451 4.1.8 Possibly forged hostname for {ip}", false, Variant::reverse_forged,
     Cause::ptr_mismatch},
    {50, "550 5.7.1 <{to}>... Relaying denied", true, Variant::relay_denied, Cause::as_stated},
    {30, "550 5.7.1 <{to}>... Access denied", true, Variant::access_denied, Cause::as_stated},
    {30, "550 5.1.8 <{to}>... Sender verify failed", true, Variant::sender_verify_failed,
     Cause::as_stated},
    {8, "550 5.1.8 <{to}>... sender verify rejected", true, Variant::sender_verify_rejected,
     Cause::as_stated},
    {5, "550 5.1.8 <{to}>... Sender must exist", true, Variant::sender_must_exist,
     Cause::as_stated},
    {5, "550 5.1.8 <{to}>... The destination mail system rejected your return address", true,
     Variant::return_address_rejected, Cause::as_stated},
    {5, "550 5.7.1 <{to}>... Not sent - no reverse lookup", true, Variant::no_reverse_lookup,
     Cause::ptr_missing},
    {5, "550 5.1.8 <{to}>... unable to verify validity of sender", true, Variant::verify_validity,
     Cause::as_stated},
    {5, "550 5.7.1 <{to}>... Sender verify failed - upgrade your firewall firmware or settings",
     true, Variant::firewall_upgrade, Cause::as_stated},
    {20, "452 4.3.2 Too many open connections.", false, Variant::rate_limited, Cause::as_stated},
}};

/// `[192.0.2.7]`, `[IPv6:2001:db8:1:2:0:0:0:7]`: Sendmail writes IPv6 in full (IPV6_FULL).
std::string address_text(const Peer& peer) {
  std::string ip = peer.ip;
  if (const auto gap = ip.find("::"); gap != std::string::npos) {
    ip.replace(gap, 2, ":0:0:0:");
    ip.insert(0, "IPv6:");
  }
  return '[' + ip + ']';
}

/// `name [192.0.2.7]`, `[192.0.2.7]`: Sendmail's relay=.
std::string relay_text(const Peer& peer) {
  return peer.name.empty() ? address_text(peer) : peer.name + ' ' + address_text(peer);
}

/// Sendmail's own words for a reply to RCPT (usersmtp.c smtprcptstat()).
std::string_view stat_of(std::string_view code) {
  return code == "550" || code == "551" || code == "553" ? "User unknown" : "Service unavailable";
}

/// The enhanced code of a reply, else the one that Sendmail takes for 550.
std::string dsn_of(std::string_view reply) {
  const auto end = reply.find(' ', 4);
  const std::string_view word = reply.substr(4, end - 4);
  return word.size() >= 5 && word[1] == '.' ? std::string(word) : "5.1.1";
}

class SendmailTraffic final : public Traffic {
 public:
  SendmailTraffic(Random& numbers, Timeline& lines) : Traffic(numbers, lines) {}

  void session(std::int64_t start) override {
    struct Kind {
      std::uint32_t weight;
      void (SendmailTraffic::*write)(std::int64_t);
    };
    static constexpr std::array<Kind, 9> kinds{{{310, &SendmailTraffic::accepted},
                                                {130, &SendmailTraffic::sent_out},
                                                {16, &SendmailTraffic::bounced_out},
                                                {12, &SendmailTraffic::put_off},
                                                {8, &SendmailTraffic::unreachable},
                                                {112, &SendmailTraffic::refused_plainly},
                                                {34, &SendmailTraffic::refused_unknown},
                                                {16, &SendmailTraffic::refused_grey},
                                                {120, &SendmailTraffic::noise}}};
    pid_ = pid_ >= 998'000 ? 1000 : pid_ + 1 + random_.below(3);
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
      day_text_ = fmt::format("{:%b %e}", fmt::gmtime(static_cast<std::time_t>(second)));
    }
    const auto time = second % 86400;
    fmt::format_to(std::back_inserter(text), "{} {:02}:{:02}:{:02} mx1 sm-mta[{}]: ", day_text_,
                   time / 3600, time / 60 % 60, time % 60, pid_);
  }

  /// queue.c assign_queueid(): six characters of UTC, two of sequence, the pid.
  std::string queue_id(std::int64_t at) {
    constexpr std::string_view kDigits =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const std::tm time = fmt::gmtime(static_cast<std::time_t>(at / 1000));
    sequence_ = (sequence_ + 1) % 3600;
    std::string id;
    for (const int part : {time.tm_year % 60, time.tm_mon, time.tm_mday, time.tm_hour, time.tm_min,
                           time.tm_sec, sequence_ / 60, sequence_ % 60}) {
      id += kDigits[static_cast<std::size_t>(part)];
    }
    return id + fmt::format("{:06}", pid_);
  }

  void deliver_here(std::int64_t at, const std::string& id, const std::string& recipient) {
    say(at, delivered(),
        "{}: to=<{}>, delay=00:00:01, xdelay=00:00:00, mailer=local, pri={}, dsn=2.0.0, stat=Sent",
        id, recipient, 31'000 + random_.below(90'000));
  }

  void accepted(std::int64_t at) {
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string relay = relay_text(world_.correspondent_host(domain));
    const std::string id = queue_id(at);
    const std::uint32_t recipients = 1 + (random_.chance(12) ? 1 + random_.below(3) : 0);
    if (random_.chance(70)) {
      say(at, {},
          "STARTTLS=server, relay={}, version=TLSv1.3, verify=NO, cipher=TLS_AES_256_GCM_SHA384, "
          "bits=256/256",
          relay);
    }
    say(at + 300, {},
        "{}: from=<{}>, size={}, class=0, nrcpts={}, msgid=<{}@{}>, proto=ESMTPS, daemon=MTA, "
        "relay={}",
        id, random_.chance(4) ? "" : world_.correspondent(domain), 900 + random_.zipf(900'000),
        recipients, world_.token(22), World::domain_name(domain), relay);
    for (std::uint32_t i = 0; i < recipients; ++i)
      deliver_here(at + 400 + i, id, world_.local_address());
  }

  std::string submitted(std::int64_t at, const std::string& id) {
    const std::string sender = world_.local_address();
    const std::uint32_t host = random_.zipf(2000);
    say(at, {},
        "{}: from=<{}>, size={}, class=0, nrcpts=1, msgid=<{}@{}>, proto=ESMTPSA, daemon=MSA, "
        "relay=pc{}.ours.example [{}]",
        id, sender, 1200 + random_.zipf(2'000'000), world_.token(22),
        sender.substr(sender.find('@') + 1), host, World::address_of_host((3'000'000 + host) * 8));
    return sender;
  }

  void to_remote(std::int64_t at, const Mark& mark, const std::string& id,
                 const std::string& sender, const std::string& recipient, const Peer& peer,
                 const std::string& end) {
    say(at, mark,
        "{}: to=<{}>, ctladdr=<{}> (1000/1000), delay=00:00:02, xdelay=00:00:01, mailer=esmtp, "
        "pri={}, relay={}. {}, {}",
        id, recipient, sender, 30'000 + random_.below(90'000), peer.name, address_text(peer), end);
  }

  void sent_out(std::int64_t at) {
    const std::string id = queue_id(at);
    const std::string sender = submitted(at, id);
    const std::uint32_t domain = world_.correspondent_domain();
    to_remote(at + 900, delivered(), id, sender, world_.correspondent(domain),
              world_.correspondent_host(domain),
              fmt::format("dsn=2.0.0, stat=Sent (2.0.0 Ok: queued as {})", world_.token(11)));
  }

  void bounced_out(std::int64_t at) {
    const std::string id = queue_id(at);
    const std::string sender = submitted(at, id);
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string recipient = world_.correspondent(domain);
    const RemoteReply& reply = remote_refusal(random_);
    const std::string text = reply_text(reply, sender, recipient);
    const std::string_view stat = stat_of(std::string_view(text).substr(0, 3));
    to_remote(at + 800,
              refused(Direction::outbound, true, reply.variant, reply.cause, sender, recipient), id,
              sender, recipient, world_.correspondent_host(domain),
              fmt::format("dsn={}, reply={}, stat={}", dsn_of(text), text, stat));
    const std::string bounce = queue_id(at + 810);
    say(at + 810, {}, "{}: {}: DSN: {}", id, bounce, stat);
    deliver_here(at + 830, bounce, sender);
  }

  void put_off(std::int64_t at) {
    const std::string id = queue_id(at);
    const std::string sender = submitted(at, id);
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string recipient = world_.correspondent(domain);
    const Peer peer = world_.correspondent_host(domain);
    const RemoteReply& reply = remote_deferral(random_);
    const std::string text = reply_text(reply, sender, recipient);
    const std::uint32_t attempts = 1 + random_.zipf(6);
    for (std::uint32_t i = 0; i < attempts; ++i, at += 900'000) {
      to_remote(at + 700,
                refused(Direction::outbound, false, reply.variant, reply.cause, sender, recipient),
                id, sender, recipient, peer,
                fmt::format("dsn=4.2.0, reply={}, stat=Deferred: {}", text, text));
    }
    to_remote(at + 600, delivered(), id, sender, recipient, peer,
              fmt::format("dsn=2.0.0, stat=Sent (2.0.0 Ok: queued as {})", world_.token(11)));
  }

  void unreachable(std::int64_t at) {
    const std::string id = queue_id(at);
    const std::string sender = submitted(at, id);
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string recipient = world_.correspondent(domain);
    const Peer peer = world_.correspondent_host(domain);
    for (std::int64_t i = 0; i < 3; ++i) {
      to_remote(at + 30'000 + i * 900'000, {}, id, sender, recipient, peer,
                fmt::format("dsn=4.0.0, stat=Deferred: Connection timed out with {}.", peer.name));
    }
    to_remote(at + 3'600'000, delivered(), id, sender, recipient, peer,
              "dsn=2.0.0, stat=Sent (OK)");
  }

  /// The `from=` line of a session in which nothing was accepted; it comes last.
  void nothing_accepted(std::int64_t at, const std::string& id, const std::string& sender,
                        const std::string& relay) {
    say(at, {}, "{}: from=<{}>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay={}", id,
        sender, relay);
  }

  std::uint32_t refused_recipients() { return 1 + (random_.chance(25) ? random_.zipf(12) : 0); }

  void refused_plainly(std::int64_t at) {
    const PlainRefusal& refusal = random_.pick<PlainRefusal>(kPlain);
    const bool nameless = refusal.variant == Variant::no_reverse_lookup;
    const Peer peer = nameless ? world_.nameless_host() : world_.spam_host();
    const std::string relay = relay_text(peer);
    const std::string sender = world_.spam_sender();
    const std::string id = queue_id(at);
    const std::uint32_t recipients = refused_recipients();
    for (std::uint32_t i = 0; i < recipients; ++i) {
      const std::string recipient = refusal.variant == Variant::relay_denied
                                        ? world_.correspondent(world_.correspondent_domain())
                                        : world_.local_address();
      say(at + 90 * i,
          refused(Direction::inbound, refusal.permanent, refusal.variant, refusal.cause, sender,
                  recipient),
          "{}: ruleset=check_rcpt, arg1=<{}>, relay={}, reject={}", id, recipient, relay,
          fmt::format(fmt::runtime(refusal.text), fmt::arg("to", recipient),
                      fmt::arg("from", sender), fmt::arg("ip", peer.ip)));
    }
    nothing_accepted(at + 90 * recipients + 200, id, sender, relay);
  }

  void refused_unknown(std::int64_t at) {
    const std::string relay = relay_text(world_.spam_host());
    const std::string sender = world_.spam_sender();
    const std::string id = queue_id(at);
    const std::uint32_t recipients = refused_recipients();
    for (std::uint32_t i = 0; i < recipients; ++i) {
      const std::string recipient = world_.unknown_local();
      say(at + 90 * i,
          refused(Direction::inbound, true, Variant::recipient_unknown, Cause::as_stated, sender,
                  recipient),
          "{}: <{}>... User unknown", id, recipient);
    }
    nothing_accepted(at + 90 * recipients + 200, id, sender, relay);
  }

  void refused_grey(std::int64_t at) {
    const std::uint32_t domain = world_.correspondent_domain();
    const std::string sender = world_.correspondent(domain);
    const std::string recipient = world_.local_address();
    const std::string id = queue_id(at);
    say(at,
        refused(Direction::inbound, false, Variant::greylisted, Cause::as_stated, sender,
                recipient),
        "{}: Milter: to=<{}>, reject=451 4.7.1 Greylisting in action, please come back in 00:05:00",
        id, recipient);
    nothing_accepted(at + 200, id, sender, relay_text(world_.correspondent_host(domain)));
  }

  void noise(std::int64_t at) {
    const std::string relay = relay_text(world_.spam_host());
    switch (random_.below(4)) {
      case 0:
        return say(at, {}, "{}: {} did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA",
                   queue_id(at), relay);
      case 1:
        return say(at, {}, "{}: lost input channel from {} to MTA after rcpt", queue_id(at), relay);
      case 2:
        return say(at, {},
                   "AUTH failure (LOGIN): authentication failure (-13) SASL(-13): "
                   "authentication failure: checkpass failed, user={}, relay={}",
                   world_.local_address(), relay);
      default:
        return say(at, {},
                   "STARTTLS=server, error: accept failed=-1, reason=unknown protocol, "
                   "SSL_error=1, errno=0, retry=-1, relay={}",
                   relay);
    }
  }

  std::int64_t day_ = -1;
  std::string day_text_;
  std::uint32_t pid_ = 1000;
  int sequence_ = 0;
};

}  // namespace

std::unique_ptr<Traffic> sendmail_traffic(Random& random, Timeline& timeline) {
  return std::make_unique<SendmailTraffic>(random, timeline);
}

}  // namespace lostmail::bench
