"""What secrets.py runs, and what it is told: secrets, servers, and who is to show them what.

The hostile server answers with all that it was sent, in every place of an answer and in every
encoding; a scenario says which credentials a program has and where from. Each is run for each of the
server's moods.
"""

import base64
import json
import os
import subprocess
import urllib.parse

from web import Answer, Image, Web, basic

IMAGE = Image()
WEB = Web("a", "b", "t")

PASSWORD = "p@ss/w0rd+with=odd&bytes!"
PROXY_PASSWORD = "proxy-Passw0rd/is+this"
BEARER = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZWNyZXRzLXRlc3QifQ.c2lnbmF0dXJlLWlzLWhlcmU"
IDENTITY = "identity/Token+for-the-token_service==0123"
HELPER = "helper-gave/this+Password123"
KEY = "AKIASECRETS12345TEST"
SECRET = "zX8Wq+secretsTest/ofSecretKeys0123456789"
SESSION = "IQoJsecrets/sessionTokenThatIsLong+EnoughToBeOne/aVery+LongOneEven=="
ISSUED_KEY = "ASIAISSUED1234567890"
ISSUED_SECRET = "iSsUeD+secretKey/OfARole0123456789abcdef"
ISSUED_SESSION = "FwoGissued/sessionToken+OfARoleOrOfAContainer/0123456789=="
CONTAINER = "container/Shown+Token-0123456789"
METADATA = "AQAEmetadata-token_of-the-instance0123=="
WEB_IDENTITY = "eyJraWQiOiJ3ZWIifQ.eyJpc3MiOiJpZGVudGl0eSJ9.d2ViLWlkZW50aXR5LXNpZw"
SSO = "aoaSsoAccessToken-0123456789_abcdefghijkl"
SSO_REFRESH = "aorSsoRefreshToken-0123456789_abcdefghij"
SSO_CLIENT = "ssoClientSecret-0123456789_abcdefghijklm"
SIGNATURE = "5d41402abc4b2a76b9719d911017c592presignedURLsignature"
SECRETS = {
    "password": PASSWORD,
    "Basic": basic("me", PASSWORD),
    "proxy password": PROXY_PASSWORD,
    "bearer": BEARER,
    "identity token": IDENTITY,
    "helper": HELPER,
    "access key": KEY,
    "secret key": SECRET,
    "session token": SESSION,
    "issued key": ISSUED_KEY,
    "issued secret": ISSUED_SECRET,
    "issued session": ISSUED_SESSION,
    "container token": CONTAINER,
    "metadata token": METADATA,
    "web identity": WEB_IDENTITY,
    "SSO token": SSO,
    "SSO refresh token": SSO_REFRESH,
    "SSO client secret": SSO_CLIENT,
    "presigned URL": SIGNATURE,
}


# ---- the hostile server ----


def one_line(text):
    """As a header can say it."""
    return text.replace("\n", " ").replace("\r", " ").encode("latin-1", "replace").decode("latin-1")


ENCODINGS = {
    "raw": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode("latin-1")).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode("latin-1")).decode(),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "hex": lambda text: text.encode("latin-1").hex(),
    "JSON escapes": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
}


def quoted(asked):
    """What of a request is most worth to be quoted, first."""
    worth = ("authorization", "proxy-authorization", "x-amz-security-token", "x-amz-sso_bearer_token",
             "x-aws-ec2-metadata-token")  # fmt: skip
    first = [asked.headers[name] for name in worth if name in asked.headers]
    if first and first[0].startswith("Basic "):
        first.append(base64.b64decode(first[0].removeprefix("Basic ")).decode())
    return " ".join([*first, asked.query, asked.body.decode("latin-1"), asked.everything()])


