"""The report: what changed comes first, however much was refused beside it."""
import csv
import datetime
import io
import json
import pathlib
import tempfile
import unittest

from program import run

DAY = 86400
NOW = 1796083200 + 6 * 3600  # 2026-12-01T06:00:00Z


def stamp(utc):
    return f"{datetime.datetime.fromtimestamp(utc, datetime.timezone.utc):%Y-%m-%d %H:%M:%S} +0000"


def base62(number, width):
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = digits[digit] + text
    return text


class Log:
    """An Exim main log, written in the order of time whatever the order of calls."""

    def __init__(self):
        self.lines = []
        self.number = 0

    def delivery(self, utc, sender, recipient, local=True):
        self.number += 1
        queue_id = f"{base62(utc, 6)}-{base62(self.number, 6)}-00"
        transport = "R=local_user T=local_delivery" if local else "R=dnslookup T=remote_smtp H=mx.far.example [192.0.2.99]"
        self.lines.append((utc, f"{queue_id} <= {sender} H=mx.sender.example [192.0.2.25] P=esmtp S=900"))
        self.lines.append((utc + 1, f"{queue_id} => {recipient} {transport}"))
        self.lines.append((utc + 1, f"{queue_id} Completed"))

    def refused(self, utc, sender, recipient, client="192.0.2.7", why=None, text="Sender verify failed", permanent=True):
        host = f"H=(c.example) [{client}]"
        if why:
            self.lines.append((utc, f"{host} sender verify {'fail' if permanent else 'defer'} for <{sender}>: {why}"))
        verb = "rejected" if permanent else "temporarily rejected"
        self.lines.append((utc, f"{host} F=<{sender}> {verb} RCPT <{recipient}>: {text}"))

    def refused_us(self, utc, sender, recipient, text, server="192.0.2.99"):
        self.number += 1
        queue_id = f"{base62(utc, 6)}-{base62(self.number, 6)}-00"
        self.lines.append((utc, f"{queue_id} <= {sender} U=web P=local S=500"))
        self.lines.append((utc + 1, f"{queue_id} ** {recipient} R=dnslookup T=remote_smtp H=mx.far.example [{server}]: SMTP "
                           f"error from remote mail server after RCPT TO:<{recipient}>: 550 {text}"))
        self.lines.append((utc + 1, f"{queue_id} Completed"))

    def write(self, path):
        self.lines.sort(key=lambda line: line[0])
        path.write_text("".join(f"{stamp(utc)} {line}\n" for utc, line in self.lines))


NULL_SENDER = 'mx.{0} [192.0.2.50] : response to "MAIL FROM:<>" was: 550 no bounces here'
NO_USER = ("mx.x.example [192.0.2.51] : SMTP error from remote mail server after RCPT TO:<a@b.example>: 550 no such "
           "user")


