#!/usr/bin/env python3
"""No secret ever appears: see secrets.sh, which starts the cloud.

secrets_told.py has what is run. What was written is searched for every secret, planted or issued; so
are the arguments of all processes below this one, by a thread that reads /proc and by the helpers
themselves. That the search finds, and that the server did get the secrets, are tests too.
"""

import base64
import json
import os
import subprocess
import sys
import threading
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from secrets_told import (  # noqa: E402
    CONTAINER,
    MAIN,
    MOODS,
    MORE_MOODS,
    PASSWORD,
    SECRET,
    SECRETS,
    WEB,
    ecr_scenarios,
    quoted,
    registry_scenarios,
)
from web import Home, Run, Tap, basic, find, forms, programs  # noqa: E402

TAP = Tap()


# ---- processes ----


class Watcher:
    """Reads the arguments of all processes below this one, again and again."""

    def __init__(self):
        self.seen = set()
        self._others = set()  # processes that are none of ours, while they are there
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(0.01):
            self._look()

    def _look(self):
        there = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self._others &= there
        parents = {}
        for process in there - self._others:
            try:
                with open(f"/proc/{process}/stat", encoding="latin-1") as file:
                    parents[process] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                pass
        for process in parents:
            above = process
            while above in parents and above != os.getpid():
                above = parents[above]
            if above != os.getpid():
                self._others.add(process)
                continue
            if process == above:
                continue
            try:
                with open(f"/proc/{process}/cmdline", "rb") as file:
                    self.seen.add(file.read())
            except OSError:
                pass

    def end(self):
        """All arguments that were seen."""
        self._stop.set()
        self._thread.join()
        return b"\n".join(sorted(self.seen))


# ---- searching ----


def reports(home, rows):
    """What match-report makes of ROWS, as both sides: everything that it writes."""
    path = home.write("rows.tsv", rows)
    files = {form: os.path.join(home.path, "report." + form) for form in ("tsv", "json", "junit")}
    run = Run(
        home.path,
        ["match-report", "-vv", "--text", *(f"--{form}={file}" for form, file in files.items()),
         path, path],
    )  # fmt: skip
    written = run.everything()
    for file in files.values():
        if os.path.exists(file):
            with open(file, encoding="utf-8", errors="replace") as report:
                written += report.read()
            os.unlink(file)
    return written


def check(scenario, home):
    """Runs a scenario in each of the server's moods."""
    wrong, arrived, seen = [], "", set()
    for mood, app in (MORE_MOODS if scenario.name in MAIN else MOODS).items():
        WEB.reset(**{name: make(app) for name, make in scenario.apps.items()})
        for name in ("b", "t"):
            if name not in scenario.apps:
                WEB.apps[name] = app
        path = [programs(), os.path.join(home.path, "bin"), os.environ["PATH"]]
        env = {**scenario.env, "PATH": os.pathsep.join(path)}
        run = Run(home.path, scenario.command, env, scenario.stdin)
        arrived += "".join(asked.everything() + quoted(asked) for asked in WEB.asked)
        written = run.everything()
        if run.out not in seen:
            seen.add(run.out)
            written += reports(home, run.out)
        for found in find(SECRETS, written):
            name, _, form = found.partition(": ")
            text = forms(SECRETS[name])[form].lower()
            lines = [line for line in written.splitlines() if text in line.lower()]
            wrong.append(f"{mood}: {found}: {[line[:400] for line in lines[:1]]}")
        if run.status not in (0, 1, 2):
            wrong.append(f"{mood}: status {run.status}: {run.err[-2000:]}")
    missing = [
        name
        for name in scenario.sent
        if not any(coded in arrived for coded in (SECRETS[name], *forms(SECRETS[name]).values()))
    ]
    TAP.ok(not wrong, f"{scenario.name}: no secret appears", *wrong[:20])
    TAP.ok(not missing, f"{scenario.name}: they were sent", f"missing: {missing}", run.err)


def check_the_search():
    """That what is there is found: the search of texts, and that of arguments."""
    lost = []
    for name, secret in SECRETS.items():
        for form, text in forms(secret).items():
            if not [one for one in find({name: secret}, f'{{"x":"\\u0000 {text}"}}\n')]:
                lost.append(f"{name}: {form}")
        longer = base64.b64encode(f"user:{secret}!".encode()).decode()
        if not find({name: secret}, "Authorization: Basic " + longer):
            lost.append(f"{name}: in base64 with others")
    TAP.ok(not lost, "every form of every secret is found", *lost)
    TAP.ok(not find(SECRETS, "nothing of that kind, " * 50), "and nothing else")
    watcher = Watcher()
    with subprocess.Popen(["sh", "-c", "read line", SECRET], stdin=subprocess.PIPE) as process:
        for _ in range(10000):
            if any(SECRET.encode() in seen for seen in list(watcher.seen)):
                break
            threading.Event().wait(0.001)
        process.communicate(b"\n")
    TAP.ok(find(SECRETS, watcher.end()), "a secret in an argument is found")


