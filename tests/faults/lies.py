"""Faults of what an answer says: content that is not its digest's, where it leads, pages; and servers
that are not who they say."""

import json

from refusals import refusal
from table import ENDPOINTS, FAULTS, WHOLE, Fault, changed, other
from world import ECR_HOST, descriptor, oci

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
