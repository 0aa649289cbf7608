"""The tables of the fault matrix, and the rule by which their product becomes cells.

A fault is a function that is given a connection, what was asked on it, and the answer that there
would be; a row of the table says more about it:

  at        endpoints where it can be (None: wherever there is a body)
  passing   once it is over, the run is as if it had not been
  hides     what the server says is that something is not there: its private images may be absent
  moves     what the server says is another image: rows are not those of the corpus
  stops     a program may have nothing to do then, and say so by status 2
  counts    how often, if not all of COUNTS make sense
  slow      seconds that it is expected to take: not in the slice of `make check`
  stalls    what it does must be given up by --timeout
  plain     a role that speaks plain http where the others speak TLS: it must be told no secret
  memory    KiB that it may take, when that is not what all may
  wrap      what the program is run by; named: what its servers are called
  path      of the JSON that it changes: a program that is never sent that does not meet it
"""

import base64
import gzip
import json

from world import ACCOUNT, ECR_HOST, Answer, descriptor, image, oci

REGISTRY = ("challenge", "token", "catalog", "tags", "head", "top", "child", "config", "target")
ECR = ("sts", "repositories", "images", "batch", "url", "blob")
ENDPOINTS = REGISTRY + ECR
RESOLVE = ("challenge", "token", "top", "child", "config", "target")

# What each program asks, so where a fault can strike it.
PROGRAMS = {
    "resolve-digest": RESOLVE,
    "resolve-digest --reuse": ("challenge", "token", "head", "child", "config", "target"),
    "list-registry": tuple(name for name in REGISTRY if name != "head"),
    "list-ecr": ECR,
    "make report": ("head", "child", "config", "target", *ECR),
}

# Of each origin one endpoint: what is wrong with a server as a whole is wrong at all of its own.
ORIGINS = {
    "challenge": "registry", "config": "registry", "token": "token", "target": "store", "blob": "store",
    "repositories": "aws", "head": "registry",
}  # fmt: skip
WHOLE = tuple(name for name in ORIGINS if name != "config")
# An answer without a body has no inside.
BODILESS = ("head", "config")
LISTS = ("catalog", "tags", "repositories", "images")
JSON = ("token", "catalog", "tags", "top", "child", "target", "repositories", "images", "batch",
        "url", "blob")  # fmt: skip
CALLS = ("repositories", "images", "batch", "url")
GETS = ("token", "catalog", "tags", "head", "top", "child", "config", "target", "blob")

# How often, and how often the programs are told to try again then.
COUNTS = {"once": (1, 2), "burst": (3, 4), "for ever": (None, 1)}

SIZE = 100 * 1000 * 1000


class Fault:  # pylint: disable=too-many-instance-attributes
    """A row of the table."""

    def __init__(self, name, strike, at=None, **more):
        self.name = name
        self.strike = strike
        self.at = at
        self.passing = more.pop("passing", False)
        self.hides = more.pop("hides", False)
        self.moves = more.pop("moves", False)
        self.stops = more.pop("stops", False)
        self.counts = more.pop("counts", tuple(COUNTS))
        self.slow = more.pop("slow", 0)
        self.tls = more.pop("tls", None)
        self.plain = more.pop("plain", None)
        self.refused = more.pop("refused", False)
        self.mutate = more.pop("mutate", None)
        self.memory = more.pop("memory", None)
        self.wrap = more.pop("wrap", ())
        self.named = more.pop("named", "127.0.0.1")
        self.stalls = more.pop("stalls", "stall" in name)
        self.family = more.pop("family", name)
        self.kind = more.pop("kind", name)
        self.path = more.pop("path", None)
        assert not more, more


class Struck:
    """A fault as it is in a cell: at an endpoint, LIMIT times."""

    def __init__(self, fault, endpoint, limit):
        self.fault = fault
        self.endpoint = endpoint
        self.limit = limit
        self.by_tls = fault.tls is not None
        self.role = ORIGINS.get(endpoint)

    def meets(self, endpoint):
        """Whether it is to strike there."""
        return endpoint == self.endpoint

    def strike(self, link, asked, answer, servers):
        """Does it."""
        self.fault.strike(link, asked, answer, servers)


FAULTS = []


def fault(name, at=None, **more):
    """Puts a function into the table."""

    def put(strike):
        FAULTS.append(Fault(name, strike, at, **more))
        return strike

    return put


