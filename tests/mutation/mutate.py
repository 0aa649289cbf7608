#!/usr/bin/env python3
"""Changes one token of the library at a time and looks which test sees it: mutate.py [OPTION]... TEST...

In --work there come to be a copy of the source tree (which `make distdir` made), a build that says
which lines each test reaches, and builds in which the changes are made. A change is drawn by --seed among
all that sites.py has in the folders of the library; what does not compile, or gives the same object
file, is drawn anew. The tests that reach the line run, the quickest first, until one fails or
takes too long. Writes --work/mutants.tsv; those that survive are told with what equivalent.tsv
says of them. Ends with 1 when fewer than --caught percent were caught.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from sites import sites

FOLDERS = ("report", "registry", "aws", "net", "base")
PROGRAMS = ["resolve-digest", "list-ecr", "list-registry", "match-report"]
HELPERS = ["tests/e2e/kill-after", "tests/e2e/kill-at", "tests/oracle/answer"]
# As a release, so that what the compiler sees through is the same; a wrong type is no mutant.
FLAGS = "-O2 -Werror=incompatible-pointer-types -Werror=int-conversion -Werror=implicit-function-declaration -Werror=pedantic"
LEAST, TIMES = 60, 8  # seconds, and the time it takes usually: then a test hangs
Mutant = collections.namedtuple("Mutant", "path start end new what line text")


def call(command, folder, log, **more):
    """Its status; what it says goes to LOG."""
    with open(log, "ab") as file:
        return subprocess.run(command, cwd=folder, stdout=file, stderr=file, check=False, **more).returncode


class Build:
    """A build of the tree, in a folder of its own."""

    def __init__(self, work, name, flags, tree):
        self.folder = os.path.join(work, name)
        self.tree = os.path.join(self.folder, "tree")
        self.log = os.path.join(work, name + ".log")
        if not os.path.exists(os.path.join(self.folder, "Makefile")):
            shutil.rmtree(self.folder, ignore_errors=True)
            os.mkdir(self.folder)
            shutil.copytree(tree, self.tree, symlinks=True)
            configure = [os.path.join(self.tree, "configure"), "-q", "CFLAGS=" + flags]
            if "--coverage" in flags:
                configure.append("LDFLAGS=--coverage")
            if call(configure, self.folder, self.log) or self.make(["all"]):
                sys.exit("mutate: %s: no build; see %s" % (name, self.log))

    def make(self, targets):
        """0 when they were built."""
        return call(["make", "-s", *targets], self.folder, self.log)

    def environment(self):
        """That of `make check`."""
        return {**os.environ, "srcdir": self.tree, "builddir": self.folder, "top_srcdir": self.tree,
                "PATH": self.folder + ":" + os.environ["PATH"], "CK_TIMEOUT_MULTIPLIER": "5"}  # fmt: skip

    def test(self, name, limit, **more):
        """Why it failed, or None."""
        script = name.endswith(".sh")
        if self.make(PROGRAMS + HELPERS if script else [name]):
            return "does not link"
        path = os.path.join(self.tree if script else self.folder, name)
        with subprocess.Popen([path], cwd=self.folder, env={**self.environment(), **more}, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              start_new_session=True) as process:  # fmt: skip
            try:
                said = process.communicate(timeout=limit)[0]
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.communicate(timeout=10)
                except subprocess.TimeoutExpired:
                    pass
                return "takes too long"
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        failed = re.search(r"^not ok[^#\n]*|^Bail out!.*", said, re.MULTILINE)
        if failed or process.returncode:
            return failed[0] if failed else "status %d" % process.returncode
        return None


def reached(build, name):
    """Sets of line numbers by file, of what a test's run left in its folder."""
    data = os.path.join(build.folder, "reached", name.replace("/", "-"))
    lines = {}
    for folder, _, files in os.walk(data):
        for file in files:
            if not file.endswith(".gcda") or "libocidup" in file:
                continue
            # The notes of the compiler lie in the build folder.
            path = os.path.join(folder, file)
            notes = path[len(data) :][: -len("gcda")] + "gcno"
            shutil.copy(notes, path[: -len("gcda")] + "gcno")
            told = subprocess.run(["gcov", "--stdout", "--json-format", path], cwd=folder, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=False).stdout  # fmt: skip
            for document in told.splitlines():
                for source in json.loads(document)["files"]:
                    match = re.search(r"/tree/(src/.*\.c)$", source["file"])
                    if match:
                        lines.setdefault(match[1], set()).update(
                            line["line_number"] for line in source["lines"] if line["count"])
    shutil.rmtree(data, ignore_errors=True)
    return {path: sorted(numbers) for path, numbers in lines.items()}


