"""Deletes each command of buildspec.yml and each variable of the template in turn, and looks whether
the pipeline still passes. Writes `ok`, the mutant and what broke; or `not ok`, the mutant and why.

Arguments: the source tree, and the folder of pipeline-mutations.sh with the input, the programs for
the cache and the report that is wanted.
"""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request

import boto3
import yaml

TREE, WORK = sys.argv[1:3]
REGIONS = "us-east-1,eu-central-1"
REPORT = ("inventory.tsv", "sources.tsv", "report.txt", "report.tsv", "report.json", "report.html",
          "report.xml")
MEMBER = "arn:aws:iam::210987654321:role/ocidup"
# What may be deleted without a trace here.
SURVIVORS = {
    "EXTERNAL_ID": "moto's STS does not look at it; tests/e2e/list-accounts.sh does",
}


class Broken(Exception):
    """What does not hold."""


def expect(true, what):
    """Broken unless TRUE."""
    if not true:
        raise Broken(what)


class Trial:
    """One tree and template, with buckets of their own."""

    def __init__(self, number, tree, template, cached=True):
        self.name = f"mutant-{number}"
        self.tree = tree
        self.template = template
        self.s3 = boto3.client("s3")
        self.bucket = f"{self.name}-output-123456789012-us-east-1"
        self.artifacts = f"{self.name}-artifacts-123456789012-us-east-1"
        self.run("--deploy")
        if cached:
            self.s3.upload_file(
                os.path.join(WORK, "prebuilt.tar.gz"), self.artifacts, "cache/build-cache.tar.gz"
            )

    def run(self, *arguments):
        """codepipeline's exit status."""
        command = [
            sys.executable, os.path.join(TREE, "infra", "local", "codepipeline"),
            "--tree", self.tree, "--template", self.template,
            "--parameter", "PipelineName=" + self.name, "--parameter", "Regions=" + REGIONS,
            "--variable", "RESOLVE_FLAGS=" + os.environ["MIRRORS"],
            "--result", os.path.join(WORK, self.name + ".json"),
            *arguments[:-1], os.path.join(WORK, self.name), *arguments[-1:],
        ]  # fmt: skip
        if arguments == ("--deploy",):
            command[-2:] = ["--deploy", os.path.join(WORK, self.name)]
        with open(os.path.join(WORK, self.name + ".log"), "ab") as log:
            return subprocess.run(command, stdout=log, stderr=log, check=False).returncode

    def keys(self, prefix):
        """Of the bucket of reports."""
        listing = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in listing.get("Contents", [])]

    def get(self, key):
        """The bytes of a report."""
        expect(key in self.keys(key), f"{key} is not there")
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def validate(self):
        """The stage, of the last result."""
        with open(os.path.join(WORK, self.name + ".json"), encoding="utf-8") as file:
            return json.load(file)["stages"][1]

    def last_run(self, number):
        """The dated key of a build."""
        found = {key.rsplit("/", 1)[0] for key in self.keys("runs/")}
        pattern = rf"runs/\d{{4}}-\d\d-\d\d/\d{{6}}Z-{number}"
        found = [key for key in found if re.fullmatch(pattern, key)]
        expect(len(found) == 1, f"no dated report of build {number}")
        return found[0]

    def whole(self, number):
        """What a good run leaves."""
        run = self.last_run(number)
        for name in REPORT:
            with open(os.path.join(WORK, "report", name), "rb") as file:
                want = file.read()
            for folder in ("latest", run):
                expect(self.get(f"{folder}/{name}") == want, f"{folder}/{name} is another one")
        log = self.get("latest/log.txt").decode()
        expect("source: report/input.txt\n" in log, "the log does not say what was done")
        expect(f"{run}/: complete\n" in log, "the log does not say that it is complete")
        stage = self.validate()
        expect([one["tests"] for one in stage["reports"]] == [16], "no test report")
        expect(stage["artifact"] is not None, "no artifact")

    def usual(self):
        """Two runs on the same list, then one on a broken one."""
        source = os.path.join(WORK, "input.txt")
        expect(self.run(source) == 0, "the first run fails")
        self.whole(1)
        control("reset")
        expect(self.run(source) == 0, "the second run fails")
        self.whole(2)
        calls = control("calls")
        expect("BatchGetImage" not in calls, "the second run fetches manifests again")
        expect("GetDownloadUrlForLayer" not in calls, "the second run fetches configs again")
        broken = os.path.join(WORK, "broken.txt")
        with open(source, encoding="utf-8") as file, open(broken, "w", encoding="utf-8") as other:
            other.write(file.read() + "Not//A reference\n")
        expect(self.run(broken) == 1, "a broken list does not fail")
        expect(b"17 images" in self.get(self.last_run(3) + "/report.txt"), "a broken list: no report")
        log = self.get("latest/log.txt").decode()
        expect(": FAILED: the report says what is unknown\n" in log, "a failure is not said")

    def members(self):
        """A run with a role in another account, which local-ecr does not know."""
        source = os.path.join(WORK, "input.txt")
        parameters = ("--parameter", "MemberRoleArns=" + MEMBER, "--parameter", "ExternalId=secret")
        expect(self.run(*parameters, source) == 1, "the other account is not asked")
        expect(b"unauthorized" in self.get("latest/inventory.tsv"), "the other account is not there")


