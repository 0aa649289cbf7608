#!/usr/bin/env python3
"""Runs of all programs against servers with faults at 5 % of the answers, for SECONDS.

  soak.py [--seconds=N] [--seed=N] [--jobs=N]

Each run is checked as a cell of the matrix is: no wrong verdict. No program may need more memory or
descriptors in the last runs than in the first ones, and one process that reads a long list keeps what
it had when it began. Prints TAP, and figures.
"""

import argparse
import collections
import os
import random
import statistics
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "tests", "e2e"))

# pylint: disable=wrong-import-position
import judge  # noqa: E402
from cell import Bench, Cell, Run, read, write  # noqa: E402
from faults import FAULTS  # noqa: E402
from server import Servers  # noqa: E402
from table import ENDPOINTS, PROGRAMS, Fault, Struck  # noqa: E402
from web import Tap  # noqa: E402
from world import World, image  # noqa: E402

RATE = 0.05
LONG = 4000
# Sockets for 32 jobs, and what a process has anyway.
DESCRIPTORS_MAX = 64
# Faults that say nothing that is not true, and cost no time of ours.
CHOICE = {
    endpoint: [
        one for one in FAULTS
        if one.strike and not (one.hides or one.moves or one.slow or one.stalls or one.path)
        and "100 MB" not in one.name and "of a year" not in one.family
        and endpoint in (one.at or ())
    ]
    for endpoint in ENDPOINTS
}  # fmt: skip


class Anywhere(Struck):
    """Strikes at random."""

    def __init__(self, fault, seed):
        super().__init__(fault, "anywhere", None)
        self.random = random.Random(seed)

    def meets(self, endpoint):
        return self.random.random() < RATE and bool(CHOICE.get(endpoint))

    def strike(self, link, asked, answer, servers):
        self.random.choice(CHOICE[answer.endpoint]).strike(link, asked, answer, servers)


ANYTHING = Fault("anything", lambda *_: None, stops=True)


class SoakCell(Cell):
    """A run with faults anywhere."""

    def __init__(self, bench, program, seed):
        super().__init__(bench, program, ANYTHING, "anywhere", "burst")
        self.seed = seed

    def strikes(self, limit):
        return Anywhere(self.fault, self.seed)


class Watcher:
    """Looks at the processes below FOLDER: most memory (KiB) and descriptors of each."""

    def __init__(self, folder):
        self.folder = folder
        self.peaks = collections.OrderedDict()  # process -> [program, memory, descriptors]
        self.series = collections.defaultdict(list)  # process -> [(memory now, descriptors)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(0.05):
            for name in os.listdir("/proc"):
                if name.isdigit():
                    try:
                        self._look(name)
                    except (OSError, ValueError, KeyError):
                        pass

    def _look(self, pid):
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            program = file.read().strip()
        if program not in ("resolve-digest", "list-registry", "list-ecr", "match-report"):
            return
        if not os.readlink(f"/proc/{pid}/cwd").startswith(self.folder):
            return
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = dict(line.split(":", 1) for line in file)
        memory = int(status["VmHWM"].split()[0])
        now = int(status["VmRSS"].split()[0])
        count = len(os.listdir(f"/proc/{pid}/fd"))
        peak = self.peaks.setdefault(pid, [program, 0, 0])
        peak[1:] = max(peak[1], memory), max(peak[2], count)
        self.series[pid].append((now, count))

    def end(self):
        """No more."""
        self._stop.set()
        self._thread.join()


