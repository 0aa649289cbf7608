"""Faults that a server tells by a status or by a code in its answer."""

import base64
import json

from table import CALLS, ENDPOINTS, REGISTRY, changed, other
from world import oci

# ---- statuses


def quote(asked):
    """All that was sent, and what is inside of it: what a careless server says in its errors."""
    basic = (asked.header("authorization") or "").removeprefix("Basic ")
    try:
        plain = base64.b64decode(basic, validate=True).decode("latin-1")
    except ValueError:
        plain = ""
    return f"{plain} {asked.everything()}"


def refusal(answer, asked, status, code="UNKNOWN", **headers):
    """An error as each of the servers has it, that quotes what it was sent."""
    said = quote(asked)
    if answer.endpoint == "sts":
        text = said.replace("&", "&amp;").replace("<", "&lt;")
        text = (
            f"<ErrorResponse><Error><Code>{code}</Code><Message>{text}</Message></Error>"
            "</ErrorResponse>"
        )
        return other(answer, text.encode("latin-1", "replace"), status, "text/xml", **headers)
    body = {"__type": code, "message": said, "errors": [{"code": code, "message": said}]}
    return other(answer, oci.dump(body), status, "application/json", **headers)


PASSING_STATUSES = (429, 500, 502, 503, 504)
for _status in (204, 206, 304, 400, 401, 403, 404, 405, 406, 407, 408, 410, 418, *PASSING_STATUSES,
                501, 505, 599, 999):  # fmt: skip

    @changed(f"status {_status}", ENDPOINTS, passing=_status in PASSING_STATUSES,
             hides=_status in (404, 410), stops=True)  # fmt: skip
    def _(answer, asked, _, status=_status):
        return refusal(answer, asked, status)


for _code, _status in (("NAME_UNKNOWN", 404), ("MANIFEST_UNKNOWN", 404), ("BLOB_UNKNOWN", 404),
                       ("DENIED", 403), ("UNAUTHORIZED", 401), ("TOOMANYREQUESTS", 429),
                       ("UNSUPPORTED", 405)):  # fmt: skip

    @changed(f"the registry's {_code}", tuple(set(REGISTRY) - {"challenge"}),
             passing=_status == 429, hides=_status == 404,
             family="the registry's errors")  # fmt: skip
    def _(answer, asked, _, code=_code, status=_status):
        return refusal(answer, asked, status, code)


for _value in ("-1", "", "0", "1", "soon", "1e9", "0x10", "Thu, 01 Jan 1970 00:00:00 GMT",
               "Mon, 99 Foo 9999 99:99:99 GMT", "\x1b[2J"):  # fmt: skip
    for _status in (429, 503) if _value in ("-1", "soon") else (429,):

        @changed(f"{_status}, Retry-After: {_value!r}", ENDPOINTS, passing=True, stops=True,
                 family="Retry-After that says nothing")  # fmt: skip
        def _(answer, asked, _, value=_value, status=_status):
            return refusal(answer, asked, status, **{"Retry-After": value})


# That long nobody waits: what is asked there fails, and at once.
for _value in ("31536000", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"):

    @changed(f"429, Retry-After: {_value!r}", ENDPOINTS, stops=True, counts=("once", "for ever"),
             family="Retry-After of a year")  # fmt: skip
    def _(answer, asked, _, value=_value):
        return refusal(answer, asked, 429, **{"Retry-After": value})


# ---- AWS

for _code, _passing in (("ThrottlingException", True), ("com.amazonaws.ecr#ThrottlingException", True),
                        ("TooManyRequestsException", True), ("RequestTimeout", True),
                        ("ServerException", True), ("ExpiredTokenException", None),
                        ("ExpiredToken", None), ("AccessDeniedException", False),
                        ("InvalidSignatureException", False), ("UnrecognizedClientException", False),
                        ("RepositoryNotFoundException", False), ("ImageNotFoundException", False),
                        ("LayersNotFoundException", False), ("InvalidParameterException", False),
                        ("\x1b[2JException", False)):  # fmt: skip

    @changed(f"{_code}", (*CALLS, "sts") if _passing is not None else CALLS,
             passing=_passing is not False, hides="NotFound" in _code, stops=True,
             family="AWS's errors")  # fmt: skip
    def _(answer, asked, _, code=_code):
        return refusal(answer, asked, 400, code)


def failing(code, hides=False):
    """Every image of a batch fails with CODE."""

    @changed(f"failures: {code!r}", ("batch",), hides=hides, family="failures of a batch")
    def _(answer, asked, _):
        failures = []
        for wanted in json.loads(asked.body)["imageIds"]:
            one = {"imageId": wanted, "failureCode": code, "failureReason": quote(asked)}
            failures.append({name: value for name, value in one.items() if value is not None})
        return other(answer, oci.dump({"images": [], "failures": failures}))


for _code in ("ImageNotFound", "KmsError", "UpstreamAccessDenied", "UpstreamTooManyRequests", "", None,
              "\x1b[2J"):  # fmt: skip
    failing(_code, _code == "ImageNotFound")


@changed("images that are in no answer", ("batch",))
def _(answer, *_):
    return other(answer, b'{"images": [], "failures": []}')
