"""Debian packages of both MTAs, fetched with apt and unpacked into a folder, never installed."""
import fcntl
import os
import pathlib
import shutil
import subprocess

# What a minimal Debian 12 lacks for both to start.
PACKAGES = ("exim4-daemon-light", "exim4-config", "sendmail-bin", "sendmail-base", "sendmail-cf", "m4", "libsigsegv2",
            "libidn12", "libsasl2-2", "libwrap0", "libldap-2.5-0", "libnsl2", "liblockfile1",
            "libgnutls-dane0", "libunbound8", "libevent-2.1-7", "libtirpc3", "libssl3",
            "libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libkeyutils1")
BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"


class Unavailable(Exception):
    """The packages cannot be had here: the lab is skipped."""


def folder():
    """LOSTMAIL_LAB_PACKAGES, else build/lab-packages of this checkout."""
    return pathlib.Path(os.environ.get("LOSTMAIL_LAB_PACKAGES") or BUILD / "lab-packages")


def unpacked():
    """The folder that holds the unpacked packages; fetched at the first call. Errors: Unavailable."""
    place = folder().resolve()
    for tool in ("apt-get", "dpkg"):
        if not shutil.which(tool):
            raise Unavailable(f"no {tool}: the MTAs come from Debian's packages")
    place.mkdir(parents=True, exist_ok=True)
    with open(place / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two tests at once
        stamp = place / "complete"
        if not stamp.exists() or stamp.read_text().split() != list(PACKAGES):
            _fetch(place)
            stamp.write_text(" ".join(PACKAGES))
    return place / "root"


def _fetch(place):
    command = ["apt-get", "-q", "download", *PACKAGES]
    result = subprocess.run(command, cwd=place, capture_output=True, text=True)
    if result.returncode:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True)
        result = subprocess.run(command, cwd=place, capture_output=True, text=True)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["apt-get download failed"]
        raise Unavailable("packages not obtainable: " + lines[-1])
    shutil.rmtree(place / "root", ignore_errors=True)
    for package in sorted(place.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, place / "root"], check=True)
