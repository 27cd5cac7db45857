"""A real Sendmail inside the sandbox: its .mc made into a .cf, started, fed and stopped."""
import os
import pathlib
import subprocess
import time

import sandbox

# What every configuration needs to live in the sandbox; features follow it.
FRAME = """
divert(0)dnl
OSTYPE(`linux')dnl
define(`QUEUE_DIR', `{home}/queue')dnl
define(`MSP_QUEUE_DIR', `{home}/client-queue')dnl
define(`STATUS_FILE', `{home}/statistics')dnl
define(`confPID_FILE', `{home}/sendmail.pid')dnl
define(`ALIAS_FILE', `/etc/mail/aliases')dnl
define(`LOCAL_MAILER_PATH', `/bin/true')dnl
define(`LOCAL_MAILER_ARGS', `true')dnl
define(`LOCAL_SHELL_PATH', `/bin/sh')dnl
define(`confLOG_LEVEL', `{level}')dnl
define(`confTO_RESOLVER_RETRANS', `1s')dnl
define(`confTO_RESOLVER_RETRY', `1')dnl
define(`confTO_IDENT', `0s')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confDELAY_LA', `1000')dnl
define(`confBIND_OPTS', `WorkAroundBrokenAAAA')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA, Port=smtp, Addr={ours}')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA-lo, Port=smtp, Addr=127.0.0.1')dnl
DAEMON_OPTIONS(`Family=inet6, Name=MTA6, Port=smtp, Addr={ours6}')dnl
"""
END = """
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_CONFIG
Dj{host}
Cw{names}
"""
# The submission program's own configuration: hands everything to the daemon.
SUBMIT = """
divert(0)dnl
OSTYPE(`linux')dnl
define(`_MTA_HOST_', `[127.0.0.1]')dnl
define(`MSP_QUEUE_DIR', `{home}/client-queue')dnl
define(`STATUS_FILE', `{home}/client-statistics')dnl
define(`confPID_FILE', `{home}/client.pid')dnl
define(`confRUN_AS_USER', `smmsp:smmsp')dnl
define(`confTRUSTED_USER', `smmsp')dnl
define(`confLOG_LEVEL', `{level}')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
LOCAL_CONFIG
Dj{host}
"""
USERS = ("alice", "bob", "al")


class Sendmail:
    """`features`: the .mc from its features on; `access`: lines of the access map.

    The log is `folder`/log/maillog, which outlives the sandbox, as rsyslog would write it.
    """

    def __init__(self, inside, features, access="", log_level=9):
        self.root = inside.packages
        self.binary = self.root / "usr/libexec/sendmail/sendmail"
        self.home = sandbox.HOME / "sendmail"
        for name in ("queue", "client-queue"):
            (self.home / name).mkdir(parents=True, mode=0o770)
        os.chown(self.home / "client-queue", 712, 712)
        self.logs = inside.folder / "log"
        self.logs.mkdir(parents=True, exist_ok=True)
        sandbox.Syslog(self.logs / "maillog")
        mail = pathlib.Path("/etc/mail")
        mail.mkdir(exist_ok=True)
        values = {"home": self.home, "level": log_level, "ours": sandbox.OURS,
                  "ours6": "IPv6:" + sandbox.OURS6,
                  "host": sandbox.HOST, "names": f"{sandbox.HOST} ours.example"}
        self.config = self._build(mail / "sendmail.cf",
                                  FRAME.format(**values) + features + END.format(**values))
        self.submit_config = self._build(mail / "submit.cf", SUBMIT.format(**values))
        (mail / "access").write_text(access)
        with open(mail / "access", encoding="utf-8") as text:
            sandbox.run(self.root / "usr/libexec/sendmail/makemap", "hash", mail / "access",
                        stdin=text)
        for name in ("statistics", "client-statistics"):
            (self.home / name).touch(0o666)
        (mail / "aliases").write_text("".join(f"{name}: /dev/null\n" for name in USERS))
        self._sendmail("-C", self.config, "-bi")
        self.daemon = None

    def _build(self, path, text):
        """The .cf of an .mc."""
        cf = self.root / "usr/share/sendmail/cf"
        source = path.with_suffix(".mc")
        source.write_text(text)
        with open(path, "wb") as output:
            sandbox.run(self.root / "usr/bin/m4", f"-D_CF_DIR_={cf}/", cf / "m4/cf.m4", source,
                        stdout=output)
        return path

    def _sendmail(self, *arguments, content=None, check=True):
        done = subprocess.run([self.binary, *map(str, arguments)], input=content, text=True,
                              check=False, capture_output=True)
        if check and done.returncode:
            raise RuntimeError(f"sendmail {arguments}: {done.stdout}{done.stderr}")
        return done

    def start(self):
        """The daemon, listening on port 25. Needs the name server."""
        self.daemon = subprocess.Popen([self.binary, "-C", self.config, "-bD", "-L", "sm-mta"],
                                       stdin=subprocess.DEVNULL)
        sandbox.wait_for_port(sandbox.OURS, 25)

    def send(self, sender, *recipients, content="Subject: news\n\ntext\n"):
        """Mail of a local program, delivered at once by the MTA itself. Returns the exit status."""
        return self._sendmail("-C", self.config, "-odi", "-f", sender, "--", *recipients,
                              content=f"From: {sender}\n{content}", check=False).returncode

    def submit(self, sender, *recipients, content="Subject: news\n\ntext\n"):
        """Mail of a local program, handed to the daemon as users' mail is."""
        return self._sendmail("-C", self.submit_config, "-odi", "-f", sender, "--", *recipients,
                              content=f"From: {sender}\n{content}", check=False).returncode

    def run_queue(self):
        self._sendmail("-C", self.config, "-q", "-v")

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait()
        time.sleep(0.5)  # children that still write their last line
