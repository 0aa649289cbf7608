"""What each port answers. The roles are apart so that a credential that leaks from one to another
is seen: the blob store refuses, and remembers, a request that carries one.
"""

import hashlib
import hmac
import json
import secrets
import time
import urllib.parse

from . import httpd, sigv4, sts
from .api import ApiError, Caller

TARGET = "AmazonEC2ContainerRegistry_V20150921."
URL_SECONDS = 3600
# Longer than anything that a test waits for.
WAIT_SECONDS = 60


def _json(status, value, headers=()):
    return httpd.Response(
        status,
        json.dumps(value).encode(),
        [("Content-Type", "application/x-amz-json-1.1"), *headers],
    )


def _error(code, message, status=400, headers=()):
    return _json(
        status,
        {"__type": code, "message": message},
        [("x-amzn-ErrorType", code), ("x-amzn-RequestId", secrets.token_hex(16)), *headers],
    )


def faulty(fault, state, normal):
    """What a fault makes of a response; normal: makes the one that would have been."""
    if fault.get("hold"):
        state.hold()
    if fault.get("delay_ms"):
        time.sleep(fault["delay_ms"] / 1000)
    if fault.get("drop"):
        return None
    headers = list((fault.get("headers") or {}).items())
    if "body" in fault:
        response = httpd.Response(fault.get("status", 200), fault["body"].encode(), headers)
    elif "error" in fault:
        response = _error(
            fault["error"], fault.get("message", "Rate exceeded"), fault.get("status", 400), headers
        )
    elif "status" in fault:
        response = httpd.Response(fault["status"], b"", headers)
    else:
        response = normal()
    if response is not None and "cut" in fault:
        response.cut = fault["cut"]
    return response


class ApiRole:
    """The API port."""

    def __init__(self, api, state, keys):
        self._api = api
        self._state = state
        self._keys = keys

    def __call__(self, request):
        if request.method != "POST" or request.path != "/":
            return _error("UnknownOperationException", "POST / is what this API has", 404)
        if request.header("content-type") != "application/x-amz-json-1.1":
            return _error("SerializationException", "Content-Type is not x-amz-json-1.1")
        target = request.header("x-amz-target") or ""
        operation = target.removeprefix(TARGET)
        if operation == target or operation not in self._api.OPERATIONS:
            self._state.called("Unknown." + operation, "", {})
            return _error("UnknownOperationException", "")
        try:
            key, region = sigv4.verify(request, self._keys, "ecr")
        except sigv4.SignatureError as problem:
            if problem.code == sigv4.EXPIRED:  # which nobody can foresee to the second
                self._state.called(problem.code, "", {"operation": operation})
            else:
                self._state.violation(f"{operation}: {problem.code}: {problem.message}")
            return _error(problem.code, problem.message)
        try:
            body = json.loads(request.body or b"{}")
            if not isinstance(body, dict):
                raise ValueError
        except ValueError:
            return _error("SerializationException", "the body is no JSON object")
        return self._answer(operation, Caller(key.account, region), key.key_id, body)

    def _answer(self, operation, caller, key_id, body):
        self._state.called(operation, caller.region, body, caller.account, key_id)
        if self._state.throttled(operation):
            return _error("ThrottlingException", "Rate exceeded")
        ids = body.get("imageIds")
        ids = ids if isinstance(ids, list) else []
        digests = [one.get("imageDigest") for one in ids if isinstance(one, dict)]
        digests.append(body.get("layerDigest"))
        fault = self._state.fault(
            operation, caller.region, body.get("repositoryName"), digests, caller.account
        )

        def normal():
            try:
                return _json(200, self._api.call(operation, caller, body))
            except ApiError as problem:
                return _error(problem.code, problem.message, problem.status)

        return faulty(fault, self._state, normal) if fault else normal()