def bodies(*but):
    """All endpoints whose answers have a body."""
    return tuple(name for name in ENDPOINTS if name not in BODILESS and name not in but)


def changed(name, at, **more):
    """A fault that gives another answer, by a function from the answer (and what was asked, and the
    servers) to it."""

    def put(change):
        def strike(link, asked, answer, servers):
            link.answer(asked, change(answer, asked, servers))

        FAULTS.append(Fault(name, strike, at, **more))
        return change

    return put


def other(answer, body, status=200, kind=None, **headers):
    """ANSWER with another body."""
    made = Answer(answer.endpoint, status, body, answer.headers)
    made.headers.update(headers)
    if kind:
        made.headers["Content-Type"] = kind
    return made


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


# ---- statuses


def quote(asked):
    """All that was sent, and what is inside of it: what a careless server says in its errors."""
    basic = (asked.header("authorization") or "").removeprefix("Basic ")
    try:
        plain = base64.b64decode(basic, validate=True).decode("latin-1")
    except ValueError:
        plain = ""
    return f"{plain} {asked.everything()}"


def refusal(answer, asked, status, code="UNKNOWN", **headers):
    """An error as each of the servers has it, that quotes what it was sent."""
    said = quote(asked)
    if answer.endpoint == "sts":
        text = said.replace("&", "&amp;").replace("<", "&lt;")
        text = (
            f"<ErrorResponse><Error><Code>{code}</Code><Message>{text}</Message></Error>"
            "</ErrorResponse>"
        )
        return other(answer, text.encode("latin-1", "replace"), status, "text/xml", **headers)
    body = {"__type": code, "message": said, "errors": [{"code": code, "message": said}]}
    return other(answer, oci.dump(body), status, "application/json", **headers)


PASSING_STATUSES = (429, 500, 502, 503, 504)
for _status in (204, 206, 304, 400, 401, 403, 404, 405, 406, 407, 408, 410, 418, *PASSING_STATUSES,
                501, 505, 599, 999):  # fmt: skip

    @changed(f"status {_status}", ENDPOINTS, passing=_status in PASSING_STATUSES,
             hides=_status in (404, 410), stops=True)  # fmt: skip
    def _(answer, asked, _, status=_status):
        return refusal(answer, asked, status)


for _code, _status in (("NAME_UNKNOWN", 404), ("MANIFEST_UNKNOWN", 404), ("BLOB_UNKNOWN", 404),
                       ("DENIED", 403), ("UNAUTHORIZED", 401), ("TOOMANYREQUESTS", 429),
                       ("UNSUPPORTED", 405)):  # fmt: skip

    @changed(f"the registry's {_code}", tuple(set(REGISTRY) - {"challenge"}),
             passing=_status == 429, hides=_status == 404,
             family="the registry's errors")  # fmt: skip
    def _(answer, asked, _, code=_code, status=_status):
        return refusal(answer, asked, status, code)


for _value in ("-1", "", "0", "1", "soon", "1e9", "0x10", "Thu, 01 Jan 1970 00:00:00 GMT",
               "Mon, 99 Foo 9999 99:99:99 GMT", "\x1b[2J"):  # fmt: skip
    for _status in (429, 503) if _value in ("-1", "soon") else (429,):

        @changed(f"{_status}, Retry-After: {_value!r}", ENDPOINTS, passing=True, stops=True,
                 family="Retry-After that says nothing")  # fmt: skip
        def _(answer, asked, _, value=_value, status=_status):
            return refusal(answer, asked, status, **{"Retry-After": value})


