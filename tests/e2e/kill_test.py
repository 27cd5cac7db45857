"""A run that is killed leaves nothing behind: the next one goes on, and the views equal those of a run undisturbed.
LOSTMAIL_KILLS: how many kills."""
import os
import pathlib
import random
import sqlite3
import subprocess
import tempfile
import time
import unittest

from mailserver import Logs, Traffic
from model_test import VIEWS, begin_bulk_loads_after, dump
from program import NOW, PROGRAM, run

KILLS = int(os.environ.get("LOSTMAIL_KILLS", "30"))


class Kill(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.logs = self.path / "log"
        self.logs.mkdir()

    def tearDown(self):
        self.folder.cleanup()

    def arguments(self, store):
        return ["--store", str(self.path / store), "--tz", "UTC", "-q", "ingest", str(self.logs)]

    def ingest(self, store):
        status, out, err = run(*self.arguments(store))
        self.assertEqual(status, 0, err.decode() + out.decode())

    def killed(self, after):
        """True where the run was still at work after that many seconds."""
        environment = {**os.environ, "LOSTMAIL_NOW": NOW, "TZ": "UTC", "XDG_CONFIG_HOME": "/nonexistent"}
        program = subprocess.Popen([PROGRAM, *self.arguments("killed.db")], env=environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after)
        was_running = program.poll() is None
        program.kill()
        program.wait()
        return was_running

    def test_kill(self):
        rng = random.Random(7)
        logs = Logs(self.logs, rng)
        events = Traffic(7, days=5, mails_a_day=120).events
        for log in logs.style:
            logs.append(events[0][0], log, "")
        began = time.monotonic()
        self.ingest("clean.db")
        length, kills, at = 2 * (time.monotonic() - began), 0, 0
        step = max(1, len(events) // (KILLS + 1))
        while kills < KILLS:
            for moment, log, text in events[at:at + step]:
                if rng.random() < 0.01 and "twin" not in text:
                    logs.rotate(moment, rng.choice(list(logs.style)))
                logs.append(moment, log, text)
            at += step
            if rng.random() < 0.3:
                self.ingest("killed.db")
                begin_bulk_loads_after(rng.choice([1, 10, 100_000]), self.path / "killed.db")
            for _ in range(20):
                if self.killed(rng.uniform(0, length)):
                    kills += 1
                    break
        for moment, log, text in events[at:]:
            logs.append(moment, log, text)
        self.ingest("killed.db")
        database = sqlite3.connect(self.path / "killed.db")
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        database.close()
        (self.path / "clean.db").unlink()
        self.ingest("clean.db")
        clean, ours = dump(self.path / "clean.db"), dump(self.path / "killed.db")
        self.assertGreater(len(clean["refusals"]), 100)
        for view in VIEWS:
            self.assertEqual(ours[view], clean[view], view)
        print(f"{kills} kills, {len(clean['refusals'])} refusals, {len(clean['sources'])} logs: equal")


if __name__ == "__main__":
    unittest.main()
