#include "traffic.hpp"

#include <array>
#include <functional>

#include <fmt/format.h>

namespace lostmail::bench {
namespace {

constexpr std::string_view kOurAddress = "192.0.2.10";

// The last line of a reply stands here alone, as an Exim peer sends it for the second recipient:
// Sendmail logs the first line of several only, so that longer ones would differ by MTA.
constexpr std::array<RemoteReply, 22> kRefusals{{
    {30, "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table",
     Variant::recipient_unknown, Cause::as_stated},
    {8, "550 Unknown user", Variant::recipient_unknown, Cause::as_stated},
    {5, "552 5.2.2 <{to}> Quota exceeded (mailbox for user is full)", Variant::mailbox_full,
     Cause::as_stated},
    {7, "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.bl.example",
     Variant::dnsbl, Cause::as_stated},
    {6, "550 5.7.1 Message rejected as spam by content filter", Variant::spam_content,
     Cause::as_stated},
    {4,
     "550 5.7.23 <{to}>: Recipient address rejected: Message rejected due to: SPF fail - not "
     "authorized",
     Variant::spf_fail, Cause::as_stated},
    {3, "550 5.7.1 rejected by DMARC policy for example.com", Variant::dmarc_fail,
     Cause::as_stated},
    {3, "552 5.3.4 Message size exceeds fixed maximum message size (10485760)", Variant::too_large,
     Cause::as_stated},
    {3, "554 5.7.1 <{to}>: Relay access denied", Variant::relay_denied, Cause::as_stated},
    {8, "550 Sender verify failed", Variant::sender_verify_failed, Cause::as_stated},
    {2, "550 sender verify rejected", Variant::sender_verify_rejected, Cause::as_stated},
    {1, "550 unable to verify validity of sender", Variant::verify_validity, Cause::as_stated},
    {1, "550 Administrative prohibition: \"mailserver verify address\"",
     Variant::administrative_prohibition, Cause::as_stated},
    {1, "550 Rejected: sender address must accept a message to verify they are valid",
     Variant::message_to_verify, Cause::as_stated},
    {1, "550 Sender verify failed - upgrade your firewall firmware or settings",
     Variant::firewall_upgrade, Cause::as_stated},
    {1, "550 Not sent - no reverse lookup", Variant::no_reverse_lookup, Cause::ptr_missing},
    {3, "550 5.7.25 Client host rejected: cannot find your reverse hostname, [{ip}]",
     Variant::no_reverse_lookup, Cause::ptr_missing},
    {1, "550 The destination mail system rejected your return address",
     Variant::return_address_rejected, Cause::as_stated},
    {1, "550 Sender must exist", Variant::sender_must_exist, Cause::as_stated},
    {1, "550 Domain not found", Variant::domain_not_found, Cause::domain_nonexistent},
    {3, "550 5.1.8 <{from}>: Sender address rejected: Domain not found", Variant::domain_not_found,
     Cause::domain_nonexistent},
    {2, "553 5.1.8 <{from}>... Domain of sender address {from} does not exist",
     Variant::domain_not_found, Cause::domain_nonexistent},
}};

constexpr std::array<RemoteReply, 5> kDeferrals{{
    {50, "450 4.7.1 Greylisted, try again later", Variant::greylisted, Cause::as_stated},
    {20, "451 4.7.1 Greylisting in action, please come back in 00:05:00", Variant::greylisted,
     Cause::as_stated},
    {10, "451 4.1.8 Domain of sender address {from} does not resolve",
     Variant::sender_domain_unresolved, Cause::dns_temporary},
    {12,
     "421 4.7.0 [TSS04] Messages from {ip} temporarily deferred due to unexpected volume or user "
     "complaints",
     Variant::rate_limited, Cause::as_stated},
    {8, "452 4.2.2 <{to}> Quota exceeded (mailbox for user is full)", Variant::mailbox_full,
     Cause::as_stated},
}};

}  // namespace

Mark refused(Direction direction, bool permanent, Variant variant, Cause cause,
             std::string_view sender, std::string_view recipient) {
  Mark mark;
  mark.kind = Mark::Kind::refusal;
  mark.direction = direction;
  mark.permanent = permanent;
  mark.variant = variant;
  mark.cause = cause;
  if (sender.empty() || recipient.empty()) return mark;  // no case (product's word)
  const auto hash = std::hash<std::string_view>();
  mark.correspondents =
      (hash(sender) * 31 + hash(recipient)) * 3 + static_cast<unsigned>(direction);
  return mark;
}

Mark delivered() {
  Mark mark;
  mark.kind = Mark::Kind::delivery;
  return mark;
}

const RemoteReply& remote_refusal(Random& random) { return random.pick<RemoteReply>(kRefusals); }
const RemoteReply& remote_deferral(Random& random) { return random.pick<RemoteReply>(kDeferrals); }

std::string reply_text(const RemoteReply& reply, std::string_view from, std::string_view to) {
  return fmt::format(fmt::runtime(reply.text), fmt::arg("from", from), fmt::arg("to", to),
                     fmt::arg("ip", kOurAddress));
}

}  // namespace lostmail::bench
