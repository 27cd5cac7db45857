"""ingest, report, whitelist, status on a store."""
import json
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

from program import NOW, SAMPLES, run

EXIM = sorted((SAMPLES / "exim").glob("*log*"))
EXIM = [path for path in EXIM if path.suffix != ".jsonl"]
DUMP = "SELECT * FROM refusals ORDER BY id"


class StoreRuns(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.store = self.path / "sub" / "lostmail.db"

    def tearDown(self):
        self.folder.cleanup()

    def lostmail(self, *arguments, expect=0):
        status, out, err = run("--store", self.store, "--tz", "UTC", *arguments)
        self.assertEqual(status, expect, err.decode() + out.decode())
        return out.decode()

    def dump(self, store=None):
        with sqlite3.connect(store or self.store) as database:
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute(DUMP)]
            for row in rows:
                row["file"] = pathlib.Path(row["file"]).name
            return rows

    def test_twice_is_once(self):
        self.lostmail("ingest", *EXIM)
        first = self.dump()
        self.assertEqual(len(first), 104)
        self.lostmail("ingest", *EXIM)
        self.assertEqual(self.dump(), first)

    def test_patterns_with_a_fault_make_no_store(self):
        (self.path / "own.toml").write_text("[[pattern]]\nid = 5\n")
        self.lostmail("--patterns", self.path, "ingest", *EXIM, expect=2)
        self.assertFalse(self.store.exists())
        self.lostmail("ingest", *EXIM)
        before = self.dump()
        self.lostmail("--patterns", self.path, "ingest", *EXIM, expect=2)
        self.assertEqual(self.dump(), before)

    def test_classify_tells_a_fault_of_patterns_once(self):
        (self.path / "own.toml").write_text("[[pattern]]\nid = 5\n")
        for logs in EXIM, [self.path / "missing"]:  # with refusals, and without
            status, out, err = run("--patterns", self.path, "classify", *logs)
            self.assertEqual((status, out), (2, b""), err)
            self.assertEqual(err.count(b"\n"), 1, err)
            self.assertIn(b"own.toml", err)

    def test_any_order_and_in_pieces(self):
        self.lostmail("ingest", *EXIM)
        whole = self.dump()
        self.store = self.path / "pieces.db"
        for log in reversed(EXIM):
            self.lostmail("ingest", log)
        self.assertEqual(self.dump(), whole)

    def test_growing_log(self):
        lines = b"".join((SAMPLES / "exim" / name).read_bytes() for name in ("mainlog.1", "mainlog")).splitlines(True)
        reference = self.path / "reference"
        reference.write_bytes(b"".join(lines))
        self.lostmail("ingest", reference)
        whole = [{**row, "file": "", "line": 0, "offset": 0} for row in self.dump()]
        self.store = self.path / "growing.db"
        log = self.path / "mainlog"
        for end in (3, 50, 51, 52, 53, 200, len(lines)):
            half = lines[end][:30] if end < len(lines) else b""
            log.write_bytes(b"".join(lines[:end]) + half)
            run("--store", self.store, "--tz", "UTC", "ingest", log)
        grown = [{**row, "file": "", "line": 0, "offset": 0} for row in self.dump()]
        self.assertEqual(grown, whole)
        with sqlite3.connect(self.store) as database:
            self.assertEqual(database.execute("SELECT count(*), sum(lines) FROM log").fetchone(), (1, len(lines)))

    def test_rotation_does_not_read_twice(self):
        log = self.path / "mainlog"
        shutil.copy(SAMPLES / "exim" / "mainlog", log)
        self.lostmail("ingest", log)
        log.rename(self.path / "mainlog.1")
        out = self.lostmail("ingest", self.path / "mainlog.1")
        self.assertIn("Nothing new", out)
        with sqlite3.connect(self.store) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM log").fetchone(), (1,))

    def test_report_formats_hold_the_same_rows(self):
        self.lostmail("ingest", *EXIM)
        rows = json.loads(self.lostmail("report", "--format", "json"))["refused"]
        self.assertEqual(sum(row["refusals"] for row in rows), 104)
        csv = self.lostmail("report", "--format", "csv").splitlines()
        refused = [line.split(",") for line in csv if line.startswith("refused,")]
        self.assertEqual([(row["direction"], row["variant"], row["cause"], str(row["refusals"])) for row in rows],
                         [(line[1], line[4], line[5], line[7]) for line in refused])
        text = self.lostmail("report")
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), max(text.splitlines(), key=len))
        self.assertIn("All lines of the mail server were understood.", text)

    def test_report_window(self):
        self.lostmail("ingest", *EXIM)
        self.lostmail("report", "--since", "2026-11-25", expect=1)
        self.lostmail("report", "--since", "yesterday")
        self.lostmail("report", "--since", "7 days ago", "--until", "2026-11-24")
        self.lostmail("report", "--since", "whenever", expect=2)

    def test_delivered_later(self):
        log = self.path / "mainlog"
        log.write_text(
            "2026-11-20 10:00:00 H=mx.a.example [192.0.2.7] sender verify fail for <a@a.example>: Unrouteable address\n"
            "2026-11-20 10:00:00 H=mx.a.example [192.0.2.7] F=<a@a.example> rejected RCPT <b@ours.example>: Sender verify failed\n"
            "2026-11-20 11:00:00 1xVf3Q-0005Cv-1p <= a@a.example H=mx.a.example [192.0.2.7] P=esmtp S=263\n"
            "2026-11-20 11:00:00 1xVf3Q-0005Cv-1p => b <b@ours.example> R=ours T=drop\n"
            "2026-11-20 11:00:00 1xVf3Q-0005Cv-1p Completed\n")
        self.lostmail("ingest", log)
        with sqlite3.connect(self.store) as database:
            self.assertEqual(database.execute("SELECT sender, recipient, verdict FROM cases").fetchall(),
                             [("a@a.example", "b@ours.example", "delivered_later")])

    def test_whitelist(self):
        self.lostmail("ingest", *EXIM)
        self.assertIn("news-3@c-nullrej.example", self.lostmail("whitelist", "suggest"))
        self.lostmail("whitelist", "approve", "news-3@c-nullrej.example")
        self.assertNotIn("exim-senders  news-3@c-nullrej.example", self.lostmail("whitelist", "suggest"))
        out = self.lostmail("whitelist", "export", "exim-senders")
        keys = [line for line in out.splitlines() if line and not line.startswith("#")]
        self.assertEqual(keys, ["news-3@c-nullrej.example"])
        # Into a file: other lines stay, a second run changes nothing.
        target = self.path / "senders"
        target.write_text("hand@written.example\n")
        self.lostmail("whitelist", "export", "exim-senders", "-o", target)
        text = target.read_text()
        self.assertTrue(text.startswith("hand@written.example\n"))
        self.assertIn("unchanged", self.lostmail("whitelist", "export", "exim-senders", "-o", target))
        self.assertEqual(target.read_text(), text)
        # A domain that does not exist gets no entry, whoever asks.
        self.lostmail("whitelist", "approve", "seed@domain-not-found.sender.example", expect=2)
        self.lostmail("whitelist", "approve", "nobody@nowhere.example", expect=1)

    def test_sendmail_whitelist(self):
        self.lostmail("ingest", SAMPLES / "sendmail")
        self.lostmail("whitelist", "approve", "From:seed@c-seedtext.example")
        out = self.lostmail("whitelist", "export", "sendmail-access")
        self.assertEqual([line for line in out.splitlines() if line and not line.startswith("#")],
                         ["From:seed@c-seedtext.example\tOK"])

    def test_store_of_a_newer_version(self):
        self.lostmail("ingest", *EXIM)
        with sqlite3.connect(self.store) as database:
            database.execute("PRAGMA user_version = 99")
        for command in ("report", "ingest"):
            status, _, err = run("--store", self.store, command, *(EXIM if command == "ingest" else []))
            self.assertEqual(status, 2)
            self.assertIn(b"newer lostmail", err)

    def test_no_store(self):
        status, _, err = run("--store", self.store, "report")
        self.assertEqual((status, len(err.splitlines())), (2, 1))
        self.assertIn(b"run `lostmail ingest` first", err)

    def test_not_a_store(self):
        file = self.path / "other"
        file.write_text("This is no database, but long enough to be taken for one.\n" * 40)
        status, _, err = run("--store", file, "report")
        self.assertEqual(status, 2)
        self.assertIn(b"is no lostmail store", err)

    def test_status(self):
        self.lostmail("ingest", *EXIM)
        out = self.lostmail("status")
        self.assertIn("mainlog.2.gz", out)
        self.assertIn("104 refusals", out)
        self.assertIn("Last ingest: 2026-11-25 09:46", out)

    def test_a_run_without_news_is_told_and_noted(self):
        self.lostmail("ingest", EXIM[0])
        out = run("--store", self.store, "ingest", EXIM[0], env={"LOSTMAIL_NOW": str(int(NOW) + 3600)})[1].decode()
        self.assertEqual(out.splitlines(), ["0 logs read, 1 unchanged, 0 with unreadable parts", f"Nothing new for {self.store}"])
        self.assertIn("Last ingest: 2026-11-25 10:46", self.lostmail("status"))

    def test_an_empty_file_is_no_store_yet(self):
        self.store.parent.mkdir()
        sqlite3.connect(self.store).execute("PRAGMA journal_mode = WAL").connection.close()
        status, _, err = run("--store", self.store, "status")
        self.assertEqual(status, 2)
        self.assertIn(b"no store yet", err)
        self.lostmail("ingest", *EXIM)

    def test_report_has_no_blanks_at_line_ends(self):
        self.lostmail("ingest", *EXIM)
        self.assertEqual([line for line in self.lostmail("report").splitlines() if line.endswith(" ")], [])


if __name__ == "__main__":
    unittest.main()
