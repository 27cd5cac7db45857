"""The logs that the benchmark reads: made once for each generator and size, and checked against their truth."""
import collections
import datetime
import hashlib
import json
import pathlib
import shutil
import sqlite3
import subprocess


class Logs:
    """Generated logs below `folder`, which is of this generator alone and may be deleted."""

    def __init__(self, generator, folder):
        self.generator = str(generator)
        stamp = hashlib.sha256(pathlib.Path(generator).read_bytes()).hexdigest()[:12]
        self.folder = pathlib.Path(folder) / stamp
        self.folder.mkdir(parents=True, exist_ok=True)

    def _made(self, path, make):
        if not path.exists():
            print(f"  making {path.name} …", flush=True)
            make()
        return path

    def plain(self, mta, size):
        path = self.folder / f"{mta}-{size}.log"
        return self._made(path, lambda: self._generate(path, "--mta", mta, "--bytes", size))

    def packed(self, mta, size):
        """As logrotate packs it: gzip -6."""
        plain = self.plain(mta, size)
        path = plain.with_suffix(".log.gz")
        return self._made(path, lambda: self._pack(plain, path))

    def archives(self, size, days):
        """A folder of that many packed days; the truth of all together."""
        folder = self.folder / f"archives-{size}-{days}"

        def make():
            work = folder.with_suffix(".new")
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            self._generate(work / "mainlog", "--bytes", size, "--days", str(days))
            (work / "mainlog.truth.json").rename(self.folder / f"{folder.name}.truth.json")
            subprocess.run(["gzip", *work.iterdir()], check=True)
            work.rename(folder)
        return self._made(folder, make)

    def day_after(self, store):
        """The log of the day after the last that a store knows, at one line a second."""
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
            last, = database.execute("SELECT max(day) FROM daily").fetchone()
        day = (datetime.date.fromisoformat(last) + datetime.timedelta(days=1)).isoformat()
        path = self.folder / f"exim-{day}.log"
        return self._made(path, lambda: self._generate(path, "--lines", "86400", "--rate", "1", "--begin", day, "--seed", "2"))

    def _generate(self, path, *options):
        work = path.parent / "new"
        subprocess.run([self.generator, path if "--days" in options else work, *options, "--truth", f"{path}.truth.json"],
                       check=True)
        if "--days" not in options:
            work.rename(path)

    @staticmethod
    def _pack(plain, packed):
        work = packed.parent / "new"
        with open(work, "wb") as out:
            subprocess.run(["gzip", "-6", "-c", plain], stdout=out, check=True)
        work.rename(packed)


def truth_of(log):
    return json.loads(pathlib.Path(f"{str(log).removesuffix('.gz')}.truth.json").read_text())


def together(*truths):
    return {"refusals": sum(truth["refusals"] for truth in truths), "refused": sum((truth["refused"] for truth in truths), [])}


def _wanted(truth):
    wanted = collections.Counter()
    for row in truth["refused"]:
        wanted[row["direction"], row["permanent"], row["variant"], row["cause"]] += row["count"]
    return wanted


def differences(truth, found):
    """What the log holds and `found` does not say, or the other way: lines of text, empty where all agree."""
    wanted = _wanted(truth)
    return [f"{' '.join(map(str, key))}: {wanted[key]} in the log, {found[key]} found"
            for key in sorted(wanted | found) if wanted[key] != found[key]]


def found_in_store(store):
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT direction, permanent, variant, cause, count(*) FROM refusals GROUP BY 1, 2, 3, 4")
        return collections.Counter({(row[0], bool(row[1]), row[2], row[3]): row[4] for row in rows})


def found_by_classify(program, log):
    """Counts of what `lostmail classify` prints of a log."""
    found = collections.Counter()
    command = [program, "classify", "--tz", "UTC", log]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            row = json.loads(line)
            found[row["direction"], row["permanent"], row["variant"], row["cause"]] += 1
    if process.returncode != 0:
        raise RuntimeError(f"{command}: exit {process.returncode}")
    return found
