"""Each kind of line that Sendmail 8.12 to 8.18 writes about a refusal, with the file of its source, and what it says."""
import datetime
import unittest

import rows

ID = "6AO1YnhL003098: "
FROM = ID + "from=<a@example.com>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay=c.example.net [192.0.2.7]"
RELAY = ", relay=c.example.net [192.0.2.7]"
SENT = ID + "from=<a@example.com>, size=9, class=0, nrcpts=1, msgid=<1@example.com>, relay=alice@localhost"
NO_REFUSAL = None


def ruleset(name, argument, reject):
    queue_id = "" if name == "check_relay" else ID
    return [f"{queue_id}ruleset={name}, arg1={argument}{RELAY}, reject={reject}"] + [FROM] * (name != "check_relay")


def mail(reject):
    return ruleset("check_mail", "<a@example.com>", reject)


def relay(reject):
    return ruleset("check_relay", "c.example.net", reject)


def rcpt(reject):
    return ruleset("check_rcpt", "<b@example.org>", reject)


def to(rest):
    return [SENT, ID + "to=<dave@example.net>, delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=30015, "
            "relay=mx.example.net. [198.51.100.21], " + rest]


def refusal(variant=None, cause=None, code=550, stage=None, **fields):
    """Fields that are None are not looked at."""
    return {"variant": variant, "cause": cause, "reply_code": code or None, "stage": stage, "permanent": code >= 500 or code == 0,
            "direction": "inbound", "client_ip": "192.0.2.7", **fields}


def out(variant, cause=None, code=550, **fields):
    return refusal(variant, cause, code, direction="outbound", client_ip=None, remote_ip="198.51.100.21",
                   sender="a@example.com", recipient="dave@example.net", **fields)


MAIL = {"stage": "mail", "sender": "a@example.com"}
RCPT = {"stage": "rcpt", "sender": "a@example.com", "recipient": "b@example.org"}
CONNECT = {"stage": "connect"}
TWO = [ID + "from=<a@example.com>, size=9, class=0, nrcpts=1, msgid=<1@example.com>" + RELAY]
TO = ID + "to=<b@example.org>, delay=00:00:01, pri=31800, stat="

