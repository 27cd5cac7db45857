#!/usr/bin/env python3
"""The report after a resolver that was stopped for a while, and the report as mail, both through a real Exim.

usage: report_lab.py resolver|mail
LOSTMAIL names the program. Exit: 0 as it should be, 1 not, 77 skipped (reason printed).
"""
import concurrent.futures
import datetime
import email
import email.policy
import json
import mailbox
import os
import pathlib
import subprocess
import sys
import time

import exim
import sandbox
import smtp_peers
import world

PROGRAM = str(pathlib.Path(os.environ.get("LOSTMAIL", "build/dev/lostmail")).resolve())
BOB = "bob@ours.example"
CLIENTS = 24

EXIM = r"""
acl_smtp_rcpt = acl_rcpt
host_lookup = *
rfc1413_query_timeout = 0s
smtp_accept_max = 0
domainlist local_domains = ours.example

begin acl
acl_rcpt:
  deny    senders  = *@nonull.example
          !verify  = sender/callout=5s
  require message  = Fix reverse DNS for $sender_host_address
          condition = ${if match_ip{$sender_host_address}{10.0.0.0/12}{${if def:sender_host_name}}{yes}}
  require verify   = sender
  require domains  = +local_domains
  accept

begin routers
""" + exim.REMOTE_ROUTER + r"""
ours:
  driver = accept
  local_parts = bob : staff : night : third : quiet
  transport = box

begin transports
remote_smtp:
  driver = smtp
  interface = <; 192.0.2.1
  connect_timeout = 2s
box:
  driver = appendfile
  file = /mnt/box/$local_part_data
  user = Debian-exim
  return_path_add
  envelope_to_add

begin retry
*  *  F,2h,15m
"""


