"""A machine of our own: network, mount, pid and host name namespaces. Nothing outside them changes.

    def scene(inside):                      # runs in the sandbox, once
        ...                                 # inside.packages: unpacked MTAs, inside.folder: for logs
        return 0                            # exit status
    if __name__ == "__main__":
        sys.exit(sandbox.main(scene))       # 77 and a printed reason where no sandbox can be had
"""
import dataclasses
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

import packages

SKIPPED = 77  # what ctest takes for "not run"
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
    if probe.returncode:
        return f"no namespaces: {probe.stderr.strip()}"
    try:
        packages.unpacked()
    except packages.Unavailable as error:
        return str(error)
    return None


@dataclasses.dataclass
class Inside:
    """What a scene gets: the unpacked packages, a folder that outlives the sandbox, its arguments."""
    packages: pathlib.Path
    folder: pathlib.Path
    arguments: list


def start(script, folder, *arguments, **options):
    """Starts `script`, whose `__main__` calls main(), in a sandbox of its own."""
    environment = {**os.environ, "LOSTMAIL_LAB_INSIDE": str(folder)}
    return subprocess.Popen([*UNSHARE, sys.executable, str(script), *map(str, arguments)],
                            env=environment, stdin=subprocess.DEVNULL, **options)


def is_inside():
    return "LOSTMAIL_LAB_INSIDE" in os.environ


def run_inside(scene):
    """Inside: enters, runs `scene`, gives its exit status."""
    inside = Inside(packages.unpacked(), pathlib.Path(os.environ.pop("LOSTMAIL_LAB_INSIDE")),
                    sys.argv[1:])
    enter(inside.packages)
    return scene(inside) or 0


def main(scene):
    """The whole `__main__` of a script with one scene."""
    if is_inside():
        return run_inside(scene)
    reason = missing()
    if reason:
        print(f"lab skipped: {reason}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lostmail-lab-") as folder:
        return start(sys.argv[0], folder, *sys.argv[1:]).wait()


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def _private_etc(unpacked):
    """An /etc of our own as a whole: a file bound over one of the machine's would vanish when
    somebody out there replaces that one (as ldconfig and adduser do)."""
    etc = HOME / "etc"
    run("cp", "-a", "/etc", etc)
    files = {
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
        "hosts": f"127.0.0.1 localhost\n{OURS} {HOST}\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "passwd": "".join(f"{n}:x:{u}:{g}::/nonexistent:/bin/sh\n" for n, u, g in USERS),
        "group": "".join(f"{n}:x:{g}:\n" for n, _, g in USERS),
    }
    for name, text in files.items():
        (etc / name).unlink(missing_ok=True)
        (etc / name).write_text(text)
    with open(etc / "ld.so.conf", "a", encoding="utf-8") as libraries:
        for folder in sorted((unpacked / "usr/lib").glob("*-linux-gnu*")):
            libraries.write(f"\n{folder}\n")
    run("mount", "--bind", etc, "/etc")
    run("ldconfig", "-X")


def _private_dev():
    dev = HOME / "dev"
    dev.mkdir()
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        (dev / name).touch()
        run("mount", "--bind", f"/dev/{name}", dev / name)
    (dev / "shm").mkdir(mode=0o1777)
    run("mount", "--rbind", dev, "/dev")


def enter(unpacked):
    """Makes the namespaces that this process was started in a machine; once."""
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", HOME)
    run("mount", "-t", "proc", "proc", "/proc")
    socket.sethostname(HOST)
    run("ip", "link", "set", "lo", "up")
    for address in ADDRESSES:
        family = ["-6"] if ":" in address else []
        run("ip", *family, "addr", "add", address, "dev", "lo", *(["nodad"] if family else []))
    _private_etc(unpacked)
    _private_dev()


def wait_for_port(address, port, seconds=10):
    """Until somebody listens there."""
    for _ in range(seconds * 20):
        try:
            return socket.create_connection((address, port), 1).close()
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nobody listens on {address} port {port}")


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
