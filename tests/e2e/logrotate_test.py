"""The real logrotate with rules like those that Debian ships for Exim and rsyslog: exactly once."""
import pathlib
import random
import shutil
import subprocess
import time
import unittest

import model_test
from mailserver import Logs, Traffic

LOGROTATE = shutil.which("logrotate", path="/usr/sbin:/usr/bin:/sbin:/bin")
RULES = {
    # exim4-base's and rsyslog's, less the owner and the signal to a daemon that does not run
    "Debian": """{logs}/mainlog {logs}/rejectlog {{
        daily
        missingok
        rotate 10
        compress
        delaycompress
        notifempty
        create 640
    }}
    {logs}/maillog {{
        rotate 10
        weekly
        missingok
        notifempty
        compress
        delaycompress
        sharedscripts
    }}
    """,
    "dateext": "{logs}/mainlog {logs}/rejectlog {logs}/maillog {{\n rotate 20\n daily\n dateext\n dateformat -%Y%m%d%s\n"
               " compress\n notifempty\n create\n}}\n",
    "copytruncate": "{logs}/mainlog {logs}/rejectlog {logs}/maillog {{\n rotate 20\n daily\n compress\n copytruncate\n"
                    " notifempty\n}}\n",
}


@unittest.skipUnless(LOGROTATE, "logrotate is not installed")
class Logrotate(model_test.Model):
    def rotate(self, rules):
        conf = self.path / "logrotate.conf"
        conf.write_text(rules.format(logs=self.logs))
        conf.chmod(0o644)
        if "dateext" in rules:
            time.sleep(1.1)  # the name holds the second
        done = subprocess.run([LOGROTATE, "-f", "-s", self.path / "state", conf], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def history(self, name, seed):
        rng = random.Random(seed)
        logs = Logs(self.logs, rng)
        turns = 0
        for moment, log, text in Traffic(seed, days=4).events:
            if turns < 6 and "twin" not in text and rng.random() < 0.012:
                self.rotate(RULES[name])
                turns += 1
            logs.append(moment, log, text)
            if rng.random() < 0.015:
                self.ingest("live.db", rng.choice([self.logs, self.logs / log]))
        self.assertGreater(turns, 3)
        self.ingest("live.db", self.logs)
        self.check_against_clean_pass("live.db")

    def test_rules(self):
        for seed, name in enumerate(RULES):
            with self.subTest(name):
                self.tearDown()
                self.setUp()
                self.history(name, seed + 40)

    test_live = test_archives_in_any_order = None  # the model's own


if __name__ == "__main__":
    unittest.main()