class BlobRole:
    """The blob store's port: what S3 is to ECR."""

    def __init__(self, store, state):
        self._store = store
        self._state = state
        self._secret = secrets.token_bytes(32)
        self.url = ""

    def _signature(self, digest, name, expires):
        text = f"{digest}\n{name}\n{expires}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def sign(self, digest, name):
        """A URL under which the blob is had, for an hour."""
        expires = str(int(time.time()) + URL_SECONDS)
        query = urllib.parse.urlencode(
            {
                "repository": name,
                "expires": expires,
                "signature": self._signature(digest, name, expires),
            }
        )
        return f"{self.url}/{digest}?{query}"

    def __call__(self, request):
        digest = request.path.removeprefix("/")
        for name in ("authorization", "x-amz-security-token", "cookie"):
            if request.header(name) is not None:
                self._state.violation(f"blob store was sent {name}")
                return httpd.Response(403, b"<Error><Code>AccessDenied</Code></Error>")
        given = request.arguments()
        name = given.get("repository", "")
        expires = given.get("expires", "0")
        good = hmac.compare_digest(
            self._signature(digest, name, expires), given.get("signature", "")
        )
        if not good or not expires.isdigit() or int(expires) < time.time():
            self._state.violation("blob store was sent a URL that is not signed")
            return httpd.Response(403, b"<Error><Code>AccessDenied</Code></Error>")
        self._state.called("GetBlob", "", {"repositoryName": name, "layerDigest": digest})
        fault = self._state.fault("GetBlob", None, name, [digest])

        def normal():
            data = self._store.blob(digest)
            if data is None:
                return httpd.Response(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return httpd.Response(200, data, [("Content-Type", "application/octet-stream")])

        return faulty(fault, self._state, normal) if fault else normal()


class ControlRole:
    """The port for tests; no client of ECR knows it.

    GET calls, requests, held (how many wait), pulls, violations, tokens (all that were issued).
    POST reset; lifetime (seconds of tokens that are issued from now on); uses (how many requests
    the next token is good for, whatever was said of it); revoke (all tokens have run out); scenario (a list of faults); rates (operation to calls a second); archive and activate
    ({account?, region?, repository, digest}, with the manifests of an index); key ({id, secret,
    account, token?, expires?}: one more that may sign, until that Unix time; calls that come later
    count as ExpiredTokenException); role ({arn, external_id?, seconds?, trusts?}: one that STS has,
    and how long keys of it live); wait ({operation, region?, count} or {held}: answers when it was
    called as often, or so many are held, or with 504).
    """

    # pylint: disable-next=too-many-arguments,too-many-positional-arguments
    def __init__(self, store, state, tokens, account, region, keys, assumable):
        self._keys = keys
        self._assumable = assumable
        self._tokens = tokens
        self._store = store
        self._state = state
        self._account = account
        self._region = region

    def __call__(self, request):
        what = request.path.removeprefix("/")
        if request.method == "GET":
            value = self._tokens.issued() if what == "tokens" else self._state.view(what)
            return _json(404, None) if value is None else _json(200, value)
        try:
            body = json.loads(request.body) if request.body else None
            if what == "reset":
                self._state.reset()
            elif what == "scenario":
                self._state.scenario(body)
            elif what == "rates":
                self._state.rates(body)
            elif what == "lifetime":
                self._tokens.lifetime(body)
            elif what == "uses":
                self._tokens.uses(body)
            elif what == "revoke":
                self._tokens.revoke()
            elif what == "key":
                self._keys[body["id"]] = sigv4.Key(
                    body["id"],
                    body["secret"],
                    body["account"],
                    body.get("token"),
                    body.get("expires"),
                )
            elif what == "role":
                role = sts.Role(**body)
                self._assumable[role.arn] = role
            elif what == "wait":
                if not self._state.wait_for(body, WAIT_SECONDS):
                    return _json(504, self._state.view("calls"))
            elif what in ("archive", "activate"):
                self._archive(body, "ARCHIVED" if what == "archive" else "ACTIVE")
            else:
                return _json(404, None)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            return _json(400, {"message": f"{type(problem).__name__}: {problem}"})
        return _json(200, {})

    def _archive(self, body, status):
        account = body.get("account", self._account)
        region = body.get("region", self._region)
        name = body["repository"]
        images = self._store.images(account, region, name)
        stack = [body["digest"]]
        if body["digest"] not in images:
            raise ValueError("no such image")
        while stack:
            digest = stack.pop()
            self._state.archive((account, region, name, digest), status)
            stack += [child for child in self._store.manifest(digest).children if child in images]
