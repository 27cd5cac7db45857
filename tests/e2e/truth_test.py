"""The real logs of sample-logs/ against what the SMTP clients and servers saw (expected*.jsonl)."""
import collections
import unittest

from program import SAMPLES, classify, read_lines


def differences(expected, got):
    """Each refusal once, with the fields that the truth holds; null is not scored."""
    pool = collections.defaultdict(list)
    for row in got:
        pool[(row["direction"], row["sender"], row["recipient"])].append(row)
    found = []
    for row in expected:
        key = (row["direction"], row["sender"], row["recipient"])
        if not pool[key]:
            found.append(("missed", key))
            continue
        mine = pool[key].pop(0)
        for field in ("permanent", "variant", "cause", "client_ip", "remote_ip"):
            if row[field] is not None and mine[field] != row[field]:
                found.append(("wrong", key, field, row[field], mine[field]))
    found += [("extra", key) for key, rows in pool.items() for _ in rows]
    return found


EXIM = SAMPLES / "exim"
MAINLOGS = [EXIM / "mainlog.2.gz", EXIM / "mainlog.1", EXIM / "mainlog"]
REJECTLOGS = [EXIM / "rejectlog.1.xz", EXIM / "rejectlog"]
SYSLOGS = [SAMPLES / "exim-syslog" / name for name in ("maillog.1.zst", "maillog")]
SENDMAIL = [SAMPLES / "sendmail" / name for name in ("maillog.1.bz2", "maillog")]


class Truth(unittest.TestCase):
    def check(self, logs, expected):
        self.assertEqual(differences(read_lines(expected), classify(*logs)), [])

    def test_mainlog_alone(self):
        self.check(MAINLOGS, EXIM / "expected-mainlog.jsonl")

    def test_mainlog_with_rejectlog_counts_once(self):
        self.check(MAINLOGS + REJECTLOGS, EXIM / "expected.jsonl")

    def test_order_of_arguments_does_not_matter(self):
        self.assertEqual(classify(*MAINLOGS, *REJECTLOGS), classify(*reversed(REJECTLOGS), *reversed(MAINLOGS)))

    def test_directory(self):
        self.check([EXIM], EXIM / "expected.jsonl")

    def test_exim_through_syslog_counts_once(self):
        self.check(SYSLOGS, SAMPLES / "exim-syslog" / "expected.jsonl")

    def test_sendmail(self):
        self.check(SENDMAIL, SAMPLES / "sendmail" / "expected.jsonl")

    def test_rejectlog_alone_names_the_same_refusals(self):
        both = {row["id"] for row in classify(*MAINLOGS, *REJECTLOGS) if row["direction"] == "inbound"}
        self.assertEqual({row["id"] for row in classify(*REJECTLOGS)}, both)

    def test_ids_are_unique(self):
        ids = [row["id"] for row in classify(*MAINLOGS, *REJECTLOGS, *SENDMAIL)]
        self.assertEqual(len(ids), len(set(ids)))


if __name__ == "__main__":
    unittest.main()
