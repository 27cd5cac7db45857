"""Our resolver broke, or their DNS: one diagnosis, and no whitelist entry for what it explains."""
import json
import pathlib
import tempfile
import unittest

from program import run
from report_test import DAY, NOW, Log

NIGHT = NOW - DAY - 3 * 3600  # yesterday 03:00


class Outage(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.log = Log()

    def tearDown(self):
        self.folder.cleanup()

    def lostmail(self, *arguments, expect=(0,)):
        status, out, err = run("--store", self.path / "lostmail.db", "--tz", "UTC", "--host", "mx1", *arguments,
                               env={"LOSTMAIL_NOW": str(NOW)})
        self.assertIn(status, expect, err.decode() + out.decode())
        return out.decode()

    def ingest(self):
        self.log.write(self.path / "mainlog")
        self.lostmail("ingest", self.path / "mainlog")

    def report(self, *arguments):
        return self.lostmail("report", "--range", "yesterday", *arguments)

    def refused(self, number, when, domain=None, client=None):
        """As Exim logs it: no PTR, or a sender whose domain was not looked up to an end."""
        domain, client = domain or f"d{number}.example", client or f"10.{number}.0.1"
        if number % 2:
            self.log.refused(when, f"a@{domain}", "u@ours.example", client, text=f"Fix reverse DNS for {client}")
        else:
            self.log.refused(when, f"a@{domain}", "u@ours.example", client, why="host lookup did not complete",
                             text="Could not complete sender verify", permanent=False)

    def test_our_resolver(self):
        for i in range(40):
            if i < 12:
                self.log.delivery(NOW - 20 * DAY + i, f"a@d{i}.example", "u@ours.example")
            self.refused(i, NIGHT + i * 30)
        self.log.delivery(NOW - 20 * DAY, "b@partner.example", "u@ours.example")
        self.log.refused(NIGHT, "b@partner.example", "u@ours.example", "10.200.0.1", why="Unrouteable address",
                         text="Sender verify failed")
        self.log.refused(NIGHT + 6 * 3600, "b@partner.example", "u@ours.example", "10.200.0.1", text="Sender verify failed")
        self.ingest()
        data = json.loads(self.report("--format", "json"))
        self.assertEqual(len(data["dns_outages"]), 1)
        outage = data["dns_outages"][0]
        self.assertEqual((outage["first"], outage["last"]), ("2026-11-30T03:00:00Z", "2026-11-30T03:19:30Z"))
        self.assertEqual(outage["known_sender_domains"], 13)
        self.assertGreaterEqual(outage["networks"], 40)
        # what it does not explain is still told
        self.assertEqual([row["sender"] for row in data["known_correspondents"]], ["b@partner.example"])
        text = self.report()
        self.assertIn("Our own DNS failed: 2026-11-30 03:00 to 2026-11-30 03:19\n", text)
        self.assertIn("lostmail find --direction inbound --since 2026-11-30T03:00 \\\n", text)
        self.assertNotIn("a@d1.example", self.lostmail("whitelist", "suggest", expect=(0, 1)))

    def test_a_flood_is_none(self):
        for i in range(200):
            self.refused(i, NIGHT + i * 3)
        self.ingest()
        self.assertEqual(json.loads(self.report("--format", "json"))["dns_outages"], [])

    def test_their_dns(self):
        for i in range(40):
            self.log.delivery(NOW - 20 * DAY + i, f"a{i}@big.example", "u@ours.example")
            self.refused(i, NIGHT + i * 30, domain="big.example")
        self.ingest()
        self.assertEqual(json.loads(self.report("--format", "json"))["dns_outages"], [])

    def test_their_network(self):
        for i in range(40):
            self.log.delivery(NOW - 20 * DAY + i, f"a@d{i}.example", "u@ours.example")
            self.refused(i, NIGHT + i * 30, client=f"192.0.2.{i + 1}")
        self.ingest()
        self.assertEqual(json.loads(self.report("--format", "json"))["dns_outages"], [])

    def test_spread_over_the_day(self):
        for i in range(40):
            self.log.delivery(NOW - 20 * DAY + i, f"a@d{i}.example", "u@ours.example")
            self.refused(i, NIGHT + i * 1800)
        self.ingest()
        self.assertEqual(json.loads(self.report("--format", "json"))["dns_outages"], [])


if __name__ == "__main__":
    unittest.main()
