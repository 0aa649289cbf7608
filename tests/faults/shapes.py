"""Faults of the form of an answer: JSON and XML that is odd, values of other types, names that are none."""

import json

from table import JSON, LISTS, Fault, changed, other
from world import image, oci

# ---- JSON that is none, or odd

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


def others(path, member):
    """Each type that MEMBER at PATH is not of: its name and [a value]; and [] for that it is missing."""
    for label, value in TYPES.items():
        if label != kind_of(member):
            yield label, [value]
    if not isinstance(path[-1], int):
        yield "missing", []


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
            for label, new in others(path, member):

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
            for label, new in others(path, member):

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
