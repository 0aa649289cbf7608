"""What the machine can do to a program: no room, no memory, no descriptors, nobody who reads; names
that nobody knows and addresses of its own link; and record files that are not what they should be.

A fault here is a shell script around the program, "$@", whose output goes where $O says. Where
something is mounted or a network is made, that is in namespaces of its own: it needs to be root.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess

import judge
from cell import MEMORY_MAX, OLD, REPORTS, Cell, Run, read, write
from table import GETS, PROGRAMS, WHOLE, Fault, other

HOLD, FAIL, EITHER = "it is as without it", "it fails", "it fails or is as without it"

# name: (script, what must come of it, signals that it may die of)
SCRIPTS = {
    "output to /dev/full": ('exec "$@" >/dev/full', FAIL, ()),
    "-o /dev/full": ('exec "$@" -o /dev/full', FAIL, ()),
    "closed output": ('exec "$@" >&-', FAIL, ()),
    "closed input": ('exec "$@" $O <&-', HOLD, ()),
    "closed errors": ('exec "$@" $O 2>&-', HOLD, ()),
    "errors to /dev/full": ('exec "$@" $O 2>/dev/full', HOLD, ()),
    "all closed": ('exec "$@" $O <&- >&- 2>&-', HOLD, ()),
    "a folder where the output goes": ('exec "$@" -o docker', FAIL, ()),
    "no folder where the output goes": ('exec "$@" -o nowhere/out.tsv', FAIL, ()),
    "no home and no temporary folder": (
        'HOME=/nowhere TMPDIR=/nowhere; export HOME TMPDIR; exec "$@" $O', HOLD, ()),
    **{f"ulimit -n {count}": (f'ulimit -n {count} && exec "$@" $O', EITHER, ())
       for count in (3, 4, 5, 6, 7, 8, 10, 12, 16)},
    **{f"ulimit -v {size}": (f'ulimit -v {size} && exec "$@" $O', EITHER, ())
       for size in (8000, 16000, 20000, 24000, 32000, 40000, 50000, 60000, 80000, 100000)},
    **{f"ulimit -f {blocks}": (f'ulimit -f {blocks} && exec "$@" $O', EITHER, (25,))
       for blocks in (1, 8, 16)},
    "1 s of processor": ('ulimit -t 1 && exec "$@" $O', EITHER, (9, 24)),
}  # fmt: skip
# In a mount namespace; D is the folder that the output is in, "disk" for make.
MOUNTED = {
    **{f"a disk of {pages} pages": (
        f"mount -t tmpfs -o size={4 * pages}k none disk && cp old disk/out.tsv && "
        '{ "$@" -o disk/out.tsv; status=$?; cp disk/out.tsv out.tsv; ls -A disk >left; exit $status; }',
        EITHER if pages > 1 else FAIL, ()) for pages in (1, 2, 4)},
    "no /proc": ('mount -t tmpfs none /proc && exec "$@" -o out.tsv', HOLD, ()),
    "a disk that cannot be written": (
        "mount -t tmpfs -o ro none disk && "
        'exec "$@" -o disk/out.tsv', FAIL, ()),
}  # fmt: skip
LINK = "169.254.169.254"
# Names of it, in the network of its own.
NAMES = {"keys.test": LINK, "mapped.test": "::ffff:" + LINK}


def in_mount_namespace(script):
    """SCRIPT where what it mounts is nobody else's."""
    return ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"]


def may(kind):
    """Whether this machine lets us make a namespace."""
    return subprocess.run(["unshare", kind, "true"], check=False, capture_output=True).returncode == 0


