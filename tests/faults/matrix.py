#!/usr/bin/env python3
"""The fault matrix: every program with every fault, everywhere it can strike.

  matrix.py [--slice] [--jobs=N] [--only=TEXT] [--list]

Prints TAP, a test for each program and family of faults, and figures. --slice is what `make check`
has time for: each fault once, and each program once with each family of faults; always the same
cells. --only: cells with TEXT in their name.
"""

import argparse
import collections
import concurrent.futures
import os
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "tests", "e2e"))

# pylint: disable=wrong-import-position
import faults  # noqa: E402
import tls  # noqa: E402
from cell import Bench, Cell  # noqa: E402
from web import Tap  # noqa: E402
from world import short_hash  # noqa: E402


def slice_of(cells):
    """Of each fault (of types: each field), and of each program and family, the cell whose name has
    the lowest hash: which that is depends on nothing else."""
    best = {}
    for cell in cells:
        if cell.fault.slow:
            continue
        for key in ((cell.program, cell.fault.family), cell.fault.kind):
            if key not in best or short_hash(cell.name) < short_hash(best[key].name):
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
    return parser.parse_args()


def main():
    """All of it."""
    given = arguments()
    tap = Tap()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ocidup-faults.") as folder:
        bench = Bench(folder, tls.contexts(folder))
        wrong = bench.prepare(faults.PROGRAMS)
        if not tap.ok(not wrong, "without a fault all is as the corpus has it", *wrong):
            tap.end()
        table = [*faults.FAULTS, *faults.mutations(bench.samples), *faults.hostile_images()]
        cells = [Cell(bench, *parts) for parts in faults.cells(table, bench.samples)]
        if given.slice:
            cells = slice_of(cells)
        cells = [cell for cell in cells if given.only in cell.name]
        # Those that wait for time to pass leave the machine to others: first.
        cells.sort(key=lambda cell: (-cell.fault.slow, not cell.fault.stalls, cell.name))
        if given.list:
            print("\n".join(cell.name for cell in cells))
            return
        groups = collections.defaultdict(list)
        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
            for cell, wrong in zip(cells, pool.map(play, cells)):
                groups[cell.program, cell.fault.family].append((cell, wrong))
                if wrong and given.only:
                    print("#", cell.name, flush=True)
        for (program, family), played in sorted(groups.items()):
            bad = [(cell, wrong) for cell, wrong in played if wrong]
            why = [f"{cell.name}: {text}" for cell, wrong in bad for text in wrong[:3]]
            tap.ok(not bad, f"{program}: {family} ({len(played)})", *why)
        print(f"# {len(cells)} cells, {sum(cell.requests for cell in cells)} requests, "
              f"{sum(cell.injected for cell in cells)} faults injected, "
              f"{time.monotonic() - began:.0f} s")  # fmt: skip
        for cell in sorted(cells, key=lambda cell: -cell.seconds)[:5]:
            print(f"# {cell.seconds:.1f} s: {cell.name}")
    tap.end()


if __name__ == "__main__":
    main()
