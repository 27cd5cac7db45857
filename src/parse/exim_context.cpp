#include "parse/exim_context.hpp"

#include <algorithm>
#include <array>

#include "parse/beginnings.hpp"

namespace lostmail::parse {
namespace {

/// What such a line begins with, and the source file of Exim 4.99 that writes it.
constexpr std::array<std::string_view, 102> kBeginnings{{
    // daemon.c, exim.c, queue.c
    "exim 3.",
    "exim 4.",
    "exim 5.",
    "Start queue run",
    "End queue run",
    "SIGHUP received",
    "SIGTERM received",
    "pid ",
    "daemon ",
    "re-exec of exim",
    "socket bind() ",
    "listen() failed",
    "accept() failure",
    "fork of ",
    "cannot fork",
    "queue run: ",
    "no queue runs",
    "multiple SMTP calls",
    "cwd=",
    "Exim configuration error",
    "Exim configuration file",
    "Warning: ",
    "2nd ",
    "daemon_notifier",
    "failed to unlink",
    "failed to open",
    "failed to set uid",
    "unable to ",
    "User ",
    "Max queue",
    "Running non-root",
    "changed uid/gid",
    // deliver.c, retry.c, spool_in.c, moan.c
    "Frozen",
    "frozen ",
    "Unfrozen",
    "unfrozen ",
    "Message is frozen",
    "message is frozen",
    "cancelled ",
    "removed ",
    "Spool file is locked",
    "Spool file ",
    "Format error in spool",
    "errors sent",
    "error ",
    "discarded",
    "*frozen*",
    "no immediate delivery",
    "Delivery status for",
    "delivery ",
    "all hosts for ",
    "retry timeout exceeded",
    "removal of ",
    "completed ",
    "forced ",
    "rescued ",
    "Message abandoned",
    "The message ",
    "sender address changed",
    "return path ",
    "message suppressed",
    "event ",
    // receive.c, smtp_in.c, acl.c
    "SMTP connection ",
    "SMTP command timeout on connection",
    "SMTP data timeout",
    "SMTP call from ",
    "SMTP protocol error in ",
    "SMTP syntax error in ",
    "unexpected disconnection while reading SMTP command",
    "unexpected end of file",
    "incomplete transaction",
    "no MAIL in SMTP connection",
    "no MAIL in TLS-encrypted SMTP connection",
    "lost incoming connection",
    "ignoring AUTH=",
    "remote host used IP address",
    "TLS error on connection",
    "TLS session",
    "TLS client ",
    "TLS connection",
    "DANE ",
    "XCLIENT",
    "PROXY ",
    "DKIM",
    "PDKIM",
    "ARC",
    "SPF",
    "DMARC",
    "PRDR ",
    "RCPT ",
    "VRFY ",
    "EXPN ",
    "ETRN ",
    "pipelining",
    // host.c, dnsbl.c, dns.c, match.c, verify.c
    "no host name found for IP address",
    "no IP address found for host",
    "DNS list lookup ",
    "Long DNS lookup for ",
    "list matching forced ",
    "ident connection to ",
    "lowest numbered MX record ",
    "host name alias list truncated",
}};

/// What cPanel's and DirectAdmin's own Perl and ACLs write.
constexpr std::array<std::string_view, 7> kPanelBeginnings{{
    "Sender identification ",
    "SpamAssassin as ",
    "SMTP connection identification",
    "sender identification ",
    "From: ",
    "SpamScore ",
    "Subject: ",
}};

/// Lines whose beginning is a name: `login authenticator failed for …`.
constexpr std::array<std::string_view, 15> kPhrases{{
    " authenticator failed ",
    "(making callout connection)",
    "callout unencrypted to",
    "Remote host closed connection",
    "Connection refused",
    "Connection timed out",
    "No route to host",
    "Network is unreachable",
    "Connection reset by peer",
    "SMTP timeout after ",
    "Malformed SMTP reply",
    "not in hosts_require_tls",
    "in response to ",
    "TLS session: ",
    "a TLS session is required",
}};

}  // namespace

bool is_exim_context(std::string_view text) {
  static const Beginnings beginnings{kBeginnings, kPanelBeginnings};
  return beginnings.has_one_of(text) ||
         std::any_of(kPhrases.begin(), kPhrases.end(), [&](std::string_view phrase) {
           return text.find(phrase) != std::string_view::npos;
         });
}

}  // namespace lostmail::parse
