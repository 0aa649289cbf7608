"""The table of the fault matrix: what a row is, and what makes rows. Those who fill it are wire.py,
refusals.py, shapes.py and lies.py.

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

from world import Answer

REGISTRY = ("challenge", "token", "catalog", "tags", "head", "top", "child", "config", "target")
ECR = ("sts", "repositories", "images", "batch", "url", "blob")
KEYS = ("container", "imds token", "imds role", "imds keys")
ENDPOINTS = REGISTRY + ECR + KEYS
RESOLVE = ("challenge", "token", "top", "child", "config", "target")

# What each program asks, so where a fault can strike it.
PROGRAMS = {
    "resolve-digest": RESOLVE,
    "resolve-digest --reuse": ("challenge", "token", "head", "child", "config", "target"),
    "list-registry": tuple(name for name in REGISTRY if name != "head"),
    "list-ecr": ECR,
    "list-ecr --reuse": ECR,
    "list-ecr in a container": KEYS[:1],
    "list-ecr on an instance": KEYS[1:],
    "make report": ("head", "child", "config", "target", *ECR),
}

# Of each origin one endpoint: what is wrong with a server as a whole is wrong at all of its own.
ORIGINS = {
    "challenge": "registry", "config": "registry", "token": "token", "target": "store", "blob": "store",
    "repositories": "aws", "head": "registry", "container": "keys", "imds keys": "keys",
}  # fmt: skip
WHOLE = tuple(name for name in ORIGINS if name != "config")
# An answer without a body has no inside.
BODILESS = ("head", "config")
LISTS = ("catalog", "tags", "repositories", "images")
JSON = ("token", "catalog", "tags", "top", "child", "target", "repositories", "images", "batch",
        "url", "blob", "container", "imds keys")  # fmt: skip
CALLS = ("repositories", "images", "batch", "url")
GETS = ("token", "catalog", "tags", "head", "top", "child", "config", "target", "blob")

# How often, and how often the programs are told to try again then.
COUNTS = {"once": (1, 2), "burst": (3, 4), "for ever": (None, 1)}


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
