"""The figures of a report against a slow evaluation of the store's views, over a generated log of a month."""
import collections
import datetime
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

PROGRAM, GENERATOR = os.environ["LOSTMAIL"], os.environ["LOSTMAIL_GENERATE"]
DAY = 86400
CONCERN_SENDERS = {"sender_verify", "sender_domain", "client_identity"}
CANNOT_EXIST = {"domain_nonexistent", "address_syntax", "null_mx"}
COLUMNS = ("time", "direction", "permanent", "family", "variant", "cause", "sender", "sender_domain", "recipient", "remote_ip",
           "remote_name", "transaction")
Refusal = collections.namedtuple("Refusal", COLUMNS)


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def server_of(refusal):
    ip = f"[{refusal.remote_ip}]" if refusal.remote_ip else ""
    return " ".join(part for part in (refusal.remote_name, ip) if part)


def ending_kind(refusals):
    """(direction, permanent, family, variant, cause) that a case counts as, or None where its last second has several."""
    last = max(refusal.time for refusal in refusals)
    kinds = {refusal[1:6] for refusal in refusals if refusal.time == last}
    if len(kinds) > 1:
        return None
    (direction, permanent, *rest), = kinds
    return (direction, int(permanent or any(refusal.permanent for refusal in refusals)), *rest)


def stretch(log):
    """Eight hours become a month."""
    lines = log.read_text(errors="surrogateescape").split("\n")[:-1]
    begin = datetime.datetime.fromisoformat(lines[0][:19])
    with open(log, "w", errors="surrogateescape") as file:
        for line in lines:
            at = begin + (datetime.datetime.fromisoformat(line[:19]) - begin) * 80
            file.write(f"{at}{line[19:]}\n")


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        folder = pathlib.Path(cls.folder.name)
        cls.store = folder / "s.db"
        subprocess.run([GENERATOR, folder / "mainlog", "--lines", "30000", "--rate", "1"], check=True)
        stretch(folder / "mainlog")
        subprocess.run([PROGRAM, "-q", "ingest", "--tz", "UTC", "--store", cls.store, folder / "mainlog"], check=True)
        with sqlite3.connect(cls.store) as database:
            names = ", ".join(f'"{name}"' for name in COLUMNS)
            cls.refusals = [Refusal(seconds(row[0]), *row[1:])
                            for row in database.execute(f"SELECT {names} FROM refusals ORDER BY time")]
            cls.delivered = {row[:3]: seconds(row[3]) for row in database.execute(
                "SELECT direction, sender, recipient, delivered FROM cases WHERE delivered IS NOT NULL")}
        cls.since = cls.refusals[0].time // DAY * DAY + 12 * DAY
        cls.until = cls.since + 7 * DAY

    def setUp(self):
        dates = [datetime.datetime.fromtimestamp(time, datetime.timezone.utc).date() for time in (self.since, self.until - DAY)]
        out = subprocess.run([PROGRAM, "report", "--tz", "UTC", "--store", self.store, "--since", str(dates[0]), "--until",
                              str(dates[1]), "--format", "json", "-n", "100000"], check=True, capture_output=True,
                             env={**os.environ, "LOSTMAIL_NOW": str(self.until + 30 * DAY)}).stdout
        self.report = json.loads(out)
        self.assertEqual([seconds(self.report[end]) for end in ("since", "until")], [self.since, self.until])
        self.window = [refusal for refusal in self.refusals if self.since <= refusal.time < self.until]
        self.assertGreater(len(self.window), 1000)
        self.of_interest = [refusal for refusal in self.window if refusal.family in CONCERN_SENDERS]

    def test_counts_of_each_kind(self):
        expected = {}
        for refusal in self.window:
            expected.setdefault(refusal[1:6], []).append(refusal)
        counts = {kind: (len(rows), len({row.sender for row in rows} - {None}), len({row.recipient for row in rows} - {None}))
                  for kind, rows in expected.items()}
        told = {(row["direction"], int(row["permanent"]), row["family"], row["variant"], row["cause"]):
                (row["refusals"], row["senders"], row["recipients"]) for row in self.report["refused"]}
        self.assertGreater(len(told), 40)
        self.assertEqual(told, counts)

    def test_verdicts_of_each_kind(self):
        cases = collections.defaultdict(list)
        for refusal in self.window:
            if refusal.sender and refusal.recipient:
                cases[refusal.direction, refusal.sender, refusal.recipient].append(refusal)
        verdicts, unclear = collections.Counter(), set()
        for key, rows in cases.items():
            kind = ending_kind(rows)
            if kind is None:
                unclear |= {row[1:6] for row in rows}
            elif kind[2] in CONCERN_SENDERS:
                later = self.delivered.get(key, 0) > rows[-1].time
                verdicts[kind, "delivered_later" if later else "lost" if kind[1] else "open"] += 1
        checked = 0
        for row in self.report["refused"]:
            kind = (row["direction"], int(row["permanent"]), row["family"], row["variant"], row["cause"])
            if kind in unclear or row["family"] not in CONCERN_SENDERS:
                continue
            self.assertEqual(row["delivered_later"], verdicts[kind, "delivered_later"], kind)
            if row["permanent"]:
                self.assertEqual(row["lost"], verdicts[kind, "lost"], kind)
            checked += 1
        self.assertGreater(checked, 20)

    def test_sender_domains_and_the_new_ones(self):
        domains = collections.defaultdict(list)
        for refusal in self.of_interest:
            if refusal.direction == "inbound" and refusal.sender_domain:
                domains[refusal.sender_domain].append(refusal)
        told = {row["name"]: row for row in self.report["sender_domains"]}
        self.assertEqual({name: (row["refusals"], row["recipients"]) for name, row in told.items()},
                         {name: (len(rows), len({row.recipient for row in rows} - {None})) for name, rows in domains.items()})
        before = {refusal.sender_domain for refusal in self.refusals if refusal.time < self.since}
        fresh = {name for name in domains if name not in before and told[name]["cause"] not in CANNOT_EXIST}
        self.assertGreater(len(fresh), 10)
        self.assertGreater(len(domains.keys() & before), 10)
        self.assertEqual({row["name"] for row in self.report["new_sender_domains"]}, fresh)

    def test_servers_and_the_new_ones(self):
        servers = collections.Counter(server_of(refusal) for refusal in self.of_interest
                                      if refusal.direction == "outbound" and server_of(refusal))
        self.assertEqual({row["name"]: row["refusals"] for row in self.report["remote_servers"]}, dict(servers))
        before = {server_of(refusal) for refusal in self.refusals
                  if refusal.direction == "outbound" and self.since - 28 * DAY <= refusal.time < self.since}
        self.assertTrue(servers.keys() - before and servers.keys() & before)
        self.assertEqual({row["name"] for row in self.report["new_servers"]}, servers.keys() - before)

    def test_own_senders(self):
        tried, servers = collections.defaultdict(set), collections.defaultdict(set)
        for refusal in self.window:
            if refusal.direction == "outbound" and refusal.family in ("sender_verify", "sender_domain") and refusal.sender:
                tried[refusal.sender].add(refusal.transaction)
                servers[refusal.sender].add(refusal.remote_ip or refusal.remote_name)
        expected = sorted(((-len(rows), sender) for sender, rows in tried.items()))[:5]
        self.assertEqual([(-row["refusals"], row["sender"]) for row in self.report["own_senders"]], expected)
        for row in self.report["own_senders"]:
            self.assertEqual(row["servers"], len(servers[row["sender"]] - {None}))


unittest.main()
