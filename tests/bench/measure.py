"""Runs commands and says how long they took and how much memory they held."""
import os
import platform
import statistics
import subprocess
import time
from dataclasses import dataclass, field


@dataclass
class Sample:
    """The runs of one command."""
    command: str
    seconds: list = field(default_factory=list)      # wall
    cpu_seconds: list = field(default_factory=list)  # user and system, all threads
    peak_kib: int = 0                                # resident; at least this program's own, about 20 MiB

    @property
    def median(self):
        return statistics.median(self.seconds)

    @property
    def median_cpu(self):
        return statistics.median(self.cpu_seconds)

    def as_json(self):
        return {"command": self.command, "seconds": [round(s, 4) for s in self.seconds],
                "cpu_seconds": [round(s, 4) for s in self.cpu_seconds], "peak_kib": self.peak_kib}


def run_once(command, sample, allowed=(0,)):
    """One run with its output thrown away. `command`: words, or a text for bash where it needs a pipe."""
    words = ["bash", "-c", "set -o pipefail; " + command] if isinstance(command, str) else [str(w) for w in command]
    start = time.perf_counter()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    sample.seconds.append(time.perf_counter() - start)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        raise RuntimeError(f"{words}: exit {process.returncode}: {complaint.decode(errors='replace')[:400]}")
    sample.cpu_seconds.append(usage.ru_utime + usage.ru_stime)
    sample.peak_kib = max(sample.peak_kib, usage.ru_maxrss)


def shown(command):
    """Without the folders of this machine: results are read elsewhere."""
    words = command.split() if isinstance(command, str) else [str(word) for word in command]
    return " ".join(word.rsplit("/", 1)[-1] for word in words)


def alternate(commands, times, before=None):
    """Runs the commands {name: command} in turn, `times` rounds after one that warms the cache; so what else the machine
    does meanwhile meets all of them. `before(name)` is not timed."""
    samples = {name: Sample(shown(command)) for name, command in commands.items()}
    for round_number in range(times + 1):
        for name, command in commands.items():
            if before:
                before(name)
            run_once(command, samples[name] if round_number else Sample(""))
    return samples


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next(line.split()[1] for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_mib": int(memory) // 1024, "kernel": platform.release(),
            "load_average": [round(load, 2) for load in os.getloadavg()]}
