#!/usr/bin/env python3
"""Any part of what was known gives the same records, and so does any number of jobs:
reuse.py LOCAL ROUNDS SEED, in the environment of a local cloud (LOCAL: infra/local). After a file
that was sorted, the platforms of an index come in that order: the records do not say the index's.

Pushes images of all shapes to both registries, reads them with each program, and then again and
again with --reuse of rows that are left of those by chance, as awk or sort leave them, and --jobs.
"""

import gzip
import os
import random
import subprocess
import sys

LOCAL, ROUNDS, SEED = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sys.path.insert(0, LOCAL)

# pylint: disable=wrong-import-position
import oci  # noqa: E402

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
PLATFORMS = [("linux", "amd64", ""), ("linux", "arm64", "v8"), ("linux", "arm", "v6"), ("windows", "amd64", "")]
dice = random.Random(SEED)


def descriptor(kind, data, **more):
    """Of a blob."""
    return {"mediaType": kind, "digest": oci.digest_of(data), "size": len(data), **more}


class Pusher:
    """Images into one repository."""

    def __init__(self, host, repository):
        self.registry, self.repository = oci.Registry(host), repository

    def blob(self, kind, data):
        """Its descriptor."""
        self.registry.put_blob(self.repository, data)
        return descriptor(kind, data)

    def manifest(self, value, tag=None):
        """Its descriptor."""
        data = oci.dump(value)
        self.registry.put_manifest(self.repository, tag or oci.digest_of(data), data, value["mediaType"])
        return descriptor(value["mediaType"], data)

    def image(self, number, platform, tag=None):
        """One of a platform; numbers tell contents."""
        system, architecture, variant = platform
        layers = [gzip.compress(b"layer %d" % (number % (3 + depth)), mtime=0) for depth in range(1 + number % 3)]
        config = {"os": system, "architecture": architecture, "created": "2024-01-0%dT00:00:00Z" % (1 + number % 9),
                  "config": {"Cmd": ["run", str(number % 5)]},
                  "rootfs": {"type": "layers", "diff_ids": [oci.digest_of(gzip.decompress(one)) for one in layers]}}
        if variant:
            config["variant"] = variant
        if system == "windows":
            config["os.version"] = "10.0.%d.1" % number
        kinds = (oci.MANIFEST, oci.CONFIG, oci.LAYER)
        if number % 4 == 0:
            kinds = (DOCKER, "application/vnd.docker.container.image.v1+json",
                     "application/vnd.docker.image.rootfs.diff.tar.gzip")  # fmt: skip
        if number % 7 == 6:
            kinds = (oci.MANIFEST, "application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
        value = {"schemaVersion": 2, "mediaType": kinds[0], "config": self.blob(kinds[1], oci.dump(config)),
                 "layers": [self.blob(kinds[2], layer) for layer in layers]}  # fmt: skip
        return self.manifest(value, tag)

    def index(self, entries, tag=None):
        """Of (descriptor, platform); without one it is an index."""
        manifests = []
        for entry, platform in entries:
            told = dict(zip(("os", "architecture", "variant"), platform or ()))
            manifests.append({**entry, "platform": {name: value for name, value in told.items() if value}} if platform else entry)
        return self.manifest({"schemaVersion": 2, "mediaType": oci.INDEX, "manifests": manifests}, tag)

    def fill(self, numbers):
        """A tag for each number; the same number, the same content."""
        for number in numbers:
            tag = "t%d" % number
            some = [(self.image(number + i, platform), platform) for i, platform in enumerate(PLATFORMS[: 1 + number % 4])]
            if number % 5 == 0:
                self.image(number, PLATFORMS[number % 3], tag)
            elif number % 5 == 1:
                self.index([(self.index(some), None), some[0]], tag)
            elif number % 11 == 2:
                self.index([], tag)
            else:
                self.index(some, tag)


def read(*command):
    """The rows that a program writes."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit("%s: %d: %s" % (" ".join(command), done.returncode, done.stderr))
    return done.stdout


def left(rows):
    """Of ROWS, after somebody's filter."""
    how = dice.choice(["some", "most", "few", "platform", "repository"])
    if how == "platform":
        platform = dice.choice([row.split("\t")[2] for row in rows])
        rows = [row for row in rows if row.split("\t")[2] == platform]
    elif how == "repository":
        word = dice.choice(["/b:", "/a:", ":t1", "123456789012"])
        rows = [row for row in rows if word in row.split("\t")[0]]
    else:
        share = {"some": 0.5, "most": 0.9, "few": 0.1}[how]
        rows = [row for row in rows if dice.random() < share]
    return rows


def main():
    """Says what differs, and how much was compared."""
    source, (private, _, prefix) = os.environ["CLOUD_SOURCE"], os.environ["CLOUD_PRIVATE"].partition("/")
    Pusher(source, "quay.io/reuse/b").fill(range(16))
    for repository, numbers in (("a", range(0, 16, 2)), ("b", range(3, 16)), ("c", [1, 2, 5, 12])):
        Pusher(private, "/".join(filter(None, [prefix, repository]))).fill(numbers)
    with open("list", "w", encoding="utf-8") as file:
        file.writelines("quay.io/reuse/b:t%d\n" % number for number in range(16))

    commands = {
        "resolve-digest": ["resolve-digest", "-q", *os.environ["MIRRORS"].split(), "list"],
        "list-ecr": ["list-ecr", "-q"],
        "list-registry": ["list-registry", "-q", private],
    }
    whole = {name: read(*command) for name, command in commands.items()}
    header = next(iter(whole.values())).split("\n")[0]
    rows = []
    for name, command in commands.items():
        for text in (whole[name], read(command[0], "--no-configs", *command[1:])):
            rows += text.splitlines()[1:]
    different = 0
    for number in range(ROUNDS):
        known, order = left(rows), list
        if dice.random() < 0.3:
            known, order = sorted(known), sorted
        with open("reuse-%d" % number, "w", encoding="utf-8") as file:
            file.writelines(row + "\n" for row in [header, *known])
        for name, command in commands.items():
            again = read(command[0], "--reuse=reuse-%d" % number, "--jobs=%d" % dice.choice([1, 2, 7, 32]), *command[1:])
            if order(again.splitlines()) != order(whole[name].splitlines()):
                different += 1
                one, two = next(pair for pair in zip(order(whole[name].splitlines()), order(again.splitlines()) + [""])
                                if pair[0] != pair[1])  # fmt: skip
                print("%s, round %d of seed %s:\n- %s\n+ %s" % (name, number, SEED, one, two))
    print("%d times of %d rows, %d rows were known: %d differ" % (ROUNDS * 3, sum(map(len, map(
        str.splitlines, whole.values()))) - 3, len(rows), different))
    return bool(different)


sys.exit(main())
