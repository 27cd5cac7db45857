#!/usr/bin/env python3
"""Sends messages whose fate is scripted through a real Exim and a real Sendmail, and asks `lostmail find` about each.

usage: find_lab.py [exim|sendmail]     LOSTMAIL names the program
Exit: 0 all agree, 1 mismatch, 77 skipped (reason printed). Needs root; acts in namespaces only.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import traceback

import exim
import sandbox
import sendmail
import smtp_peers
import world
from world import GOOD

PROGRAM = os.environ.get("LOSTMAIL") or pathlib.Path(__file__).resolve().parents[2] / "build/release/lostmail"

EXIM = r"""
log_selector = +subject +received_recipients
host_lookup = *
rfc1413_query_timeout = 0s
ignore_bounce_errors_after = 0s
domainlist local_domains = ours.example
acl_smtp_rcpt = acl_rcpt

begin acl
acl_rcpt:
  deny   senders     = :
         local_parts = robot
         message     = no bounces to robots
  deny   hosts       = <; 203.0.113.20
         message     = Not sent - no reverse lookup
         condition   = ${if exists{/mnt/ptr-is-set}{no}{yes}}
  deny   hosts       = <; 203.0.113.40
         !verify     = reverse_host_lookup
  deny   sender_domains = nopostmaster.example
         !verify     = sender/callout=3s,no_cache,postmaster
  deny   senders     = !:
         !verify     = sender/callout=3s,no_cache
  deny   !verify     = recipient
  accept

begin routers
aliases:
  driver = redirect
  domains = ours.example
  local_parts = team
  data = dave@alias.example
