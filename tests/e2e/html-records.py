#!/usr/bin/env python3
"""Writes sources.tsv and inventory.tsv for tests of the HTML report: html-records.py COUNT FOLDER.

COUNT sources of all verdicts, each that is found with five matches, and before them the hostile ones:
a tag that is markup, a text that runs from right to left, and a detail of 5,000 characters.
"""

import hashlib
import os
import sys

COLUMNS = (
    "image digest platform manifest_digest config_digest status size pushed created media_type"
    " platforms origin ref settings layers diff_ids layer_sizes detail"
).split()
HOSTS = ("docker.io/library", "public.ecr.aws/docker/library", "quay.io/team", "ghcr.io/org/tools")
NAMES = "nginx redis postgres alpine keycloak grafana prometheus envoy traefik vault consul node".split()
PRIVATE = (
    "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    "210987654321.dkr.ecr.us-east-1.amazonaws.com",
)
MATCHES = 5


def digest(*parts):
    return "sha256:" + hashlib.sha256(repr(parts).encode()).hexdigest()


def write(file, **cells):
    cells.setdefault("status", "ok")
    file.write("\t".join(str(cells.get(column, "-")) for column in COLUMNS) + "\n")


def hostile(sources, inventory):
    write(sources, image="docker.io/library/<script>alert(1)</script>", ref="<script>alert(1)</script>",
          origin="input.txt:1", digest=digest("tag"), manifest_digest=digest("tag"), platform="linux/amd64",
          size=1000, platforms=1)
    write(inventory, image=PRIVATE[0] + "/x:<script>alert(2)</script><img/src=x/onerror=alert(3)>",
          digest=digest("tag"), manifest_digest=digest("tag"), platform="linux/amd64", size=1000, platforms=1,
          origin="</script><script>alert(4)</script>")
    write(sources, image="docker.io/library/rtl:\u202egnp.1\u2066", ref="rtl:\u202egnp.1\u2066",
          origin="input.txt:2", digest=digest("rtl"), manifest_digest=digest("rtl"), platform="linux/amd64",
          size=1000, platforms=1)
    write(sources, image="docker.io/library/long:1", ref="long:1", origin="input.txt:3", status="server_error",
          detail="the server said " + "wide words " * 300 + "x" * 1684)


def source(sources, inventory, i):
    host, name = HOSTS[i % len(HOSTS)], NAMES[i // 4 % len(NAMES)]
    image = "%s/%s:%d.%d" % (host, name, i // 48 + 1, i % 48)
    kind = i % 10  # 5 present, then partial, likely, archived, absent, one that was not read
    common = {"origin": "input.txt:%d" % (i + 4), "ref": image.replace("docker.io/library/", "")}
    if kind == 9:
        write(sources, image=image, status="not_found", detail="the registry has no such tag", **common)
        return
    index = digest(i, "index")
    for arch in ("amd64", "arm64"):
        write(sources, image=image, digest=index, platform="linux/" + arch, manifest_digest=digest(i, arch),
              config_digest=digest(i, arch, "config"), size=20000000 + i * 1000, platforms=2,
              created="2024-05-01T00:00:00Z", settings=digest(i, "settings"), layers=digest(i, arch, "layer"),
              diff_ids=digest(i, arch, "diff"), **common)
    if kind == 8:
        return
    for match in range(MATCHES):
        there = "%s/mirror/%s/%s:%d.%d" % (PRIVATE[match % 3], "abcde"[match], name, i // 48 + 1, i)
        rewritten = kind in (3, 4)
        for arch in ("amd64",) if kind == 5 else ("amd64", "arm64"):
            row = {
                "image": there,
                "digest": digest(i, "other", match) if match or rewritten or kind == 6 else index,
                "platform": "linux/" + arch,
                "manifest_digest": digest(i, arch, match) if rewritten or kind == 6 else digest(i, arch),
                "size": 20000000 + i * 1000,
                "pushed": "2024-%02d-%02dT03:04:05Z" % (match + 6, i % 28 + 1),
                "origin": "123456789012/us-east-1",
                "platforms": 2,
            }
            if kind == 7:
                row["status"] = "archived"
            elif kind == 6:
                row["layers"] = digest(i, arch, "layer")
            else:
                row["config_digest"] = digest(i, arch, "config")
            write(inventory, **row)


def main():
    count, folder = int(sys.argv[1]), sys.argv[2]
    with open(os.path.join(folder, "sources.tsv"), "w", encoding="utf-8") as sources, open(
        os.path.join(folder, "inventory.tsv"), "w", encoding="utf-8"
    ) as inventory:
        for file in (sources, inventory):
            file.write("\t".join(COLUMNS) + "\n")
        hostile(sources, inventory)
        for i in range(count):
            source(sources, inventory, i)
        if count <= 1000:  # with the others, what is not found would be unknown
            return
        write(inventory, image=PRIVATE[2] + "/team/gone:1", status="not_found", detail="it went while it was read")


main()
