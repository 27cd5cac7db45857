#pragma once

#include <array>

#include "advice/entry.hpp"

namespace lostmail::advice {

inline constexpr std::array kCauses{
    Entry<Cause>{
        Cause::mailbox_unknown,
        "Sender's mailbox is unknown",
        {
            "The sender domain's mail server answered 5xx to RCPT TO with the sender address: it "
            "takes no mail for it. Often this is a no-reply address or one that a program made "
            "up.",
            "Create a mailbox or alias for the sender address on the server that the domain's MX "
            "record names, even if nobody reads it, or send from an address that exists. If it "
            "exists, read that server's answer: it may block the host that asked.",
            "Refusing is defensible, since a bounce cannot arrive. If the mail is wanted, as from "
            "a shop or ticket system, exempt this one address from verification only; 'lostmail "
            "whitelist suggest' proposes the entry.",
        },
    },
    Entry<Cause>{
        Cause::null_sender_refused,
        "Sender's server refuses bounces",
        {
            "The sender domain's mail server answered 5xx to MAIL FROM:<>, the sender of every "
            "bounce. That server is misconfigured; it says nothing about the mailbox, so the mail "
            "need not be fake.",
            "Accept MAIL FROM:<> on every MX host of the sender domain, backup and filter "
            "services included (RFC 5321 section 4.5.5). Defence against forged bounces must act "
            "later, by recipient or by content.",
            "A good case for an entry: exempt the sender from verification only, or its domain "
            "from the callout while plain verify = sender still tests the domain; see 'lostmail "
            "whitelist suggest'.",
        },
    },
    Entry<Cause>{
        Cause::postmaster_refused,
        "Sender domain has no postmaster",
        {
            "The callout also asked for postmaster at the sender's domain, and that address was "
            "refused with 5xx. Every mail domain must have one (RFC 5321 section 4.5.1); the "
            "sender's own mailbox may well exist.",
            "Accept mail for postmaster at every domain that sends, as an alias to a person, and "
            "accept it from MAIL FROM:<>.",
            "Many genuine domains fail this test: drop postmaster or fullpostmaster from the "
            "callout's options, or exempt this sender from verification only.",
        },
    },
    Entry<Cause>{
        Cause::callout_host_refused,
        "Callout refused at the greeting",
        {
            "The sender domain's mail server refused the callout's connection itself, with 5xx in "
            "the greeting or after HELO. It was not asked about the mailbox, so nothing is known "
            "about the address.",
            "Look in your MX host's log for the refusing server's IP address and why it is turned "
            "away: block list, access rule or HELO check. Do not block hosts that your users "
            "write to; their bounces come the same way.",
            "Look to your own server: its outgoing IP address needs a matching PTR record, its "
            "HELO name must resolve, and it must not be on a block list. Until then exempt this "
            "sender from verification only.",
        },
    },
    Entry<Cause>{
        Cause::callout_unreachable,
        "Sender's mail server unreachable",
        {
            "No mail server of the sender's domain answered the callout: connection refused, "
            "timed out or cut off. Nothing is known about the mailbox.",
            "Make the domain's MX hosts reachable on port 25 from everywhere, over IPv6 too if "
            "they have AAAA records, remove dead MX records, and see that no firewall drops the "
            "host that asks. A domain that only sends needs such a host too.",
            "Check that your server reaches other hosts on port 25, over IPv6 too. Then let such "
            "results pass with callout=30s,defer_ok, or exempt this sender from verification "
            "only.",
        },
    },
    Entry<Cause>{
        Cause::callout_deferred,
        "Callout got a temporary reply",
        {
            "The sender domain's mail server answered the callout with 4xx, for instance for "
            "greylisting, load or a full mailbox. The result is open, and the sending server "
            "normally tries again.",
            "Do not greylist MAIL FROM:<> at RCPT TO; wait until DATA, which a callout never "
            "reaches. Clear what the reply names, such as a full mailbox. Mail still in the queue "
            "needs nothing else.",
            "Let temporary results pass with callout=30s,defer_ok; a mail that a greylisting "
            "domain sends is then no longer held up. Exempting the sender from verification only "
            "is the narrower way.",
        },
    },
    Entry<Cause>{
        Cause::unroutable,
        "No route to the sender address",
        {
            "The refusing server found no way to deliver to the sender address, mostly because "
            "DNS has no mail host for the domain. If the server takes the domain for one of its "
            "own, the local mailbox is missing. No other server was asked.",
            "Give the sender domain an MX, A or AAAA record that outsiders can see, and send from "
            "a mailbox that exists. Addresses like user@host.localdomain must be rewritten to a "
            "public domain.",
            "Run 'exim -bvs ADDRESS' and see why no router takes it. A domain that has moved "
            "elsewhere but is still listed as local must be removed there. For a foreign domain "
            "check your resolver before you exempt the sender.",
        },
    },
    Entry<Cause>{
        Cause::domain_nonexistent,
        "Sender domain does not exist",
        {
            "DNS answered that the sender's domain does not exist, or that it has neither MX nor "
            "A or AAAA records. A reply or a bounce could not reach the sender.",
            "Check the spelling and that the domain's registration has not lapsed, and publish an "
            "MX, A or AAAA record for it. Rewrite local host names in the envelope sender to a "
            "public domain (masquerading).",
            "Nothing: the refusal is right, and an entry would let in whoever makes up that "
            "domain. If others can see the domain, repair your own resolver instead.",
        },
    },
    Entry<Cause>{
        Cause::mx_unusable,
        "Sender domain's MX is unusable",
        {
            "The sender's domain has MX records, but none leads to a usable host: names without "
            "an address, IP addresses in place of names, private addresses, or the refusing "
            "server itself.",
            "Correct the MX records: each names a host, not an IP address and not a CNAME, that "
            "has a public A or AAAA record and takes mail for the domain (RFC 5321 section 5.1).",
            "If the MX record names your own server, add the domain to those it accepts, or ask "
            "its owner to remove the record. Otherwise the fault is the sender's; exempt a known "
            "address from verification only until it is repaired.",
        },
    },
    Entry<Cause>{
        Cause::null_mx,
        "Sender domain has a null MX",
        {
            "The sender's domain publishes a null MX record (MX 0 .), which declares that it "
            "takes no mail at all (RFC 7505). No bounce could be delivered, so servers may refuse "
            "it as a sender.",
            "A domain that sends should not have a null MX: replace it by a real MX record, or "
            "use an envelope sender in a domain that takes mail (RFC 7505 section 4.2).",
            "The refusal is right: the domain's owner says that it takes no mail. Tell the "
            "sender; exempt the one address from verification only if its mail is wanted and the "
            "record cannot be changed soon.",
        },
    },
    Entry<Cause>{
        Cause::dns_temporary,
        "Temporary DNS failure",
        {
            "A DNS lookup for the sender or the client timed out or failed on a name server. This "
            "is neither yes nor no, and a retry may well succeed.",
            "Check that all name servers of the domain, and of the reverse zone of the sending IP "
            "address, answer from outside over UDP and TCP, and that their DNSSEC signatures are "
            "valid.",
            "Repair your own resolver first if many domains are affected. Otherwise wait for the "
            "retry, or let DNS trouble pass with verify = sender/defer_ok; do not whitelist for a "
            "passing fault.",
        },
    },
    Entry<Cause>{
        Cause::ptr_missing,
        "No PTR record for the client",
        {
            "The connecting IP address has no PTR record, so the server found no host name for "
            "it. Real mail servers mostly have one; infected home machines often do not.",
            "Have the owner of the address block, mostly the provider, set a PTR record to the "
            "mail server's name, and publish an A or AAAA record of that name with the same IP "
            "address. Check the IPv6 address too.",
            "Look up the PTR record with your own resolver and with another. If it is really "
            "missing, exempt a known host by its full IP address from the reverse DNS check only.",
        },
    },
    Entry<Cause>{
        Cause::ptr_mismatch,
        "PTR name and IP address disagree",
        {
            "The IP address has a PTR record, but the name in it has no A or AAAA record with "
            "that address. The name is therefore not confirmed.",
            "Change one of the two: add an A or AAAA record with this IP address to the name, or "
            "let the PTR record name a host that already has it.",
            "Exempt a known host by its full IP address from the reverse DNS check only; an entry "
            "by name cannot match, because the name is not confirmed.",
        },
    },
    Entry<Cause>{
        Cause::address_syntax,
        "Address is malformed",
        {
            "The address that was to be tested is not well formed: no domain, characters that are "
            "not allowed, or a domain that cannot exist. There was nothing to look up.",
            "Correct the program, form or device that sets the address. It must be user@domain, "
            "with a full public domain and without blanks.",
            "Nothing for strangers. Repair your own programs, or let them submit where the server "
            "completes addresses; a malformed address cannot be whitelisted safely.",
        },
    },
    Entry<Cause>{
        Cause::not_logged,
        "Cause not in the log",
        {
            "There was a cause, but the log does not hold it: an earlier result was used from a "
            "cache, details are switched off, or only part of the reply was logged.",
            "Read the bounce in the sender's mailbox, which quotes the whole reply. Or test from "
            "outside whether the sender's MX accepts MAIL FROM:<> and then RCPT TO the sender.",
            "Search the hours before for the same address or domain, because Exim caches "
            "callouts. Keep log_selector +sender_verify_fail and drop /no_details. Run the "
            "callout by hand before you exempt anybody.",
        },
    },
    Entry<Cause>{
        Cause::as_stated,
        "As the reply says",
        {
            "The log says nothing beyond the reply itself; what the reply states is all that is "
            "known.",
            "Follow the advice for the kind of refusal. The bounce in the sender's mailbox may "
            "hold more lines of the reply than the log does.",
            "Follow the advice for the kind of refusal. If the rule is yours, let its text state "
            "what failed.",
        },
    },
};

}  // namespace lostmail::advice
