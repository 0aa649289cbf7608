"""Servers that can do to a connection what a broken network, a broken server or a hostile one does:
sockets, and no HTTP library between.

Each cell of the matrix has servers of its own, one a role, on ports of 127.0.0.1 that the kernel
gives; one thread accepts for all.
"""

import http.client
import selectors
import socket
import struct
import threading
import urllib.parse

ROLES = ("registry", "token", "store", "aws", "keys")


class Asked:
    """A request. Header names are in lower case."""

    def __init__(self, role, method, target, headers, body):
        self.role = role
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.path, _, self.query = target.partition("?")
        self.path = urllib.parse.unquote(self.path)

    def header(self, name):
        """A header's value, or None."""
        return self.headers.get(name)

    def arguments(self):
        """The query as a dictionary."""
        return dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))

    def everything(self):
        """All of it, as text."""
        lines = [f"{self.method} {self.target}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\n".join(lines) + "\n\n" + self.body.decode("latin-1")


class Gone(Exception):
    """The connection is over."""


class Link:
    """A connection, for what is done to it."""

    def __init__(self, sock, over):
        self.sock = sock
        self._over = over
        self._file = sock.makefile("rb")

    def read(self, role):
        """The next request."""
        line = self._file.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            raise Gone
        headers = {}
        while True:
            text = self._file.readline(65536).decode("latin-1").rstrip("\r\n")
            if not text:
                break
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        body = self._file.read(int(headers.get("content-length") or 0))
        return Asked(role, line[0], line[1], headers, body)

    def send(self, data):
        """All of it."""
        self.sock.sendall(data)

    def head(self, answer, length=None, **more):
        """An answer's head. LENGTH: what Content-Length says; "": there is none."""
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, '')}"]
        headers = {**answer.headers, **more}
        if length != "":
            headers["Content-Length"] = len(answer.body) if length is None else length
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def answer(self, asked, answer):
        """As it should be."""
        self.send(self.head(answer) + (b"" if asked.method == "HEAD" else answer.body))

    def reset(self):
        """As when a machine dies."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def close(self):
        """An orderly end."""
        raise Gone

    def stall(self):
        """Nothing comes any more, until the other side has enough of it."""
        self._over.wait(120)
        raise Gone

    def wait(self, seconds):
        """Until then, or the end."""
        self._over.wait(seconds)

    def trickle(self, data):
        """DATA, some bytes a second, until the other side has enough of it."""
        for byte in data:
            self.send(bytes([byte]))
            if self._over.wait(0.2):
                break
        raise Gone

    def end(self):
        """What was opened is closed."""
        self._file.close()
        try:
            self.sock.close()
        except OSError:
            pass


class Acceptor:
    """One thread that accepts for all servers."""

    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._wake, wake = socket.socketpair()
        self._selector.register(wake, selectors.EVENT_READ, None)
        self._pending = []
        threading.Thread(target=self._run, daemon=True).start()

    def change(self, add=(), remove=()):
        """Listens to the sockets of ADD, each (socket, function); no more to those of REMOVE."""
        done = threading.Event()
        with self._lock:
            self._pending.append((add, remove, done))
        self._wake.send(b"x")
        done.wait()

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    key.fileobj.recv(64)
                    self._apply()
                    continue
                try:
                    sock = key.fileobj.accept()[0]
                except OSError:
                    continue
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=key.data, args=(sock,), daemon=True).start()

    def _apply(self):
        with self._lock:
            pending, self._pending = self._pending, []
        for add, remove, done in pending:
            for sock, function in add:
                self._selector.register(sock, selectors.EVENT_READ, function)
            for sock in remove:
                self._selector.unregister(sock)
                sock.close()
            done.set()


ACCEPTOR = None


def acceptor():
    """The one of this process."""
    global ACCEPTOR  # pylint: disable=global-statement
    if ACCEPTOR is None:
        ACCEPTOR = Acceptor()
    return ACCEPTOR


class Servers:
    """The servers of a cell. WORLD answers; FAULT (table.Struck) may change what and how.
    TLS: role -> function from the socket to the one that speaks TLS; the others speak plain http.
    REFUSED: roles where nobody listens. LINK: what is made of a connection."""

    def __init__(self, world, fault=None, tls=None, refused=(), name="127.0.0.1", link=Link):
        self.world = world
        self.name = name
        self.link = link
        self.fault = fault
        self.tls = tls or {}
        self.asked = []
        self.answers = []
        self.injected = 0
        self._numbers = 0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._links = set()
        self._listening = {}
        self.ports = {}
        for role in ROLES:
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))
            self.ports[role] = sock.getsockname()[1]
            if role not in refused:
                sock.listen(256)
                sock.setblocking(False)
            self._listening[role] = sock
        self._refused = [self._listening.pop(role) for role in refused]
        acceptor().change(
            add=[
                (sock, lambda accepted, role=role: self._serve(accepted, role))
                for role, sock in self._listening.items()
            ]
        )

    def host(self, role):
        """HOST:PORT"""
        name = "localhost" if role in self.tls else self.name
        return f"{name}:{self.ports[role]}"

    def url(self, role):
        """http://HOST:PORT, or https"""
        return f"http{'s' if role in self.tls else ''}://{self.host(role)}"

    def hit(self, endpoint, limit):
        """Whether a fault at ENDPOINT strikes, which it does LIMIT times (None: always)."""
        with self._lock:
            if (limit is not None and self.injected >= limit) or not self.fault.meets(endpoint):
                return False
            self.injected += 1
            return True

    def missed(self):
        """What was to be struck is not in this answer."""
        with self._lock:
            self.injected -= 1

    def next(self):
        """A number that was not given yet."""
        with self._lock:
            self._numbers += 1
            return self._numbers

    def _serve(self, sock, role):
        link = None
        try:
            sock.setblocking(True)
            sock.settimeout(120)
            if self.fault and self.fault.by_tls and self.fault.role == role:
                self.injected += 1
            if role in self.tls:
                sock = self.tls[role](sock)
            link = self.link(sock, self._over)
            with self._lock:
                self._links.add(link)
            while not self._over.is_set():
                asked = link.read(role)
                self.asked.append(asked)
                answer = getattr(self.world, role)(asked, self.url)
                if not self.fault:
                    self.answers.append(answer)
                if self.fault and self.hit(answer.endpoint, self.fault.limit):
                    self.fault.strike(link, asked, answer, self)
                else:
                    link.answer(asked, answer)
        except (Gone, OSError):
            pass
        finally:
            if link:
                with self._lock:
                    self._links.discard(link)
                link.end()
            else:
                sock.close()

    def end(self):
        """Nothing is answered any more."""
        self._over.set()
        acceptor().change(remove=list(self._listening.values()))
        for sock in self._refused:
            sock.close()
        with self._lock:
            links = list(self._links)
        for link in links:
            try:
                link.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
