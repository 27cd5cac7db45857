"""Debian packages of both MTAs, fetched with apt and unpacked into a cache, never installed."""
import os
import pathlib
import shutil
import subprocess

PACKAGES = ("exim4-daemon-light", "sendmail-bin", "sendmail-base", "sendmail-cf", "m4",
            "libidn12", "libsasl2-2")


class Unavailable(Exception):
    """The packages cannot be had here: the lab is skipped."""


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or "/tmp"
    return pathlib.Path(base) / "lostmail-lab"


def unpacked():
    """The folder that holds the unpacked packages."""
    folder = cache_folder()
    root = folder / "root"
    stamp = folder / "complete"
    if stamp.exists() and stamp.read_text().split() == list(PACKAGES):
        return root
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise Unavailable(f"no {tool}")
    folder.mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "download", *PACKAGES]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True)
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode:
        raise Unavailable("packages not obtainable: " + result.stderr.strip().splitlines()[-1])
    root.mkdir(exist_ok=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, root], check=True)
    stamp.write_text(" ".join(PACKAGES))
    return root