class LocalCell(Cell):
    """A program in a script."""

    def __init__(self, bench, program, name):
        super().__init__(bench, program, None, "the machine", "once")
        self.name = f"{program}: the machine, {name}"
        self.family = "the machine, " + name.rstrip("0123456789")
        mounted = name in MOUNTED
        script, self.outcome, self.signals = (MOUNTED if mounted else SCRIPTS)[name]
        self.wrap = in_mount_namespace(script) if mounted else ["sh", "-c", script, "sh"]
        self.mounted = mounted

    def command(self):
        if self.program == "match-report":
            return ["match-report", "-vv", "--json", self.bench.path("sources.tsv"),
                    self.bench.path("inventory.tsv")]  # fmt: skip
        return super().command()

    def play(self):
        path = os.path.join(self.folder, "out.tsv")
        for name in ("out.tsv", "old"):
            write(os.path.join(self.folder, name), OLD)
        os.mkdir(os.path.join(self.folder, "disk"))
        text = self.input()
        write(os.path.join(self.folder, "input.txt"), text.encode())
        env = {**self.environment(), "O": "-o out.tsv"}
        run = Run([*self.wrap, *self.command()], self.folder, env)
        if -run.status in self.signals and run.status < 0:
            run.status = 2
        if run.status in (126, 127):
            run.status = 2  # the loader had no memory
        self.exhausted(run)
        wrong = run.problems(self.program)
        data = read(path)
        usual = 0 if self.program in ("resolve-digest", "list-ecr", "list-registry", "match-report") else 1
        if self.outcome == FAIL and run.status in (0, 1):
            wrong.append(f"status {run.status}: {run.err[-500:]!r}")
        if self.outcome == HOLD and run.status != usual:
            wrong.append(f"status {run.status}: {run.err[-500:]!r}")
        left = (read(os.path.join(self.folder, "left")) or b"out.tsv").split()
        left += [name.encode() for name in os.listdir(self.folder)]
        left = [name for name in left if name.startswith(b".out.tsv")]
        if left:
            wrong.append(f"files that are left: {left}")
        if run.status not in (0, 1):
            if data != OLD:
                wrong.append(f"status {run.status}, and a file that was not left as it was: {data[:300]}")
            if run.out and judge.Rows(run.out).wrong == [] and self.program != "match-report":
                wrong.append("what fails is whole")
            return wrong
        if data == OLD:
            return [*wrong, f"status {run.status} and nothing was written: {run.err[-500:]!r}"]
        return wrong + self.truth(data, text, run.status)

    def exhausted(self, run):
        """Who was not given the memory may end for want of it."""
        if "ulimit -v" in self.name:
            run.err = run.err.replace(b"ocidup: out of memory", b"")

    def truth(self, data, text, status):
        """What was written is true."""
        if self.program == "match-report":
            world = self.servers.world
            text = read(self.bench.path("input.txt")).decode()
            return judge.check_report(data, judge.lines_of(text), world.of_line, None, (self.program, ""), True)
        rows = judge.Rows(data, self.servers.host("registry"))
        return judge.check_rows(rows, self.bench.golden[self.program], status, None)


class LocalPipe(LocalCell):
    """`make report` in a script."""

    def play(self):
        text = self.input()
        write(os.path.join(self.folder, "input.txt"), text.encode())
        out = os.path.join(self.folder, "out")
        os.mkdir(out)
        if self.mounted:
            self.wrap[6] = self.wrap[6].replace("disk", "out").replace('"$@" -o out/out.tsv', '"$@"')
            self.wrap[6] = self.wrap[6].replace("cp old out/out.tsv && ", "").replace(
                "cp out/out.tsv out.tsv; ls -A out >left;", "mkdir kept; cp -a out/. kept;")  # fmt: skip
        run = Run([*self.wrap, *self.command()], self.folder, {**self.environment(), "O": ""})
        if run.status in (126, 127) or -run.status in self.signals:
            run.status = 2
        self.exhausted(run)
        wrong = run.problems(self.program)
        if os.path.isdir(os.path.join(self.folder, "kept")):
            out = os.path.join(self.folder, "kept")
        there = [name for name in REPORTS if os.path.exists(os.path.join(out, name))]
        for name in there:
            wrong += judge.check_whole(os.path.join(out, name))
        if run.status == 0:
            wrong.append("status 0, and a source is not there")
        if "report.json" in there:
            data = read(os.path.join(out, "report.json"))
            wrong += judge.check_report(
                data, judge.lines_of(text), self.servers.world.of_line, None, (self.program, ""), False)  # fmt: skip
        return wrong


