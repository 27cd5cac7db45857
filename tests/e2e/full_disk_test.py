"""A disk that is full: a small tmpfs in a mount namespace of its own. One clear line, nothing half-written, and once there
is room the next run goes on."""
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

from mailserver import Logs, Traffic
from model_test import VIEWS, dump
from program import run

INSIDE = "LOSTMAIL_IN_NAMESPACE"


def enter_namespace():
    """Runs this script again where mounts are its own; says why not, and skips, where the system does not allow that."""
    for words in (["unshare", "--mount"], ["unshare", "--mount", "--user", "--map-root-user"]):
        trial = subprocess.run([*words, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
        if trial.returncode == 0:
            os.execvpe(words[0], [*words, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
    print(f"skipped: no mount namespace here: {trial.stderr.strip()}")
    sys.exit(77)


class FullDisk(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.disk, self.logs = self.path / "disk", self.path / "log"
        self.disk.mkdir()
        self.logs.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", self.disk], check=True)
        self.writer = Logs(self.logs, random.Random(5))
        self.events = Traffic(5, days=5, mails_a_day=120).events

    def tearDown(self):
        subprocess.run(["umount", self.disk], check=True)
        self.folder.cleanup()

    def make_room(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.disk], check=True)

    def ingest(self, store):
        return run("--store", store, "--tz", "UTC", "-q", "ingest", self.logs)

    def write(self, events):
        for time, log, text in events:
            self.writer.append(time, log, text)

    def says_that_it_is_full(self):
        status, out, err = self.ingest(self.disk / "s.db")
        self.assertEqual((status, out), (2, b""), err)
        self.assertEqual(err.decode(), f"lostmail: {self.disk / 's.db'}: the disk is full: nothing of this run was kept\n")

    def check_against_clean_pass(self):
        self.make_room("64m")
        self.assertEqual(self.ingest(self.disk / "s.db"), (0, b"", b""))
        self.assertEqual(self.ingest(self.path / "clean.db"), (0, b"", b""))
        ours, clean = dump(self.disk / "s.db"), dump(self.path / "clean.db")
        self.assertGreater(len(clean["refusals"]), 300)
        for view in VIEWS:
            self.assertEqual(ours[view], clean[view], view)

    def test_a_log_that_does_not_fit(self):
        few = len(self.events) // 50
        self.write(self.events[:few])
        self.assertEqual(self.ingest(self.disk / "s.db"), (0, b"", b""))
        before = dump(self.disk / "s.db")
        self.assertGreater(len(before["refusals"]), 0)
        self.write(self.events[few:])
        self.make_room(f"{sum(file.stat().st_size for file in self.disk.iterdir()) // 1024 + 100}k")
        for _ in range(2):
            self.says_that_it_is_full()
            self.assertEqual(dump(self.disk / "s.db"), before)
        for log in list(self.writer.style)[:2]:  # the world goes on meanwhile
            self.writer.rotate(self.events[-1][0], log)
        self.check_against_clean_pass()

    def test_no_room_for_a_store(self):
        self.write(self.events)
        for size in ("8k", "40k", "200k"):
            self.make_room(size)
            self.says_that_it_is_full()
        self.check_against_clean_pass()


if __name__ == "__main__":
    if INSIDE not in os.environ:
        enter_namespace()
    unittest.main()
