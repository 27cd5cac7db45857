"""explain and patterns."""
import pathlib
import tempfile
import unittest

from program import SAMPLES, run

WORDINGS = {  # the ten wordings of the mission, as an outbound log would hold them
    "550 Sender verify failed": "sender_verify_failed",
    "550 sender verify rejected exim": "sender_verify_rejected",
    "550 verify validity": "verify_validity",
    "550 administrative prohibition \u201cmailserver verify address\u201d": "administrative_prohibition",
    "550 message to verify they are valid": "message_to_verify",
    "550 Sender verify failed \u2013 upgrade your firewall firmware or settings": "firewall_upgrade",
    "550 Not sent \u2013 no reverse lookup": "no_reverse_lookup",
    "550 The destination mail system rejected your return address": "return_address_rejected",
    "550 Sender must exist": "sender_must_exist",
    "550 Domain not found": "domain_not_found",
}

OWN = r"""
[[pattern]]
id = "own.example"
variant = "access_denied"
family = "policy"
why = "Our own words."
regex = '''^ go \s away \b'''
  [[pattern.sample]]
  from = "our server"
  text = '550 Go away'
  [[pattern.counter_sample]]
  why = "other words"
  text = '550 Come in'
"""


BOUNCE = """From: MAILER-DAEMON@ours.example
To: ann@ours.example
Subject: failure notice

Hi. This is the qmail-send program at ours.example.

<dave@b.example>:
198.51.100.32 does not like recipient.
Remote host said: 550 5.7.1 Sender must exist
Giving up on 198.51.100.32.
"""
REFUSED = """\
2026-11-20 11:00:00 1xVf3Q-0005Cv-1p <= ann@ours.example U=ann P=local S=263
2026-11-20 11:00:01 1xVf3Q-0005Cv-1p ** dave@b.example R=r T=t H=mx.b.example [198.51.100.32]: SMTP error from remote \
mail server after RCPT TO:<dave@b.example>: 550 5.7.1 Sender must exist
"""


