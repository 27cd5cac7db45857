#pragma once

#include <array>

#include "advice/entry.hpp"

namespace lostmail::advice {

inline constexpr std::array kVariants{
    Entry<Variant>{
        Variant::sender_verify_failed,
        "Sender verification failed",
        {
            "The refusing server tested whether the sender address can take a bounce: it looked "
            "for a route to the domain and often asked the domain's mail server (a callout). The "
            "answer was no. The content of the mail played no part.",
            "Make the envelope sender a working address: the domain has an MX, A or AAAA record, "
            "the mailbox exists, and its servers accept MAIL FROM:<> for it (RFC 5321 section "
            "4.5.5). Then send again; a failed test may stay cached for some hours.",
            "If the sender is genuine, exempt it from the verification alone, in the same ACL "
            "statement; 'lostmail whitelist suggest' proposes the entry. Never write an accept "
            "before relay control: anybody can claim a sender address.",
        },
    },
    Entry<Variant>{
        Variant::sender_verify_rejected,
        "Sender verification rejected",
        {
            "The text comes from that site's own configuration. Most likely the server tested "
            "whether the sender address accepts mail, by DNS or by a callout, and the test "
            "failed; the text does not say at which step.",
            "Test what such checks ask: does the sender's domain have an MX, A or AAAA record, "
            "does its server accept MAIL FROM:<> and then RCPT TO the sender? If all is well, ask "
            "the refusing site's postmaster what the rule tests.",
            "Find the text in your ACL or filter and see to which condition it belongs. Exempt a "
            "genuine sender from that one condition, and let the text name the reason, so that "
            "the sender's administrator can act on it.",
        },
    },
    Entry<Variant>{
        Variant::verify_validity,
        "Validity could not be verified",
        {
            "The text comes from that site's own configuration. Most likely it means the validity "
            "of the sender address: its domain is not in DNS, or its mail server did not confirm "
            "the mailbox.",
            "Check that the envelope sender's domain has an MX, A or AAAA record and that its "
            "server accepts MAIL FROM:<> and then RCPT TO the sender. If it does, ask the "
            "refusing site's postmaster which validity is meant.",
            "Find which rule writes this text and what it tests; if that is the sender address, "
            "exempt a genuine sender from this test only. Let the text say which address failed "
            "and why.",
        },
    },
    Entry<Variant>{
        Variant::administrative_prohibition,
        "Administrative prohibition",
        {
            "These words are Exim's reply for a rule without a message of its own, so they do not "
            "tell which check failed. Where the site adds 'mailserver verify address', it was "
            "most likely a sender verification.",
            "Check the usual points: the sender's mailbox exists and accepts MAIL FROM:<>, its "
            "domain is in DNS, the sending IP address has a matching PTR record. If so, ask the "
            "refusing site's postmaster, with time and addresses.",
            "Look at the end of your log line: a failed verify condition writes its reason there, "
            "a bare deny writes nothing. Give every deny a message. Exempt a genuine sender from "
            "the one condition that failed, once you know it.",
        },
    },
    Entry<Variant>{
        Variant::message_to_verify,
        "Address cannot be verified",
        {
            "The server could not verify an address. The known source is cPanel, where the text "
            "speaks of the recipient. Where a callout got it as the answer, the sender's own "
            "server said it of the sender address.",
            "If the whole text speaks of recipients, correct or remove the recipient address. If "
            "it was a callout's answer, create the sender's mailbox on the server that the "
            "domain's MX record names, and accept MAIL FROM:<> for it.",
            "If the recipient should exist, create its mailbox, forwarder or domain on the server "
            "that gave the answer; no whitelist helps. If it was a callout's answer, exempt a "
            "genuine sender from verification only.",
        },
    },
    Entry<Variant>{
        Variant::firewall_upgrade,
        "Upgrade your firewall firmware",
        {
            "The text comes from that site's own configuration. Sender verification failed, most "
            "likely because the callout to the sender's mail server was blocked, hung or was "
            "altered on its way, for which the site blames a firewall.",
            "Let the refusing server reach the sender domain's MX hosts on port 25, turn off any "
            "SMTP inspection that rewrites commands or replies, and accept MAIL FROM:<> for the "
            "sender's mailbox. Test it from an outside network.",
            "Try the callout by hand from your server: connect to the sender's MX on port 25, "
            "MAIL FROM:<>, RCPT TO the sender. If it hangs, let callouts that cannot finish pass "
            "(callout=30s,defer_ok), or exempt this sender from verification only.",
        },
    },
    Entry<Variant>{
        Variant::no_reverse_lookup,
        "No reverse DNS for the client",
        {
            "The server looked up the host name of the connecting IP address (its PTR record) and "
            "found none that it could use. It distrusts the sending machine; the sender address "
            "was not tested.",
            "Publish a PTR record for every IP address that sends mail, IPv6 too, naming a host "
            "whose A or AAAA record is that address (RFC 1912 section 2.1); greet with that name "
            "in EHLO. The owner of the address block, often the provider, sets the PTR.",
            "See first that your own resolver finds other PTR records. Exempt a known host by its "
            "full IP address, not by name or network, and from this check only. In Sendmail, "
            "Connect:IP OK also skips block lists and rate limits for it.",
        },
    },
    Entry<Variant>{
        Variant::return_address_rejected,
        "Return address rejected",
        {
            "The text comes from that site's own configuration or from a gateway that explains a "
            "bounce. Most likely the destination found the envelope sender, where bounces go, "
            "unusable: no such mailbox or no such domain.",
            "Look at the envelope sender, not at the From field: web sites and scripts often "
            "leave a default with a local host name. Set a real mailbox that accepts MAIL "
            "FROM:<>, in a domain with an MX, A or AAAA record.",
            "Find which rule or gateway writes this text and what it tests. Exempt a genuine "
            "sender from that test only; never accept by sender address before relay control, "
            "because anybody can claim that address.",
        },
    },
    Entry<Variant>{
        Variant::sender_must_exist,
        "Sender must exist",
        {
            "The text comes from that site's own configuration. Most likely the server tested "
            "whether the sender address exists, by looking up its domain in DNS or by asking its "
            "mail server, and got no for an answer.",
            "Send from an address that exists: its domain has an MX, A or AAAA record, and its "
            "server accepts MAIL FROM:<> and then RCPT TO this address. Give no-reply addresses a "
            "mailbox or an alias too.",
            "Find the rule and see whether it tests the domain or the mailbox. If the domain "
            "exists only for others, repair your resolver; a genuine sender that fails a callout "
            "may be exempted from verification only.",
        },
    },
    Entry<Variant>{
        Variant::domain_not_found,
        "Sender domain not found",
        {
            "The server looked up the sender address's domain in DNS and found no such name, or "
            "neither MX nor A or AAAA records for it. A reply or a bounce could not reach the "
            "sender.",
            "Publish an MX, or at least an A or AAAA record, for the domain after the @ of the "
            "envelope sender, or send from a domain that has one. Programs that send as "
            "user@host.localdomain need masquerading or rewriting to a public domain.",
            "If the domain does not exist anywhere, the refusal is right: do nothing. If others "
            "can see it, repair your own resolver first. As a last resort exempt the one address; "
            "Sendmail's From:user@domain OK may lift other checks too.",
        },
    },
    Entry<Variant>{
        Variant::callout_incomplete,
        "Sender verification not completed",
        {
            "The server could not finish verifying the sender: a DNS lookup or the callout to the "
            "sender's mail server timed out, broke off or got a temporary reply. As a rule this "
            "is a 4xx reply, and the sending server tries again.",
            "See that the sender domain's name servers and all its MX hosts answer promptly from "
            "outside, and that they accept MAIL FROM:<> without greylisting at RCPT TO. Nothing "
            "needs sending again while the mail is still queued.",
            "Let such results pass: callout=30s,defer_ok covers a callout that cannot finish, a "
            "/defer_ok after verify = sender covers DNS trouble as well. If many domains are "
            "affected, check your own resolver and outgoing port 25 first.",
        },
    },
    Entry<Variant>{
        Variant::sender_undeliverable,
        "Sender address undeliverable",
        {
            "The server, typically Postfix with address verification, probed the sender address "
            "as if to deliver to it. 'Undeliverable' means that the probe was refused; "
            "'unverified' often means that there is no result yet, and a retry may pass.",
            "The reply mostly quotes the sender domain's own server: act on that quotation. The "
            "mailbox must exist, take RCPT TO from MAIL FROM:<> and from the probe's address, and "
            "its server must not block the host that asks.",
            "Exempt a genuine sender from the probe only. In Postfix set a check_sender_access "
            "entry just before reject_unverified_sender and after reject_unauth_destination, so "
            "that it can never permit relaying.",
        },
    },
    Entry<Variant>{
        Variant::header_sender_invalid,
        "No valid sender in the header",
        {
            "The server verified the addresses in the message's From, Reply-To and Sender fields "
            "and none of them passed. The envelope sender may be in order.",
            "Put an address that exists and accepts mail into at least one of From, Reply-To and "
            "Sender. Look for programs that write localhost, a host name or a bare user name "
            "there.",
            "Exempt a genuine sender or host from verify = header_sender only, in the DATA ACL. "
            "The exemption compares the envelope sender, so list that address and not the one in "
            "the header.",
        },
    },
    Entry<Variant>{
        Variant::sender_domain_unresolved,
        "Sender domain does not resolve",
        {
            "DNS gave no usable answer for the sender's domain: a timeout or a server failure, "
            "not a no. The refusal is temporary; the sending server tries again until its queue "
            "time ends.",
            "Check the domain's name servers: all that are listed answer from outside, over UDP "
            "and TCP, the delegation names the right ones, and DNSSEC signatures are valid. Send "
            "again only what has already come back.",
            "Test your own resolver first: if many domains fail, the fault is yours. If it is one "
            "domain, wait for the retry. Do not set accept_unresolvable_domains, which lifts the "
            "check for everybody.",
        },
    },
    Entry<Variant>{
        Variant::sender_syntax,
        "Malformed sender address",
        {
            "The address in MAIL FROM is not a complete, well-formed address: it has no domain, a "
            "local host name for a domain, or characters that are not allowed. No mailbox was "
            "tested.",
            "Correct the program or device that sets the envelope sender; it must be user@domain "
            "with a public domain. On a mail server set the domain it adds: Exim qualify_domain, "
            "Sendmail MASQUERADE_AS with masquerade_envelope.",
            "Strangers' mail of this kind is rightly refused. For devices of your own that cannot "
            "be corrected use a private listener or host list (Sendmail DaemonPortOptions M=u, "
            "Exim sender_unqualified_hosts), not a whitelist of senders.",
        },
    },
    Entry<Variant>{
        Variant::reverse_forged,
        "Reverse DNS does not match",
        {
            "The connecting IP address has a host name (PTR record), but that name does not lead "
            "back to the address. The owner of an address can write any name there, so the server "
            "does not believe it. The sender address was not tested.",
            "Make both directions agree: the name in the PTR record needs an A or AAAA record "
            "with exactly this IP address. Check every address that sends, IPv6 and NAT addresses "
            "too, and greet with that name in EHLO.",
            "Look both records up with your own resolver; a lookup that fails for a moment can "
            "look the same. Exempt a known host by its full IP address from this check only, "
            "never by its name, since the name is what is in doubt.",
        },
    },
    Entry<Variant>{
        Variant::helo_invalid,
        "HELO name not accepted",
        {
            "The server tested the name that the client gave in HELO or EHLO and did not accept "
            "it: no valid host name, not in DNS, not that of the IP address, or the server's own "
            "name. The sender address was not tested.",
            "Let the sending server greet with its full public host name, which resolves to its "
            "IP address: Exim primary_hostname or helo_data, Sendmail confDOMAIN_NAME, Postfix "
            "smtp_helo_name. Never localhost and never the recipient's own name.",
            "Exempt a known host by its IP address from the HELO check only, and have your own "
            "users authenticate. In Sendmail do not put the name into class R: that permits "
            "relaying as well.",
        },
    },
    Entry<Variant>{
        Variant::dnsbl,
        "Listed on a block list",
        {
            "This is not a sender verification refusal. The client's IP address or the sender's "
            "domain is on a DNS block list that the server asks.",
            "Look the IP address up on the list that the reply names, remove the cause (a stolen "
            "account, an infected web site, an open relay) and then ask the list for removal. "
            "From a dynamic address send through your provider's server.",
            "Check that the list still runs and answers your resolver properly; many refuse "
            "queries from large public resolvers. Exempt a known host by IP address from this "
            "list only; an exemption from sender verification changes nothing.",
        },
    },
    Entry<Variant>{
        Variant::rate_limited,
        "Too many mails or connections",
        {
            "This is not a sender verification refusal. The client exceeded a limit of the "
            "server: connections, messages or recipients in a span of time, or at once. Mostly it "
            "is temporary.",
            "Send more slowly: fewer parallel connections and fewer recipients for each message "
            "to this host. If you did not send that much, look for a stolen account or a looping "
            "program.",
            "If the client is known, raise the limit for its IP address: an exemption in Exim's "
            "ratelimit statement, ClientRate:IP or ClientConn:IP in Sendmail's access map. Leave "
            "the limit in force for all others.",
        },
    },
    Entry<Variant>{
        Variant::greylisted,
        "Greylisted, try again later",
        {
            "This is not a sender verification refusal. The server asks unknown senders to come "
            "back a little later; a real mail server does so by itself, and then the mail gets "
            "through.",
            "Nothing, if the mail waits in a queue: check that the retry comes after some minutes "
            "and from the same IP address. A script or web form that gives up at a 4xx reply "
            "should send through a local mail server.",
            "Put services that retry from changing addresses on the greylisting program's own "
            "whitelist. An exemption from sender verification does not touch greylisting.",
        },
    },
    Entry<Variant>{
        Variant::spam_content,
        "Rejected as spam",
        {
            "This is not a sender verification refusal. A filter judged the message itself, by "
            "its text, links, header fields or a score of many signs.",
            "Read the reply for a reference or a link and report the mail to the refusing site as "
            "wrongly refused. Check that your account or web site was not abused, and that the "
            "mail passes SPF, DKIM and DMARC.",
            "Look in the filter's own log, at the same time or queue id, for the rules that "
            "scored. Correct or exempt it in the filter, bound to an IP address or a DKIM "
            "signature; sender verification lists do not reach it.",
        },
    },
    Entry<Variant>{
        Variant::virus,
        "Virus or forbidden attachment",
        {
            "This is not a sender verification refusal. A scanner found malicious software, or a "
            "kind of file that the site does not take, in the message.",
            "Scan the machine that the mail came from. If the file is harmless, do not send it as "
            "a program, a macro document or an encrypted archive; agree on another way to hand it "
            "over.",
            "Look in the scanner's log for the name it reports, update the signatures and report "
            "a false hit to their maker. Never exempt a sender from virus scanning: the address "
            "proves nothing about the file.",
        },
    },
    Entry<Variant>{
        Variant::recipient_unknown,
        "Recipient does not exist",
        {
            "This is not a sender verification refusal. The server says that it has no such "
            "recipient or domain.",
            "Correct the recipient address or ask the recipient for it. If several known "
            "recipients of one host fail at once, suspect a refused sender: older Sendmail logs "
            "call any 550 at RCPT TO 'User unknown', and only the bounce holds the text.",
            "If the recipient should exist, create the mailbox or alias; see that the domain is "
            "local on this server and that user lookups (LDAP, database) work. No whitelist "
            "helps.",
        },
    },
    Entry<Variant>{
        Variant::mailbox_full,
        "Recipient's mailbox is full",
        {
            "This is not a sender verification refusal. The recipient exists, but the mailbox or "
            "its disk has no room for the message.",
            "Tell the recipient by another way, or send again later or without large attachments. "
            "Nothing on the sending side is broken.",
            "Make room: raise the quota, or have old mail removed; check the free disk space too "
            "if several mailboxes report this. No whitelist helps.",
        },
    },
    Entry<Variant>{
        Variant::relay_denied,
        "Relaying denied",
        {
            "This is not a sender verification refusal. The server is not responsible for the "
            "recipient's domain and does not forward for this client. Words like 'IP name lookup "
            "failed' only say why it did not know the client.",
            "A user of that server turns on authentication in the mail program, on port 587 or "
            "465. If the mail came from another server, check that the recipient domain's MX "
            "record names the right host.",
            "Never whitelist this: it makes an open relay. Let your users authenticate. If the "
            "recipient's domain is yours, add it to the domains this server accepts (Exim "
            "local_domains or relay_to_domains, Sendmail class w).",
        },
    },
    Entry<Variant>{
        Variant::access_denied,
        "Access denied by a local rule",
        {
            "This is not a sender verification refusal. A rule of that site names this client, "
            "sender, domain or recipient and refuses it.",
            "Ask the refusing site's postmaster, by another address or by telephone, which entry "
            "matched and what removes it. Check your IP address for abuse in the meantime.",
            "Find the matching entry and narrow or remove it: Sendmail's access map (Connect:, "
            "From:, To:), Exim's own deny lists, hosts.deny or a filter. Exempting the sender "
            "from verification does not override it.",
        },
    },
    Entry<Variant>{
        Variant::auth_required,
        "Authentication required",
        {
            "This is not a sender verification refusal. The server takes mail from this client "
            "only after a log-in with user name and password.",
            "Turn on SMTP authentication in the mail program or device, on port 587 or 465 with "
            "TLS. A mail server that delivers to another domain must use that domain's MX on port "
            "25.",
            "Never whitelist a sender for this; the address proves nothing. Check that AUTH is "
            "offered once TLS is on, that the account works, and that mail from other servers "
            "does not arrive at the submission port.",
        },
    },
    Entry<Variant>{
        Variant::spf_fail,
        "SPF check failed",
        {
            "This is not a sender verification refusal. The sender domain's SPF record does not "
            "allow the client's IP address to send for it.",
            "Add the IP address or service to the SPF record (a TXT record that begins with "
            "v=spf1) of the envelope sender's domain, or send through a server that it lists. "
            "Forwarders should rewrite the envelope sender (SRS).",
            "The domain's owner asked for this. Exempt your own backup MX and known forwarders by "
            "IP address from the SPF check only; exempting a sender from verification does not "
            "help.",
        },
    },
    Entry<Variant>{
        Variant::dmarc_fail,
        "DMARC check failed",
        {
            "This is not a sender verification refusal. The domain in the From field publishes a "
            "DMARC policy, and neither SPF nor DKIM passed for that same domain.",
            "Sign with DKIM for the domain in From, or use an envelope sender in it that passes "
            "SPF; set this up for newsletter and ticket services too. Mailing lists should put "
            "their own domain into From.",
            "The domain's owner asked for this. Exempt only forwarders and lists that you trust, "
            "by IP address or ARC seal, from the DMARC check only.",
        },
    },
    Entry<Variant>{
        Variant::tls_required,
        "Encryption (TLS) required",
        {
            "This is not a sender verification refusal. One side insists on an encrypted "
            "connection, or on a certificate that it can verify, and did not get it.",
            "Turn on STARTTLS for outgoing mail, with TLS 1.2 or later. If the text speaks of a "
            "certificate, check its name, its date and the chain up to a known authority.",
            "Decide whether this client must use TLS: see encrypted and verify = certificate in "
            "Exim's ACLs, TLS_Clt entries in Sendmail's access map. Make an exception by IP "
            "address and for this rule only.",
        },
    },
    Entry<Variant>{
        Variant::too_large,
        "Message too large",
        {
            "This is not a sender verification refusal. The message, or one part of it, is larger "
            "than the server takes.",
            "Send smaller attachments or a link; encoding makes a file about a third larger on "
            "the way. Compare the size in the log with the limit that the server announces after "
            "EHLO (SIZE).",
            "Raise the limit if such mail is wanted: Exim message_size_limit, Sendmail "
            "confMAX_MESSAGE_SIZE, and the filters and mailbox quota behind it. No whitelist "
            "helps.",
        },
    },
    Entry<Variant>{
        Variant::protocol_error,
        "SMTP protocol error",
        {
            "This is not a sender verification refusal. The client broke the rules of SMTP: it "
            "spoke before its turn, sent unknown or malformed commands, or wrong line ends. Spam "
            "programs often do.",
            "Update or repair the sending program: wait for the greeting and for each reply, end "
            "lines with CR LF, say HELO or EHLO first. A firewall that rewrites SMTP can cause "
            "this too.",
            "Leave strangers refused. For an old device of your own make an exception by IP "
            "address: control = no_enforce_sync in Exim's connect ACL, GreetPause:IP 0 in "
            "Sendmail's access map.",
        },
    },
    Entry<Variant>{
        Variant::local_fault,
        "Fault in the refusing server",
        {
            "This is not a sender verification refusal. The server could not carry out its own "
            "rules: a configuration error, a failed lookup, a full disk or a mail filter that "
            "does not answer. Usually all mail is affected, not this sender alone.",
            "Wait: the mail stays queued after a 4xx reply. If it goes on for hours, tell the "
            "refusing site's postmaster by another way.",
            "Repair it now. Exim's line names the option, file or lookup (see the paniclog as "
            "well); Sendmail's Milter and SYSERR lines name the filter or map. Then run 'exim "
            "-bV' and a test session. A whitelist only hides the fault.",
        },
    },
    Entry<Variant>{
        Variant::unstated,
        "Refused without a text",
        {
            "The log holds a refusal but no words for it, so the reason is open; it need not be "
            "sender verification. Exim writes none for a bare deny, and Sendmail before 8.16 "
            "keeps no text of a remote server's permanent refusal.",
            "Read the bounce in the sender's mailbox: it quotes the whole reply. If there is "
            "none, send a test mail and watch the dialogue, or ask the refusing site's "
            "postmaster.",
            "Give every deny in the ACL a message and a log_message; with Sendmail log at a "
            "higher LogLevel for a while. Whitelist nothing before you know which check refused.",
        },
    },
    Entry<Variant>{
        Variant::other,
        "Wording not recognised",
        {
            "No pattern claims this text, so the program does not know what the server checked. "
            "The text itself is kept; it may or may not be about the sender address.",
            "Read the text as logged and follow it; it often holds a link or a contact. The "
            "bounce in the sender's mailbox may hold more lines than the log.",
            "If the text is your own, describe it in a pattern file of your site and test that "
            "with 'lostmail patterns check'; reports then name it. Whitelist nothing before you "
            "know which check refused.",
        },
    },
};

}  // namespace lostmail::advice
