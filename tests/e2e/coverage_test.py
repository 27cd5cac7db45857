"""How much of a log was understood, and logs of both MTAs in one file."""
import bz2
import gzip
import json
import pathlib
import random
import re
import subprocess
import tempfile
import unittest

from program import SAMPLES, classify, run


def text_of(path):
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode()
    if path.suffix == ".bz2":
        return bz2.decompress(path.read_bytes()).decode()
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout.decode()
    return path.read_text()


def lines_of(folder, *names):
    return [line for name in names for line in text_of(SAMPLES / folder / name).splitlines()]


EXIM = lines_of("exim", "mainlog.2.gz", "mainlog.1", "mainlog")
SYSLOG = lines_of("exim-syslog", "maillog.1.zst", "maillog")
SENDMAIL = lines_of("sendmail", "maillog.1.bz2", "maillog")

# What a line's kind hangs on, and what a mutation makes of it.
MUTATIONS = (
    (" <= ", " <+ "), (" => ", " =. "), (" ** ", " *- "), (" == ", " =- "),
    (" Completed", " Complxted"), ("sender verify fail", "sender verify fall"),
    (" rejected RCPT ", " re ected RCPT "), ("ruleset=", "rulesat="), (" from=", " fron="),
    (" to=", " ta="), (": DSN: ", ": DSM: "), ("... User unknown", ".. User unknown"),
)


class Coverage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)

    def lostmail(self, *arguments):
        status, out, err = run("--store", self.path / "store.db", "--tz", "UTC", *arguments)
        self.assertIn(status, (0, 1), err)
        return out.decode()

    def mutate(self, lines, count):
        """`count` lines spread over the log, each bent where its kind stands."""
        lines, mutated = list(lines), []
        order = list(range(len(lines)))
        random.Random(550).shuffle(order)
        for i in order:
            bent = next((lines[i].replace(old, new, 1) for old, new in MUTATIONS
                         if old in lines[i]), None)
            if bent and len(mutated) < count:
                lines[i] = bent
                mutated.append(bent)
        self.assertEqual(len(mutated), count)
        return lines, mutated

    def check_shows_exactly(self, name, lines):
        lines, mutated = self.mutate(lines, 50)
        log = self.path / name
        log.write_text("\n".join(lines) + "\n")
        self.assertIn("50 not understood", self.lostmail("ingest", log))
        shown = self.lostmail("unparsed", "-n", 100)
        self.assertEqual(sum(map(int, re.findall(r"^ *(\d+) x ", shown, re.M))), 50)
        examples = re.findall(r"^ *\d+ x (.*)$", shown, re.M)
        self.assertEqual([example for example in examples if example not in mutated], [])
        self.assertIn("not understood", self.lostmail("report"))

    def test_exim(self):
        self.check_shows_exactly("mainlog", EXIM)

    def test_exim_through_syslog(self):
        self.check_shows_exactly("maillog", SYSLOG)

    def test_sendmail(self):
        self.check_shows_exactly("maillog", SENDMAIL)

    def test_real_logs_are_understood(self):
        for name, lines in (("mainlog", EXIM), ("maillog", SYSLOG + SENDMAIL)):
            (self.path / name).write_text("\n".join(lines) + "\n")
            self.assertIn("0 not understood", self.lostmail("ingest", self.path / name))

    def test_both_mtas_in_one_file(self):
        """One maillog that both write at once."""
        sendmail = [line.replace(" 01:19:5", " 01:17:1").replace(" 01:20:0", " 01:17:2")
                    for line in SENDMAIL]
        together = sorted(SYSLOG + sendmail, key=lambda line: line[:15])
        self.assertTrue(together[:len(SYSLOG)] != SYSLOG, "they do not overlap")
        logs = {"syslog": SYSLOG, "sendmail": sendmail, "both": together}
        for name, lines in logs.items():
            (self.path / name).write_text("\n".join(lines) + "\n")
        rows = {name: {row["id"]: row for row in classify(self.path / name)} for name in logs}
        self.assertEqual(set(rows["both"]), set(rows["syslog"]) | set(rows["sendmail"]))
        for row in rows["both"].values():
            alone = rows[{"exim": "syslog", "sendmail": "sendmail"}[row["mta"]]][row["id"]]
            for field in ("direction", "stage", "variant", "cause", "sender", "recipient"):
                self.assertEqual(row[field], alone[field], json.dumps(row))

    def test_the_zone_that_syslog_writes(self):
        """Exim's own stamp without a zone takes that of the frame, unless its clock is another, or the user says one."""
        times = [("2026-11-24T10:00:04.1+02:00", "2026-11-24 10:00:04", "2026-11-24T10:00:04+02:00", "2026-11-24T10:00:04+00:00"),
                 ("2026-11-24T10:03:00.1+02:00", "2026-11-24 09:59:04", "2026-11-24T09:59:04+02:00", "2026-11-24T09:59:04+00:00"),
                 ("2026-11-24T10:00:05.1+02:00", "2026-11-24 11:00:05", "2026-11-24T11:00:05+00:00", "2026-11-24T11:00:05+00:00"),
                 ("2026-11-24T23:59:59+02:00", "2026-11-25 00:00:01", "2026-11-25T00:00:01+02:00", "2026-11-25T00:00:01+00:00")]
        log = self.path / "maillog"
        for frame, own, expected, said in times:
            refused = own + " H=(c) [192.0.2.7] F=<a@example.com> rejected RCPT <b{}@example.net>: no"
            log.write_text("".join(f"{frame} mx1 exim[{pid}]: {text}\n" for pid, text in (
                (47, refused.format(1)), (48, "[1/2] " + refused.format(2)[:-1]), (48, "[2/2] o"))))
            for zone, time in (([], expected), (["--tz", "UTC"], said)):
                rows = [json.loads(row) for row in run("classify", *zone, log)[1].splitlines()]
                self.assertEqual([row["text"] for row in rows], ["no", "no"])
                self.assertEqual({row["time"][:19] + row["time"][-6:] for row in rows}, {time}, (frame, own, zone))

    def test_lines_of_one_shape(self):
        odd = "2026-11-24 10:00:0{} zork frobnicated {} items on {} for {}\n"
        (self.path / "mainlog").write_text("".join(odd.format(i, 7 * i, f"mx{'abc'[i]}.odd.example", f"u{i}@b.example") for i in range(3)) +
                                           "2026-11-24 10:00:09 zork sulked.\n")
        self.lostmail("ingest", self.path / "mainlog")
        shown = self.lostmail("unparsed")
        self.assertRegex(shown, "3 x 2026-11-24 10:00:00 zork frobnicated 0 items on mxa.odd.example")
        self.assertRegex(shown, "1 x 2026-11-24 10:00:09 zork sulked.")

    def test_year_is_said_where_it_was_inferred(self):
        unstamped = [re.sub(r"(exim[^:]*: )[-\d]+ [:\d]+ ", r"\1", line) for line in SYSLOG]
        log = self.path / "maillog"
        log.write_text("\n".join(unstamped) + "\n")
        self.lostmail("ingest", log)
        self.assertIn("year inferred", self.lostmail("status"))
        (self.path / "store.db").unlink()
        self.lostmail("--year", "2024", "ingest", log)
        said = self.lostmail("status")
        self.assertIn("2024-", said)
        self.assertNotIn("year inferred", said)

    def test_year_in_the_records_is_not_inferred(self):
        (self.path / "maillog").write_text("\n".join(SYSLOG) + "\n")
        self.lostmail("ingest", self.path / "maillog")
        self.assertNotIn("year inferred", self.lostmail("status"))


if __name__ == "__main__":
    unittest.main()
