#!/usr/bin/env python3
"""A credential for one origin never reaches another: see origins.sh.

Three servers: `a` is the one that the credentials are for, `t` its token service, `b` another. Each
case says what they answer, and who may have been shown which secret. What came to them is searched
in every encoding; that the others were asked at all is tested too, so that no case is empty.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from web import Answer, Home, Image, Run, Tap, Web, basic, find  # noqa: E402

SECRETS = {
    "password": "correct-horse-battery-9",
    "bearer": "eyJhbGciOiJub25lIn0.cGF5bG9hZC1vZi1hLXRva2Vu.c2lnbmF0dXJl",
    "key": "AKIAORIGINS12345TEST",
    "secret": "f8Wq+originsTest/ofSecretKeys0123456789AB",
    "session": "IQoJorigins/sessionTokenThatIsLong+EnoughToBeOne==",
    "container": "container-token-0123456789",
    "other": "another-password-for-b",
}
CODES = (301, 302, 303, 307, 308)
IMAGE = Image()
TAP = Tap()
WEB = Web("a", "b", "t")
KEYS = {
    "AWS_ACCESS_KEY_ID": SECRETS["key"],
    "AWS_SECRET_ACCESS_KEY": SECRETS["secret"],
    "AWS_SESSION_TOKEN": SECRETS["session"],
    "AWS_REGION": "us-east-1",
}


def basic_auth(answer=IMAGE.answer):
    """A registry that wants the password."""

    def app(asked):
        if asked.headers.get("authorization") != "Basic " + basic("me", SECRETS["password"]):
            return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="r"'})
        return answer(asked)

    return app


def bearer_auth(answer=IMAGE.answer, realm=None):
    """A registry that wants the token of `t`."""

    def app(asked):
        if asked.headers.get("authorization") != "Bearer " + SECRETS["bearer"]:
            where = realm or WEB.url("t") + "/token"
            challenge = f'Bearer realm="{where}",service="registry"'
            return Answer(401, b"", {"WWW-Authenticate": challenge})
        return answer(asked)

    return app


def tokens(_):
    """The token service."""
    return Answer(200, {"token": SECRETS["bearer"]})


def redirect(code, to, what="/manifests/"):
    """The registry's answers, but for paths with WHAT, which are elsewhere."""

    def answer(asked):
        if what in asked.path:
            return Answer(code, b"", {"Location": WEB.url(to) + asked.target})
        return IMAGE.answer(asked)

    return answer


def sent(server):
    """What SERVER was asked."""
    return [asked for asked in WEB.asked if asked.server == server]


def judge(name, run, allowed, reached):
    """No server was sent a secret but as ALLOWED (server: names); each of REACHED was asked."""
    wrong = []
    for asked in WEB.asked:
        secrets = {
            key: value for key, value in SECRETS.items() if key not in allowed.get(asked.server, ())
        }
        # What stands for a secret: a signature.
        if asked.server not in allowed and (
            "authorization" in asked.headers
            or any(header.startswith("x-a") for header in asked.headers)
        ):
            wrong.append(f"{asked} with {sorted(asked.headers)}")
        wrong += [f"{asked}: {found}" for found in find(secrets, asked.everything())]
    missing = [server for server in reached if not sent(server)]
    shown = [str(asked) for asked in WEB.asked]
    TAP.ok(not wrong and not missing, name, *wrong, f"not asked: {missing}", *shown, run.err)


def resolve(home, *arguments, host="a", env=None, more=""):
    """resolve-digest for team/app:1 of HOST."""
    host = WEB.host(host) if host in ("a", "b", "t") else host
    return Run(
        home.path,
        ["resolve-digest", "-vv", "--max-retries=0", *arguments],
        env,
        f"{host}/team/app:1\n{more}",
    )


