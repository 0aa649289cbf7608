#!/usr/bin/env python3
"""Images for the tests of list-ecr, and what list-ecr has to say of them.

  ecr-images.py HOST/PREFIX ACCOUNT/REGION CONTROL

pushes to the registry below PREFIX, archives through local-ecr's CONTROL, and prints the rows that
are to come: image, digest, platform, manifest_digest, config_digest, status, size, media_type,
platforms, origin, separated by tabs. What is printed is made from what was pushed, by this file
alone.
"""

import json
import os
import sys
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "infra", "local"))

# pylint: disable=wrong-import-position
import oci  # noqa: E402

V2 = "application/vnd.docker.distribution.manifest.v2+json"
V2_CONFIG = "application/vnd.docker.container.image.v1+json"
V2_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def descriptor(kind, data, **more):
    """What describes DATA."""
    return {"mediaType": kind, "digest": oci.digest_of(data), "size": len(data), **more}


class Content:
    """A manifest, what it needs, and the rows that it gives."""

    def __init__(self, manifest, blobs=(), children=(), rows=()):
        self.kind = manifest["mediaType"]
        self.data = oci.dump(manifest)
        self.digest = oci.digest_of(self.data)
        self.blobs = blobs
        self.children = children
        # Each (platform, manifest digest, config digest, status, size, media type).
        self.rows = rows or [("-", self.digest, "-", "artifact", "-", self.kind)]


def image(name, architecture, docker=False, **annotations):
    """An image of one layer. The same NAME and ARCHITECTURE have the same config."""
    layer = f"layer of {name} for {architecture}".encode()
    config = oci.dump(
        {
            "os": "linux",
            "architecture": architecture,
            "config": {"Cmd": [name]},
            "rootfs": {"type": "layers", "diff_ids": [oci.digest_of(layer)]},
        }
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": V2 if docker else oci.MANIFEST,
        "config": descriptor(V2_CONFIG if docker else oci.CONFIG, config),
        "layers": [descriptor(V2_LAYER if docker else oci.LAYER, layer)],
    }
    if annotations:
        manifest["annotations"] = annotations
    made = Content(manifest, [layer, config])
    made.rows = [
        ("linux/" + architecture, made.digest, oci.digest_of(config), "ok",
         str(len(layer) + len(config)), made.kind)
    ]  # fmt: skip
    made.architecture = architecture
    return made


def attestation(subject):
    """BuildKit's, of an image."""
    statement = b'{"subject":"' + subject.digest.encode() + b'"}'
    config = oci.dump({"os": "unknown", "architecture": "unknown", "config": {}})
    manifest = {
        "schemaVersion": 2,
        "mediaType": oci.MANIFEST,
        "config": descriptor(oci.CONFIG, config),
        "layers": [descriptor("application/vnd.in-toto+json", statement)],
    }
    made = Content(manifest, [statement, config])
    made.entry = {
        **descriptor(made.kind, made.data),
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.digest": subject.digest,
            "vnd.docker.reference.type": "attestation-manifest",
        },
    }
    return made


def index(*members, kind=oci.INDEX):
    """An index of images, attestations and indexes."""
    entries, rows = [], []
    for member in members:
        if hasattr(member, "entry"):
            entries.append(member.entry)
            continue
        entry = descriptor(member.kind, member.data)
        if hasattr(member, "architecture"):
            entry["platform"] = {"os": "linux", "architecture": member.architecture}
        entries.append(entry)
        rows += member.rows
    manifest = {"schemaVersion": 2, "mediaType": kind, "manifests": entries}
    return Content(manifest, children=members, rows=rows)


def artifact(config_type, layer_type, config=b"{}"):
    """No image: its config is not read."""
    layer = b"content of " + layer_type.encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": oci.MANIFEST,
        "config": descriptor(config_type, config),
        "layers": [descriptor(layer_type, layer)],
    }
    made = Content(manifest, [config, layer])
    made.rows = [
        ("-", made.digest, oci.digest_of(config), "artifact", str(len(layer) + len(config)),
         made.kind)
    ]  # fmt: skip
    return made


