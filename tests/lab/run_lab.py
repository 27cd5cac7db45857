#!/usr/bin/env python3
"""Runs real MTAs against scripted clients and servers, and scores lostmail by what those saw.

usage: run_lab.py [--keep DIR] [--only NAME] [--program LOSTMAIL] [--list]
Exit: 0 all agree, 1 mismatch, 77 skipped (reason printed). Needs root; works in namespaces only.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback

import exim_lab
import known
import packages
import sandbox
import score
import world

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parents[1] / "build" / "release" / "lostmail"
LIMIT = 200  # seconds a laboratory may take
SKIPPED = 77


def laboratories():
    found = {name: (exim_lab, exim_lab.Exim) for name in exim_lab.CONFIGURATIONS}
    try:
        import sendmail_lab
        found.update({name: (sendmail_lab, sendmail_lab.Sendmail)
                      for name in sendmail_lab.CONFIGURATIONS})
    except ImportError:
        pass
    return found


def inside(name, folder, root):
    """One laboratory; called in its own namespaces."""
    sandbox.enter(root)
    scene = world.World()
    try:
        laboratories()[name][1](root, name, scene, folder).run()
    except Exception:
        scene.fail(traceback.format_exc())
    scene.save(folder)


def start(name, folder, root):
    folder.mkdir(parents=True)
    command = [*sandbox.UNSHARE, sys.executable, __file__, "--inside", name, str(folder),
               str(root)]
    with open(folder / "output", "wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)


def judge(name, folder, module, program):
    """Prints the mismatches of one laboratory that are not known; their number."""
    truth = folder / "truth.jsonl"
    if not truth.exists():
        print(f"{name}: did not finish:\n{(folder / 'output').read_text()[-2000:]}")
        return 1
    expected = [json.loads(line) for line in truth.read_text().splitlines()]
    failures = (folder / "failures.txt").read_text().splitlines()
    got = score.classify(program, module.log_files(folder))
    found = score.differences(expected, got)
    new = [(text, row) for text, row in found if not known.reason(name, text)]
    for failure in failures:
        print(f"{name}: LAB {failure}")
    for text, row in new:
        place = f" ({row['file'].rsplit('/', 1)[-1]}:{row['line']})" if "line" in row else ""
        print(f"{name}: {text}{place}")
    print(f"{name}: {len(expected)} refusals, {len(new)} mismatches, "
          f"{len(found) - len(new)} known")
    return len(new) + len(failures)


def main():
    if sys.argv[1:2] == ["--inside"]:
        return inside(sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=pathlib.Path, help="keep logs and truth in this folder")
    parser.add_argument("--only", help="laboratories whose name begins so")
    parser.add_argument("--program", default=PROGRAM, type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    labs = {name: lab for name, lab in laboratories().items()
            if name.startswith(options.only or "")}
    if options.list:
        print("\n".join(labs))
        return 0
    reason = sandbox.missing()
    if not reason and not options.program.exists():
        reason = f"{options.program} is not built"
    if not reason:
        try:
            root = packages.unpacked()
        except packages.Unavailable as error:
            reason = str(error)
    if reason:
        print(f"lab skipped: {reason}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="lostmail-lab-") as scratch:
        base = (options.keep or pathlib.Path(scratch)).resolve()
        running = [(name, base / name, start(name, base / name, root)) for name in labs]
        wrong = 0
        for name, folder, process in running:
            try:
                process.wait(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            wrong += judge(name, folder, labs[name][0], options.program)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