def check_redirects(home):
    """Of manifests and of blobs, there and back."""
    home.docker(auths={WEB.host("a"): {"auth": basic("me", SECRETS["password"])}})
    for code in CODES:
        for what in ("/manifests/", "/blobs/"):
            WEB.reset(a=basic_auth(redirect(code, "b", what)), b=IMAGE.answer)
            run = resolve(home)
            judge(f"{code} of {what}, Basic", run, {"a": ["password"]}, "ab")
            TAP.ok(run.status == 0 and IMAGE.digest in run.out, "and the image is read", run.err)

            WEB.reset(a=bearer_auth(redirect(code, "b", what)), b=IMAGE.answer, t=tokens)
            run = resolve(home)
            allowed = {"a": ["bearer"], "t": ["password"]}
            judge(f"{code} of {what}, Bearer", run, allowed, "abt")
            TAP.ok(run.status == 0, "and the image is read", run.err)

        # There and back: who led us away must not get them by that either.
        def back(asked):
            if asked.query == "back":
                return IMAGE.answer(asked)
            return basic_auth(redirect(code, "b"))(asked)  # pylint: disable=cell-var-from-loop

        def lead_back(asked):
            headers = {"Location": WEB.url("a") + asked.path + "?back"}
            return Answer(code, b"", headers)  # pylint: disable=cell-var-from-loop

        WEB.reset(a=back, b=lead_back)
        run = resolve(home)
        judge(f"{code} there and back", run, {"a": ["password"]}, "ab")
        led = [asked for asked in sent("a") if asked.query == "back"]
        TAP.ok(
            led and not any("authorization" in asked.headers for asked in led),
            "who comes back comes without credentials",
            *led,
        )

    # Another name of the same port.
    port = WEB.host("a").rpartition(":")[2]

    def other_name(asked):
        if asked.headers["host"].startswith("localhost"):
            return IMAGE.answer(asked)
        if "/manifests/" in asked.path:
            to = f"http://localhost:{port}{asked.target}"
            return Answer(302, b"", {"Location": to})
        return IMAGE.answer(asked)

    WEB.reset(
        a=lambda asked: other_name(asked)
        if asked.headers["host"].startswith("localhost")
        else basic_auth(other_name)(asked)
    )
    run = resolve(home)
    named = [asked for asked in sent("a") if asked.headers["host"].startswith("localhost")]
    TAP.ok(
        named and not any(find(SECRETS, asked.everything()) for asked in named),
        "another name of the same address gets none",
        *WEB.asked,
    )

    # The control: what stays at the origin keeps them, or every case above could be empty.
    def same(asked):
        if asked.path == "/v2/team/app/manifests/1":
            return Answer(302, b"", {"Location": "/v2/else/manifests/1"})
        return IMAGE.answer(asked)

    WEB.reset(a=basic_auth(same))
    run = resolve(home)
    TAP.ok(
        run.status == 0 and any(asked.path == "/v2/else/manifests/1" for asked in sent("a")),
        "a redirect to the same origin keeps them",
        run.err,
    )


def check_refused_elsewhere(home):
    """Where a redirect led, a challenge gets nothing."""
    home.docker(
        auths={
            WEB.host("a"): {"auth": basic("me", SECRETS["password"])},
            WEB.host("b"): {"auth": basic("me", SECRETS["other"])},
        }
    )
    for scheme, realm in (("Basic", "r"), ("Bearer", WEB.url("t") + "/token")):
        challenge = {"WWW-Authenticate": f'{scheme} realm="{realm}",service="s"'}
        WEB.reset(
            a=basic_auth(redirect(307, "b")),
            b=lambda _, challenge=challenge: Answer(401, b"", challenge),
            t=tokens,
        )
        run = resolve(home)
        judge(f"a {scheme} challenge behind a redirect", run, {"a": ["password"]}, "ab")
        TAP.ok(run.status == 1 and not sent("t"), "and is no reason to log in", run.err)


def check_realms(home):
    """The token service has what the flow says, and no other."""
    home.docker(auths={WEB.host("a"): {"auth": basic("me", SECRETS["password"])}})
    WEB.reset(a=bearer_auth(), t=tokens)
    judge("a realm at another port", resolve(home), {"a": ["bearer"], "t": ["password"]}, "at")

    for code in CODES:
        WEB.reset(
            a=bearer_auth(),
            t=lambda asked, code=code: Answer(
                code, b"", {"Location": WEB.url("b") + asked.target}
            ),
            b=tokens,
        )
        allowed = {"a": ["bearer"], "t": ["password"]}
        judge(f"a token service that redirects by {code}", resolve(home), allowed, "at")

    # A realm that is at B only when B is asked for by name.
    home.docker(auths={WEB.host("b"): {"auth": basic("me", SECRETS["password"])}})
    WEB.reset(a=bearer_auth(), t=tokens)
    judge("another registry's password stays", resolve(home), {"a": ["bearer"]}, "at")

    # The identity token is for the token service, the registry gets the token only.
    home.docker(auths={WEB.host("a"): {"auth": "", "identitytoken": SECRETS["other"]}})
    WEB.reset(a=bearer_auth(), t=tokens)
    judge("an identity token", resolve(home), {"a": ["bearer"], "t": ["other"]}, "at")


