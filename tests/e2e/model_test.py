"""Exactly once: whatever is read in whatever pieces and order, through rotation and compression, once all files are in
the views equal those of one clean pass. LOSTMAIL_SEEDS: how many made-up histories (each with its own seed)."""
import os
import pathlib
import random
import sqlite3
import tempfile
import unittest

from mailserver import Logs, Traffic
from program import run

SEEDS = int(os.environ.get("LOSTMAIL_SEEDS", "6"))
VIEWS = {
    "refusals": "SELECT * FROM refusals ORDER BY id",
    "cases": "SELECT * FROM cases ORDER BY direction, sender, recipient",
    "daily": "SELECT * FROM daily ORDER BY 1, 2, 3, 4, 5, 6, 7",
    "sources": "SELECT * FROM sources ORDER BY first, bytes, lines",
}


def dump(store):
    """{view: rows} of the public interface."""
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    try:
        return {view: [dict(row) for row in database.execute(query)]
                for view, query in VIEWS.items()}
    finally:
        database.close()


def begin_bulk_loads_after(rows, store):
    """Each further run goes over to a bulk load after so many rows; without that, made-up logs are too small for one."""
    database = sqlite3.connect(store)
    with database:
        database.execute("INSERT OR REPLACE INTO setting(name, value) VALUES ('bulk_load_from', ?)", (rows,))
    database.close()


def parts_equal_lines(events, at, log):
    """True where `log` holds equal lines of one second before and behind: nobody can tell that they are two."""
    second = [events[at][0] - 1, events[at][0], events[at][0] + 1]
    near = range(max(0, at - 60), min(len(events), at + 60))
    texts = [[events[n][2].split("\n")[0] for n in near if (n >= at) == behind and events[n][1] == log and events[n][0] in second]
             for behind in (False, True)]
    return bool(set(texts[0]) & set(texts[1]))


class Model(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.logs = self.path / "log"
        self.logs.mkdir()

    def tearDown(self):
        self.folder.cleanup()

    def ingest(self, store, *logs, expect=(0,)):
        status, out, err = run("--store", self.path / store, "--tz", "UTC", "-q", "ingest", *logs)
        self.assertIn(status, expect, err.decode() + out.decode())

    def check_against_clean_pass(self, store):
        self.ingest("clean.db", self.logs)
        clean, ours = dump(self.path / "clean.db"), dump(self.path / store)
        self.assertGreater(len(clean["refusals"]), 20)
        for view in VIEWS:
            missing = [row for row in clean[view] if row not in ours[view]]
            extra = [row for row in ours[view] if row not in clean[view]]
            self.assertEqual((extra[:3], len(extra)), (missing[:3], len(missing)), view)
            self.assertEqual(ours[view], clean[view], view)

    def write_history(self, seed, between=lambda: None, moment=lambda: None, days=5):
        """Writes and rotates all logs; `moment` is called after each line, `between` within rotations."""
        rng = random.Random(seed)
        logs = Logs(self.logs, rng)
        for log in logs.style:
            logs.append(Traffic(seed, days=1).events[0][0], log, "")
        events = Traffic(seed, days).events
        for at, (time, log, text) in enumerate(events):
            turned = rng.choice(list(logs.style))
            if rng.random() < 0.01 and not parts_equal_lines(events, at, turned):
                logs.rotate(time, turned, between)
            logs.append(time, log, text, half=rng.random() < 0.05)
            moment()
        for log in list(logs.half):
            logs.append(time, log, "")

    def test_live(self):
        """Read at random moments while the logs are written and rotated."""
        for seed in range(SEEDS):
            with self.subTest(seed=seed):
                self.tearDown()
                self.setUp()
                rng = random.Random(-seed - 1)

                def moment(chance=0.02):
                    if rng.random() < chance:
                        self.ingest("live.db", rng.choice([self.logs, self.logs, *sorted(self.logs.iterdir())]))
                        if seed % 2:
                            begin_bulk_loads_after(1 + seed % 5, self.path / "live.db")

                self.write_history(seed, lambda: moment(0.2), moment)
                self.ingest("live.db", self.logs)
                self.check_against_clean_pass("live.db")

    def test_archives_in_any_order(self):
        """Single archives after each other: shuffled, newest first, overlapping sets."""
        for seed in range(100, 100 + SEEDS):
            with self.subTest(seed=seed):
                self.tearDown()
                self.setUp()
                self.write_history(seed)
                rng = random.Random(-seed)
                files = sorted(self.logs.iterdir())
                if seed % 2:
                    files.sort(key=lambda file: -file.stat().st_mtime)
                else:
                    rng.shuffle(files)
                while files:
                    count = rng.choice([1, 1, 2, 5])
                    self.ingest("pieces.db", *files[:count])
                    if seed // 2 % 2:
                        begin_bulk_loads_after(1 + seed % 5, self.path / "pieces.db")
                    files = files[count:] if rng.random() < 0.8 else files[max(1, count - 1):]
                self.check_against_clean_pass("pieces.db")


if __name__ == "__main__":
    unittest.main()
