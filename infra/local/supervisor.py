"""Starts the local cloud's processes, waits until they listen, and ends them.

One supervisor owns one folder. It has a socket there: who connects and asks to stop reads the end
of file when everything is gone, so nobody ever needs a process ID. Children die with the
supervisor, however it dies: the registries by the kernel's parent-death signal, the Python ones
because their standard input ends.
"""

import argparse
import json
import os
import re
import secrets
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

# pylint: disable=wrong-import-position
import certificates  # noqa: E402

HERE = os.path.dirname(os.path.realpath(__file__))
ACCOUNT = "123456789012"
REGION = "us-east-1"
MIRRORED = ("docker.io", "quay.io", "ghcr.io", "public.ecr.aws")
# AWS's names that a certificate is made for, and where the proxy leads them.
REGIONS = (REGION, "us-west-2")
NAMES = (
    "api.ecr.{}.amazonaws.com", "api.ecr-fips.{}.amazonaws.com", "ecr.{}.api.aws",
    "ecr-fips.{}.api.aws",
    "*.dkr.ecr.{}.amazonaws.com", "*.dkr.ecr-fips.{}.amazonaws.com", "*.dkr-ecr.{}.on.aws",
    "*.dkr-ecr-fips.{}.on.aws", "prod-{0}-starport-layer-bucket.s3.{0}.amazonaws.com",
)  # fmt: skip
CHINA = "cn-north-1"
NAMES_OF_CHINA = (
    "api.ecr.{}.amazonaws.com.cn", "*.dkr.ecr.{}.amazonaws.com.cn",
    "prod-{0}-starport-layer-bucket.s3.{0}.amazonaws.com",
)  # fmt: skip
LEADS = (
    (r"[0-9]{12}\.dkr[.-]ecr[a-z0-9.-]*:443", "named-registry"),
    (r"(api\.)?ecr(-fips)?\.[a-z0-9.-]*:443", "named-api"),
    (r"[a-z0-9-]*\.s3\.[a-z0-9.-]*:443", "named-blobs"),
)
LISTENING = re.compile(r'msg="listening on ([^"\s,]+)')


class Trouble(Exception):
    """What is said to the user, in one line."""


