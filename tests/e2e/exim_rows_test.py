"""Each kind of line that Exim 4.50 to 4.99 writes about a refusal, with the source file that writes it, and what it says."""
import datetime
import unittest

import rows

HOST = "H=(c.example.net) [192.0.2.7] "
FROM = "F=<a@example.com> "
ID = "1s2Abc-0000fG-1H "
FAIL = "rejected RCPT <b@example.net>: Sender verify failed"
REMOTE = ID + "** b@example.org R=r T=t H=mx.example.org [198.51.100.20]: SMTP error from remote mail server after "


def rcpt(text, temporarily=""):
    return [HOST + FROM + temporarily + "rejected RCPT <b@example.net>: " + text]


def reason(text):
    return [HOST + "sender verify fail for <a@example.com>" + text, HOST + FROM + FAIL]


def defer(text):
    callout = "callout" if "callout" in text else ""
    return [HOST + "sender verify defer for <a@example.com>" + text,
            HOST + FROM + "temporarily rejected RCPT <b@example.net>: " +
            f"Could not complete sender verify {callout}".strip()]


def refusal(variant=None, cause=None, code=550, stage="rcpt", **fields):
    """Fields that are None are not looked at."""
    return {"variant": variant, "cause": cause, "reply_code": code, "stage": stage,
            "permanent": code >= 500, "direction": "inbound", "client_ip": "192.0.2.7", **fields}


def out(variant, cause=None, code=550, stage="rcpt"):
    return refusal(variant, cause, code, stage, direction="outbound", client_ip=None,
                   remote_ip="198.51.100.20", recipient="b@example.org")


LONG = "<" + "x" * 120 + "@example.net>"
SYNC = "SMTP protocol synchronization error (next input sent too soon: pipelining was not advertised): rejected "
CUT = LONG[:100]  # smtp_in.c smtp_handle_acl_fail()
MAIL = {"sender": "a@example.com"}
BOTH = {**MAIL, "recipient": "b@example.net"}
NO_REFUSAL = None