class Explain(unittest.TestCase):
    def variant(self, text):
        status, out, err = run("explain", text)
        self.assertEqual(status, 0, err)
        return out.decode().splitlines()[0].split()[1]

    def test_ten_wordings(self):
        for text, variant in WORDINGS.items():
            for shape in (text, text.upper(), text.replace("550 ", "550 5.7.1 "), text.replace("550 ", "")):
                with self.subTest(shape):
                    self.assertEqual(self.variant(shape), variant)

    def test_folded(self):
        self.assertEqual(self.variant(r"550-Sender verify failed - upgrade\n550 your firewall firmware or settings"),
                         "firewall_upgrade")

    def test_reply_lines_as_a_server_sent_them(self):
        for text in ("550-Verification failed for <a@b.example>\r\n550-No Such User Here\r\n550 Sender verify failed\r\n",
                     "  550-Sender verify\n\n  550 failed  "):
            with self.subTest(text):
                status, out, _ = run("explain", "-", stdin=text.encode())
                self.assertEqual(status, 0)
                self.assertTrue(out.startswith(b"Variant:    sender_verify_failed "), out)

    def test_prose_that_begins_like_a_reply(self):
        text = "550 guests came.\n" + "They said that sender verify failed.\n" * 15
        status, out, err = run("explain", "-", stdin=text.encode())
        self.assertEqual((status, out), (1, b""))
        self.assertIn(b"nothing in this text is a refusal", err)

    def test_log_line(self):
        line = "2026-11-24 01:10:41 H=good.example [203.0.113.10] F=<a@b.example> rejected RCPT <c@d.example>: Sender verify failed"
        status, out, _ = run("explain", line)
        self.assertEqual(status, 0)
        self.assertIn(b"we refused a client, for good, at rcpt", out)
        self.assertIn(b"a@b.example", out)

    def test_a_piece_of_a_log(self):
        cause = "2026-11-24 01:10:41 H=good.example [203.0.113.10] sender verify fail for <a@b.example>: Unrouteable address"
        line = "2026-11-24 01:10:4{} H=good.example [203.0.113.10] F=<a@b.example> rejected RCPT <{}@d.example>: Sender verify failed"
        other = "2026-11-24 01:10:43 1xVf3Q-0005Cv-1p => b <b@ours.example> R=ours T=drop"
        text = "\n".join((cause, line.format(1, "c"), other, line.format(2, "d"), line.format(3, "e")))
        status, out, _ = run("explain", "-", stdin=text.encode())
        self.assertEqual(status, 0)
        self.assertEqual(out.count(b"Refusal:"), 1)
        self.assertIn(b"c@d.example", out)
        self.assertIn(b"unroutable", out)
        self.assertIn(b"2 more refusals in these lines", out)
        status, out, err = run("explain", "-", stdin=(other + "\n" + other).encode())
        self.assertEqual((status, out), (1, b""))
        self.assertIn(b"none of these 2 log lines is a refusal", err)

    def test_a_long_text_is_no_reply(self):
        text = "Mail is refused where sender verify failed, or on a spam score.\n" * 30
        status, out, err = run("explain", "-", stdin=text.encode())
        self.assertEqual((status, out), (1, b""))
        self.assertIn(b"nothing in this text is a refusal", err)

    def test_bounce(self):
        with tempfile.TemporaryDirectory() as folder:
            mail, log, store = (pathlib.Path(folder) / name for name in ("bounce.eml", "mainlog", "store"))
            mail.write_text(BOUNCE)
            for arguments, stdin in ((["explain", mail], b""), (["explain", "-"], BOUNCE.encode())):
                status, out, err = run("--store", store, *arguments, stdin=stdin)
                self.assertEqual(status, 0, err)
                for words in (b"a remote server refused us, for good", b"ann@ours.example", b"dave@b.example",
                              b"sender_must_exist"):
                    self.assertIn(words, out)
                self.assertNotIn(b"Case:", out)
            log.write_text(REFUSED)
            self.assertEqual(run("--store", store, "--tz", "UTC", "ingest", log)[0], 0)
            out = " ".join(run("--store", store, "explain", mail)[1].decode().split())
            self.assertIn("Case: refused by them (mx.b.example [198.51.100.32]) because sender must exist", out)
            self.assertIn("Next: lostmail find -f ann@ours.example -t dave@b.example", out)

    def test_word(self):
        for word in ("sender_must_exist", "null_sender_refused"):
            status, out, _ = run("explain", word)
            self.assertEqual(status, 0)
            self.assertIn(word.encode(), out)
            self.assertEqual(run("explain", word.upper()), (status, out, b""))

    def test_what_is_no_file(self):
        for argument, told in (("nowhere.eml", b"no such file"), ("/nonexistent/bounce", b"no such file"), ("/", b"is a directory")):
            status, out, err = run("explain", argument)
            self.assertEqual((status, out), (2, b""), argument)
            self.assertIn(told, err)

    def test_unknown_text(self):
        for text, told in (("550 purple monkey dishwasher", b"its code 550 says that the mail is refused for good"),
                           ("450-purple monkey\n450 dishwasher", b"its code 450 says that the mail is refused for now"),
                           ("purple monkey dishwasher", b"it is no refusal in a log and no bounce"),
                           ("", b"nothing to explain")):
            with self.subTest(text):
                status, out, err = run("explain", text)
                self.assertEqual((status, out), (1, b""))
                self.assertIn(told, err)

    def test_patterns(self):
        self.assertEqual(run("patterns", "check")[0], 0)
        with tempfile.TemporaryDirectory() as folder:
            own = pathlib.Path(folder) / "own.toml"
            own.write_text(OWN)
            self.assertEqual(run("patterns", "check", own)[1].decode().split(":")[0], "1 pattern")
            status, out, _ = run("--patterns", folder, "explain", "550 go away")
            self.assertEqual(status, 0)
            self.assertIn(b"own.example", out)
            own.write_text(OWN.replace("550 Come in", "550 Go away now"))
            status, _, err = run("patterns", "check", own)
            self.assertEqual(status, 2)
            self.assertIn(b"claims its counter-sample", err)
            own.write_text(OWN.replace(r"^ go \s away \b", r"^ ( go"))
            status, _, err = run("patterns", "check", own)
            self.assertEqual(status, 2)
            self.assertIn(b"missing closing parenthesis", err)
            self.assertIn(b"own.toml:2", err)


if __name__ == "__main__":
    unittest.main()
