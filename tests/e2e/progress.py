"""progress.py: the line of progress in a pseudo-terminal, replayed by a small model of a terminal.

A server on loopback answers half of what a program asks and holds back the rest until enough was
drawn: so there is always time for a line, and nothing waits for a clock. Speaks TAP.
"""

import concurrent.futures
import fcntl
import hashlib
import http.server
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

COUNT = 240
REPOSITORIES = 24  # of ECR
DEADLINE = 60


class Screen:
    """What a terminal shows: rows that wrap, a cursor, and the few controls that we may use. One
    that reflows wraps its lines anew when its width changes, as tmux and VTE do; others cut."""

    def __init__(self, width, reflows):
        self.width, self.reflows = width, reflows
        self.rows, self.wrapped = [""], [False]  # wrapped: the row goes on with the one above
        self.row = self.column = 0
        self.odd = []  # controls that we should not use

    def put(self, text):
        for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\s\S]", text):
            if token == "\r":
                self.column = 0
            elif token == "\n":
                self.row += 1
                if self.row == len(self.rows):
                    self.rows.append("")
                    self.wrapped.append(False)
            elif token in ("\x1b[K", "\x1b[J"):
                self.rows[self.row] = self.rows[self.row][: self.column]
                if token == "\x1b[J":
                    del self.rows[self.row + 1 :], self.wrapped[self.row + 1 :]
            elif (token < " " and token != "\t") or token[0] in "\x1b\x7f":
                self.odd.append(token)
            else:
                if self.column == self.width:
                    self.row, self.column = self.row + 1, 0
                    self.rows[self.row : self.row] = [""]
                    self.wrapped[self.row : self.row] = [True]
                old = self.rows[self.row].ljust(self.column)
                self.rows[self.row] = old[: self.column] + token + old[self.column + 1 :]
                self.column += 1

    def resize(self, width):
        if not self.reflows:
            self.rows = [row[:width] for row in self.rows]
            self.column = min(self.column, width - 1)
            self.width = width
            return
        lines, at = [], (0, 0)
        for index, row in enumerate(self.rows):
            if not self.wrapped[index]:
                lines.append("")
            if index == self.row:
                at = (len(lines) - 1, len(lines[-1]) + self.column)
            lines[-1] += row
        self.rows, self.wrapped, self.width = [], [], width
        for index, line in enumerate(lines):
            first = len(self.rows)
            for start in range(0, max(len(line), 1), width):
                self.rows.append(line[start : start + width])
                self.wrapped.append(start > 0)
            if index == at[0]:
                self.row, self.column = first + at[1] // width, at[1] % width

    def text(self):
        """Its lines as they were written, without those below the last one."""
        joined = ""
        for row, wrapped in zip(self.rows, self.wrapped):
            joined += ("" if wrapped else "\n") + row
        return "\n".join(line.rstrip() for line in joined[1:].split("\n")).rstrip("\n")


CONFIG = "sha256:" + hashlib.sha256(b"{}x").hexdigest()
TYPE = "application/vnd.oci.image.manifest.v1+json"


def manifest(number):
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": number + 1}
    layer["digest"] = "sha256:" + hashlib.sha256(str(number).encode()).hexdigest()
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": CONFIG, "size": 3}
    whole = {"schemaVersion": 2, "mediaType": TYPE, "config": config, "layers": [layer]}
    text = json.dumps(whole)
    return text, "sha256:" + hashlib.sha256(text.encode()).hexdigest()


MANIFESTS = [manifest(number) for number in range(COUNT)]
BY_DIGEST = {digest: text for text, digest in MANIFESTS}


