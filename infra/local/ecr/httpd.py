"""A small HTTP/1.1 server: one thread a connection, keep-alive, one write a response.

Standard library's http.server parses headers by its mail parser, which costs more than all the
rest of a call here.
"""

import http.client
import socket
import socketserver
import ssl
import traceback
import urllib.parse

MAX_LINE = 64 * 1024
MAX_BODY = 8 * 1024 * 1024


class Request:
    """What came. Header names are in lower case."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.path, _, self.query = target.partition("?")

    def header(self, name):
        """The first value of a header, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def arguments(self):
        """The query as a dictionary; of repeated names the last."""
        return dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))


class Response:
    """What goes back. `cut` sends only so many bytes of the body and closes."""

    def __init__(self, status, body=b"", headers=(), cut=None):
        self.status = status
        self.body = body
        self.headers = list(headers)
        self.cut = cut


class BadRequest(Exception):
    """Bytes that are no request that we take."""


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    rbufsize = 64 * 1024

    def handle(self):
        try:
            while self._one():
                pass
        except (ConnectionError, TimeoutError, ssl.SSLError):
            pass

    def _line(self):
        line = self.rfile.readline(MAX_LINE)
        if line and not line.endswith(b"\n"):
            raise BadRequest("line too long")
        return line.rstrip(b"\r\n").decode("latin-1")

    def _read(self):
        line = self._line()
        if not line:
            return None
        try:
            method, target, version = line.split(" ")
        except ValueError:
            raise BadRequest("no request line") from None
        headers = []
        while True:
            line = self._line()
            if not line:
                break
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequest("no header")
            headers.append((name.lower(), value.strip()))
        request = Request(method, target, headers, b"")
        request.keep = version == "HTTP/1.1" and request.header("connection") != "close"
        if request.header("transfer-encoding"):
            raise BadRequest("Transfer-Encoding is not taken")
        length = request.header("content-length") or "0"
        if not length.isdigit() or int(length) > MAX_BODY:
            raise BadRequest("Content-Length")
        if int(length):
            if (request.header("expect") or "").lower() == "100-continue":
                self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.body = self.rfile.read(int(length))
            if len(request.body) != int(length):
                return None
        return request

    def _one(self):
        try:
            request = self._read()
        except BadRequest as problem:
            self._send(None, Response(400, str(problem).encode()), False)
            return False
        if request is None:
            return False
        try:
            response = self.server.app(request)
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
            response = Response(500, b"{}")
        if response is None:
            # A reset, not an orderly end: what a broken network looks like.
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )
            return False
        keep = request.keep and response.cut is None
        self._send(request, response, keep)
        return keep

    def _send(self, request, response, keep):
        reason = http.client.responses.get(response.status, "")
        lines = [f"HTTP/1.1 {response.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        lines.append(f"Content-Length: {len(response.body)}")
        if not keep:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        body = response.body[: response.cut]
        if request is not None and request.method == "HEAD":
            body = b""
        self.connection.sendall(head + body)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Serves APP, a function from Request to Response (None: the connection breaks).

    tls: an ssl.SSLContext, or None for plain HTTP.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, app, tls=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.app = app
        self.port = self.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        if tls is not None:
            # The handshake is done by the connection's thread, when it first reads.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
            self.url = f"https://localhost:{self.port}"
