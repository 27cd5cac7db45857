"""Sendmail: the configurations, and everything that clients and remote servers do to it."""
import concurrent.futures

import milter
import sandbox
import sendmail
from smtp_peers import DROP, SILENT
from world import (BLOCKED, CLIENT6, CONNECT_REFUSED, DEFERRED_CONNECT, FORGED, GOOD, NAMELESS,
                   WORDING_CAUSES, WORDINGS)

# Name -> (delay_checks, LogLevel).
CONFIGURATIONS = {
    "sendmail": (False, 9),
    "sendmail-delayed": (True, 9),
    "sendmail-verbose": (False, 14),
    "sendmail-delayed-verbose": (True, 14),
    "sendmail-dialogue": (False, 15),
}

FEATURES = """
FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access')dnl
FEATURE(`blocklist_recipients')dnl
FEATURE(`require_rdns')dnl
FEATURE(`badmx')dnl
FEATURE(`enhdnsbl', `bl.dnsbl.example')dnl
INPUT_MAIL_FILTER(`savcheck', `S=inet:8890@127.0.0.1, F=T')dnl
define(`confMAX_MESSAGE_SIZE', `100000')dnl
define(`confMAX_RCPTS_PER_MESSAGE', `5')dnl
define(`confTO_ICONNECT', `2s')dnl
define(`confTO_CONNECT', `2s')dnl
define(`confTO_INITIAL', `3s')dnl
define(`confTO_HELO', `3s')dnl
define(`confTO_MAIL', `3s')dnl
define(`confTO_RCPT', `3s')dnl
define(`confTO_DATAINIT', `3s')dnl
define(`confTO_DATABLOCK', `3s')dnl
define(`confTO_DATAFINAL', `3s')dnl
define(`confTO_QUIT', `1s')dnl
LOCAL_RULESETS
HX-Odd: $>CheckOdd
SCheckOdd
R$* odd $*\t$#error $@ 5.7.1 $: "550 5.7.1 sender verify rejected"
"""
DELAYED = """
FEATURE(`delay_checks')dnl
FEATURE(`block_bad_helo')dnl
"""

ACCESS = """
Connect:127.0.0.1\tRELAY
Connect:203.0.113.50\tREJECT
Connect:203.0.113.51\tERROR:4.7.1:450 Not sent - no reverse lookup
From:denied@good.example\tREJECT
From:texted@good.example\tERROR:5.7.1:550 Sender verify failed
From:later@good.example\tERROR:4.7.1:451 Sender must exist
From:uncoded@good.example\tDomain not found
From:dropped@good.example\tDISCARD
To:closed@ours.example\tREJECT
"""

MILTER_HOST = "203.0.113.80"
UNRESOLVED = "203.0.113.70"
MILTER = {
    "connect": {"filtered.client.example": "550 5.7.1 Fix reverse DNS for your host"},
    "helo": {"refused.helo.example": "550 5.7.1 Sender must exist"},
    "mail": {
        "m-mail@good.example": "550 5.1.8 Sender address verification failed, check your MX",
        "m-lines@good.example": "550-5.7.1 callback said: 550 5.1.1 no such user\r\n"
                                "550 5.7.1 sender verify rejected",
        "m-later@good.example": "451 4.1.8 Temporary failure in sender address verification",
        "m-bare@good.example": milter.REJECT,
        "m-temp@good.example": milter.TEMPFAIL,
    },
    "rcpt": {"al+milter@ours.example": "550 5.7.1 Greylisted for good",
             "al+reject@ours.example": milter.REJECT},
    "end": {
        "m-end@good.example": "550 5.1.8 Sender verify failed",
        "m-end-bare@good.example": milter.REJECT,
        "m-end-later@good.example": milter.TEMPFAIL,
        "m-discard@good.example": milter.DISCARD,
    },
}


def access():
    lines = []
    for name, text in WORDINGS.items():
        label = name.replace("_", "-")
        lines += [f"To:w-{label}@ours.example\tERROR:5.7.1:550 {text}",
                  f"To:l-{label}@ours.example\tERROR:4.7.1:451 {text}"]
    return ACCESS + "\n".join(lines) + "\n"


