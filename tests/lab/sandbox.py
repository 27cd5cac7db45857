"""A machine of our own: network, mount, pid and host name namespaces. Nothing outside them changes."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time

HOME = pathlib.Path("/mnt")  # a tmpfs inside the namespaces
HOST = "mail.ours.example"
OURS, OURS6 = "192.0.2.1", "2001:db8::1"
ADDRESSES = (OURS + "/32", "203.0.113.0/24", "198.51.100.0/24", OURS6 + "/128", "2001:db8::c/128")
UNSHARE = ("unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child")
USERS = (("root", 0, 0), ("bin", 2, 2), ("daemon", 1, 1), ("mail", 8, 8), ("nobody", 65534, 65534),
         ("Debian-exim", 710, 710), ("smmta", 711, 711), ("smmsp", 712, 712),
         ("alice", 1001, 1001), ("bob", 1002, 1002))


def missing():
    """Why there can be no sandbox here, or None."""
    if os.geteuid() != 0:
        return "not root"
    for tool in ("unshare", "mount", "ip", "ldconfig"):
        if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return f"no {tool}"
    probe = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True)
    return f"no namespaces: {probe.stderr.strip()}" if probe.returncode else None


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def _over(path, text):
    """Puts a file of ours over `path`, seen in this mount namespace only."""
    mine = HOME / "etc" / pathlib.Path(path).name
    mine.write_text(text)
    if pathlib.Path(path).exists():
        run("mount", "--bind", mine, path)


def _private_dev():
    dev = HOME / "dev"
    dev.mkdir()
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        (dev / name).touch()
        run("mount", "--bind", f"/dev/{name}", dev / name)
    (dev / "shm").mkdir(mode=0o1777)
    run("mount", "--rbind", dev, "/dev")


def enter(packages):
    """Called once inside the namespaces."""
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", HOME)
    (HOME / "etc").mkdir()
    run("mount", "-t", "proc", "proc", "/proc")
    socket.sethostname(HOST)
    run("ip", "link", "set", "lo", "up")
    for address in ADDRESSES:
        family = ["-6"] if ":" in address else []
        run("ip", *family, "addr", "add", address, "dev", "lo", *(["nodad"] if family else []))
    _over("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    _over("/etc/hosts", f"127.0.0.1 localhost\n{OURS} {HOST}\n")
    _over("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    _over("/etc/passwd", "".join(f"{n}:x:{u}:{g}::/nonexistent:/bin/sh\n" for n, u, g in USERS))
    _over("/etc/group", "".join(f"{n}:x:{g}:\n" for n, _, g in USERS))
    libraries = HOME / "etc" / "ld.so.conf"
    libraries.write_text(f"include /etc/ld.so.conf\n{packages}/usr/lib/x86_64-linux-gnu\n")
    cache = HOME / "etc" / "ld.so.cache"
    run("ldconfig", "-X", "-f", libraries, "-C", cache)
    run("mount", "--bind", cache, "/etc/ld.so.cache")
    _private_dev()


class Syslog(threading.Thread):
    """/dev/log of the sandbox, written as rsyslog's traditional file format."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.file = open(path, "ab", buffering=0)
        self.start()

    def run(self):
        host = HOST.split(".")[0].encode()
        while True:
            record = self.socket.recv(65536).rstrip(b"\0\n")
            match = re.match(rb"<\d+>(\w{3} [ \d]\d \d\d:\d\d:\d\d) (.*)", record, re.S)
            stamp, text = match.groups() if match else (time.strftime("%b %e %T").encode(), record)
            text = re.sub(rb"[\x00-\x1f\x7f]", lambda c: b"#%03o" % c[0][0], text)
            self.file.write(stamp + b" " + host + b" " + text + b"\n")
