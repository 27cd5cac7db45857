"""A generated log of each MTA: the same options give the same bytes, and lostmail finds what the generator says is in it."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import logs

PROGRAM, GENERATOR = os.environ["LOSTMAIL"], os.environ["LOSTMAIL_GENERATE"]


class Counts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def generate(self, name, mta, *options):
        log = self.folder / name
        subprocess.run([GENERATOR, log, "--mta", mta, "--lines", "12000", *options], check=True)
        return log

    def test_classify_counts_what_is_there(self):
        for mta in ("exim", "sendmail"):
            with self.subTest(mta=mta):
                log = self.generate(mta, mta)
                truth = logs.truth_of(log)
                self.assertGreater(truth["refusals"], 1500)
                self.assertGreater(len(truth["refused"]), 30)
                self.assertEqual(logs.differences(truth, logs.found_by_classify(PROGRAM, log)), [])

    def test_the_store_counts_archives_of_three_days(self):
        for mta in ("exim", "sendmail"):
            with self.subTest(mta=mta):
                log = self.generate(mta, mta, "--days", "3")
                store = self.folder / f"{mta}.db"
                archives = [f"{log}.{number}" for number in (1, 2, 3)]
                subprocess.run([PROGRAM, "-q", "ingest", "--tz", "UTC", "--store", store, *archives], check=True)
                self.assertEqual(logs.differences(logs.truth_of(log), logs.found_in_store(store)), [])

    def test_one_count_more_would_be_seen(self):
        log = self.generate("exim", "exim")
        truth = logs.truth_of(log)
        truth["refused"][0]["count"] += 1
        self.assertEqual(len(logs.differences(truth, logs.found_by_classify(PROGRAM, log))), 1)

    def test_a_seed_gives_the_same_bytes(self):
        first, again, other = (self.generate(name, "exim", "--seed", seed).read_bytes()
                               for name, seed in (("a", "7"), ("b", "7"), ("c", "8")))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)


if __name__ == "__main__":
    unittest.main()
