"""Archives, standard input and bad input through the program."""
import bz2
import gzip
import lzma
import os
import pathlib
import subprocess
import tempfile
import unittest

from program import SAMPLES, classify, run

PLAIN = (SAMPLES / "exim" / "mainlog").read_bytes()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


def without(rows, *fields):
    return [{key: value for key, value in row.items() if key not in fields} for row in rows]


class Archives(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.expected = without(classify(SAMPLES / "exim" / "mainlog"), "file")

    def tearDown(self):
        self.folder.cleanup()

    def test_known_by_content_not_by_name(self):
        for name, pack in PACKERS.items():
            with self.subTest(name):
                log = self.path / f"log-{name}.txt"
                log.write_bytes(pack(PLAIN))
                self.assertEqual(without(classify(log), "file"), self.expected)

    def test_several_members(self):
        cut = PLAIN.index(b"\n", len(PLAIN) // 2) - 20  # inside a line
        for name, pack in PACKERS.items():
            with self.subTest(name):
                log = self.path / name
                log.write_bytes(pack(PLAIN[:cut]) + pack(PLAIN[cut:]))
                self.assertEqual(without(classify(log), "file"), self.expected)

    def test_standard_input_equals_the_archive(self):
        log = self.path / "x.gz"
        log.write_bytes(gzip.compress(PLAIN))
        self.assertEqual(without(classify("-", stdin=PLAIN), "file"), without(classify(log), "file"))

    def test_torn_archive_gives_what_is_readable_and_3(self):
        for name, pack in PACKERS.items():
            with self.subTest(name):
                # Many small members, so that each format has readable ones before the tear.
                lines = PLAIN.splitlines(True)
                packed = b"".join(pack(b"".join(lines[i:i + 60])) for i in range(0, len(lines), 60))
                log = self.path / f"torn.{name}"
                log.write_bytes(packed[:len(packed) * 2 // 3])
                status, out, err = run("classify", "--tz", "UTC", log)
                self.assertEqual(status, 3, err)
                self.assertGreater(len(out.splitlines()), 5)
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertIn(str(log).encode(), err)

    def test_the_rest_is_still_read(self):
        torn = self.path / "torn.gz"
        torn.write_bytes(gzip.compress(PLAIN)[:200])
        status, out, err = run("classify", "--tz", "UTC", torn, self.path / "missing", SAMPLES / "exim" / "mainlog")
        self.assertEqual(status, 3)
        self.assertEqual(len(out.splitlines()), len(self.expected))
        self.assertEqual(len(err.splitlines()), 2, err)

    def test_missing_file(self):
        status, out, err = run("classify", self.path / "missing")
        self.assertEqual((status, out), (2, b""))
        self.assertEqual(err, f"lostmail: {self.path}/missing: no such file\n".encode())

    def test_directory_without_logs(self):
        status, _, err = run("classify", self.path)
        self.assertEqual(status, 2)
        self.assertIn(b"no log in this directory", err)

    def test_binary_file(self):
        log = self.path / "program"
        log.write_bytes(os.urandom(100_000))
        status, _, err = run("classify", log)
        self.assertEqual(status, 2)
        self.assertIn(b"is a binary file, not a log", err)

    def test_other_text(self):
        log = self.path / "novel"
        log.write_bytes(b"It was a dark and stormy night.\n" * 100)
        status, _, err = run("classify", log)
        self.assertIn(b"no line of it is Exim's or Sendmail's", err)
        self.assertIn(status, (2, 3))

    def test_empty_log(self):
        log = self.path / "mainlog"
        log.write_bytes(b"")
        self.assertEqual(run("classify", log), (1, b"", b""))

    def test_nul_bytes_and_a_long_line_change_nothing_else(self):
        log = self.path / "mainlog"
        log.write_bytes(b"\0" * 4096 + b"\n" + PLAIN + b"2026-11-24 02:00:00 " + b"x" * (1 << 20) + b"\n" + PLAIN[-200:])
        status, out, err = run("classify", "--tz", "UTC", log)
        self.assertEqual(status, 3)
        self.assertGreaterEqual(len(out.splitlines()), len(self.expected))
        self.assertIn(b"over 64 KiB", err)

    def test_unreadable_file(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        log = self.path / "mainlog"
        log.write_bytes(PLAIN)
        log.chmod(0)
        status, _, err = run("classify", log)
        self.assertEqual(status, 2)
        self.assertIn(b"permission denied", err)


if __name__ == "__main__":
    unittest.main()
