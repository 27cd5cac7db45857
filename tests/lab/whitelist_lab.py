#!/usr/bin/env python3
"""Refused mail, suggest, approve, export, reload: does the real MTA let the client in, and nobody else?

usage: whitelist_lab.py exim-simple|exim-full|debian|sendmail
LOSTMAIL names the program. Exit: 0 as it should be, 1 not, 77 skipped (reason printed).
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys

import exim
import sandbox
import sendmail
import smtp_peers
import world

PROGRAM = os.environ.get("LOSTMAIL", "build/dev/lostmail")
BOB = "bob@ours.example"
NAMELESS2 = "203.0.113.111"  # no PTR, like world.NAMELESS, and in no list
# What a stranger would send to get into a list, or to widen it.
HOSTILE = ["*", "^.*", "^bounce-.*", "!x", "/etc/passwd", "x;y", "a:b", "$sender_host_address",
           "${run{/bin/touch /mnt/pwned}}", "+lostmail_hosts", "x\\n*", "*@*", "nwildlsearch", "x#y",
           "x=y\tz"]

EXIM = """
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
host_lookup = *
rfc1413_query_timeout = 0s
smtp_max_unknown_commands = 20
smtp_accept_max = 0
domainlist local_domains = ours.example
hostlist relay_from_hosts = 127.0.0.1
{definitions}
begin acl
acl_rcpt:
  accept  hosts = +relay_from_hosts
{sender}
{client}
  require message = relay not permitted
          domains = +local_domains
  accept
acl_data:
{header}
  accept
