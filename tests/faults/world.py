"""The corpus of the fault matrix: what the servers hold, and what is therefore true of each source.

A World is images by name, each as a source has it and as the private registries have it; and the
answers that a registry, its token service, its blob store, ECR and STS give of them when nothing is
wrong with them. What goes wrong is put on top by the tables.
"""

import base64
import hashlib
import json
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "infra", "local"))

import oci  # noqa: E402  pylint: disable=wrong-import-position

ACCOUNT = "123456789012"
REGION = "us-east-1"
ECR_HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"

# What the programs are given, and what they get on the way: none of it may be seen.
USER = "reader"
PASSWORD = "p@ss/w0rd+with=odd&bytes!"
BEARER = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYXVsdHMifQ.c2lnbmF0dXJlLWlzLWhlcmU"
KEY = "AKIAFAULTS0123456789"
SECRET = "zX8Wq+faultMatrix/ofSecretKeys0123456789"
SESSION = "IQoJfaults/sessionTokenThatIsLong+EnoughToBeOne/aVery+LongOneEven=="
ISSUED_SECRET = "iSsUeD+secretKey/OfARole0123456789abcdef"
ISSUED_SESSION = "FwoGissued/sessionToken+OfARole/0123456789abcdefghij=="
CONTAINER_TOKEN = "c0ntainer/authorization+token=of-a-task"
INSTANCE_TOKEN = "AQAEAinstance-session-token_of-IMDSv2=="
SIGNATURE = "5d41402abc4b2a76b9719d911017c592presignedURLsignature"
SECRETS = {
    "password": PASSWORD,
    "bearer token": BEARER,
    "access key": KEY,
    "secret key": SECRET,
    "session token": SESSION,
    "issued secret": ISSUED_SECRET,
    "issued session": ISSUED_SESSION,
    "presigned URL": SIGNATURE,
    "container token": CONTAINER_TOKEN,
    "instance token": INSTANCE_TOKEN,
}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"


class Content:
    """A manifest or an index: its bytes, the configs and manifests below it."""

    def __init__(self, manifest, config=None, children=()):
        self.kind = manifest["mediaType"]
        self.data = oci.dump(manifest)
        self.digest = oci.digest_of(self.data)
        self.config = config
        self.children = children

    def all(self):
        """This and all below."""
        yield self
        for child in self.children:
            yield from child.all()


def descriptor(kind, data, **more):
    """What describes DATA."""
    return {"mediaType": kind, "digest": oci.digest_of(data), "size": len(data), **more}