def control(what):
    """local-ecr's control: POST reset, GET anything else."""
    url = os.environ["CLOUD_CONTROL"] + "/" + what
    with urllib.request.urlopen(url, b"{}" if what == "reset" else None) as answer:
        return json.load(answer)


def buildspecs():
    """(name, buildspec, whether the programs may be in the cache) without each command and part."""
    with open(os.path.join(TREE, "buildspec.yml"), encoding="utf-8") as file:
        tree = yaml.safe_load(file)
    for phase, entry in tree["phases"].items():
        for index, command in enumerate(entry["commands"]):
            mutant = copy.deepcopy(tree)
            del mutant["phases"][phase]["commands"][index]
            if not mutant["phases"][phase]["commands"]:
                del mutant["phases"][phase]
            # What builds is not needed where it was built before.
            yield f"{phase} {index + 1}: {command.splitlines()[0]}", mutant, "bootstrap" not in command
    for part in ("reports", "artifacts"):
        mutant = copy.deepcopy(tree)
        del mutant[part]
        yield part, mutant, True


def templates():
    """(name, text) of the template without each variable of the project."""
    with open(os.path.join(TREE, "infra", "pipeline.yaml"), encoding="utf-8") as file:
        text = file.read()
    head, start, rest = text.partition("        EnvironmentVariables:\n")
    end = re.search(r"^ {0,8}\S", rest, re.M).start()
    entries = re.split(r"^(?= {10}- )", rest[:end], flags=re.M)[1:]
    for entry in entries:
        name = re.search(r"Name: (\w+)", entry).group(1)
        yield name, head + start + "".join(one for one in entries if one != entry) + rest[end:]


def source_tree(name, spec):
    """A tree that has what a run needs, with SPEC as its buildspec."""
    tree = os.path.join(WORK, name)
    os.makedirs(tree)
    for part in ("bootstrap", "configure.ac", "Makefile.am"):
        shutil.copy(os.path.join(TREE, part), tree)
    unwanted = shutil.ignore_patterns("*.*o", ".*", "__pycache__")
    for part in ("m4", "src", "infra"):
        shutil.copytree(os.path.join(TREE, part), os.path.join(tree, part), ignore=unwanted)
    with open(os.path.join(tree, "buildspec.yml"), "w", encoding="utf-8") as file:
        yaml.safe_dump(spec, file, sort_keys=False)
    return tree


def say(good, name, why):
    """One line for the shell."""
    print("ok" if good else "not ok", name, why, sep="\t", flush=True)


def attempt(name, trial, check):
    """Says whether the check of a mutant breaks, as it must."""
    try:
        check(trial)
    except Broken as problem:
        say(name not in SURVIVORS, name, f"without it, {problem}")
        return
    say(name in SURVIVORS, name, SURVIVORS.get(name, "without it, all passes"))


def main():
    """The tree as it is, which must pass; then the mutants."""
    with open(os.path.join(TREE, "buildspec.yml"), encoding="utf-8") as file:
        whole = yaml.safe_load(file)
    template = os.path.join(TREE, "infra", "pipeline.yaml")
    tree = source_tree("tree-0", whole)
    try:
        Trial("0", tree, template).usual()
        Trial("0m", tree, template).members()
        say(True, "nothing deleted", "all passes")
    except Broken as problem:
        say(False, "nothing deleted", str(problem))
        return
    number = 0
    for name, text in templates():
        number += 1
        path = os.path.join(WORK, f"template-{number}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        other = name in ("MEMBER_ROLE_ARNS", "EXTERNAL_ID")
        attempt(name, Trial(number, tree, path), Trial.members if other else Trial.usual)
    for name, spec, cached in buildspecs():
        number += 1
        mutant = source_tree(f"tree-{number}", spec)
        attempt(name, Trial(number, mutant, template, cached), Trial.usual)


main()