def check_registries(home):
    """Two registries in one run; a mirror; a longer key."""
    home.docker(
        auths={
            WEB.host("a"): {"auth": basic("me", SECRETS["password"])},
            WEB.host("b"): {"auth": basic("me", SECRETS["other"])},
        }
    )

    def other_auth(asked):
        if asked.headers.get("authorization") != "Basic " + basic("me", SECRETS["other"]):
            return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="r"'})
        return IMAGE.answer(asked)

    WEB.reset(a=bearer_auth(), b=other_auth, t=tokens)
    run = resolve(home, more=WEB.host("b") + "/team/app:1\n")
    allowed = {"a": ["bearer"], "t": ["password"], "b": ["other"]}
    judge("two ports are two registries", run, allowed, "abt")
    TAP.ok(run.status == 0, "and both are read", run.err)

    home.docker(
        auths={
            "quay.io": {"auth": basic("me", SECRETS["password"])},
            "https://index.docker.io/v1/": {"auth": basic("me", SECRETS["other"])},
        }
    )
    for host in ("quay.io", "docker.io"):
        WEB.reset(b=lambda asked: Answer(401, b"", {"WWW-Authenticate": 'Basic realm="r"'}))
        run = resolve(home, f"--mirror={host}={WEB.url('b')}", host=host)
        judge(f"a mirror gets nothing of {host}", run, {}, "b")
        WEB.reset(b=bearer_auth(), t=tokens)
        run = resolve(home, f"--mirror={host}={WEB.url('b')}", host=host)
        judge(f"nor does its token service of {host}", run, {"b": ["bearer"]}, "bt")

    home.docker(auths={WEB.host("a"): {"auth": basic("me", SECRETS["password"])}})
    WEB.reset(a=basic_auth())
    run = resolve(home, f"--mirror=quay.io={WEB.url('a')}", host="quay.io")
    judge("a mirror gets its own", run, {"a": ["password"]}, "a")
    TAP.ok(run.status == 0, "and is read", run.err)


def check_pages(home):
    """The next page of a list is at the same origin or nowhere."""
    home.docker(auths={WEB.host("a"): {"auth": basic("me", SECRETS["password"])}})
    for link in ("{b}/v2/team/app/tags/list?last=1", "//{b_host}/v2/x", "{b}"):
        target = link.format(b=WEB.url("b"), b_host=WEB.host("b"))

        def answer(asked):
            if asked.path.endswith("/tags/list"):
                body = {"name": "team/app", "tags": ["1"]}
                link = {"Link": f'<{target}>; rel="next"'}  # pylint: disable=cell-var-from-loop
                return Answer(200, body, link)
            return IMAGE.answer(asked)

        WEB.reset(a=basic_auth(answer), b=IMAGE.answer)
        run = Run(
            home.path, ["list-registry", "-vv", "--max-retries=0", WEB.host("a") + "/team/app"]
        )
        judge(f"a next page at {link}", run, {"a": ["password"]}, "a")
        TAP.ok(run.status == 1 and not sent("b"), "is not asked for", run.err)


def ecr(answers):
    """The ECR API, one image of one repository; ANSWERS changes operations."""

    def app(asked):
        operation = asked.headers.get("x-amz-target", "").rpartition(".")[2]
        if operation in answers:
            return answers[operation](asked)
        account = "123456789012"
        body = {
            "DescribeRepositories": {
                "repositories": [
                    {
                        "repositoryName": "team/app",
                        "registryId": account,
                        "repositoryUri": f"{account}.dkr.ecr.us-east-1.amazonaws.com/team/app",
                    }
                ]
            },
            "DescribeImages": {
                "imageDetails": [
                    {
                        "registryId": account,
                        "repositoryName": "team/app",
                        "imageDigest": IMAGE.digest,
                        "imageTags": ["1"],
                        "imageSizeInBytes": 5,
                        "imagePushedAt": 1.7e9,
                    }
                ]
            },
            "BatchGetImage": {
                "images": [
                    {
                        "imageId": {"imageDigest": IMAGE.digest},
                        "imageManifest": IMAGE.manifest.decode(),
                    }
                ],
                "failures": [],
            },
            "GetDownloadUrlForLayer": {
                "downloadUrl": WEB.url("b") + "/blob?X-Amz-Signature=0123456789abcdef0123",
                "layerDigest": IMAGE.config_digest,
            },
        }.get(operation)
        return Answer(200, body, {"Content-Type": "application/x-amz-json-1.1"}) if body else None

    return app


