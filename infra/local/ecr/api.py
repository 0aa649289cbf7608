"""The operations, as the Amazon ECR API Reference (2015-09-21) has them."""

import base64
import json
import re

from . import storage

NAME = re.compile(
    r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\Z"
)
ACCEPTED = (
    storage.OCI_INDEX,
    storage.OCI_MANIFEST,
    storage.DOCKER_LIST,
    storage.DOCKER_MANIFEST,
    storage.DOCKER_SCHEMA1.replace("+prettyjws", "+json"),
)


class ApiError(Exception):
    """An error as AWS names it."""

    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def _invalid(message):
    return ApiError(
        "InvalidParameterException", "Invalid parameter at request: " + message
    )


class Caller:
    """Who asks, and for which registry."""

    def __init__(self, account, region):
        self.account = account
        self.region = region


class Api:
    """The operations over a Storage, a State and Tokens. page: at most so many results a page."""

    OPERATIONS = (
        "DescribeRepositories", "DescribeImages", "ListImages", "BatchGetImage",
        "GetDownloadUrlForLayer", "GetAuthorizationToken",
    )  # fmt: skip

    # pylint: disable-next=too-many-arguments,too-many-positional-arguments
    def __init__(self, store, state, tokens, sign_url, page=1000):
        self._store = store
        self._state = state
        self._tokens = tokens
        self._sign_url = sign_url
        self._page = page

    def call(self, operation, caller, body):
        """The answer as an object. ApiError for one that is refused."""
        account = self._registry(caller, body)
        method = {
            "DescribeRepositories": self._describe_repositories,
            "DescribeImages": self._describe_images,
            "ListImages": self._list_images,
            "BatchGetImage": self._batch_get_image,
            "GetDownloadUrlForLayer": self._download_url,
            "GetAuthorizationToken": self._authorization_token,
        }[operation]
        return method(Caller(account, caller.region), body)

    # ---- what all have in common

    @staticmethod
    def _registry(caller, body):
        account = body.get("registryId", caller.account)
        if not isinstance(account, str) or not re.match(r"[0-9]{12}\Z", account):
            raise _invalid("registryId must be 12 digits")
        if account != caller.account:
            raise ApiError(
                "AccessDeniedException",
                f"User: arn:aws:iam::{caller.account}:user/local is not authorized to access "
                f"the registry with id '{account}'",
            )
        return account

    def _repository(self, caller, body):
        name = body.get("repositoryName")
        if not isinstance(name, str) or not _is_name(name):
            raise _invalid("'repositoryName' failed to satisfy constraint")
        if self._store.created(caller.account, caller.region, name) is None:
            raise self._no_repository(caller, name)
        return name

    @staticmethod
    def _no_repository(caller, name):
        return ApiError(
            "RepositoryNotFoundException",
            f"The repository with name '{name}' does not exist in the registry with id "
            f"'{caller.account}'",
        )

    @staticmethod
    def _image_ids(body, required):
        ids = body.get("imageIds")
        if ids is None and not required:
            return None
        if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
            raise _invalid("'imageIds' must have length between 1 and 100")
        for image in ids:
            if not isinstance(image, dict) or set(image) - {"imageDigest", "imageTag"}:
                raise _invalid("'imageIds' holds what is no image identifier")
        return ids

    def _paged(self, operation, body, keys, exclusive):
        """The keys of the page that BODY asks for, and the token of the next one."""
        limit = body.get("maxResults", 100)
        if "maxResults" in body or "nextToken" in body:
            if exclusive:
                raise _invalid("paging cannot be used together with names or imageIds")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 1000:
            raise _invalid("'maxResults' must be between 1 and 1000")
        if exclusive:
            return keys, None
        mark = [operation, body.get("repositoryName", ""), body.get("filter") or {}]
        token = body.get("nextToken")
        if token is not None:
            try:
                *of, last = json.loads(base64.urlsafe_b64decode(token))
            except (TypeError, ValueError):
                raise _invalid("the nextToken is not valid") from None
            if of != mark:
                raise _invalid("the nextToken belongs to another request")
            keys = [key for key in keys if key > last]
        limit = min(limit, self._page)
        page = keys[:limit]
        if len(keys) <= limit:
            return page, None
        following = json.dumps([*mark, page[-1]]).encode()
        return page, base64.urlsafe_b64encode(following).decode()

    # ---- repositories

    def _describe_repositories(self, caller, body):
        held = self._store.repositories(caller.account, caller.region)
        # A registry takes names that ECR has no repository of.
        every = {name: created for name, created in held if _is_name(name)}
        names = body.get("repositoryNames")
        if names is not None:
            if not isinstance(names, list) or not 1 <= len(names) <= 100:
                raise _invalid("'repositoryNames' must have length between 1 and 100")
            for name in names:
                if name not in every:
                    raise self._no_repository(caller, name)
        page, token = self._paged(
            "DescribeRepositories",
            body,
            sorted(every) if names is None else names,
            names is not None,
        )
        answer = {
            "repositories": [
                {
                    "repositoryArn": f"arn:aws:ecr:{caller.region}:{caller.account}"
                    f":repository/{name}",
                    "registryId": caller.account,
                    "repositoryName": name,
                    "repositoryUri": f"{_host(caller)}/{name}",
                    "createdAt": every[name],
                    "imageTagMutability": "MUTABLE",
                    "imageScanningConfiguration": {"scanOnPush": False},
                    "encryptionConfiguration": {"encryptionType": "AES256"},
                }
                for name in page
            ]
        }
        if token:
            answer["nextToken"] = token
        return answer

    # ---- images

    def _filtered(self, caller, name, body, statuses):
        """The images of a repository that the request's filter lets through, by digest."""
        wanted = body.get("filter") or {}
        if not isinstance(wanted, dict) or set(wanted) - {"tagStatus", "imageStatus"}:
            raise _invalid("'filter' is not valid")
        tag = wanted.get("tagStatus", "ANY")
        status = wanted.get("imageStatus", "ACTIVE")
        if tag not in ("TAGGED", "UNTAGGED", "ANY"):
            raise _invalid("'filter.tagStatus' failed to satisfy constraint")
        if status not in ("ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"):
            raise _invalid("'filter.imageStatus' failed to satisfy constraint")
        images = self._store.images(caller.account, caller.region, name)
        kept = {}
        for digest, image in images.items():
            if tag != "ANY" and (tag == "TAGGED") != bool(image.tags):
                continue
            if statuses and status != "ANY":
                key = (caller.account, caller.region, name, digest)
                if self._state.status(key)[0] != status:
                    continue
            kept[digest] = image
        return kept

    def _describe_images(self, caller, body):
        name = self._repository(caller, body)
        ids = self._image_ids(body, required=False)
        if ids is None:
            images = self._filtered(caller, name, body, statuses=True)
            wanted = sorted(images)
        else:
            images = self._store.images(caller.account, caller.region, name)
            wanted = [self._find(caller, name, images, image) for image in ids]
        page, token = self._paged("DescribeImages", body, wanted, ids is not None)
        answer = {"imageDetails": [self._detail(caller, name, images[key]) for key in page]}
        if token:
            answer["nextToken"] = token
        return answer

    @staticmethod
    def _find(caller, name, images, wanted):
        digest = wanted.get("imageDigest")
        tag = wanted.get("imageTag")
        for image in images.values():
            if digest in (None, image.digest) and (tag is None or tag in image.tags):
                if digest or tag:
                    return image.digest
        raise ApiError(
            "ImageNotFoundException",
            f"The image with imageId {{imageDigest:'{digest or 'null'}', "
            f"imageTag:'{tag or 'null'}'}} does not exist within the repository with name "
            f"'{name}' in the registry with id '{caller.account}'",
        )

    def _detail(self, caller, name, image):
        key = (caller.account, caller.region, name, image.digest)
        status, since = self._state.status(key)
        manifest = self._store.manifest(image.digest)
        detail = {
            "registryId": caller.account,
            "repositoryName": name,
            "imageDigest": image.digest,
            "imageSizeInBytes": self._store.size(image.digest),
            "imagePushedAt": image.pushed,
            "imageStatus": status,
        }
        if image.tags:
            detail["imageTags"] = image.tags
        if manifest is not None:
            detail["imageManifestMediaType"] = manifest.media_type
            if manifest.artifact_type:
                detail["artifactMediaType"] = manifest.artifact_type
            if manifest.subject:
                detail["subjectManifestDigest"] = manifest.subject
        if since is not None:
            detail["lastArchivedAt"] = since
        pulled = self._state.last_pull(key)
        if pulled is not None:
            detail["lastRecordedPullTime"] = pulled
        return detail

    def _list_images(self, caller, body):
        name = self._repository(caller, body)
        images = self._filtered(caller, name, body, statuses=True)
        keys = sorted(
            f"{digest} {tag}"
            for digest, image in images.items()
            for tag in image.tags or [""]
        )
        page, token = self._paged("ListImages", body, keys, False)
        ids = []
        for key in page:
            digest, _, tag = key.partition(" ")
            ids.append({"imageDigest": digest, **({"imageTag": tag} if tag else {})})
        answer = {"imageIds": ids}
        if token:
            answer["nextToken"] = token
        return answer

    # ---- content

    def _batch_get_image(self, caller, body):
        name = self._repository(caller, body)
        ids = self._image_ids(body, required=True)
        accepted = body.get("acceptedMediaTypes") or []
        lacking = [kind for kind in ACCEPTED if kind not in accepted]
        if any("imageTag" in image for image in ids):
            # ECR answers these; but it may convert the manifest, and ask upstream.
            self._state.violation(f"BatchGetImage by tag in {name}")
            raise _invalid("local-ecr takes BatchGetImage by digest only")
        if lacking:
            self._state.violation(f"BatchGetImage in {name} does not accept {lacking[0]}")
            raise _invalid(f"local-ecr wants acceptedMediaTypes to hold {lacking[0]}")
        images, failures = [], []
        for wanted in ids:
            digest = wanted.get("imageDigest")
            fault = self._state.fault("BatchGetImage.image", caller.region, name, [digest])
            if fault is not None:
                failure = fault.get("failure", "ImageInaccessible"), fault.get("message", "")
            else:
                failure = self._get_image(caller, name, digest, images)
            if failure:
                failures.append(
                    {"imageId": wanted, "failureCode": failure[0], "failureReason": failure[1]}
                )
        return {"images": images, "failures": failures}

    def _get_image(self, caller, name, digest, images):
        """Appends the image to IMAGES; or returns code and reason of a failure."""
        if digest is None:
            return "MissingDigestAndTag", "Invalid request parameters: both tag and digest are missing"
        if not isinstance(digest, str) or not storage.DIGEST.match(digest):
            return "InvalidImageDigest", "Invalid request parameters: image digest should satisfy the regex"
        if self._store.image(caller.account, caller.region, name, digest) is None:
            return "ImageNotFound", "Requested image not found"
        key = (caller.account, caller.region, name, digest)
        if self._state.status(key)[0] != "ACTIVE":
            return "ImageInaccessible", "Requested image is archived"
        manifest = self._store.manifest(digest)
        if manifest is None:
            return "ImageNotFound", "Requested image not found"
        self._state.pulled(key)
        images.append(
            {
                "registryId": caller.account,
                "repositoryName": name,
                "imageId": {"imageDigest": digest},
                "imageManifest": manifest.text,
                "imageManifestMediaType": manifest.media_type,
            }
        )
        return None

    def _download_url(self, caller, body):
        name = self._repository(caller, body)
        digest = body.get("layerDigest")
        if not isinstance(digest, str) or not storage.DIGEST.match(digest):
            raise _invalid("'layerDigest' failed to satisfy constraint")
        if not self._store.has_layer(caller.account, caller.region, name, digest):
            raise ApiError(
                "LayersNotFoundException",
                f"The layers with digests '{digest}' are not available in the repository with "
                f"name '{name}' in the registry with id '{caller.account}'",
            )
        return {"downloadUrl": self._sign_url(digest, name), "layerDigest": digest}

    def _authorization_token(self, caller, body):
        """The registries that are named change what the answer says, not whose token it is."""
        registries = body.get("registryIds", [caller.account])
        if not isinstance(registries, list) or not 1 <= len(registries) <= 10:
            raise _invalid("'registryIds' must have length between 1 and 10")
        data = []
        for account in registries:
            if not isinstance(account, str) or not re.match(r"[0-9]{12}\Z", account):
                raise _invalid("registryIds must be 12 digits each")
            password, expires = self._tokens.issue(caller.account)
            data.append(
                {
                    "authorizationToken": base64.b64encode(f"AWS:{password}".encode()).decode(),
                    "expiresAt": round(expires, 3),
                    "proxyEndpoint": "https://" + _host(Caller(account, caller.region)),
                }
            )
        return {"authorizationData": data}


def _is_name(name):
    return 2 <= len(name) <= 256 and NAME.match(name) is not None


def _host(caller):
    suffix = "amazonaws.com.cn" if caller.region.startswith("cn-") else "amazonaws.com"
    return f"{caller.account}.dkr.ecr.{caller.region}.{suffix}"
