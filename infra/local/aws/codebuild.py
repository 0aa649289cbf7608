"""Runs a build as AWS CodeBuild does (its user guide, "Build phase transitions" and "Build
specification reference").

Where the guide leaves room, this is the stricter: each command has a shell of its own, which
inherits the folder and what was exported, and nothing else; unpacked files have no execute bit.
"""

import fnmatch
import io
import os
import re
import subprocess
import tarfile
import time
import xml.etree.ElementTree
import zipfile

from . import buildspec

# Runs command $1; then writes what it leaves behind to $2 (the environment) and $3 (the folder).
WRAPPER = 'eval "$1"\nstatus=$?\nenv -0 >"$2" && pwd >"$3"\nexit $status'
INHERITED = ("_", "SHLVL", "PWD", "OLDPWD")


def matching(folder, patterns):
    """Names of the files below FOLDER that a list of buildspec's patterns has."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.relpath(os.path.join(root, name), folder)
            for pattern in patterns:
                flat = pattern.replace("**/", "")
                if fnmatch.fnmatch(path, pattern) or (
                    flat != pattern and fnmatch.fnmatch(path, flat)
                ):
                    found.append(path)
                    break
    return sorted(found)


class Build:
    """One build. folder: its own; environment: what the service and the project give; log: takes
    lines; cache: has load() and save(bytes), or None."""

    def __init__(self, folder, environment, log, cache=None):
        self.source = os.path.join(folder, "src")
        self._state = os.path.join(folder, "state")
        self._environment = dict(environment)
        self._folder = self.source
        self._log = log
        self._cache = cache
        self._spec = None
        self.phases = []
        self.reports = []
        self.artifact = None

    # ---- the phases

    def run(self, artifact, path):
        """Runs the buildspec PATH of the zip ARTIFACT. True when the build succeeded."""
        os.makedirs(self._state)
        try:
            self._download(artifact, path)
        except (buildspec.BuildspecError, zipfile.BadZipFile) as problem:
            self._phase("DOWNLOAD_SOURCE", f"YAML_FILE_ERROR: {problem}")
            return False
        self._phase("DOWNLOAD_SOURCE", None)
        go_on = True
        built = False
        for name in buildspec.PHASES:
            phase = self._spec.phases.get(name)
            if phase is None:
                continue
            # Only after BUILD, however it ended, the next phase is run in any case.
            if not go_on and not (name == "post_build" and built):
                continue
            built = built or name == "build"
            go_on = self._run_phase(name, phase) and go_on
        if built:
            self._upload()
        return all(why is None for _, why in self.phases)

    def _download(self, artifact, path):
        with zipfile.ZipFile(io.BytesIO(artifact)) as archive:
            # zipfile keeps no modes, just as CodePipeline.
            archive.extractall(self.source)
        self._spec = buildspec.Buildspec(os.path.join(self.source, path))
        for name, value in self._spec.variables.items():
            self._environment.setdefault(name, str(value))
        if self._cache is not None:
            saved = self._cache.load()
            self._log("[build] cache: " + ("none yet" if saved is None else "restored"))
            if saved is not None:
                with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
                    archive.extractall(self.source)

    def _phase(self, name, why):
        self.phases.append((name, why))
        self._log(f"[build] phase {name}: {why or 'SUCCEEDED'}")

    def _run_phase(self, name, phase):
        """Whether the build may go on behind it."""
        self._environment["CODEBUILD_BUILD_SUCCEEDING"] = (
            "1" if all(why is None for _, why in self.phases) else "0"
        )
        why = self._run_commands(phase.commands)
        finally_why = self._run_commands(phase.finally_)
        why = why or finally_why
        self._phase(name.upper(), why)
        return why is None or phase.on_failure == "CONTINUE"

    def _run_commands(self, commands):
        for command in commands:
            status = self._run_command(command)
            if status != 0:
                first = command.strip().splitlines()[0]
                return f"COMMAND_EXECUTION_ERROR: status {status}: {first}"
        return None

    def _run_command(self, command):
        self._log("[build] $ " + command.strip().replace("\n", "\n[build] > "))
        environment = os.path.join(self._state, "environment")
        folder = os.path.join(self._state, "folder")
        with subprocess.Popen(
            [self._spec.shell, "-c", WRAPPER, self._spec.shell, command, environment, folder],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            for line in process.stdout:
                self._log(line.decode("utf-8", "replace").rstrip("\n"))
        if os.path.exists(folder):
            with open(environment, "rb") as file:
                pairs = (one.decode().partition("=") for one in file.read().split(b"\0") if one)
                self._environment = {
                    name: value for name, _, value in pairs if name not in INHERITED
                }
            with open(folder, encoding="utf-8") as file:
                self._folder = file.read().rstrip("\n")
            os.unlink(folder)
        return process.returncode

    # ---- behind the phases

    def _upload(self):
        """UPLOAD_ARTIFACTS: always tried when BUILD was run."""
        if self._cache is not None and self._spec.cache:
            self._cache.save(self._packed_cache())
        for key, report in self._spec.reports.items():
            self._report(self._expand(key), report)
        why = None
        if self._spec.artifacts is not None:
            wanted = self._spec.artifacts
            base = os.path.join(self.source, self._expand(wanted.base))
            names = matching(base, wanted.files)
            if names:
                self.artifact = self._zip(base, names)
            else:
                why = "CLIENT_ERROR: no matching artifact paths found"
        self._phase("UPLOAD_ARTIFACTS", why)

    def _expand(self, text):
        return re.sub(
            r"\$\{?(\w+)\}?", lambda match: self._environment.get(match.group(1), ""), text
        )

    def _report(self, group, report):
        base = os.path.join(self.source, self._expand(report.base))
        names = matching(base, report.files)
        if not names:
            self._log(f"[build] report {group}: no matching report paths found")
        for name in names:
            try:
                suites = list(xml.etree.ElementTree.parse(os.path.join(base, name)).iter("testsuite"))
            except xml.etree.ElementTree.ParseError as problem:
                self._log(f"[build] report {group}: {name}: {problem}")
                continue
            counts = {
                count: sum(int(suite.get(count, 0)) for suite in suites)
                for count in ("tests", "failures", "errors")
            }
            self.reports.append({"group": group, "file": name, **counts})
            self._log(f"[build] report {group}: {name}: {counts['tests']} tests")

    @staticmethod
    def _zip(base, names):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.write(os.path.join(base, name), name)
        return data.getvalue()

    def _packed_cache(self):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz", compresslevel=1) as archive:
            for name in matching(self.source, self._spec.cache):
                archive.add(os.path.join(self.source, name), name)
        return data.getvalue()


def service_environment(project, number, region, commit):
    """What CodeBuild sets in every build."""
    return {
        "CI": "true",
        "CODEBUILD_CI": "true",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "CODEBUILD_BUILD_ID": f"{project}:{number}",
        "CODEBUILD_BUILD_NUMBER": str(number),
        "CODEBUILD_INITIATOR": "codepipeline/" + project,
        "CODEBUILD_RESOLVED_SOURCE_VERSION": commit,
        "CODEBUILD_SOURCE_VERSION": commit,
        "CODEBUILD_START_TIME": str(int(time.time() * 1000)),
    }