# (file of Sendmail's source or the program that says it, lines behind the ident, what they say)
ROWS = [
    # cf/m4/proto.m4, SBasic_check_mail
    ("proto.m4", mail("553 5.1.8 <a@example.com>... Domain of sender address a@example.com does not exist"),
     refusal("domain_not_found", "domain_nonexistent", 553, enhanced_code="5.1.8", **MAIL)),
    ("proto.m4", mail("451 4.1.8 Domain of sender address a@example.com does not resolve"),
     refusal("sender_domain_unresolved", "dns_temporary", 451, **MAIL)),
    ("proto.m4", mail("553 5.5.4 <a@example.com>... Domain name required for sender address a"),
     refusal("sender_syntax", "address_syntax", 553, **MAIL)),
    ("proto.m4", mail("553 5.5.4 <a@example.com>... Real domain name required for sender address"),
     refusal("sender_syntax", "address_syntax", 553, **MAIL)),
    ("badmx.m4", mail("550 5.1.2 <a@example.com>... Illegal MX record for host example.com"), refusal(None, "mx_unusable", **MAIL)),
    ("badmx.m4", mail("550 5.1.2 <a@example.com>... Invalid MX record for host example.com"), refusal(None, "mx_unusable", **MAIL)),
    ("badmx.m4", mail("450 4.1.2 <a@example.com>... MX lookup failure for example.com"),
     refusal("sender_domain_unresolved", "dns_temporary", 450, **MAIL)),
    # with FEATURE(delay_checks)
    ("proto.m4", rcpt("553 5.1.8 <b@example.org>... Domain of sender address a@example.com does not exist"),
     refusal("domain_not_found", "domain_nonexistent", 553, **RCPT)),
    ("require_rdns.m4", relay("550 5.7.1 Fix reverse DNS for 192.0.2.7"), refusal("no_reverse_lookup", "ptr_missing", **CONNECT)),
    ("require_rdns.m4", rcpt("550 5.7.1 <b@example.org>... Fix reverse DNS for 192.0.2.7"),
     refusal("no_reverse_lookup", "ptr_missing", **RCPT)),
    ("require_rdns.m4", relay("451 4.1.8 Client IP address 192.0.2.7 does not resolve"),
     refusal("no_reverse_lookup", "dns_temporary", 451, **CONNECT)),
    ("require_rdns.m4", relay("451 4.1.8 Possibly forged hostname for 192.0.2.7"),
     refusal("reverse_forged", "ptr_mismatch", 451, **CONNECT)),
    ("proto.m4", rcpt("550 5.7.1 <b@example.org>... Relaying denied"), refusal("relay_denied", "as_stated", **RCPT)),
    ("proto.m4", rcpt("550 5.7.1 <b@example.org>... Relaying denied. Proper authentication required."),
     refusal("relay_denied", "as_stated", **RCPT)),
    ("proto.m4", rcpt("550 5.7.1 <b@example.org>... Relaying denied. IP name lookup failed [192.0.2.7]"),
     refusal("relay_denied", "as_stated", **RCPT)),
    ("proto.m4", rcpt("550 5.7.1 <b@example.org>... Relaying denied. IP name possibly forged [192.0.2.7]"),
     refusal("relay_denied", "as_stated", **RCPT)),
    ("proto.m4", rcpt("450 4.4.0 <b@example.org>... Relaying temporarily denied. Cannot resolve PTR record for 192.0.2.7"),
     refusal("relay_denied", None, 450, **RCPT)),
    ("proto.m4", mail("550 5.7.1 <a@example.com>... Access denied"), refusal("access_denied", "as_stated", **MAIL)),
    ("proto.m4", relay("550 5.7.1 Access denied"), refusal("access_denied", "as_stated", **CONNECT)),
    ("blocklist_recipients.m4", rcpt("550 5.2.1 <b@example.org>... Mailbox disabled for this recipient"),
     refusal("recipient_unknown", "as_stated", **RCPT)),
    ("access_db.m4", mail("553 5.3.0 <a@example.com>... Sender must exist"), refusal("sender_must_exist", "as_stated", 553, **MAIL)),
    ("enhdnsbl.m4", relay("550 5.7.1 Rejected: 192.0.2.7 listed at bl.example.org"), refusal("dnsbl", "as_stated", **CONNECT)),
    ("enhdnsbl.m4", relay("451 4.4.3 Temporary lookup failure of 192.0.2.7 at bl.example.org"), refusal("dnsbl", None, 451, **CONNECT)),
    ("dnsbl.m4", relay("550 5.7.1 Mail from 192.0.2.7 refused, see http://bl.example.org/?192.0.2.7"), refusal("dnsbl", **CONNECT)),
    ("rhsbl.m4", relay("550 5.7.1 Mail from example.com refused by blackhole site bl.example.org"), refusal("dnsbl", **CONNECT)),
    ("block_bad_helo.m4", rcpt("550 5.7.1 <b@example.org>... bogus HELO name used: x"), refusal("helo_invalid", "as_stated", **RCPT)),
    ("ratecontrol.m4", relay("452 4.3.2 Connection rate limit exceeded."), refusal("rate_limited", "as_stated", 452, **CONNECT)),
    ("conncontrol.m4", relay("421 4.3.2 Too many open connections."), refusal("rate_limited", "as_stated", 421, **CONNECT)),
    ("proto.m4", mail("451 4.3.0 Temporary system failure. Please try again later."), refusal("local_fault", None, 451, **MAIL)),
    ("proto.m4", rcpt("550 5.1.1 <b@example.org>... User unknown"), refusal("recipient_unknown", "as_stated", **RCPT)),
    ("proto.m4", ["ruleset=tls_server, arg1=SOFTWARE, relay=mx.example.net, reject=403 4.7.0 TLS handshake failed."], NO_REFUSAL),
    ("parseaddr.c", [ID + "ruleset=check_mail, arg1=<a@example.com>" + RELAY + ", discard"], NO_REFUSAL),
    ("parseaddr.c", [ID + "ruleset=check_mail, arg1=<a@example.com>" + RELAY + ", quarantine=odd"], NO_REFUSAL),
    ("parseaddr.c", [ID + "ruleset=check_mail, arg1=a@example.com" + RELAY + ", reject=550 5.7.1 no", FROM], refusal(**MAIL)),
    ("parseaddr.c", ["ruleset=check_relay, arg1=x, arg2=127.0.0.2, relay=[IPv6:2001:db8:0:0:0:0:0:20], reject=550 5.7.1 Fix "
                     "reverse DNS for IPv6:2001:db8:0:0:0:0:0:20"],
     refusal("no_reverse_lookup", "ptr_missing", client_ip="2001:db8::20", stage="connect")),
    # recipient.c, srvrsmtp.c, parseaddr.c: err.c usrerr()
    ("recipient.c", [ID + "<b@example.org>... User unknown", FROM], refusal("recipient_unknown", "as_stated", **RCPT)),
    ("recipient.c", [ID + "<b@example.org>... No such user here", FROM], refusal("recipient_unknown", None, 0, **RCPT)),
    ("srvrsmtp.c", [ID + "<b@example.org>... Addressee unknown", FROM], refusal("recipient_unknown", "as_stated", **RCPT)),
    ("recipient.c", [ID + "<b@example.org>... User has moved; please try <c@example.org>", FROM],
     refusal(None, None, 551, enhanced_code="5.1.1", **RCPT)),
    ("srvrsmtp.c", [ID + "Too many recipients", FROM], refusal(None, None, 452, stage="rcpt")),
    ("srvrsmtp.c", [ID + "<b@example.org>... Please try again later", FROM], refusal(None, None, 451, **RCPT)),
    # srvrsmtp.c MILTER_REPLY
    ("srvrsmtp.c", [ID + "Milter: from=<a@example.com>, reject=550 5.1.8 Sender verify failed", FROM],
     refusal("sender_verify_failed", "as_stated", **MAIL)),
    ("srvrsmtp.c", [ID + "Milter: from=<a@example.com>, reject=550-5.7.1 callback said: 550 5.1.1 no\\r\\n550 5.7.1 sender "
                    "verify rejected", FROM], refusal("sender_verify_rejected", **MAIL)),
    ("srvrsmtp.c", [ID + "Milter: to=<b@example.org>, reject=451 4.7.1 Greylisting in action, please come back later", FROM],
     refusal("greylisted", None, 451, **RCPT)),
    ("srvrsmtp.c", [ID + "Milter: from=<a@example.com>, discard"], NO_REFUSAL),
    ("srvrsmtp.c", [ID + "Milter: helo=x, reject=550 5.7.1 no"], refusal(stage="helo", client_ip=None)),
    ("srvrsmtp.c", [ID + "Milter: cmd=data, reject=550 5.7.1 no", FROM], refusal(stage="data", sender="a@example.com")),
    ("srvrsmtp.c", [ID + "Milter: connect: host=c.example.net, addr=192.0.2.7, reject=550 5.7.1 no"], refusal(**CONNECT)),
    ("srvrsmtp.c", [ID + "Milter: connect: host=c.example.net, addr=192.0.2.7, shutdown=421 4.7.0 go away"],
     refusal(code=421, **CONNECT)),
    ("srvrsmtp.c", [ID + "Milter: connect: host=c.example.net, addr=192.0.2.7, shutdown"], refusal(code=421, **CONNECT)),
    ("srvrsmtp.c", [ID + "Milter: to=<b@example.org>, reject=421, errormode=4", FROM], refusal("local_fault", code=421, **RCPT)),
    ("srvrsmtp.c", [ID + "milter=sav, action=mail, reject=550 5.1.8 Sender verify failed"], NO_REFUSAL),
    ("srvrsmtp.c", TWO + [ID + "Milter: data, reject=554 5.7.1 sender verify rejected", TO + "sender verify rejected"],
     refusal("sender_verify_rejected", None, 554, stage="message", sender="a@example.com", recipient="b@example.org")),
    ("collect.c", TWO + [ID + "message size (142012) exceeds maximum (100000)", TO + "Message exceeds maximum fixed size (100000)"],
     refusal("too_large", None, 552, stage="message", recipient="b@example.org")),
    ("collect.c", TWO + [ID + "collect" + RELAY.replace(", ", ": ") + ", from=<a@example.com>, info=Bare linefeed (LF) not allowed, "
                         "where=body, status=tempfail"],
     refusal("protocol_error", None, 421, stage="message", sender="a@example.com", enhanced_code="4.5.0")),
    ("collect.c", TWO + [ID + "collect: premature EOM: Error 0"], NO_REFUSAL),
    ("parseaddr.c", TWO + [ID + "ruleset=CheckSubj, arg1= odd" + RELAY + ", reject=550 5.7.1 no", TO + "no"],
     refusal(stage="message", sender="a@example.com", recipient="b@example.org")),
    # The texts of milters that verify senders
    ("smf-sav", [ID + "Milter: from=<a@example.com>, reject=550 5.1.8 Sender address verification failed, check your MX", FROM],
     refusal("sender_verify_failed", "as_stated", **MAIL)),
    ("smf-sav", [ID + "Milter: from=<a@example.com>, reject=451 4.1.8 Temporary failure in sender address verification", FROM],
     refusal("callout_incomplete", None, 451, **MAIL)),
    ("smf-sav", [ID + "Milter: from=<a@example.com>, reject=550 5.1.7 Sender address does not conform to RFC-2821 syntax", FROM],
     refusal("sender_syntax", "address_syntax", **MAIL)),
    ("spamilter", [ID + "Milter: to=<b@example.org>, reject=550 5.7.1 Rejecting due to security policy - Unable to validate Sender "
                   "address a@example.com, Please see: http://x.example/#invalidsender", FROM], refusal("sender_verify_failed", **RCPT)),
    # daemon.c, srvrsmtp.c: the connection
    ("conf.c", ["NOQUEUE: tcpwrappers (c.example.net, 192.0.2.7) rejection"], refusal("access_denied", **CONNECT)),
    ("srvrsmtp.c", [ID + "rejecting commands from c.example.net [192.0.2.7] due to pre-greeting traffic after 1 seconds"],
     refusal("protocol_error", None, 554, **CONNECT)),
    ("srvrsmtp.c", [ID + "rejecting MAIL from c.example.net [192.0.2.7] due to traffic before response", FROM],
     refusal("protocol_error", None, 554, enhanced_code="5.5.0", queue_id="6AO1YnhL003098", **MAIL)),
    ("srvrsmtp.c", [ID + "rejecting QUIT from c.example.net [192.0.2.7] due to traffic before response"], NO_REFUSAL),
    ("srvrsmtp.c", [ID + "c.example.net [192.0.2.7] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA"], NO_REFUSAL),
    ("srvrsmtp.c", [ID + "lost input channel from c.example.net [192.0.2.7] to MTA after rcpt"], NO_REFUSAL),
    ("srvrsmtp.c", [ID + "c.example.net [192.0.2.7]: VRFY x [rejected]"], NO_REFUSAL),
    ("srvrsmtp.c", ["AUTH failure (PLAIN): authentication failure (-13) SASL(-13), user=x" + RELAY], NO_REFUSAL),
    ("srvrsmtp.c", [FROM], NO_REFUSAL),
    ("srvrsmtp.c", [ID + "to=<b@example.org>, delay=00:00:01, pri=0, stat=aborted by sender"], NO_REFUSAL),
    # deliver.c logdelivery(), usersmtp.c: others refuse us; 8.16 on
    ("usersmtp.c", to("dsn=5.1.1, reply=550-Verification failed for <a@example.com>, stat=User unknown"),
     out("sender_verify_failed", stage="rcpt")),
    ("usersmtp.c", to("dsn=5.1.1, reply=550-Callback setup failed while verifying <a@example.com>, stat=User unknown"),
     out("sender_verify_failed", stage="rcpt")),
    ("usersmtp.c", to("dsn=5.1.1, reply=550-Postmaster verification failed while checking <a@example.com>, stat=User unknown"),
     out("sender_verify_failed", "postmaster_refused", stage="rcpt")),
    ("usersmtp.c", to("dsn=5.1.1, reply=550 Sender verify failed, stat=User unknown"), out("sender_verify_failed", stage="rcpt")),
    ("usersmtp.c", to('dsn=5.1.1, reply=550-"The recipient cannot be verified.  Please check all recipients of this, stat=User '
                      'unknown'), out("message_to_verify", family="recipient")),
    ("usersmtp.c", to("dsn=5.1.3, reply=553 5.1.8 <a@example.com>... Domain of sender address a@example.com does not exist, "
                      "stat=Data format error"), out("domain_not_found", "domain_nonexistent", 553, stage="mail")),
    ("usersmtp.c", to("dsn=5.5.0, reply=554 no reverse lookup, stat=Service unavailable"), out("no_reverse_lookup", "ptr_missing", 554)),
    ("usersmtp.c", to("dsn=5.2.0, reply=550 Sender must exist, stat=Service unavailable"), out("sender_must_exist", stage="message")),
    # … any version, for now
    ("usersmtp.c", to("dsn=4.3.0, stat=Deferred: 451 Could not complete sender verify callout"), out("callout_incomplete", None, 451)),
    ("usersmtp.c", to("dsn=4.2.0, reply=450 4.7.1 Greylisted, stat=Deferred: 450 4.7.1 Greylisted"), out("greylisted", None, 450)),
    # … 8.12 to 8.15, for good: no word of it
    ("usersmtp.c", to("dsn=5.1.1, stat=User unknown"), out("unstated", None, 0, stage="rcpt", doubtful=True)),
    ("usersmtp.c", to("dsn=5.1.8, stat=User unknown"), out("domain_not_found", None, 0, doubtful=True)),
    ("usersmtp.c", to("dsn=5.7.25, stat=Service unavailable"), out("no_reverse_lookup", None, 0, doubtful=True)),
    ("usersmtp.c", to("dsn=5.6.0, stat=Data format error"), out("unstated", None, 0, stage="mail", doubtful=True)),
    # … and nobody refused
    ("deliver.c", to("dsn=2.0.0, stat=Sent (ok, stat=User unknown)"), NO_REFUSAL),
    ("deliver.c", to("dsn=4.0.0, stat=Deferred: Connection timed out with mx.example.net."), NO_REFUSAL),
    ("deliver.c", to("dsn=4.4.1, reply=421 4.4.1 Connection reset by mx.example.net., stat=Deferred"), NO_REFUSAL),
    ("deliver.c", [ID + "to=<dave@nx.example>, delay=00:00:00, mailer=esmtp, pri=1, relay=nx.example, dsn=5.1.2, stat=Host unknown "
                   "(Name server: nx.example: host not found)"], NO_REFUSAL),
    ("savemail.c", [ID + "6AO1YnhM003098: DSN: User unknown"], NO_REFUSAL),
    ("savemail.c", [ID + "to=<dave@example.net>, delay=5+00:00:00, mailer=esmtp, pri=1, relay=mx.example.net., dsn=5.4.7, "
                    "stat=Cannot send message for 5 days"], NO_REFUSAL),
    ("deliver.c", [ID + "to=x@example.org, delay=00:00:00, mailer=local, pri=0, dsn=5.1.1, stat=User unknown"], NO_REFUSAL),
]


class Rows(unittest.TestCase):
    def test_each_row(self):
        rows.check(self, ROWS, "%Y-%m-%dT%H:%M:%S+00:00 mx1 sm-mta[9]: ", datetime.datetime(2026, 5, 1))


if __name__ == "__main__":
    unittest.main()