class Scene:
    """A started Exim with the world around it, and a store."""

    def __init__(self, inside):
        self.inside = inside
        self.problems = []
        self.world = world.World()
        box = sandbox.HOME / "box"
        box.mkdir()
        os.chown(box, 710, 710)
        self.mta = exim.Exim(inside, EXIM)
        self.world.server("nonull", mail=lambda argument: "550 no bounces here" if argument.startswith("<>") else "250 ok")
        for number in range(CLIENTS):
            name = f"partner{number}.example"
            self.world.names.host(f"mx.{name}", self.client_of(number))
            self.world.names.mx(name, f"mx.{name}")
            sandbox.run("ip", "addr", "add", self.client_of(number) + "/32", "dev", "lo")
        self.world.start()
        self.mta.start()

    @staticmethod
    def client_of(number):
        return f"10.{number}.0.1"

    def send(self, number):
        """From partner `number` to bob; the codes of the refusals."""
        seen = smtp_peers.dialogue(self.client_of(number), sandbox.OURS, f"mx.partner{number}.example",
                                   f"news@partner{number}.example", [BOB])
        return [refusal.code for refusal in seen]

    def send_all(self):
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            return list(pool.map(self.send, range(CLIENTS)))

    def lostmail(self, *arguments, expect=(0,)):
        done = subprocess.run([PROGRAM, "--store", sandbox.HOME / "lostmail.db", "--config", self.config(), *map(str, arguments)],
                              capture_output=True, text=True, errors="surrogateescape")
        if done.returncode not in expect:
            self.problems.append(f"lostmail {arguments}: status {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout

    def config(self):
        """sendmail is the Exim of the sandbox, called as a mail server's own `sendmail` is."""
        program, config = sandbox.HOME / "sendmail", sandbox.HOME / "lostmail.toml"
        program.write_text(f'#!/bin/sh\nexec {self.mta.binary} -C {self.mta.config} -odi "$@"\n')
        program.chmod(0o755)
        config.write_text(f'local_domains = ["ours.example"]\n[report]\nsendmail = "{program}"\n')
        return config

    def expect(self, condition, what):
        if not condition:
            self.problems.append(what)

    def end(self):
        self.mta.stop()
        for problem in self.problems:
            print(problem)
        if self.problems:
            for log in exim.log_files(self.inside.folder):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}")
        return 1 if self.problems else 0


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def resolver(inside):
    """All clients get in, then the name server falls silent and none does, then it speaks again."""
    scene = Scene(inside)
    scene.expect(scene.send_all() == [[]] * CLIENTS, "before: not all got in")
    stopped = time.time()
    scene.world.names.silent |= {"example", "arpa"}
    codes = scene.send_all()
    scene.world.names.silent.clear()
    scene.world.names.silent |= {"silent-dns.example"}
    again = time.time()
    scene.expect(all(len(found) == 1 for found in codes), f"no answers of DNS, and not all were refused: {codes}")
    permanent = sum(found == [550] for found in codes)
    scene.expect(permanent >= 8, f"without a host name: {codes}")
    # What is not DNS is told as ever, and proposed.
    for _ in range(2):
        refused = smtp_peers.dialogue(world.GOOD, sandbox.OURS, "good.client.example", "news@nonull.example", [BOB])
        scene.expect([refusal.code for refusal in refused] == [550], "nonull: not refused")
    scene.expect(scene.send(0) == [], "after: did not get in")
    scene.lostmail("-q", "ingest", *exim.log_files(inside.folder))

    report = json.loads(scene.lostmail("report", "--json"))
    outages = report["dns_outages"]
    scene.expect(len(outages) == 1, f"not one diagnosis: {outages}")
    for outage in outages[:1]:
        scene.expect(outage["refusals"] == CLIENTS, f"refusals: {outage}")
        scene.expect(outage["known_sender_domains"] == CLIENTS, f"known before: {outage}")
        scene.expect(int(stopped) <= seconds(outage["first"]) <= seconds(outage["last"]) <= again, f"time: {outage}")
    known = [row["sender"] for row in report["known_correspondents"]]
    scene.expect(not any("partner" in sender for sender in known), f"told one by one: {known}")
    text = scene.lostmail("report")
    scene.expect(str(CLIENTS) in text and "resolver" in text, f"the text:\n{text}")
    suggested = scene.lostmail("whitelist", "suggest", "--min-score", "-1000", "--platform", "exim", "--json")
    keys = [json.loads(line)["key"] for line in suggested.splitlines()]
    scene.expect(keys == ["news@nonull.example"], f"proposed: {keys}")
    return scene.end()


# What a stranger would say to get into the head or the parts of a mail.
HOSTILE = ["--=_lostmail_report_part", "--=_lostmail_report_part--", "x\\r\\nBcc: eve@ours.example", "x\rSubject: pwned",
           "\r\n.\r\n", "<script>alert(1)</script>", "=0ASubject: pwned", "\xe9\xff", "\x1b]0;pwned\x07", "\u202egnp.exe"]


def hostile_log(path, yesterday):
    """Mail went between the two before, and then the reply of their server is hostile."""
    lines = []
    for number, text in enumerate(HOSTILE):
        at = f"{yesterday} 10:00:{number:02}"
        queue_id = f"1vNxy{number:x}-000001-00"
        lines += [f"2026-01-01 10:00:{number:02} {queue_id[:-2]}01 <= alice@ours.example U=alice P=local S=300",
                  f"2026-01-01 10:00:{number:02} {queue_id[:-2]}01 => dave{number}@far.example R=remote T=remote_smtp "
                  "H=mx.far.example [198.51.100.99]", f"2026-01-01 10:00:{number:02} {queue_id[:-2]}01 Completed",
                  f"{at} {queue_id} <= alice@ours.example U=alice P=local S=300",
                  f"{at} {queue_id} ** dave{number}@far.example R=remote T=remote_smtp H=mx.far.example [198.51.100.99]: SMTP error "
                  f"from remote mail server after RCPT TO:<dave{number}@far.example>: 550 Sender verify failed {text}",
                  f"{at} {queue_id} Completed",
                  f'{at} H=(x{text}) [203.0.113.10] F=<"{text}"@evil.example> rejected RCPT <{BOB}>: Sender verify failed {text}']
    path.write_bytes("".join(line.replace("\r\n", "\r") + "\n" for line in lines).encode("utf-8", "surrogateescape"))