# (source file of Exim, lines behind the time stamp, what they say)
ROWS = [
    # smtp_in.c smtp_handle_acl_fail(), globals.c acl_wherenames[], acl_wherecodes[]
    ("smtp_in.c", rcpt("relay not permitted"), refusal("relay_denied", "as_stated", **BOTH)),
    ("smtp_in.c", rcpt("relay not permitted", "temporarily "), refusal("relay_denied", code=451, **BOTH)),
    ("smtp_in.c", [HOST + FROM + "rejected RCPT <b@example.net>"], refusal("unstated", **BOTH)),
    ("smtp_in.c", [HOST + "rejected MAIL <a@example.com>: no"], refusal(stage="mail", **MAIL)),
    ("smtp_in.c", [HOST + "rejected MAIL <>: no"], refusal(stage="mail", sender="")),
    ("smtp_in.c", [HOST + "rejected DATA: no"], refusal(stage="data")),
    ("smtp_in.c", [ID + HOST + FROM + "rejected after DATA: no"], refusal(stage="message", **MAIL)),
    ("smtp_in.c", [ID + HOST + FROM + "rejected after DATA PRDR: no"], refusal(stage="message")),
    ("smtp_in.c", [ID + HOST + FROM + "rejected during MIME ACL checks: no"], refusal(stage="message", **MAIL)),
    ("smtp_in.c", [ID + HOST + "rejected DKIM : no"], refusal(stage="message")),
    ("smtp_in.c", [HOST + 'rejected connection in "connect" ACL: no'], refusal(stage="connect")),
    ("smtp_in.c", ["H=[192.0.2.7] rejected EHLO or HELO c.example.net: no"], refusal(stage="helo", helo="c.example.net")),
    ("smtp_in.c", [HOST + "rejected AUTH PLAIN: no"], refusal(code=503, stage="auth")),
    ("smtp_in.c", [HOST + "temporarily rejected AUTH PLAIN: no"], refusal(code=451, stage="auth")),
    ("smtp_in.c", [HOST + "rejected STARTTLS : no"], NO_REFUSAL),
    ("smtp_in.c", [HOST + "rejected ETRN #x: no"], NO_REFUSAL),
    ("smtp_in.c", [HOST + "rejected VRFY x: no"], NO_REFUSAL),
    ("smtp_in.c", [HOST + "rejected EXPN x: no"], NO_REFUSAL),
    ("smtp_in.c", [HOST + "dropped by 'connect' ACL: no"], refusal(stage="connect")),
    # The fields between host and phrase, in every selector's form
    ("smtp_in.c", ["DS H=c.example.net (x) [192.0.2.7]:4 I=[192.0.2.1]:25 U=u Ci=9 X=TLS1.3:A:256 CV=no SNI=y "
                   "F=<a@example.com> A=plain:joe rejected RCPT <b@example.net>: no"], refusal(**BOTH)),
    ("smtp_in.c", ["[4711] " + HOST + FROM + "rejected RCPT <b@example.net>: no"], refusal(**BOTH)),
    ("smtp_in.c", rcpt("553 5.1.8 no such domain"), refusal(code=553, enhanced_code="5.1.8")),
    ("smtp_in.c", rcpt("451 4.7.1 later"), refusal(code=550, enhanced_code=rows.NULL)),
    ("smtp_in.c", rcpt("550 5.7.1 no", "temporarily "), refusal(code=451, enhanced_code=rows.NULL)),
    # Longer than Exim shows: no address, and the rest as it stands
    ("smtp_in.c", [HOST + FROM + f"rejected RCPT {CUT}: relay not permitted"],
     refusal("relay_denied", recipient=rows.NULL, doubtful=True, helo="c.example.net", **MAIL)),
    ("smtp_in.c", [HOST + f"rejected MAIL {CUT}: no"], refusal(stage="mail", sender=rows.NULL, doubtful=True)),
    ("acl.c", [HOST + f"sender verify fail for {LONG}: Unrouteable address", HOST + f"rejected MAIL {CUT}: Sender verify failed"],
     refusal("sender_verify_failed", "unroutable", stage="mail", sender=LONG[1:-1])),
    # verify = recipient: the reason is the text (routers/*.c, verify.c)
    ("dnslookup.c", rcpt("all relevant MX records point to non-existent hosts"), refusal("recipient_unknown", "as_stated", **BOTH)),
    ("dnslookup.c", rcpt("lookup defer for mx_domains", "temporarily "), refusal("recipient_unknown", code=451, **BOTH)),
    ("redirect.c", rcpt("forced rejection"), refusal("recipient_unknown", family="recipient")),
    ("verify.c", rcpt("mx.y.example [198.51.100.7] : SMTP error from remote mail server after RCPT TO:<b@example.net>: 550 5.1.1 "
                      "no such user"),
     refusal("recipient_unknown", "mailbox_unknown", family="recipient", remote_ip="198.51.100.7", remote_name="mx.y.example", **BOTH)),
    ("verify.c", rcpt('response to "RCPT TO:<b@example.net>" from mx.y.example [198.51.100.7] was: 550 no such user'),
     refusal("recipient_unknown", "mailbox_unknown", remote_ip="198.51.100.7", **BOTH)),
    ("verify.c", rcpt("Could not complete recipient verify callout: mx.y [198.51.100.7] : Connection timed out", "temporarily "),
     refusal("recipient_unknown", "callout_unreachable", 451, remote_ip="198.51.100.7", **BOTH)),
    # acl.c acl_verify(): the pair
    ("acl.c", reason(": Unrouteable address"), refusal("sender_verify_failed", "unroutable", **BOTH)),
    ("acl.c", rcpt("PFX: Sender verify failed"), refusal("sender_verify_failed", "not_logged")),
    ("acl.c", [HOST + "sender verify fail for <o@example.org>: Unrouteable address", HOST + FROM + FAIL],
     refusal("sender_verify_failed", "unroutable", verified="o@example.org", **BOTH)),
    ("acl.c", [HOST + "sender verify fail for <a@example.com>: Unrouteable address"],
     refusal("sender_verify_failed", "unroutable", recipient=None)),
    ("acl.c", [HOST + "Warning: sender verify failed: Unrouteable address"], NO_REFUSAL),
    # Reasons of the routers, for good
    ("route.c", reason(": dns router forced verify failure"), refusal("sender_verify_failed", "unroutable")),
    ("redirect.c", reason(": forced rejection"), refusal("sender_verify_failed", "unroutable")),
    ("dnslookup.c", reason(": all relevant MX records point to non-existent hosts"),
     refusal("sender_verify_failed", "mx_unusable")),
    ("dnslookup.c", reason(": all relevant MX records point to non-existent hosts or (invalidly) to IP addresses"),
     refusal("sender_verify_failed", "mx_unusable")),
    ("dnslookup.c", reason(": an MX or SRV record indicated no SMTP service"), refusal("sender_verify_failed", "null_mx")),
    ("dnslookup.c", reason(": an SRV record indicated no SMTP service"), refusal("sender_verify_failed", "null_mx")),
    ("dnslookup.c", reason(': mail domain "a_b.example" is syntactically invalid'),
     refusal("sender_verify_failed", "address_syntax")),
    ("rf_self_action.c", reason(": lowest numbered MX record points to local host"),
     refusal("sender_verify_failed", "mx_unusable")),
    ("verify.c", reason(""), refusal("sender_verify_failed", "not_logged")),
    # … for now
    ("dnslookup.c", defer(": host lookup did not complete"), refusal("callout_incomplete", "dns_temporary", 451, **BOTH)),
    ("dnslookup.c", defer(": lookup defer for mx_domains"), refusal("callout_incomplete", "dns_temporary", 451)),
    ("rf_lookup_hostlist.c", defer(": host lookup for example.com did not complete (DNS timeout?)"),
     refusal("callout_incomplete", "dns_temporary", 451)),
    # verify.c do_callout(), 4.50 to 4.88
    ("verify.c", reason(': response to "RCPT TO:<a@example.com>" from mx.example.com [198.51.100.9] was: 550 unknown'),
     refusal("sender_verify_failed", "mailbox_unknown", remote_ip="198.51.100.9")),
    ("verify.c", reason(': response to "MAIL FROM:<>" from mx.example.com [198.51.100.9] was: 550 no'),
     refusal("sender_verify_failed", "null_sender_refused")),
    ("verify.c", reason(': response to "HELO m" from mx.example.com [198.51.100.9] was: 550 no'),
     refusal("sender_verify_failed", "callout_host_refused")),
    ("verify.c", reason(': response to "initial connection" from mx.example.com [198.51.100.9] was: 554 no'),
     refusal("sender_verify_failed", "callout_host_refused")),
    ("verify.c", defer(": could not connect to mx.example.com [198.51.100.9]: Connection refused callout"),
     refusal("callout_incomplete", "callout_unreachable", 451)),
    # … 4.89 on
    ("verify.c", reason(": mx.example.com [198.51.100.9] : SMTP error from remote mail server after "
                        "RCPT TO:<a@example.com>: 550-5.1.1 no\\n550 5.1.1 such user"),
     refusal("sender_verify_failed", "mailbox_unknown", remote_ip="198.51.100.9", remote_name="mx.example.com")),
    ("verify.c", reason(': mx.example.com [198.51.100.9] : response to "MAIL FROM:<>" was: 550 no'),
     refusal("sender_verify_failed", "null_sender_refused")),
    ("verify.c", reason(": mx.example.com [198.51.100.9] : SMTP error from remote mail server after initial connection: 554 no"),
     refusal("sender_verify_failed", "callout_host_refused")),
    ("verify.c", reason(": mx.example.com [198.51.100.9] : SMTP error from remote mail server after HELO m: 550 no"),
     refusal("sender_verify_failed", "callout_host_refused")),
    ("verify.c", reason(": mx.example.com [198.51.100.9] : SMTP error from remote mail server after "
                        "RCPT TO:<postmaster@example.com>: 550 no"), refusal("sender_verify_failed", "postmaster_refused")),
    ("verify.c", defer(": Could not complete sender verify callout: mx.example.com [198.51.100.9] : SMTP error from "
                       "remote mail server after RCPT TO:<a@example.com>: 451 later"),
     refusal("callout_incomplete", "callout_deferred", 451)),
    ("verify.c", defer(": Could not complete sender verify callout: mx.example.com [198.51.100.9] : SMTP timeout after "
                       "initial connection"), refusal("callout_incomplete", "callout_unreachable", 451)),
    ("verify.c", defer(": Could not complete sender verify callout: mx.example.com [198.51.100.9] : could not connect: "
                       "Connection refused"), refusal("callout_incomplete", "callout_unreachable", 451)),
    ("verify.c", defer(": Could not complete sender verify callout: mx.example.com [198.51.100.9] : Connection timed out"),
     refusal("callout_incomplete", "callout_unreachable", 451)),
    ("verify.c", defer(": Could not complete sender verify callout"), refusal("callout_incomplete", None, 451)),
    # acl.c acl_verify(), acl_verify_reverse(); verify.c; the other conditions
    ("acl.c", rcpt("Unknown user"), refusal("recipient_unknown", "as_stated")),
    ("acl.c", rcpt("Unrouteable address"), refusal("recipient_unknown", "as_stated")),
    ("verify.c", rcpt("mx.example.net [198.51.100.9] : SMTP error from remote mail server after RCPT TO:<b@example.net>: "
                      "550 no such user"), refusal("recipient_unknown")),
    ("verify.c", rcpt("Previous (cached) callout verification failure"), refusal("recipient_unknown")),
    ("acl.c", [ID + HOST + FROM + "rejected after DATA: there is no valid sender in any header line"],
     refusal("header_sender_invalid", stage="message")),
    ("acl.c", [ID + HOST + FROM + "temporarily rejected after DATA: all attempts to verify a sender in a header line deferred"],
     refusal("header_sender_invalid", code=451, stage="message")),
    ("acl.c", rcpt("host lookup failed for reverse lookup check (failed to find host name from IP address)"),
     refusal("no_reverse_lookup", "ptr_missing")),
    ("acl.c", rcpt("host lookup failed (failed to find host name from IP address)"), refusal("no_reverse_lookup", "ptr_missing")),
    ("acl.c", rcpt("host lookup failed for reverse lookup check (192.0.2.7 does not match any IP address for c.example.net)"),
     refusal("reverse_forged", "ptr_mismatch")),
    ("acl.c", rcpt("host lookup deferred for reverse lookup check", "temporarily "),
     refusal("no_reverse_lookup", "dns_temporary", 451)),
    ("smtp_in.c", ['rejected "EHLO c.example.net" from [192.0.2.7]'], refusal("helo_invalid", stage="helo")),
    ("acl.c", rcpt('unknown option "x" in ACL condition "verify sender/x"', "temporarily "), refusal("local_fault", code=451)),
    ("acl.c", rcpt('failed to expand ACL string "${x": missing }', "temporarily "), refusal("local_fault", code=451)),
    # Other lines that end a command or a connection
    ("smtp_in.c", ["refused connection from c.example.net [192.0.2.7] (host_reject_connection)"], refusal(code=554, stage="connect")),
    ("smtp_in.c", ["refused connection from [192.0.2.7] (tcp wrappers)"], refusal(code=554, stage="connect")),
    ("smtp_in.c", ["connection from [192.0.2.7] refused (IP options)"], refusal(code=554, stage="connect")),
    ("smtp_in.c", ["temporarily refused connection from [192.0.2.7]: not in reserve list: connected=9 max=9"],
     refusal("rate_limited", code=421, stage="connect")),
    ("daemon.c", ["Connection from [192.0.2.7] refused: too many connections"], refusal("rate_limited", code=421, stage="connect")),
    ("daemon.c", ["Connection from [192.0.2.7] refused: too many connections from that IP address"],
     refusal("rate_limited", code=421, stage="connect")),
    ("smtp_in.c", ["rejected EHLO from [192.0.2.7]: syntactically invalid argument(s): a_b"],
     refusal("helo_invalid", code=501, stage="helo")),
    ("smtp_in.c", ["rejected MAIL from [192.0.2.7]: no HELO/EHLO given"], refusal(code=503, stage="mail", sender=rows.NULL)),
    ("smtp_in.c", ["rejected MAIL command " + HOST.rstrip() + ": too many messages in one connection"],
     refusal("rate_limited", code=421, stage="mail")),
    ("smtp_in.c", ["rejected MAIL FROM:<a@example.com> " + HOST.rstrip() + ": message too big: size=9 max=1"],
     refusal("too_large", code=552, stage="mail", **MAIL)),
    ("receive.c", [ID + "rejected from <a@example.com> " + HOST.rstrip() + ": message too big: read=9 max=1"],
     refusal("too_large", code=552, stage="message", **MAIL)),
    ("receive.c", [ID + "rejected from <a@example.com>" + HOST.rstrip() + ': Too many "Received" headers'],
     refusal(stage="message", **MAIL)),
    ("smtp_in.c", ["unqualified sender rejected: <joe> " + HOST.rstrip()],
     refusal("sender_syntax", "address_syntax", 501, "mail", sender="joe")),
    ("smtp_in.c", ["unqualified recipient rejected: <joe> " + HOST.rstrip()], refusal(code=501, recipient="joe")),
    ("smtp_in.c", ["too many recipients: message rejected: sender=<a@example.com> " + HOST.rstrip()],
     refusal(code=552, **MAIL)),
    ("smtp_in.c", ["too many recipients: excess temporarily rejected: sender=<a@example.com> " + HOST.rstrip()],
     refusal(code=452, **MAIL)),
    ("smtp_in.c", ["SMTP protocol synchronization error (input sent without waiting for greeting): rejected connection from "
                   + HOST + 'input="EHLO x"'], refusal("protocol_error", code=554, stage="connect")),
    ("smtp_in.c", [SYNC + '"RCPT TO:<b@example.net>" ' + HOST + 'next input="DATA\\r\\n"'],
     refusal("protocol_error", code=554, recipient="b@example.net")),
    ("smtp_in.c", [SYNC + '"MAIL FROM:<a@example.com> SIZE=9" ' + HOST + 'next input="x"'],
     refusal("protocol_error", code=554, stage="mail", **MAIL)),
    ("smtp_in.c", [SYNC + '"rcpt to: <@r.example:b@example.net>" ' + HOST + 'next input="x"'],
     refusal("protocol_error", code=554, recipient="b@example.net")),
    ("smtp_in.c", [SYNC + '"MAIL FROM:<>" ' + HOST + 'next input="x"'], refusal(code=554, stage="mail", sender="")),
    ("smtp_in.c", [SYNC + '"MAIL FROM:" ' + HOST + 'next input="x"'], refusal(code=554, stage="mail", sender=rows.NULL)),
    ("smtp_in.c", [SYNC + '"MAIL FROM:<\\"x H=evil.example [203.0.113.9]\\"@e.example>" ' + HOST + 'next input="x"'],
     refusal(code=554, stage="mail", doubtful=False)),
    ("smtp_in.c", [SYNC + '"MAIL FROM:<x" H=evil.example [203.0.113.9] a" ' + HOST + 'next input="x"'],
     refusal(code=554, client_ip=rows.NULL, sender=rows.NULL, stage="mail", doubtful=True)),
    ("smtp_in.c", ['SMTP syntax error in "MAIL FROM:<x" H=evil.example [203.0.113.9]" ' + HOST + "malformed address"],
     refusal(code=501, client_ip=rows.NULL, stage="mail", doubtful=True)),
    ("smtp_in.c", ['SMTP syntax error in "MAIL FROM:<a@b@c>" ' + HOST + "malformed address: @c> may not follow a@b"],
     refusal(code=501, stage="mail", sender=rows.NULL)),
    ("receive.c", [ID + "local_scan() function crashed with signal 11 - message temporarily rejected (size 100)"],
     refusal("local_fault", code=451, stage="message", client_ip=rows.NULL)),
    ("receive.c", [ID + "local_scan() function timed out - message temporarily rejected (size 100)"],
     refusal("local_fault", code=451, stage="message", client_ip=rows.NULL)),
    ("receive.c", [ID + "F=a@example.com " + HOST + "P=esmtp rejected by local_scan(): no"], refusal(stage="message", **MAIL)),
    ("receive.c", [ID + "F=<a@example.com> rejected by non-SMTP ACL: no"],
     refusal(stage="message", direction="internal", client_ip=None, **MAIL)),
    # What holds the words and is none
    ("receive.c", [ID + "(= a@example.com " + HOST + "P=esmtp S=5"], NO_REFUSAL),
    ("smtp_in.c", [HOST + FROM + "RCPT <b@example.net>: discarded by RCPT ACL: no"], NO_REFUSAL),
    ("smtp_in.c", [HOST + FROM + "rejected RCPT <b@example.net>: discarded by RCPT ACL"], NO_REFUSAL),
    ("smtp_in.c", [HOST + "incomplete transaction (QUIT) from <a@example.com>"], NO_REFUSAL),
    ("smtp_in.c", ["ignoring AUTH=x@example.com from " + HOST + "(rejected by ACL)"], NO_REFUSAL),
    ("verify.c", ["sender verify fail (making callout connection): T=t no"], NO_REFUSAL),
    ("deliver.c", [ID + '=> b@example.org R=r T=t H=mx [198.51.100.20] C="250 sender verify failed, rejected"'], NO_REFUSAL),
    ("exim.c", ["cwd=/tmp 4 args: exim rejected RCPT <b@example.net>: Sender verify failed"], NO_REFUSAL),
    ("host.c", ["no host name found for IP address 192.0.2.7"], NO_REFUSAL),
    ("smtp_in.c", ["login authenticator failed for (c) [192.0.2.7]: 535 Incorrect authentication data (set_id=x)"], NO_REFUSAL),
    ("acl.c", [HOST + "Warning: 192.0.2.7 is listed at bl.example.org (127.0.0.2: no)"], NO_REFUSAL),
    # Texts of distributions
    ("cPanel", reason(": The mail server could not deliver mail to a@example.com.  The account or domain may not exist, they "
                      "may be blacklisted, or missing the proper dns entries."), refusal("sender_verify_failed", "unroutable")),
    ("cPanel", reason(": The mail server does not recognize a@example.com as a valid sender."),
     refusal("sender_verify_failed", "unroutable")),
    ("cPanel", rcpt("No Such User Here"), refusal("recipient_unknown")),
    ("cPanel", rcpt('"The recipient cannot be verified.  Please check all recipients of this message to verify they are '
                    'valid."'), refusal("message_to_verify", family="recipient")),
    ("cPanel", rcpt("Please turn on SMTP Authentication in your mail client. (c) [192.0.2.7]:4 is not permitted to relay "
                    "through this server without authentication."), refusal("relay_denied")),
    ("cPanel", rcpt("JunkMail rejected - (c) [192.0.2.7]:4 is in an RBL, see http://bl.example.org"), refusal("dnsbl")),
    ("cPanel", rcpt("REJECTED - Bad HELO - Host impersonating [192.0.2.1]"), refusal("helo_invalid")),
    ("cPanel", rcpt("Sender has no A, AAAA, or MX DNS records. example.com"),
     refusal("domain_not_found", "domain_nonexistent")),
    ("Debian", rcpt("sender envelope address is locally blacklisted."), refusal("access_denied")),
    ("Debian", rcpt("SPF check failed."), refusal("spf_fail")),
    ("Exim wiki", rcpt('REJECTED - Sender Verify Failed - error code "recipient"'), refusal("sender_verify_failed")),
    # transports/smtp.c, deliver.c: others refuse us, by version
    ("smtp.c", [ID + "** b@example.org R=r T=t: SMTP error from remote mailer after RCPT TO:<b@example.org>: host "
                "mx.example.org [198.51.100.20]: 550 Sender verify failed"], out("sender_verify_failed")),
    ("smtp.c", [ID + "** b@example.org R=r T=t: SMTP error from remote mail server after RCPT TO:<b@example.org>: host "
                "mx.example.org [198.51.100.20]: 550 Sender verify failed"], out("sender_verify_failed")),
    ("smtp.c", [REMOTE + "RCPT TO:<b@example.org>: 550-Verification failed for <a@example.com>\\n550-Unrouteable "
                "address\\n550 Sender verify failed DT=1s"], out("sender_verify_failed", "unroutable")),
    ("smtp.c", [REMOTE.replace("]:", "] X=TLS1.3:A:256 CV=yes :") + "pipelined MAIL FROM:<a@example.com> SIZE=9: 550 5.7.1 "
                "Sender must exist"], out("sender_must_exist", "as_stated", stage="mail")),
    ("smtp.c", [REMOTE + "initial connection: 554 no reverse lookup"], out("no_reverse_lookup", "ptr_missing", 554, "connect")),
    ("smtp.c", [REMOTE + "HELO m: 550 Sender must exist"], out("sender_must_exist", stage="helo")),
    ("smtp.c", [REMOTE + "pipelined DATA: 550 Sender must exist"], out("sender_must_exist", stage="data")),
    ("smtp.c", [REMOTE + "end of data: 550 Sender must exist"], out("sender_must_exist", stage="message")),
    ("smtp.c", [REMOTE + "pipelined sending data block: 550 Sender must exist"], out("sender_must_exist", stage="message")),
    ("smtp.c", [ID + "** b@example.org R=r T=t H=mx.example.org [198.51.100.20]: PRDR error after DATA: 550 Sender must exist"],
     out("sender_must_exist", stage="message")),
    ("smtp.c", [REMOTE + "RCPT TO:<b@example.org>: 550 5.1.0 <a@example.com>: Sender address rejected: User unknown in virtual "
                "mailbox table"], out("sender_undeliverable")),
    ("smtp.c", [ID + "** b@example.org R=r T=t H=mx.example.org [198.51.100.20]: LMTP error after RCPT TO:<b@example.org>: "
                "550 Domain not found"], out("domain_not_found")),
    ("smtp.c", [ID + "== b@example.org R=r T=t defer (-44): SMTP error from remote mail server after RCPT "
                "TO:<b@example.org>: host mx.example.org [198.51.100.20]: 451 Could not complete sender verify callout"],
     out("callout_incomplete", None, 451)),
    ("smtp.c", [ID + "== b@example.org R=r T=t defer (-45) H=mx.example.org [198.51.100.20] DT=1s: SMTP error from remote "
                "mail server after MAIL FROM:<a@example.com>: 450 4.1.8 Sender address rejected: Domain not found"],
     out("domain_not_found", None, 450, "mail")),
    ("smtp.c", [ID + "H=mx.example.org [198.51.100.20]: SMTP error from remote mail server after initial connection: 554 no"],
     NO_REFUSAL),
    ("deliver.c", [ID + "== b@example.org R=r T=t defer (111): Connection refused H=mx.example.org [198.51.100.20]"], NO_REFUSAL),
    ("retry.c", [ID + "** b@example.org: retry timeout exceeded"], NO_REFUSAL),
    ("deliver.c", [ID + "** b@example.org R=r: Unrouteable address"], NO_REFUSAL),
]


class Rows(unittest.TestCase):
    def test_each_row(self):
        rows.check(self, ROWS, "%Y-%m-%d %H:%M:%S ", datetime.datetime(2024, 5, 1))


if __name__ == "__main__":
    unittest.main()