begin routers
""" + exim.ROUTERS + """
begin transports
""" + exim.TRANSPORTS + """
begin retry
*  *  F,2h,15m
"""

FEATURES = """
FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access')dnl
FEATURE(`require_rdns')dnl
FEATURE(`badmx')dnl
"""


class Wrong(Exception):
    """Not as it should be."""


class Lostmail:
    """The program on a store of the scene."""

    def __init__(self, name="lostmail"):
        home = sandbox.HOME / name
        home.mkdir()
        self.store = home / "lostmail.db"
        self.config = home / "lostmail.toml"
        self.config.write_text('local_domains = ["ours.example"]\n')

    def __call__(self, *words, expect=0, answers=""):
        done = subprocess.run([PROGRAM, "--store", self.store, "--config", self.config, *map(str, words)],
                              capture_output=True, text=True, input=answers)
        if expect is not None and done.returncode != expect:
            raise Wrong(f"lostmail {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def rows(self, *words):
        return [json.loads(line) for line in self("whitelist", *words, "--json", expect=None).splitlines()]


def guide_blocks(text):
    """The indented code of a guide: one text for each run of lines that start with four blanks."""
    blocks, run = [], []
    for line in text.splitlines() + [""]:
        if line.startswith("    "):
            run.append(line)
        elif run:
            blocks.append("\n".join(run))
            run = []
    return blocks


def block_with(blocks, words):
    return next(block for block in blocks if words in block)


class Scene:
    """Names and servers, and clients whose luck is looked at."""

    def __init__(self, inside):
        self.inside = inside
        self.world = world.World()
        self.world.server("good")
        self.world.server("nonull", mail="550 5.7.1 no mail from <> here")
        self.world.server("lists", mail="550 5.7.1 no mail from <> here")
        self.world.server("many", mail="550 5.7.1 no mail from <> here")
        self.lostmail = Lostmail()
        self.problems = []

    def start(self, mta):
        self.mta = mta
        self.world.start()
        try:
            mta.start()
        except subprocess.CalledProcessError as error:
            raise Wrong(f"{error}: {error.stdout}{error.stderr}") from error

    def tell(self, sender, recipient=BOB, source=world.GOOD, content=None):
        target = sandbox.OURS6 if ":" in source else sandbox.OURS
        refusals = smtp_peers.dialogue(source, target, "mail.client.example", sender, [recipient], content=content)
        return [refusal.code for refusal in refusals]

    def refused(self, label, *arguments, **options):
        if not self.tell(*arguments, **options):
            self.problems.append(f"{label}: {arguments} {options} was let in")

    def let_in(self, label, *arguments, **options):
        codes = self.tell(*arguments, **options)
        if codes:
            self.problems.append(f"{label}: {arguments} {options} was refused: {codes}")

    def send_hostile(self, label, domain):
        for local in HOSTILE:
            for sender in (f"{local}@{domain}", f'"{local}"@{domain}'):
                try:
                    self.refused(label, sender)
                except OSError:
                    pass  # the server hung up on it

    def ingest(self):
        self.lostmail("-q", "ingest", self.inside.folder / "log", expect=None)

    def approve(self, *wanted, platform="exim"):
        proposals = self.lostmail.rows("suggest", "--min-score", "-100", "--platform", platform)
        found = {(row["list"], row["key"]): row["id"] for row in proposals}
        for list_and_key in wanted:
            if list_and_key not in found:
                raise Wrong(f"{list_and_key} is not proposed, but {sorted(found)}")
            self.lostmail("whitelist", "approve", "--platform", platform, found[list_and_key])
        for _, key in found:
            if re.search(r"[!^$;\\\"#\s]|^\*@|^/", key):
                self.problems.append(f"proposed: {key}")

    def verify(self, *options, expect=0):
        print(self.lostmail("whitelist", "verify", "--scratch", sandbox.HOME, *options, expect=expect))

    def end(self):
        self.mta.stop()
        if pathlib.Path("/mnt/pwned").exists():
            self.problems.append("an entry ran a command")
        for problem in self.problems:
            print(problem)
        return 1 if self.problems else 0


def exim_scene(inside, full):
    scene = Scene(inside)
    folder = pathlib.Path("/etc/exim4")
    folder.mkdir(exist_ok=True)
    blocks = guide_blocks(scene.lostmail("whitelist", "guide", "--mta", "exim", "--folder", folder))
    sender = "sender/callout=10s" if full else "deny    !senders = +lostmail_senders\n            !verify  = sender/c"
    mta = exim.Exim(inside, EXIM.format(
        definitions=block_with(blocks, "addresslist lostmail_senders").replace("    ", ""),
        sender=block_with(blocks, sender), client=block_with(blocks, "reverse_host_lookup").replace(
            "            !verify  = helo", "            hosts = 192.0.2.250"),
        header=block_with(blocks, "!verify  = header_sender")))
    scene.start(mta)
    scene.let_in("before", "ok@good.example", content="From: ok@good.example\n\nx\n")
    for name in ("news@nonull.example", "bounce-17@lists.example", "bounce-18@lists.example", "a@many.example",
                 "b@many.example", "c@many.example", "joe@mxnowhere.example"):
        scene.refused("before", name)
    scene.refused("before", "ok@good.example", source=world.NAMELESS)
    scene.send_hostile("before", "nonull.example")
    scene.ingest()
    wanted = [("exim-senders", "news@nonull.example"), ("exim-senders", "joe@mxnowhere.example"),
              ("exim-hosts", world.NAMELESS)]
    if full:
        wanted += [("exim-auto-senders", "bounce-*@lists.example"), ("exim-callout-sender-domains", "many.example")]
    scene.approve(*wanted)
    formats = {name for name, _ in wanted}
    for name in sorted(formats):
        scene.lostmail("whitelist", "export", name, "-o", folder / name.replace("exim-", "lostmail_").replace("-", "_"))
    scene.verify("--config", mta.config, "--program", mta.binary)
    proofs = {row["key"]: row["proof"] for row in scene.lostmail.rows("list")}
    if set(proofs.values()) != {"proven"}:
        scene.problems.append(f"not all proven: {proofs}")
    if not full:
        faults_are_found(scene, mta)
    scene.let_in("after", "news@nonull.example", content="From: news@nonull.example\n\nx\n")
    scene.let_in("after", "NEWS@NoNull.example")
    scene.let_in("after", "joe@mxnowhere.example")
    scene.let_in("after", "ok@good.example", source=world.NAMELESS)
    scene.refused("after", "other@nonull.example")
    scene.refused("after", "xnews@nonull.example")
    scene.refused("after", "jim@mxnowhere.example")
    scene.refused("after", "ok@good.example", source=NAMELESS2)
    scene.refused("relay", "news@nonull.example", "x@elsewhere.example")
    scene.refused("relay", "ok@good.example", "x@elsewhere.example", source=world.NAMELESS)
    if full:
        scene.let_in("after", "bounce-99@lists.example")
        scene.let_in("after", "z@many.example")
        scene.refused("after", "joe@lists.example")
        scene.refused("after", "bounce-99@nonull.example")
        scene.refused("after", "x@sub.many.example")
        scene.refused("relay", "bounce-99@lists.example", "x@elsewhere.example")
    scene.send_hostile("after", "nonull.example")
    scene.ingest()
    outcome = {row["key"]: row["outcome"] for row in scene.lostmail.rows("list")}
    if outcome["news@nonull.example"] != "got_in":
        scene.problems.append(f"watched: {outcome}")
    if full:
        exim_strangers(scene, mta)
    return scene.end()


def faults_are_found(scene, mta):
    """A configuration that lets the list relay, and one that does not look at it."""
    text = mta.config.read_text()
    for name, old, new, finding in (
            ("relays", "  accept  hosts = +relay_from_hosts",
             "  accept  hosts = +relay_from_hosts\n  accept  senders = +lostmail_senders", "too-wide"),
            ("blind", "!senders = +lostmail_senders", "!senders = nobody@nowhere.example", "useless")):
        faulty = mta.config.with_name(name)
        faulty.write_text(text.replace(old, new))
        scene.verify("--config", faulty, "--program", mta.binary, "news@nonull.example", expect=1)
        proof = {row["key"]: row["proof"] for row in scene.lostmail.rows("list")}["news@nonull.example"]
        if proof != finding:
            scene.problems.append(f"{name}: {proof} instead of {finding}")
    if "news@nonull" in scene.lostmail("whitelist", "export", "exim-senders", "--proven"):
        scene.problems.append("--proven wrote what is not proven")
    scene.verify("--config", mta.config, "--program", mta.binary, "news@nonull.example")


PIECES = ["alice", "bob", "bounce-", "-request", "owner-", "root", "example", "*", "^", "$", "!", "+", "/", ";", ":", "@",
          "\\", '"', "#", "=", ".", "-", "{", "}", "${run{/bin/touch /mnt/pwned}}", "|", "nwildlsearch", "partial-", "%",
          "\\n", "\\N", ",", "(", ")", "[a-z]", "_", "~", "'", "&", "?"]
DOMAINS = ["nonull.example", "lists.example", "many.example", "a.example", "com", "co.uk", "*", "b*.example", "x_y.example",
           "[192.0.2.7]", "nonull.example.", "-a.example", "ours.example"]
PROBES = ["victim@elsewhere.example", "alice@nonull.example", "x@lists.example", "x@many.example", "root@a.example",
          "bounce-1@elsewhere.example", "a@com", "x@sub.nonull.example", "nonull.example@nonull.example"]


def strangers(count):
    """Addresses as a stranger would choose them, the same in each run."""
    choice = random.Random(20261125)
    for _ in range(count):
        local = "".join(choice.choice(PIECES) for _ in range(choice.randint(1, 4)))
        yield f"{local}@{choice.choice(DOMAINS)}"


def lists_of_strangers(scene, line, name):
    """A store in which strangers were refused with `line`, and every proposal approved."""
    lostmail = Lostmail(name)
    log = sandbox.HOME / name / "log"
    log.write_text("".join(line % (number % 60, sender) for number, sender in enumerate(strangers(600))))
    lostmail("-q", "ingest", log, expect=None)
    lostmail("whitelist", "review", "--platform", "exim", "--min-score", "-1000", answers="a\n" * 2000)
    keys = {row["key"].removeprefix("From:").lower() for row in lostmail.rows("list")
            if row["list"] in ("exim-senders", "sendmail-access") and "Connect:" not in row["key"]}
    if len(keys) < 20:
        scene.problems.append(f"only {len(keys)} strangers passed: the test is worth little")
    return lostmail, keys


def wrong_answers(answers, keys, shapes=()):
    """Those of (address, found) that the list should not give."""
    for address, found in answers:
        listed = address.lower() in keys or any(shape.fullmatch(address) for shape in shapes)
        if found != listed:
            yield f"{address}: {'found' if found else 'not found'}"


def exim_strangers(scene, mta):
    """Whatever stands in the log, the lists match the addresses that were approved, and no other."""
    lostmail, keys = lists_of_strangers(
        scene, "2026-11-25 10:00:%02d H=good.client.example [203.0.113.10] F=<%s> rejected RCPT <bob@ours.example>:"
        " Sender verify failed\n", "strangers")
    folder = sandbox.HOME / "strangers"
    lostmail("whitelist", "export", "exim-senders", "-o", folder / "senders")
    lostmail("whitelist", "export", "debian-exim4", "-o", folder, expect=None)
    plain = [line for line in (folder / "sender_local_deny_exceptions").read_text().splitlines()
             if line and not line.startswith("#")]
    shapes = [re.compile(line, re.I) for line in plain if line.startswith("^")]
    addresses = [a for a in [*keys, *strangers(600), *PROBES] if re.fullmatch(r"[\w.+=@%&'/?|~-]+", a)]
    expected = {"nwildlsearch;%s" % (folder / "senders"): (keys, []),
                str(folder / "sender_local_deny_exceptions"): ({k for k in keys if not k.startswith("+")}, shapes)}
    for name, (listed, wide) in expected.items():
        said = mta.exim("-be", content="".join(
            "${if match_address{%s}{%s}{yes}{no}}\n" % (address, name) for address in addresses)).stdout.replace(">", "").split()
        if len(said) != len(addresses):
            scene.problems.append(f"{name}: {len(said)} answers to {len(addresses)}: {said[:5]}")
            continue
        scene.problems += wrong_answers(zip(addresses, (word == "yes" for word in said)), listed, wide)


def sendmail_strangers(scene, mta, makemap):
    lostmail, keys = lists_of_strangers(
        scene, "Nov 25 10:00:%02d mail sm-mta[4711]: 6APA0000004711: ruleset=check_mail, arg1=<%s>, relay="
        "good.client.example [203.0.113.10], reject=550 5.1.8 Sender verify failed\n", "strangers")
    access = pathlib.Path("/etc/mail/access")
    access.write_text("")
    lostmail("whitelist", "export", "sendmail-access", "-o", access)
    with open(access, encoding="utf-8") as text:
        sandbox.run(makemap, "hash", access, stdin=text)
    addresses = [a for a in [*keys, *strangers(600), *PROBES] if re.fullmatch(r"[!-~]+", a)]
    said = re.findall(r"^(?:> )*map_lookup: access \((.*)\) (no match|returns OK)", subprocess.run(
        [mta.binary, "-C", mta.config, "-bt"], input="".join(f"/map access From:{a}\n" for a in addresses),
        text=True, capture_output=True).stdout, re.M)
    if len(said) != len(addresses):
        scene.problems.append(f"{len(said)} answers to {len(addresses)}")
    scene.problems += wrong_answers(((key.removeprefix("From:"), word == "returns OK") for key, word in said), keys)


# Of the frame that every configuration gets; the stock one sets them too.
FRAME_OPTIONS = re.compile(r"^\s*(exim_path|spool_directory|log_file_path|pid_file_path|local_interfaces|"
                           r"primary_hostname|daemon_smtp_ports|keep_environment|dns_retr\w+)\s*=.*$", re.M)


def debian_config(inside):
    """exim4-config's own, made by its own script."""
    sandbox.run("cp", "-a", inside.packages / "etc/exim4", "/etc/")
    etc = pathlib.Path("/etc/exim4")
    (etc / "update-exim4.conf.conf").write_text(
        "dc_eximconfig_configtype='internet'\ndc_other_hostnames='ours.example'\ndc_local_interfaces=''\n"
        "dc_readhost=''\ndc_relay_domains=''\ndc_minimaldns='false'\ndc_relay_nets=''\ndc_smarthost=''\n"
        "CFILEMODE='644'\ndc_use_split_config='true'\ndc_hide_mailname=''\ndc_mailname_in_oh='true'\n"
        "dc_localdelivery='mail_spool'\n")
    (etc / "conf.d/main/00_local").write_text("CHECK_RCPT_VERIFY_SENDER = true\nMAIN_TRUSTED_USERS = mail\n")
    (etc / "local_sender_callout").write_text("nonull.example\nlists.example\n")
    pathlib.Path("/etc/mailname").write_text("mail.ours.example\n")
    pathlib.Path("/etc/aliases").touch()
    made = sandbox.HOME / "debian.conf"
    sandbox.run("sh", inside.packages / "usr/sbin/update-exim4.conf", "-o", made)
    return FRAME_OPTIONS.sub("", made.read_text())


def debian_scene(inside):
    scene = Scene(inside)
    mta = exim.Exim(inside, debian_config(inside))
    scene.start(mta)
    for name in ("joe@mxnowhere.example", "news@nonull.example", "bounce-17@lists.example"):
        scene.refused("before", name)
    scene.send_hostile("before", "mxnowhere.example")
    scene.ingest()
    scene.approve(("exim-senders", "joe@mxnowhere.example"), ("exim-senders", "news@nonull.example"),
                  ("exim-auto-senders", "bounce-*@lists.example"), platform="debian")
    scene.lostmail("whitelist", "export", "debian-exim4", "-o", "/etc/exim4")
    scene.verify("--config", mta.config, "--program", mta.binary)
    for name in ("joe@mxnowhere.example", "news@nonull.example", "bounce-99@lists.example"):
        scene.let_in("after", name)
        scene.refused("relay", name, "x@elsewhere.example")
    for name in ("jim@mxnowhere.example", "other@nonull.example", "joe@lists.example", "xbounce-1@lists.example"):
        scene.refused("after", name)
    scene.send_hostile("after", "mxnowhere.example")
    return scene.end()


def sendmail_scene(inside):
    scene = Scene(inside)
    scene.world.names.host("loop.badmx.example", "127.0.0.1", pointer=False)
    scene.world.names.mx("badmx.example", "loop.badmx.example")
    access = pathlib.Path("/etc/mail/access")
    mta = sendmail.Sendmail(inside, FEATURES, "Connect:127.0.0.1\tRELAY\nFrom:denied@good.example\tREJECT\n")
    scene.start(mta)
    scene.refused("before", "news@badmx.example")
    scene.refused("before", "ok@good.example", source=world.NAMELESS)
    scene.send_hostile("before", "badmx.example")
    scene.ingest()
    scene.approve(("sendmail-access", "From:news@badmx.example"), ("sendmail-access", f"Connect:{world.NAMELESS}"))
    scene.lostmail("whitelist", "export", "sendmail-access", "-o", access)
    makemap = inside.packages / "usr/libexec/sendmail/makemap"
    scene.verify("--mta", "sendmail", "--program", mta.binary, "--makemap", makemap)
    with open(access, encoding="utf-8") as text:
        sandbox.run(makemap, "hash", access, stdin=text)
    scene.let_in("after", "news@badmx.example")
    scene.let_in("after", "ok@good.example", source=world.NAMELESS)
    scene.refused("after", "other@badmx.example")
    scene.refused("after", "xnews@badmx.example")
    scene.refused("after", "denied@good.example")
    scene.refused("after", "ok@good.example", source=NAMELESS2)
    scene.refused("relay", "news@badmx.example", "x@elsewhere.example")
    scene.refused("relay", "ok@good.example", "x@elsewhere.example", source=world.NAMELESS)
    scene.send_hostile("after", "badmx.example")
    sendmail_strangers(scene, mta, makemap)
    return scene.end()


SCENES = {"exim-simple": lambda inside: exim_scene(inside, False), "exim-full": lambda inside: exim_scene(inside, True),
          "debian": debian_scene, "sendmail": sendmail_scene}


def scene(inside):
    try:
        return SCENES[inside.arguments[0]](inside)
    except Wrong as wrong:
        print(wrong)
        return 1


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(PROGRAM).resolve())
    os.environ["LOSTMAIL"] = PROGRAM
    sys.exit(sandbox.main(scene))
