"""What the AWS CLI reads from an ECR registry, for aws-cli.sh: prints for each tag, and for each image
without one that no index lists, image, digest, status and size, as list-ecr tells them."""

import hashlib
import json
import subprocess
import sys

KINDS = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]


def aws(operation, *arguments):
    """A call of the AWS CLI, which follows the pages itself."""
    command = [sys.argv[1], "ecr", operation, *arguments, "--output", "json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def read(name, digest):
    """The manifest, which must be the bytes that the digest names."""
    answer = aws(
        "batch-get-image", "--repository-name", name, "--image-ids", "imageDigest=" + digest,
        "--accepted-media-types", *KINDS, "application/vnd.docker.distribution.manifest.v1+json",
    )  # fmt: skip
    text = answer["images"][0]["imageManifest"]
    assert "sha256:" + hashlib.sha256(text.encode()).hexdigest() == digest
    return json.loads(text)


def main():
    """All repositories."""
    for repository in aws("describe-repositories")["repositories"]:
        name, uri = repository["repositoryName"], repository["repositoryUri"]
        listed = aws("describe-images", "--repository-name", name, "--filter", "imageStatus=ANY")
        images = listed["imageDetails"]
        children = set()
        for image in images:
            if image["imageStatus"] == "ACTIVE" and image["imageManifestMediaType"] in (
                KINDS[0],
                KINDS[2],
            ):
                manifest = read(name, image["imageDigest"])
                children.update(entry["digest"] for entry in manifest["manifests"])
        for image in images:
            digest = image["imageDigest"]
            names = [f"{uri}:{tag}" for tag in image.get("imageTags", [])]
            if not names and digest not in children:
                names = [f"{uri}@{digest}"]
            archived = "archived" if image["imageStatus"] != "ACTIVE" else "active"
            for one in names:
                print(one, digest, archived, image["imageSizeInBytes"], sep="\t")


main()