class Reports(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.log = Log()

    def tearDown(self):
        self.folder.cleanup()

    def lostmail(self, *arguments, expect=0, now=NOW):
        status, out, err = run("--store", self.path / "lostmail.db", "--tz", "UTC", "--host", "mx1", *arguments,
                               env={"LOSTMAIL_NOW": str(now)})
        self.assertEqual(status, expect, err.decode() + out.decode())
        return out.decode()

    def ingest(self, now=NOW):
        self.log.write(self.path / "mainlog")
        return self.lostmail("ingest", self.path / "mainlog", now=now)

    def report(self, *arguments, **more):
        return self.lostmail("report", *arguments, **more)

    def test_twenty_correspondents_in_fifty_thousand_refusals(self):
        november = NOW - 6 * 3600 - 30 * DAY
        pairs = [(f"accounts.receivable@supplier-{i:02}.example", f"purchasing@customer-{i % 7}.example") for i in range(20)]
        for i, (sender, recipient) in enumerate(pairs):
            self.log.delivery(november - 10 * DAY + i * 600, sender, recipient)
            for attempt in range(1 + i % 3):
                self.log.refused(november + (1 + i) * DAY + attempt * 7200, sender, recipient, f"198.51.100.{i + 1}",
                                 why=[NULL_SENDER.format(sender.split("@")[1]), "Unrouteable address", NO_USER][i % 3])
        for i in range(50_000):
            self.log.refused(november + i * 51, f"s{i}@spam{i % 9000}.example", f"u{i % 300}@customer-{i % 7}.example",
                             f"203.0.113.{i % 254 + 1}")
        self.ingest()
        lines = self.report("--range", "2026-11").splitlines()
        self.assertLessEqual(max(map(len, lines)), 80)
        first = "\n".join(lines[:40])
        for sender, recipient in pairs:
            self.assertIn(f"{sender} -> {recipient}", first)
        self.assertIn(" 50,020 lost ", first)
        self.assertIn("Known correspondents refused now: 20", first)
        self.assertIn("Sender's server refuses bounces", first)
        spam = [line for line in lines if "spam" in line]
        self.assertLessEqual(len(spam), 2 * 10 + 1)  # two lists of ten, and a command
        data = json.loads(self.report("--range", "2026-11", "--format", "json"))
        self.assertEqual({(row["sender"], row["recipient"]) for row in data["known_correspondents"]}, set(pairs))
        self.assertEqual((data["lost"], data["known_lost"]), (50_020, 20))
        self.assertEqual(data["known_correspondents"][0]["attempts"], 3)
        self.assertEqual(self.report("--range", "2026-12", expect=1).splitlines()[1], "  Nothing was refused.")

    def test_commands_of_the_report_run(self):
        yesterday = NOW - DAY
        self.log.delivery(NOW - 20 * DAY, "a@known.example", "u@ours.example")
        self.log.refused(yesterday, "a@known.example", "u@ours.example", why="Unrouteable address")
        self.log.refused_us(yesterday, "web@ours.example", "x@far.example", "Sender verify failed")
        self.log.refused(yesterday, "b@stranger.example", "u@ours.example")
        self.ingest()
        text = self.report("--range", "yesterday").replace("\\\n", " ")
        commands = [line[line.index("lostmail "):].split() for line in text.splitlines() if "lostmail " in line
                    and not line.startswith("lostmail")]
        self.assertGreaterEqual(len(commands), 6)
        known = self.lostmail("--help").split()
        for command in commands:
            if command[1] not in known:
                continue  # comes with another release
            status, _, err = run("--store", self.path / "lostmail.db", "--tz", "UTC", *command[1:],
                                 env={"LOSTMAIL_NOW": str(NOW)})
            self.assertIn(status, (0, 1), (command, err))

    def test_mail_the_other_way_counts_as_known(self):
        self.log.delivery(NOW - 20 * DAY, "u@ours.example", "partner@far.example", local=False)
        self.log.refused(NOW - DAY, "partner@far.example", "u@ours.example")
        self.ingest()
        data = json.loads(self.report("--range", "yesterday", "--format", "json"))
        self.assertEqual(data["known_correspondents"][0]["corresponded"], "2026-11-11T06:00:01Z")

    def test_mail_that_came_later_is_no_news(self):
        self.log.delivery(NOW - 20 * DAY, "a@known.example", "u@ours.example")
        self.log.refused(NOW - DAY, "a@known.example", "u@ours.example")
        self.log.delivery(NOW - DAY + 3600, "a@known.example", "u@ours.example")
        self.ingest()
        data = json.loads(self.report("--range", "yesterday", "--format", "json"))
        self.assertEqual((data["known_correspondents"], data["lost"]), ([], 0))
        self.assertEqual(data["refused"][0]["delivered_later"], 1)

    def test_new_names(self):
        self.log.refused(NOW - 10 * DAY, "a@old.example", "u@ours.example")
        self.log.refused_us(NOW - 10 * DAY, "web@ours.example", "x@far.example", "Sender verify failed", "192.0.2.40")
        for sender in ("b@old.example", "a@new.example"):
            self.log.refused(NOW - DAY, sender, "u@ours.example")
        self.log.refused(NOW - DAY, "a@gone.example", "u@ours.example", text="Domain not found")
        for server in ("192.0.2.40", "192.0.2.41"):
            self.log.refused_us(NOW - DAY, "web@ours.example", "y@far.example", "Sender verify failed", server)
        self.ingest()
        data = json.loads(self.report("--range", "yesterday", "--format", "json"))
        self.assertEqual([row["name"] for row in data["new_sender_domains"]], ["new.example"])
        self.assertEqual([row["name"] for row in data["new_servers"]], ["mx.far.example [192.0.2.41]"])
        # without a time before, all would be new: none is called so
        data = json.loads(self.report("--format", "json"))
        self.assertEqual((data["new_sender_domains"], data["new_servers"]), ([], []))

    def test_lost_when_the_sender_stops_trying(self):
        self.log.refused(NOW - 6 * DAY - 3600, "a@slow.example", "u@ours.example", permanent=False,
                         text="Could not complete sender verify")
        self.log.refused(NOW - 6 * DAY - 3600, "b@slow.example", "u@ours.example", permanent=False,
                         text="Could not complete sender verify")
        self.log.refused(NOW - 2 * DAY, "b@slow.example", "u@ours.example", permanent=False,
                         text="Could not complete sender verify")
        self.log.refused(NOW - 3600, "z@z.example", "u@ours.example")
        self.ingest()
        data = json.loads(self.report("--range", "yesterday", "--format", "json", expect=1))
        self.assertEqual([row["sender"] for row in data["gave_up"]], ["a@slow.example"])
        self.assertEqual(data["lost"], 1)

    def test_usual(self):
        for day in range(1, 12):
            for i in range(day if day > 1 else 7):
                self.log.refused(NOW - day * DAY + i, f"a{i}@b.example", "u@ours.example")
        self.ingest()
        rows = json.loads(self.report("--range", "yesterday", "--format", "json"))
        self.assertEqual(rows["usual_days"], 9)  # the first day is not whole
        self.assertEqual((rows["refused"][0]["refusals"], rows["refused"][0]["usual"]), (7, 6))
        self.assertIn("usual: median of the 9 days before", self.report("--range", "yesterday"))

    def test_strangers_stand_in_every_format(self):
        self.log.refused(NOW - DAY, "a@b.example", "u@ours.example")
        self.ingest()
        for format_ in ("text", "md", "html"):
            out = self.report("--format", format_, "--range", "yesterday")
            self.assertIn("Mail from strangers that is lost: 1", out)
            self.assertIn("lostmail whitelist suggest --range 2026-11-", out)

    def test_json(self):
        self.log.refused(NOW - DAY, "a@b.example", "u@ours.example")
        self.ingest()
        self.assertEqual(self.report("--json"), self.report("--format", "json"))
        self.assertEqual(self.report("--json", "-n", "0", "--range", "yesterday", expect=0)[0], "{")
        self.assertEqual(json.loads(self.report("--json", "--range", "2020-01-01", expect=1))["refused"], [])
        self.report("--json", "--format", "csv", expect=2)
        self.report("--json", "--mail-to", "root", expect=2)

    def test_gap(self):
        self.log.refused(NOW - 9 * DAY, "a@b.example", "u@ours.example")
        self.log.write(self.path / "old")
        self.lostmail("ingest", self.path / "old")
        self.log.lines.clear()
        self.log.refused(NOW - DAY, "a@b.example", "u@ours.example")
        self.ingest()
        self.assertIn("! no log covers 2026-11-23 to 2026-11-29", self.report())
        self.assertNotIn("no log covers", self.report("--range", "yesterday"))

    def test_a_log_that_was_cut(self):
        log = self.path / "mainlog"
        for hour in (9, 15):
            self.log.refused(NOW - DAY + hour * 3600, "a@b.example", "u@ours.example")
            self.log.write(log)
            self.log.lines.clear()
            run("--store", self.path / "lostmail.db", "--tz", "UTC", "ingest", log)
        when = [datetime.datetime.fromtimestamp(NOW - DAY + hour * 3600, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")
                for hour in (9, 15)]
        lost = f"{when[0]} to {when[1]}: {log} was cut or replaced, what it held then, if anything, is lost"
        self.assertEqual(json.loads(self.report("--json"))["gaps"], [lost])
        self.assertIn("! " + lost, " ".join(self.report().split()))
        self.assertRegex(self.report(), r"is\s+lost\n\Z")  # no empty line behind it
        self.assertNotIn("was cut", self.report("--until", "2026-11-01", expect=1))

    def test_gaps_of_hours_and_of_days_under_a_rejectlog(self):
        """The rejectlog covers all of it, but tells of no delivery."""
        for name, hours in (("mainlog.1", range(0, 4)), ("mainlog", range(20, 24)), ("rejectlog", range(0, 24))):
            self.log.lines.clear()
            for hour in hours:
                self.log.refused(NOW - DAY + hour * 3600, f"a{hour}@b.example", "u@ours.example")
            self.log.write(self.path / name)
        run("--store", self.path / "lostmail.db", "--tz", "UTC", "ingest", self.path / "mainlog.1", self.path / "mainlog", self.path / "rejectlog")
        gaps = json.loads(self.report("--json"))["gaps"]
        self.assertEqual(len(gaps), 1, gaps)
        self.assertRegex(gaps[0], r"^2026-1\d-.* to 2026-1\d-.*: no log tells what became of mail then$")

    def test_per_domain(self):
        for domain in ("one.example", "two.example"):
            self.log.delivery(NOW - 20 * DAY, "a@b.example", f"u@{domain}")
            self.log.refused(NOW - DAY, f"x@for-{domain}", f"u@{domain}")
            self.log.refused_us(NOW - DAY, f"web@{domain}", "y@far.example", "Sender verify failed")
        self.log.lines.append((NOW - DAY, "Zebra crossing of two.example"))
        self.ingest()
        out = self.report("--per-domain", "--range", "yesterday")
        one, two = out.split("lostmail on mx1, for two.example")
        self.assertTrue(one.startswith("lostmail on mx1, for one.example: Monday 2026-11-30\n"), one)
        self.assertNotIn("two.example", one)
        self.assertNotIn("one.example", two)
        self.assertIn("web@one.example", one)
        names = self.report("--per-domain", "-o", self.path / "r.json").split()
        self.assertEqual([pathlib.Path(name).name for name in names], ["r.one.example.json", "r.two.example.json"])
        self.assertEqual(json.loads(pathlib.Path(names[0]).read_text())["domain"], "one.example")

    def test_csv_has_no_formula(self):
        self.log.delivery(NOW - 20 * DAY, "=cmd@b.example", "+u@ours.example")
        self.log.refused(NOW - DAY, "=cmd@b.example", "+u@ours.example")
        self.ingest()
        rows = list(csv.DictReader(io.StringIO(self.report("--format", "csv"))))
        case = next(row for row in rows if row["section"] == "known_correspondent")
        self.assertEqual((case["name"], case["recipient"]), ("'=cmd@b.example", "'+u@ours.example"))
        self.assertTrue(all(None not in row and None not in row.values() for row in rows))


if __name__ == "__main__":
    unittest.main()
