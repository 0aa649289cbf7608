"""Faults of what is on the wire: connections, lengths, sizes, headers."""

import gzip

from table import ENDPOINTS, FAULTS, WHOLE, Fault, bodies, changed, fault, other

# ---- the network


@fault("reset before the answer", ENDPOINTS, passing=True)
def _(link, *_):
    link.reset()


@fault("closed before the answer", ENDPOINTS, passing=True)
def _(link, *_):
    link.close()


@fault("reset inside the head", ENDPOINTS, passing=True)
def _(link, _, answer, __):
    link.send(link.head(answer)[:30])
    link.reset()


@fault("reset inside the body", bodies(), passing=True)
def _(link, _, answer, __):
    link.send(link.head(answer) + answer.body[: len(answer.body) // 2])
    link.reset()


@fault("stall before the head", ENDPOINTS, passing=True)
def _(link, *_):
    link.stall()


@fault("stall inside the head", ENDPOINTS, passing=True)
def _(link, _, answer, __):
    link.send(link.head(answer)[:30])
    link.stall()


@fault("stall inside the body", bodies(), passing=True)
def _(link, _, answer, __):
    link.send(link.head(answer) + answer.body[: len(answer.body) // 2])
    link.stall()


@fault("some bytes a second of the head", ENDPOINTS, passing=True, stalls=True, counts=("once", "for ever"))
def _(link, _, answer, __):
    link.trickle(link.head(answer)[:-2] + b"X-Long: " + b"x" * 1000)


@fault("some bytes a second of the body", bodies("challenge"), passing=True, stalls=True, counts=("once", "for ever"))
def _(link, _, answer, __):
    link.send(link.head(answer, len(answer.body) + 1000))
    link.trickle(answer.body + b" " * 1000)


FAULTS.append(Fault("connection refused", None, WHOLE, refused=True, stops=True,
                    counts=("for ever",)))  # fmt: skip

# ---- lengths


@fault("truncated body", bodies(), passing=True)
def _(link, _, answer, __):
    link.send(link.head(answer) + answer.body[: len(answer.body) // 2])
    link.close()


@fault("over-long body", bodies(), passing=True)
def _(link, _, answer, __):
    link.send(link.head(answer) + answer.body + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@fault("over-long body without a length", bodies())
def _(link, _, answer, __):
    link.send(link.head(answer, "", Connection="close") + answer.body + b"]}\0 and more")
    link.close()


@fault("a body where HEAD has none", ("head",), passing=True)
def _(link, _, answer, __):
    link.send(link.head(answer) + answer.body)


@fault("two answers to one request", ("head", "tags", "images"))
def _(link, asked, answer, _):
    link.send((link.head(answer) + (b"" if asked.method == "HEAD" else answer.body)) * 2)


# Which other question it is taken for cannot be seen, but of ECR's images, which say whose they are.
@fault("an answer again, a while later", ("images",))
def _(link, asked, answer, _):
    link.answer(asked, answer)
    link.wait(0.01)
    link.answer(asked, answer)


@fault("Content-Length too small", bodies())
def _(link, _, answer, __):
    link.send(link.head(answer, len(answer.body) // 2) + answer.body)


@fault("Content-Length 0", bodies())
def _(link, _, answer, __):
    link.send(link.head(answer, 0))


for _value in ("-1", "abc", "18446744073709551617", "9223372036854775807"):

    @fault(f"Content-Length {_value}", bodies(), family="Content-Length absurd")
    def _(link, _, answer, __, value=_value):
        link.send(link.head(answer, value) + answer.body)
        link.close()


@fault("two lengths", bodies())
def _(link, _, answer, __):
    head = link.head(answer)[:-2] + f"Content-Length: {len(answer.body) // 2}\r\n\r\n".encode()
    link.send(head + answer.body)
    link.close()


for _name, _chunk in (("without an end", b""), ("of no size", b"zz\r\n{}\r\n"),
                      ("of 2^64", b"FFFFFFFFFFFFFFFFF\r\n{}")):  # fmt: skip

    @fault(f"chunks {_name}", bodies(), family="chunks")
    def _(link, _, answer, __, chunk=_chunk):
        body = b"%x\r\n%s\r\n" % (len(answer.body), answer.body) if answer.body else b""
        link.send(link.head(answer, "", **{"Transfer-Encoding": "chunked"}) + body + chunk)
        link.close()


# ---- sizes

SIZE = 100 * 1000 * 1000


@fault("100 MB that are announced", bodies())
def _(link, _, answer, __):
    link.send(link.head(answer, SIZE))
    for _ in range(SIZE // 100000):
        link.send(b" " * 100000)


@fault("100 MB in chunks", bodies())
def _(link, _, answer, __):
    link.send(link.head(answer, "", **{"Transfer-Encoding": "chunked"}))
    for _ in range(SIZE // 100000):
        link.send(b"186a0\r\n" + b" " * 100000 + b"\r\n")
    link.send(b"0\r\n\r\n")


@fault("100 MB with an error", bodies())
def _(link, _, answer, __):
    link.send(link.head(other(answer, b"", 418), SIZE))
    for _ in range(SIZE // 100000):
        link.send(b" " * 100000)


BOMB = gzip.compress(b" " * SIZE, mtime=0)


@changed("gzip bomb", bodies())
def _(answer, *_):
    return other(answer, BOMB, answer.status, **{"Content-Encoding": "gzip"})


@changed("gzip that nobody asked for", bodies())
def _(answer, *_):
    body = gzip.compress(answer.body, mtime=0)
    return other(answer, body, answer.status, **{"Content-Encoding": "gzip"})


@fault("1 MB of headers", ENDPOINTS)
def _(link, _, answer, __):
    link.send(link.head(answer)[:-2] + b"X-Long: " + b"x" * 1000000 + b"\r\n\r\n" + answer.body)


@fault("headers without end", ENDPOINTS)
def _(link, _, answer, __):
    link.send(link.head(answer)[:-2])
    while True:
        link.send(b"X-More: and more\r\n" * 1000)


@fault("interim answers without end", ENDPOINTS)
def _(link, *_):
    while True:
        link.send(b"HTTP/1.1 100 Continue\r\nX-More: and more\r\n\r\n" * 1000)


@fault("no HTTP", ENDPOINTS)
def _(link, *_):
    link.send(b"\0\1\2\xff\x1b[2J SSH-2.0-none\r\n\r\n")
    link.close()


@fault("a body alone", ENDPOINTS)
def _(link, _, answer, __):
    link.send(answer.body or b"{}")
    link.close()
