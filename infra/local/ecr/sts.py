"""What STS is to ECR: AssumeRole, and nothing else of it (AWS Security Token Service API Reference,
version 2011-06-15). Issues keys that local-ecr takes for the account of the role.
"""

import re
import secrets
import time
import urllib.parse
from xml.sax.saxutils import escape

from . import httpd, sigv4

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
ARN = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]+\Z")
SESSION = re.compile(r"[\w+=,.@-]{2,64}\Z")
DURATIONS = range(900, 43201)


class Role:
    """One that can be had. external_id None: it wants none; seconds None: keys live as long as is
    asked; trusts None: every account may have it."""

    # pylint: disable-next=too-many-arguments,too-many-positional-arguments
    def __init__(self, arn, external_id=None, seconds=None, trusts=None):
        found = ARN.match(arn)
        if not found:
            raise ValueError("not the ARN of a role")
        self.arn = arn
        self.account = found.group(1)
        self.external_id = external_id
        self.seconds = seconds
        self.trusts = trusts


def _answer(status, body):
    return httpd.Response(status, body.encode(), [("Content-Type", "text/xml")])


def _error(code, message, status=400):
    return _answer(
        status,
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message></Error>"
        f"<RequestId>{secrets.token_hex(16)}</RequestId></ErrorResponse>",
    )


class StsRole:
    """The port. KEYS: those that may sign, by ID, which gets what is issued; ROLES: Role by ARN."""

    def __init__(self, state, keys, roles):
        self._state = state
        self._keys = keys
        self._roles = roles

    def __call__(self, request):
        if request.method != "POST" or request.path != "/":
            return _error("InvalidAction", "POST / is what this API has", 404)
        try:
            caller, _ = sigv4.verify(request, self._keys, "sts")
        except sigv4.SignatureError as problem:
            code = problem.code.removesuffix("Exception")
            if problem.code == sigv4.EXPIRED:
                self._state.called(problem.code, "", {"operation": "AssumeRole"})
            else:
                self._state.violation(f"STS: {problem.code}: {problem.message}")
            return _error(code, problem.message, 403)
        given = dict(urllib.parse.parse_qsl(request.body.decode("utf-8", "replace")))
        if given.get("Action") != "AssumeRole" or given.get("Version") != "2011-06-15":
            action = "Unknown." + given.get("Action", "")
            self._state.called(action, "", {}, caller.account, caller.key_id)
            return _error("InvalidAction", "AssumeRole of 2011-06-15 is what this API has")
        return self._assume_role(caller, given)

    def _assume_role(self, caller, given):
        arn, session = given.get("RoleArn", ""), given.get("RoleSessionName", "")
        duration = given.get("DurationSeconds", "3600")
        if not ARN.match(arn) or not SESSION.match(session):
            return _error("ValidationError", "RoleArn or RoleSessionName is not valid")
        if not duration.isdigit() or int(duration) not in DURATIONS:
            return _error("ValidationError", "DurationSeconds is not valid")
        self._state.called(
            "AssumeRole", "", {name: given[name] for name in given if name != "Action"},
            caller.account, caller.key_id,
        )  # fmt: skip
        role = self._roles.get(arn)
        if (
            role is None
            or role.external_id != given.get("ExternalId")
            or role.trusts not in (None, caller.account)
        ):
            return _error(
                "AccessDenied",
                f"User: arn:aws:iam::{caller.account}:user/local is not authorized to perform: "
                f"sts:AssumeRole on resource: {arn}",
                403,
            )
        seconds = role.seconds if role.seconds is not None else int(duration)
        return self._issue(role, session, int(time.time() + seconds))

    def _issue(self, role, session, expires):
        key = sigv4.Key(
            "ASIA" + secrets.token_hex(8).upper(),
            secrets.token_urlsafe(30),
            role.account,
            secrets.token_urlsafe(90) + "/+==",
            expires,
        )
        self._keys[key.key_id] = key
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))
        name = role.arn.partition(":role/")[2].rpartition("/")[2]
        return _answer(
            200,
            f'<AssumeRoleResponse xmlns="{NAMESPACE}"><AssumeRoleResult><AssumedRoleUser>'
            f"<AssumedRoleId>AROALOCAL:{escape(session)}</AssumedRoleId>"
            f"<Arn>arn:aws:sts::{role.account}:assumed-role/{escape(name)}/{escape(session)}</Arn>"
            "</AssumedRoleUser><Credentials>"
            f"<AccessKeyId>{key.key_id}</AccessKeyId>"
            f"<SecretAccessKey>{key.secret}</SecretAccessKey>"
            f"<SessionToken>{key.token}</SessionToken><Expiration>{stamp}</Expiration>"
            "</Credentials></AssumeRoleResult><ResponseMetadata>"
            f"<RequestId>{secrets.token_hex(16)}</RequestId></ResponseMetadata></AssumeRoleResponse>",
        )
