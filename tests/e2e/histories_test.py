"""Histories of log files that made-up traffic does not think of: read in pieces, the views equal those of one clean pass over
what lies there in the end."""
import bz2
import gzip
import lzma
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

from mailserver import Traffic
from model_test import VIEWS, dump
from program import PROGRAM, run


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


class Histories(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.top = pathlib.Path(self.folder.name)
        self.path = self.top / "log"
        self.path.mkdir()
        events = Traffic(11, days=3, mails_a_day=80).events
        texts = {}
        for _, log, text in events:
            texts.setdefault(log, []).append(text)
        self.main = [text.encode() for text in texts["mainlog"]]
        self.reject = [text.encode() for text in texts["rejectlog"]]

    def lines(self, begin, end, of=None):
        """Of the main log, a part between two fractions."""
        of = of or self.main
        return b"".join(line if line.endswith(b"\n") else line + b"\n" for line in of[int(begin * len(of)):int(end * len(of))])

    def put(self, name, data, append=False):
        with open(self.path / name, "ab" if append else "wb") as file:
            file.write(data)

    def ingest(self, *logs, expect=0, threads=None):
        names = [self.path / log for log in logs] or [self.path]
        extra = ["--threads", threads] if threads else []
        status, out, err = run("--store", self.top / "s.db", "--tz", "UTC", *extra, "ingest", *names)
        self.assertEqual(status, expect, err.decode() + out.decode())
        return out.decode() + err.decode()

    def check(self, places=True):
        """`places`: where a line lies is clear, because no two files hold the same."""
        self.ingest()
        status, out, err = run("--store", self.top / "clean.db", "--tz", "UTC", "ingest", self.path)
        self.assertEqual(status, 0, err)
        ours, clean = dump(self.top / "s.db"), dump(self.top / "clean.db")
        self.assertGreater(len(clean["refusals"]), 20)
        for view in VIEWS:
            for rows in (ours[view], clean[view]):
                for row in rows if not places else ():
                    for name in ("file", "path", "line", "offset"):
                        row.pop(name, None)
            self.assertEqual(ours[view], clean[view], view)

    def test_restarted_twice_between_runs_with_dateext(self):
        self.put("mainlog", self.lines(0, 0.3))
        self.ingest("mainlog")
        self.put("mainlog", self.lines(0.3, 0.4), append=True)
        (self.path / "mainlog").rename(self.path / "mainlog-20261121")
        self.put("mainlog", self.lines(0.4, 0.6))
        (self.path / "mainlog").rename(self.path / "mainlog-20261122")
        self.put("mainlog", self.lines(0.6, 1))
        self.ingest("mainlog")
        self.check()

    def test_packed_once_more_beside(self):
        self.put("mainlog", self.lines(0.5, 1))
        self.put("mainlog.1.gz", gzip.compress(self.lines(0, 0.5)))
        self.ingest()
        self.put("mainlog.1.zst", zstd(self.lines(0, 0.5)))
        self.assertIn("Nothing new", self.ingest())
        if shutil.which("strace"):  # neither is opened again
            trace = subprocess.run(["strace", "-f", "-e", "trace=openat,open", PROGRAM, "--store", self.top / "s.db", "ingest", self.path],
                                   capture_output=True, text=True).stderr
            self.assertIn("s.db", trace)
            self.assertNotIn("mainlog", trace)
        self.check(places=False)
        (self.path / "mainlog.1.gz").unlink()
        (self.top / "clean.db").unlink()
        self.check()

    def test_torn_and_repaired_after_what_follows(self):
        whole = b"".join(bz2.compress(self.lines(at / 40, (at + 1) / 40)) for at in range(20))
        self.put("mainlog.2.bz2", whole[:len(whole) // 2])
        self.ingest("mainlog.2.bz2", expect=3)
        self.put("mainlog", self.lines(0.5, 1))
        self.ingest("mainlog")
        self.put("mainlog.2.bz2", whole)
        self.check()

    def test_overlapping_sets_the_newest_first(self):
        for threads in (1, 2, 8):
            with self.subTest(threads=threads):
                for left in (*self.path.iterdir(), *self.top.glob("*.db*")):
                    left.unlink()
                for number in range(6):
                    self.put(f"mainlog.{number}.xz", lzma.compress(self.lines((5 - number) / 6, (6 - number) / 6)))
                    self.put(f"rejectlog.{number}.gz", gzip.compress(self.lines((5 - number) / 6, (6 - number) / 6, self.reject)))
                for first in range(0, 6, 2):
                    names = [f"{log}.{n}.{end}" for n in range(first, min(first + 3, 6)) for log, end in (("mainlog", "xz"), ("rejectlog", "gz"))]
                    random.Random(threads).shuffle(names)
                    self.ingest(*names, threads=threads)
                self.check()

    def test_rejectlog_long_before_mainlog(self):
        self.put("rejectlog", self.lines(0, 1, self.reject))
        self.ingest("rejectlog")
        self.put("mainlog.1", self.lines(0, 0.5))
        self.put("mainlog", self.lines(0.5, 1))
        self.ingest("mainlog")
        self.check()

    def test_a_copy_of_an_earlier_time(self):
        """A backup of the log when it was shorter."""
        self.put("mainlog", self.lines(0, 0.7))
        self.ingest()
        self.put("backup.gz", gzip.compress(self.lines(0, 0.4)))
        self.ingest()
        self.put("mainlog", self.lines(0.7, 1), append=True)
        self.check(places=False)

    def test_several_archives_in_one_more(self):
        self.put("mainlog.2.gz", gzip.compress(self.lines(0, 0.5)))
        self.put("mainlog.1", self.lines(0.5, 1))
        self.ingest()
        self.put("all.gz", gzip.compress(self.lines(0, 0.5)) + gzip.compress(self.lines(0.5, 1)))
        self.ingest()
        self.check(places=False)

    def test_no_newline_at_the_end_of_an_archive(self):
        self.put("mainlog.1", self.lines(0, 0.5)[:-1])
        self.put("mainlog", self.lines(0.5, 1))
        self.ingest()
        self.put("mainlog.2.gz", gzip.compress((self.path / "mainlog.1").read_bytes()))
        (self.path / "mainlog.1").unlink()
        self.check()

    def test_names_that_lie(self):
        self.put("mainlog.1", gzip.compress(self.lines(0, 0.5)))
        self.put("mainlog.gz", self.lines(0.5, 0.7))
        self.ingest()
        self.put("mainlog.gz", self.lines(0.7, 1), append=True)
        self.check()

    def test_other_folder(self):
        """logrotate's olddir."""
        self.put("mainlog", self.lines(0, 0.4))
        self.ingest()
        self.put("mainlog", self.lines(0.4, 0.5), append=True)
        (self.path / "old").mkdir()
        (self.path / "mainlog").rename(self.path / "old" / "mainlog.1")
        self.put("mainlog", self.lines(0.5, 1))
        told = self.ingest("mainlog")
        self.assertIn("was cut or replaced since the last run", told)
        self.ingest("mainlog", "old")
        (self.path / "old" / "mainlog.1").rename(self.path / "mainlog.1")
        self.check()

    def test_links(self):
        self.put("mainlog", self.lines(0, 0.4))
        os.symlink(self.path / "mainlog", self.path / "current")
        os.link(self.path / "mainlog", self.path / "same")
        self.ingest()
        self.put("mainlog", self.lines(0.4, 1), append=True)
        self.ingest("current")
        self.check(places=False)

    def test_empty_logs(self):
        self.put("mainlog.2.gz", gzip.compress(b""))
        self.put("mainlog.1", b"\n")
        self.put("rejectlog", b"")
        self.put("mainlog", b"")
        self.ingest()
        self.put("mainlog", self.lines(0, 1))
        self.check()

    def test_clock_goes_back_over_a_rotation(self):
        self.put("mainlog.1", self.lines(0, 0.48) + self.lines(0.5, 0.52))  # some 80 minutes
        self.ingest()
        self.put("mainlog", self.lines(0.48, 0.5) + self.lines(0.52, 0.7))
        self.ingest()
        self.put("mainlog", self.lines(0.7, 1), append=True)
        self.check()

    def test_an_older_log_comes_back_under_the_name(self):
        self.put("mainlog", self.lines(0, 0.5))
        self.ingest()
        (self.path / "mainlog").rename(self.path / "mainlog.1")
        self.put("mainlog", self.lines(0.5, 1))
        self.ingest()
        (self.path / "mainlog").rename(self.path / "x")
        (self.path / "mainlog.1").rename(self.path / "mainlog")
        (self.path / "x").rename(self.path / "mainlog.1")
        self.check()

    def test_alike_and_shorter_than_the_fingerprint(self):
        few = self.lines(0, 1).splitlines(True)[:3]
        self.put("a", b"".join(few))
        self.ingest("a")
        self.put("b", b"".join(few) + self.lines(0.5, 1))
        self.ingest("b")
        self.put("a", self.lines(0, 0.5)[len(b"".join(few)):], append=True)
        self.ingest("a")
        self.put("c", b"".join(few[:2]))
        self.check(places=False)

    def test_swapped_while_not_looking(self):
        """Two logs trade names between runs, and both grow."""
        for name, begin in (("mainlog", 0), ("maillog", 0.5)):
            self.put(name, self.lines(begin, begin + 0.3))
        self.ingest()
        for name, begin in (("mainlog", 0.3), ("maillog", 0.8)):
            self.put(name, self.lines(begin, begin + 0.2), append=True)
        for old, new in (("mainlog", "x"), ("maillog", "mainlog"), ("x", "maillog")):
            (self.path / old).rename(self.path / new)
        self.check()


if __name__ == "__main__":
    unittest.main()
