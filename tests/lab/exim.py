"""A real Exim inside the sandbox: any configuration, started, fed and stopped."""
import os
import pathlib
import subprocess
import time

import sandbox

# What every configuration needs to live in the sandbox; `main` options follow it.
FRAME = """
primary_hostname = {host}
exim_path = {binary}
spool_directory = {home}/spool
pid_file_path = {home}/exim.pid
{log_file_path}
local_interfaces = <; {ours} ; {ours6} ; 127.0.0.1
daemon_smtp_ports = 25
keep_environment =
dns_retrans = 1s
dns_retry = 1
"""

# What configurations have in common: mail for others is sent on, our own thrown away.
REMOTE_ROUTER = """\
remote:
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
  no_more
"""
ROUTERS = REMOTE_ROUTER + """\
ours:
  driver = accept
  local_parts = ! ^nosuch
  transport = drop
  cannot_route_message = Unknown user
"""
TRANSPORTS = """\
remote_smtp:
  driver = smtp
  interface = <; 192.0.2.1
  connect_timeout = 2s
  command_timeout = 3s
  data_timeout = 3s
  final_timeout = 3s
  hosts_try_chunking =
  hosts_try_prdr =
drop:
  driver = appendfile
  file = /dev/null
  user = Debian-exim
"""


class Exim:
    """`text`: the configuration from its main options on (without paths and interfaces).

    The logs lie in `folder`/log, which outlives the sandbox: mainlog, rejectlog and paniclog, or
    maillog with `syslog`.
    """

    def __init__(self, inside, text, syslog=False):
        self.binary = inside.packages / "usr/sbin/exim4"
        self.home = sandbox.HOME / "exim"
        (self.home / "spool").mkdir(parents=True)
        self.logs = inside.folder / "log"
        self.logs.mkdir(parents=True, exist_ok=True)
        mine = sandbox.HOME / "log"  # Exim's own user need not reach the folder
        mine.mkdir()
        sandbox.run("mount", "--bind", self.logs, mine)
        for path in (self.home, self.home / "spool", mine):
            os.chown(path, 710, 710)
        if syslog:
            sandbox.Syslog(self.logs / "maillog")
        frame = FRAME.format(
            host=sandbox.HOST, binary=self.binary, home=self.home, ours=sandbox.OURS,
            ours6=sandbox.OURS6,
            log_file_path="log_file_path = " + ("syslog" if syslog else f"{mine}/%slog"))
        self.config = self.home / "exim.conf"
        self.config.write_text(frame + text)
        self.daemon = None

    def exim(self, *arguments, content=None, check=True):
        return subprocess.run([self.binary, "-C", self.config, *arguments], input=content,
                              text=True, check=check, capture_output=True)

    def start(self):
        """The daemon, listening on port 25 of OURS, OURS6 and 127.0.0.1. Needs the name server."""
        self.exim("-bV")  # a faulty configuration is told here
        self.daemon = subprocess.Popen([self.binary, "-C", self.config, "-bdf"])
        sandbox.wait_for_port(sandbox.OURS, 25)

    def submit(self, sender, *recipients, content="Subject: news\n\ntext\n", check=True):
        """Mail of a local program, delivered at once. Returns the exit status."""
        return self.exim("-odi", "-f", sender, "--", *recipients, check=check,
                         content=f"From: {sender}\n{content}").returncode

    def run_queue(self, *options):
        return self.exim(*(options or ("-qff",)))

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait()
        time.sleep(0.5)  # children that still write their last line


def log_files(folder):
    """The logs a run left, without the panic log (lines of it stand in the main log)."""
    logs = sorted((pathlib.Path(folder) / "log").iterdir())
    return [path for path in logs if path.name != "paniclog"]
