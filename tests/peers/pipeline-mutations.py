"""Deletes each command of buildspec.yml, each line of those that are scripts, each other part of it,
and each variable of the template in turn, and looks whether the pipeline still passes. Writes `ok`,
the mutant and what broke; or `not ok`, the mutant and why.

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
UNSET = "a variable that is not set is empty, too; this says that it may be set"
SURVIVORS = {
    "env LIST_FLAGS": UNSET,
    "env RESOLVE_FLAGS": UNSET,
    "env MATCH_FLAGS": UNSET,
    "build 2, accounts=": UNSET,
}
SAID = "The cache has no programs that start here, so they are built.\n"
# Lines of a script that are no commands of their own.
STRUCTURE = re.compile(r"(if|elif|else|fi|for|done)\b|\}$|.*(\{|\bthen|\bdo)$|#")


class Broken(Exception):
    """What does not hold."""


def expect(true, what):
    """Broken unless TRUE."""
    if not true:
        raise Broken(what)


class Trial:
    """One tree and template, with buckets of their own."""

    def __init__(self, number, tree, template, cache="prebuilt"):
        self.name = f"mutant-{number}"
        self.tree = tree
        self.template = template
        self.s3 = boto3.client("s3")
        self.bucket = f"{self.name}-output-123456789012-us-east-1"
        self.artifacts = f"{self.name}-artifacts-123456789012-us-east-1"
        self.run("--deploy")
        self.cache = cache
        if cache:
            self.s3.upload_file(
                os.path.join(WORK, cache + ".tar.gz"), self.artifacts, "cache/build-cache.tar.gz"
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

    def said(self):
        """What the runs wrote so far."""
        with open(os.path.join(WORK, self.name + ".log"), encoding="utf-8") as file:
            return file.read()

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
        """Two runs on the same list, one on a broken one, and one that cannot be."""
        source = os.path.join(WORK, "input.txt")
        expect(self.run(source) == 0, "the first run fails")
        self.whole(1)
        before = self.said()
        if self.cache != "prebuilt":
            expect(SAID in before, "what is built is not said")
        control("reset")
        expect(self.run(source) == 0, "the second run fails")
        self.whole(2)
        after = self.said()[len(before) :]
        expect("  CC" not in after, "the second run builds the programs again")
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
        report = self.get("latest/report.txt")
        option = ("--variable", "LIST_FLAGS=--no-such-option")
        expect(self.run(*option, source) == 1, "a listing that cannot be does not fail")
        log = self.get("latest/log.txt").decode()
        expect(": FAILED, and there is no report" in log, "no report, and that is not said")
        expect(self.get("latest/report.txt") == report, "the last report does not stay")

    def members(self):
        """A run with a role in another account, which wants an external ID."""
        control("role", {"arn": MEMBER, "external_id": "secret", "trusts": "123456789012"})
        source = os.path.join(WORK, "input.txt")
        parameters = ("--parameter", "MemberRoleArns=" + MEMBER, "--parameter", "ExternalId=secret")
        expect(self.run(*parameters, source) == 0, "the other account cannot be asked")
        expect(b"210987654321/" in self.get("latest/inventory.tsv"), "the other account is not there")


def control(what, body=None):
    """local-ecr's control: POST reset and what has a BODY, GET anything else."""
    url = os.environ["CLOUD_CONTROL"] + "/" + what
    if what == "reset":
        body = {}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(url, data) as answer:
        return json.load(answer)


def lines(command):
    """Of a script: each line that is a command, and the script without it."""
    whole = re.findall(r"(?:[^\n]*\\\n)*[^\n]*\n?", command)
    for index, line in enumerate(whole):
        text = line.strip()
        if text and not STRUCTURE.match(text):
            yield text.splitlines()[0], "".join([*whole[:index], ":\n", *whole[index + 1 :]])


def buildspecs():
    """(name, buildspec, cache, whether other accounts matter) without each command and part."""
    with open(os.path.join(TREE, "buildspec.yml"), encoding="utf-8") as file:
        tree = yaml.safe_load(file)
    for phase, entry in tree["phases"].items():
        for index, command in enumerate(entry["commands"]):
            name = f"{phase} {index + 1}"
            # What builds is not needed where it was built before.
            cache = "broken" if "bootstrap" in command else "prebuilt"
            mutant = copy.deepcopy(tree)
            del mutant["phases"][phase]["commands"][index]
            if not mutant["phases"][phase]["commands"]:
                del mutant["phases"][phase]
            yield f"{name}: {command.splitlines()[0]}", mutant, cache, False
            if "\n" not in command:
                continue
            for line, rest in lines(command):
                mutant = copy.deepcopy(tree)
                mutant["phases"][phase]["commands"][index] = rest
                yield f"{name}, {line}", mutant, cache, "accounts=" in line and line != "accounts="
    for name in tree["env"]["variables"]:
        mutant = copy.deepcopy(tree)
        del mutant["env"]["variables"][name]
        yield f"env {name}", mutant, "prebuilt", False
    for part in ("reports", "artifacts", "cache"):
        mutant = copy.deepcopy(tree)
        del mutant[part]
        yield part, mutant, "broken" if part == "cache" else "prebuilt", False


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
    for part in ("build-aux", "completions", "doc", "infra", "m4", "src", "tests"):
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
        Trial("0b", tree, template, "broken").usual()
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
    for name, spec, cache, other in buildspecs():
        number += 1
        mutant = source_tree(f"tree-{number}", spec)
        attempt(name, Trial(number, mutant, template, cache), Trial.members if other else Trial.usual)
        shutil.rmtree(mutant)


main()
