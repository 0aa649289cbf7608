"""For the tests of secrets and origins: servers that remember all they are asked, the programs run
on them, and where a secret is, in whatever encoding.

A server is a function from Asked to Answer, on ports of 127.0.0.1 that the kernel gives.
"""

import base64
import functools
import hashlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.parse

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


# ---- secrets ----


def _core(text, before, encode):
    """What base64 has of TEXT whatever stands behind it, when BEFORE bytes stand before it."""
    coded = encode(b"\0" * before + text).decode().rstrip("=")
    start = (before * 8 + 5) // 6
    end = (before + len(text)) * 8 // 6
    return coded[start:end]


def forms(secret):
    """Every way in which we look for a secret: a dictionary from a name to the text."""
    data = secret.encode()
    found = {
        "raw": secret,
        "percent": urllib.parse.quote(secret, safe=""),
        "percent, lower case": urllib.parse.quote(secret, safe="").lower(),
        "every byte percent": "".join(f"%{byte:02X}" for byte in data),
        "JSON": json.dumps(secret)[1:-1],
        "hex": data.hex(),
        "HEX": data.hex().upper(),
        "reversed": secret[::-1],
    }
    for before in range(3):
        found[f"base64 + {before}"] = _core(data, before, base64.b64encode)
        found[f"base64url + {before}"] = _core(data, before, base64.urlsafe_b64encode)
    if len(secret) >= 24:
        for start in range(0, len(secret) - 15):
            found[f"part at {start}"] = secret[start : start + 16]
    return found


def find(secrets, text):
    """The names of SECRETS (a dictionary) that are in TEXT, with the form: a list.

    Those that are not short are found in any case of their letters."""
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    folded = text.lower()
    return [
        f"{name}: {form}"
        for name, secret in secrets.items()
        for form, coded, lower in _needles(secret)
        if (lower in folded if len(secret) >= 8 else coded in text)
    ]


@functools.lru_cache(maxsize=None)
def _needles(secret):
    return [(form, coded, coded.lower()) for form, coded in forms(secret).items()]


# ---- servers ----


class Asked:
    """A request as it came."""

    def __init__(self, handler, body):
        self.server = handler.server.name
        self.method = handler.command
        self.target = handler.path
        self.path, _, self.query = handler.path.partition("?")
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = body

    def everything(self):
        """All of it as text."""
        lines = [f"{self.method} {self.target}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\n".join(lines) + "\n\n" + self.body.decode("latin-1")

    def __str__(self):
        return f"{self.server}: {self.method} {self.target}"


class Answer:
    """What goes back."""

    def __init__(self, status=200, body=b"", headers=None, reason=None):
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = headers or {}
        self.reason = reason


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self, body)
        self.server.web.asked.append(asked)
        answer = self.server.web.apps[asked.server](asked) or Answer(404)
        self.send_response(answer.status, answer.reason)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_CONNECT = _any

    def log_message(self, *_):
        """Nothing on standard error."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A client may go when it has seen enough; what else goes wrong is to be seen."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Web:
    """Servers by name. `apps` may be set at any time."""

    def __init__(self, *names):
        self.asked = []
        self.apps = {}
        self._servers = {}
        for name in names:
            server = _Server(("127.0.0.1", 0), _Handler)
            server.name, server.web = name, self
            self._servers[name] = server
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def host(self, name):
        """127.0.0.1:PORT"""
        return f"127.0.0.1:{self._servers[name].server_port}"

    def url(self, name):
        """http://127.0.0.1:PORT"""
        return "http://" + self.host(name)

    def reset(self, **apps):
        """Forgets what was asked."""
        self.asked = []
        self.apps = {name: apps.get(name, lambda _: None) for name in self._servers}


class Image:
    """An image as a registry gives it."""

    def __init__(self):
        layer = "sha256:" + hashlib.sha256(b"layer").hexdigest()
        self.config = json.dumps(
            {
                "os": "linux",
                "architecture": "amd64",
                "rootfs": {"type": "layers", "diff_ids": [layer]},
            }
        ).encode()
        self.config_digest = "sha256:" + hashlib.sha256(self.config).hexdigest()
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {
                    "mediaType": CONFIG,
                    "digest": self.config_digest,
                    "size": len(self.config),
                },
                "layers": [{"mediaType": LAYER, "digest": layer, "size": 5}],
            }
        ).encode()
        self.digest = "sha256:" + hashlib.sha256(self.manifest).hexdigest()

    def answer(self, asked):
        """As the registry of any repository and tag does; None: it is something else."""
        if "/manifests/" in asked.path:
            return Answer(200, self.manifest, {"Content-Type": MANIFEST})
        if asked.path.endswith("/blobs/" + self.config_digest):
            return Answer(200, self.config)
        if asked.path.endswith("/tags/list"):
            return Answer(200, {"name": "team/app", "tags": ["1"]})
        return Answer(200, {}) if asked.path == "/v2/" else None


# ---- programs ----


def programs():
    """The folders of ours, as lib.sh has them."""
    builddir = os.environ.get("builddir", os.getcwd())
    return os.pathsep.join(filter(None, [os.environ.get("TEST_PROGRAMS"), builddir]))


class Run:
    """A program that ran: `status`, `out`, `err`, all as text."""

    def __init__(self, home, command, env=None, stdin=""):
        path = programs() + os.pathsep + os.environ["PATH"]
        environment = {"PATH": path, "HOME": home, "TMPDIR": home, "LC_ALL": "C", **(env or {})}
        with subprocess.Popen(
            command,
            env=environment,
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            self.pid = process.pid
            out, err = process.communicate(stdin.encode(), 120)
        self.status = process.returncode
        self.out, self.err = out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def everything(self):
        """What it wrote."""
        return self.out + self.err


class Home:
    """A home folder with docker's configuration; removed when left."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="ocidup-test.")
        self.path = self._folder.name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def write(self, name, text, mode=0o600):
        """A file below it; its path."""
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def docker(self, **content):
        """Docker's config.json."""
        self.write(".docker/config.json", json.dumps(content))


def basic(user, password):
    """The `auth` of a docker configuration, and what follows "Basic "."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


# ---- TAP ----


class Tap:
    """Says what holds and what does not."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, condition, name, *why):
        """One test; WHY is shown when it fails."""
        self.count += 1
        print(f"{'' if condition else 'not '}ok {self.count} - {name}", flush=True)
        if not condition:
            self.failed += 1
            for text in why:
                for line in str(text).splitlines():
                    print("#   " + line)
        return bool(condition)

    def end(self):
        """The plan; ends the process."""
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)
