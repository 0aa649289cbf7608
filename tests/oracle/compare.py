#!/usr/bin/env python3
"""Asks the join and the oracle the same: compare.py [OPTION]...

Without --replay, worlds of --seed until --cases or --seconds are over: each to tests/oracle/answer as
it is, in another order with some rows twice, and with some of its inventory missing; and one in
--whole to match-report, with the inventory in several files. What differs is made small and printed
so that it can be kept in found.txt. --replay=FILE: what was found before, and what it must be.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import oracle
import worlds

BATCH = 100
KNOWN = oracle.EMPTY_LAYERS | {oracle.EMPTY_CONFIG}
VERDICTS = ("present", "partial", "likely", "archived", "absent", "unknown")


def written(world, end=".\n"):
    """As `answer` reads it."""
    ask, sources, inventory = world
    lines = ["ask " + " ".join(ask)] if ask else []
    for name, rows in (("source", sources), ("inventory", inventory)):
        lines += [" ".join([name, *("%s=%s" % cell for cell in row.items())]) for row in rows]
    return "\n".join([*lines, end])


def answers(program, given):
    """Of `answer`: lists of lines."""
    text = "".join(map(written, given))
    done = subprocess.run([program], input=text, stdout=subprocess.PIPE, text=True, check=False)
    found = [block.splitlines() for block in done.stdout.split("\n.\n")[:-1]]
    if done.returncode or len(found) != len(given):
        # The one that it ended at is the first without an answer.
        raise Ended("status %d" % done.returncode, given[len(found)] if len(found) < len(given) else None)
    return found


class Ended(Exception):
    """`answer` did, before it should."""


def bare(lines):
    """Without the rows that were taken."""
    return [re.sub(r"(\d+=[^/ ]+/[^/ ]+)/\S+", r"\1", line) for line in lines]


def blocks(lines):
    """Of the sources, in no order; and the rest."""
    found = []
    for line in lines[:-1]:
        if line.startswith("source "):
            found.append([])
        found[-1].append(line)
    return sorted(found), lines[-1]


def backed(world, lines):
    """What is wrong with the rows that were taken: each must prove what it is taken for."""
    asked = iter(oracle.groups(world[0], world[1]))
    for line in lines:
        kind, *words = line.split(" ")
        if kind == "source":
            rows = next(asked)
        for word in words[3:] if kind == "match" else []:
            number, evidence, state, status, digest, manifest = re.split("[=/]", word)
            taken = [row for row in world[2] if row.get("image") == words[0] and (
                row["status"], row.get("digest", "-"), row.get("manifest_digest", "-")) == (status, digest, manifest)]
            proved = [oracle.pair(rows[int(number)], row, world[0]) for row in taken]
            if not taken or (evidence != "name" and (state, evidence) not in proved):
                return "%s: no row proves %s" % (words[0], word)
    return None


def mixed(dice, world):
    """The same in another order, some of it twice, and as several threads would have it."""
    ask, sources, inventory = world
    asked = {}
    for row in sources:
        asked.setdefault(tuple(row.get(cell) for cell in ("image", "origin", "ref")), []).append(row)
    order = list(asked.values())
    dice.shuffle(order)
    twice = inventory + [row for row in inventory if dice.random() < 0.3]
    dice.shuffle(twice)
    if dice.random() < 0.7:
        ask = [*ask, "parts=%d" % dice.choice([1, 2, 3, 8])]
    return ask, [row for rows in order for row in rows], twice


def fewer(dice, world):
    """With less of an inventory: all that failed goes, or some that did not."""
    ask, sources, inventory = world
    if any(map(oracle.failed, inventory)) and dice.random() < 0.5:
        return ask, sources, [row for row in inventory if not oracle.failed(row)]
    return ask, sources, [row for row in inventory if oracle.failed(row) or dice.random() < 0.6]


def shrunk(more, less):
    """What is wrong when LESS is the answer of less: what was found there is found here."""
    for one, two in zip(*([line.split() for line in lines if line.startswith("source ")] for lines in (less, more))):
        if one[1] == "present" and two[1] != "present":
            return "more of the inventory, and no more present"
        if any(a == "found" and b != "found" for a, b in zip(one[3:], two[3:])):
            return "more of the inventory, and no more found"
    return None


def healed(more, less):
    """The same when LESS lacks only what had failed: nothing that was found is lost."""
    for one, two in zip(*([line.split() for line in lines if line.startswith("source ")] for lines in (less, more))):
        if [state == "found" for state in one[3:]] != [state == "found" for state in two[3:]]:
            return "what failed had a part in what is found"
    return None


class Difference(Exception):
    """Between what was asked and what was answered: a world, and what is wrong with it."""


def wrong(program, world):
    """What is wrong with the answer to one world, or None."""
    try:
        got = answers(program, [world])[0]
    except Ended as end:
        return "answer ended: " + str(end)
    want = oracle.answer(*world)
    if bare(got) != want:
        return "\n".join(["join:   " + "\n        ".join(bare(got)), "oracle: " + "\n        ".join(want)])
    return backed(world, got)


def renamed(world):
    """With short names for digests."""
    names = {}
    text = re.sub(r"sha(256|512):[0-9a-f]+", lambda found: found[0] if found[0] in KNOWN else
                  names.setdefault(found[0], "D%d" % len(names)), json.dumps(world))  # fmt: skip
    return tuple(json.loads(text))


def smaller(world):
    """Worlds with a row, a cell, or a part of the question less, or with shorter digests."""
    ask, sources, inventory = world
    if renamed(world) != tuple(world):
        yield renamed(world)
    for i in range(len(ask)):
        yield ask[:i] + ask[i + 1 :], sources, inventory
    for which, rows in ((1, sources), (2, inventory)):
        for i, row in enumerate(rows):
            for new in [[], *([{key: cell for key, cell in row.items() if key != column}] for column in row
                              if column not in ("status", "image"))]:  # fmt: skip
                changed = list(world)
                changed[which] = rows[:i] + new + rows[i + 1 :]
                yield tuple(changed)


def smallest(program, world):
    """What is still wrong with as little of it as can be."""
    again = True
    while again:
        again = False
        for less in smaller(world):
            if less[1] and wrong(program, less):
                world, again = less, True
                break
    return world


def check_batch(program, dice, given, met):
    """Some worlds, each in its variations. How many answers were compared; MET gets what was in them."""
    asked = []
    for world in given:
        asked += [world, mixed(dice, world), fewer(dice, world)]
    got = answers(program, asked)
    for i, world in enumerate(given):
        one, two, three = got[3 * i : 3 * i + 3]
        if bare(one) != oracle.answer(*world) or backed(world, one):
            raise Difference(world, "the oracle says another thing")
        if blocks(one) != blocks(two):
            raise Difference(asked[3 * i + 1], "another order, another answer")
        less = asked[3 * i + 2]
        if bare(three) != oracle.answer(*less):
            raise Difference(less, "the oracle says another thing")
        problem = healed(one, three) if not any(map(oracle.failed, less[2])) and len(
            [row for row in world[2] if not oracle.failed(row)]) == len(less[2]) else shrunk(one, three)
        if problem:
            raise Difference(world, problem)
        met.update(re.findall("[^ =/]+", " ".join(bare(one))))
    return len(asked)


def table(path, rows):
    """A file of records."""
    with open(path, "w", encoding="utf-8") as file:
        for row in [dict(zip(worlds.COLUMNS, worlds.COLUMNS)), *rows]:
            file.write("\t".join(row.get(column, "-") for column in worlds.COLUMNS) + "\n")


def whole(program, dice, world, folder):
    """match-report itself, its TSV and its JSON."""
    ask, sources, inventory = world
    files = [[] for _ in range(dice.choice([1, 1, 2, 3]))]
    for row in inventory:
        dice.choice(files).append(row)
    table(os.path.join(folder, "sources"), sources)
    names = ["sources"]
    for number, rows in enumerate(files):
        names.append("inventory%d" % number)
        table(os.path.join(folder, names[-1]), rows)
    platforms = [word.split("=")[1] for word in ask if "=" in word]
    command = [program, "-q", "--tsv=tsv", "--json=json", *("--" + word for word in ask if "=" not in word)]
    if platforms:
        command.append("--platform=" + ",".join(platforms))
    done = subprocess.run(command + names, cwd=folder, stderr=subprocess.PIPE, text=True, check=False)
    asked_for = [row for row in sources if oracle.wanted(row, platforms)]
    if done.returncode != any(map(oracle.failed, asked_for + inventory)) or done.stderr:
        raise Difference(world, "match-report: status %d, %s" % (done.returncode, done.stderr))
    with open(os.path.join(folder, "tsv"), encoding="utf-8") as file:
        tsv = [line.rstrip("\n").split("\t") for line in file][1:]
    with open(os.path.join(folder, "json"), encoding="utf-8") as file:
        report = json.load(file)

    lines = oracle.answer(*world)
    want_rows, want_sources, rows = [], [], []
    asked = iter(oracle.groups(world[0], world[1]))
    for line in lines[:-1]:
        kind, *words = line.split(" ")
        if kind == "source":
            if rows and not want_sources[-1][2]:
                want_rows.append([source, verdict, "-", "-", "-"])
            rows, verdict = next(asked), words[0]
            source = rows[0].get("image", "-") if rows else None
            want_sources.append((verdict, words[2:], []))
            continue
        image, state, evidence, *pairs = words
        pairs = [re.split("[=/]", pair) for pair in pairs]
        want_rows += [[source, verdict, pair[1], rows[int(pair[0])].get("platform", "-"), image] for pair in pairs]
        have = [rows[int(pair[0])].get("platform") for pair in pairs if pair[2] == state]
        want_sources[-1][2].append((image, evidence, have))
    got_sources = [(one["verdict"], [platform["state"] for platform in one["platforms"]],
                    [(match["image"], match["evidence"], match["platforms"]) for match in one["matches"]])
                   for one in report["sources"]]  # fmt: skip
    if got_sources != want_sources:
        raise Difference(world, "match-report --json says %s" % got_sources)
    if [row[:5] for row in tsv if row[4] != "-"] != [row for row in want_rows if row[4] != "-"]:
        raise Difference(world, "match-report --tsv says %s" % tsv)
    if {row[9] for row in tsv} != {row.get("origin", "-") for row in sources}:
        raise Difference(world, "match-report --tsv has other sources")
    count, without, failures, _, *told = lines[-1].split(" ")[1:]
    held = report["inventory"]
    if [held["images"], held["without_config"], len(held["failed"])] != [int(count), int(without), int(failures)]:
        raise Difference(world, "match-report --json has another inventory")
    if report["compared"] != told:
        raise Difference(world, "match-report --json compared other things")
    verdicts = [one[0] for one in want_sources]
    if any(report["summary"][verdict] != verdicts.count(verdict) for verdict in set(verdicts)):
        raise Difference(world, "match-report --json counts wrong")


def within(program, dice, inventory, folder):
    """The duplicates inside are the same in any order, spread over files, and with rows twice."""
    said = []
    for rows in (inventory, dice.sample(inventory, len(inventory)) + inventory[::3]):
        cut = dice.randrange(len(rows) + 1)
        table(os.path.join(folder, "one"), rows[:cut])
        table(os.path.join(folder, "two"), rows[cut:])
        command = [program, "-q", "--within", "--json", "one", "two"]
        said.append(subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False).stdout)
    if not said[0] or said[0] != said[1]:
        raise Difference(([], [], inventory), "match-report --within: another order, another answer:\n%s\n%s" % tuple(said))


def many(program, dice, folder):
    """One inventory that is large enough for several threads: as many as there may be, the same is said."""
    sources, inventory = [], []
    for number in range(BATCH):
        _, asked, held = worlds.world(dice)
        sources += [{**row, "origin": "%d" % number} for row in asked]
        for copy in range(20):
            inventory += [{**row, "image": "%s%d" % (row["image"], copy)} if "image" in row else row for row in held]
    dice.shuffle(inventory)
    table(os.path.join(folder, "sources"), sources)
    table(os.path.join(folder, "inventory"), inventory)
    said = []
    for jobs in (1, 2, 5):
        command = [program, "-q", "--jobs=%d" % jobs, "--base", "--names", "--json", "sources", "inventory"]
        said.append(subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=False).stdout)
    if not said[0] or any(one != said[0] for one in said):
        raise SystemExit("match-report: another number of --jobs, another report of %d rows" % len(inventory))
    return len(said)


def kept(path):
    """The worlds of a file of found ones, with the name and the lines that are wanted of each."""
    name, world, want = None, ([], [], []), []
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            kind, *words = line.split(" ")
            if kind == "#":
                name = " ".join([*([name] if name else []), *words])
            elif not line and not any(world):
                name = None
            elif kind == "ask":
                world[0].extend(words)
            elif kind in ("source", "inventory"):
                world[1 if kind == "source" else 2].append(dict(word.split("=", 1) for word in words))
            elif kind == "want":
                want.append(" ".join(words))
            elif kind == ".":
                yield name, world, want
                name, world, want = None, ([], [], []), []


def replay(arguments):
    """0 when the join and the oracle say what is wanted of all that was found."""
    status = 0
    for name, world, want in kept(arguments.replay):
        answer = oracle.answer(*world)
        problem = wrong(arguments.answer, world)
        if answer != want or problem:
            print("not ok - %s" % name)
            print("# want %s\n# oracle %s\n# %s" % (want, answer, str(problem).replace("\n", "\n# ")))
            status = 1
        else:
            print("ok - %s" % name)
    return status


def main():
    """0 when nothing differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--answer", default="tests/oracle/answer")
    parser.add_argument("--match-report", default="./match-report")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--cases", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--whole", type=int, default=50, help="one in so many goes through match-report")
    parser.add_argument("--replay")
    arguments = parser.parse_args()
    if arguments.replay:
        return replay(arguments)

    start = time.monotonic()
    met = set()
    dice = random.Random(arguments.seed)
    cases = programs = count = 0
    while (count < arguments.cases) if arguments.cases else (time.monotonic() - start < arguments.seconds):
        given = [worlds.world(dice) for _ in range(BATCH)]
        try:
            cases += check_batch(arguments.answer, dice, given, met)
            with tempfile.TemporaryDirectory() as folder:
                for world in given[:: arguments.whole]:
                    whole(os.path.abspath(arguments.match_report), dice, world, folder)
                    within(os.path.abspath(arguments.match_report), dice, world[2], folder)
                    programs += 3
        except (Difference, Ended) as difference:
            problem, world = difference.args[1], difference.args[0]
            if isinstance(difference, Ended):
                problem, world = world, problem
            print("seed %s, after %d cases: %s\n" % (arguments.seed, cases, problem))
            if world and wrong(arguments.answer, world):
                world = smallest(arguments.answer, world)
                print(wrong(arguments.answer, world) + "\n")
            if world:
                print(written(world))
            return 1
        count += BATCH
    with tempfile.TemporaryDirectory() as folder:
        programs += many(os.path.abspath(arguments.match_report), dice, folder)
    seconds = time.monotonic() - start
    lacking = {*oracle.EVIDENCE, *oracle.STATES, *VERDICTS, "spread"} - met
    if lacking:
        print("seed %s: %d worlds, and none with %s" % (arguments.seed, count, ", ".join(sorted(lacking))))
        return 1
    print("%d worlds, %d answers of the join and %d of match-report, %.0f a minute, no difference (seed %s)" % (
        count, cases, programs, (cases + programs) / seconds * 60, arguments.seed))
    return 0


sys.exit(main())