class Place:
    """Where things are pushed, and what is to be told of them."""

    def __init__(self, target, origin, control):
        host, _, self.prefix = target.partition("/")
        account, _, region = origin.partition("/")
        self.registry = oci.Registry(host)
        self.origin = origin
        self.control = control
        self.host = f"{account}.dkr.ecr.{region}.amazonaws.com"
        self.rows = []  # (repository, untagged, digest, tag, row)

    def push(self, repository, content, *tags):
        """Pushes and tells it; without tags it is told by its digest."""
        self._put(repository, content, tags)
        self._tell(repository, content, tags, content.rows)

    def _put(self, repository, content, tags=()):
        path = f"{self.prefix}/{repository}"
        for child in content.children:
            self._put(repository, child)
        for blob in content.blobs:
            self.registry.put_blob(path, blob)
        for tag in tags or [content.digest]:
            self.registry.put_manifest(path, tag, content.data, content.kind)

    def _tell(self, repository, content, tags, rows):
        names = [f":{tag}" for tag in sorted(tags)] or ["@" + content.digest]
        for name in names:
            for number, row in enumerate(rows):
                platform, manifest, config, status, size, kind = row
                platforms = "-" if status == "archived" and len(rows) == 1 else str(len(rows))
                line = [
                    f"{self.host}/{repository}{name}", content.digest, platform, manifest, config,
                    status, size, kind, platforms, self.origin,
                ]  # fmt: skip
                self.rows.append((repository, not tags, content.digest, name, number, line))

    def archive(self, repository, content, *tags):
        """Pushes, and archives it with what it lists."""
        self._put(repository, content, tags)
        self._archive(repository, content)
        size = max((child.rows[0][4] for child in content.children), default=content.rows[0][4])
        single = "-" if content.children else content.digest
        self._tell(
            repository, content, tags, [("-", single, "-", "archived", size, content.kind)]
        )
        for child in content.children:
            row = ("-", child.digest, "-", "archived", child.rows[0][4], child.kind)
            self._tell(repository, child, (), [row])

    def _archive(self, repository, content):
        body = json.dumps({"repository": repository, "digest": content.digest}).encode()
        urllib.request.urlopen(self.control + "/archive", body).close()

    def archive_part(self, repository, content, part, tag):
        """Pushes an index, and archives one image of it."""
        self._put(repository, content, [tag])
        self._archive(repository, part)
        rows = [
            (row[0], row[1], "-", "archived", "-", row[5]) if row[1] == part.digest else row
            for row in content.rows
        ]
        self._tell(repository, content, [tag], rows)

    def print(self):
        """All rows, by repository, tagged before untagged, by digest as local-ecr lists."""
        for *_, line in sorted(self.rows, key=lambda row: row[:5]):
            print("\t".join(line))


def main():
    """Pushes everything."""
    place = Place(*sys.argv[1:])
    multi = [image("multi", "amd64"), image("multi", "arm64")]
    provenance = [attestation(one) for one in multi]
    place.push("app/multi", index(*multi, *provenance), "v1", "latest", "stable")
    place.push("app/multi", image("multi before", "amd64"))
    # More attestations than the detail of one row can tell of.
    many = [image("many", "amd64"), image("many", "arm64"), image("many", "s390x")]
    signed = [attestation(image(f"many {i}", "amd64")) for i in range(30)]
    place.push("app/many", index(*many, *signed), "1")
    # Two manifests, one config.
    place.push("app/single", image("single", "amd64"), "1")
    place.push("app/single", image("single", "amd64", again="yes"), "1-again")
    place.push("app/single", image("single", "amd64", docker=True), "1-docker")
    # An image that is listed by an index, and has a tag itself; and an index below another.
    part = image("tagged part", "arm64")
    place.push("app/nested", part, "arm64")
    inner = index(part, kind=oci.INDEX)
    place.push("app/nested", index(image("tagged part", "amd64"), inner), "all")
    place.push("app/list", index(image("a", "amd64", True), image("a", "s390x", True), kind=oci.LIST), "1")
    place.push("app/provenance", index(attestation(part)), "only")
    place.push("charts/helm", artifact(
        "application/vnd.cncf.helm.config.v1+json",
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip"), "1.0")  # fmt: skip
    place.push("charts/signed", artifact(
        oci.CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json"), "a.sig")  # fmt: skip
    place.archive("old/single", image("archived", "amd64"), "1")
    place.archive("old/untagged", image("archived too", "amd64"))
    place.archive("old/index", index(image("archived index", "amd64")), "1", "2")
    half = [image("half", "amd64"), image("half", "arm64")]
    place.archive_part("old/half", index(*half), half[1], "1")
    place.print()


if __name__ == "__main__":
    main()
