#!/usr/bin/env python3
"""Runs real MTAs against scripted clients and servers, and scores lostmail by what those saw.

usage: run_lab.py [--keep DIR] [--only NAME] [--program LOSTMAIL] [--list]
Exit: 0 all agree, 1 mismatch, 77 skipped (reason printed). Needs root; acts in namespaces only.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

import exim
import exim_lab
import sandbox
import score
import sendmail_lab
import world

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get("LOSTMAIL") or HERE.parents[1] / "build" / "release" / "lostmail"
LIMIT = 200  # seconds a laboratory may take

LABORATORIES = {name: module.Laboratory for module in (exim_lab, sendmail_lab)
                for name in module.CONFIGURATIONS}


def scene(inside):
    """One laboratory; called in its own sandbox."""
    name = inside.arguments[0]
    truth = world.World()
    try:
        LABORATORIES[name](inside, name, truth).run()
    except Exception:
        truth.fail(traceback.format_exc())
    truth.save(inside.folder)


def run(name, folder):
    """One laboratory from beginning to end; its name. A scenario that did not do what it was made
    for (a busy machine missed a time-out) gets a second chance; what lostmail makes of it does not."""
    play(name, folder)
    if (folder / "failures.txt").exists() and (folder / "failures.txt").read_text():
        shutil.rmtree(folder)
        play(name, folder)
    return name


def play(name, folder):
    folder.mkdir(parents=True)
    with open(folder / "output", "wb") as output:
        process = sandbox.start(__file__, folder, name, stdout=output, stderr=output)
        try:
            process.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def unprovoked(folders, program):
    """Prints the words of the closed lists that no scenario brought about; how many."""
    listed = subprocess.run([program, "patterns", "list", "--words"], capture_output=True, text=True,
                            check=True).stdout
    rows = [json.loads(line) for folder in folders if (folder / "truth.jsonl").exists()
            for line in (folder / "truth.jsonl").read_text().splitlines()]
    missing = []
    for field in ("variant", "cause", "direction", "stage"):
        words = re.search(f"^{field}s: (.*)$", listed, re.M).group(1).split()
        missing += [f"{field} {word}" for word in words if word not in {row[field] for row in rows}]
    for word in missing:
        print(f"never provoked: {word}")
    return len(missing)


def judge(name, folder, program):
    """Prints what is wrong with one laboratory; how much that is."""
    if not (folder / "truth.jsonl").exists():
        print(f"{name}: did not finish:\n{(folder / 'output').read_text()[-2000:]}")
        return 1
    expected = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    failures = (folder / "failures.txt").read_text().splitlines()
    logs = exim.log_files(folder)
    found = score.differences(expected, score.classify(program, logs))
    strange = score.not_understood(program, logs, folder)
    for failure in failures:
        print(f"{name}: LAB {failure}")
    for text, row in found:
        place = f" ({row['file'].rsplit('/', 1)[-1]}:{row['line']})" if "line" in row else ""
        print(f"{name}: {text}{place}")
    for line in strange:
        print(f"{name}: not understood: {line}")
    print(f"{name}: {len(expected)} refusals, {len(found)} mismatches, "
          f"{len(strange)} shapes of lines not understood")
    return len(found) + len(failures) + len(strange)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=pathlib.Path, help="keep logs and truth in this folder")
    parser.add_argument("--only", default="", help="laboratories whose name begins so")
    parser.add_argument("--program", default=PROGRAM, type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    names = [name for name in LABORATORIES if name.startswith(options.only)]
    if options.list:
        print("\n".join(names))
        return 0
    if not options.program.exists():
        print(f"{options.program} is not built: name another with --program")
        return 2
    reason = sandbox.missing()
    if reason:
        print(f"lab skipped: {reason}")
        return sandbox.SKIPPED
    with tempfile.TemporaryDirectory(prefix="lostmail-lab-") as scratch:
        base = (options.keep or pathlib.Path(scratch)).resolve()
        # Half of what they do is waiting for time-outs, so some more than there are processors.
        with concurrent.futures.ThreadPoolExecutor((os.cpu_count() or 1) + 2) as pool:
            runs = list(pool.map(lambda name: run(name, base / name), names))
        wrong = sum(judge(name, base / name, options.program) for name in runs)
        if not options.only:
            wrong += unprovoked([base / name for name in runs], options.program)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(sandbox.run_inside(scene) if sandbox.is_inside() else main())
