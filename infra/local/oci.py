"""OCI image layouts and registries, as little of them as making test images needs: blobs, indexes
and artifacts in a layout; pushing, byte for byte, over the Distribution API.
"""

import gzip
import hashlib
import http.client
import io
import json
import os
import socket
import tarfile
import urllib.parse

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
REF_NAME = "org.opencontainers.image.ref.name"
INDEXES = (INDEX, LIST)


def digest_of(data):
    """sha256:…"""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def dump(value):
    """JSON as the tools write it: no white space."""
    return json.dumps(value, separators=(",", ":")).encode()


def tar(files):
    """A tar archive of FILES, name to text; the same bytes each time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in sorted(files.items()):
            data = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = 0o755
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Layout:
    """An OCI image layout (OCI image spec, "Image Layout") that exists already."""

    def __init__(self, folder):
        self._folder = folder

    def _blob(self, digest):
        return os.path.join(self._folder, "blobs", *digest.split(":"))

    def read(self, digest):
        """A blob's bytes."""
        with open(self._blob(digest), "rb") as file:
            return file.read()

    def write(self, data, media_type):
        """Writes a blob; its descriptor."""
        digest = digest_of(data)
        with open(self._blob(digest), "wb") as file:
            file.write(data)
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def _index(self):
        with open(os.path.join(self._folder, "index.json"), "rb") as file:
            return json.load(file)

    def get(self, tag):
        """The descriptor of a tag, without its annotations; KeyError when there is none."""
        for entry in self._index()["manifests"]:
            if entry.get("annotations", {}).get(REF_NAME) == tag:
                return {name: entry[name] for name in ("mediaType", "digest", "size")}
        raise KeyError(f"{self._folder}: no tag {tag}")

    def tag(self, tag, descriptor):
        """Makes TAG name what DESCRIPTOR describes."""
        index = self._index()
        index["manifests"] = [
            entry
            for entry in index["manifests"]
            if entry.get("annotations", {}).get(REF_NAME) != tag
        ]
        index["manifests"].append({**descriptor, "annotations": {REF_NAME: tag}})
        with open(os.path.join(self._folder, "index.json"), "wb") as file:
            file.write(dump(index))

    def manifest(self, tag):
        """A tag's manifest as an object."""
        return json.loads(self.read(self.get(tag)["digest"]))

    def platform(self, tag):
        """As an index's entry says it; None for a tag that is an index itself."""
        manifest = self.manifest(tag)
        if "manifests" in manifest:
            return None
        config = json.loads(self.read(manifest["config"]["digest"]))
        return {
            name: config[name]
            for name in ("architecture", "os", "os.version", "variant")
            if config.get(name)
        }

    def change_config(self, tag, values):
        """Sets members of a tag's config, and makes the tag name the changed image."""
        manifest = self.manifest(tag)
        config = json.loads(self.read(manifest["config"]["digest"]))
        config.update(values)
        manifest["config"] = self.write(dump(config), manifest["config"]["mediaType"])
        self.tag(tag, self.write(dump(manifest), MANIFEST))

    def compress_layers(self, tag):
        """Replaces the layers, compressed by gzip, with the same compressed by zlib."""
        manifest = self.manifest(tag)
        for layer in manifest["layers"]:
            data = gzip.decompress(self.read(layer["digest"]))
            layer.update(self.write(gzip.compress(data, mtime=0), layer["mediaType"]))
        self.tag(tag, self.write(dump(manifest), MANIFEST))

    def make_index(self, tag, members, attestations=False):
        """An index of the images (or indexes) that the tags MEMBERS name."""
        entries = []
        for member in members:
            platform = self.platform(member)
            entry = self.get(member)
            entries.append({**entry, "platform": platform} if platform else entry)
        if attestations:
            entries += [self._attestation(entry) for entry in list(entries)]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        self.tag(tag, self.write(dump(index), INDEX))

    def _attestation(self, subject):
        """What BuildKit adds to an index for each image: its provenance."""
        kind = "application/vnd.in-toto+json"
        statement = {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "subject": [{"name": "_", "digest": {"sha256": subject["digest"][7:]}}],
            "predicate": {},
        }
        layer = self.write(dump(statement), kind)
        layer["annotations"] = {"in-toto.io/predicate-type": statement["predicateType"]}
        config = {
            "architecture": "unknown",
            "os": "unknown",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.write(dump(config), CONFIG),
            "layers": [layer],
        }
        entry = self.write(dump(manifest), MANIFEST)
        entry["annotations"] = {
            "vnd.docker.reference.digest": subject["digest"],
            "vnd.docker.reference.type": "attestation-manifest",
        }
        entry["platform"] = {"architecture": "unknown", "os": "unknown"}
        return entry

    def make_artifact(self, tag, config_type, config, layers, artifact_type=None):
        """A manifest of something that is no image. LAYERS: (media type, bytes) each."""
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST}
        if artifact_type:
            manifest["artifactType"] = artifact_type
        manifest["config"] = self.write(config, config_type)
        manifest["layers"] = [self.write(data, kind) for kind, data in layers]
        self.tag(tag, self.write(dump(manifest), MANIFEST))


class RegistryError(Exception):
    """A registry's answer that was not the one that is needed."""


class Registry:
    """One connection to a registry that speaks plain HTTP and asks for no credentials."""

    def __init__(self, host):
        self._connection = http.client.HTTPConnection(host)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _call(self, method, path, body=None, media_type="application/octet-stream", want=()):
        headers = {"Content-Type": media_type} if body is not None else {}
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        data = response.read()
        if response.status not in want:
            raise RegistryError(f"{method} {path}: {response.status} {data[:500].decode()}")
        return response

    def mount(self, repository, digest, source):
        """Takes a blob over from another repository."""
        query = urllib.parse.urlencode({"mount": digest, "from": source})
        self._call("POST", f"/v2/{repository}/blobs/uploads/?{query}", b"", want=(201,))

    def put_blob(self, repository, data):
        """Uploads a blob; its digest."""
        digest = digest_of(data)
        response = self._call("POST", f"/v2/{repository}/blobs/uploads/", b"", want=(202,))
        location = urllib.parse.urlsplit(response.headers["Location"])
        query = urllib.parse.parse_qsl(location.query) + [("digest", digest)]
        path = f"{location.path}?{urllib.parse.urlencode(query)}"
        self._call("PUT", path, data, want=(201,))
        return digest

    def put_manifest(self, repository, reference, data, media_type):
        """Uploads a manifest under a tag or its digest."""
        path = f"/v2/{repository}/manifests/{reference}"
        self._call("PUT", path, data, media_type, want=(201,))

    def push(self, layout, descriptor, repository, reference):
        """Pushes what DESCRIPTOR describes, with all that it is made of."""
        data = layout.read(descriptor["digest"])
        manifest = json.loads(data)
        for child in manifest.get("manifests", []):
            self.push(layout, child, repository, child["digest"])
        for part in [manifest.get("config"), *manifest.get("layers", [])]:
            if part:
                self.put_blob(repository, layout.read(part["digest"]))
        self.put_manifest(repository, reference, data, descriptor["mediaType"])
