"""prune: raw rows go, daily counts stay, archives bring nothing back; who holds the store."""
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from program import NOW, PROGRAM, run

OLD, NEW = 1785000000, 1795500000  # in July, and a day before the tests' now
LINE = "{} H=[192.0.2.44] F=<a@twin.example> rejected RCPT <b{}@ours.example>: relay not permitted\n"


def stamp(time):
    return subprocess.run(["date", "-u", "-d", f"@{time}", "+%Y-%m-%d %H:%M:%S"], capture_output=True, text=True).stdout.strip()


class Prune(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        for name, start in (("mainlog.1", OLD), ("mainlog", NEW)):
            (self.path / name).write_text("".join(LINE.format(stamp(start + i), i) for i in range(20)))
            os.utime(self.path / name, (start + 20, start + 20))

    def tearDown(self):
        self.folder.cleanup()

    def lostmail(self, *arguments, expect=0):
        status, out, err = run("--store", self.path / "store" / "s.db", "--tz", "UTC", *arguments)
        self.assertEqual(status, expect, err.decode() + out.decode())
        return out.decode() + err.decode()

    def rows(self, query):
        database = sqlite3.connect(self.path / "store" / "s.db")
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    def test_prune(self):
        self.lostmail("ingest", self.path / "mainlog", self.path / "mainlog.1")
        daily = self.rows("SELECT * FROM daily ORDER BY day")
        self.assertEqual([row[-1] for row in daily], [20, 20])
        self.assertIn("20 refusals before 2026-08-27 taken out", self.lostmail("prune", "--keep", "90d"))
        self.assertEqual(self.rows("SELECT * FROM daily ORDER BY day"), daily)
        self.assertEqual(self.rows("SELECT count(*) FROM refusals"), [(20,)])
        for words, pruned in (([], 20), (["--until", "2026-08-01"], 20), (["--since", "2026-08-02", "--until", "2026-08-20"], 0), (["--range", "yesterday"], 0), (["--from", "a@twin.example"], 0)):
            text = self.lostmail("report", *words, expect=1 if "--until" in words else 0)
            self.assertEqual("  20 refusals were pruned: the view `daily` has the counts by day" in text, pruned > 0, words)
            self.assertEqual("Nothing was refused" in text, "--since" in words)
        part = stamp(OLD)[:10]
        self.assertIn("  Up to 20 refusals were pruned", self.lostmail("report", "--since", part + " 00:30", "--until", part + " 23:50", expect=1))
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        # Neither the log itself, nor a copy that looks new, nor one line more bring them back.
        shutil.copy2(self.path / "mainlog.1", self.path / "copy")
        with open(self.path / "mainlog.1", "a") as log:
            log.write(LINE.format(stamp(OLD + 30), "late"))
        (self.path / "fresh").write_text("#\n" + (self.path / "copy").read_text())
        self.lostmail("ingest", *(self.path / name for name in ("mainlog.1", "copy", "fresh")))
        self.assertEqual(self.rows("SELECT count(*) FROM refusals"), [(20,)])
        self.assertEqual(self.rows("SELECT * FROM daily ORDER BY day"), daily)
        # Twice is once, and what comes later is counted again.
        self.assertIn("0 refusals before", self.lostmail("prune", "--keep", "90d"))
        with open(self.path / "mainlog", "a") as log:
            log.write(LINE.format(stamp(NEW + 30), "new"))
        self.lostmail("ingest", self.path / "mainlog")
        self.assertEqual([row[-1] for row in self.rows("SELECT * FROM daily ORDER BY day")], [20, 21])

    def test_keep_is_a_length_of_time(self):
        self.lostmail("ingest", self.path / "mainlog")
        for wrong in ("soon", "90x", "0d", "-3d"):
            self.assertIn("is no length of time", self.lostmail("prune", f"--keep={wrong}", expect=2))
        self.lostmail("prune", "--keep", "13w")

    def test_readers_work_while_the_store_is_written(self):
        self.lostmail("ingest", self.path / "mainlog")
        writer = sqlite3.connect(self.path / "store" / "s.db", isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM refusal_block")
        try:
            self.assertIn("20 refusals", self.lostmail("status"))
        finally:
            writer.execute("ROLLBACK")
            writer.close()

    def test_a_locked_store_says_by_whom(self):
        self.lostmail("ingest", self.path / "mainlog")
        writer = sqlite3.connect(self.path / "store" / "s.db", isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        try:
            told = self.lostmail("ingest", "--wait", "0", self.path, expect=2)
            self.assertIn("(waited for 1 second)", self.lostmail("ingest", "--wait", "1", self.path, expect=2))
            self.assertIn("20 refusals", self.lostmail("status"))
        finally:
            writer.execute("ROLLBACK")
            writer.close()
        self.assertRegex(told, rf"^lostmail: {self.path}/store/s.db: process {os.getpid()} \(.*prune_test.*\), which has run for \d+ "
                         r"(seconds?|minutes?), is writing to it: try again when it is done\n$")
        self.lostmail("ingest", self.path)

    def test_a_first_load_says_that_it_holds_the_store(self):
        """It writes without WAL, and takes another lock."""
        self.lostmail("ingest", self.path / "mainlog")
        writer = sqlite3.connect(self.path / "store" / "s.db", isolation_level=None)
        self.assertEqual(writer.execute("PRAGMA journal_mode = DELETE").fetchone(), ("delete",))
        try:
            for lock in ("IMMEDIATE", "EXCLUSIVE"):  # the latter once what it wrote exceeds its memory
                writer.execute(f"BEGIN {lock}")
                told = self.lostmail("ingest", "--wait", "0", self.path, expect=2)
                writer.execute("ROLLBACK")
                self.assertRegex(told, rf"^lostmail: .*: process {os.getpid()} \(.*, is writing to it: try again when it is done\n$")
        finally:
            writer.close()
        self.lostmail("ingest", self.path)
        self.assertEqual(self.rows("PRAGMA journal_mode"), [("wal",)])

    def test_two_runs_at_once(self):
        environment = {**os.environ, "LOSTMAIL_NOW": NOW, "TZ": "UTC", "XDG_CONFIG_HOME": "/nonexistent"}
        runs = [subprocess.Popen([PROGRAM, "--store", self.path / "store" / "s.db", "--tz", "UTC", "ingest",
                                  self.path / "mainlog", self.path / "mainlog.1"],
                                 env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(6)]
        for program in runs:
            _, err = program.communicate()
            self.assertEqual((program.returncode, err), (0, b""))
        self.assertEqual(self.rows("SELECT count(*) FROM refusals"), [(40,)])


if __name__ == "__main__":
    unittest.main()
