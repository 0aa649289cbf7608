"""Reads buildspec.yml (version 0.2), strictly: what is not known here is an error, since it would be
read wrongly and the build here be another one than in AWS.
"""

import yaml

PHASES = ("install", "pre_build", "build", "post_build")


class BuildspecError(Exception):
    """What is wrong with it, in one line (CodeBuild: YAML_FILE_ERROR)."""


def _map(where, value, known):
    if not isinstance(value, dict):
        raise BuildspecError(f"{where}: a mapping is wanted")
    for key in value:
        if known is not None and key not in known:
            raise BuildspecError(f"{where}: {key} is not known here")
    return value


def _list(where, value):
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BuildspecError(f"{where}: a list of strings is wanted")
    return value


class Phase:
    """Its commands, and those that run however it ends."""

    def __init__(self, where, entry):
        _map(where, entry, ("commands", "finally", "on-failure"))
        self.commands = _list(where + ".commands", entry.get("commands", []))
        self.finally_ = _list(where + ".finally", entry.get("finally", []))
        self.on_failure = entry.get("on-failure", "ABORT")
        if self.on_failure not in ("ABORT", "CONTINUE"):
            raise BuildspecError(f"{where}.on-failure: {self.on_failure} is not known here")
        if not self.commands and not self.finally_:
            raise BuildspecError(f"{where}: no commands")


class Files:
    """Files below a folder."""

    def __init__(self, where, entry, more=()):
        _map(where, entry, ("files", "base-directory", *more))
        self.files = _list(where + ".files", entry.get("files"))
        self.base = entry.get("base-directory", ".")


class Report(Files):
    """What goes to a report group."""

    def __init__(self, where, entry):
        super().__init__(where, entry, ("file-format",))
        self.format = entry.get("file-format", "JUNITXML").upper()
        if self.format != "JUNITXML":
            raise BuildspecError(f"{where}.file-format: {self.format} is not known here")


class Buildspec:
    """variables, shell, phases (a dict), artifacts (or None), reports (a dict), cache (paths)."""

    def __init__(self, path):
        try:
            with open(path, encoding="utf-8") as file:
                tree = yaml.safe_load(file)
        except OSError as problem:
            raise BuildspecError(f"{problem.filename}: {problem.strerror}") from problem
        except yaml.YAMLError as problem:
            raise BuildspecError(" ".join(str(problem).split())) from problem
        _map("buildspec", tree, ("version", "env", "phases", "reports", "artifacts", "cache"))
        if tree.get("version") != 0.2:
            raise BuildspecError("only version 0.2 is known here")
        env = _map("env", tree.get("env") or {}, ("shell", "variables"))
        self.shell = env.get("shell", "sh")
        if self.shell not in ("sh", "bash"):
            raise BuildspecError(f"env.shell: {self.shell} is not known here")
        self.variables = _map("env.variables", env.get("variables") or {}, None)
        phases = _map("phases", tree.get("phases"), PHASES)
        self.phases = {name: Phase("phases." + name, entry) for name, entry in phases.items()}
        self.artifacts = Files("artifacts", tree["artifacts"]) if "artifacts" in tree else None
        reports = _map("reports", tree.get("reports") or {}, None)
        self.reports = {name: Report("reports." + name, one) for name, one in reports.items()}
        cache = _map("cache", tree.get("cache") or {}, ("paths",))
        self.cache = _list("cache.paths", cache.get("paths", []))
