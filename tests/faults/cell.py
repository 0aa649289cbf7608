"""A cell of the matrix: servers, a fault, a program that is run, and the promise checked."""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import judge
from server import ROLES, Servers
from table import COUNTS, JSON, KEYS, ORIGINS, Struck
from world import CONTAINER_TOKEN, KEY, PASSWORD, REGION, ROLE, SECRET, SESSION, USER, World, short_hash

TOP = os.environ["top_srcdir"]
BUILD = os.environ.get("builddir", os.getcwd())
# Of sanitizers and slow machines.
PATIENCE = float(os.environ.get("FAULTS_PATIENCE", "1"))
DEADLINE = 60 * PATIENCE
# What no answer may make a program take of memory, KiB; sanitizers take much of their own.
MEMORY_MAX = "unlimited" if os.environ.get("FAULTS_PATIENCE") else str(128 * 1024)
BOUNDED = ["sh", "-c", 'ulimit -d "$0" && exec "$@"']
OLD = b"what was there before\n"
REPORTS = ("report.txt", "report.tsv", "report.json", "report.html", "report.xml")


class Run:
    """A program that ran: `status` (negative: a signal), `out`, `err`, `hung`."""

    def __init__(self, command, folder, env, deadline=DEADLINE, stdout=None, memory=MEMORY_MAX):
        out = stdout or open(os.path.join(folder, ".stdout"), "w+b")
        with open(os.path.join(folder, ".stderr"), "w+b") as err:
            process = subprocess.Popen(  # pylint: disable=consider-using-with
                [*BOUNDED, memory, *command], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=err, start_new_session=True,
            )  # fmt: skip
            self.hung = False
            timer = threading.Timer(deadline, self._kill, [process.pid])
            timer.start()
            self.status = process.wait()
            timer.cancel()
            err.seek(0)
            self.err = err.read()
        self.out = b""
        if stdout is None:
            out.seek(0)
            self.out = out.read()
            out.close()

    def _kill(self, pid):
        self.hung = True
        os.killpg(pid, signal.SIGKILL)

    def problems(self, name):
        """What is wrong with it whatever it was to do."""
        wrong = judge.check_output(self.err, f"{name}, stderr")
        wrong += judge.check_output(self.out, f"{name}, stdout")
        if self.hung:
            wrong.append(f"{name} hung: {self.err[-2000:].decode('utf-8', 'replace')}")
        elif self.status < 0 or self.status > 3:
            wrong.append(f"{name} ended with {self.status}: {self.err[-2000:]!r}")
        if b"ocidup: out of memory" in self.err:
            wrong.append(f"{name} took more than {MEMORY_MAX} KiB")
        return wrong


def write(path, data):
    """A file."""
    with open(path, "wb") as file:
        file.write(data)


