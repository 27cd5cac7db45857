"""The configuration files, --print-config, and the days that --range, --since and --until name."""
import datetime
import json
import os
import pathlib
import subprocess
import tempfile
import tomllib
import unittest

from program import PROGRAM, run


class Configuration(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.file = self.path / "lostmail.toml"

    def tearDown(self):
        self.folder.cleanup()

    def settings(self, *arguments, env=None):
        status, out, err = run(*arguments, "--print-config", env=env)
        self.assertEqual((status, err), (0, b""))
        return out.decode()

    def test_defaults_are_toml(self):
        settings = tomllib.loads(self.settings(env={"HOME": str(self.path)}))
        self.assertEqual(settings["queue_lifetime_days"], 5)
        self.assertEqual(settings["whitelist"]["min_score"], 10)
        self.assertTrue(settings["store"].endswith("lostmail.db"))

    def test_what_is_printed_can_be_read(self):
        self.file.write_text('tz = "Europe/Berlin"\nlocal_domains = ["a.example", "b\\"c.example"]\npatterns = "/p"\n'
                             "queue_lifetime_days = 2.5\n[whitelist]\nmin_score = -3\n[report]\nmail_to = []\n")
        first = tomllib.loads(self.settings("--config", self.file))
        self.assertEqual(first["patterns"], ["/p"])
        self.assertEqual(first["local_domains"], ["a.example", 'b"c.example'])
        again = self.path / "again.toml"
        again.write_text(self.settings("--config", self.file))
        self.assertEqual(tomllib.loads(self.settings("--config", again)), first)

    def test_user_file_and_command_line_stand_above(self):
        folder = self.path / "lostmail"
        folder.mkdir()
        (folder / "lostmail.toml").write_text('host = "mx1"\ntz = "Asia/Tokyo"\n')
        env = {"XDG_CONFIG_HOME": str(self.path)}
        out = self.settings("--tz", "UTC", env=env)
        settings = tomllib.loads(out)
        self.assertEqual((settings["host"], settings["tz"]), ("mx1", "UTC"))
        self.assertIn("# command line", out)
        self.assertIn(f"# {folder / 'lostmail.toml'}", out)

    def test_faults_name_their_place(self):
        for text, place, words in [
                ("a = ", ":1:", "error"),
                ("queue_lifetime = 5\n", ":1:", "unknown setting `queue_lifetime`"),
                ("\n[whitelist]\nscore = 1\n", ":3:", "unknown setting `whitelist.score`"),
                ("[report]\n[report.more]\nx = 1\n", ":2:", "unknown setting `report.more`"),
                ("queue_lifetime_days = 0\n", ":1:", "from 0.01 to 60"),
                ("queue_lifetime_days = nan\n", ":1:", "from 0.01 to 60"),
                ('keep_days = "long"\n', ":1:", "is a number"),
                ("tz = 1\n", ":1:", "`tz` is a text"),
                ("local_domains = [1]\n", ":1:", "list of texts"),
                ("store = [\"x\"]\n", ":1:", "`store` is a text")]:
            self.file.write_text(text)
            for command in (["--print-config"], ["status"]):
                status, out, err = run("--config", self.file, *command)
                err = err.decode()
                self.assertEqual((status, out), (2, b""), text)
                self.assertTrue(err.startswith(f"lostmail: {self.file}{place}"), err)
                self.assertIn(words, err.lower() if words == "error" else err)
                self.assertEqual(len(err.splitlines()), 1)

    def test_no_such_file(self):
        status, _, err = run("--config", self.path / "nowhere", "--print-config")
        self.assertEqual(status, 2)
        self.assertIn(b"nowhere: the configuration cannot be read: No such file", err)

    def test_no_command(self):
        status, _, err = run()
        self.assertEqual((status, err), (2, b"lostmail: no command is given: see lostmail --help\n"))

    def test_the_help_of_the_command_at_hand(self):
        for words, command in ((["report", "--odd"], b"lostmail report"), (["whitelist", "export", "--odd"], b"lostmail whitelist export")):
            status, _, err = run(*words)
            self.assertEqual(status, 2)
            self.assertIn(b": see " + command + b" --help\n", err)

    def test_no_such_zone(self):
        for words in (["--tz", "Nope/Zone"], ["--config", self.file]):
            self.file.write_text('tz = "Nope/Zone"\n')
            status, out, err = run(*words, "report")
            self.assertEqual((status, out), (2, b""))
            self.assertIn(b"no such time zone", err)

    def test_standard_output_that_takes_no_more(self):
        (self.path / "log").write_text("2026-11-24 10:00:00 Completed\n")
        self.assertEqual(run("--store", self.path / "store.db", "-q", "ingest", self.path / "log")[0], 0)
        for words in (["patterns", "list"], ["explain", "ptr_missing"], ["patterns", "check"], ["--print-config"], ["--help"],
                      ["--store", self.path / "store.db", "status"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertEqual(done.stderr, b"lostmail: standard output: cannot be written: No space left on device\n")
            reader, writer = os.pipe()
            os.close(reader)
            with open(writer, "wb") as closed:
                done = subprocess.run([PROGRAM, *words], stdout=closed, stderr=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""), words)


class Days(unittest.TestCase):
    """Refusals at each full hour around the clock change of Berlin: days have 23 and 25 hours."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.store = pathlib.Path(self.folder.name) / "lostmail.db"

    def tearDown(self):
        self.folder.cleanup()

    def refusals(self, now, *words):
        """How many refusals the report counts."""
        status, out, err = run("--store", self.store, "--tz", "Europe/Berlin", "report", "--format", "json", *words,
                               env={"LOSTMAIL_NOW": str(now)})
        self.assertIn(status, (0, 1), err)
        return sum(row["refusals"] for row in json.loads(out)["refused"])

    def ingest(self, start, hours):
        log = pathlib.Path(self.folder.name) / "mainlog"
        lines = []
        for hour in range(hours):
            when = datetime.datetime.fromtimestamp(start + hour * 3600, datetime.timezone.utc)
            lines.append(f"{when:%Y-%m-%d %H:%M:%S} +0000 H=(c.example) [192.0.2.7] F=<a{hour}@b.example> rejected RCPT "
                         "<u@d.example>: Sender verify failed\n")
        log.write_text("".join(lines))
        status, _, err = run("--store", self.store, "ingest", log, env={"LOSTMAIL_NOW": str(start + hours * 3600)})
        self.assertEqual((status, err), (0, b""))

    def test_the_day_has_25_hours(self):
        start = 1792879200  # 2026-10-25T00:00:00+02:00; that day's clock goes back at 03:00
        self.ingest(start - 86400, 86400 * 4 // 3600)
        monday = start + 25 * 3600 + 7200  # 2026-10-26T02:00+01:00
        self.assertEqual(self.refusals(monday, "--range", "yesterday"), 25)
        self.assertEqual(self.refusals(monday, "--range", "2026-10-25"), 25)
        self.assertEqual(self.refusals(monday, "--since", "yesterday", "--until", "yesterday"), 25)
        self.assertEqual(self.refusals(monday, "--range", "today"), 24)
        self.assertEqual(self.refusals(monday, "--range", "2 days"), 49)
        self.assertEqual(self.refusals(monday, "--range", "1 day"), 25)
        # 02:00 on Sunday, the second time round or the first: counted from the first
        self.assertEqual(self.refusals(monday, "--since", "1 day ago", "--until", "yesterday"), 23)

    def test_the_day_has_23_hours(self):
        start = 1774738800  # 2026-03-29T00:00:00+01:00; that day's clock goes forward at 02:00
        self.ingest(start - 86400, 86400 * 4 // 3600)
        monday = start + 23 * 3600 + 7200
        self.assertEqual(self.refusals(monday, "--range", "yesterday"), 23)
        self.assertEqual(self.refusals(monday, "--range", "today"), 24)
        self.assertEqual(self.refusals(monday, "--range", "2026-03"), 24 + 23 + 24 + 24)

    def test_what_is_no_range(self):
        for text in ("tomorrow", "2 day", "0 days", "2026-13", "2026-02-30", "days", "5 daysx"):
            status, _, err = run("--store", self.store, "report", "--range", text)
            self.assertEqual(status, 2, text)
            self.assertIn(b"is no range", err, text)
        status, _, err = run("--store", self.store, "report", "--range", "today", "--since", "today")
        self.assertEqual(status, 2)
        self.assertIn(b"goes without", err)


if __name__ == "__main__":
    unittest.main()