class Child:
    """A process, and where its first words (that it listens) are read."""

    def __init__(self, name, command, folder, ready_on):
        self.name = name
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "wb") as log:
            stdout = subprocess.PIPE if ready_on == "stdout" else log
            stderr = subprocess.PIPE if ready_on == "stderr" else log
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                # A signal from the terminal is the supervisor's to handle.
                start_new_session=True,
            )
        self.stream = getattr(self.process, ready_on)

    def ready(self, pattern=None):
        """Blocks until the child says that it listens; the match, or the line."""
        for raw in self.stream:
            line = raw.decode("utf-8", "replace")
            with open(self.log, "ab") as log:
                log.write(raw)
            found = pattern.search(line) if pattern else line
            if found:
                return found
        with open(self.log, encoding="utf-8", errors="replace") as log:
            last = (log.read().strip().splitlines() or ["it said nothing"])[-1]
        raise Trouble(f"{self.name} did not start: {last}")

    def drain(self):
        """Takes what the child wrote; False at its end of file."""
        data = os.read(self.stream.fileno(), 65536)
        with open(self.log, "ab") as log:
            log.write(data)
        return bool(data)

    def end(self):
        """Ends the child and waits for it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in (self.process.stdin, self.stream):
            stream.close()


def registry_config(storage, extra=()):
    """A docker-registry configuration (JSON is YAML)."""
    config = {
        "version": 0.1,
        "log": {"level": "info", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": storage, "maxthreads": 100},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        # The kernel gives the port; the registry logs which.
        "http": {"addr": "127.0.0.1:0", "secret": secrets.token_hex(16)},
    }
    for section, value in dict(extra).items():
        config.setdefault(section, {}).update(value)
    return config


class Cloud:
    """The processes of one folder."""

    def __init__(self, folder, options):
        self.folder = folder
        self.options = options
        self.children = []
        self.env = {}

    def _start(self, name, command, ready_on, pattern=None):
        try:
            child = Child(name, command, self.folder, ready_on)
        except FileNotFoundError as problem:
            raise Trouble(f"{problem.filename} is not installed") from problem
        self.children.append(child)
        return child.ready(pattern)

    def _registry(self, name, storage, extra=()):
        config = os.path.join(self.folder, name + ".json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump(registry_config(storage, extra), file)
        command = ["setpriv", "--pdeathsig", "KILL", "docker-registry", "serve", config]
        return self._start(name, command, "stderr", LISTENING).group(1)

    def _script(self, name, arguments, python=sys.executable):
        command = [python, os.path.join(HERE, name), *arguments]
        return json.loads(self._start(os.path.basename(name), command, "stdout"))

    def _path(self, *parts):
        path = os.path.join(self.folder, *parts)
        os.makedirs(path, exist_ok=True)
        return path

    def start(self):
        """Starts everything; returns when all of it listens."""
        source_storage = self._path("source")
        private_storage = self._path("private")
        source = self._registry("source-registry", source_storage)
        private = self._registry("private-registry", private_storage)
        # The form of an access key, made up anew each time: nothing here is a secret.
        key_id = "AKIALOCAL" + secrets.token_hex(6).upper()[:11]
        secret = secrets.token_urlsafe(30)
        arguments = ["--storage", private_storage, "--region", REGION]
        arguments += ["--key", f"{key_id}:{secret}:{ACCOUNT}"]
        arguments += ["--page-size", str(self.options.page_size)]
        if self.options.proxy:
            arguments += ["--registry", private, "--tls", *self._named_certificate()]
        urls = self._script("local-ecr", arguments)
        self.env = {
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_ECR": urls["api"],
            "CLOUD_DIR": self.folder,
            "CLOUD_ACCOUNT": ACCOUNT,
            "CLOUD_REGION": REGION,
            "CLOUD_SOURCE": source,
            "CLOUD_PRIVATE": f"{private}/{ACCOUNT}/{REGION}",
            "CLOUD_PRIVATE_HOST": private,
            "CLOUD_PRIVATE_STORAGE": private_storage,
            "CLOUD_CONTROL": urls["control"],
            "CLOUD_STS": urls["sts"],
            "CLOUD_HOST": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
            "MIRRORS": " ".join(f"--mirror={host}=http://{source}/{host}" for host in MIRRORED),
        }
        if self.options.proxy:
            self._proxy(urls)
        if self.options.token:
            self._token_registry(source_storage)
        if self.options.htpasswd:
            auth = {"htpasswd": {"realm": "local", "path": self.options.htpasswd}}
            host = self._registry("password-registry", source_storage, {"auth": auth})
            self.env["CLOUD_PASSWORD_REGISTRY"] = "localhost:" + host.rpartition(":")[2]
        if self.options.moto:
            # ECR has its own, which comes first.
            moto = self._script(os.path.join("aws", "moto_server.py"), [], self.options.moto)
            self.env["AWS_ENDPOINT_URL"] = moto["url"]
        else:
            self.env["AWS_ENDPOINT_URL_STS"] = urls["sts"]

    def _named_certificate(self):
        """A certificate for AWS's names, by a CA of its own; also a CA that has nothing to do."""
        folder = certificates.Folder(self._path("proxy"))
        folder.authority("ca", "local CA")
        folder.authority("other-ca", "another CA")
        names = [f"DNS:{pattern.format(region)}" for region in REGIONS for pattern in NAMES]
        names += [f"DNS:{pattern.format(CHINA)}" for pattern in NAMES_OF_CHINA]
        folder.leaf("server", "ca", names)
        return folder.path("server.pem"), folder.path("server.key")

    def _proxy(self, urls):
        """A proxy that leads AWS's names here."""
        port = {role: url.rpartition(":")[2] for role, url in urls.items()}
        password = "local-user:" + secrets.token_urlsafe(24)
        arguments = ["--user", password]
        for pattern, role in LEADS:
            arguments += ["--lead", f"{pattern}={port[role]}"]
        said = self._script("local-proxy", arguments)
        folder = os.path.join(self.folder, "proxy")
        self.env["CLOUD_PROXY"] = said["open"]
        self.env["CLOUD_GUARDED_PROXY"] = said["guarded"]
        self.env["CLOUD_PROXY_USER"] = password
        self.env["CLOUD_PROXY_CONTROL"] = said["control"]
        self.env["CLOUD_PROXY_CACERT"] = os.path.join(folder, "ca.pem")
        self.env["CLOUD_PROXY_OTHER_CACERT"] = os.path.join(folder, "other-ca.pem")

    def _token_registry(self, storage):
        """A second way to the source registry's storage: TLS, with tokens."""
        folder = self._path("token")
        arguments = ["--dir", folder, "--mode", self.options.token]
        for name in ("users", "seconds", "told"):
            value = getattr(self.options, "token_" + name)
            if value is not None:
                arguments += ["--" + name, value]
        auth = self._script("token-auth", arguments)
        extra = {
            "http": {"tls": {"certificate": auth["certificate"], "key": auth["key"]}},
            "auth": {
                "token": {
                    "realm": auth["realm"],
                    "service": auth["service"],
                    "issuer": auth["issuer"],
                    "rootcertbundle": auth["bundle"],
                }
            },
        }
        host = self._registry("token-registry", storage, extra)
        self.env["CLOUD_TOKEN_REGISTRY"] = "localhost:" + host.rpartition(":")[2]
        self.env["CLOUD_TOKEN_CACERT"] = auth["cacert"]
        self.env["CLOUD_OTHER_CACERT"] = auth["other_cacert"]
        self.env["CLOUD_TOKEN_CONTROL"] = auth["control"]

    def write_env(self):
        """DIR/env: for a shell to read, whole or not there."""
        path = os.path.join(self.folder, "env")
        with open(path + ".new", "w", encoding="utf-8") as file:
            for name, value in self.env.items():
                file.write(f"export {name}={shlex.quote(value)}\n")
        os.rename(path + ".new", path)

    def end(self):
        """Ends all processes, the last one first."""
        while self.children:
            self.children.pop().end()

    def serve(self, wake, others=()):
        """Until WAKE is readable, one of OTHERS is, or a child ends. The Trouble, or None."""
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            for other in others:
                selector.register(other, selectors.EVENT_READ)
            for child in self.children:
                selector.register(child.stream, selectors.EVENT_READ, child)
            while True:
                for event, _ in selector.select():
                    if event.data is None:
                        return None
                    if not event.data.drain():
                        return Trouble(f"{event.data.name} ended; see {event.data.log}")


