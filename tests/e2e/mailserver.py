"""A made-up mail server for the tests: writes Exim's and Sendmail's logs over simulated days, with messages that wait
in the queue, cached callouts, refusals whose `from=` comes late, mail that gets in at the second attempt. Every line
has the shape of a real one (sample-logs/); the random numbers come from the seed alone."""
import datetime
import os
import random
import shutil
import subprocess

START = 1795000000  # 2026-11-18 07:06:40 UTC; the tests' "now" is a week later
TOOLS = {".gz": ["gzip", "-9"], ".bz2": ["bzip2"], ".xz": ["xz", "-1"], ".zst": ["zstd", "-q", "--rm"]}
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def exim_stamp(time):
    return datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def syslog_stamp(time):
    return datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%b %e %H:%M:%S")


def base(number, digits, radix=62):
    text = ""
    for _ in range(digits):
        number, rest = divmod(number, radix)
        text = LETTERS[rest] + text
    return text


class Traffic:
    """What a server logs: self.events is [(time, log, text)], in order."""

    def __init__(self, seed, days=5, mails_a_day=60, silent_nights=True):
        self.random = random.Random(seed)
        self.events = []
        self.counter = seed * 1000
        self.end = START + days * 86400
        for _ in range(days * mails_a_day):
            time = START + self.random.randrange(days * 86400)
            if silent_nights and time % 86400 < 3600:
                time += 7200
            self.random.choice([
                self.exim_delivered, self.exim_refused_by_remote, self.exim_refuses, self.exim_refuses,
                self.exim_refuses_message, self.exim_twins, self.exim_greylists_then_takes, self.sendmail_delivered,
                self.sendmail_refused_by_remote, self.sendmail_refuses, self.sendmail_refuses])(time)
        self.events = sorted((event for event in self.events if event[0] < self.end), key=lambda event: event[0])

    def write(self, time, log, text):
        self.events.append((int(time), log, text))

    def exim(self, time, text, rejectlog=False, block=""):
        line = f"{exim_stamp(time)} {text}\n"
        self.write(time, "mainlog", line)
        if rejectlog:
            self.write(time, "rejectlog", line + block)

    def exim_id(self, time):
        self.counter += 1
        return f"{base(time, 6)}-{base(self.counter, 6)}-{base(self.random.randrange(3844), 2)}"

    def sendmail(self, time, queue_id, text):
        self.write(time, "maillog", f"{syslog_stamp(time)} mx sendmail[{1000 + self.counter % 9000}]: {queue_id}: {text}\n")

    def sendmail_id(self, time):
        self.counter += 1
        at = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
        parts = [(at.year - 1900) % 60, at.month - 1, at.day, at.hour, at.minute, at.second]
        return "".join(LETTERS[part] for part in parts) + base(self.counter % 3600, 2, 60) + f"{self.counter % 1000000:06}"

    def sender(self):
        return f"s{self.random.randrange(12)}@d{self.random.randrange(5)}.example"

    def recipient(self):
        return f"r{self.random.randrange(6)}@ours.example"

    def wait(self):
        """Seconds that a message stays in the queue: mostly none, sometimes days."""
        return self.random.choice([0, 1, 30, 4000, 15000, 90000, 200000])

    def exim_delivered(self, time, sender=None, recipient=None):
        sender, recipient, queue_id = sender or self.sender(), recipient or self.recipient(), self.exim_id(time)
        self.exim(time, f"{queue_id} <= {sender} H=mx.d.example [192.0.2.7] P=esmtp S=263")
        done = time + self.wait()
        self.exim(done, f"{queue_id} => {recipient.split('@')[0]} <{recipient}> R=ours T=drop")
        self.exim(done, f"{queue_id} Completed")

    def exim_refused_by_remote(self, time):
        sender, queue_id = f"u{self.random.randrange(5)}@ours.example", self.exim_id(time)
        recipient = f"x{self.random.randrange(9)}@there.example"
        self.exim(time, f"{queue_id} <= {sender} U=www P=local S=300")
        host = "R=remote T=remote_smtp H=mx.there.example [198.51.100.30]"
        for _ in range(self.random.randrange(4)):
            time += self.random.choice([900, 7200, 30000])
            self.exim(time, f"{queue_id} == {recipient} {host}: SMTP error from remote mail server after RCPT TO:"
                      f"<{recipient}>: 451 4.1.8 Domain of sender address {sender} does not resolve")
        time += self.random.choice([1, 40, 20000])
        if self.random.random() < 0.3:
            self.exim(time, f"{queue_id} => {recipient} {host} C=\"250 ok\"")
        else:
            self.exim(time, f"{queue_id} ** {recipient} {host}: SMTP error from remote mail server after RCPT TO:"
                      f"<{recipient}>: 550 Sender verify failed")
            bounce = self.exim_id(time)
            self.exim(time, f"{bounce} <= <> R={queue_id} U=Debian-exim P=local S=1500")
            self.exim(time, f"{bounce} => u <{sender}> R=ours T=drop")
            self.exim(time, f"{bounce} Completed")
        self.exim(time, f"{queue_id} Completed")

    def exim_refuses(self, time):
        """A callout fails; within the next hours Exim's cache refuses without a reason."""
        sender, client = self.sender(), self.random.choice(["H=mx.d.example [192.0.2.7]", "H=[192.0.2.9]"])
        domain = sender.split("@")[1]
        reason = self.random.choice([
            f": mx.{domain} [198.51.100.79] : SMTP error from remote mail server after RCPT TO:<{sender}>: 550 5.1.1 no",
            f": mx.{domain} [198.51.100.81] : response to \"MAIL FROM:<>\" was: 550 5.7.1 we do not accept mail from <>",
            ": Unrouteable address", "", ""])
        again = [0] + sorted(self.random.randrange(13000) for _ in range(self.random.randrange(4)))
        for i, later in enumerate(again):
            at = time + later
            cause = reason if i == 0 else ""
            self.exim(at, f"{client} sender verify fail for <{sender}>{cause}", True)
            at += self.random.choice([0, 0, 1])  # the cache may answer for another address of the domain
            for _ in range(self.random.choice([1, 1, 2])):
                self.exim(at, f"{client} F=<{sender}> rejected RCPT <{self.recipient()}>: Sender verify failed", True)
            if self.random.random() < 0.3:
                sender = f"n{self.random.randrange(99)}@{domain}"

    def exim_refuses_message(self, time):
        queue_id, sender = self.exim_id(time), self.sender()
        names = [self.recipient() for _ in range(self.random.choice([1, 2]))]
        block = f"Envelope-from: <{sender}>\n" + "".join(
            ("Envelope-to: " if i == 0 else "             ") + f"<{name}>\n" for i, name in enumerate(names))
        block += "P Received: from mx.d.example\n\tby mx.ours.example with esmtp\nF From: x@d0.example\n"
        self.exim(time, f"{queue_id} H=mx.d.example [192.0.2.7] F=<{sender}> rejected after DATA: there is no valid "
                  "sender in any header line", True, block)

    def exim_twins(self, time):
        """Two attempts in one second that look alike."""
        for _ in range(2):
            self.exim(time, "H=[192.0.2.44] F=<a@twin.example> rejected RCPT <b@ours.example>: relay not permitted", True)

    def exim_greylists_then_takes(self, time):
        sender, recipient = self.sender(), self.recipient()
        self.exim(time, f"H=mx.d.example [192.0.2.7] F=<{sender}> temporarily rejected RCPT <{recipient}>: "
                  "Could not complete sender verify", True)
        if self.random.random() < 0.6:
            self.exim_delivered(time + self.random.choice([300, 9000, 100000]), sender, recipient)

    def sendmail_delivered(self, time):
        queue_id, recipient = self.sendmail_id(time), self.recipient()
        self.sendmail(time, queue_id, f"from=<{self.sender()}>, size=18, class=0, nrcpts=1, msgid=<{queue_id}@mx.ours."
                      "example>, proto=ESMTP, daemon=MTA, relay=mx.d.example [192.0.2.7]")
        self.sendmail(time + self.wait(), queue_id, f"to=<{recipient}>, delay=00:00:00, xdelay=00:00:00, mailer=local, "
                      "pri=30361, dsn=2.0.0, stat=Sent")

    def sendmail_refused_by_remote(self, time):
        queue_id, sender = self.sendmail_id(time), f"u{self.random.randrange(5)}@ours.example"
        recipient = f"y{self.random.randrange(9)}@there.example"
        relay = "mailer=esmtp, pri=30118, relay=mx.there.example. [198.51.100.29]"
        self.sendmail(time, queue_id, f"from={sender}, size=118, class=0, nrcpts=1, msgid=<{queue_id}@mx.ours.example>, "
                      "relay=root@localhost")
        for _ in range(self.random.randrange(3)):
            time += self.random.choice([1800, 20000])
            self.sendmail(time, queue_id, f"to={recipient}, delay=00:00:00, xdelay=00:00:00, {relay}, dsn=4.0.0, "
                          "reply=451 4.1.8 Domain of sender address does not resolve, stat=Deferred: 451 4.1.8 Domain of "
                          "sender address does not resolve")
        time += self.random.choice([1, 40, 60000])
        if self.random.random() < 0.4:
            self.sendmail(time, queue_id, f"to={recipient}, delay=00:00:00, xdelay=00:00:00, {relay}, dsn=2.0.0, stat=Sent (ok)")
            return
        self.sendmail(time, queue_id, f"to={recipient}, delay=00:00:00, xdelay=00:00:00, {relay}, dsn=5.0.0, "
                      f"reply=550 Verification failed for <{sender}>, stat=Service unavailable")
        child = self.sendmail_id(time)
        self.sendmail(time, queue_id, f"{child}: DSN: Service unavailable")
        self.sendmail(time + self.random.choice([0, 70000]), child, f"to={sender}, delay=00:00:00, xdelay=00:00:00, "
                      "mailer=local, pri=31142, dsn=2.0.0, stat=Sent")

    def sendmail_refuses(self, time):
        """The client stays connected for a while after it was refused: `from=` comes late."""
        queue_id, sender = self.sendmail_id(time), self.sender()
        relay = self.random.choice(["mx.d.example [192.0.2.7]", "[192.0.2.20]", "localhost [127.0.0.1]"])
        for _ in range(self.random.choice([1, 1, 3])):
            recipient = self.recipient()
            self.sendmail(time, queue_id, self.random.choice([
                f"ruleset=check_rcpt, arg1=<{recipient}>, relay={relay}, reject=553 5.1.8 <{recipient}>... Domain of "
                f"sender address {sender} does not exist",
                f"<nosuch{self.random.randrange(3)}@ours.example>... User unknown"]))
        self.sendmail(time + self.random.choice([0, 5, 600, 2400]), queue_id,
                      f"from=<{sender}>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay={relay}")


