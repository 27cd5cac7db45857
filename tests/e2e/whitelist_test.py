"""From a proposal to a list file: decisions, exports, guides."""
import json
import os
import pathlib
import stat
import tempfile
import unittest

from program import SAMPLES, run

NEWS = "news-3@c-nullrej.example"
YEAR = 366 * 86400


class Whitelist(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.store = self.path / "lostmail.db"
        self.now = 1795600000
        self.lostmail("-q", "ingest", SAMPLES / "exim", SAMPLES / "sendmail")

    def tearDown(self):
        self.folder.cleanup()


    def lostmail(self, *arguments, expect=0, stdin=b""):
        status, out, err = run("--store", self.store, "--tz", "UTC", *arguments, stdin=stdin,
                               env={"LOSTMAIL_NOW": str(self.now), "LOGNAME": "ann", "SUDO_USER": ""})
        self.assertEqual(status, expect, err.decode() + out.decode())
        self.errors = err.decode()
        return out.decode()

    def whitelist(self, *arguments, **options):
        return self.lostmail("whitelist", *arguments, **options)

    def decisions(self):
        return {row["key"]: row for row in map(json.loads, self.whitelist("list", "--json").splitlines())}

    def test_suggest_as_json(self):
        rows = [json.loads(line) for line in self.whitelist("suggest", "--platform", "exim", "--json").splitlines()]
        news = next(row for row in rows if row["key"] == NEWS)
        self.assertEqual((news["list"], news["cause"], news["score"]), ("exim-senders", "null_sender_refused", 15))
        self.assertEqual(sum(term["points"] for term in news["points"]), news["score"])

    def test_min_score(self):
        self.assertNotIn("news-5@c-hang.example", self.whitelist("suggest", "--min-score", "15"))
        self.whitelist("suggest", "--min-score", "99", expect=1)

    def test_review_one_at_a_time(self):
        out = self.whitelist("review", "--platform", "exim", stdin=b"?\nw\nn\nour newsletter\na\nr\ns\nq\n", expect=1)
        self.assertIn("1 approved, 1 rejected, 12 left for later", out)
        decisions = self.decisions()
        self.assertEqual(decisions[NEWS]["state"], "approved")
        self.assertEqual((decisions[NEWS]["note"], decisions[NEWS]["by"]), ("our newsletter", "ann"))
        self.assertEqual(decisions["news-7@c-banner554.example"]["state"], "rejected")
        suggested = self.whitelist("suggest", "--platform", "exim")
        for key in decisions:
            self.assertNotIn(key, suggested)

    def test_review_ends_with_its_input(self):
        self.whitelist("review", stdin=b"", expect=1)
        self.whitelist("list", expect=1)

    def test_a_rejection_lasts_until_it_expires(self):
        self.whitelist("reject", NEWS, "--days", "30", "--note", "spam")
        self.assertNotIn(NEWS, self.whitelist("suggest"))
        self.now += 31 * 86400
        self.assertIn(NEWS, self.whitelist("suggest"))

    def test_every_decision_is_kept(self):
        self.whitelist("reject", NEWS, "--note", "who is this")
        self.whitelist("approve", NEWS, "--note", "called them")
        out = self.whitelist("list", "-v")
        self.assertIn("rejected by ann: who is this", out)
        self.assertIn("approved by ann: called them", out)

    def test_expire_by_hand_and_by_date(self):
        self.whitelist("approve", NEWS)
        self.whitelist("expire", NEWS)
        self.whitelist("export", "exim-senders", expect=1)
        self.assertIn(NEWS, self.whitelist("suggest"))
        self.whitelist("expire", NEWS, expect=1)
        self.whitelist("approve", NEWS)
        self.whitelist("expire", expect=1)
        self.now += YEAR
        self.whitelist("export", "exim-senders", expect=1)
        self.assertIn("expired on 2027-11-25", self.errors)
        self.whitelist("expire")
        self.assertEqual(self.decisions()[NEWS]["state"], "expired")

    def test_by_hand_with_a_note(self):
        self.whitelist("add", "exim-senders", "Joe@Partner.Example", "--note", "partner")
        self.assertEqual(self.decisions()["joe@partner.example"]["reason"], "added by hand")
        self.whitelist("add", "exim-senders", "joe@partner.example", expect=2)  # without a note
        for words in (("exim-senders", "*@partner.example"), ("exim-hosts", "192.0.2.0/24"),
                      ("exim-callout-sender-domains", "gmail.com"), ("exim-callout-sender-domains", "co.uk"),
                      ("exim-auto-senders", "^.*@.*"), ("sendmail-access", "From:partner.example"),
                      ("exim-senders", "x\n*@*"), ("exim-senders", '"a: b"@c.example'),
                      ("exim-senders", "a@b\u00fccher.example"), ("cpanel", "skipsmtpcheckhosts:192.0.2.7")):
            self.whitelist("add", *words, "--note", "no", expect=2)
            self.assertEqual(self.errors.count("\n"), 1, self.errors)

    def test_a_file_keeps_mode_lines_and_link(self):
        self.whitelist("approve", NEWS)
        target = self.path / "senders"
        target.write_text("# mine\nhand@partner.example\n")
        target.chmod(0o604)
        link = self.path / "link"
        link.symlink_to(target)
        self.whitelist("export", "exim-senders", "-o", link)
        self.assertTrue(link.is_symlink())
        text = target.read_text()
        self.assertTrue(text.startswith("# mine\nhand@partner.example\n# BEGIN lostmail\n"))
        self.assertIn("\n" + NEWS + "\n", text)
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o604)
        before = target.stat()
        self.assertIn("unchanged", self.whitelist("export", "exim-senders", "-o", link))
        self.assertEqual((target.stat().st_ino, target.stat().st_mtime_ns), (before.st_ino, before.st_mtime_ns))
        self.assertEqual(sorted(path.name for path in self.path.iterdir() if not path.name.startswith("lostmail.db")),
                         ["link", "senders"])

    @unittest.skipIf(os.geteuid() != 0, "only root can give a file away")
    def test_a_file_keeps_its_owner(self):
        self.whitelist("approve", NEWS)
        target = self.path / "senders"
        target.write_text("")
        os.chown(target, 12, 13)
        self.whitelist("export", "exim-senders", "-o", target)
        self.assertEqual((target.stat().st_uid, target.stat().st_gid), (12, 13))

    def test_what_cannot_be_written_stays(self):
        self.whitelist("approve", NEWS)
        target = self.path / "senders"
        target.write_text("# BEGIN lostmail\nhand@partner.example\n")
        self.whitelist("export", "exim-senders", "-o", target, expect=2)
        self.assertEqual(target.read_text(), "# BEGIN lostmail\nhand@partner.example\n")
        self.whitelist("export", "exim-senders", "-o", self.path / "none" / "senders", expect=2)
        self.assertEqual(self.errors.count("\n"), 1, self.errors)

    def test_diff_writes_nothing(self):
        self.whitelist("approve", NEWS)
        target = self.path / "senders"
        out = self.whitelist("export", "exim-senders", "-o", target, "--diff", expect=1)
        self.assertIn("\n+" + NEWS + "\n", out)
        self.assertFalse(target.exists())
        self.whitelist("export", "exim-senders", "-o", target)
        self.assertEqual(self.whitelist("export", "exim-senders", "-o", target, "--diff"), "")

    def test_formats_of_two_files(self):
        self.whitelist("add", "exim-senders", "joe@partner.example", "--note", "partner")
        self.whitelist("add", "exim-hosts", "2001:db8::7", "--note", "partner")
        self.whitelist("export", "debian-exim4", "-o", self.path)
        self.assertIn("\njoe@partner.example\n", (self.path / "sender_local_deny_exceptions").read_text())
        self.assertIn("\n2001:db8::7\n", (self.path / "host_local_deny_exceptions").read_text())
        self.whitelist("export", "cpanel", "-o", self.path, expect=1)
        self.assertIn("not held by this format", self.errors)
        self.assertFalse((self.path / "senderverifybypasshosts").exists())
        self.whitelist("add", "cpanel", "2001:db8::7", "--note", "partner")
        self.whitelist("export", "cpanel", "-o", self.path / "senderverifybypasshosts")
        self.assertIn('\n"2001:db8::7"\n', (self.path / "senderverifybypasshosts").read_text())
        self.whitelist("export", "cpanel", "-o", self.path / "elsewhere", expect=2)

    def test_for_programs(self):
        self.whitelist("approve", NEWS, "--note", "=SUM(1)")
        row = json.loads(self.whitelist("export", "json"))
        self.assertEqual((row["key"], row["note"], row["expires"]), (NEWS, "=SUM(1)", "2027-11-25T09:46:40Z"))
        table = self.whitelist("export", "csv").splitlines()
        self.assertEqual(len(table), 2)
        self.assertIn(",'=SUM(1),", table[1])
        self.assertEqual(self.whitelist("export", "json", "--proven", expect=1), "")

    def test_watch_after_the_export(self):
        self.whitelist("approve", NEWS)
        self.assertIn("not in any list yet", self.whitelist("list"))
        self.whitelist("export", "exim-senders", "-o", self.path / "senders")
        self.assertIn("no attempt since", self.whitelist("list"))
        log = self.path / "mainlog"
        log.write_text(
            "2026-11-26 10:00:00 H=good.client.example [203.0.113.10] sender verify fail for <news-3@c-nullrej.example>:"
            " Unrouteable address\n"
            "2026-11-26 10:00:00 H=good.client.example [203.0.113.10] F=<news-3@c-nullrej.example> rejected RCPT"
            " <bob@ours.example>: Sender verify failed\n")
        self.now += 2 * 86400
        self.lostmail("-q", "ingest", log)
        self.assertIn("STILL REFUSED", self.whitelist("list"))
        with log.open("a") as more:
            more.write(
                "2026-11-26 11:00:00 1vN0aA-000000001aB-0abc <= news-3@c-nullrej.example H=good.client.example"
                " [203.0.113.10] P=esmtp S=500\n"
                "2026-11-26 11:00:01 1vN0aA-000000001aB-0abc => bob <bob@ours.example> R=ours T=drop\n"
                "2026-11-26 11:00:01 1vN0aA-000000001aB-0abc Completed\n")
        self.lostmail("-q", "ingest", log)
        self.assertIn("got in, last on 2026-11-26 11:00", self.whitelist("list"))

    def test_guides(self):
        for mta, words in (("exim", "nwildlsearch;/x/lostmail_senders"), ("sendmail", "makemap hash /x/access"),
                           ("cpanel", "senderverifybypasshosts"), ("debian", "CHECK_RCPT_VERIFY_SENDER"),
                           ("directadmin", "whitelist_senders")):
            text = self.whitelist("guide", "--mta", mta, "--folder", "/x")
            self.assertIn(words, text)
            self.assertNotIn("@F@", text)
            for line in text.splitlines():
                self.assertFalse(line.strip().startswith("accept "), line)
        self.assertIn("dsn.rfc-ignorant.org is dead", self.whitelist("guide", "--mta", "exim"))
        self.assertIn("Hestia", self.whitelist("guide", "--mta", "exim"))
        self.assertIn("What the callouts did here, 2026-11-24 to 2026-11-24 (1 day of log, as 30 days)", self.whitelist("guide", "--mta", "cpanel"))
        self.whitelist("guide", "--folder", "/x y", expect=2)

    def test_verify_without_a_mail_server(self):
        self.whitelist("verify", expect=1)
        self.whitelist("approve", NEWS)
        self.whitelist("verify", "--program", "/nonexistent/exim", expect=2)
        self.assertEqual(self.errors, "lostmail: /nonexistent/exim: no such program: name it with --program\n")

    def test_the_configuration_decides_where_no_option_does(self):
        config = self.path / "lostmail.toml"
        config.write_text("[whitelist]\nmin_score = 99\nexpire_days = 2\n")
        self.lostmail("--config", config, "whitelist", "suggest", expect=1)
        self.lostmail("--config", config, "whitelist", "suggest", "--min-score", "15")
        self.lostmail("--config", config, "whitelist", "approve", NEWS)
        self.assertEqual(self.decisions()[NEWS]["expires"], "2026-11-27T09:46:40Z")
        config.write_text('[whitelist]\nplatform = "plesk"\n')
        self.lostmail("--config", config, "whitelist", "suggest", expect=2)


if __name__ == "__main__":
    unittest.main()
