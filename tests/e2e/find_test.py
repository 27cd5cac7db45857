"""find: the answer, its evidence, and how it is told."""
import gzip
import json
import pathlib
import shutil
import tempfile
import unittest

from program import SAMPLES, classify, run

LATER = """\
2026-11-20 10:00:00 H=mx.a.example [192.0.2.7] sender verify fail for <a@a.example>: Unrouteable address
2026-11-20 10:00:00 H=mx.a.example [192.0.2.7] F=<a@a.example> rejected RCPT <b@ours.example>: Sender verify failed
2026-11-20 11:00:00 1xVf3Q-0005Cv-1p <= a@a.example H=mx.a.example [192.0.2.7] P=esmtp S=263
2026-11-20 11:00:00 1xVf3Q-0005Cv-1p => b <b@ours.example> R=ours T=drop
2026-11-20 11:00:00 1xVf3Q-0005Cv-1p Completed
"""


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Find(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def find(self, *arguments, expect=0, stdin=b""):
        status, out, err = run("--tz", "UTC", "find", *arguments, stdin=stdin)
        self.assertEqual(status, expect, err.decode() + out.decode())
        return out.decode()

    def test_each_refusal_of_the_samples_is_found_by_its_addresses(self):
        for folder in ("exim", "exim-syslog", "sendmail"):
            logs = [path for path in sorted((SAMPLES / folder).iterdir()) if path.suffix != ".jsonl"]
            refusals = classify(*logs)
            for row in refusals[::7]:
                if not row["recipient"] or not row["sender"]:
                    continue
                found = lines(self.find("-f", row["sender"], "-t", row["recipient"], "-n", "0", "--json",
                                        "--log", *logs))
                same = [event for event in found if event.get("id") == row["id"]]
                self.assertEqual(len(same), 1, row)
                for name, value in row.items():
                    self.assertEqual(same[0][name], value, name)

    def test_verdict_and_evidence(self):
        log = self.path / "mainlog"
        log.write_text(LATER)
        out = self.find("-f", "A@a.example", "--log", log)
        self.assertIn("=> Delivered later, at 2026-11-20 11:00:00 to b@ours.example, after 1 refused attempt.",
                      " ".join(out.split()))
        self.assertIn("(mainlog:2)", out)
        self.assertIn("Searched 1 log, from 2026-11-20 10:00 to 2026-11-20 11:00.", out)
        self.assertTrue(all(len(line) <= 80 for line in out.splitlines()), out)
        verdict = lines(self.find("b@ours.example", "--json", "--log", log))[-1]
        self.assertEqual((verdict["event"], verdict["outcome"], verdict["verdict"], verdict["refusals"]),
                         ("verdict", "delivered_later", "delivered_later", 1))
        self.assertEqual(verdict["queue_ids"], ["1xVf3Q-0005Cv-1p"])

    def test_how_many_more(self):
        log = self.path / "mainlog"
        log.write_text(LATER + LATER.replace("b@ours", "c@ours").replace("-1p", "-2p")
                       + LATER.replace("b@ours", "d@ours").replace("-1p", "-3p"))
        self.assertIn("The newest of up to 3: -n shows more", self.find("-f", "a@a.example", "-n", "1", "--log", log))
        self.assertNotIn("The newest", self.find("-f", "a@a.example", "--log", log))

    def test_all_that_the_store_knows(self):
        log, store = self.path / "mainlog", self.path / "store.db"
        log.write_text("".join(f"2026-11-20 10:{i // 60:02}:{i % 60:02} H=mx.a.example [192.0.2.1] F=<a@a.example> rejected RCPT "
                               f"<b{i}@ours.example>: Sender verify failed\n" for i in range(250)))
        status, _, err = run("--tz", "UTC", "--store", store, "-q", "ingest", log)
        self.assertEqual(status, 0, err.decode())
        for limit in ("0", "300", str(2**63 - 1), str(2**64 - 1)):
            found = lines(self.find("--store", store, "--no-log", "-f", "a@a.example", "-n", limit, "--json"))
            self.assertEqual(len({event["id"] for event in found if "id" in event}), 250, limit)

    def test_equal_tries_are_counted(self):
        log = self.path / "mainlog"
        tries = "".join(f"2026-11-24 {hour:02}:00:00 1xVf3Q-0005Cv-1p == b@far.example R=dnslookup T=remote_smtp defer (110): "
                        "Connection timed out\n" for hour in range(1, 6))
        log.write_text("2026-11-24 00:00:00 1xVf3Q-0005Cv-1p <= a@ours.example U=a P=local S=263\n" + tries)
        out = self.find("-t", "b@far.example", "--log", log)
        self.assertIn("... 3 more tries like it", out)
        self.assertEqual(" ".join(out.split()).count("Connection timed out"), 3, out)  # the first try, the last one, the verdict

    def test_raw_lines_come_out_of_their_archive(self):
        with gzip.open(self.path / "mainlog.2.gz", "wt") as log:
            log.write(LATER)
        self.assertEqual(self.find("-t", "b@ours.example", "--raw", "--log", self.path), LATER)

    def test_standard_input(self):
        out = self.find("-f", "a@a.example", "--log", "-", stdin=LATER.encode())
        self.assertIn("Delivered later", out)

    def test_no_trace(self):
        log = self.path / "mainlog"
        log.write_text(LATER)
        (self.path / "mainlog.1").write_text(LATER.replace("2026-11-20", "2026-11-10"))
        out = self.find("-t", "nobody@ours.example", "--log", self.path, expect=1)
        self.assertIn("No trace of mail to nobody@ours.example.", out)
        self.assertIn("Searched 2 logs, from 2026-11-10 10:00 to 2026-11-20 11:00.", out)
        self.assertIn("No log holds the time from 2026-11-10 11:00 to 2026-11-20 10:00.", out)

    def test_no_log_that_can_answer(self):
        (self.path / "README.md").write_text("# Logs\n")
        status, out, err = run("find", "-f", "a@a.example", "--log", self.path)
        self.assertEqual((status, out), (2, b""))
        self.assertIn(b"no log in this directory", err)
        (self.path / "mainlog").write_text(LATER)
        out = self.find("-f", "a@a.example", "--until", "2026-01-01", "--log", self.path, expect=1)
        self.assertIn("No log was searched: none of these can hold that time.", out)

    def test_a_word_behind_the_logs(self):
        log = self.path / "mainlog"
        log.write_text(LATER)
        status, out, err = run("find", "--log", log, "a@a.example")
        self.assertEqual((status, out), (2, b""))
        self.assertIn(b"lostmail find a@a.example --log LOG", err)

    def test_up_to_when_the_logs_tell(self):
        log = self.path / "mainlog"
        log.write_text(LATER[:LATER.index("2026-11-20 11")])
        (self.path / "mainlog.1").write_text(LATER.replace("2026-11-20", "2026-11-10"))
        out = " ".join(self.find("-f", "a@a.example", "--log", self.path).split())
        self.assertIn("no later delivery seen up to 2026-11-20 10:00:00; what came then is in no log.", out)
        self.assertIn("No log holds the time after 2026-11-20 10:00.", out)
        verdict = lines(self.find("-f", "a@a.example", "--json", "--log", self.path))[-1]
        self.assertEqual((verdict["verdict"], verdict["unseen_from"]), ("lost", "2026-11-20T10:00:00Z"))
        self.assertIsNone(verdict["unseen_until"])

    def test_a_gap_behind_the_refusal(self):
        (self.path / "mainlog.1").write_text(LATER[:LATER.index("2026-11-20 11")])
        for day, told in (("2026-11-25 0", ", nor from 2026-11-25 00:00:00 on; what came between is in no log."),
                          ("2026-11-24 0", "; of what came then logs hold parts alone.")):
            (self.path / "mainlog").write_text(LATER.replace("2026-11-20 1", day).replace("a@a.example", "x@x.example"))
            out = " ".join(self.find("-f", "a@a.example", "--log", self.path).split())
            self.assertIn("no later delivery seen up to 2026-11-20 10:00:00" + told, out)

    def test_a_domain_without_its_at(self):
        (self.path / "mainlog").write_text(LATER)
        self.assertIn("For all of a domain say @a.example.", self.find("-f", "a.example", "--log", self.path, expect=1))

    def test_a_log_that_cannot_be_read(self):
        (self.path / "mainlog").write_text(LATER)
        packed = gzip.compress((LATER * 200).encode())
        (self.path / "mainlog.1.gz").write_bytes(packed[:len(packed) // 2])
        status, out, err = run("--tz", "UTC", "find", "-f", "a@a.example", "--log", self.path)
        self.assertEqual(status, 3)
        self.assertIn(b"Delivered later", out)
        self.assertEqual(len(err.splitlines()), 1)
        self.assertIn(b"mainlog.1.gz: gzip archive damaged", err)
        self.assertEqual(run("find", "x", "--log", self.path / "none")[0], 2)

    def test_from_the_store(self):
        log = self.path / "mainlog"
        store = self.path / "store"
        log.write_text(LATER)
        self.assertEqual(run("--store", store, "--tz", "UTC", "ingest", log)[0], 0)
        whole = self.find("--store", store, "-f", "a@a.example")
        self.assertIn("(mainlog:4)", whole)
        self.assertEqual(whole.count("we refused"), 1)  # the store's and the log's are one
        log.unlink()
        out = " ".join(self.find("--store", store, "-f", "a@a.example").split())
        self.assertIn("we refused mx.a.example [192.0.2.7] at rcpt", out)
        self.assertIn("as the store remembers", out)
        self.assertIn("Delivered later, at 2026-11-20 11:00:00", out)
        for option in (["--variant", "sender_verify_failed"], ["--client", "192.0.2.0/24"], ["b@ours.example"],
                       ["--cause", "unroutable", "--since", "2026-11-20"]):
            self.assertIn("we refused", self.find("--store", store, "--no-log", *option))
        self.find("--store", store, "--no-log", "--variant", "dnsbl", expect=1)
        self.find("--store", self.path / "missing", "--no-log", "x", expect=2)

    def test_by_variant_without_a_store(self):
        out = lines(self.find("--variant", "no_reverse_lookup", "--json", "--log", SAMPLES / "exim"))
        variants = {event["variant"] for event in out if event["event"] == "refused" and event["direction"] == "inbound"}
        self.assertEqual(variants, {"no_reverse_lookup"})

    def test_hostile_text_stays_text(self):
        log = self.path / "mainlog"
        log.write_bytes(LATER.encode().replace(b"Sender verify failed", b"\x1b[2Jgone\xff"))
        out = self.find("-f", "a@a.example", "--log", log)
        self.assertNotIn("\x1b", out)
        self.assertIn("\\033[2Jgone\\377", out)

    def test_asked_for_nothing(self):
        status, out, err = run("find")
        self.assertEqual((status, out), (2, b""))
        self.assertIn(b"whom or what to look for", err)
        self.assertEqual(run("find", "--client", "192.0.2.0/99")[0], 2)


if __name__ == "__main__":
    unittest.main()