def read_box(name):
    box = mailbox.mbox(sandbox.HOME / "box" / name,
                       factory=lambda file: email.message_from_binary_file(file, policy=email.policy.default))
    return list(box)


def check_message(scene, message, subject, recipients):
    scene.expect(not message.defects, f"defects: {message.defects}")
    scene.expect(message["Subject"] == subject, f"subject: {message['Subject']!r}")
    scene.expect(message["Envelope-to"] == recipients, f"delivered to: {message['Envelope-to']}")
    for name in ("From", "To", "Date", "Message-Id", "MIME-Version", "Auto-Submitted"):
        scene.expect(len(message.get_all(name, [])) == 1, f"{name}: {message.get_all(name)}")
    scene.expect("Bcc" not in message and "eve@" not in str(message["To"]), "a stranger's header")
    scene.expect(message.get_content_type() == "multipart/alternative", message.get_content_type())
    parts = list(message.iter_parts())
    scene.expect([part.get_content_type() for part in parts] == ["text/plain", "text/html"], f"parts: {parts}")
    scene.expect(not any(part.defects for part in message.walk()), "defects in a part")
    text, page = (part.get_content() for part in parts)
    scene.expect("alice@ours.example -> dave0@far.example" in text, f"the text:\n{text}")
    scene.expect(all(" " <= letter <= "~" or letter == "\n" for letter in text), "bytes of strangers in the text")
    scene.expect(all(len(line) <= 80 for line in text.splitlines() if "lostmail " not in line), "lines over 80 columns")
    scene.expect(page.rstrip().endswith("</html>") and "<script>alert" not in page, "the page")


def mail(inside):
    """`report --mail-to` and `nightly` → sendmail -t → Exim → a mailbox."""
    scene = Scene(inside)
    yesterday = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
    log = sandbox.HOME / "hostile.log"
    hostile_log(log, yesterday)
    host = ("--host", "mx1\nBcc: eve@ours.example")
    scene.lostmail("-q", "--tz", "UTC", "--host", "mx1", "ingest", log)
    lost = json.loads(scene.lostmail("report", "--tz", "UTC", "--range", "yesterday", "--json"))["lost"]
    scene.expect(lost >= len(HOSTILE), f"only {lost} lost: the test is worth little")
    told = f"{lost} mails lost yesterday ({len(HOSTILE)} between known correspondents)"
    scene.lostmail("--tz", "UTC", "--host", "mx1", "report", "--range", "yesterday", "--mail-to", BOB, "staff@ours.example")
    scene.lostmail("--tz", "UTC", "--host", "mx1", "nightly", log, "--mail-to", "night@ours.example")
    scene.lostmail("--tz", "UTC", *host, "report", "--range", "yesterday", "--mail-to", "third@ours.example")
    scene.lostmail("--tz", "UTC", "report", "--range", "2020-01-01", "--mail-to", "quiet@ours.example")
    boxes = sorted(path.name for path in (sandbox.HOME / "box").iterdir())
    scene.expect(boxes == ["bob", "night", "staff", "third"], f"mailboxes: {boxes}")
    for name in ("bob", "staff", "night", "third"):
        messages = read_box(name)
        scene.expect(len(messages) == 1, f"{name}: {len(messages)} messages")
        if not messages:
            continue
        if name == "third":
            subject = messages[0]["Subject"]
            scene.expect(subject.endswith(told) and subject.startswith("mx1"), f"subject: {subject!r}")
            scene.expect("Bcc" not in messages[0], "a header through the host's name")
        else:
            check_message(scene, messages[0], f"mx1: {told}", f"{name}@ours.example")
    return scene.end()


SCENES = {"resolver": resolver, "mail": mail}

if __name__ == "__main__":
    os.environ["LOSTMAIL"] = PROGRAM
    sys.exit(sandbox.main(lambda inside: SCENES[inside.arguments[0]](inside)))