def check_the_cloud(home):
    """Real servers, when all is well: a registry with tokens, and ECR with keys of all kinds."""
    cloud = os.environ
    secrets = {
        "AWS secret": cloud["AWS_SECRET_ACCESS_KEY"],
        "AWS key": cloud["AWS_ACCESS_KEY_ID"],
        "password": PASSWORD,
    }
    host = cloud["CLOUD_TOKEN_REGISTRY"]
    home.docker(auths={host: {"auth": basic("me", PASSWORD)}})
    tls = [f"--tls={host}", "--cacert=" + cloud["CLOUD_TOKEN_CACERT"], "-vv"]
    runs = [
        Run(home.path, ["resolve-digest", *tls], None, f"{host}/team/app:1\n{host}/team/app:2\n"),
        Run(home.path, ["list-registry", *tls, host + "/team/*"]),
    ]
    endpoint = "--endpoint-url=" + cloud["AWS_ENDPOINT_URL_ECR"]
    region = {"AWS_REGION": cloud["AWS_REGION"], "AWS_EC2_METADATA_DISABLED": "true"}
    keys = {name: cloud[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    command = ["list-ecr", "-vv", endpoint]
    runs.append(Run(home.path, command, {**region, **keys}))
    local = os.path.join(cloud["top_srcdir"], "infra", "local", "local-credentials")
    arguments = [local, "--control", cloud["CLOUD_CONTROL"], "--authorization", CONTAINER]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as giver:
        said = json.loads(giver.stdout.readline())
        container = {
            **region,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": said["container"],
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": CONTAINER,
        }
        runs.append(Run(home.path, command, container))
        instance = {
            "AWS_REGION": cloud["AWS_REGION"],
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": said["imds"],
        }
        runs.append(Run(home.path, command, instance))
        with urllib.request.urlopen(said["control"] + "/issued", timeout=10) as answer:
            for number, given in enumerate(json.load(answer)):
                for part in ("id", "secret", "token"):
                    secrets[f"issued {part} {number}"] = given[part]
        giver.stdin.close()
    secrets["container"] = CONTAINER
    with urllib.request.urlopen(cloud["CLOUD_TOKEN_CONTROL"] + "/issued", timeout=10) as answer:
        for number, token in enumerate(json.load(answer)):
            secrets[f"token {number}"] = token
    statuses = [run.status for run in runs]
    TAP.ok(statuses == [1, 0, 0, 0, 0], "the cloud is read", statuses, *(run.err for run in runs))
    TAP.ok(
        sum(name.startswith("issued") for name in secrets) >= 6 and "token 0" in secrets,
        "keys and tokens were issued",
        list(secrets),
    )
    wrong = []
    for run in runs:
        for found in find(secrets, run.everything() + reports(home, run.out)):
            wrong.append(f"{found}: {run.err[:2000]}")
        if "] > " not in run.err or "authorization: (hidden)" not in run.err:
            wrong.append("no trace: " + run.err[:2000])
    TAP.ok(not wrong, "and none of them appears", *wrong)


def main():
    """All of it."""
    check_the_search()
    watcher = Watcher()
    with Home() as home:
        check_the_cloud(home)
    for variable in list(os.environ):
        if variable.startswith("AWS_") or variable.lower().endswith("_proxy"):
            del os.environ[variable]
    arguments = ""
    for scenarios in (registry_scenarios, ecr_scenarios):
        with Home() as home:
            for scenario in scenarios(home):
                check(scenario, home)
            with open(os.path.join(home.path, "arguments"), encoding="utf-8") as file:
                arguments += file.read()
    seen = watcher.end()
    TAP.ok(
        all(name in seen for name in (b"resolve-digest", b"list-registry", b"list-ecr")),
        "the programs' arguments were seen",
    )
    TAP.ok(
        "docker-credential-secrets get" in arguments and "keys --some argument" in arguments,
        "the helpers' too",
        arguments,
    )
    # The cloud's own servers are no processes of ours, but local-credentials is told its token.
    lines = [line for line in seen.split(b"\n") if b"local-credentials" not in line]
    found = find(SECRETS, b"\n".join(lines)) + find(SECRETS, arguments)
    TAP.ok(not found, "no secret is in any argument", *found)
    TAP.end()


if __name__ == "__main__":
    main()
