"""What happens to log files: truncated, restarted, alike, torn, vanished, with a clock that goes back."""
import bz2
import gzip
import json
import lzma
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

from program import run

LINE = "2026-11-{:02} {:02}:{:02}:{:02} H=[192.0.2.44] F=<a@s.example> rejected RCPT <b{}@ours.example>: relay not permitted\n"


def lines(first, last, day=20):
    return "".join(LINE.format(day, n // 3600, n // 60 % 60, n % 60, n) for n in range(first, last))


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "log"
        self.path.mkdir()
        self.store = self.path.parent / "s.db"

    def tearDown(self):
        self.folder.cleanup()

    def ingest(self, *logs, expect=0, stdin=b""):
        status, out, err = run("--store", self.store, "--tz", "UTC", "ingest", *(logs or [self.path]), stdin=stdin)
        self.assertEqual(status, expect, err.decode() + out.decode())
        return out.decode() + err.decode()

    def rows(self, query):
        database = sqlite3.connect(self.store)
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()

    def check(self, refusals, logs):
        self.assertEqual(self.rows("SELECT count(*), count(DISTINCT id) FROM refusals"), [(refusals, refusals)])
        self.assertEqual(self.rows("SELECT count(*), sum(lines) FROM sources")[0][0], logs)

    def check_places(self):
        """Each refusal's line stands in the file, at the line and the offset that it names."""
        rows = self.rows('SELECT file, line, "offset", recipient FROM refusals')
        for file, line, offset, recipient in rows:
            data = pathlib.Path(file).read_bytes()
            text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
            self.assertEqual((text[:offset].count(b"\n") + 1, text[offset - 1:offset]), (line, b"\n" if offset else b""))
            self.assertIn(f"<{recipient}>", text[offset:].split(b"\n")[0].decode())
        self.assertEqual({path for path, in self.rows("SELECT path FROM sources")}, {row[0] for row in rows})

    def test_a_refusal_names_where_its_log_lies_now(self):
        def rotate():
            for number in (3, 2, 1):
                for suffix in ("", ".gz"):
                    if (self.path / f"mainlog.{number}{suffix}").exists():
                        (self.path / f"mainlog.{number}{suffix}").rename(self.path / f"mainlog.{number + 1}{suffix}")
            if (self.path / "mainlog.2").exists():
                (self.path / "mainlog.2.gz").write_bytes(gzip.compress((self.path / "mainlog.2").read_bytes()))
                (self.path / "mainlog.2").unlink()
            (self.path / "mainlog").rename(self.path / "mainlog.1")

        log, at = self.path / "mainlog", 0
        for step in ("grow", "rotate", "ingest", "grow", "ingest", "rotate", "ingest", "grow", "rotate", "rotate nothing", "ingest"):
            if step == "grow":
                with log.open("a") as file:
                    file.write(lines(at, at + 50))
                at += 50
            elif step == "ingest":
                self.ingest(log if log.exists() else self.path)
                self.check_places()
            elif step == "rotate nothing":
                log.write_text("")
                rotate()
            else:
                rotate()
        self.assertEqual(self.rows("SELECT file, count(*) FROM refusals GROUP BY 1"),
                         [(str(self.path / name), 50) for name in ("mainlog.2.gz", "mainlog.3.gz", "mainlog.4.gz")])

    def test_a_copy_elsewhere(self):
        """The log is named where it lay first, as long as it lies there."""
        (self.path / "mainlog.1").write_text(lines(0, 50))
        copy = self.path.parent / "copy.gz"
        copy.write_bytes(gzip.compress(lines(0, 50).encode()))
        for logs in ([self.path], [copy], [copy, self.path]):
            self.ingest(*logs)
            self.assertEqual(self.rows("SELECT DISTINCT file FROM refusals"), [(str(self.path / "mainlog.1"),)])
        (self.path / "mainlog.1").unlink()
        self.assertIn("Nothing new", self.ingest(copy))
        self.check_places()
        self.check(50, 1)

    def test_copies_in_one_run(self):
        for name in ("a", "b"):
            (self.path / name).write_text(lines(0, 50))
        self.ingest()
        self.check(50, 1)
        self.check_places()

    def test_relative_paths(self):
        (self.path / "mainlog").write_text(lines(0, 50))
        self.ingest(os.path.relpath(self.path / "mainlog"), os.path.relpath(self.path / "mainlog"))
        self.check_places()
        (self.path / "mainlog").rename(self.path / "mainlog.1")
        self.ingest(os.path.relpath(self.path))
        self.check_places()
        self.check(50, 1)

    def test_standard_input(self):
        self.assertIn("5 refusals, 5 of them new", self.ingest("-", stdin=lines(0, 5).encode()))
        (self.path / "mainlog").write_text(lines(5, 10))
        self.assertIn("6 refusals, 6 of them new", self.ingest("-", self.path / "mainlog", stdin=lines(10, 11).encode()))
        self.assertIn("Nothing new", self.ingest(self.path / "mainlog"))
        self.assertEqual(self.rows("SELECT path, lines, exim, bytes > 0 FROM sources ORDER BY path"),
                         [("-", 6, 6, 1), (str(self.path / "mainlog"), 5, 5, 1)])
        self.assertEqual(self.rows("SELECT file, count(*) FROM refusals GROUP BY 1 ORDER BY 1"), [("-", 6), (str(self.path / "mainlog"), 5)])

    def test_truncated_and_restarted(self):
        log = self.path / "mainlog"
        log.write_text(lines(0, 100))
        self.ingest()
        log.write_text(lines(200, 230))  # the same inode, other content, shorter
        self.ingest()
        self.check(130, 2)
        with log.open("a") as file:
            file.write(lines(230, 400))  # longer than the first ever was
        self.ingest()
        self.check(300, 2)

    def status(self):
        """What `status` says, as JSON; the text must come, too."""
        status, out, err = run("--store", self.store, "--tz", "UTC", "status", "--json")
        self.assertEqual((status, err), (0, b""))
        text = run("--store", self.store, "--tz", "UTC", "status")[1].decode()
        self.assertEqual([line for line in text.splitlines() if line.endswith(" ")], [])
        return json.loads(out), text

    def test_bytes_lost_to_truncation(self):
        log = self.path / "mainlog"
        log.write_text(lines(0, 100) + lines(100, 101)[:40])  # half a last line waits
        self.ingest()
        told, text = self.status()
        self.assertEqual([(row["lines"], row["waiting"], row["bytes_lost"]) for row in told["logs"]], [(100, 40, 0)])
        self.assertIn("40 bytes of a last line wait", text)
        self.assertIn("No gaps", text)
        log.write_text(lines(20000, 20010))
        self.assertIn(f"{log}: was cut or replaced since the last run and lies nowhere else: at least 40 bytes after 2026-11-20 00:01 are lost",
                      self.ingest(log, expect=3))
        self.assertNotIn("lost", self.ingest(log))  # told once
        told, text = self.status()
        gap = {"log": str(log), "from": "2026-11-20T00:01:39Z", "until": "2026-11-20T05:33:20Z", "cut": True, "bytes_lost": 40}
        self.assertEqual(told["gaps"], [gap])
        self.assertIn("mainlog was cut or replaced: at least 40 bytes lost", text)
        self.assertEqual(self.rows("SELECT missing_until, bytes_lost FROM sources ORDER BY first"), [("2026-11-20T05:33:20Z", 40), (None, 0)])
        # The whole log turns up again.
        (self.path / "mainlog.5").write_text(lines(0, 120))
        self.ingest()
        self.check(130, 2)
        told, text = self.status()
        self.assertEqual(told["gaps"], [])
        self.assertEqual(self.rows("SELECT missing_until, bytes_lost FROM sources"), [(None, 0), (None, 0)])

    def test_cut_with_nothing_known_to_be_lost(self):
        log = self.path / "mainlog"
        log.write_text(lines(0, 100))
        self.ingest()
        os.truncate(log, 0)
        self.assertIn("lines, if any, after 2026-11-20 00:01 are lost", self.ingest())
        log.write_text(lines(20000, 20010))
        self.assertNotIn("lost", self.ingest())
        self.assertEqual([(gap["cut"], gap["bytes_lost"]) for gap in self.status()[0]["gaps"]], [(True, 0)])

    def test_an_archive_that_is_deleted_is_no_loss(self):
        for number in (2, 1):
            (self.path / f"mainlog.{number}").write_text(lines(1000 - 100 * number, 1100 - 100 * number))
        (self.path / "mainlog").write_text(lines(1000, 1100))
        self.ingest()
        (self.path / "mainlog.1").rename(self.path / "mainlog.2")
        (self.path / "mainlog").rename(self.path / "mainlog.1")
        (self.path / "mainlog").write_text(lines(1100, 1200))
        self.ingest()
        self.assertEqual(self.status()[0]["gaps"], [])

    def test_a_directory_without_a_log(self):
        folder = self.path / "docs"
        folder.mkdir()
        (folder / "README").write_text("nothing of a mail server\n")
        self.assertIn(f"{folder}: no mail log among its files: name the logs", self.ingest(folder, expect=2))

    def test_gaps_in_time(self):
        for name, day in (("mainlog.2", 10), ("mainlog.1", 15), ("mainlog", 20), ("maillog", 15), ("rejectlog.1", 1), ("rejectlog", 18)):
            (self.path / name).write_text(lines(0, 10, day) + lines(80000, 80010, day))
        (self.path / "maillog.1").write_text(lines(0, 10, 10) + lines(0, 10, 14))
        self.ingest()
        self.assertEqual([(gap["log"] and pathlib.Path(gap["log"]).name, gap["from"], gap["until"]) for gap in self.status()[0]["gaps"]],
                         [("mainlog", "2026-11-10T22:13:29Z", "2026-11-15T00:00:00Z"), (None, "2026-11-14T00:00:09Z", "2026-11-15T00:00:00Z"),
                          (None, "2026-11-15T22:13:29Z", "2026-11-20T00:00:00Z")])

    def test_shorter_than_the_fingerprint(self):
        log = self.path / "mainlog"
        for length in (1, 2, 3, 40, 41):
            log.write_text(lines(0, length))
            self.ingest()
            self.check(length, 1)

    def test_two_logs_that_begin_alike(self):
        for name, middle in (("a", 1000), ("b", 2000)):
            (self.path / name).write_text(lines(0, 200) + lines(middle, middle + 200))
        self.ingest(self.path / "a")
        self.ingest(self.path / "b")
        self.check(600, 2)
        for name, middle in (("a", 1200), ("b", 2200)):
            with (self.path / name).open("a") as file:
                file.write(lines(middle, middle + 10))
        self.ingest()
        self.check(620, 2)

    def test_one_line_alike(self):
        """The shorter log is all of the beginning of the longer."""
        (self.path / "a").write_text(lines(0, 1))
        self.ingest(self.path / "a")
        (self.path / "b.gz").write_bytes(gzip.compress(lines(0, 50).encode()))
        self.ingest(self.path / "b.gz")
        self.assertEqual(self.rows("SELECT count(*) FROM refusals"), [(50,)])
        with (self.path / "a").open("a") as file:
            file.write(lines(100, 110))
        self.ingest()
        self.check(60, 2)

    def test_packed_anew_is_known(self):
        text = lines(0, 500).encode()
        (self.path / "mainlog.1").write_bytes(text)
        self.ingest()
        (self.path / "mainlog.1").unlink()
        for name, pack in PACKERS.items():
            (self.path / f"mainlog.2.{name}").write_bytes(pack(text))
            self.assertIn("Nothing new", self.ingest())
            self.assertIn("1 unchanged", self.ingest())
            (self.path / f"mainlog.2.{name}").unlink()
        self.check(500, 1)

    def test_the_unread_end_of_a_rotated_log(self):
        log = self.path / "mainlog"
        for copytruncate in (False, True):
            with self.subTest(copytruncate=copytruncate):
                start = 1000 if copytruncate else 0
                log.write_text(lines(start, start + 100))
                self.ingest(log)
                with log.open("a") as file:
                    file.write(lines(start + 100, start + 120))
                if copytruncate:
                    (self.path / "mainlog.2").write_bytes(log.read_bytes())
                    os.truncate(log, 0)
                else:
                    log.rename(self.path / "mainlog.1")
                log.write_text(lines(start + 120, start + 125))
                self.ingest(log)  # this one alone is named
                self.assertEqual(self.rows("SELECT count(*) FROM refusals"), [(250 if copytruncate else 125,)])

    def test_torn_archives(self):
        for name, pack in PACKERS.items():
            with self.subTest(name):
                self.tearDown()
                self.setUp()
                text = lines(0, 3000).encode().splitlines(True)
                whole = b"".join(pack(b"".join(text[at:at + 100])) for at in range(0, len(text), 100))
                log = self.path / f"mainlog.2.{name}"
                log.write_bytes(whole[:len(whole) * 2 // 3])
                told = self.ingest(expect=3)
                self.assertIn(f"{log}: {dict(gz='gzip', bz2='bzip2', xz='xz', zst='zstd')[name]} archive damaged near packed byte", told)
                some = self.rows("SELECT count(*) FROM refusals")[0][0]
                self.assertGreater(some, 1500)
                self.assertIn("damaged", self.rows("SELECT problem FROM sources")[0][0])
                # It is not read again until it changes.
                self.assertIn("1 unchanged", self.ingest())
                log.write_bytes(whole)
                self.ingest()
                self.check(3000, 1)
                self.assertEqual(self.rows("SELECT problem FROM sources"), [(None,)])

    def test_gone_again(self):
        log = self.path / "mainlog"
        log.write_text(lines(0, 10))
        self.ingest()
        log.unlink()
        self.assertIn("no such file", self.ingest(log, expect=2))
        log.write_text(lines(0, 20))
        self.ingest(log)
        self.check(20, 1)

    def test_the_clock_goes_back(self):
        log = self.path / "mainlog"
        log.write_text(lines(7200, 7300) + lines(3600, 3700))  # an hour back
        self.ingest()
        with log.open("a") as file:
            file.write(lines(3700, 3800) + lines(20000, 20100))
        self.ingest()
        self.check(400, 1)
        self.assertEqual(self.rows("SELECT lines FROM sources"), [(400,)])

    def test_unreadable(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        log = self.path / "mainlog"
        log.write_text(lines(0, 10))
        log.chmod(0)
        self.assertIn("permission denied", self.ingest(log, expect=2))
        log.chmod(0o600)
        self.ingest(log)
        self.check(10, 1)

    def test_a_store_that_cannot_be_written(self):
        log = self.path / "mainlog"
        log.write_text(lines(0, 10))
        self.ingest()
        # Not for root either: a file that is a directory, one that is no database, half a database.
        other = self.path.parent / "other.db"
        other.mkdir()
        for command in (["ingest", log], ["status"]):
            status, _, err = run("--store", other, *command)
            self.assertEqual((status, len(err.splitlines())), (2, 1), err)
        whole = self.store.read_bytes()
        for broken in (b"x" * 5000, whole[:100] + b"\x55" * (len(whole) - 100)):
            bad = self.path.parent / "bad.db"
            bad.write_bytes(broken)
            for command in (["ingest", log], ["status"]):
                status, _, err = run("--store", bad, *command)
                self.assertEqual((status, len(err.splitlines())), (2, 1), err)
            self.assertEqual(bad.read_bytes(), broken)


if __name__ == "__main__":
    unittest.main()