class Logs:
    """A log folder: lines are appended, logs rotate as logrotate does it."""

    def __init__(self, folder, rng):
        self.folder = folder
        self.random = rng
        self.half = {}
        self.style = {log: rng.choice(["rename", "dateext", "copytruncate"]) for log in ("mainlog", "rejectlog", "maillog")}
        self.tool = {log: rng.choice(list(TOOLS)) for log in self.style}
        self.delay = {log: rng.random() < 0.7 for log in self.style}

    def append(self, time, log, text, half=False):
        """`half`: stops inside the last line, until the next append of that log."""
        text = self.half.pop(log, "") + text
        if half:
            cut = text.rstrip("\n").rfind("\n") + 1 + self.random.randrange(1, 40)
            text, self.half[log] = text[:cut], text[cut:]
        with open(self.folder / log, "ab") as file:
            file.write(text.encode())
        os.utime(self.folder / log, (time, time))

    def compress(self, path, tool):
        subprocess.run([*TOOLS[tool], path], check=True)

    def rotate(self, time, log, between=lambda: None):
        """`between` is called where a run of ours may fall in the middle of a rotation."""
        self.append(time, log, "")
        live = self.folder / log
        if not live.stat().st_size:
            return
        if self.style[log] == "dateext":
            first = self.folder / f"{log}-{datetime.datetime.fromtimestamp(time, datetime.timezone.utc):%Y%m%d%H%M%S}"
            if self.delay[log]:
                for older in sorted(self.folder.glob(f"{log}-*")):
                    if older.suffix not in TOOLS:
                        self.compress(older, self.tool[log])
        else:
            for number in range(30, 0, -1):
                for suffix in ("", *TOOLS):
                    path = self.folder / f"{log}.{number}{suffix}"
                    if path.exists():
                        path.rename(self.folder / f"{log}.{number + 1}{suffix}")
            between()
            if self.delay[log] and (self.folder / f"{log}.2").exists():
                self.compress(self.folder / f"{log}.2", self.tool[log])
            first = self.folder / f"{log}.1"
        if self.style[log] == "copytruncate":
            shutil.copy2(live, first)
            between()
            os.truncate(live, 0)
        else:
            live.rename(first)
            between()
            live.touch()
        os.utime(live, (time, time))
        if not self.delay[log]:
            between()
            self.compress(first, self.tool[log])
