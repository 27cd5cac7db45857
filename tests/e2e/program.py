"""Runs the program for the end-to-end tests. LOSTMAIL names the program, LOSTMAIL_SOURCE the source tree."""
import json
import os
import pathlib
import subprocess

PROGRAM = os.environ.get("LOSTMAIL", "build/release/lostmail")
SOURCE = pathlib.Path(os.environ.get("LOSTMAIL_SOURCE", "."))
SAMPLES = SOURCE / "sample-logs"
NOW = "1795600000"  # 2026-11-25: the day after the sample logs


def run(*arguments, stdin=b"", env=None):
    """(exit status, standard output, standard error) as bytes."""
    environment = {**os.environ, "LOSTMAIL_NOW": NOW, "TZ": "UTC", "XDG_CONFIG_HOME": "/nonexistent", **(env or {})}
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, env=environment)
    return done.returncode, done.stdout, done.stderr


def classify(*logs, stdin=b""):
    status, out, _ = run("classify", "--tz", "UTC", *logs, stdin=stdin)
    assert status in (0, 1), status
    return [json.loads(line) for line in out.splitlines()]


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]