class ReaderGone(LocalCell):
    """Nobody reads what is written."""

    def __init__(self, bench, program):
        super().__init__(bench, program, "closed output")
        self.name = f"{program}: the machine, a reader that went away"
        self.family = "the machine, a reader that went away"

    def play(self):
        write(os.path.join(self.folder, "input.txt"), self.input().encode())
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as gone:
            run = Run(self.command(), self.folder, self.environment(), stdout=gone)
        if run.status == -13:
            run.status = 2
        wrong = run.problems(self.program)
        if run.status in (0, 1):
            wrong.append(f"status {run.status}, and nobody read it")
        return wrong


# ---- record files

def _cut(data, at):
    """DATA up to AT of 1000, but not at the end of a row: of what ends there nobody can know."""
    end = len(data) * at // 1000
    return data[: end - 1] if data[end - 1 : end] == b"\n" else data[:end]


FILES = {
    **{f"cut off at {at} of 1000": (lambda data, at=at: _cut(data, at)) for at in range(5, 1000, 45)},
    "without its last line feed": lambda data: data[:-1],
    "empty": lambda _: b"",
    "of NULs": lambda data: b"\0" * len(data),
    "with a NUL": lambda data: data.replace(b"sha256", b"sha\x00256", 1),
    "without the column digest": lambda data: data.replace(b"\tdigest\t", b"\tother\t", 1),
    "with a column twice": lambda data: data.replace(b"\tdigest\t", b"\timage\t", 1),
    "without its header": lambda data: data.partition(b"\n")[2],
    "with another header": lambda data: data + b"image\tstatus\n" + data.partition(b"\n")[2],
    "with an empty cell": lambda data: data.replace(b"\t-\t", b"\t\t", 1),
    "with a cell too few": lambda data: data.replace(b"\tok\t", b"\t", 1),
    "with a cell too many": lambda data: data.replace(b"\tok\t", b"\tok\tok\t", 1),
    "with an escape that is none": lambda data: data.replace(b"\tok\t", b"\tok\t\\x", 1),
    "in UTF-16": lambda data: data.decode().encode("utf-16"),
    "of HTML": lambda _: b"<html>\n",
    "of a line of 100 MB": lambda data: data + b"x" * 100000000 + b"\n",
    "of CR LF": lambda data: data.replace(b"\n", b"\r\n"),
}  # fmt: skip


# Rows that a later version may write: what they say is not known, and they take nothing from others.
STRANGE = {
    "of a status that is none": lambda data: data.replace(b"\tok\t", b"\tfine\t", 1),
    "with a digest that is none": lambda data: data.replace(b"sha256:", b"sha256;", 1),
    "with a control character": lambda data: data.replace(b"sha256:", b"sha\x1b[2J:", 1),
    "with columns that nobody knows": lambda data: data.replace(b"\n", b"\tmore\n"),
}  # fmt: skip


class FileCell(LocalCell):
    """match-report on a file that is not whole, or resolve-digest --reuse and list-ecr --reuse."""

    def __init__(self, bench, program, which, name):
        super().__init__(bench, program, "closed input")
        self.name = f"{program}: the machine, {which} {name}"
        self.family = "the machine, record files"
        self.which = which
        self.change = {**FILES, **STRANGE}[name]
        self.strange = name in STRANGE

    def command(self):
        if self.program == "match-report":
            files = {name: self.bench.path(name) for name in ("sources.tsv", "inventory.tsv")}
            files[self.which] = "bad.tsv"
            return ["match-report", "-vv", "--json", *files.values()]
        command = super().command()
        return [command[0], "--reuse=bad.tsv", *command[1:]]

    def play(self):
        data = self.change(read(self.bench.path(self.which)))
        write(os.path.join(self.folder, "bad.tsv"), data)
        write(os.path.join(self.folder, "out.tsv"), OLD)
        write(os.path.join(self.folder, "input.txt"), self.input().encode())
        run = Run([*self.command(), "-o", "out.tsv"], self.folder, self.environment())
        wrong = run.problems(self.program)
        if self.strange and run.status in (0, 1):
            return wrong + self.taken(read(os.path.join(self.folder, "out.tsv")), run.status)
        if run.status != 2:
            wrong.append(f"status {run.status}: it was taken: {run.err[-300:]!r}")
        if read(os.path.join(self.folder, "out.tsv")) != OLD:
            wrong.append("a file that was not left as it was")
        return wrong

    def taken(self, data, status):
        """What came of a row that is strange: nothing that is not true of the others."""
        if self.program != "match-report":
            return self.truth(data, "", status)
        lines = judge.lines_of(read(self.bench.path("input.txt")).decode())
        odd = Fault("a strange row", None, moves=True, hides=True)
        return judge.check_report(
            data, lines, self.servers.world.of_line, odd, (self.program, ""), False)  # fmt: skip


