#!/usr/bin/env python3
"""peer-boto3.py ENDPOINT: the images of an ECR registry with boto3, as one writes that with care.

One client for 16 threads with as many connections; a task for each repository, and one for each batch
of manifests, so that the pages of one listing do not wait for them. Manifests are read by digest, 100
at once, and are what their digests say. Writes what list-ecr --no-configs has of an image that is no
index, a line for each of its tags.
"""

import concurrent.futures
import hashlib
import json
import sys

import boto3
import botocore.config

THREADS = 16
BATCH = 100
ACCEPTED = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
]


def read_batch(client, host, repository, details):
    """The lines of some images."""
    by_digest = {each["imageDigest"]: each for each in details}
    answer = client.batch_get_image(
        repositoryName=repository,
        imageIds=[{"imageDigest": digest} for digest in by_digest],
        acceptedMediaTypes=ACCEPTED,
    )
    if answer["failures"]:
        raise RuntimeError(answer["failures"][0])
    lines = []
    for image in answer["images"]:
        digest = image["imageId"]["imageDigest"]
        text = image["imageManifest"]
        if "sha256:" + hashlib.sha256(text.encode()).hexdigest() != digest:
            raise RuntimeError(f"{repository}@{digest}: other bytes")
        manifest = json.loads(text)
        detail = by_digest[digest]
        config, layers = manifest["config"], manifest["layers"]
        size = config["size"] + sum(layer["size"] for layer in layers)
        rest = "\t".join(
            [
                digest,
                "-",
                digest,
                config["digest"],
                "ok",
                str(size),
                detail["imagePushedAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                image["imageManifestMediaType"],
                ",".join(layer["digest"] for layer in layers),
                ",".join(str(layer["size"]) for layer in layers),
            ]
        )
        tags = detail.get("imageTags")
        names = [f":{tag}" for tag in tags] if tags else [f"@{digest}"]
        lines.extend(f"{host}/{repository}{name}\t{rest}\n" for name in names)
    return lines


def list_repository(client, pool, host, repository):
    """Tasks that read the repository's images."""
    tasks = []
    pages = client.get_paginator("describe_images").paginate(
        repositoryName=repository, PaginationConfig={"PageSize": 1000}
    )
    for page in pages:
        details = page["imageDetails"]
        for start in range(0, len(details), BATCH):
            tasks.append(pool.submit(read_batch, client, host, repository, details[start : start + BATCH]))
    return tasks


def main():
    """Lists all repositories."""
    client = boto3.client(
        "ecr",
        endpoint_url=sys.argv[1],
        config=botocore.config.Config(
            max_pool_connections=THREADS, retries={"mode": "adaptive", "max_attempts": 20}
        )
        if len(sys.argv) > 2
        else botocore.config.Config(max_pool_connections=THREADS),
    )
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        listings = []
        for page in client.get_paginator("describe_repositories").paginate(
            PaginationConfig={"PageSize": 1000}
        ):
            for repository in page["repositories"]:
                host = repository["repositoryUri"].partition("/")[0]
                listings.append(
                    pool.submit(list_repository, client, pool, host, repository["repositoryName"])
                )
        for listing in listings:
            for task in listing.result():
                sys.stdout.writelines(task.result())


main()