def soak(bench, given, until):
    """Runs until then; the cells, with what is wrong in each."""
    played = []
    lock = threading.Lock()

    def worker(number):
        turn = 0
        while time.monotonic() < until:
            program = list(PROGRAMS)[(number + turn) % len(PROGRAMS)]
            cell = SoakCell(bench, program, f"{given.seed} {number} {turn}")
            turn += 1
            wrong = cell.run()
            with lock:
                played.append((cell, wrong))

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(given.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return played


def long_run(bench, given, watcher):
    """One process with a long list: what is wrong, its requests, its faults, its memory."""
    world = World()
    for number in range(LONG):
        world.put(f"team/long{number % 7}", image(f"long {number}"), f"t{number}")
    servers = Servers(world, Anywhere(ANYTHING, given.seed))
    cell = SoakCell(bench, "resolve-digest", given.seed)
    cell.servers, cell.folder = servers, tempfile.mkdtemp(dir=bench.folder)
    lines = [f"{servers.host('registry')}/team/long{n % 7}:t{n}" for n in range(LONG)]
    write(os.path.join(cell.folder, "input.txt"), "\n".join(lines).encode())
    command = ["resolve-digest", "--max-retries=6", "--timeout=15", "-o", "out.tsv", "input.txt"]
    run = Run(command, cell.folder, cell.environment(), deadline=3600)
    servers.end()
    wrong = run.problems("the long run")
    rows = judge.Rows(read(os.path.join(cell.folder, "out.tsv")) or b"")
    wrong += rows.wrong
    if len(rows.rows) != LONG:
        wrong.append(f"{len(rows.rows)} rows of {LONG}")
    digests = {image(f"long {number}").digest: number for number in range(LONG)}
    for row in rows.rows:
        if row["status"] == "ok" and f":t{digests.get(row['digest'])}" != row["image"][-len(
                f":t{digests.get(row['digest'])}"):]:  # fmt: skip
            wrong.append(f"not its digest: {row}")
    series = max(watcher.series.values(), key=len)
    return wrong, len(servers.asked), servers.injected, series


def main():
    """All of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--jobs", type=int, default=4)
    given = parser.parse_args()
    tap = Tap()
    print(f"# seed {given.seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ocidup-soak.") as folder:
        bench = Bench(folder)
        wrong = bench.prepare(PROGRAMS)
        tap.ok(not wrong, "without a fault all is as the corpus has it", *wrong)
        watcher = Watcher(folder)
        wrong, requests, injected, series = long_run(bench, given, watcher)
        tap.ok(not wrong, f"a list of {LONG} references", *wrong[:10])
        quarter = max(1, len(series) // 4)
        early = max(memory for memory, _ in series[: 2 * quarter])
        late = max(memory for memory, _ in series[2 * quarter :])
        most = max(count for _, count in series)
        tap.ok(late <= early * 1.25 + 4096, f"its memory: {early} KiB, then {late}")
        tap.ok(most <= DESCRIPTORS_MAX, f"its descriptors: {most} at most")
        print(f"# the long run: {requests} requests, {injected} faults")
        watcher.series.clear()
        played = soak(bench, given, began + given.seconds)
        watcher.end()
    bad = [(cell, wrong) for cell, wrong in played if wrong]
    why = [f"{cell.name} ({cell.seed}): {text}" for cell, wrong in bad for text in wrong[:3]]
    tap.ok(not bad, "no run told what is not true", *why[:40])
    for program in sorted({peak[0] for peak in watcher.peaks.values()}):
        peaks = [peak for peak in watcher.peaks.values() if peak[0] == program]
        third = max(1, len(peaks) // 3)
        first = statistics.median(peak[1] for peak in peaks[:third])
        last = statistics.median(peak[1] for peak in peaks[-third:])
        tap.ok(last <= first * 1.1 + 1024, f"{program}: memory {first:.0f} KiB, in the end {last:.0f}")
        most = max(peak[2] for peak in peaks)
        tap.ok(most <= DESCRIPTORS_MAX, f"{program}: descriptors {most} at most")
    told = [text for _, wrong in played for text in wrong]
    print(f"# {time.monotonic() - began:.0f} s, seed {given.seed}: {len(played) + 1} runs, "
          f"{requests + sum(cell.requests for cell, _ in played)} requests, "
          f"{injected + sum(cell.injected for cell, _ in played)} faults injected, "
          f"{sum('is told as' in text for text in told)} wrong verdicts, "
          f"{sum('half' in text for text in told)} half files, "
          f"{sum('is seen' in text for text in told)} secrets seen, "
          f"{sum('hung' in text for text in told)} hung, "
          f"most memory {max(peak[1] for peak in watcher.peaks.values())} KiB, "
          f"most descriptors {max(peak[2] for peak in watcher.peaks.values())}")  # fmt: skip
    tap.end()


if __name__ == "__main__":
    main()
