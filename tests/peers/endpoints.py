"""Prints a table of what botocore finds: `regions` is tests/unit/endpoints.tsv, the endpoint of
each service in each region; `settings` is tests/unit/endpoint-settings.tsv, the endpoint by what
the environment and the shared files say. No request leaves."""

import itertools
import os
import sys
import tempfile

import botocore.config
import botocore.exceptions
import botocore.session

# The call that is made of each service, and what it takes.
CALLS = {
    "ecr": ("describe_repositories", {}),
    "sts": ("get_caller_identity", {}),
    "sso": ("list_accounts", {"accessToken": "t"}),
    "sso-oidc": (
        "start_device_authorization",
        {"clientId": "c", "clientSecret": "s", "startUrl": "u"},
    ),
}
# Regions that no list has, for the rules' last resorts.
UNKNOWN = [
    "cn-new-1",
    "cn-x",
    "cn-a-b-1",
    "us-gov-new-2",
    "us-isob-x-10",
    "us-iso-x",
    "eusc-fr-east-1",
    "nowhere",
]

DEV = "AWS_PROFILE=dev"
SERVICES = "[profile dev]\nservices = s\nendpoint_url = http://profile\n[services s]\n"
# Service, environment, config file, credentials file.
SETTINGS = [
    ("ecr", "", "", ""),
    ("ecr", "AWS_ENDPOINT_URL=http://all:1", "", ""),
    ("ecr", "AWS_ENDPOINT_URL=http://all:1 AWS_ENDPOINT_URL_ECR=http://ecr:2", "", ""),
    ("sts", "AWS_ENDPOINT_URL=http://all:1 AWS_ENDPOINT_URL_ECR=http://ecr:2", "", ""),
    ("sts", "AWS_ENDPOINT_URL_STS=http://sts:1", "", ""),
    ("sso", "AWS_ENDPOINT_URL_SSO=http://sso:1 AWS_ENDPOINT_URL_SSO_OIDC=http://oidc:1", "", ""),
    (
        "sso-oidc",
        "AWS_ENDPOINT_URL_SSO=http://sso:1 AWS_ENDPOINT_URL_SSO_OIDC=http://oidc:1",
        "",
        "",
    ),
    ("ecr", "", "[default]\nendpoint_url = http://profile\n", ""),
    ("ecr", DEV, "[default]\nendpoint_url = http://profile\n[profile dev]\n", ""),
    ("ecr", DEV, SERVICES + "ecr =\n  endpoint_url = http://service\n", ""),
    ("ecr", DEV, SERVICES + "sts =\n  endpoint_url = http://service\n", ""),
    ("sso-oidc", DEV, SERVICES + "sso_oidc =\n  endpoint_url = http://service\n", ""),
    (
        "ecr",
        DEV + " AWS_ENDPOINT_URL=http://all:1",
        SERVICES + "ecr =\n  endpoint_url = http://service\n",
        "",
    ),
    ("ecr", DEV, "[profile dev]\nservices = none\nregion = eu-west-1\n", ""),
    (
        "ecr",
        DEV,
        "[profile dev]\nendpoint_url = http://config\n",
        "[dev]\nendpoint_url = http://credentials\n",
    ),
    ("ecr", DEV, "[services s]\necr =\n endpoint_url = http://service\n", "[dev]\nservices = s\n"),
    ("ecr", "AWS_ENDPOINT_URL=http://all:1 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "", ""),
    ("ecr", "AWS_ENDPOINT_URL=http://all:1 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=TRUE", "", ""),
    ("ecr", "AWS_ENDPOINT_URL=http://all:1 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=1", "", ""),
    (
        "ecr",
        "",
        "[default]\nendpoint_url = http://profile\nignore_configured_endpoint_urls = true\n",
        "",
    ),
    (
        "ecr",
        "AWS_ENDPOINT_URL=http://all:1",
        "[default]\nignore_configured_endpoint_urls = true\n",
        "",
    ),
    (
        "ecr",
        "AWS_ENDPOINT_URL=http://all:1 AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false",
        "[default]\nignore_configured_endpoint_urls = true\n",
        "",
    ),
    ("ecr", "AWS_USE_FIPS_ENDPOINT=true", "", ""),
    ("ecr", "AWS_USE_FIPS_ENDPOINT=yes", "", ""),
    ("ecr", "AWS_USE_DUALSTACK_ENDPOINT=True", "", ""),
    ("ecr", "", "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n", ""),
    (
        "ecr",
        "AWS_USE_FIPS_ENDPOINT=false",
        "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n",
        "",
    ),
    ("ecr", "AWS_USE_FIPS_ENDPOINT=true AWS_ENDPOINT_URL=http://all:1", "", ""),
    ("ecr", "AWS_USE_DUALSTACK_ENDPOINT=true AWS_ENDPOINT_URL=http://all:1", "", ""),
    ("sts", "AWS_STS_REGIONAL_ENDPOINTS=legacy", "", ""),
    ("sts", "AWS_STS_REGIONAL_ENDPOINTS=legacy AWS_USE_FIPS_ENDPOINT=true", "", ""),
    ("sts", "AWS_STS_REGIONAL_ENDPOINTS=legacy AWS_ENDPOINT_URL=http://all:1", "", ""),
    ("sts", "", "[default]\nsts_regional_endpoints = legacy\n", ""),
    (
        "sts",
        "AWS_STS_REGIONAL_ENDPOINTS=regional",
        "[default]\nsts_regional_endpoints = legacy\n",
        "",
    ),
    ("sts", "AWS_STS_REGIONAL_ENDPOINTS=global", "", ""),
    ("ecr", "AWS_STS_REGIONAL_ENDPOINTS=legacy", "", ""),
    # How the files are read.
    ("ecr", "", "[default]\nendpoint_url=http://a\n[profile default]\nendpoint_url=http://b\n", ""),
    ("ecr", "", "[profile default]\nendpoint_url=http://b\n[default]\nendpoint_url=http://a\n", ""),
    ("ecr", "", "[profile default]\nendpoint_url=http://b\n[default]\n", ""),
    (
        "ecr",
        DEV,
        "[profile 'dev']\nendpoint_url=http://a\n[profile \"dev\"]\nendpoint_url=http://b\n",
        "",
    ),
    ("ecr", DEV, "[profile \t d\\ev]\r\nEndpoint_URL : http://a\r\n", ""),
    ("ecr", DEV, "[dev]\nendpoint_url=http://a\n[profile dev]\n", ""),
    ("ecr", DEV, "[profile dev]\n[profile dev x]\nendpoint_url=http://a\n", ""),
    ("ecr", DEV, "[profile dev]\n", "[profile dev]\nendpoint_url=http://a\n"),
    ("ecr", "", "[DEFAULT]\nendpoint_url=http://a\n[default]\nregion=r\n", ""),
    ("ecr", "", "[DEFAULT]\nendpoint_url=http://a\n", ""),
    ("ecr", "", "[default]\n  # c\n  endpoint_url = http://a\n ; c\n  region = r\n", ""),
    ("ecr", "", "[default] # c\nregion = r\n  endpoint_url = http://a\n", ""),
    (
        "ecr",
        "",
        "[default]\nregion = r\n  endpoint_url = http://a\nendpoint_url = http://b/\n\n  c\n",
        "",
    ),
    ("ecr", "", "[default]\nregion =\nendpoint_url = http://a\n", ""),
    ("ecr", "", "[default]\nx =\n  endpoint_url = http://a\n# c\n  y = 1\nregion = r\n", ""),
    (
        "ecr",
        "",
        "[default]\nservices=s\n[services s]\necr=\n\n # c\n endpoint_url=a\n endpoint_url=http://b\n",
        "",
    ),
    ("ecr", "", "[default]\nx =\n  y\n", ""),
    ("ecr", "", "[default]\nx\n", ""),
    ("ecr", "", "[default]\n= x\n", ""),
    ("ecr", "", "[default\nendpoint_url = http://a\n", ""),
    ("ecr", "", "[]\nendpoint_url = http://a\n", ""),
    ("ecr", "", "endpoint_url = http://a\n", ""),
    ("ecr", "", "[default]\nendpoint_url = a\n", ""),
]
SETTINGS_REGION = "eu-west-1"


def escape(text):
    for byte, name in (("\\", "\\"), ("\n", "n"), ("\r", "r"), ("\t", "t")):
        text = text.replace(byte, "\\" + name)
    return text


class Sent(Exception):
    """Carries the request that would have been sent."""


def sent(request, **_):
    raise Sent(request)


def endpoint(session, service, region, config):
    """URL without a path, and the region that is signed for; or "error" and its name."""
    call, arguments = CALLS[service]
    try:
        client = session.create_client(service, region_name=region, config=config)
        client.meta.events.register("before-send", sent)
        getattr(client, call)(**arguments)
        raise AssertionError("nothing was sent")
    except Sent as done:
        request = done.args[0]
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        return "error", type(error).__name__
    scheme, _, host = request.url.split("/")[:3]
    signature = request.headers.get("Authorization", b"")
    if isinstance(signature, str):
        signature = signature.encode()
    if b"Credential=" in signature:  # SSO's calls have none
        region = signature.split(b"/")[2].decode()
    return f"{scheme}//{host}/", region


def new_session():
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session


def regions():
    session = new_session()
    partitions = session.get_component("data_loader").load_data("partitions")["partitions"]
    known = [name for partition in partitions for name in partition["regions"]]
    print("service", "region", "fips", "dualstack", "sts", "url", "signed", sep="\t")
    for service in CALLS:
        modes = ["regional", "legacy"] if service == "sts" else ["regional"]
        for region in known + UNKNOWN:
            if region.endswith("-global"):
                continue
            for fips, dual, mode in itertools.product((False, True), (False, True), modes):
                session.set_config_variable("sts_regional_endpoints", mode)
                config = botocore.config.Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual)
                url, signed = endpoint(session, service, region, config)
                print(service, region, int(fips), int(dual), mode, url, signed, sep="\t")


def settings():
    print("service", "region", "environment", "config", "credentials", "url", "signed", sep="\t")
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ("config", "credentials")]
        for service, environment, *contents in SETTINGS:
            for path, content in zip(files, contents):
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(content)
            os.environ.clear()
            os.environ["AWS_CONFIG_FILE"], os.environ["AWS_SHARED_CREDENTIALS_FILE"] = files
            os.environ.update(word.split("=", 1) for word in environment.split())
            try:
                found = endpoint(new_session(), service, SETTINGS_REGION, None)
            except botocore.exceptions.BotoCoreError as error:
                found = "error", type(error).__name__
            escaped = [escape(content) for content in contents]
            cells = [service, SETTINGS_REGION, environment, *escaped, *found]
            print(*(cell or "-" for cell in cells), sep="\t")


if __name__ == "__main__":
    os.environ.clear()
    os.environ["HOME"] = "/nonexistent"
    {"regions": regions, "settings": settings}[sys.argv[1]]()