def cells(bench):
    """All of them, as far as this machine lets us."""
    mounts, networks = may("-m"), may("-n")
    for program in (*PROGRAMS, "match-report"):
        if " " in program and program != "make report":
            continue  # the same program
        kind = LocalPipe if program == "make report" else LocalCell
        for name, (script, _, _) in {**SCRIPTS, **(MOUNTED if mounts else {})}.items():
            if kind is LocalPipe and (" -o " in script or ">" in script) and name not in MOUNTED:
                continue  # what make says is not the report
            if MEMORY_MAX == "unlimited" and name.startswith("ulimit -v"):
                continue  # sanitizers need room
            yield kind(bench, program, name)
        if kind is LocalCell:
            yield ReaderGone(bench, program)
        if networks and program != "match-report":
            for one in NETLESS:
                for endpoint in PROGRAMS[program]:
                    if endpoint in WHOLE:
                        yield Cell(bench, program, one, endpoint, "for ever")
    for name in {**FILES, **STRANGE}:
        for which in ("sources.tsv", "inventory.tsv"):
            yield FileCell(bench, "match-report", which, name)
        yield FileCell(bench, "resolve-digest", "inventory.tsv", name)
        yield FileCell(bench, "list-ecr", "inventory.tsv", name)


# ---- a network of its own

# The program in a network that has nothing, its loopback neither; what has a name there has none.
NETLESS = (
    Fault("a network that is down", None, refused=True, stops=True, wrap=("unshare", "-n")),
    Fault("names that nobody knows", None, refused=True, stops=True, wrap=("unshare", "-n"),
          named="registry.invalid"),
)  # fmt: skip

LEADS = {
    "redirect": (GETS, lambda answer, url: other(answer, b"", 307, Location=url)),
    "realm": (("challenge",), lambda answer, url: other(
        answer, b"", 401, **{"WWW-Authenticate": f'Bearer realm="{url}",service="s"'})),
    "pages": (("catalog", "tags"), lambda answer, url: other(
        answer, answer.body, 200, Link=f"<{url}>; rel=next")),
    "downloadUrl": (("url",), lambda answer, url: other(
        answer, json.dumps({"downloadUrl": url}).encode())),
}  # fmt: skip


def lead(change, url):
    """A fault that leads to URL."""

    def strike(link, asked, answer, servers):
        link.answer(asked, change(answer, url))

    return strike


def led():
    """Faults that lead to what is on the link: where a cloud gives keys to whoever asks."""
    for name, (at, change) in LEADS.items():
        for host in (LINK, "2852039166", "[::ffff:169.254.169.254]", *NAMES):
            url = f"http://{host}/latest/meta-data/iam/security-credentials/role"
            yield Fault(f"{name} to {host}", lead(change, url), at, hides=True, stops=True,
                        counts=("for ever",), family="what leads to the link")  # fmt: skip


class Link:
    """Who listens at the address of the link, in namespaces of network and mounts that we are in."""

    def __init__(self, folder):
        hosts = os.path.join(folder, "hosts")
        lines = [f"{address} {name}\n" for name, address in {"localhost": "127.0.0.1", **NAMES}.items()]
        write(hosts, "".join(lines).encode())
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
        control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for name, address in ((b"lo", "127.0.0.1"), (b"lo:1", LINK)):
            request = struct.pack("16sHH4s8s", name, socket.AF_INET, 0, socket.inet_aton(address), b"")
            fcntl.ioctl(control, 0x8916, request)  # SIOCSIFADDR
            fcntl.ioctl(control, 0x8914, struct.pack("16sH14s", name, 0x41, b""))  # up, running
        control.close()
        self.sock = socket.socket()
        self.sock.bind((LINK, 80))
        self.sock.listen(16)
        self.sock.setblocking(False)

    def came(self):
        """Whether somebody came, who has to wait."""
        try:
            self.sock.accept()[0].close()
            return True
        except BlockingIOError:
            return False
