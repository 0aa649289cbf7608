"""Reads what a docker-registry holds, from its storage folder (its "filesystem" driver).

The registry's own API lists tags only; ECR lists every manifest of a repository, also one that no
tag names any more. A repository NAME of ACCOUNT in REGION is the registry's ACCOUNT/REGION/NAME.
"""

import json
import os
import re

DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
INDEXES = (OCI_INDEX, DOCKER_LIST)


class Manifest:
    """A manifest's bytes and what DescribeImages tells of it."""

    def __init__(self, data):
        self.text = data.decode()
        parsed = json.loads(self.text)
        self.children = [entry["digest"] for entry in parsed.get("manifests", [])]
        if parsed.get("schemaVersion") == 1:
            self.media_type = DOCKER_SCHEMA1
        else:
            self.media_type = parsed.get("mediaType") or (
                OCI_INDEX if "manifests" in parsed else OCI_MANIFEST
            )
        config = parsed.get("config") or {}
        self.artifact_type = parsed.get("artifactType") or config.get("mediaType")
        self.subject = (parsed.get("subject") or {}).get("digest")
        self.size = sum(part["size"] for part in [config, *parsed.get("layers", [])] if part)


class Image:
    """A manifest in a repository."""

    def __init__(self, digest, pushed):
        self.digest = digest
        self.pushed = pushed
        self.tags = []


class Storage:
    """The storage folder ROOT of a registry."""

    def __init__(self, root):
        base = os.path.join(root, "docker", "registry", "v2")
        self._repositories = os.path.join(base, "repositories")
        self._blobs = os.path.join(base, "blobs", "sha256")
        self._manifests = {}

    def _repository(self, account, region, name):
        return os.path.join(self._repositories, account, region, *name.split("/"))

    def repositories(self, account, region):
        """Names, sorted as ECR sorts them, with the time of creation."""
        top = os.path.join(self._repositories, account, region)
        found = []
        stack = [(top, "")]
        while stack:
            folder, name = stack.pop()
            try:
                entries = list(os.scandir(folder))
            except FileNotFoundError:
                continue
            for entry in entries:
                if not entry.name.startswith("_"):
                    inner = f"{name}/{entry.name}" if name else entry.name
                    stack.append((entry.path, inner))
                elif entry.name == "_layers" and name:
                    found.append((name, entry.stat().st_mtime))
        return sorted(found)

    def created(self, account, region, name):
        """When the repository came to be; None: there is none."""
        try:
            return os.stat(
                os.path.join(self._repository(account, region, name), "_layers")
            ).st_mtime
        except OSError:
            return None

    def images(self, account, region, name):
        """Every manifest of the repository by digest; tags in name order."""
        folder = os.path.join(self._repository(account, region, name), "_manifests")
        images = {}
        for entry in _scan(os.path.join(folder, "revisions", "sha256")):
            try:
                pushed = os.stat(os.path.join(entry.path, "link")).st_mtime
            except FileNotFoundError:
                continue
            digest = "sha256:" + entry.name
            images[digest] = Image(digest, pushed)
        for entry in _scan(os.path.join(folder, "tags")):
            digest = _read_text(os.path.join(entry.path, "current", "link"))
            if digest in images:
                images[digest].tags.append(entry.name)
        for image in images.values():
            image.tags.sort()
        return images

    def image(self, account, region, name, digest):
        """One image, without its tags; None: the repository has no such manifest."""
        if not DIGEST.match(digest):
            return None
        folder = os.path.join(self._repository(account, region, name), "_manifests")
        link = os.path.join(folder, "revisions", "sha256", digest[7:], "link")
        try:
            return Image(digest, os.stat(link).st_mtime)
        except OSError:
            return None

    def manifest(self, digest):
        """A manifest by digest; None when the registry has no such blob."""
        known = self._manifests.get(digest)
        if known is None:
            data = self.blob(digest)
            if data is None:
                return None
            known = self._manifests[digest] = Manifest(data)
        return known

    def size(self, digest):
        """ECR's imageSizeInBytes: of an index its largest manifest's."""
        manifest = self.manifest(digest)
        if manifest is None:
            return 0
        if manifest.media_type in INDEXES:
            return max((self.size(child) for child in manifest.children), default=0)
        return manifest.size

    def has_layer(self, account, region, name, digest):
        """Whether the repository holds the blob."""
        folder = self._repository(account, region, name)
        return os.path.exists(os.path.join(folder, "_layers", "sha256", digest[7:], "link"))

    def blob(self, digest):
        """A blob's bytes, or None."""
        if not DIGEST.match(digest):
            return None
        try:
            with open(os.path.join(self._blobs, digest[7:9], digest[7:], "data"), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None


def _scan(folder):
    try:
        return list(os.scandir(folder))
    except FileNotFoundError:
        return []


def _read_text(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None