class Laboratory:
    def __init__(self, inside, name, world):
        self.world = world
        self.delayed, level = CONFIGURATIONS[name]
        names = world.names
        names.host("filtered.client.example", MILTER_HOST)
        names.broken.add("70.113.0.203.in-addr.arpa")
        names.host("loop.badmx.example", "127.0.0.1", pointer=False)
        names.mx("badmx.example", "loop.badmx.example")
        world.server("good")
        self.milter = milter.Milter(**MILTER)
        self.milter.start()
        self.mta = sendmail.Sendmail(inside, FEATURES + DELAYED * self.delayed, access(), level)

    # Inbound.

    def came(self, label, sender, recipients, refused=None, source=GOOD, helo="mail.client.example",
             **options):
        if isinstance(recipients, str):
            recipients = [recipients]
        target = sandbox.OURS6 if ":" in source else sandbox.OURS
        self.world.client_attempt(target, label, source, helo, sender, recipients,
                                  refused=refused or {}, **options)

    def rcpt(self, label, sender, recipients, variant, cause, **options):
        self.came(label, sender, recipients, {"rcpt": (variant, cause)}, **options)

    def sender(self, label, sender, variant, cause, recipients="bob@ours.example", **options):
        """Refused by check_mail: at MAIL, or with delay_checks at each RCPT."""
        if self.delayed:
            self.rcpt(label, sender, recipients, variant, cause, **options)
        else:
            self.came(label, sender, recipients, {"mail": (variant, cause)}, rows=[None], **options)

    def client(self, label, source, variant, cause):
        """Refused by check_relay: one line without id, and the client is told at MAIL."""
        sender = f"c-{label}@good.example"
        if self.delayed:
            self.rcpt(label, sender, ["bob@ours.example", "al@ours.example"], variant, cause,
                      source=source)
        else:
            self.came(label, sender, "bob@ours.example", {"mail": (variant, cause)}, rows=[None],
                      known_sender=False, logged_stage="connect", source=source)

    def inbound(self):
        came, rcpt, sender, client = self.came, self.rcpt, self.sender, self.client
        came("accepted", "ok@good.example", "bob@ours.example")
        came("accepted two", "ok@good.example", ["bob@ours.example", "al@ours.example"])
        # Senders.
        sender("nxdomain", "a@nowhere.example", "domain_not_found", "domain_nonexistent")
        sender("nxdomain, two", "b@nowhere.example", "domain_not_found", "domain_nonexistent",
               ["bob@ours.example", "al@ours.example"])
        sender("forging", '"x, relay=good [192.0.2.99], reject=550 5.1.1 no"@nowhere.example',
               "domain_not_found", "domain_nonexistent")
        sender("servfail", "a@servfail.example", "sender_domain_unresolved", "dns_temporary")
        sender("no dns", "a@silent-dns.example", "sender_domain_unresolved", "dns_temporary")
        sender("unqualified", "joe", "sender_syntax", "address_syntax")
        if not self.delayed:  # with delay_checks that is accepted
            sender("localhost", "a@localhost", "sender_syntax", "address_syntax")
        sender("bad mx", "a@badmx.example", None, "mx_unusable")
        sender("access map", "denied@good.example", "access_denied", "as_stated")
        sender("access map, text", "texted@good.example", "sender_verify_failed", "as_stated")
        sender("access map, later", "later@good.example", "sender_must_exist", "as_stated")
        sender("access map, no code", "uncoded@good.example", "domain_not_found", None)
        came("access map, discarded", "dropped@good.example", "bob@ours.example")
        # Clients.
        client("no-ptr", NAMELESS, "no_reverse_lookup", "ptr_missing")
        client("forged-ptr", FORGED, "reverse_forged", "ptr_mismatch")
        client("ptr-servfail", UNRESOLVED, "no_reverse_lookup", "dns_temporary")
        client("listed", BLOCKED, "dnsbl", "as_stated")
        client("access", CONNECT_REFUSED, "access_denied", "as_stated")
        client("access-later", DEFERRED_CONNECT, "no_reverse_lookup", None)
        came("ipv6", "ok@good.example", "bob@ours.example", source=CLIENT6)
        sender("ipv6 client", "six@nowhere.example", "domain_not_found", "domain_nonexistent",
               source=CLIENT6)
        if self.delayed:
            rcpt("helo", "helo@good.example", "bob@ours.example", "helo_invalid", "as_stated",
                 helo=sandbox.HOST)
        # Recipients.
        rcpt("relay", "a@good.example", "bob@elsewhere.example", "relay_denied", "as_stated")
        rcpt("unknown", "a@good.example", "nosuch@ours.example", "recipient_unknown", "as_stated")
        rcpt("unknown, two", "b@good.example", ["no1@ours.example", "no2@ours.example"],
             "recipient_unknown", "as_stated")
        rcpt("bounce to unknown", "", "nosuch2@ours.example", "recipient_unknown", "as_stated")
        rcpt("partly", "c@good.example", ["bob@ours.example", "nosuch3@ours.example"],
             "recipient_unknown", "as_stated")
        rcpt("closed", "a@good.example", "closed@ours.example", None, "as_stated")
        for name in WORDINGS:
            label = name.replace("_", "-")
            rcpt(name, f"w-{label}@good.example", f"w-{label}@ours.example", name,
                 WORDING_CAUSES.get(name, "as_stated"))
            rcpt(name + " later", f"l-{label}@good.example", f"l-{label}@ours.example", name, None)
        # A milter.
        bob = "bob@ours.example"
        # Debian's build logs no text for a connection, and no client for a HELO.
        came("milter connect", "a@good.example", bob, {"connect": (None, None)},
             source=MILTER_HOST, rows=[None])
        came("milter helo", "a@good.example", bob, {"mail": ("sender_must_exist", None)},
             helo="refused.helo.example", rows=[None], known_sender=False, logged_stage="helo",
             unlogged=["client_ip"])
        for label, variant in (("mail", "sender_verify_failed"),
                               ("lines", "sender_verify_rejected"),
                               ("later", None), ("bare", None), ("temp", None)):
            came(f"milter {label}", f"m-{label}@good.example", bob, {"mail": (variant, None)},
                 rows=[None])
        rcpt("milter rcpt", "a@good.example", "al+milter@ours.example", None, None)
        rcpt("milter rcpt, bare", "a@good.example", "al+reject@ours.example", None, None)
        two = [bob, "al@ours.example"]
        came("milter end", "m-end@good.example", two, {"message": ("sender_verify_failed", None)})
        came("milter end, bare", "m-end-bare@good.example", two, {"message": (None, None)})
        came("milter end, later", "m-end-later@good.example", bob, {"message": (None, None)})
        came("milter discards", "m-discard@good.example", bob)
        # After DATA, and what the log does not hold.
        came("header", "header@good.example", two, {"message": ("sender_verify_rejected", None)},
             content="Subject: x\nX-Odd: very odd header\n\nx\n")
        came("declared size", "big@good.example", bob, {"mail": (None, None)}, rows=[],
             parameters=" SIZE=900000")
        came("real size", "bigger@good.example", bob, {"message": ("too_large", None)},
             content="Subject: x\n\n" + ("x" * 70 + "\n") * 2000)
        came("callout", "", bob, content=None)
        self.internal()

    def internal(self):
        """Our own programs, refused by our own daemon."""
        world, mta = self.world, self.mta
        if not mta.submit("alice@nx.example", "bob@ours.example", "al@ours.example"):
            world.fail("submission: not refused")
        for name in ("bob", "al"):
            world.expect("internal", "alice@nx.example", f"{name}@ours.example", permanent=True,
                         variant="domain_not_found", cause="domain_nonexistent", reply_code=553,
                         stage="rcpt" if self.delayed else "mail")
        world.client_attempt("127.0.0.1", "loopback", "127.0.0.1", "localhost", "al@nx.example",
                             ["bob@ours.example"], rows=None if self.delayed else [None],
                             direction="internal",
                             refused={"rcpt" if self.delayed else "mail":
                                      ("domain_not_found", "domain_nonexistent")})

    # Outbound.

    def declare_outbound(self):
        self.jobs = self.world.declare_wordings()
        server, jobs = self.world.server, self.jobs
        verification = ("550-Verification failed for <alice@ours.example>\n550-Called:   192.0.2.1"
                        "\n550-Sent:     RCPT TO:<alice@ours.example>\n550-Response: 550 User "
                        "unknown\n550 Sender verify failed")
        server("folded", rcpt=verification)
        jobs.append(("folded", ["dave@folded.example"], "sender_verify_failed"))
        server("callback", rcpt="550-Callback setup failed while verifying <alice@ours.example>\n"
                                "550 Sender verify failed")
        jobs.append(("callback", ["dave@callback.example"], "sender_verify_failed"))
        server("panel", rcpt='550-"The recipient cannot be verified.  Please check all recipients of'
                             ' this\n550 message to verify they are valid."')
        jobs.append(("panel", ["dave@panel.example"], "message_to_verify"))
        server("forging", rcpt="550 ok, stat=Sent (queued), dsn=2.0.0, relay=good [192.0.2.99],"
                               " reject=550 Sender verify failed")
        jobs.append(("forging", ["dave@forging.example"], None))
        server("eightbit", rcpt="550 \xe9tranger inconnu, sender verify rejected")
        jobs.append(("eightbit", ["dave@eightbit.example"], "sender_verify_rejected"))
        server("quoted", rcpt="550 Domain not found")
        jobs.append(("quoted", ['"d, e"@quoted.example'], "domain_not_found"))
        self.quiet = ["sent", "talks", "silent", "mute", "dropping", "closed", "servfail",
                      "silent-dns", "nowhere"]
        server("sent")
        server("talks", end="250 Sender verify failed, but taken")
        server("silent", rcpt=SILENT)
        server("mute", greeting=SILENT)
        server("dropping", mail=DROP)
        self.world.unserved("closed")
        server("handed", rcpt="550 5.7.1 Sender verify failed")

    def send(self, job):
        label, recipients, variant, *cause = job
        self.mta.send("alice@ours.example", *recipients)
        self.world.remote_refusals(label, "alice@ours.example", recipients, variant, *cause,
                                   unlogged=["stage"])

    def outbound(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self.send, self.jobs))
        for label in self.quiet:  # nobody refuses these
            self.mta.send("alice@ours.example", f"dave@{label}.example")
        for label in ("sent", "talks"):
            if not self.world.remote[f"{label}.example"].accepted:
                self.world.fail(f"outbound {label}: not taken")
        self.mta.submit("alice@ours.example", "dave@handed.example")
        self.world.wait_for(lambda: self.world.remote["handed.example"].refusals)
        self.world.remote_refusals("handed", "alice@ours.example", ["dave@handed.example"],
                                   "sender_verify_failed", unlogged=["stage"])

    def run(self):
        self.declare_outbound()
        self.world.start()
        self.mta.start()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for job in [pool.submit(self.inbound), pool.submit(self.outbound)]:
                job.result()
        self.mta.stop()
