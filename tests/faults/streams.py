"""HTTP/2: a server of one connection with streams on it, by a library of other people, and the faults
that only streams have. Needs h2 from PyPI, so `make check-peers` runs it and not `make check`.
"""

import collections
import select

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from cell import Cell
from server import ROLES, Asked, Gone, Link, Servers
from table import CALLS, GETS, Fault, bodies

FAULTED = (*GETS, *CALLS, "challenge", "sts")
INSIDE = tuple(name for name in bodies() if name in FAULTED)
TABLE = []


class Connection(Link):
    """A connection as Link has it: what is asked comes one after the other, whatever comes between."""

    def __init__(self, sock, over):
        super().__init__(sock, over)
        config = h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8", validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )  # fmt: skip
        self.state = h2.connection.H2Connection(config)
        self.state.initiate_connection()
        self._open = {}
        self._whole = collections.deque()
        self._flush()

    def _flush(self):
        self.send(self.state.data_to_send())

    def _receive(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        try:
            events = self.state.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            raise Gone from error
        for event in events:
            self._take(event)
        self._flush()

    def _take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self._open[event.stream_id] = [dict(event.headers), b""]
        elif isinstance(event, h2.events.DataReceived):
            self._open[event.stream_id][1] += event.data
            self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self._whole.append((event.stream_id, *self._open[event.stream_id]))
        elif isinstance(event, h2.events.StreamReset):
            self._open.pop(event.stream_id, None)
        elif isinstance(event, h2.events.ConnectionTerminated):
            raise Gone

    def read(self, role):
        while not self._whole:
            self._receive()
        stream, headers, body = self._whole.popleft()
        asked = Asked(role, headers[":method"], headers[":path"], headers, body)
        asked.stream = stream
        return asked

    def begin(self, asked, answer, length=None, **more):
        """An answer's head, without an end."""
        headers = {":status": str(answer.status), "content-length": str(len(answer.body)), **answer.headers}
        headers.update(more)
        if length is not None:
            headers["content-length"] = str(length)
        lines = [(name.lower(), str(value)) for name, value in headers.items() if value is not None]
        self._try(lambda: self.state.send_headers(asked.stream, lines))

    def body(self, asked, data, end=True):
        """DATA, as the other side lets it come."""
        at = 0
        while at < len(data) and asked.stream in self._open:
            room = min(self.state.local_flow_control_window(asked.stream),
                       self.state.max_outbound_frame_size)  # fmt: skip
            if room == 0 or select.select([self.sock], [], [], 0)[0]:
                self._receive()
                continue
            part = data[at : at + room]
            at += room
            self._try(lambda part=part: self.state.send_data(asked.stream, part))
        if end:
            self._try(lambda: self.state.end_stream(asked.stream))

    def answer(self, asked, answer):
        self.begin(asked, answer)
        self.body(asked, b"" if asked.method == "HEAD" else answer.body)

    def end_stream(self, asked, code):
        """RST_STREAM."""
        self._try(lambda: self.state.reset_stream(asked.stream, code))

    def leave(self, code, last):
        """GOAWAY: nothing above stream LAST was looked at."""
        self._try(lambda: self.state.close_connection(code, last_stream_id=last))

    def _try(self, what):
        """Says something on a stream that the other side may have left."""
        try:
            what()
        except (h2.exceptions.NoSuchStreamError, h2.exceptions.StreamIDTooLowError):
            pass
        self._flush()


def link_of(sock, over):
    """By what was agreed on in the handshake."""
    return (Connection if sock.selected_alpn_protocol() == "h2" else Link)(sock, over)


# ---- the faults


def fault(name, at=FAULTED, passing=True, **more):
    """Puts a function into the table of those."""

    def put(strike_stream):
        def strike(link, asked, answer, servers):
            if isinstance(link, Connection):
                strike_stream(link, asked, answer, servers)
            else:  # who was told to speak HTTP/1.1
                servers.missed()
                link.answer(asked, answer)

        TABLE.append(Fault(name, strike, at, stops=True, passing=passing, **more))
        return strike_stream

    return put


for _code in (h2.errors.ErrorCodes.NO_ERROR, h2.errors.ErrorCodes.INTERNAL_ERROR,
              h2.errors.ErrorCodes.REFUSED_STREAM, h2.errors.ErrorCodes.CANCEL,
              h2.errors.ErrorCodes.ENHANCE_YOUR_CALM, h2.errors.ErrorCodes.HTTP_1_1_REQUIRED):  # fmt: skip

    @fault(f"RST_STREAM {_code.name} before the head", family="RST_STREAM")
    def _(link, asked, _, __, code=_code):
        link.end_stream(asked, code)

    @fault(f"RST_STREAM {_code.name} inside the body", INSIDE, family="RST_STREAM")
    def _(link, asked, answer, __, code=_code):
        link.begin(asked, answer)
        link.body(asked, answer.body[: len(answer.body) // 2], end=False)
        link.end_stream(asked, code)

    @fault(f"GOAWAY {_code.name}, the request not looked at", family="GOAWAY")
    def _(link, asked, _, __, code=_code):
        link.leave(code, asked.stream - 2 if asked.stream > 1 else 0)
        link.close()

    @fault(f"GOAWAY {_code.name} inside the body", INSIDE, family="GOAWAY")
    def _(link, asked, answer, __, code=_code):
        link.begin(asked, answer)
        link.body(asked, answer.body[: len(answer.body) // 2], end=False)
        link.leave(code, asked.stream)
        link.close()


@fault("a stream that says nothing", stalls=True)
def _(*_):
    pass


@fault("a stream that says no more inside the body", INSIDE, stalls=True)
def _(link, asked, answer, _):
    link.begin(asked, answer)
    link.body(asked, answer.body[: len(answer.body) // 2], end=False)


@fault("a stream that ends too early", INSIDE)
def _(link, asked, answer, _):
    link.begin(asked, answer)
    link.body(asked, answer.body[: len(answer.body) // 2])


@fault("a stream that ends too late", INSIDE)
def _(link, asked, answer, _):
    link.begin(asked, answer, len(answer.body) // 2)
    link.body(asked, answer.body)


@fault("a stream without a length that ends too early", INSIDE, passing=False)
def _(link, asked, answer, _):
    link.begin(asked, answer, **{"content-length": None})
    link.body(asked, answer.body[: len(answer.body) // 2])


@fault("no status", passing=False)
def _(link, asked, answer, _):
    link.begin(asked, answer, **{":status": None})
    link.body(asked, answer.body)


@fault("300 KB of headers on a stream", passing=False)
def _(link, asked, answer, _):
    link.begin(asked, answer, **{f"x-{number}": "x" * 10000 for number in range(30)})
    link.body(asked, answer.body)


@fault("100 MB on a stream", INSIDE, passing=False)
def _(link, asked, answer, _):
    link.begin(asked, answer, **{"content-length": None})
    link.body(asked, b" " * 100000000)


@fault("frames that are none")
def _(link, *_):
    link.send(b"\xff\xff\xff" + bytes(range(256)) * 100)
    link.close()


@fault("a frame on a stream that nobody opened")
def _(link, *_):
    link.send(b"\x00\x00\x01\x00\x01\x00\x00\x7f\xffx")
    link.close()


@fault("3000 pings")
def _(link, asked, answer, _):
    for _ in range(3):
        link.send(b"\x00\x00\x08\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" * 1000)
    link.answer(asked, answer)


# ---- their cells


class StreamCell(Cell):
    """A program with servers that all speak HTTP/2."""

    def serve(self, world, struck):
        tls = {role: self.bench.contexts["h2"] for role in ROLES}
        return Servers(world, struck, tls, link=link_of)