def hostile(status, encoding="raw", broken=False):
    """A server that quotes."""

    def app(asked):
        said = ENCODINGS[encoding](quoted(asked))
        line = one_line(said)
        url = urllib.parse.quote(line[:2000], safe="/+=-._~%")
        headers = {
            "WWW-Authenticate": f'Bearer realm="{WEB.url("t")}/{url}?{url}",service="{line}"',
            "Location": f"{WEB.url('b')}/{url}?{url}",
            "Link": f'<{WEB.url("b")}/{url}?{url}>; rel="next"',
            "Content-Type": line[:2000],
            "Docker-Content-Digest": line[:2000],
            "Retry-After": line[:2000],
            "X-Amzn-ErrorType": line[:2000],
            "X-Quote": line,
            "Server": line[:2000],
        }
        names = ("message", "Message", "details", "error", "error_description", "__type", "code",
                 "Code", "token", "access_token", "name", "nextToken")  # fmt: skip
        content = {name: said for name in names}
        content["errors"] = [{"code": "DENIED", "message": said, "detail": said}]
        content["tags"] = content["repositories"] = [said, said[:128], *said.split()[:3]]
        content["mediaType"] = content["schemaVersion"] = said
        body = json.dumps(content)
        if encoding == "JSON escapes":
            body = body.replace("\\\\u", "\\u")
        if "xml" in asked.headers.get("accept", "") or asked.body.startswith(b"Action="):
            escaped = said.replace("&", "&amp;").replace("<", "&lt;")
            body = (
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                f"<Message>{escaped}</Message></Error></ErrorResponse>"
            )
        if broken:
            body = body[: len(body) // 2]
        return Answer(status, body.encode("latin-1", "replace"), headers, line[:500])

    return app


MOODS = {
    "400": hostile(400),
    "401": hostile(401),
    "403": hostile(403),
    "404": hostile(404),
    "500": hostile(500),
    "302": hostile(302),
    "307": hostile(307),
    "200": hostile(200),
    "200, broken": hostile(200, broken=True),
}
# Of the scenarios that are no variants of others.
MORE_MOODS = {
    **MOODS,
    **{f"403 in {name}": hostile(403, name) for name in ENCODINGS if name != "raw"},
    **{f"200 in {name}": hostile(200, name) for name in ENCODINGS if name != "raw"},
}
MAIN = (
    "resolve-digest, Basic, auths",
    "list-registry, Bearer",
    "token service, auths",
    "a presigned URL",
    "a proxy for http",
    "list-ecr, DescribeImages",
    "who gives keys of role",
)


# ---- scenarios ----


class Scenario:
    """What is run: `apps` makes the servers of a mood; what must have been SENT to them."""

    def __init__(self, name, command, sent, apps, env=None, stdin=""):
        self.name = name
        self.command = command
        self.sent = sent
        self.apps = apps
        self.env = env or {}
        self.stdin = stdin


def asks(scheme, then):
    """Asks for credentials first; who has some gets THEN."""

    def app(asked):
        if "authorization" in asked.headers:
            return then(asked)
        where = "r" if scheme == "Basic" else WEB.url("t") + "/token"
        return Answer(401, b"", {"WWW-Authenticate": f'{scheme} realm="{where}",service="s"'})

    return app


def gives_token(_):
    """A token service."""
    return Answer(200, {"token": BEARER})


def helper_script(secret):
    """A program that prints a secret, and notes how it was called."""
    return f"""#!/bin/sh
tr '\\0' ' ' <"/proc/$$/cmdline" >>"$HOME/arguments"
echo >>"$HOME/arguments"
cat <<'END'
{secret}
END
"""


def registry_scenarios(home):
    """resolve-digest and list-registry, with all that a registry may be shown."""
    host = WEB.host("a")
    logins = {"auths": {host: {"auth": basic("me", PASSWORD)}}}
    folders = {}
    for name, content in {
        "auths": logins,
        "identity": {"auths": {host: {"auth": "", "identitytoken": IDENTITY}}},
        "helper": {"credHelpers": {host: "secrets"}},
        "store": {"credsStore": "secrets"},
    }.items():
        path = home.write(f"docker-{name}/config.json", json.dumps(content))
        folders[name] = {"DOCKER_CONFIG": os.path.dirname(path)}
    told = json.dumps({"ServerURL": host, "Username": "me", "Secret": HELPER})
    home.write("bin/docker-credential-secrets", helper_script(told), 0o700)
    folders["auth.json"] = {"REGISTRY_AUTH_FILE": home.write("auth.json", json.dumps(logins))}
    options = ["-vv", "--max-retries=0", "--timeout=20"]
    resolve = ["resolve-digest", *options]
    lists = ["list-registry", *options, host + "/team/app"]
    again = ["resolve-digest", "-vv", "--max-retries=1", "--timeout=20"]
    catalog = ["list-registry", *options, host]
    image = host + "/team/app:1\n"
    basic_apps = {"a": lambda mood: asks("Basic", mood)}
    token_apps = {"a": lambda _: asks("Bearer", IMAGE.answer), "t": lambda mood: mood}
    bearer_apps = {"a": lambda mood: asks("Bearer", mood), "t": lambda _: gives_token}
    for name, command in (("resolve-digest", resolve), ("list-registry", lists), ("catalog", catalog)):
        for kind in ("auths", "auth.json", "helper"):
            sent = ["helper" if kind == "helper" else "password"]
            if kind != "auths" and command != resolve:
                continue
            yield Scenario(f"{name}, Basic, {kind}", command, sent, basic_apps, folders[kind], image)
        yield Scenario(
            f"{name}, Bearer", command, ["bearer"], bearer_apps, folders["auths"], image
        )
    for kind, sent in (("auths", "password"), ("store", "helper"), ("identity", "identity token")):
        yield Scenario(
            f"token service, {kind}", resolve, [sent], token_apps, folders[kind], image
        )

    yield Scenario(
        "tried again", again, ["password"], basic_apps, folders["auths"], image
    )

    def presigned(asked):
        if "/blobs/" in asked.path:
            query = f"X-Amz-Signature={SIGNATURE}&X-Amz-Credential={KEY}"
            return Answer(307, b"", {"Location": f"{WEB.url('b')}/blob?{query}"})
        return IMAGE.answer(asked)

    yield Scenario(
        "a presigned URL", resolve, ["presigned URL"],
        {"a": lambda _: presigned, "b": lambda mood: mood}, {}, image,
    )  # fmt: skip
    user = "me:" + urllib.parse.quote(PROXY_PASSWORD, safe="")
    proxy = f"http://{user}@{WEB.host('a')}"
    for scheme in ("http", "https"):
        plain = ["--plain-http=registry.example"] if scheme == "http" else []
        yield Scenario(
            f"a proxy for {scheme}", [*resolve, *plain], ["proxy password"],
            {"a": lambda mood: mood}, {scheme + "_proxy": proxy}, "registry.example/team/app:1\n",
        )  # fmt: skip


STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>
<AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser><Credentials>
<AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>
</AssumeRoleResponse>"""


def issued(**names):
    """Keys as a JSON answer has them; broken: cut in the middle of them."""
    return {
        names.get("key", "AccessKeyId"): ISSUED_KEY,
        names.get("secret", "SecretAccessKey"): ISSUED_SECRET,
        names.get("token", "Token"): ISSUED_SESSION,
        "Expiration": "2099-01-01T00:00:00Z",
    }


def sts(asked):
    """Issues the keys of a role."""
    keys = (ISSUED_KEY, ISSUED_SECRET, ISSUED_SESSION)
    text = STS % keys
    if b"WithWebIdentity" in asked.body:
        text = text.replace("AssumeRole", "AssumeRoleWithWebIdentity")
    return Answer(200, text.encode(), {"Content-Type": "text/xml"})


def metadata(asked):
    """An instance that has a role."""
    if asked.path == "/latest/api/token":
        return Answer(200, METADATA.encode())
    if asked.path.endswith("/security-credentials/"):
        return Answer(200, b"role")
    return Answer(200, {"Code": "Success", "Type": "AWS-HMAC", **issued()})


def portal(_):
    """IAM Identity Center."""
    keys = issued(key="accessKeyId", secret="secretAccessKey", token="sessionToken")
    return Answer(200, {"roleCredentials": {**keys, "expiration": 4070908800000}})


def cut(app):
    """The same with half of the body."""

    def broken(asked):
        answer = app(asked)
        answer.body = answer.body[: len(answer.body) * 3 // 4]
        return answer

    return broken


def ecr(mood, *operations):
    """The ECR API, in a MOOD for OPERATIONS."""
    bodies = {
        "DescribeRepositories": {
            "repositories": [{"repositoryName": "team/app", "registryId": "123456789012"}]
        },
        "DescribeImages": {
            "imageDetails": [
                {"imageDigest": IMAGE.digest, "imageTags": ["1"], "imageSizeInBytes": 5}
            ]
        },
        "BatchGetImage": {
            "images": [
                {
                    "imageId": {"imageDigest": IMAGE.digest},
                    "imageManifest": IMAGE.manifest.decode(),
                }
            ]
        },
        "GetDownloadUrlForLayer": {
            "downloadUrl": f"{WEB.url('b')}/blob?X-Amz-Signature={SIGNATURE}"
            f"&X-Amz-Security-Token={urllib.parse.quote(SESSION, safe='')}"
        },
    }

    def app(asked):
        operation = asked.headers.get("x-amz-target", "").rpartition(".")[2]
        return mood(asked) if operation in operations else Answer(200, bodies.get(operation, {}))

    return app


def ecr_scenarios(home):
    """list-ecr, with keys from everywhere."""
    command = ["list-ecr", "-vv", "--max-retries=0", "--timeout=20"]
    command.append("--endpoint-url=" + WEB.url("a"))
    nobody = {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    keys = {
        **nobody,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": SESSION,
    }
    sent = ["access key", "session token"]
    for operation in ("DescribeRepositories", "DescribeImages", "BatchGetImage"):
        yield Scenario(
            f"list-ecr, {operation}", command, sent,
            {"a": lambda mood, operation=operation: ecr(mood, operation)}, keys,
        )  # fmt: skip
    yield Scenario(
        "list-ecr, blobs", command, ["presigned URL"],
        {"a": lambda mood: ecr(mood), "b": lambda mood: mood}, keys,
    )  # fmt: skip

    told = {"Version": 1, **issued(token="SessionToken")}
    home.write("bin/keys", helper_script(json.dumps(told)), 0o700)
    home.write("bin/half-keys", helper_script(json.dumps(told)[:-70]), 0o700)
    home.write("identity", WEB_IDENTITY)
    start = "https://secrets.awsapps.com/start"
    cache = {
        "startUrl": start,
        "region": "us-east-1",
        "accessToken": SSO,
        "expiresAt": "2099-01-01T00:00:00Z",
    }
    old = {
        **cache,
        "expiresAt": "2020-01-01T00:00:00Z",
        "refreshToken": SSO_REFRESH,
        "clientId": "client",
        "clientSecret": SSO_CLIENT,
        "registrationExpiresAt": "2099-01-01T00:00:00Z",
    }
    # The SHA-1 of the start page, and of the session's name.
    home.write(".aws/sso/cache/5ab0ca2d3e4f02ddd7ff6bd9cc5a1a3d5ba2de07.json", json.dumps(cache))
    for name, content in ((start, cache), ("new", cache), ("old", old)):
        digest = subprocess.run(
            ["sha1sum"], input=name.encode(), stdout=subprocess.PIPE, check=True
        ).stdout.split()[0].decode()  # fmt: skip
        home.write(f".aws/sso/cache/{digest}.json", json.dumps(content))
    home.write(
        ".aws/credentials",
        f"[base]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
        f"aws_session_token = {SESSION}\n"
        f"[half]\naws_access_key_id = {KEY}\n"
        f"[odd]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET} {SECRET}\n",
    )
    role = "role_arn = arn:aws:iam::123456789012:role/r\n"
    sso = "sso_account_id = 123456789012\nsso_role_name = r\n"
    home.write(
        ".aws/config",
        f"[profile role]\n{role}source_profile = base\n"
        f"[profile web]\n{role}web_identity_token_file = {home.path}/identity\n"
        f"[profile process]\ncredential_process = {home.path}/bin/keys --some argument\n"
        f"[profile half-process]\ncredential_process = {home.path}/bin/half-keys\n"
        f"[profile sso]\nsso_session = new\n{sso}[profile sso-old]\nsso_session = old\n{sso}"
        f"[sso-session new]\nsso_start_url = {start}\nsso_region = us-east-1\n"
        f"[sso-session old]\nsso_start_url = {start}\nsso_region = us-east-1\n",
    )
    services = {
        **nobody,
        "AWS_ENDPOINT_URL_STS": WEB.url("t"),
        "AWS_ENDPOINT_URL_SSO": WEB.url("t"),
        "AWS_ENDPOINT_URL_SSO_OIDC": WEB.url("t"),
    }
    container = {
        **nobody,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": WEB.url("t") + "/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": CONTAINER,
    }
    instance = {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_SERVICE_ENDPOINT": WEB.url("t")}
    given = ["issued key", "issued session"]
    api = {"a": lambda mood: ecr(mood, "DescribeRepositories")}
    for name, env, giver, shown in (
        ("role", services, sts, ["access key", "session token"]),
        ("web", services, sts, ["web identity"]),
        ("sso", services, portal, ["SSO token"]),
        ("sso-old", services, portal, ["SSO refresh token", "SSO client secret"]),
        ("process", services, None, []),
        ("half-process", services, None, None),
        ("base", services, None, sent),
        ("half", services, None, None),
        ("odd", services, None, None),
        ("container", container, lambda _: Answer(200, issued()), ["container token"]),
        ("instance", instance, metadata, ["metadata token"]),
    ):
        env = dict(env)
        if env.get("AWS_ENDPOINT_URL_STS"):
            env["AWS_PROFILE"] = name
        if giver is None:
            # None: nobody is to be asked, with such keys.
            expected = shown if shown is None else shown or given
            yield Scenario(f"list-ecr, keys of {name}", command, expected or [], api, env)
            continue
        if name == "instance":
            mood_app = {"t": lambda mood: lambda asked: metadata(asked)
                        if asked.method == "PUT" else mood(asked)}  # fmt: skip
        else:
            mood_app = {"t": lambda mood: mood}
        yield Scenario(f"who gives keys of {name}", command, shown, {**api, **mood_app}, env)
        if name == "sso-old":
            continue
        yield Scenario(
            f"list-ecr, keys of {name}", command, given,
            {**api, "t": lambda _, giver=giver: giver}, env,
        )  # fmt: skip
        yield Scenario(
            f"broken keys of {name}", command, [], {**api, "t": lambda _, giver=giver: cut(giver)},
            env,
        )  # fmt: skip