def image(name, architecture="amd64", command="run", created=1, mutate=None, **annotations):
    """An image of one layer. MUTATE(manifest, config) may change both before they get digests."""
    layer = f"layer of {name} for {architecture}".encode()
    config = {
        "created": f"2024-01-01T00:00:{created:02}Z",
        "os": "linux",
        "architecture": architecture,
        "config": {"Cmd": [command], "Env": ["A=b"], "Labels": {"l": "v"}},
        "rootfs": {"type": "layers", "diff_ids": [oci.digest_of(b"tar of " + layer)]},
        "history": [{"created_by": "x"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": oci.MANIFEST,
        "config": {},
        "layers": [descriptor(oci.LAYER, layer)],
    }
    if annotations:
        manifest["annotations"] = annotations
    if mutate:
        mutate("config", config)
    data = oci.dump(config)
    manifest["config"] = descriptor(oci.CONFIG, data)
    if mutate:
        mutate("manifest", manifest)
    made = Content(manifest, data)
    made.architecture = architecture
    return made


def artifact(name):
    """A chart: no image."""
    config = oci.dump({"name": name})
    return Content(
        {
            "schemaVersion": 2,
            "mediaType": oci.MANIFEST,
            "config": descriptor("application/vnd.cncf.helm.config.v1+json", config),
            "layers": [
                descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", name.encode())
            ],
        },
        config,
    )


def index(*members):
    """An index of images and indexes."""
    entries = []
    for member in members:
        entry = descriptor(member.kind, member.data)
        if hasattr(member, "architecture"):
            entry["platform"] = {"os": "linux", "architecture": member.architecture}
        entries.append(entry)
    manifest = {"schemaVersion": 2, "mediaType": oci.INDEX, "manifests": entries}
    return Content(manifest, children=members)


class Entry:
    """A name: what the source has under it, what the private side has, and the verdict. HELD: of
    each platform of the source, by its manifest's digest, whether the private side has it."""

    def __init__(self, verdict, source, private, held=None, archived=False):
        self.verdict = verdict
        self.source = source
        self.private = private
        self.archived = archived
        self.held = held or {}
        if source and not held:
            self.held = {
                one.digest: verdict in ("present", "archived")
                for one in source.all()
                if not one.children
            }


def corpus(mutate=None):
    """Names and what is true of them. MUTATE changes the image `victim`, the same on both sides."""
    multi = index(image("multi"), image("multi", "arm64"))
    single = image("single")
    nested = index(index(image("nested")), image("nested", "arm64"))
    half = [image("half"), image("half", "arm64")]
    chart = artifact("chart")
    old = image("archived")
    victim = image("victim", mutate=mutate)
    return {
        "multi": Entry("present", multi, multi),
        "single": Entry("present", single, single),
        "nested": Entry("present", nested, nested),
        "again": Entry("present", image("again"), image("again", again="yes")),
        "rebuilt": Entry("present", image("rebuilt"), image("rebuilt", created=2)),
        "chart": Entry("present", chart, chart),
        "victim": Entry("present", victim, victim),
        "half": Entry("partial", index(*half), half[0],
                      {half[0].digest: True, half[1].digest: False}),
        "settings": Entry("absent", image("settings"), image("settings", command="other")),
        "absent": Entry("absent", image("absent"), image("another")),
        "missing": Entry("absent", index(image("missing"), image("missing", "arm64")), None),
        "archived": Entry("archived", old, old, archived=True),
        "gone": Entry("unknown", None, None),
    }  # fmt: skip


class Answer:
    """What is answered, before a fault changes it. ENDPOINT: which of the tables' this is."""

    def __init__(self, endpoint, status=200, body=b"", headers=(), kind="application/json"):
        self.endpoint = endpoint
        self.status = status
        self.body = body if isinstance(body, bytes) else oci.dump(body)
        self.headers = dict(headers)
        self.headers.setdefault("Content-Type", kind)


STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>\
<AssumedRoleUser><Arn>arn:aws:sts::%s:assumed-role/reader/s</Arn>\
<AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser><Credentials>\
<AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken>\
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
</AssumeRoleResponse>"""


def problem(code, message):
    """A registry's error."""
    return {"errors": [{"code": code, "message": message}]}


class World:
    """Everything; `url` gives the URLs of the roles: registry, token, store, aws."""

    PAGE = 5

    def __init__(self, mutate=None):
        self.entries = corpus(mutate)
        self.repositories = {}  # of the registry: name -> {tag or digest: Content}
        self.ecr = {}  # name -> [(Content, tags, archived)]
        self.blobs = {}
        for name, entry in self.entries.items():
            if entry.source:
                self.put(f"team/{name}", entry.source, "1")
            if entry.private:
                self.put(f"mirror/{name}", entry.private, "1", "latest")
                images = [(entry.private, ["1", "latest"], entry.archived)]
                images += [(one, [], entry.archived) for one in entry.private.all()][1:]
                self.ecr[f"mirror/{name}"] = images
        many = [image(f"many {number}") for number in range(self.PAGE + 2)]
        for number, one in enumerate(many):
            self.put("mirror/many", one, f"v{number}")
        self.ecr["mirror/many"] = [(one, [f"v{i}"], False) for i, one in enumerate(many)]
        self.issued = 0

    def put(self, repository, content, *tags):
        """The registry has it, under its digest and these tags."""
        names = self.repositories.setdefault(repository, {})
        for one in content.all():
            names[one.digest] = one
            if one.config:
                self.blobs[oci.digest_of(one.config)] = one.config
        for tag in tags:
            names[tag] = content

    def lines(self, host):
        """The input: every source, one twice, one by its digest, and lines that are none."""
        lines = [f"{host}/team/{name}:1" for name in self.entries]
        lines.append(f"{host}/team/single:1")
        lines.append(f"{host}/team/multi@{self.entries['multi'].source.digest}")
        return ["# the sources", *lines, "", "Not A Reference!"]

    def of_line(self, line):
        """The entry of a line of the input; None: it is no reference."""
        if "/team/" not in line:
            return None
        return self.entries[line.partition("/team/")[2].partition(":")[0].partition("@")[0]]

    # ---- the registry

    def registry(self, asked, url):
        """Answers as the registry."""
        if asked.header("authorization") != f"Bearer {BEARER}":
            realm = f'Bearer realm="{url("token")}/token",service="registry"'
            return Answer("challenge", 401, problem("UNAUTHORIZED", "authentication required"),
                          {"WWW-Authenticate": realm})  # fmt: skip
        path = asked.path.removeprefix("/v2/")
        if path == "_catalog":
            return self._page("catalog", asked, "repositories", sorted(self.repositories))
        for part, answer in (("/tags/list", self._tags), ("/manifests/", self._manifest),
                             ("/blobs/", self._blob)):  # fmt: skip
            name, found, rest = path.partition(part)
            if found:
                return answer(asked, name, rest, url)
        return Answer("other", 404, problem("NOT_FOUND", "no such thing"))

    def _page(self, endpoint, asked, member, names, **more):
        last = asked.arguments().get("last", "")
        page = [name for name in names if name > last]
        headers = {}
        if len(page) > self.PAGE:
            page = page[: self.PAGE]
            query = urllib.parse.urlencode({"last": page[-1], "n": self.PAGE})
            headers["Link"] = f'<{asked.path}?{query}>; rel="next"'
        return Answer(endpoint, 200, {**more, member: page}, headers)

    def _tags(self, asked, name, _, __):
        held = self.repositories.get(name)
        if held is None:
            return Answer("tags", 404, problem("NAME_UNKNOWN", "repository name not known"))
        tags = sorted(tag for tag in held if ":" not in tag)
        return self._page("tags", asked, "tags", tags, name=name)

    def _manifest(self, asked, name, reference, _):
        by_tag = ":" not in reference
        endpoint = "head" if asked.method == "HEAD" else "top" if by_tag else "child"
        content = self.repositories.get(name, {}).get(reference)
        if content is None:
            return Answer(endpoint, 404, problem("MANIFEST_UNKNOWN", "manifest unknown"))
        headers = {"Docker-Content-Digest": content.digest}
        return Answer(endpoint, 200, content.data, headers, content.kind)

    def _blob(self, _, __, digest, url):
        if digest not in self.blobs:
            return Answer("config", 404, problem("BLOB_UNKNOWN", "blob unknown"))
        target = f"{url('store')}/blob/{digest}?X-Amz-Signature={SIGNATURE}"
        return Answer("config", 307, b"", {"Location": target})

    # ---- what belongs to it

    def token(self, asked, _):
        """Answers as the token service."""
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if asked.header("authorization") != f"Basic {pair}":
            return Answer("token", 401, {"details": "wrong password"})
        return Answer("token", 200, {"token": BEARER, "expires_in": 300, "issued_at": "x"})

    def store(self, asked, _):
        """Answers as the store of blobs, to which both registries lead."""
        blob = self.blobs.get(asked.path.rpartition("/")[2])
        endpoint = "blob" if asked.path.startswith("/ecr/") else "target"
        if blob is None or asked.arguments().get("X-Amz-Signature") != SIGNATURE:
            return Answer(endpoint, 403, b"<Error><Code>AccessDenied</Code></Error>")
        return Answer(endpoint, 200, blob, (), "application/octet-stream")

    # ---- AWS

    def keys(self, asked, _):
        """Answers as the endpoint of a container, and as the metadata service of an instance."""
        keys = {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "Token": SESSION,
                "Expiration": "2099-01-01T00:00:00Z"}  # fmt: skip
        if asked.path == "/container":
            if asked.header("authorization") != CONTAINER_TOKEN:
                return Answer("container", 401, {"code": "Unauthorized", "message": "no token"})
            return Answer("container", 200, {"RoleArn": ROLE, **keys})
        if asked.path == "/latest/api/token":
            return Answer("imds token", 200, INSTANCE_TOKEN.encode(), (), "text/plain")
        endpoint = "imds role" if asked.path.endswith("/") else "imds keys"
        if asked.header("x-aws-ec2-metadata-token") != INSTANCE_TOKEN:
            return Answer(endpoint, 401, b"", (), "text/plain")
        if endpoint == "imds role":
            return Answer(endpoint, 200, b"reader", (), "text/plain")
        return Answer(endpoint, 200, {"Code": "Success", "Type": "AWS-HMAC", **keys})

    def aws(self, asked, url):
        """Answers as STS and as ECR."""
        if asked.body.startswith(b"Action="):
            self.issued += 1
            text = STS % (ACCOUNT, f"ASIAISSUED{self.issued:010}", ISSUED_SECRET, ISSUED_SESSION)
            return Answer("sts", 200, text.encode(), (), "text/xml")
        operation = (asked.header("x-amz-target") or "").rpartition(".")[2]
        body = json.loads(asked.body)
        kind = "application/x-amz-json-1.1"
        calls = {
            "DescribeRepositories": ("repositories", self._describe_repositories),
            "DescribeImages": ("images", self._describe_images),
            "BatchGetImage": ("batch", self._batch),
            "GetDownloadUrlForLayer": ("url", self._url),
        }
        endpoint, call = calls[operation]
        answer = call(body, url)
        status = 400 if "__type" in answer else 200
        return Answer(endpoint, status, answer, (), kind)

    def _cut(self, body, items, key):
        start = int(body.get("nextToken", "page-0").rpartition("-")[2])
        answer = {key: items[start : start + self.PAGE]}
        if len(items) > start + self.PAGE:
            answer["nextToken"] = f"page-{start + self.PAGE}"
        return answer

    def _describe_repositories(self, body, _):
        items = [
            {
                "repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}",
                "registryId": ACCOUNT,
                "repositoryName": name,
                "repositoryUri": f"{ECR_HOST}/{name}",
                "createdAt": 1700000000.5,
                "imageTagMutability": "MUTABLE",
            }
            for name in sorted(self.ecr)
        ]
        return self._cut(body, items, "repositories")

    def _describe_images(self, body, _):
        name = body["repositoryName"]
        items = []
        for content, tags, archived in sorted(self.ecr[name], key=lambda held: held[0].digest):
            item = {
                "registryId": ACCOUNT,
                "repositoryName": name,
                "imageDigest": content.digest,
                "imageTags": tags,
                "imageSizeInBytes": 1234,
                "imagePushedAt": 1700000001.25,
                "imageManifestMediaType": content.kind,
                "imageStatus": "ARCHIVED" if archived else "ACTIVE",
            }
            if not tags:
                del item["imageTags"]
            items.append(item)
        return self._cut(body, items, "imageDetails")

    def _batch(self, body, _):
        images, failures = [], []
        held = {content.digest: content for content, _, archived in self.ecr[body["repositoryName"]]
                if not archived}  # fmt: skip
        for wanted in body["imageIds"]:
            content = held.get(wanted["imageDigest"])
            if content:
                images.append(
                    {
                        "registryId": ACCOUNT,
                        "repositoryName": body["repositoryName"],
                        "imageId": {"imageDigest": content.digest},
                        "imageManifest": content.data.decode(),
                        "imageManifestMediaType": content.kind,
                    }
                )
            else:
                failures.append(
                    {
                        "imageId": wanted,
                        "failureCode": "ImageNotFound",
                        "failureReason": "Requested image not found",
                    }
                )
        return {"images": images, "failures": failures}

    def _url(self, body, url):
        digest = body["layerDigest"]
        query = urllib.parse.urlencode(
            {"X-Amz-Signature": SIGNATURE, "X-Amz-Security-Token": ISSUED_SESSION}
        )
        return {"downloadUrl": f"{url('store')}/ecr/{digest}?{query}", "layerDigest": digest}


def short_hash(text):
    """A number that is the same in each run."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
