"""report --mail-to and nightly: the message, through a sendmail of our own and through a real one where there is one."""
import email
import email.policy
import fcntl
import pathlib
import stat
import tempfile
import unittest

from program import run
from report_test import DAY, NOW, Log

SENDMAIL = """#!/bin/sh
printf '%s\\n' "$@" > {0}/arguments
cat > {0}/message
exit {1}
"""


class Mails(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.config = self.path / "lostmail.toml"
        self.sendmail(0)

    def tearDown(self):
        self.folder.cleanup()

    def sendmail(self, status):
        program = self.path / "sendmail"
        program.write_text(SENDMAIL.format(self.path, status))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.config.write_text(f'[report]\nsendmail = "{program}"\n')

    def lostmail(self, *arguments, expect=0, host="mx1"):
        status, out, err = run("--config", self.config, "--store", self.path / "lostmail.db", "--tz", "UTC", "--host", host,
                               *arguments, env={"LOSTMAIL_NOW": str(NOW)})
        self.assertEqual(status, expect, err.decode() + out.decode())
        return out.decode(), err.decode()

    def log_with(self, lost):
        log = Log()
        log.delivery(NOW - 20 * DAY, "a0@known.example", "u@ours.example")
        for i in range(lost):
            log.refused(NOW - DAY, f"a{i}@known.example", "u@ours.example", why="Unrouteable address <b>&")
        log.write(self.path / "mainlog")

    def message(self):
        return email.message_from_bytes((self.path / "message").read_bytes(), policy=email.policy.default)

    def sent(self):
        return (self.path / "message").exists()

    def test_message(self):
        self.log_with(2)
        self.lostmail("ingest", self.path / "mainlog")
        out, _ = self.lostmail("report", "--range", "yesterday", "--mail-to", "admin@ours.example", "root")
        self.assertEqual(out, "")
        self.assertEqual((self.path / "arguments").read_text().split(), ["-i", "-t"])
        message = self.message()
        self.assertEqual(message["Subject"], "mx1: 2 mails lost yesterday (1 between known correspondents)")
        self.assertEqual([address.addr_spec for address in message["To"].addresses], ["admin@ours.example", "root"])
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertEqual(message.get_content_type(), "multipart/alternative")
        text, page = message.iter_parts()
        self.assertEqual((text.get_content_type(), page.get_content_type()), ("text/plain", "text/html"))
        self.assertIn("Known correspondents refused now: 1", text.get_content())
        self.assertLessEqual(max(map(len, text.get_content().splitlines())), 80)
        self.assertTrue(page.get_content().startswith("<!DOCTYPE html>"))
        self.assertIn("a0@known.example", page.get_content())
        self.assertNotIn("\r", (self.path / "message").read_text())

    def test_silent_when_there_is_nothing_to_say(self):
        self.log_with(0)
        self.lostmail("ingest", self.path / "mainlog")
        self.lostmail("report", "--range", "yesterday", "--mail-to", "root")
        self.assertFalse(self.sent())
        self.lostmail("report", "--range", "yesterday", "--mail-to", "root", "--always")
        self.assertEqual(self.message()["Subject"], "mx1: 0 mails lost yesterday")

    def test_no_header_can_be_added(self):
        self.log_with(1)
        self.lostmail("ingest", self.path / "mainlog")
        for address in ("a@b.example\nBcc: x@y.example", "-oQ/tmp", "a@b.example,c@d.example", "a b@c.example", "", "@", "a@b@c",
                        "<a@b.example>", "|reboot", "/etc/passwd"):
            status, _, err = run("--config", self.config, "--store", self.path / "lostmail.db", "report", f"--mail-to={address}")
            self.assertEqual(status, 2, address)
            self.assertEqual(len(err.splitlines()), 1)
            self.assertFalse(self.sent())
        self.lostmail("report", "--range", "yesterday", "--mail-to", "root", host="mx1\nBcc: x@y.example")
        head = (self.path / "message").read_text().split("\n\n")[0]
        self.assertNotIn("\nBcc", head)
        self.assertEqual(sorted(line.split(":")[0] for line in head.splitlines()),
                         ["Auto-Submitted", "Content-Type", "MIME-Version", "Subject", "To"])

    def test_sendmail_that_fails(self):
        self.log_with(1)
        self.lostmail("ingest", self.path / "mainlog")
        self.sendmail(75)
        _, err = self.lostmail("report", "--range", "yesterday", "--mail-to", "root", expect=2)
        self.assertIn("did not take the report (exit status 75)", err)
        self.config.write_text('[report]\nsendmail = "/nonexistent/sendmail"\n')
        self.lostmail("report", "--range", "yesterday", "--mail-to", "root", expect=2)

    def test_nightly(self):
        self.log_with(3)
        out, err = self.lostmail("nightly", self.path / "mainlog")
        self.assertEqual(err, "")
        self.assertTrue(out.startswith("lostmail on mx1: Monday 2026-11-30\n"), out)
        self.assertFalse(self.sent())
        self.config.write_text(self.config.read_text() + 'mail_to = ["root"]\n')
        out, _ = self.lostmail("nightly", self.path / "mainlog")
        self.assertEqual(out, "")
        self.assertEqual(self.message()["Subject"], "mx1: 3 mails lost yesterday (1 between known correspondents)")

    def test_a_log_behind_the_address_is_a_log(self):
        self.log_with(3)
        self.assertEqual(self.lostmail("nightly", "--mail-to", "root", self.path / "mainlog"), ("", ""))
        self.assertEqual(self.message()["Subject"], "mx1: 3 mails lost yesterday (1 between known correspondents)")

    def test_nightly_is_silent_and_one_at_a_time(self):
        self.log_with(0)
        self.assertEqual(self.lostmail("nightly", self.path / "mainlog"), ("", ""))
        with open(self.path / "lostmail.db.nightly") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _, err = self.lostmail("nightly", self.path / "mainlog", expect=2)
            self.assertIn("another nightly run is at work", err)
        self.lostmail("nightly", self.path / "mainlog")

    def test_nightly_tells_of_a_proposal_while_it_can_save_mail(self):
        self.config.write_text(self.config.read_text() + "[whitelist]\nmin_score = -1000\n")
        for day, told in ((1, True), (2, False)):
            with self.subTest(days_ago=day):
                (self.path / "lostmail.db").unlink(missing_ok=True)
                log = Log()
                log.delivery(NOW - 20 * DAY, "a@known.example", "u@ours.example")
                log.refused(NOW - day * DAY, "new@put-off.example", "u@ours.example", why="Could not complete sender verify callout",
                            text="Could not complete sender verify callout", permanent=False)
                log.write(self.path / "mainlog")
                out, _ = self.lostmail("nightly", self.path / "mainlog")
                self.assertEqual("exim-senders new@put-off.example" in out, told, out)
                self.assertEqual(bool(out), told, "a proposal that was told is no reason to write again")
        out, _ = self.lostmail("nightly", "--always", self.path / "mainlog")
        self.assertIn("new@put-off.example", out)

    def test_nightly_tells_of_a_log_that_cannot_be_read(self):
        self.log_with(1)
        out, err = self.lostmail("nightly", self.path / "mainlog", self.path / "missing", expect=3)
        self.assertIn("1 lost", out)
        self.assertIn("missing", err)


if __name__ == "__main__":
    unittest.main()