class Handler(http.server.BaseHTTPRequestHandler):
    """A registry with COUNT tags, and ECR's API with COUNT images."""

    protocol_version = "HTTP/1.1"

    def reply(self, status, body, kind="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    def hold(self):
        """Half of the requests go on; the others when the test says so."""
        with self.server.lock:
            self.server.asked += 1
            late = self.server.asked > self.server.free
        if late and self.server.throttles and not self.server.gate.is_set():
            self.reply(429, "{}", headers=[("Retry-After", "0")])
            return False
        if late:
            self.server.gate.wait(DEADLINE)
        return True

    def do_GET(self):
        name = self.path.partition("?")[0].rpartition("/")[2]
        if name == "list":
            self.reply(200, json.dumps({"name": "r", "tags": [f"t{i}" for i in range(COUNT)]}))
        elif self.path.startswith("/v2/r/manifests/"):
            text, digest = MANIFESTS[int(name[1:])] if name[0] == "t" else (BY_DIGEST[name], name)
            if self.hold():
                self.reply(200, text, TYPE, [("Docker-Content-Digest", digest)])
        else:
            self.reply(200, "{}")

    do_HEAD = do_GET

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        account, host = "123456789012", "123456789012.dkr.ecr.us-east-1.amazonaws.com"
        name = asked.get("repositoryName", "")
        if action == "DescribeRepositories":
            names = [f"r{number:02}" for number in range(REPOSITORIES)]
            answer = {"repositories": [
                {"registryId": account, "repositoryName": name, "repositoryUri": f"{host}/{name}"}
                for name in names
            ]}
        elif action == "DescribeImages":
            images = [
                {"registryId": account, "repositoryName": name, "imageDigest": digest,
                 "imageTags": [f"t{i}"], "imageManifestMediaType": TYPE, "imageStatus": "ACTIVE"}
                for i, (_, digest) in enumerate(MANIFESTS)
                if i % REPOSITORIES == int(name[1:])
            ]
            answer = {"imageDetails": images}
        else:
            if not self.hold():
                return
            images = [
                {"registryId": account, "repositoryName": name, "imageId": wanted,
                 "imageManifest": BY_DIGEST[wanted["imageDigest"]], "imageManifestMediaType": TYPE}
                for wanted in asked["imageIds"]
            ]
            answer = {"images": images, "failures": []}
        self.reply(200, json.dumps(answer), "application/x-amz-json-1.1")

    def log_message(self, *_):
        """Nobody reads it."""


def serve(free, throttles=False):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.request_queue_size = 128
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # who was interrupted hangs up
    server.lock, server.gate = threading.Lock(), threading.Event()
    server.asked, server.free, server.throttles = 0, free, throttles
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class Run:
    """A program in a terminal of its own, which is its controlling one."""

    def __init__(self, argv, width, env=None, stdout=None):
        self.width = width
        self.events = []  # text, or a new width
        self.frames = []
        self.process, self.status = None, None
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "TERM": "xterm",
                       "LC_ALL": "C", "AWS_ACCESS_KEY_ID": "A" * 20, "AWS_REGION": "us-east-1",
                       "AWS_SECRET_ACCESS_KEY": "x" * 40, **(env or {})}
        start, go = os.pipe()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                # What started the tests may ignore them, as `nohup` and a shell's `&` do.
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_DFL)
                os.read(start, 1)
                if stdout:
                    os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
                os.execvpe(argv[0], argv, environment)
            finally:
                os._exit(127)
        self.set_width(width)
        os.write(go, b"x")
        os.close(go)
        os.close(start)

    def set_width(self, width):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def read(self, seconds):
        """One piece of output; False at its end."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.terminal, 65536).decode()
        except OSError:
            return False
        if not data:
            return False
        self.events.append(data)
        return True

    def drawn(self):
        text = "".join(event for event in self.events if isinstance(event, str))
        return re.findall(r"\r([^\r\n\x1b]+)\x1b\[J\r", text)

    def until(self, expression, after=0):
        """Reads until a frame behind the first AFTER matches."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            for frame in self.drawn()[after:]:
                if re.search(expression, frame):
                    return frame
            if not self.read(1):
                raise AssertionError(f"ended without {expression}: {self.events[-9:]}")
        raise AssertionError(f"never drawn: {expression}: {self.drawn()[-3:]}")

    def resize(self, width):
        """While it stands still, so that nothing is drawn for the width before."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)
        while select.select([self.terminal], [], [], 0.05)[0] and self.read(0):
            pass
        self.set_width(width)
        self.events.append(width)
        os.kill(self.pid, signal.SIGCONT)

    def type(self, data):
        os.write(self.terminal, data)

    def end(self):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and self.read(DEADLINE):
            pass
        if time.monotonic() >= end:  # a test that fails must not hang
            os.kill(self.pid, signal.SIGKILL)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.terminal)
        return self.status

    def screen(self, reflows=True):
        screen = Screen(self.width, reflows)
        for event in self.events:
            if isinstance(event, int):
                screen.resize(event)
            else:
                screen.put(event)
        return screen


def command(program, server, folder):
    host = f"127.0.0.1:{server.server_port}"
    if program == "list-ecr":
        return ["list-ecr", f"--endpoint-url=http://{host}", "--no-configs"]
    if program == "list-registry":
        return ["list-registry", "--no-configs", f"{host}/r"]
    path = os.path.join(folder, "input.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{host}/r:t{i}\n" for i in range(COUNT))
    return ["resolve-digest", "--no-configs", path]


# Requests before the rest is held back: list-ecr asks for all images of a repository at once.
FREE = {"list-ecr": REPOSITORIES // 2, "list-registry": COUNT // 2, "resolve-digest": COUNT // 2}
NOTE = "list-registry: images without a tag are not seen: registries do not list them"


def left_over(program):
    return NOTE if program == "list-registry" else ""


def check(run, want):
    """The end: nothing but WANT, the cursor at the start of the line behind it."""
    for reflows in (True, False):
        screen = run.screen(reflows)
        assert screen.odd == [], screen.odd
        assert screen.text() == want, (reflows, screen.rows)
        assert screen.rows[screen.row :] == [""] and screen.column == 0, screen.rows
        assert screen.row == (0 if not want else len(screen.rows) - 1)


def complete(path):
    with open(path, encoding="utf-8") as file:
        rows = file.read().splitlines()
    assert len(rows) == COUNT + 1, len(rows)


def at_width(folder, program, width):
    server = serve(FREE[program])
    result = os.path.join(folder, "result")
    run = Run(command(program, server, folder), width, stdout=result)
    # Without a total there is neither a bar nor a time.
    run.until(r", \d+:\d\d left" if program == "resolve-digest" else r"images, [\d.]+/s")
    server.gate.set()
    assert run.end() == 0, run.events
    complete(result)
    check(run, left_over(program))
    frames = run.drawn()
    assert all(len(frame) < width for frame in frames), max(map(len, frames))
    if program == "list-registry":
        assert re.fullmatch(r"\d+ images(, [\d.]+/s)?", frames[-1]), frames[-1]
        return
    if program == "list-ecr":
        assert all(re.fullmatch(r"\d+(/\d+\+)? images(, [\d.]+/s)?", one) for one in frames), frames
        return
    assert all(re.search(rf"\d+/{COUNT}\b", frame) for frame in frames[2:]), frames
    assert all(re.search(r"\d%", frame) for frame in frames[2:]), frames
    if width >= 80:
        bars = [re.match(r"\[(=*)>? *\] ", frame) for frame in frames[2:]]
        assert all(bars), frames
        assert any(f"/{COUNT} references, " in frame for frame in frames), frames
        assert any(re.search(r"/s, \d+:\d\d left$", frame) for frame in frames), frames


def resized(folder, widths):
    server = serve(COUNT // 2)
    run = Run(command("resolve-digest", server, folder), widths[0],
              stdout=os.path.join(folder, "result"))
    run.until("left")
    for width in widths[1:]:
        run.resize(width)
        count = len(run.drawn())
        run.until("left", count)
        frames = run.drawn()[count:]
        assert all(len(frame) < width for frame in frames), (width, frames)
        assert width < 80 or any(len(frame) > 60 for frame in frames), (width, frames)
        for reflows in (True, False):
            assert run.screen(reflows).rows == [frames[-1]], run.screen(reflows).rows
    server.gate.set()
    assert run.end() == 0
    check(run, "")


def interrupted(folder, program, width):
    server = serve(FREE[program])
    result = os.path.join(folder, "result")
    run = Run(command(program, server, folder) + ["-o", result], width)
    run.until("/s|left")
    run.type(b"\x03")  # the terminal shows ^C and sends SIGINT
    status = run.end()
    server.gate.set()
    assert status == -signal.SIGINT, status
    assert any("^C" in event for event in run.events), run.events
    check(run, left_over(program))
    assert not os.path.exists(result)


def throttled(folder, program):
    server = serve(FREE[program], throttles=True)
    run = Run(command(program, server, folder) + ["--max-retries=100", "--timeout=60"], 120,
              stdout=os.path.join(folder, "result"))
    frame = run.until(r"throttled to \d+ (at a time|a second)")
    server.gate.set()
    assert run.end() == 0
    check(run, left_over(program))
    assert len(frame) < 120


def silent(folder, options, env, stdout=True):
    """What draws nothing at all: the end of a run that takes its time."""
    server = serve(COUNT // 2)
    result = os.path.join(folder, "result")
    run = Run(command("resolve-digest", server, folder) + options, 80, env,
              stdout=result if stdout else None)
    end = time.monotonic() + 1.2
    while time.monotonic() < end and run.read(0.1):
        pass
    server.gate.set()
    assert run.end() == 0
    assert run.drawn() == [] and "\x1b" not in "".join(run.events), run.events
    if stdout:
        assert run.events == [], run.events
    else:
        rows = "".join(run.events).count("\r\n")
        assert rows >= COUNT, rows


def colourless(folder):
    server = serve(COUNT // 2)
    run = Run(command("resolve-digest", server, folder), 80, {"NO_COLOR": "1"},
              stdout=os.path.join(folder, "result"))
    run.until("left")
    server.gate.set()
    assert run.end() == 0
    assert not any(re.search(r"\x1b\[[0-9;]*m", event) for event in run.events)
    check(run, "")


def notes(folder):
    server = serve(COUNT // 2, throttles=True)
    run = Run(command("resolve-digest", server, folder) + ["-v", "--max-retries=100"], 200,
              stdout=os.path.join(folder, "result"))
    run.until("throttled")
    server.gate.set()
    assert run.end() == 0
    lines = [line for line in run.screen().rows if line.rstrip()]
    starts = [line for line, wrapped in zip(run.screen().rows, run.screen().wrapped) if not wrapped]
    assert any(": retry 1 of 100" in line for line in lines), lines[:5]
    bad = [line for line in starts if line and not line.startswith("resolve-digest: ")]
    assert bad == [] and not any("[=" in line for line in lines), bad


def in_a_pipe(folder):
    """Standard error that is no terminal."""
    server = serve(COUNT // 2)
    run = subprocess.Popen(command("resolve-digest", server, folder), stderr=subprocess.PIPE,
                           stdout=subprocess.DEVNULL)
    assert not select.select([run.stderr], [], [], 1.2)[0]
    server.gate.set()
    assert run.communicate()[1] == b"" and run.returncode == 0


def into_a_report(folder):
    """list-ecr | match-report: the line is gone before the report is there."""
    server = serve(REPOSITORIES // 2)
    host = f"http://127.0.0.1:{server.server_port}"
    sources = os.path.join(folder, "sources.tsv")
    with open(sources, "w", encoding="utf-8") as file:
        file.write("image\tdigest\tplatform\tmanifest_digest\tconfig_digest\tstatus\tsettings\t"
                   "layers\tdiff_ids\torigin\tdetail\n"
                   f"s/i:1\t{MANIFESTS[7][1]}\t-\t{MANIFESTS[7][1]}\t-\tok\t-\t-\t-\ti:1\t-\n")
    run = Run(["sh", "-c", 'list-ecr --no-configs --endpoint-url="$1" | match-report -q "$2" -',
               "sh", host, sources], 80)
    run.until("images, [1-9]")
    server.gate.set()
    assert run.end() == 0
    check(run, "Source image URIs:\n\ts/i:1\nImage present at ECR URIs:\n"
          "\t123456789012.dkr.ecr.us-east-1.amazonaws.com/r07:t7\tmanifest\t-\n\n"
          "1 images: 1 present, 0 partial, 0 likely, 0 archived, 0 absent, 0 unknown")


def large_file(folder):
    """match-report reads files; --progress=always, since ours is not that large."""
    row = "e/{}:1\t{}\t-\t{}\t-\tok\t-\t{}\t-\tx:1\t-\n"
    path = os.path.join(folder, "inventory.tsv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("image\tdigest\tplatform\tmanifest_digest\tconfig_digest\tstatus\tsettings\t"
                   "layers\tdiff_ids\torigin\tdetail\n")
        for number in range(9000):
            digest = f"sha256:{number:064x}"
            file.write(row.format(number, digest, digest, ",".join([digest] * 8)))
    run = Run(["match-report", "--progress=always", path, path], 100)
    status = run.end()
    assert status == 0, run.events
    frames = run.drawn()
    assert re.fullmatch(r"\[> {39}\]   0% 0/\d+ MB", frames[0]), frames
    text = "".join(run.events)
    assert text.rindex("\x1b[J") < text.index("Source image"), "gone before the report"
    assert "\r\n9000 images: " in text, text[-300:]


def cases():
    for program in FREE:
        for width in (40, 80, 120, 200):
            yield f"{program}, {width} columns", at_width, (program, width)
        for width in (40, 120):
            yield f"{program}, {width} columns: ^C leaves a clean line", interrupted, (program, width)
        yield f"{program} shows throttling", throttled, (program,)
    for widths in ((120, 40, 200, 80), (200, 40), (40, 120, 41, 40)):
        yield "resized in mid run: " + ", ".join(map(str, widths)), resized, (widths,)
    yield "nothing with TERM=dumb", silent, ([], {"TERM": "dumb"})
    yield "nothing without TERM", silent, ([], {"TERM": ""})
    yield "nothing with --progress=never", silent, (["--progress=never"], {})
    yield "nothing with --quiet", silent, (["-q"], {})
    yield "nothing beside a result on the same terminal", silent, ([], {}, False)
    yield "nor when it is sent there by -o -", silent, (["-o", "-"], {}, False)
    yield "nothing into a pipe", in_a_pipe, ()
    yield "no colours with NO_COLOR", colourless, ()
    yield "what is said meanwhile stands alone", notes, ()
    yield "list-ecr | match-report on one terminal", into_a_report, ()
    yield "match-report with files", large_file, ()


def attempt(case):
    _, function, arguments = case
    with tempfile.TemporaryDirectory() as folder:
        try:
            function(folder, *arguments)
        except Exception as error:  # pylint: disable=broad-except
            return f"{type(error).__name__}: {error}"
    return None


def main():
    wanted = [case for case in cases() if not sys.argv[1:] or sys.argv[1] in case[0]]
    failed = 0
    # Each of them waits most of the time.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for number, result in enumerate(pool.map(attempt, wanted), 1):
            print(f"{'not ' if result else ''}ok {number} - {wanted[number - 1][0]}", flush=True)
            if result:
                failed += 1
                print("# " + result[:3000].replace("\n", "\n# "), flush=True)
    print(f"1..{len(wanted)}")
    sys.exit(failed > 0)


main()