# That long nobody waits: what is asked there fails, and at once.
for _value in ("31536000", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"):

    @changed(f"429, Retry-After: {_value!r}", ENDPOINTS, stops=True, counts=("once", "for ever"),
             family="Retry-After of a year")  # fmt: skip
    def _(answer, asked, _, value=_value):
        return refusal(answer, asked, 429, **{"Retry-After": value})


# ---- AWS

for _code, _passing in (("ThrottlingException", True), ("com.amazonaws.ecr#ThrottlingException", True),
                        ("TooManyRequestsException", True), ("RequestTimeout", True),
                        ("ServerException", True), ("ExpiredTokenException", None),
                        ("ExpiredToken", None), ("AccessDeniedException", False),
                        ("InvalidSignatureException", False), ("UnrecognizedClientException", False),
                        ("RepositoryNotFoundException", False), ("ImageNotFoundException", False),
                        ("LayersNotFoundException", False), ("InvalidParameterException", False),
                        ("\x1b[2JException", False)):  # fmt: skip

    @changed(f"{_code}", (*CALLS, "sts") if _passing is not None else CALLS,
             passing=_passing is not False, hides="NotFound" in _code, stops=True,
             family="AWS's errors")  # fmt: skip
    def _(answer, asked, _, code=_code):
        return refusal(answer, asked, 400, code)


def failing(code, hides=False):
    """Every image of a batch fails with CODE."""

    @changed(f"failures: {code!r}", ("batch",), hides=hides, family="failures of a batch")
    def _(answer, asked, _):
        failures = []
        for wanted in json.loads(asked.body)["imageIds"]:
            one = {"imageId": wanted, "failureCode": code, "failureReason": quote(asked)}
            failures.append({name: value for name, value in one.items() if value is not None})
        return other(answer, oci.dump({"images": [], "failures": failures}))


for _code in ("ImageNotFound", "KmsError", "UpstreamAccessDenied", "UpstreamTooManyRequests", "", None,
              "\x1b[2J"):  # fmt: skip
    failing(_code, _code == "ImageNotFound")


@changed("images that are in no answer", ("batch",))
def _(answer, *_):
    return other(answer, b'{"images": [], "failures": []}')


# ---- JSON that is none, or odd

HOSTILE = "\\u001b[2J\\u009b31m\\u202e\\ufeff"
ODD = {
    "cut off": lambda body: body[: len(body) // 2],
    "with more behind": lambda body: body + b" {}",
    "empty": lambda _: b"",
    "nothing but white space": lambda _: b" \n\t ",
    "null": lambda _: b"null",
    "{}": lambda _: b"{}",
    "[]": lambda _: b"[]",
    "a string": lambda _: b'"x"',
    "a number": lambda _: b"7",
    "HTML": lambda _: b"<html><title>Sign in</title></html>",
    "nested 100000 deep": lambda _: b"[" * 100000 + b"]" * 100000,
    "nested 100000 deep in a member": lambda body: body[:1] + b'"x":' + b"[" * 100000
    + b"]" * 100000 + b"," + body[1:],
    "1000000 members": lambda body: body[:1] + b'"x":[' + b"{}," * 999999 + b"{}]," + body[1:],
    "with a NUL": lambda body: body.replace(b'"', b'"\0', 3),
    "with a NUL behind": lambda body: body + b"\0",
    "with escaped NULs": lambda body: body.replace(b'":"', b'":"\\u0000'),
    "with invalid UTF-8": lambda body: body.replace(b'":"', b'":"\xff\xfe\xc0\xaf'),
    "with lone surrogates": lambda body: body.replace(b'":"', b'":"\\ud800'),
    "in UTF-16": lambda body: body.decode().encode("utf-16"),
    "with a BOM": lambda body: b"\xef\xbb\xbf" + body,
    "with NaN": lambda body: body[:1] + b'"x":NaN,' + body[1:],
    "with 1e999": lambda body: body[:1] + b'"x":1e999,' + body[1:],
    "with a comment": lambda body: b"/* */" + body,
    "in single quotes": lambda body: body.replace(b'"', b"'"),
}  # fmt: skip
for _name, _change in ODD.items():

    @changed(f"JSON {_name}", JSON, moves=True, family="JSON that is odd")
    def _(answer, _, __, change=_change):
        return other(answer, change(answer.body), answer.status)


def twice(body, empty_first):
    """Each member a second time, empty, before or behind the true one."""
    parts = []
    for name, value in json.loads(body).items():
        empty = type(value)() if value is not None else None
        pair = [empty, value] if empty_first else [value, empty]
        parts += [json.dumps(name) + ":" + json.dumps(one) for one in pair]
    return ("{" + ",".join(parts) + "}").encode()


for _first in (True, False):

    @changed(f"JSON with members twice, the {'first' if _first else 'second'} empty", JSON,
             moves=True, family="JSON with members twice")  # fmt: skip
    def _(answer, _, __, first=_first):
        return other(answer, twice(answer.body, first), answer.status)


XML = {
    "cut off": lambda body: body[: len(body) // 2],
    "empty": lambda _: b"",
    "no XML": lambda _: b"{}",
    "with entities": lambda body: b'<!DOCTYPE a [<!ENTITY a "' + b"a" * 1000 + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(98, 107))
    + b"]>" + body.replace(b"</SecretAccessKey>", b"&j;</SecretAccessKey>"),
    "nested deep": lambda _: b"<a>" * 100000 + b"</a>" * 100000,
    "with a NUL": lambda body: body.replace(b"<SecretAccessKey>", b"<SecretAccessKey>\0"),
    "without keys": lambda body: body.replace(b"SecretAccessKey", b"Other"),
    "with keys of control characters":
        lambda body: body.replace(b"<AccessKeyId>", b"<AccessKeyId>&#10;&#13;X-Evil: y"),
    "with empty keys": lambda body: body.replace(b"<AccessKeyId>ASIA", b"<AccessKeyId></AccessKeyId><B>")
    .replace(b"</AccessKeyId><Secret", b"</B><Secret"),
}  # fmt: skip
for _name, _change in XML.items():

    @changed(f"XML {_name}", ("sts",), stops=True, family="XML that is odd")
    def _(answer, _, __, change=_change):
        return other(answer, change(answer.body), answer.status)


# ---- types

TYPES = {"null": None, "a boolean": True, "a number": 7, "a string": "x", "a list": [], "an object": {}}


def kind_of(value):
    """The name of its type in TYPES."""
    if isinstance(value, bool):
        return "a boolean"
    return {type(None): "null", int: "a number", float: "a number", str: "a string",
            list: "a list", dict: "an object"}[type(value)]  # fmt: skip


def paths(value, path=()):
    """The places of a JSON value, each (path, value); of lists the first and the last."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, member in value.items():
            yield from paths(member, (*path, name))
    elif isinstance(value, list) and value:
        yield from paths(value[0], (*path, 0))
        if len(value) > 1:
            yield from paths(value[-1], (*path, -1))


def put(value, path, new):
    """Sets what is at PATH; False when there is no such place. Without NEW it is taken away."""
    try:
        for step in path[:-1]:
            value = value[step]
        if isinstance(value, dict) and path[-1] not in value:
            return False
        if new:
            value[path[-1]] = new[0]
        else:
            del value[path[-1]]
        return True
    except (KeyError, IndexError, TypeError):
        return False


def mutations(samples):
    """Every field of every answer with every other type, and without it. SAMPLES: what JSON comes to
    whom, as (program, endpoint) -> list of values. A `null` and a member that is missing say the same, and of what
    may be missing they say that there is none."""
    seen = {}
    for (_, endpoint), values in samples.items():
        for value in values:
            for path, member in paths(value):
                seen.setdefault(endpoint, {}).setdefault(path, member)
    for endpoint, found in seen.items():
        for path, member in found.items():
            name = ".".join(str(step) for step in path)
            for label, new in {**{kind: [other] for kind, other in TYPES.items()}, "missing": []}.items():
                if label == kind_of(member):
                    continue
                if label == "missing" and isinstance(path[-1], int):
                    continue

                def strike(link, asked, answer, servers, path=path, new=new):
                    value = json.loads(answer.body)
                    if put(value, path, new):
                        answer = other(answer, oci.dump(value), answer.status)
                    else:
                        servers.missed()
                    link.answer(asked, answer)

                # That there are no more pages, no tags, no images can be said so.
                ends = label in ("null", "missing") and (
                    path[-1] == "nextToken" or path == ("tags",) or path == ("repositories",)
                )
                yield Fault(f"{endpoint}: {name} is {label}", strike, (endpoint,), moves=True,
                            hides=ends or endpoint in ("top", "child"), stops=True, counts=("for ever",),
                            family=f"types in {endpoint}", kind=f"{endpoint}: {name}",
                            path=path)  # fmt: skip


def hostile_images():
    """The image `victim`, whose digests are all right, with every field of its config and of its
    manifest of every other type."""
    plain = image("victim")
    for part, value in (("config", json.loads(plain.config)), ("manifest", json.loads(plain.data))):
        for path, member in paths(value):
            if part == "manifest" and path == ("mediaType",):
                continue  # it is the header's then
            name = ".".join(str(step) for step in path)
            for label, new in {**{kind: [other] for kind, other in TYPES.items()}, "missing": []}.items():
                if label == kind_of(member) or (label == "missing" and isinstance(path[-1], int)):
                    continue

                def mutate(which, value, part=part, path=path, new=new):
                    if which == part:
                        put(value, path, new)

                yield Fault(f"an image whose {part} has {label} as {name}", None,
                            ("top", "head", "repositories"),
                            moves=True, counts=("for ever",), mutate=mutate,
                            family=f"types in an image's {part}", kind=f"{part}: {name}")  # fmt: skip


# ---- names

NAMES = ["\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "a\nb\tc", "../../etc/passwd", "", " ", "A B",
         "x" * 100000, "\u0085\u2028", "-", "a\\tb", "<script>", "%2e%2e/%2e%2e", "a?b#c", "\ufffe"]  # fmt: skip


@changed("names that are none", LISTS)
def _(answer, *_):
    value = json.loads(answer.body)
    for member in ("tags", "repositories"):
        if member in value and answer.endpoint in ("tags", "catalog"):
            value[member] = value[member] + NAMES
    if answer.endpoint == "repositories":
        first = value["repositories"][0]
        value["repositories"] += [{**first, "repositoryName": name} for name in NAMES]
    if answer.endpoint == "images":
        first = value["imageDetails"][0]
        first["imageTags"] = first.get("imageTags", []) + NAMES
        value["imageDetails"] += [{**first, "imageDigest": name} for name in NAMES]
    return other(answer, json.dumps(value).encode())


@changed("names of invalid UTF-8", LISTS)
def _(answer, *_):
    return other(answer, answer.body.replace(b'["', b'["\xff\xfe\x80","', 1))


@changed("names twice", LISTS)
def _(answer, *_):
    value = json.loads(answer.body)
    for member in ("tags", "repositories", "imageDetails"):
        if member in value:
            value[member] = value[member] * 2
    return other(answer, oci.dump(value))


# ---- content


@changed("other bytes", ("top", "child", "target", "blob"), moves=True)
def _(answer, *_):
    return other(answer, answer.body + b" ", answer.status)


@changed("other bytes in a batch", ("batch",))
def _(answer, *_):
    value = json.loads(answer.body)
    for one in value["images"]:
        one["imageManifest"] += " "
    return other(answer, oci.dump(value))


@changed("manifests under each other's digests", ("batch",))
def _(answer, *_):
    value = json.loads(answer.body)
    texts = [one["imageManifest"] for one in value["images"]]
    for one, text in zip(value["images"], texts[1:] + texts[:1]):
        one["imageManifest"] = text
    return other(answer, oci.dump(value))


@changed("another image's content", ("top", "child", "target", "blob"), moves=True)
def _(answer, asked, servers):
    private = servers.world.entries["single"].private
    swapped = private.config if answer.endpoint in ("target", "blob") else private.data
    if asked.path.endswith(oci.digest_of(swapped)):
        swapped = servers.world.entries["absent"].source.data
    return other(answer, swapped, answer.status)


@changed("an index that lists itself", ("child",))
def _(answer, asked, _):
    own = {"mediaType": oci.INDEX, "digest": asked.path.rpartition("/")[2], "size": 100}
    value = {"schemaVersion": 2, "mediaType": oci.INDEX, "manifests": [own, own]}
    return other(answer, oci.dump(value), kind=oci.INDEX)


@changed("an index of 100000 images", ("top",), moves=True)
def _(answer, *_):
    entry = {**descriptor(oci.MANIFEST, b"x"), "platform": {"os": "linux", "architecture": "arm"}}
    value = {"schemaVersion": 2, "mediaType": oci.INDEX, "manifests": [entry] * 20000}
    return other(answer, oci.dump(value), kind=oci.INDEX)


for _name, _header in (("none", ""), ("another", "sha256:" + "0" * 64), ("garbage", "\x1b[2J"),
                       ("of another algorithm", "md5:" + "0" * 32)):  # fmt: skip

    # Of what HEAD says nothing else is known: an image that is not there.
    @changed(f"Docker-Content-Digest: {_name}",
             ("top", "child") if _name == "another" else ("top", "child", "head"), passing=True,
             family="Docker-Content-Digest")  # fmt: skip
    def _(answer, _, __, header=_header):
        return other(answer, answer.body, answer.status, **{"Docker-Content-Digest": header})


@changed("a tag that moves to another image", ("head", "top"), moves=True)
def _(answer, _, servers):
    to = servers.world.entries["absent"].source
    return other(answer, to.data, 200, to.kind, **{"Docker-Content-Digest": to.digest})


for _kind in ("text/html", "", "application/vnd.oci.image.index.v1+json",
              "application/vnd.docker.distribution.manifest.v1+prettyjws", "\x1b[2J", "x" * 10000):  # fmt: skip

    @changed(f"Content-Type: {_kind[:60]!r}", ("top", "child", "tags", "images", "target", "token"),
             moves=True, family="Content-Type")  # fmt: skip
    def _(answer, _, __, kind=_kind):
        return other(answer, answer.body, answer.status, **{"Content-Type": kind})


# ---- where it leads

LOCATIONS = {
    "to itself": lambda asked, servers: asked.target,
    "in a ring that grows": lambda asked, servers: asked.target + ("&" if asked.query else "?") + "a=b",
    "to another origin": lambda asked, servers: servers.url("store") + "/elsewhere?" + asked.query,
    "to a port where nobody is": lambda asked, servers: "http://127.0.0.1:1/",
    "to a file": lambda asked, servers: "file:///etc/passwd",
    "to gopher": lambda asked, servers: "gopher://127.0.0.1:1/",
    "with a user": lambda asked, servers: f"http://me:secret@{servers.host('store')}/blob",
    "to nowhere": lambda asked, servers: "",
    "to no URL": lambda asked, servers: "http://[::1/\x1b[2J",
    "with 100 KB": lambda asked, servers: servers.url("store") + "/" + "x" * 100000,
}
for _name, _where in LOCATIONS.items():
    for _status in (301, 302, 303, 307, 308) if _name == "to another origin" else (302, 307):

        @changed(f"{_status} {_name}", ENDPOINTS, stops=True, family=f"redirect {_name}",
                 counts=("once", "for ever"))  # fmt: skip
        def _(answer, asked, servers, status=_status, where=_where):
            return other(answer, b"", status, Location=where(asked, servers))


for _status in (301, 308):

    @changed(f"{_status} that does not say where", ENDPOINTS, stops=True, family="redirect to nowhere",
             counts=("once", "for ever"))  # fmt: skip
    def _(answer, _, __, status=_status):
        return other(answer, b"", status)


CHALLENGES = {
    "realm of ftp": 'Bearer realm="ftp://127.0.0.1/token",service="registry"',
    "realm of a file": 'Bearer realm="file:///etc/passwd",service="registry"',
    "realm of https where nobody is": 'Bearer realm="https://127.0.0.1:1/token",service="r"',
    "realm of another machine": 'Bearer realm="http://registry.invalid/token",service="registry"',
    "realm with a user": 'Bearer realm="http://me:you@127.0.0.1:1/token"',
    "realm that is empty": 'Bearer realm=""',
    "no realm": "Bearer",
    "a realm without an end": 'Bearer realm="http://127.0.0.1',
    "garbage": '\x1b[2J = , ,, "',
    "Negotiate": "Negotiate",
    "Digest": 'Digest realm="r", nonce="n"',
    "100 KB": 'Bearer realm="' + "x" * 100000 + '"',
    "10000 challenges": "Bearer a=b, " * 10000,
    "no challenge": None,
}
for _name, _text in CHALLENGES.items():

    @changed(f"challenge: {_name}", ("challenge",), family="challenges",
             counts=("once", "for ever"))  # fmt: skip
    def _(answer, _, __, text=_text):
        made = other(answer, answer.body, 401)
        del made.headers["WWW-Authenticate"]
        if text is not None:
            made.headers["WWW-Authenticate"] = text
        return made


@changed("challenge for the password itself", ("challenge",), counts=("once", "for ever"),
         family="challenges")  # fmt: skip
def _(answer, *_):
    return other(answer, answer.body, 401, **{"WWW-Authenticate": 'Basic realm="r"'})


# ---- pages

LINKS = {
    "to itself": lambda asked, servers: f"<{asked.target}>; rel=next",
    "that never end": lambda asked, servers: f"<{asked.path}?n=5&last={servers.next()}>; rel=next",
    "that never end and are empty": lambda asked, servers: f"<{asked.path}?last={servers.next()}>; "
    "rel=next",
    "to another machine": lambda asked, servers: "<http://registry.invalid/v2/x>; rel=next",
    "to another origin": lambda asked, servers: f"<{servers.url('store')}/v2/x>; rel=next",
    "to a file": lambda asked, servers: "<file:///etc/passwd>; rel=next",
    "to no URL": lambda asked, servers: "<\x1b[2J; rel=next",
}
for _name, _link in LINKS.items():

    @changed(f"pages {_name}", ("catalog", "tags"), counts=("once", "for ever"), hides=True,
             family="pages of a registry")  # fmt: skip
    def _(answer, asked, servers, link=_link, empty=_name.endswith("empty")):
        body = b'{"name": "x", "tags": [], "repositories": []}' if empty else answer.body
        return other(answer, body, 200, Link=link(asked, servers))


def page_of(answer, asked, items, token):
    """A page of a list of ECR."""
    key = "repositories" if answer.endpoint == "repositories" else "imageDetails"
    value = {key: items, **({"nextToken": token} if token is not None else {})}
    return other(answer, oci.dump(value)), asked


@changed("the same nextToken again and again", ("repositories", "images"))
def _(answer, *_):
    return other(answer, oci.dump({**json.loads(answer.body), "nextToken": "page-0"}))


@changed("a nextToken that is never the last", ("repositories", "images"), hides=True)
def _(answer, _, servers):
    # Another each time, and to the server that is asked with it one of its first page: it hides nothing.
    return page_of(answer, _, [], f"page-{servers.next()}-0")[0]


@changed("pages that never end, each of new ones", ("images",), counts=("for ever",), slow=60,
         moves=True, memory="unlimited")  # fmt: skip
def _(answer, asked, servers):
    name = json.loads(asked.body)["repositoryName"]
    if name != "mirror/many":
        servers.missed()
        return answer
    first = servers.next() * 1000
    items = [
        {"imageDigest": f"sha256:{first + i:064x}", "imageStatus": "ARCHIVED"} for i in range(1000)
    ]
    return page_of(answer, asked, items, f"page-{first}")[0]


for _number, _slow in ((10000, 0), (100000, 20)):

    @changed(f"{_number} tags on one image", ("images",), counts=("once",), moves=True, slow=_slow)
    def _(answer, _, __, number=_number):
        value = json.loads(answer.body)
        value["imageDetails"][0]["imageTags"] = [f"tag-{i}" for i in range(number)]
        return other(answer, oci.dump(value))


@changed("100000 tags of one image", ("tags",), counts=("once",), moves=True, slow=120, hides=True)
def _(answer, _, servers):
    value = json.loads(answer.body)
    names = servers.world.repositories[value["name"]]
    content = next(iter(names.values()))
    value["tags"] = [f"tag-{i}" for i in range(100000)]
    names.update({tag: content for tag in value["tags"]})
    return other(answer, oci.dump(value))


@changed("a repository that vanished", ("tags",), hides=True, counts=("once", "for ever"))
def _(answer, asked, _):
    return refusal(answer, asked, 404, "NAME_UNKNOWN")


@changed("downloadUrl of http elsewhere", ("url",), counts=("once", "for ever"))
def _(answer, *_):
    return other(answer, b'{"downloadUrl": "http://registry.invalid/blob"}')


@changed("downloadUrl of a file", ("url",), counts=("once", "for ever"))
def _(answer, *_):
    return other(answer, b'{"downloadUrl": "file:///etc/passwd"}')


@changed("another account's repositories", ("repositories",), counts=("for ever",), moves=True)
def _(answer, *_):
    return other(answer, answer.body.replace(ECR_HOST.encode(), b"evil.example"))


# ---- TLS

for _kind in ("expired", "not yet valid", "wrong name", "unknown CA", "old protocol", "no TLS at all",
              "resets the handshake", "stalls the handshake"):  # fmt: skip
    FAULTS.append(Fault(f"TLS: {_kind}", None, WHOLE, tls=_kind, stops=True,
                        counts=("for ever",), family="TLS"))  # fmt: skip

for _role, _at in (("token", "challenge"), ("store", "config")):
    FAULTS.append(Fault(f"TLS: and a {_role} of plain http", None, (_at,), tls="good", plain=_role,
                        stops=True, counts=("for ever",), family="TLS"))  # fmt: skip


# ---- the product


def cells(faults, samples):
    """Each (program, fault, endpoint, count) that makes sense: the fault can be at the endpoint, the
    program asks it (and is sent there what the fault changes), and it can happen that often."""
    met = {
        key: {path for value in values for path, _ in paths(value)} for key, values in samples.items()
    }
    for program, asks in PROGRAMS.items():
        for one in faults:
            for endpoint in ENDPOINTS:
                if endpoint not in asks or endpoint not in (one.at or bodies()):
                    continue
                if one.path and one.path not in met.get((program, endpoint), ()):
                    continue
                for count in one.counts:
                    yield program, one, endpoint, count
