"""For pipeline.sh: whether the policies of the templates allow what runs of the pipeline asked for,
and nothing that none of them asked for.

    cfn-policy.py TREE FOLDER PARAMETER=VALUE...

FOLDER has, of each run N, N.json (codepipeline's result), N.moto (lines of moto's log) and N.ecr
(local-ecr's requests); the PARAMETERs are those of the runs. Writes a line for each request that no
statement allows (`denied`), each that is not known here and so is no right that anybody meant to give
(`unknown`), and each right of the build, on each of its resources, that was not used (`unused`).
"""

import csv
import glob
import json
import os
import re
import sys
import urllib.parse

TREE, FOLDER = sys.argv[1:3]
sys.path.insert(0, os.path.join(TREE, "infra", "local"))

from aws.template import Template  # noqa: E402 # pylint: disable=wrong-import-position

ACCOUNT = os.environ["CLOUD_ACCOUNT"]
REGION = os.environ["CLOUD_REGION"]
LISTING = {
    "list-type", "prefix", "delimiter", "max-keys", "continuation-token", "encoding-type",
    "fetch-owner", "start-after",
}  # fmt: skip
# Of a request for an object: (method, names of the query) to what IAM calls it.
OBJECT = {
    ("GET", frozenset()): "s3:GetObject",
    ("HEAD", frozenset()): "s3:GetObject",
    ("GET", frozenset({"versionId"})): "s3:GetObjectVersion",
    ("HEAD", frozenset({"versionId"})): "s3:GetObjectVersion",
    ("PUT", frozenset()): "s3:PutObject",
    ("POST", frozenset({"uploads"})): "s3:PutObject",
    ("PUT", frozenset({"partNumber", "uploadId"})): "s3:PutObject",
    ("POST", frozenset({"uploadId"})): "s3:PutObject",
    ("DELETE", frozenset()): "s3:DeleteObject",
}


class Request:
    """Who wants to do what, where."""

    def __init__(self, role, action, resource, region=REGION, account=ACCOUNT):
        self.role = role
        self.action = action
        self.resource = resource
        self.context = {"aws:RequestedRegion": region, "aws:ResourceAccount": account}


def of_moto(line):
    """The build's request of a line of moto's log; a text for one that is not known here."""
    text = f"{line['service']}: {line['method']} {line['path']}?{'&'.join(sorted(line['query']))}"
    text += "".join(f" {one}" for one in (line["target"], line["form"].get("Action")) if one)
    query = frozenset(line["query"]) - {"x-id"}
    if line["service"] != "s3" or line["source"] or not re.match(r"127\.0\.0\.1:", line["host"]):
        return text
    bucket, _, key = line["path"].removeprefix("/").partition("/")
    if bucket and not key:
        if line["method"] == "GET" and "list-type" in query and query <= LISTING:
            return Request("BuildRole", "s3:ListBucket", f"arn:aws:s3:::{bucket}")
        return text
    action = OBJECT.get((line["method"], query)) if key else None
    if action is None:
        return text
    return Request("BuildRole", action, f"arn:aws:s3:::{bucket}/{urllib.parse.unquote(key)}")


def of_ecr(entry):
    """The same of a line of local-ecr's requests; None for a blob, which needs no right."""
    operation, region, body = entry["operation"], entry["region"], entry["body"]
    if operation == "GetBlob":
        return None
    if operation == "AssumeRole":
        return Request("BuildRole", "sts:AssumeRole", body["RoleArn"])
    if operation.startswith("Unknown.") or not entry["key"]:
        return f"{operation.removeprefix('Unknown.')}"
    account = entry["account"]
    name = body.get("repositoryName", "*")
    # It is another account's role that reads there.
    role = "BuildRole" if account == ACCOUNT else "ReaderRole"
    resource = f"arn:aws:ecr:{region}:{account}:repository/{name}"
    if operation == "GetAuthorizationToken":
        resource = "*"
    return Request(role, "ecr:" + operation, resource, region, account)


def requests():
    """All of all runs. Every line of the build's key is in it."""
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.json"))):
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
        (key,) = [stage["key"] for stage in result["stages"] if "key" in stage]
        for service in result["services"]:
            role = service["role"].rpartition("-")[2]
            yield Request(role, service["action"], service["resource"])
        with open(path.removesuffix(".json") + ".moto", encoding="utf-8") as file:
            for text in file:
                if text.startswith("request "):
                    line = json.loads(text.removeprefix("request "))
                    # One that nobody signed is the build's, too: nobody else here makes any.
                    if line["key"] in (key, "-"):
                        yield of_moto(line)
        with open(path.removesuffix(".json") + ".ecr", encoding="utf-8") as file:
            for entry in json.load(file):
                yield of_ecr(entry)


def listed(value):
    """IAM takes a word for a list of one."""
    return value if isinstance(value, list) else [value]


def matches(pattern, text):
    """As IAM: * and ? only."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), text) is not None


def holds(condition, context):
    """Of a statement. What is not known here is an error."""
    for operator, tests in condition.items():
        if operator != "StringEquals":
            raise ValueError(f"the condition {operator} is not known here")
        for key, values in tests.items():
            if context[key] not in listed(values):
                return False
    return True


def policies(accounts):
    """(role, account) to statements."""
    given = dict(one.split("=", 1) for one in sys.argv[3:])
    home = Template(os.path.join(TREE, "infra", "pipeline.yaml"), given, ACCOUNT, REGION)
    statements = {}
    for role in home.resources("AWS::IAM::Role"):
        statements[role, ACCOUNT] = home.properties(role)["Policies"][0]["PolicyDocument"]["Statement"]
    reader = {"Regions": given.get("Regions", ""), "BuildRoleArn": home.arn("BuildRole")}
    for account in accounts - {ACCOUNT}:
        other = Template(os.path.join(TREE, "infra", "member-account.yaml"), reader, account, REGION)
        document = other.properties("ReaderRole")["Policies"][0]["PolicyDocument"]
        statements["ReaderRole", account] = document["Statement"]
    return statements


def main():
    """Writes what is wrong."""
    said, known = set(), []
    for one in requests():
        if isinstance(one, str):
            said.add(("unknown", one))
        elif one is not None:
            known.append(one)
    statements = policies({one.context["aws:ResourceAccount"] for one in known})
    used = set()
    for one in known:
        account = one.context["aws:ResourceAccount"]
        allowed = False
        for statement in statements.get((one.role, account), ()):
            if statement["Effect"] != "Allow" or one.action not in listed(statement["Action"]):
                continue
            if not holds(statement.get("Condition", {}), one.context):
                continue
            for pattern in listed(statement["Resource"]):
                if matches(pattern, one.resource):
                    used.add((one.role, statement["Sid"], one.action, pattern))
                    allowed = True
        if not allowed:
            said.add(("denied", one.role, one.action, one.resource, one.context["aws:RequestedRegion"]))
    with open(os.path.join(TREE, "tests", "peers", "cfn-actions.tsv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    builds = {(row["role"], row["sid"], row["action"]) for row in rows if row["by"] == "build"}
    for (role, _), document in statements.items():
        for statement in document:
            for action in listed(statement["Action"]):
                if (role, statement["Sid"], action) not in builds:
                    continue
                for pattern in listed(statement["Resource"]):
                    if (role, statement["Sid"], action, pattern) not in used:
                        said.add(("unused", role, statement["Sid"], action, pattern))
    for line in sorted(said):
        print(*line, sep="\t")


main()