def list_ecr(home, **env):
    """list-ecr, with the API at `a`."""
    return Run(
        home.path,
        ["list-ecr", "-vv", "--max-retries=0", "--endpoint-url=" + WEB.url("a")],
        {"AWS_EC2_METADATA_DISABLED": "true", **KEYS, **env},
    )


def check_ecr(home):
    """The API gets signatures and the session token; blobs are elsewhere."""
    allowed = {"a": ["key", "session"]}
    WEB.reset(a=ecr({}), b=lambda _: Answer(200, IMAGE.config))
    run = list_ecr(home)
    judge("ECR's blobs get no credentials", run, allowed, "ab")
    TAP.ok(run.status == 0 and IMAGE.config_digest in run.out, "and are read", run.err)
    for code in CODES:
        WEB.reset(
            a=ecr({}),
            b=lambda _, code=code: Answer(code, b"", {"Location": WEB.url("t") + "/blob?x=y"}),
            t=lambda _: Answer(200, IMAGE.config),
        )
        run = list_ecr(home)
        judge(f"nor where they lead by {code}", run, allowed, "abt")
        TAP.ok(run.status == 0, "and are read", run.err)
        to = WEB.url("b")
        WEB.reset(
            a=ecr(
                {
                    "DescribeRepositories": lambda asked, code=code: Answer(
                        code, b"", {"Location": to + asked.target}
                    )
                }
            )
        )
        run = list_ecr(home)
        judge(f"the API leads nowhere by {code}", run, allowed, "a")
        TAP.ok(run.status == 1 and not sent("b"), "and nobody else is asked", run.err)


def check_container(home):
    """Who hands out keys is not followed with what it was shown."""
    keys = {
        "AccessKeyId": SECRETS["key"],
        "SecretAccessKey": SECRETS["secret"],
        "Token": SECRETS["session"],
        "Expiration": "2099-01-01T00:00:00Z",
    }
    env = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": WEB.url("t") + "/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": SECRETS["container"],
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = ["list-ecr", "-vv", "--max-retries=0", "--no-configs"]
    command.append("--endpoint-url=" + WEB.url("a"))
    WEB.reset(a=ecr({}), t=lambda _: Answer(200, keys))
    run = Run(home.path, command, env)
    judge(
        "the container's token stays there",
        run,
        {"a": ["key", "session"], "t": ["container"]},
        "at",
    )
    TAP.ok(run.status == 0, "and its keys are used", run.err)
    for code in CODES:
        WEB.reset(
            a=ecr({}),
            t=lambda _, code=code: Answer(code, b"", {"Location": WEB.url("b") + "/credentials"}),
            b=lambda _: Answer(200, keys),
        )
        run = Run(home.path, command, env)
        allowed = {"a": ["key", "session"], "t": ["container"]}
        judge(f"and is not carried away by {code}", run, allowed, "t")


def check_the_judge():
    """That a secret that arrives is seen."""
    WEB.reset(b=IMAGE.answer)
    with Home() as home:
        for form in ("Basic " + basic("me", SECRETS["password"]), "Bearer " + SECRETS["bearer"]):
            # By another client: ours would have to be broken.
            Run(home.path, ["curl", "-sS", "-H", "X-Y: " + form, WEB.url("b") + "/v2/"])
        Run(home.path, ["curl", "-sS", WEB.url("b") + "/?" + SECRETS["secret"].encode().hex()])
    found = sum((find(SECRETS, asked.everything()) for asked in sent("b")), [])
    names = {one.partition(":")[0] for one in found}
    TAP.ok(names >= {"password", "bearer", "secret"}, "a secret that comes is seen", *found)


def main():
    """All of it."""
    for variable in list(os.environ):
        if variable.startswith("AWS_") or variable.lower().endswith("_proxy"):
            del os.environ[variable]
    check_the_judge()
    for check in (
        check_redirects,
        check_refused_elsewhere,
        check_realms,
        check_registries,
        check_pages,
        check_ecr,
        check_container,
    ):
        with Home() as home:
            check(home)
    TAP.end()


if __name__ == "__main__":
    main()