def wake_on_signals():
    """A descriptor that becomes readable when the process shall end."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return read_end


def listen(folder):
    """The folder's socket. Its name is relative: a socket's whole path may hold 107 bytes only."""
    os.chdir(folder)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind("socket")
    sock.listen()
    return sock


def start(options):
    """`cloud start DIR`: returns when it listens, and leaves the supervisor behind."""
    folder = os.path.realpath(options.dir)
    try:
        os.makedirs(folder, exist_ok=True)
        sock = listen(folder)
    except OSError as problem:
        raise Trouble(f"{folder}: {problem.strerror} (is a cloud there already?)") from problem
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(write_end)
        sock.close()
        with os.fdopen(read_end) as pipe:
            said = pipe.read()
        if said != "ready":
            clean(folder)
            raise Trouble(said or "the supervisor died")
        return 0
    os.close(read_end)
    os.setsid()
    wake = wake_on_signals()
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    cloud = Cloud(folder, options)
    pipe = os.fdopen(write_end, "w")
    try:
        cloud.start()
        cloud.write_env()
    except Trouble as trouble:
        cloud.end()
        pipe.write(str(trouble))
        pipe.close()
        os._exit(1)
    pipe.write("ready")
    pipe.close()
    cloud.serve(wake, [sock])
    cloud.end()
    # Whoever asked reads the end of file now.
    os._exit(0)


def clean(folder):
    """Removes what a cloud keeps in its folder, and the folder when that was all."""
    for name in ("source", "private", "proxy", "token"):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    for name in os.listdir(folder):
        if name in ("env", "env.new", "socket") or name.endswith(("-registry.json", ".log")):
            os.unlink(os.path.join(folder, name))
    try:
        os.rmdir(folder)
    except OSError:
        pass


def stop(options):
    """`cloud stop DIR`: returns when every process is gone and its files are too."""
    folder = os.path.realpath(options.dir)
    if not os.path.exists(os.path.join(folder, "socket")):
        raise Trouble(f"{options.dir}: no cloud was started there")
    os.chdir(folder)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect("socket")
        sock.recv(1)
    except ConnectionError:
        # Nobody listens: the supervisor was killed, and its children died with it.
        pass
    os.chdir("/")
    clean(folder)
    return 0


def run(options):
    """`cloud run COMMAND…`: the command's own status, 128 + N when signal N ended it."""
    folder = tempfile.mkdtemp(prefix="ocidup-cloud-")
    cloud = Cloud(folder, options)
    wake = wake_on_signals()
    try:
        cloud.start()
        cloud.write_env()
        try:
            command = subprocess.Popen(options.command, env={**os.environ, **cloud.env})
        except OSError as problem:
            raise Trouble(f"{options.command[0]}: {problem.strerror}") from problem
        ended = os.pidfd_open(command.pid)
        trouble = cloud.serve(wake, [ended])
        os.close(ended)
        if command.poll() is None:
            command.terminate()
        status = command.wait()
        if trouble:
            raise trouble
        return status if status >= 0 else 128 - status
    finally:
        cloud.end()
        shutil.rmtree(folder)


def main():
    """The command line, as the `cloud` script hands it over."""
    parser = argparse.ArgumentParser(prog="cloud")
    parser.add_argument("--page-size", type=int, default=1000)
    parser.add_argument("--proxy", action="store_true")
    parser.add_argument("--token", choices=("good", "http-realm", "wrong-key"))
    parser.add_argument("--token-users", metavar="FILE")
    parser.add_argument("--token-seconds", metavar="N")
    parser.add_argument("--token-told", metavar="N")
    parser.add_argument("--htpasswd", metavar="FILE", type=os.path.realpath)
    parser.add_argument("--moto", metavar="PYTHON")
    commands = parser.add_subparsers(required=True)
    for name, function in (("start", start), ("stop", stop)):
        sub = commands.add_parser(name)
        sub.add_argument("dir")
        sub.set_defaults(function=function)
    sub = commands.add_parser("run")
    sub.add_argument("command", nargs=argparse.REMAINDER)
    sub.set_defaults(function=run)
    options = parser.parse_args()
    try:
        return options.function(options)
    except Trouble as trouble:
        print(f"cloud: {trouble}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
