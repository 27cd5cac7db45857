"""What every laboratory shares: names, remote servers, and the truth collected while it runs."""
import json
import threading
import time

import dns
import score
import smtp_peers

GOOD, BLOCKED, NAMELESS = "203.0.113.10", "203.0.113.30", "203.0.113.20"
FORGED, CONNECT_REFUSED, HELO_CHECKED = "203.0.113.40", "203.0.113.50", "203.0.113.60"
DEFERRED_CONNECT, CLIENT6 = "203.0.113.51", "2001:db8::c"
REFUSED_CONNECT = "203.0.113.52"

# The ten wordings, as a site would say them.
WORDINGS = {
    "sender_verify_failed": "Sender verify failed",
    "sender_verify_rejected": "sender verify rejected exim",
    "verify_validity": "unable to verify validity of sender",
    "administrative_prohibition": 'administrative prohibition "mailserver verify address"',
    "message_to_verify": "Please check all senders of this message to verify they are valid.",
    "firewall_upgrade": "Sender verify failed - upgrade your firewall firmware or settings",
    "no_reverse_lookup": "Not sent - no reverse lookup",
    "return_address_rejected": "The destination mail system rejected your return address",
    "sender_must_exist": "Sender must exist",
    "domain_not_found": "Domain not found",
}
# The causes that such words name; of the first, Exim's own words, the cause would be another line.
WORDING_CAUSES = {"no_reverse_lookup": "ptr_missing", "domain_not_found": "domain_nonexistent",
                  "sender_verify_failed": None}

# Every other variant, as remote servers say it: the command, the reply, its cause.
OTHERS = {
    "callout_incomplete": ("rcpt", "451 Could not complete sender verify callout", None),
    "sender_undeliverable": ("rcpt", "550 5.1.0 <alice@ours.example>: Sender address rejected: "
                             "undeliverable address: host mx.ours.example said: 550 unknown", None),
    "header_sender_invalid": ("end", "550 there is no valid sender in any header line", None),
    "sender_domain_unresolved": ("rcpt", "451 4.1.8 Domain of sender address alice@ours.example "
                                 "does not resolve", "dns_temporary"),
    "sender_syntax": ("mail", "553 5.5.4 Domain name required for sender address alice",
                      "address_syntax"),
    "reverse_forged": ("rcpt", "451 4.1.8 Possibly forged hostname for 192.0.2.1", "ptr_mismatch"),
    "helo_invalid": ("rcpt", "550 5.7.1 bogus HELO name used: mail", "as_stated"),
    "dnsbl": ("greeting", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using "
              "bl.dnsbl.example", "as_stated"),
    "rate_limited": ("greeting", "421 4.7.0 Too many connections from your host", "as_stated"),
    "greylisted": ("rcpt", "450 4.7.1 Greylisted, try again later", "as_stated"),
    "spam_content": ("end", "554 5.7.1 Message rejected as spam", "as_stated"),
    "virus": ("end", "550 5.7.1 This message contains a virus", "as_stated"),
    "recipient_unknown": ("rcpt", "550 5.1.1 User unknown", "as_stated"),
    "mailbox_full": ("rcpt", "552 5.2.2 Mailbox full", "as_stated"),
    "relay_denied": ("rcpt", "550 5.7.1 Relaying denied", "as_stated"),
    "access_denied": ("rcpt", "554 5.7.1 Access denied", "as_stated"),
    "auth_required": ("mail", "530 5.7.0 Authentication required", "as_stated"),
    "spf_fail": ("rcpt", "550 5.7.23 SPF validation failed", "as_stated"),
    "dmarc_fail": ("end", "550 5.7.26 Rejected by the DMARC policy of ours.example", "as_stated"),
    "tls_required": ("mail", "530 5.7.0 Must issue a STARTTLS command first", "as_stated"),
    "too_large": ("mail", "552 5.3.4 Message size exceeds fixed limit", "as_stated"),
    "protocol_error": ("data", "503 5.5.1 Bad sequence of commands", "as_stated"),
    "local_fault": ("rcpt", "451 4.3.0 Temporary lookup failure", None),
    "unstated": ("rcpt", "550", None),
    "other": ("rcpt", "550 ask again on Tuesday", "as_stated"),
}