def learn(work, tree, tests, jobs, builds):
    """What each test reaches, and how long it takes; kept in --work."""
    path = os.path.join(work, "reached.json")
    known = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
    tests = [name for name in tests if name not in known]
    build = Build(work, "coverage", "-O0 -w --coverage -fprofile-update=atomic -U_FORTIFY_SOURCE", tree)
    if build.make(PROGRAMS + HELPERS + [name for name in tests if not name.endswith(".sh")]):
        sys.exit("mutate: the tests do not build; see " + build.log)

    def one(name):
        data = os.path.join(build.folder, "reached", name.replace("/", "-"))
        start = time.monotonic()
        problem = build.test(name, 1200, GCOV_PREFIX=data)
        seconds = time.monotonic() - start
        if problem:
            # Some look at a program more closely than its instrumentation lets them.
            plain = builds.get()
            problem = plain.test(name, 1200)
            builds.put(plain)
        print("mutate: %s: %.1f s%s" % (name, seconds, problem and ", " + problem or ""), flush=True)
        return name, {"seconds": seconds, "problem": problem, "lines": reached(build, name)}

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        known.update(pool.map(one, tests))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(known, file)
    return known


def draw(tree, seed):
    """All mutants, in an order that SEED gives."""
    found = []
    for folder in FOLDERS:
        for name in sorted(os.listdir(os.path.join(tree, "src", folder))):
            if not name.endswith(".c") or name == "page.c":
                continue
            path = os.path.join("src", folder, name)
            with open(os.path.join(tree, path), encoding="utf-8") as file:
                text = file.read()
            lines = text.splitlines()
            for start, end, new, what in sites(text):
                line = text.count("\n", 0, start) + 1
                found.append(Mutant(path, start, end, new, what, line, lines[line - 1].strip()))
    random.Random(seed).shuffle(found)
    return found


class Changed:
    """A mutant in a build, as long as it is looked at."""

    def __init__(self, build, mutant):
        self.path = os.path.join(build.tree, mutant.path)
        with open(self.path, encoding="utf-8") as file:
            self.text = file.read()
        self.changed = self.text[: mutant.start] + mutant.new + self.text[mutant.end :]

    def write(self, text):
        """A file that is newer than what was made of it."""
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)

    def __enter__(self):
        self.write(self.changed)

    def __exit__(self, *_):
        self.write(self.text)


def object_of(build, path):
    """The hash of its object file, or None when it does not compile."""
    target = path[:-2] + ".o"
    if os.path.exists(os.path.join(build.folder, target)):
        os.unlink(os.path.join(build.folder, target))
    if build.make([target]):
        return None
    with open(os.path.join(build.folder, target), "rb") as file:
        return hashlib.sha256(file.read()).digest()


def choose(build, mutants, count):
    """The first COUNT that are C, and not the same program."""
    chosen, whole = [], {}
    for mutant in mutants:
        if len(chosen) == count:
            break
        if mutant.path not in whole:
            whole[mutant.path] = object_of(build, mutant.path)
        with Changed(build, mutant):
            changed = object_of(build, mutant.path)
        if changed and changed != whole[mutant.path]:
            chosen.append(mutant)
    return chosen


def reaching(mutant, known, scripts):
    """The tests that reach its line, the quickest first: the scripts, or those that are none."""
    good = {name: one for name, one in known.items() if not one["problem"]}
    tests = [name for name in good if mutant.line in good[name]["lines"].get(mutant.path, [])]
    if not tests:
        # Its line is data, or a process that a signal ended told of no lines.
        tests = [name for name in good if mutant.path in good[name]["lines"]]
    return sorted((name for name in tests if name.endswith(".sh") == scripts), key=lambda name: good[name]["seconds"])


def judge(build, mutant, tests, known, most):
    """The test that catches it and how, or None; and how many tests ran. After MOST seconds no other
    script is begun, and it survives."""
    start = time.monotonic()
    with Changed(build, mutant):
        for count, name in enumerate(tests, 1):
            if name.endswith(".sh") and time.monotonic() - start > most:
                return None, count - 1
            why = build.test(name, max(LEAST, TIMES * known[name]["seconds"]))
            if why:
                return (name, why), count
    return None, len(tests)


def table(path):
    """The rows of a file, without its header."""
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if line.strip()][1:]


