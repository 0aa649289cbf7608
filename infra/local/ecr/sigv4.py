"""Checks AWS Signature Version 4 (AWS General Reference, "Signature Version 4 signing process").

Written from the specification, not from a signer, so that a mistake that a client and its own
library share is seen here.
"""

import calendar
import hashlib
import hmac
import re
import time
import urllib.parse

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_SKEW = 15 * 60
EXPIRED = "ExpiredTokenException"


class SignatureError(Exception):
    """code is AWS's name of what is wrong."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


class Key:
    """An access key. token None: no session token belongs to it. expires: Unix time; None: it
    does not."""

    # pylint: disable-next=too-many-arguments,too-many-positional-arguments
    def __init__(self, key_id, secret, account, token=None, expires=None):
        self.key_id = key_id
        self.secret = secret
        self.account = account
        self.token = token
        self.expires = expires


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _quote(text):
    return urllib.parse.quote(text, safe="-_.~")


def _canonical_query(query):
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return "&".join(sorted(f"{_quote(name)}={_quote(value)}" for name, value in pairs))


def _authorization(value):
    """The parts of the Authorization header."""
    if value is None:
        raise SignatureError(
            "MissingAuthenticationTokenException", "Missing Authentication Token"
        )
    algorithm, _, rest = value.partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureError(
            "IncompleteSignatureException", f"Authorization header requires {ALGORITHM}"
        )
    parts = {}
    for part in rest.split(","):
        name, _, text = part.strip().partition("=")
        parts[name] = text
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not parts.get(name):
            raise SignatureError(
                "IncompleteSignatureException",
                f"Authorization header requires '{name}' parameter. Authorization={value}",
            )
    return parts


def _scope(credential, service):
    """Key ID, date and region of a credential."""
    try:
        key_id, date, region, of_service, end = credential.rsplit("/", 4)
    except ValueError:
        raise SignatureError(
            "IncompleteSignatureException", "Credential must have exactly 5 elements"
        ) from None
    if of_service != service:
        raise SignatureError(
            "InvalidSignatureException",
            f"Credential should be scoped to correct service: '{service}'.",
        )
    if end != "aws4_request":
        raise SignatureError(
            "InvalidSignatureException",
            "Credential should be scoped with a valid terminator: 'aws4_request'.",
        )
    if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-[0-9]+", region):
        raise SignatureError(
            "InvalidSignatureException", "Credential should be scoped to a valid region."
        )
    return key_id, date, region


def verify(request, keys, service, now=None):
    """The Key that signed REQUEST and the region it is for. KEYS: key ID to Key."""
    parts = _authorization(request.header("authorization"))
    key_id, date, region = _scope(parts["Credential"], service)
    key = keys.get(key_id)
    if key is None or request.header("x-amz-security-token") != key.token:
        raise SignatureError(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
    now = time.time() if now is None else now
    if key.expires is not None and now >= key.expires:
        raise SignatureError(EXPIRED, "The security token included in the request is expired")

    stamp = request.header("x-amz-date") or ""
    try:
        seconds = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise SignatureError(
            "IncompleteSignatureException", "Date must be in ISO-8601 'basic format'."
        ) from None
    if stamp[:8] != date:
        raise SignatureError(
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.",
        )
    if abs(now - seconds) > MAX_SKEW:
        raise SignatureError("InvalidSignatureException", f"Signature expired: {stamp}")

    signed = parts["SignedHeaders"].split(";")
    if signed != sorted(set(signed)):
        raise SignatureError("InvalidSignatureException", "SignedHeaders must be sorted.")
    must = {"host", "x-amz-date"}
    must |= {name for name, _ in request.headers if name.startswith("x-amz-")}
    lacking = sorted(must - set(signed))
    if lacking:
        raise SignatureError(
            "InvalidSignatureException",
            f"'{lacking[0]}' must be a 'SignedHeader' in the AWS Authorization.",
        )

    canonical_headers = ""
    for name in signed:
        values = [value for other, value in request.headers if other == name]
        if not values:
            raise SignatureError(
                "InvalidSignatureException", f"'{name}' is signed but was not sent."
            )
        joined = ",".join(re.sub(" +", " ", value.strip()) for value in values)
        canonical_headers += f"{name}:{joined}\n"
    # Each segment is encoded twice, by all services but S3.
    path = urllib.parse.quote(request.path or "/", safe="/-_.~")
    canonical = "\n".join(
        (
            request.method,
            path,
            _canonical_query(request.query),
            canonical_headers,
            parts["SignedHeaders"],
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    scope = f"{date}/{region}/{service}/aws4_request"
    to_sign = "\n".join(
        (ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest())
    )
    signing = _hmac(("AWS4" + key.secret).encode(), date)
    for text in (region, service, "aws4_request"):
        signing = _hmac(signing, text)
    expected = _hmac(signing, to_sign).hex()
    if not hmac.compare_digest(expected, parts["Signature"]):
        raise SignatureError(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. "
            "Consult the service documentation for details.",
        )
    return key, region
