#!/usr/bin/env python3
"""The fault matrix: every program with every fault, everywhere it can strike.

  matrix.py [--slice] [--jobs=N] [--only=TEXT] [--part=N/OF] [--list] [--streams]

Prints TAP, a test for each program and family of faults, and figures. --slice is what `make check`
has time for: each fault once, and each program once with each family of faults; always the same
cells. --only: cells with TEXT in their name; --part: of OF parts the one N, from 0.
"""

import argparse
import collections
import concurrent.futures
import os
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "tests", "e2e"))

# pylint: disable=wrong-import-position
import faults  # noqa: E402
import helpers  # noqa: E402
import machine  # noqa: E402
import tls  # noqa: E402
from cell import Bench, Cell  # noqa: E402
from table import PROGRAMS  # noqa: E402
from web import Tap  # noqa: E402
from world import short_hash  # noqa: E402


def slice_of(cells):
    """Of each fault (of types: each field), and of each program and family, the cell whose name has
    the lowest hash: which that is depends on nothing else."""
    best = {}
    for cell in cells:
        if cell.slow:
            continue
        for key in ((cell.program, cell.family), cell.fault and cell.fault.kind):
            if key and (key not in best or short_hash(cell.name) < short_hash(best[key].name)):
                best[key] = cell
    return list(dict.fromkeys(best.values()))


def play(cell):
    """What is wrong in a cell, whatever happens."""
    try:
        return cell.run()
    except Exception:  # pylint: disable=broad-except
        return [traceback.format_exc()]


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slice", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=8 * (os.cpu_count() or 1))
    parser.add_argument("--only", default="")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--link", action="store_true")
    parser.add_argument("--streams", action="store_true")
    return parser.parse_args()


def run(cells, jobs, tap):
    """Plays the cells, and tells of them by program and family."""
    groups = collections.defaultdict(list)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for cell, wrong in zip(cells, pool.map(play, cells)):
            groups[cell.program, cell.family].append((cell, wrong))
    for (program, family), played in sorted(groups.items()):
        bad = [(cell, wrong) for cell, wrong in played if wrong]
        why = [f"{cell.name}: {text}" for cell, wrong in bad for text in wrong[:3]]
        tap.ok(not bad, f"{program}: {family} ({len(played)})", *why)
    print(f"# {len(cells)} cells, {sum(cell.requests for cell in cells)} requests, "
          f"{sum(cell.injected for cell in cells)} faults injected, "
          f"{time.monotonic() - began:.0f} s")  # fmt: skip
    for cell in sorted(cells, key=lambda cell: -cell.seconds)[:5]:
        print(f"# {cell.seconds:.1f} s: {cell.name}")


def run_link(bench, given, tap):
    """In a network namespace: nothing leads to the address of the link."""
    link = given.link
    cells = [Cell(bench, *parts) for parts in faults.cells(list(machine.led()), bench.samples)]
    run(slice_of(cells) if given.slice else cells, given.jobs, tap)
    tap.ok(not link.came(), "nobody came to the address of the link")
    with socket.create_connection((next(iter(machine.NAMES)), 80)):
        tap.ok(link.came(), "who comes is seen")


def run_streams(folder, given, tap):
    """By HTTP/2. The other faults are the same there: of what is answered, not of how."""
    import streams  # pylint: disable=import-outside-toplevel

    bench = Bench(folder, tls.contexts(folder), streams.StreamCell)
    wrong = bench.prepare(PROGRAMS)
    if tap.ok(not wrong, "without a fault all is as the corpus has it", *wrong):
        cells = [streams.StreamCell(bench, *parts) for parts in faults.cells(streams.TABLE, bench.samples)]
        cells = [cell for cell in cells if given.only in cell.name]
        run(slice_of(cells) if given.slice else cells, given.jobs, tap)


def tell_link(given, tap):
    """The same, in a namespace that is made for it."""
    command = ["unshare", "-nm", "--propagation", "private", sys.executable, os.path.realpath(__file__), "--link"]
    command += ["--slice"] if given.slice else []
    said = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout
    for line in said.splitlines():
        if line.startswith("#"):
            print(line)
        elif "ok " in line:
            tap.ok(line.startswith("ok "), line.partition(" - ")[2])
    tap.ok(f"1..{said.count('ok ')}" in said, "the network of its own came to its end", said)


def main():
    """All of it."""
    given = arguments()
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="ocidup-faults.") as folder:
        if given.streams:
            run_streams(folder, given, tap)
            tap.end()
        bench = Bench(folder, None if given.link else tls.contexts(folder))
        if given.link:
            given.link = machine.Link(folder)
        wrong = bench.prepare(PROGRAMS)
        if not tap.ok(not wrong, "without a fault all is as the corpus has it", *wrong):
            tap.end()
        if given.link:
            run_link(bench, given, tap)
            tap.end()
        table = faults.table(bench.samples)
        cells = [Cell(bench, *parts) for parts in faults.cells(table, bench.samples)]
        cells += [*machine.cells(bench), *helpers.cells(bench)]
        if given.slice:
            cells = slice_of(cells)
        part, parts = map(int, given.part.split("/"))
        cells = [
            cell
            for cell in cells
            if given.only in cell.name and (parts == 1 or short_hash(cell.name) % parts == part)
        ]
        # Those that wait for time to pass leave the machine to others: first.
        cells.sort(key=Cell.haste)
        if given.list:
            print("\n".join(cell.name for cell in cells))
            return
        run(cells, given.jobs, tap)
        if machine.may("-nm") and not given.only and part == 0:
            tell_link(given, tap)
    tap.end()


if __name__ == "__main__":
    main()
