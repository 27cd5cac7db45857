"""Faults below SQLite and below the reading of logs (faults.cpp, preloaded): nothing half-written, one line that says
what, and the next run goes on."""
import errno
import os
import pathlib
import random
import shutil
import tempfile
import unittest

from mailserver import Logs, Traffic
from model_test import VIEWS, dump
from program import run

SHIM = os.environ.get("LOSTMAIL_FAULTS", "")


class Faults(unittest.TestCase):
    def setUp(self):
        if not SHIM or not pathlib.Path(SHIM).exists():
            self.skipTest("faults are not built here (sanitizers come first)")
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.logs = self.path / "log"
        self.logs.mkdir()
        logs = Logs(self.logs, random.Random(3))
        events = Traffic(3, days=2).events
        for time, log, text in events[:len(events) // 2]:
            logs.append(time, log, text)
        self.ingest("s.db")
        for log in logs.style:
            logs.rotate(time, log)
        for time, log, text in events[len(events) // 2:]:
            logs.append(time, log, text)
        self.ingest("clean.db")
        self.clean = dump(self.path / "clean.db")

    def tearDown(self):
        self.folder.cleanup()

    def ingest(self, store, fault=None):
        env = {"LD_PRELOAD": SHIM, "LOSTMAIL_FAULT": fault} if fault else {}
        return run("--store", self.path / store, "--tz", "UTC", "-q", "ingest", self.logs, env=env)

    def same_as_clean(self):
        status, _, err = self.ingest("s.db")
        self.assertEqual((status, err), (0, b""))
        ours = dump(self.path / "s.db")
        for view in VIEWS:
            self.assertEqual(len(ours[view]), len(self.clean[view]), view)
        self.assertEqual(ours["refusals"], self.clean["refusals"])
        self.assertEqual(ours["cases"], self.clean["cases"])

    def test_store_cannot_be_written(self):
        before = dump(self.path / "s.db")
        shutil.copy(self.path / "s.db", self.path / "before.db")
        failed = 0
        for code, word in ((errno.ENOSPC, b"the disk is full"), (errno.EIO, b"nothing of this run was kept")):
            for left in self.path.glob("s.db*"):
                left.unlink()
            shutil.copy(self.path / "before.db", self.path / "s.db")
            for after in list(range(12)) + [15, 20, 40, 80]:
                status, _, err = self.ingest("s.db", f"write {code} {after} s.db")
                if status == 0:
                    break  # fewer writes than that: it is through
                self.assertEqual((status, len(err.splitlines())), (2, 1), err)
                self.assertIn(b"s.db", err)
                self.assertIn(word, err)
                self.assertEqual(dump(self.path / "s.db"), before)
                failed += 1
        self.assertGreater(failed, 10)
        self.same_as_clean()

    def test_log_cannot_be_read(self):
        failed = 0
        for log in ("mainlog", "maillog"):
            for after in range(4):
                status, _, err = self.ingest("s.db", f"read {errno.EIO} {after} log/{log}")
                if status == 0:
                    continue
                self.assertIn(status, (2, 3), err)
                self.assertIn(b"cannot be read further", err)
                failed += 1
        self.assertGreater(failed, 2)
        self.same_as_clean()


if __name__ == "__main__":
    unittest.main()
