"""What the programs that keep keys can do to who asks them: a credential helper of docker, and a
credential_process of AWS. Each is a script that has its right answer at hand.
"""

import json
import os

import judge
from cell import Run, read, write
from machine import EITHER, FAIL, HOLD, LocalCell
from shapes import ODD, others, paths, put
from world import KEY, PASSWORD, SECRET, SESSION, USER

# A, the answer; C, a file for the numbers of processes that must not stay.
SCRIPTS = {
    "as it should be": ('cat "$A"', HOLD),
    "that fails": ('cat "$A"; exit 1', FAIL),
    "that says on its errors what it must not": ('cat "$A" >&2; exit 1', FAIL),
    "that drives the terminal": (r"printf '\033[2J\033]0;x\007\302\233' >&2; exit 1", FAIL),
    "that says much on its errors": ('head -c 1000000 /dev/zero >&2; cat "$A"', HOLD),
    "that says nothing": (":", FAIL),
    "that is killed": ('cat "$A"; kill -9 $$', FAIL),
    "that does not read": ('exec <&-; cat "$A"', HOLD),
    "that answers twice": ('cat "$A" "$A"', FAIL),
    "of 100 MB": ('cat "$A"; head -c 100000000 /dev/zero', FAIL),
    "without an end": ('echo $$ >"$C"; exec cat /dev/zero', FAIL),
    "that leaves a process": ('sleep 5 & cat "$A"', HOLD),
    "that closes its output": ('cat "$A"; exec >&- 2>&-; exit 0', HOLD),
    "that is none": ("#none", FAIL),
}  # fmt: skip
SLOW = {
    "that does not end": ('echo $$ >"$C"; cat "$A"; exec sleep 1000', FAIL),
    "that heeds no signal": ("trap '' TERM INT HUP; sleep 1000 & echo $! >\"$C\"; wait; wait", FAIL),
}
DOCKER = {"ServerURL": "x", "Username": USER, "Secret": PASSWORD}
PROCESS = {"Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET, "SessionToken": SESSION,
           "Expiration": "2099-01-01T00:00:00Z"}  # fmt: skip
ANSWERS = {"resolve-digest": DOCKER, "list-registry": DOCKER, "list-ecr": PROCESS}


class HelperCell(LocalCell):
    """A program that has its keys from one."""

    def __init__(self, bench, program, name, body, script=SCRIPTS["as it should be"], slow=0):
        super().__init__(bench, program, "closed input")
        self.name = f"{program}: a program that gives keys, {name}"
        self.family = "a program that gives keys"
        self.body = body
        self.script, self.outcome = script
        self.slow = slow

    def environment(self):
        env = super().environment()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            del env[name]
        host = self.servers.host("registry")
        path = os.path.join(self.folder, "docker", "docker-credential-faults")
        answer, gone = (os.path.join(self.folder, "docker", name) for name in ("answer", "gone"))
        write(answer, self.body)
        if "#none" not in self.script:
            write(path, f"#!/bin/sh\nA='{answer}' C='{gone}'\n{self.script}\n".encode())
            os.chmod(path, 0o755)
        write(os.path.join(self.folder, "docker", "config.json"),
              json.dumps({"credHelpers": {host: "faults"}}).encode())  # fmt: skip
        write(os.path.join(self.folder, "docker", "aws"),
              f"[default]\ncredential_process = {path}\n".encode())  # fmt: skip
        env["PATH"] = os.path.dirname(path) + os.pathsep + env["PATH"]
        env["AWS_CONFIG_FILE"] = os.path.join(self.folder, "docker", "aws")
        return env

    def play(self):
        write(os.path.join(self.folder, "input.txt"), self.input().encode())
        run = Run([*self.command(), "-o", "out.tsv"], self.folder, self.environment(), **self.more())
        wrong = run.problems(self.program) + self.stayed()
        # Who has no keys of AWS can do nothing; of a registry the rows say so.
        failed = 2 if self.program == "list-ecr" else 1
        if run.status not in {HOLD: (0,), FAIL: (failed,), EITHER: (0, failed)}[self.outcome]:
            wrong.append(f"status {run.status}: {run.err[-500:]!r}")
        data = read(os.path.join(self.folder, "out.tsv"))
        if run.status not in (0, 1):
            return wrong + ([f"status {run.status}, and a file"] if data is not None else [])
        wrong += judge.secrets_in(data, "the file")
        rows = judge.Rows(data, self.servers.host("registry"))
        return wrong + judge.check_rows(rows, self.bench.golden[self.program], run.status, None)

    def stayed(self):
        """What it started, and runs."""
        number = (read(os.path.join(self.folder, "docker", "gone")) or b"").decode().strip()
        state = read(f"/proc/{number}/stat") if number else None
        if state is None or state.rpartition(b") ")[2][:1] == b"Z":
            return []
        return [f"process {number} runs on"]


def cells(bench):
    """Each, with each of them."""
    for program, answer in ANSWERS.items():
        body = json.dumps(answer).encode()
        for name, script in SCRIPTS.items():
            yield HelperCell(bench, program, name, body, script)
        for name, script in SLOW.items():
            yield HelperCell(bench, program, name, body, script, 120)
        for name, change in ODD.items():
            yield HelperCell(bench, program, f"JSON {name}", change(body), ('cat "$A"', EITHER))
        for path, member in paths(answer):
            for label, new in others(path, member):
                value = dict(answer)
                put(value, path, new)
                yield HelperCell(bench, program, f"{path[0]} is {label}", json.dumps(value).encode(),
                                 ('cat "$A"', EITHER))  # fmt: skip