""" + exim.ROUTERS + """
begin transports
""" + exim.TRANSPORTS + r"""
begin retry
never.example  *  F,2s,1s
*              *  F,4d,1s
"""

SENDMAIL = """
define(`confTO_QUEUERETURN', `4s')dnl
define(`confMIN_QUEUE_AGE', `0s')dnl
FEATURE(`require_rdns')dnl
FEATURE(`delay_checks')dnl
"""


class Script:
    """The messages, and what became of each: filled while they are sent, checked afterwards."""

    def __init__(self, inside, logs_aliases=True):
        self.logs_aliases = logs_aliases  # Sendmail names no alias that leads to another server
        self.folder = inside.folder
        self.world = world.World()
        self.expected, self.failures = [], []
        self.late = []  # what is to be done once the first tries are over
        self.count = 0

    def address(self, domain):
        """A sender that no other message has, so that its lines are known."""
        self.count += 1
        # alice's, where it is ours: a bounce has to find somebody.
        return f"alice+{self.count}@{domain}" if domain == "ours.example" else f"news-{self.count}@{domain}"

    def client(self, sender, recipient, source=GOOD):
        return smtp_peers.dialogue(source, sandbox.OURS, "mail.client.example", sender, [recipient])

    def expect(self, label, sender, recipient, outcome, **fields):
        self.expected.append((label, sender, recipient, outcome, fields))

    # inbound

    def accepted(self):
        sender = self.address("good.example")
        self.client(sender, "bob@ours.example")
        self.expect("accepted", sender, "bob@ours.example", "delivered", refusals=0, bounce=None)

    def refused_then_accepted(self, label, domain, cause, mend, source=GOOD, permanent=True):
        sender = self.address(domain)
        recipient = "bob@ours.example"
        refused = self.client(sender, recipient, source)
        if [refusal.code // 100 for refusal in refused] != [5 if permanent else 4]:
            self.failures.append(f"{label}: not refused as planned: {[r.code for r in refused]}")
        never = self.address(domain)
        self.client(never, recipient, source)
        self.expect(label + ", for good", never, recipient,
                    "refused_by_us" if permanent else "still_trying", refusals=1, cause=cause,
                    verdict="lost" if permanent else "retrying")

        def again():
            mend()
            if self.client(sender, recipient, source):
                self.failures.append(f"{label}: refused again")
        self.late.append(again)
        self.expect(label + ", accepted later", sender, recipient, "delivered_later", refusals=1,
                    verdict="delivered_later")

    def unknown_recipient(self):
        sender = self.address("good.example")
        self.client(sender, "nosuch@ours.example")
        self.expect("unknown recipient", sender, "nosuch@ours.example", "refused_by_us", refusals=1)

    def never_arrived(self):
        self.expect("never arrived", self.address("good.example"), "bob@ours.example", None)

    def mx_at_good(self, domain):
        """A domain that did not exist, or could not be resolved, has a mail server now."""
        names = self.world.names
        names.broken.discard(domain)
        names.records.pop(domain, None)
        names.mx(domain, "mx.good.example")

    # outbound: `submit` hands a message to the MTA

    def outbound(self, submit):
        world_ = self.world
        sender = self.address("ours.example")
        submit(sender, "dave@taken.example")
        self.expect("delivered", sender, "dave@taken.example", "delivered", refusals=0)
        sender = self.address("ours.example")
        submit(sender, "dave@refusing.example")
        self.expect("bounced", sender, "dave@refusing.example", "refused_by_them", refusals=1, verdict="lost",
                    variant="sender_verify_failed", bounced=True, own_refusal=False)
        sender = self.address("good.example")
        self.client(sender, "team@ours.example")
        if self.logs_aliases:
            self.expect("aliased", sender, "team@ours.example", "delivered", refusals=0)
        self.expect("aliased, by where it went", sender, "dave@alias.example", "delivered", refusals=0)
        sender = self.address("ours.example")
        submit(sender, "dave@later.example")
        self.expect("deferred, then delivered", sender, "dave@later.example", "delivered_later", deferrals=1)
        self.late.append(lambda: world_.remote["later.example"].script.pop("rcpt"))
        sender = self.address("ours.example")
        submit(sender, "robot-check@verifying.example")
        self.expect("unverified elsewhere", sender, "robot-check@verifying.example", "delivered")
        submit("robot@ours.example", "dave@verifying.example")
        self.expect("refused because of us", "robot@ours.example", "dave@verifying.example", "refused_by_them",
                    own_refusal=True)
        sender = self.address("ours.example")
        submit(sender, "dave@never.example")
        self.expect("deferred for good", sender, "dave@never.example", "given_up", verdict="lost", bounced=True)

    def declare_remote(self):
        world_ = self.world
        world_.server("good")
        world_.server("taken")
        world_.server("alias")
        world_.server("refusing", rcpt="550 Sender verify failed")
        world_.server("later", rcpt="451 try again later")
        world_.server("never", rcpt="451 never mind")
        sender = []

        def remember(argument):
            sender[:] = [re.sub(r"^<([^>]*)>.*", r"\1", argument)]
            return "250 ok"

        def verify(_):
            refused = smtp_peers.dialogue(server.address, sandbox.OURS, "mx.verifying.example", "", sender, content=None)
            if not refused:
                return "250 ok"
            return f"550-Verification failed for <{sender[0]}>\n550 Sender verify failed"
        server = world_.server("verifying", mail=remember, rcpt=verify)

    # asking

    def log_lines(self):
        lines = []
        for log in exim.log_files(self.folder):
            if "reject" not in log.name and "panic" not in log.name:
                lines += log.read_text().splitlines()
        return lines

    def lines_about(self, sender):
        """By its sender alone, which no other message has: its lines, those of its ids and of their bounces."""
        lines = self.log_lines()
        own = re.compile(r"(?:^\S+ \S+|^.*?\]:) ((?:\w{6}-\w{6,11}-\w{2,4})|(?:\w{8}\d{6,7}))\b")

        def id_of(line):
            found = own.match(line)
            return found and found[1]
        about = {line for line in lines if sender in line}
        while True:
            ids = {id_of(line) for line in about} - {None}
            ids |= {child[1] for line in about for child in [re.search(r": \w{14,15}: (\w{14,15}): [\w ]+: ", line)] if child}
            more = {line for line in lines if id_of(line) in ids or any(name in line for name in ids)}
            if more <= about:
                break
            about |= more
        noise = re.compile(r"incomplete transaction|no host name found|SMTP connection|Warning:|nrcpts=0, proto")
        return {line for line in about if not noise.search(line)}

    def find(self, *arguments):
        done = subprocess.run([PROGRAM, "find", *arguments, "--log", self.folder / "log"], capture_output=True,
                              text=True, env={**os.environ, "XDG_CONFIG_HOME": "/nonexistent"})
        return done.returncode, done.stdout, done.stderr

    def check(self, label, sender, recipient, outcome, fields):
        status, out, err = self.find("-f", sender, "-t", recipient, "--json")
        if outcome is None:
            return [] if (status, out) == (1, "") else [f"found: {out}"]
        if status != 0:
            return [f"exit {status}: {err}"]
        verdicts = [event for event in map(json.loads, out.splitlines()) if event["event"] == "verdict"]
        events = [event for event in map(json.loads, out.splitlines()) if event["event"] != "verdict"]
        if len(verdicts) != 1:
            return [f"{len(verdicts)} verdicts: {verdicts}"]
        verdict = {**verdicts[0], "bounced": verdicts[0]["bounce"] is not None}
        wrong = [f"{name}: {verdict.get(name)}, not {value}" for name, value in {"outcome": outcome, **fields}.items()
                 if name != "cause" and verdict.get(name) != value]
        if "cause" in fields:
            causes = {event.get("cause") for event in events if event["event"] in ("refused", "deferred")}
            if causes != {fields["cause"]}:
                wrong.append(f"causes {causes}, not {fields['cause']}")
        raw = set(self.find("-f", sender, "-t", recipient, "--raw")[1].splitlines())
        about = self.lines_about(sender)
        wrong += [f"line missing: {line}" for line in sorted(about - raw)]
        wrong += [f"line too many: {line}" for line in sorted(raw - about)]
        return wrong

    def judge(self):
        wrong = list(self.failures)
        for label, sender, recipient, outcome, fields in self.expected:
            wrong += [f"{label} ({sender} to {recipient}): {text}"
                      for text in self.check(label, sender, recipient, outcome, fields)]
        for text in wrong:
            print(text)
        print(f"{len(self.expected)} messages asked for, {len(wrong)} mismatches")
        return 1 if wrong else 0


def exim_scene(inside):
    script = Script(inside)
    remote = script.world
    script.declare_remote()
    remote.server("nouser", rcpt="550 5.1.1 User unknown")
    remote.server("nullrejecting", mail="550 5.7.1 no bounces here")
    remote.server("bannered", greeting="554 go away")
    remote.server("busy", rcpt="451 4.7.1 greylisted")
    remote.server("nopostmaster", rcpt=lambda address: "550 no postmaster" if address.startswith("postmaster@") else "250 ok")
    remote.server("dropping", greeting=smtp_peers.DROP)
    good = remote.remote["good.example"]
    remote.start()
    mta = exim.Exim(inside, EXIM)
    mta.start()

    mx_at_good = script.mx_at_good

    def mended(domain):
        return lambda: remote.remote[domain].script.clear()

    script.accepted()
    script.refused_then_accepted("mailbox unknown", "nouser.example", "mailbox_unknown", mended("nouser.example"))
    script.refused_then_accepted("null sender refused", "nullrejecting.example", "null_sender_refused",
                                 mended("nullrejecting.example"))
    script.refused_then_accepted("callout turned away", "bannered.example", "callout_host_refused",
                                 mended("bannered.example"))
    script.refused_then_accepted("callout put off", "busy.example", "callout_deferred", mended("busy.example"),
                                 permanent=False)
    script.refused_then_accepted("no such domain", "unborn.example", "unroutable",
                                 lambda: mx_at_good("unborn.example"))
    script.refused_then_accepted("postmaster refused", "nopostmaster.example", "postmaster_refused",
                                 mended("nopostmaster.example"))
    script.refused_then_accepted("callout cut off", "dropping.example", "callout_unreachable",
                                 mended("dropping.example"), permanent=False)
    script.refused_then_accepted("MX without address", "mxnowhere.example", "mx_unusable",
                                 lambda: remote.names.host("nothing.mxnowhere.example", good.address, pointer=False))
    script.refused_then_accepted("null MX", "nullmx.example", "null_mx", lambda: mx_at_good("nullmx.example"))
    script.refused_then_accepted("name server broken", "servfail.example", "dns_temporary",
                                 lambda: mx_at_good("servfail.example"), permanent=False)
    script.refused_then_accepted("no reverse DNS", "good.example", "ptr_missing",
                                 lambda: pathlib.Path("/mnt/ptr-is-set").touch(), source=world.NAMELESS)
    script.refused_then_accepted("forged reverse DNS", "good.example", "ptr_mismatch",
                                 lambda: remote.names.host("forged.client.example", world.FORGED, pointer=False),
                                 source=world.FORGED)
    script.unknown_recipient()
    script.never_arrived()
    script.outbound(lambda sender, recipient: mta.submit(sender, recipient, check=False))
    time.sleep(4)
    for action in script.late:
        action()
    mta.run_queue("-qff")
    mta.stop()
    return script.judge()


def sendmail_scene(inside):
    script = Script(inside, logs_aliases=False)
    remote = script.world
    script.declare_remote()
    remote.start()
    mta = sendmail.Sendmail(inside, SENDMAIL)
    aliases = pathlib.Path("/etc/mail/aliases")
    for name in ("bob", "alice"):
        box = sandbox.HOME / name
        box.touch()
        box.chmod(0o666)
    aliases.write_text(f"team: dave@alias.example\nbob: {sandbox.HOME}/bob\nalice: {sandbox.HOME}/alice\n"
                       f"postmaster: alice\n")
    mta._sendmail("-C", mta.config, "-bi")
    mta.start()
    mx_at_good = script.mx_at_good
    script.accepted()
    script.refused_then_accepted("no such domain", "unborn.example", "domain_nonexistent",
                                 lambda: mx_at_good("unborn.example"))
    script.refused_then_accepted("name server broken", "servfail.example", "dns_temporary",
                                 lambda: mx_at_good("servfail.example"), permanent=False)
    script.refused_then_accepted("no reverse DNS", "good.example", "ptr_missing",
                                 lambda: remote.names.host("late.client.example", world.NAMELESS), source=world.NAMELESS)
    script.refused_then_accepted("forged reverse DNS", "good.example", "ptr_mismatch",
                                 lambda: remote.names.host("forged.client.example", world.FORGED, pointer=False),
                                 source=world.FORGED, permanent=False)
    script.unknown_recipient()
    script.never_arrived()
    script.outbound(mta.submit)
    time.sleep(1)
    for action in script.late:
        action()
    mta.run_queue()
    time.sleep(5)
    mta.run_queue()
    mta.stop()
    return script.judge()


def scene(inside):
    try:
        return {"exim": exim_scene, "sendmail": sendmail_scene}[inside.arguments[0]](inside)
    except Exception:
        traceback.print_exc()
        return 1


def main():
    if sandbox.is_inside():
        return sandbox.run_inside(scene)
    if not pathlib.Path(PROGRAM).exists():
        print(f"{PROGRAM} is not built: name another with LOSTMAIL")
        return 2
    reason = sandbox.missing()
    if reason:
        print(f"lab skipped: {reason}")
        return sandbox.SKIPPED
    wrong = 0
    for name in sys.argv[1:] or ("exim", "sendmail"):
        sys.argv[1:] = [name]
        print(f"{name}:", flush=True)
        wrong += sandbox.main(scene)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