class World:
    def __init__(self):
        self.names = dns.NameServer()
        self.servers = smtp_peers.Servers()
        self.truth, self.failures = [], []
        self.lock = threading.Lock()
        self.used = 0
        self.remote = {}
        names = self.names
        names.host("mail.ours.example", "192.0.2.1")
        names.host("mail.ours.example", "2001:db8::1")
        names.mx("ours.example", "mail.ours.example")
        for address, name in ((GOOD, "good"), (BLOCKED, "blocked"), (CONNECT_REFUSED, "refused"),
                              (DEFERRED_CONNECT, "deferred"),
                              (REFUSED_CONNECT, "rejected"), (HELO_CHECKED, "checked"),
                              (CLIENT6, "six")):
            names.host(f"{name}.client.example", address)
        names.pointer(FORGED, "forged.client.example")
        names.host("forged.client.example", "203.0.113.99", pointer=False)
        names.host("30.113.0.203.bl.dnsbl.example", "127.0.0.2", pointer=False)
        names.mx("mxnowhere.example", "nothing.mxnowhere.example")
        names.mx("nullmx.example", ".", 0)
        names.broken |= {"servfail.example"}
        names.silent |= {"silent-dns.example"}

    def server(self, label, **script):
        """A remote domain LABEL.example with one MX, played by a script."""
        self.used += 1
        address = f"198.51.100.{self.used}"
        self.names.host(f"mx.{label}.example", address)
        self.names.mx(f"{label}.example", f"mx.{label}.example")
        server = self.servers.add(smtp_peers.Server(address, **script))
        self.remote[f"{label}.example"] = server
        return server

    def unserved(self, label):
        """A remote domain whose MX refuses connections."""
        self.used += 1
        address = f"198.51.100.{self.used}"
        self.names.host(f"mx.{label}.example", address)
        self.names.mx(f"{label}.example", f"mx.{label}.example")
        return address

    def start(self):
        self.names.listen()
        self.servers.start()

    def expect(self, direction, sender, recipient, **fields):
        with self.lock:
            self.truth.append(score.row(direction, sender, recipient, **fields))

    def fail(self, text):
        with self.lock:
            self.failures.append(text)

    def client_attempt(self, target, label, source, helo, sender, recipients, *, refused,
                       rows=None, known_sender=True, logged_stage=None, direction="inbound",
                       unlogged=(), **options):
        """One client transaction; `refused` maps a stage to (variant, cause).

        `rows` overrides the recipients that the logs can name, `logged_stage` the stage where the
        client was told later than the MTA decided. No `refused`: it must be accepted.
        """
        seen = smtp_peers.dialogue(source, target, helo, sender, recipients, **options)
        stages = {refusal.stage for refusal in seen}
        if stages != set(refused):
            self.fail(f"{label}: refused at {sorted(stages)}, designed {sorted(refused)}")
        for refusal in seen:
            variant, cause = refused.get(refusal.stage, (None, None))
            named = refusal.recipients if refusal.stage in ("rcpt", "message") else [None]
            for recipient in named if rows is None else rows:
                named_sender = known_sender and refusal.stage not in ("connect", "helo", "auth")
                self.expect(direction, sender if named_sender else None, recipient,
                            client_ip=source, permanent=refusal.code >= 500,
                            stage=logged_stage or refusal.stage,
                            reply_code=refusal.code, variant=variant, cause=cause,
                            unlogged=unlogged)

    def declare_wordings(self):
        """A server for each wording, code and command; (label, recipients, variant) of each."""
        stages = {"mail": "mail", "rcpt": "rcpt", "data": "data", "dot": "end", "hello": "ehlo",
                  "greet": "greeting"}
        jobs = []
        for number, (name, text) in enumerate(WORDINGS.items()):
            for place, (short, stage) in enumerate(stages.items()):
                for code in ("550", "451"):
                    if code == "451" and (number + place) % 3:
                        continue
                    label = f"{name.replace('_', '-')}-{short}-{code[0]}"
                    reply = f"{code} {code[0]}.7.1 {text}" if number % 2 else f"{code} {text}"
                    self.server(label, pipelining=bool(number % 3), enhanced=bool(number % 4),
                                **{stage: reply})
                    jobs.append((label, [f"dave@{label}.example"], name))
        for name, (stage, reply, cause) in OTHERS.items():
            label = f"other-{name.replace('_', '-')}"
            self.server(label, enhanced=True, **{stage: reply})
            jobs.append((label, [f"dave@{label}.example"], name, cause))
        return jobs + self.declare_recipient_lists()

    def declare_recipient_lists(self):
        """Servers that refuse several recipients with one reply, or some of them."""
        jobs = []

        def declare(label, variant, **replies):
            self.server(label, **replies)
            jobs.append((label, [f"{name}@{label}.example" for name in ("ann", "ben", "cy")], variant))

        declare("three-mail", "domain_not_found",
                mail="553 5.1.8 Domain of sender address alice@ours.example does not exist")
        declare("three-dot", "sender_must_exist", end="550 Sender must exist")
        declare("some-rcpt", "recipient_unknown",
                rcpt=lambda address: "250 ok" if address.startswith("ann@") else "550 5.1.1 no such user")
        self.server("grey", rcpt="450 4.7.1 Greylisted, try again later")
        jobs.append(("grey", ["dave@grey.example"], "greylisted"))
        return jobs

    def remote_refusals(self, label, sender, recipients, variant, cause=None, code=True, **more):
        """Rows for everything the scripted server of LABEL refused since the last call."""
        server = self.remote[f"{label}.example"]
        refusals, server.refusals = server.refusals, []
        if not refusals:
            self.fail(f"outbound {label}: nothing was refused")
        for refusal in refusals:
            for recipient in refusal.recipients or recipients:
                self.expect("outbound", sender, recipient, remote_ip=server.address,
                            permanent=refusal.code >= 500, stage=refusal.stage,
                            reply_code=refusal.code if code else None, variant=variant,
                            cause=cause, **more)

    def wait_for(self, condition, seconds=20):
        """Until something that happens beside us has happened."""
        for _ in range(seconds * 20):
            if condition():
                return
            time.sleep(0.05)
        self.fail("what was waited for did not happen")

    def save(self, folder):
        lines = "".join(json.dumps(row) + "\n" for row in self.truth)
        (folder / "truth.jsonl").write_text(lines)
        (folder / "failures.txt").write_text("".join(f"{line}\n" for line in self.failures))
