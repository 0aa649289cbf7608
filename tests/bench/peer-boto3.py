#!/usr/bin/env python3
"""peer-boto3.py ENDPOINT: the images of an ECR registry with boto3, as one writes that with care.

One client for 16 threads with as many connections; a task for each repository, and one for each batch
of manifests, so that the pages of one listing do not wait for them. Writes a line for each image:
name, tag, digest, digest of its config, layers. Manifests are read by digest, 100 at once.
"""

import concurrent.futures
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


def read_batch(client, repository, details):
    """The lines of some images."""
    tags = {each["imageDigest"]: each.get("imageTags", ["-"]) for each in details}
    answer = client.batch_get_image(
        repositoryName=repository,
        imageIds=[{"imageDigest": digest} for digest in tags],
        acceptedMediaTypes=ACCEPTED,
    )
    if answer["failures"]:
        raise RuntimeError(answer["failures"][0])
    lines = []
    for image in answer["images"]:
        digest = image["imageId"]["imageDigest"]
        manifest = json.loads(image["imageManifest"])
        layers = ",".join(layer["digest"] for layer in manifest["layers"])
        for tag in tags[digest]:
            lines.append(f"{repository}\t{tag}\t{digest}\t{manifest['config']['digest']}\t{layers}\n")
    return lines


def list_repository(client, pool, repository):
    """Tasks that read the repository's images."""
    tasks = []
    pages = client.get_paginator("describe_images").paginate(
        repositoryName=repository, PaginationConfig={"PageSize": 1000}
    )
    for page in pages:
        details = page["imageDetails"]
        for start in range(0, len(details), BATCH):
            tasks.append(pool.submit(read_batch, client, repository, details[start : start + BATCH]))
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
                listings.append(
                    pool.submit(list_repository, client, pool, repository["repositoryName"])
                )
        for listing in listings:
            for task in listing.result():
                sys.stdout.writelines(task.result())


main()