def meanings(path):
    """What is said of survivors that are known: by file, text of the line, and change."""
    return {tuple(row[:3]): row[3] for row in table(path)}


def main():
    """0 when enough are caught."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", default="mutation")
    parser.add_argument("--tree", required=True, help="a source tree that was not configured")
    parser.add_argument("--mutations", type=int, default=100)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--caught", type=float, default=90)
    parser.add_argument("--again", metavar="MUTANTS.TSV", help="only those that survived there, wherever their lines are now")
    parser.add_argument("--most", type=float, default=300, help="seconds for a mutant")
    parser.add_argument("--list", action="store_true", help="only say which are drawn")
    parser.add_argument("test", nargs="+")
    arguments = parser.parse_args()
    work, tree = os.path.abspath(arguments.work), os.path.abspath(arguments.tree)
    os.makedirs(work, exist_ok=True)
    said = meanings(os.path.join(os.path.dirname(os.path.abspath(__file__)), "equivalent.tsv"))

    builds = queue.Queue()
    for number in range(arguments.jobs):
        builds.put(Build(work, "build-%d" % number, FLAGS, tree))
    drawn = draw(tree, arguments.seed)
    if arguments.again:
        survived = {tuple(row[i] for i in (0, 2, 3)) for row in table(arguments.again) if row[4] == "-"}
        drawn = [mutant for mutant in drawn if (mutant.path, mutant.text, mutant.what) in survived]
    mutants = choose(builds.queue[0], drawn, arguments.mutations)
    if arguments.list:
        for mutant in mutants:
            print("%s:%d: %s: %s" % (mutant.path, mutant.line, mutant.what, mutant.text))
        return 0
    # An interrupted run goes on where it was.
    path = os.path.join(work, "judged.json")
    judged = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            judged = json.load(file)

    def one(mutant, known, scripts):
        key = "%s:%d:%s" % (mutant.path, mutant.start, mutant.what)
        if key in judged:
            return judged[key]
        if (mutant.path, mutant.text, mutant.what) in said:
            return None
        build = builds.get()
        try:
            start = time.monotonic()
            caught, count = judge(build, mutant, reaching(mutant, known, scripts), known, arguments.most)
            if not caught and not scripts:
                return None
            print("mutate: %s:%d: %s: %s (%d tests, %.0f s)" % (
                mutant.path, mutant.line, mutant.what, caught and "caught by " + caught[0] or "SURVIVES",
                count + scripts * len(reaching(mutant, known, False)), time.monotonic() - start), flush=True)  # fmt: skip
            judged[key] = caught
            with open(path, "w", encoding="utf-8") as file:
                json.dump(judged, file)
            return caught
        finally:
            builds.put(build)

    # A script takes long, to learn of and to run: most mutants need none.
    for scripts in (False, True):
        known = learn(work, tree, [name for name in arguments.test if name.endswith(".sh") == scripts],
                      arguments.jobs, builds)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            results = list(pool.map(lambda mutant: one(mutant, known, scripts), mutants))
    survivors = [mutant for mutant, caught in zip(mutants, results) if not caught]
    with open(os.path.join(work, "mutants.tsv"), "w", encoding="utf-8") as file:
        file.write("file\tline\ttext\tchange\tcaught_by\thow\tmeaning\n")
        for mutant, caught in zip(mutants, results):
            meaning = "-" if caught else said.get((mutant.path, mutant.text, mutant.what), "?")
            file.write("\t".join([mutant.path, str(mutant.line), mutant.text, mutant.what,
                                  *(caught or ("-", "-")), meaning]) + "\n")  # fmt: skip
    for mutant in survivors:
        print("%s:%d: %s\n    %s\n    %s" % (mutant.path, mutant.line, mutant.what, mutant.text, said.get(
            (mutant.path, mutant.text, mutant.what), "no test sees it, and nothing says why")))
    caught = len(mutants) - len(survivors)
    equal = sum((mutant.path, mutant.text, mutant.what) in said for mutant in survivors)
    share = 100 * caught / max(1, len(mutants) - equal)
    print("%d mutants (seed %s): %d caught (%.0f %%), %d survive, of which %d change nothing that can be seen: "
          "%.0f %% of the others are caught" % (
              len(mutants), arguments.seed, caught, 100 * caught / max(1, len(mutants)), len(survivors), equal, share))  # fmt: skip
    return share < arguments.caught


if __name__ == "__main__":
    sys.exit(main())
