#!/usr/bin/env python3
"""Takes out one defence at a time and looks whether the test fails that is to keep it: removals.py
[--only=TEXT] [--jobs=N] --tree=TREE.

removals.tsv says what they are: the defence, its file, the text (once in the file; \\n and \\t are what
they are in C) and what stands there without it, and the test: a program or script of tests/, "matrix
NAME" for the cells of the fault matrix with NAME in theirs, or "link" for those in a network of their own.
A flag is one of ../Makefile, that of the build: all is built anew without it, so these come last.
The builds are mutate.py's. Ends with 1 when a defence is in no test, or in the source no more.
"""

import argparse
import concurrent.futures
import os
import queue
import subprocess
import sys
import threading
import time

from mutate import FLAGS, LEAST, PROGRAMS, TIMES, Build, Changed, Mutant

MAKEFILE = "../Makefile"


def command_of(build, test):
    """What runs a test that is no program of its own; None: it is."""
    matrix = [sys.executable, os.path.join(build.tree, "tests/faults/matrix.py"), "--jobs=4"]
    if test == "link":
        return ["unshare", "-nm", "--propagation", "private", *matrix, "--link", "--slice"]
    if test.startswith("matrix "):
        return [*matrix, "--only=" + test.partition(" ")[2]]
    return None


def why(build, test, limit=900):
    """Why TEST failed or takes more than LIMIT seconds, or None."""
    command = command_of(build, test)
    if not command:
        return build.test(test, limit)
    if build.make(PROGRAMS):
        return "does not link"
    said = subprocess.run(command, cwd=build.folder, env=build.environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False).stdout  # fmt: skip
    bad = [line for line in said.splitlines() if line.startswith("not ok")]
    return bad[0] if bad else None if "\n1.." in said else "it came to no end: " + said[-200:]


def removed(build, row):
    """The change in the source, or None: there is no such text there, or more than one."""
    if row[1] == MAKEFILE:
        build.make(["clean"])
    path, text, new = row[1], *(cell.replace("\\n", "\n").replace("\\t", "\t") for cell in row[2:4])
    with open(os.path.join(build.tree, path), encoding="utf-8") as file:
        source = file.read()
    if source.count(text) != 1:
        return None
    start = source.index(text)
    return Changed(build, Mutant(path, start, start + len(text), new, row[0], 0, ""))


def main():
    """0 when each is seen by its test."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", default="mutation")
    parser.add_argument("--tree", required=True, help="a source tree that was not configured")
    parser.add_argument("--only", default="", help="the defences with this in their row")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "removals.tsv"), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    os.makedirs(arguments.work, exist_ok=True)
    builds = queue.Queue()
    for number in range(arguments.jobs):
        builds.put(Build(os.path.abspath(arguments.work), "removals-%d" % number, FLAGS, os.path.abspath(arguments.tree)))
    rows = [row for row in rows if arguments.only in "\t".join(row)]
    limits = {row[4]: [threading.Lock(), None] for row in rows}

    def limit_of(build, test):
        """Seconds; no test is believed that fails as it is."""
        with limits[test][0]:
            limit = limits[test][1]
            if not limit:
                start = time.monotonic()
                problem = why(build, test)
                if problem:
                    raise RuntimeError("%s fails as it is: %s" % (test, problem))
                limit = limits[test][1] = max(LEAST, TIMES * (time.monotonic() - start))
        return limit

    def without(row):
        build = builds.get()
        try:
            limit = limit_of(build, row[4])
            change = removed(build, row)
            if not change:
                return row, None, "IS NOT in " + row[1]
            with change:
                problem = why(build, row[4], limit)
            if row[1] == MAKEFILE:
                build.make(["clean"])
            seen = problem and problem != "does not link"
            return row, seen, "does not compile" if problem == "does not link" else problem or "NO TEST SEES IT"
        except RuntimeError as error:
            return row, None, str(error)
        finally:
            builds.put(build)

    missed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(without, row) for row in rows]):
            row, seen, said = done.result()
            missed += not seen
            print("%s %s | %s | %s" % ("seen  " if seen else "MISSED", row[0], row[4], said), flush=True)
    print("%d defences taken out, %d seen by their tests" % (len(rows), len(rows) - missed))
    return missed > 0


sys.exit(main())