def read(path):
    """A file's bytes; None: it is not there."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def known_of(data):
    """The rows of an earlier run: half of those of DATA, some of a repository that is no more, and of
    each that is kept one of an image that its tag has left."""
    header, *lines = data.decode().splitlines()
    kept = [line for line in lines if short_hash(line.partition(":")[0]) % 2]
    left = [line.replace(line.split("\t")[1], "sha256:" + "9" * 64) for line in kept]
    gone = [line.replace("/mirror/", "/vanished/") for line in kept]
    assert kept and len(kept) < len(lines)
    return ("\n".join([header, *left, *kept, *gone]) + "\n").encode()


class Bench:
    """What all cells have in common: certificates, and what comes without a fault."""

    def __init__(self, folder, contexts=None, kind=None):
        self.folder = folder
        self.kind = kind or Cell
        self.contexts = contexts
        self.golden = {}
        self.samples = {}

    def path(self, name):
        """Of a file that stays."""
        return os.path.join(self.folder, name)

    def prepare(self, programs):
        """Runs each program without a fault; what is wrong already then."""
        wrong = []
        for program in ("resolve-digest", "list-ecr", *programs):
            if program not in self.golden:
                cell = self.kind(self, program, None, None, "once")
                wrong += [f"{program} without a fault: {text}" for text in cell.run()]
                for answer in cell.servers.answers:
                    self.sample(program, answer)
        wrong += [
            f"{program} without a fault: not the rows of list-ecr"
            for program in programs
            if program.startswith("list-ecr") and self.golden[program].good() != self.golden["list-ecr"].good()
        ]
        return wrong

    def sample(self, program, answer):
        """Keeps what JSON a program is sent at an endpoint."""
        if answer.endpoint in JSON and answer.status == 200:
            key = program, answer.endpoint
            self.samples.setdefault(key, []).append(json.loads(answer.body))


class Cell:
    """One."""

    def __init__(self, bench, program, fault, endpoint, count):
        self.bench = bench
        self.program = program
        self.fault = fault
        self.endpoint = endpoint
        self.count = count
        self.family = fault.family if fault else ""
        self.wrap = fault.wrap if fault else ()
        self.name = f"{program}: {fault.name if fault else 'nothing'} at {endpoint}, {count}"
        self.injected = 0
        self.requests = 0
        self.seconds = 0.0
        self.slow = fault.slow if fault else 0
        self.stops = bool(fault and fault.stops) or endpoint in ("sts", *KEYS)

    def run(self):
        """What is wrong."""
        limit, retries = COUNTS[self.count]
        struck = self.strikes(limit) if self.fault else None
        world = World(mutate=self.fault.mutate if self.fault else None)
        if struck and self.fault.strike is None:
            struck.strike = lambda link, asked, answer, servers: link.answer(asked, answer)
        self.servers = self.serve(world, struck)
        self.folder = tempfile.mkdtemp(dir=self.bench.folder)
        self.options = ["-vv", f"--max-retries={retries}", f"--timeout={self.timeout()}"]
        if self.servers.tls:
            self.options.append("--cacert=" + self.bench.contexts["file"])
        began = time.monotonic()
        try:
            wrong = self.play()
            self.injected = self.servers.injected + bool(self.fault and self.fault.refused)
            if self.fault and self.injected < 1 and self.endpoint != "anywhere":
                wrong.append("the fault was never met")
            # Who is not reached by one is not reached by the others that wait for the same answer.
            if self.fault and self.fault.stalls and self.endpoint == "token" and self.injected > 8:
                wrong.append(f"the token service was asked {self.injected} times, one after the other")
            wrong += self.leaks()
        finally:
            self.seconds = time.monotonic() - began
            self.servers.end()
            self.requests = len(self.servers.asked)
            if self.fault:
                del self.servers
            shutil.rmtree(self.folder, ignore_errors=True)
        return wrong

    def serve(self, world, struck):
        """Its servers."""
        tls, refused = {}, ()
        if self.fault and self.fault.tls:
            tls = {role: self.bench.contexts["good"] for role in ROLES}
            tls[ORIGINS[self.endpoint]] = self.bench.contexts[self.fault.tls]
            tls.pop(self.fault.plain, None)
        if self.fault and self.fault.refused:
            refused = (ORIGINS[self.endpoint],)
        named = self.fault.named if self.fault else "127.0.0.1"
        return Servers(world, struck, tls, refused, named)

    def more(self):
        """What else a run is given: time and memory."""
        deadline = DEADLINE + 4 * PATIENCE * self.slow
        memory = self.fault.memory if self.fault else None
        return {"deadline": deadline, "memory": memory or MEMORY_MAX}

    def strikes(self, limit):
        """Its fault, where it is."""
        return Struck(self.fault, self.endpoint, limit)

    def haste(self):
        """Who goes first: cells that take longest, and mostly wait."""
        return -self.slow, not (self.fault and self.fault.stalls), self.name

    def timeout(self):
        """Seconds for the programs' --timeout: few where they are waited for; more where a machine
        with much to do must not be taken for a stall."""
        if not (self.fault and self.fault.stalls):
            return 15
        return max(1, int(PATIENCE)) * (1 if self.count == "for ever" else 3)

    # ---- how it is run

    def environment(self):
        """Of the programs."""
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        docker = os.path.join(self.folder, "docker")
        os.makedirs(docker, exist_ok=True)
        auths = {"auths": {self.servers.host("registry"): {"auth": login}}}
        write(os.path.join(docker, "config.json"), json.dumps(auths).encode())
        env = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        return {
            **env,
            "PATH": BUILD + os.pathsep + os.environ["PATH"],
            "LC_ALL": "C",
            "HOME": self.folder,
            "TMPDIR": self.folder,
            "DOCKER_CONFIG": docker,
            **self.keys(),
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_ECR": self.servers.url("aws"),
            "AWS_ENDPOINT_URL_STS": self.servers.url("aws"),
        }

    def keys(self):
        """Where it has its keys of AWS from."""
        if self.program == "list-ecr on an instance":
            return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.servers.url("keys")}
        if self.program == "list-ecr in a container":
            return {
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.servers.url("keys") + "/container",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": CONTAINER_TOKEN,
            }
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": SESSION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def command(self):
        """Of the program, but for its output."""
        host = self.servers.host("registry")
        resolve = ["resolve-digest", *self.options, *self.tls_of("registry")]
        ecr = ["list-ecr", *self.options, "--role-arn=" + ROLE]
        if self.program == "list-registry":
            return ["list-registry", *self.options, *self.tls_of("registry"), f"{host}/mirror/*"]
        if self.program == "list-ecr --reuse":
            return [*ecr, "--reuse=" + self.bench.path("known.tsv")]
        if self.program.startswith("list-ecr"):
            return ecr
        if self.program == "make report":
            return [
                "make", "-s", "-f", os.path.join(TOP, "infra", "pipeline.mk"), "report", "OUT=out",
                "INPUT=input.txt", "LIST=" + " ".join(ecr), "RESOLVE_FLAGS=" + " ".join(resolve[1:]),
            ]  # fmt: skip
        if self.program.endswith("--reuse"):
            resolve.append("--reuse=" + self.bench.path("inventory.tsv"))
        return [*resolve, "input.txt"]

    def tls_of(self, role):
        """What makes the programs speak TLS to this machine."""
        return [f"--tls={self.servers.host(role)}"] if role in self.servers.tls else []

    def input(self):
        """The list of references. That one is not there and one is no reference makes every run fail
        in part: the plain run is without, so that it can end with 0."""
        lines = self.servers.world.lines(self.servers.host("registry"))
        if self.program == "resolve-digest":
            lines = [line for line in lines if "/gone" not in line and "Not A" not in line]
        return "\n".join(lines) + "\n"

    def play(self):
        """Runs it; what is wrong."""
        path = os.path.join(self.folder, "out.tsv")
        text = self.input()
        write(os.path.join(self.folder, "input.txt"), text.encode())
        env = self.environment()
        if self.program == "make report":
            return self.play_pipe(text, env)
        write(path, OLD)
        run = Run([*self.wrap, *self.command(), "-o", "out.tsv"], self.folder, env, **self.more())
        wrong = run.problems(self.program)
        data = read(path)
        left = [name for name in os.listdir(self.folder)
                if name not in ("out.tsv", "input.txt", "docker", ".stdout", ".stderr")]  # fmt: skip
        if left and not run.hung:
            wrong.append(f"files that are left: {left}")
        if run.status not in (0, 1):
            if data != OLD:
                wrong.append(f"status {run.status}, and a file that was not left as it was")
            if run.status == 2 and not self.stops:
                wrong.append(f"status 2: {run.err[-1000:]!r}")
            return wrong
        if data is None or data == OLD:
            return [*wrong, f"status {run.status} and nothing was written"]
        wrong += judge.secrets_in(data, "the file")
        rows = judge.Rows(data, self.servers.host("registry"))
        if self.fault is None:
            self.keep(data, rows)
        wrong += judge.check_rows(rows, self.bench.golden[self.program], run.status, self.fault)
        if self.fault and self.fault.passing and self.count != "for ever" and run.status != 0 \
                and rows.failed() != self.bench.golden[self.program].failed():  # fmt: skip
            wrong.append(f"it did not get over it: {run.err[-1500:].decode('utf-8', 'replace')}")
        return wrong + self.match(text, rows)

    def keep(self, data, rows):
        """What comes without a fault is what the others are compared with, and their other side."""
        self.bench.golden[self.program] = rows
        names = {"resolve-digest": "sources.tsv", "list-ecr": "inventory.tsv"}
        if self.program in names:
            write(self.bench.path(names[self.program]), data)
        if self.program == "resolve-digest":
            write(self.bench.path("input.txt"), read(os.path.join(self.folder, "input.txt")))
        if self.program == "list-ecr":
            write(self.bench.path("known.tsv"), known_of(data))

    def match(self, text, rows):
        """The report on what was written, with the other side whole."""
        sources, inventory = "out.tsv", self.bench.path("inventory.tsv")
        if self.program.startswith("list-"):
            sources, inventory = self.bench.path("sources.tsv"), "out.tsv"
            text = read(self.bench.path("input.txt")).decode()
        elif not os.path.exists(inventory):
            return []  # the first one of all
        run = Run(["match-report", "-vv", "--json=report.json", sources, inventory], self.folder,
                  self.environment(), **self.more())  # fmt: skip
        wrong = run.problems("match-report")
        if run.status not in (0, 1):
            return [*wrong, f"match-report: status {run.status}: {run.err[-500:]!r}"]
        data = read(os.path.join(self.folder, "report.json"))
        wrong += judge.secrets_in(data, "the report")
        whole = not rows.failed() or rows.failed() == self.bench.golden[self.program].failed()
        return wrong + judge.check_report(
            data, judge.lines_of(text), self.servers.world.of_line, self.fault,
            (self.program, self.endpoint), whole and not (self.fault and self.fault.moves),
        )  # fmt: skip

    def play_pipe(self, text, env):
        """`make report`."""
        out = os.path.join(self.folder, "out")
        os.mkdir(out)
        for name in REPORTS:
            write(os.path.join(out, name), OLD)
        run = Run([*self.wrap, *self.command()], self.folder, env, **self.more())
        wrong = run.problems("make report")
        there = [name for name in REPORTS if os.path.exists(os.path.join(out, name))]
        if there and len(there) < len(REPORTS):
            wrong.append(f"of the reports there are only {there}")
        for name in os.listdir(out):
            path = os.path.join(out, name)
            wrong += judge.secrets_in(read(path), name)
            if name != "input.txt" and not run.hung:
                wrong += judge.check_whole(path)
        if not there:
            if run.status == 0 or not self.stops:
                wrong.append(f"no report, status {run.status}: {run.err[-1000:]!r}")
            return wrong
        rows = []
        for name in ("sources.tsv", "inventory.tsv"):
            rows.append(judge.Rows(read(os.path.join(out, name)), self.servers.host("registry")))
            wrong += rows[-1].wrong
        failed = rows[0].failed() + rows[1].failed()
        if self.fault is None:
            self.bench.golden[self.program] = failed
        usual = self.bench.golden[self.program]
        if (run.status == 0) != (not failed):
            wrong.append(f"status {run.status} with {len(failed)} failed rows")
        if self.fault and self.fault.passing and self.count != "for ever" and len(failed) > len(usual):
            wrong.append(f"it did not get over it: {failed}")
        data = read(os.path.join(out, "report.json"))
        whole = len(failed) == len(usual) and not (self.fault and self.fault.moves)
        return wrong + judge.check_report(
            data, judge.lines_of(text), self.servers.world.of_line, self.fault,
            (self.program, self.endpoint), whole,
        )

    def leaks(self):
        """Credentials that were shown to who is not to have them."""
        allowed = {
            "registry": ("bearer token", "password"),
            "token": ("password",),
            "store": ("presigned URL", "issued session"),
            "aws": ("access key", "session token", "issued session"),
            "keys": ("container token", "instance token"),
        }
        if self.fault and self.fault.plain:
            allowed[self.fault.plain] = ()
        bad = ORIGINS[self.endpoint] if self.fault and self.fault.tls not in (None, "good") else None
        wrong = []
        for asked in list(self.servers.asked):
            if asked.role == bad:
                wrong.append(f"asked over TLS that nobody vouches for: {asked.target}")
            for found in judge.secrets_in(asked.everything().encode("latin-1"), asked.role):
                name = found.split(": ")[1]
                if name not in allowed[asked.role]:
                    wrong.append(f"{found}: {asked.everything()[:400]}")
        return wrong

