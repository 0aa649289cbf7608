"""The registry that docker pulls from, ACCOUNT.dkr.ecr.REGION.amazonaws.com: asks for a token of
GetAuthorizationToken as ECR does, and hands on to a real docker-registry.

What ECR answers when it lets nobody in is not in its API Reference; it is as clients report it: a
Basic challenge to who shows nothing, and 403 without a challenge when the token has run out.
"""

import base64
import binascii
import http.client
import json
import re
import secrets
import threading
import time

from . import httpd
from .roles import faulty

HOST = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(amazonaws\.com(\.cn)?|on\.(aws|amazonwebservices\.com\.cn))(:443)?\Z"
)
PATH = re.compile(r"/v2/(?P<name>.+)/(?P<kind>manifests|blobs|tags)/(?P<what>[^/]+)\Z")
LIFETIME = 12 * 3600


class Tokens:
    """What GetAuthorizationToken issued. Safe for use by several threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._issued = {}
        self._lifetime = LIFETIME
        self._uses = None

    def issue(self, account):
        """A password for ACCOUNT, and until when it is good."""
        password = secrets.token_urlsafe(900)
        with self._lock:
            expires = time.time() + self._lifetime
            self._issued[password] = [account, expires, self._uses]
            self._uses = None
        return password, expires

    def find(self, password):
        """(account, whether it has run out) of a password; None for one that is none."""
        with self._lock:
            entry = self._issued.get(password)
            if entry is None:
                return None
            if entry[2] is not None:
                entry[2] -= 1
                if entry[2] < 0:
                    entry[1] = 0
            return entry[0], time.time() >= entry[1]

    def lifetime(self, seconds):
        """Of what is issued from now on."""
        with self._lock:
            self._lifetime = float(seconds)

    def uses(self, count):
        """The next one is good for so many requests only."""
        with self._lock:
            self._uses = int(count)

    def revoke(self):
        """All that was issued has run out, whatever was said of it."""
        with self._lock:
            for entry in self._issued.values():
                entry[1] = 0

    def issued(self):
        """All passwords, for who looks for them where they must not be."""
        with self._lock:
            return list(self._issued)


def _denied(message):
    body = {"errors": [{"code": "DENIED", "message": message}]}
    return httpd.Response(
        403, json.dumps(body).encode(), [("Content-Type", "application/json; charset=utf-8")]
    )


class FrontRole:
    """registry: HOST:PORT of the real one; sign_url(digest, name, region): where a blob is."""

    def __init__(self, registry, store, state, tokens, sign_url):
        self._registry = registry
        self._store = store
        self._state = state
        self._tokens = tokens
        self._sign_url = sign_url

    def __call__(self, request):
        for name in ("proxy-authorization", "x-amz-security-token", "cookie"):
            if request.header(name) is not None:
                self._state.violation(f"registry was sent {name}")
        host = HOST.match(request.header("host") or "")
        if host is None:
            return httpd.Response(404, b"no registry of that name")
        account, region = host["account"], host["region"]
        path = PATH.match(request.path)
        name = path["name"] if path else ""
        operation = "Registry." + (path["kind"] if path else "other")
        self._state.called(operation, region, {"host": host[0], "repositoryName": name})
        fault = self._state.fault(operation, region, name, [path["what"]] if path else [])

        def normal():
            refusal = self._check(request, host[0], account, region, name)
            return refusal or self._answer(request, account, region, path)

        return faulty(fault, self._state, normal) if fault else normal()

    def _answer(self, request, account, region, path):
        """To who is let in."""
        if request.path == "/v2/_catalog":
            names = [one for one, _ in self._store.repositories(account, region)]
            return httpd.Response(
                200,
                json.dumps({"repositories": names}).encode(),
                [("Content-Type", "application/json")],
            )
        if path is None:
            return httpd.Response(200, b"{}")
        name, what = path["name"], path["what"]
        if path["kind"] == "blobs" and self._store.has_layer(account, region, name, what):
            # Where ECR keeps them, which is told nothing of who asks.
            url = self._sign_url(what, name, region)
            return httpd.Response(307, b"", [("Location", url)])
        return self._hand_on(request, f"/v2/{account}/{region}{request.target[3:]}")

    def _check(self, request, host, account, region, name):
        """A Response for who is not let in, else None."""
        challenge = [
            ("WWW-Authenticate", f'Basic realm="https://{host}/",service="ecr.amazonaws.com"'),
            ("Docker-Distribution-Api-Version", "registry/2.0"),
        ]
        shown = request.header("authorization")
        if shown is None:
            return httpd.Response(401, b"Not Authorized\n", challenge)
        scheme, _, text = shown.partition(" ")
        try:
            user, _, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            user, password = "", ""
        if scheme.lower() != "basic" or user != "AWS":
            self._state.violation(f"registry was sent what is no token: {scheme} of {user}")
            return httpd.Response(401, b"Not Authorized\n", challenge)
        found = self._tokens.find(password)
        if found is None:
            return httpd.Response(401, b"Not Authorized\n", challenge)
        of, expired = found
        if expired:
            self._state.called("Registry.expired", region, {"repositoryName": name})
            return _denied("Your authorization token has expired. Reauthenticate and try again.")
        if of != account:
            return _denied(
                f"User: arn:aws:iam::{of}:user/local is not authorized to perform: "
                f"ecr:BatchGetImage on resource: arn:aws:ecr:{region}:{account}:repository/{name} "
                "because no resource-based policy allows the ecr:BatchGetImage action"
            )
        return None

    def _hand_on(self, request, target):
        connection = http.client.HTTPConnection(self._registry, timeout=60)
        try:
            accept = [value for key, value in request.headers if key == "accept"]
            headers = {"Accept": ", ".join(accept)} if accept else {}
            connection.request(request.method, target, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            kept = [
                (key, value)
                for key, value in answer.getheaders()
                if key.lower() in ("content-type", "docker-content-digest")
            ]
            return httpd.Response(answer.status, body, kept)
        finally:
            connection.close()
