"""moto's server with authentication on, for moto.sh: runs COMMAND with MOTO_* variables set.

moto checks signatures with botocore's own signer. Its first three actions are free (they make a
user with a key); everything after them must be signed by somebody who may do it.
"""

import hashlib
import json
import os
import subprocess
import sys

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "3"

# pylint: disable=wrong-import-position
import boto3  # noqa: E402
from moto.core.authorization import ActionAuthenticatorMixin  # noqa: E402
from moto.moto_server.threaded_moto_server import ThreadedMotoServer  # noqa: E402

REGION = "eu-west-1"
KIND = "application/vnd.oci.image.manifest.v1+json"


def manifest(name):
    """One with white space in it, as people's are."""
    layer = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    config = "sha256:" + hashlib.sha256(b"config of " + name.encode()).hexdigest()
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": KIND,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": config,
                "size": 100,
            },
            "layers": [
                {
                    "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                    "digest": layer,
                    "size": 23,
                }
            ],
        },
        indent=2,
    )


def let_tokens_in():
    """AssumeRoleWithWebIdentity has no signature (with one, moto refuses it here, as it knows no
    such key): moto wants one for everything."""
    check = ActionAuthenticatorMixin._authenticate_and_authorize_action

    def authorize(self, *args, **kwargs):
        if self._get_action() == "AssumeRoleWithWebIdentity" and not self.headers.get(
            "Authorization"
        ):
            return
        check(self, *args, **kwargs)

    ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize


def main():
    """Sets everything up, runs the command, and ends as it ends."""
    let_tokens_in()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"

    def client(service, keys):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
        )

    iam = client("iam", {"AccessKeyId": "none", "SecretAccessKey": "none"})
    iam.create_user(UserName="lister")
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_user_policy(
        UserName="lister",
        PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    keys = iam.create_access_key(UserName="lister")["AccessKey"]

    iam = client("iam", keys)
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}

    def make_role(name, *statements):
        arn = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
        for number, statement in enumerate(statements):
            iam.put_role_policy(
                RoleName=name,
                PolicyName=f"p{number}",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            )
        return arn

    role = make_role("lister", allow)
    # May list, and assume no other role.
    deeper = make_role("deeper", {**allow, "Action": "ecr:*"})
    session = client("sts", keys).assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]

    ecr = client("ecr", keys)
    want = []
    for name in ("team/app", "team/web"):
        uri = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
        for tag in ("v1", "v2"):
            text = manifest(name + tag)
            digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
            ecr.put_image(
                repositoryName=name,
                imageManifest=text,
                imageManifestMediaType=KIND,
                imageTag=tag,
                imageDigest=digest,
            )
            want.append(f"{uri}:{tag}\t{digest}\t{digest}\tok\t123")

    environment = {
        **os.environ,
        "MOTO_URL": url,
        "MOTO_REGION": REGION,
        "MOTO_WANT": "\n".join(want),
        "MOTO_KEY": f"{keys['AccessKeyId']} {keys['SecretAccessKey']}",
        "MOTO_ROLE": role,
        "MOTO_DEEPER": deeper,
        "MOTO_SESSION": f"{session['AccessKeyId']} {session['SecretAccessKey']} "
        + session["SessionToken"],
    }
    return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


sys.exit(main())
