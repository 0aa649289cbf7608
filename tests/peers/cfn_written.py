"""What holds of the templates of infra/ as they are written, before anything is made of them."""

import csv
import json
import os
import re
import subprocess
import sys

import cfn_moto
from cfn_tap import ACCOUNT, MEMBER, MEMBERS, PIPELINE, TOP, equal, ok

ACTIONS = os.path.join(TOP, "tests", "peers", "cfn-actions.tsv")

# Allow statements that need the resource "*", since AWS has nothing narrower: none does.
NEED_EVERYTHING = frozenset()


def listed(value):
    """IAM takes a word for a list of one."""
    return value if isinstance(value, list) else [value]


def lint():
    """cfn-lint, all rules on and its remarks too, is silent."""
    done = subprocess.run(
        [sys.argv[2], "--include-checks", "I", "--", PIPELINE, MEMBER],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    equal((done.returncode, done.stdout), (0, ""), "cfn-lint prints nothing on both templates")
    for path in (PIPELINE, MEMBER):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        ok(len(text.encode()) <= 51200, f"{os.path.basename(path)} is deployed without a bucket")
        ok(
            "cfn-lint" not in json.dumps(cfn_moto.load(path).get("Metadata")) and "cfn-lint" not in text,
            f"{os.path.basename(path)} switches no rule off",
        )


def interface():
    """The console shows every parameter, in a group and with a label, and knows what it is for."""
    for path in (PIPELINE, MEMBER):
        template = cfn_moto.load(path)
        shown = template["Metadata"]["AWS::CloudFormation::Interface"]
        grouped = [name for group in shown["ParameterGroups"] for name in group["Parameters"]]
        base = os.path.basename(path)
        equal(sorted(grouped), sorted(template["Parameters"]), f"{base}: each parameter is in one group")
        equal(
            sorted(shown["ParameterLabels"]),
            sorted(template["Parameters"]),
            f"{base}: each parameter has a label",
        )
        ok(
            all("Default" in p for p in template["Parameters"].values()),
            f"{base}: each parameter has a default",
        )


PATTERNS = {
    # Parameter: words that CloudFormation must take, and such that it must not.
    "PipelineName": (["ocidup", "a1", "x" * 20], ["x" * 21, "A1", "-a", "a-", "a"]),
    "Regions": (
        ["", "us-east-1", "ap-southeast-2", "us-gov-west-1", "eusc-de-east-1", "cn-north-1"],
        ["us-east", "us-east-1 eu-west-1", "us-east-1;", "US-EAST-1", "*"],
    ),
    "MemberRoleArns": (
        ["", *MEMBERS.split(","), "arn:aws-cn:iam::222222222222:role/path/to/a_role+=,.@-"],
        ["*", "arn:aws:iam::222222222222:role/*", "arn:aws:iam::2222:role/a", "ocidup-reader"],
    ),
    "ExternalId": (["", "acme_images", "a:/=,.@+-_9"], ["x", "two words", "x" * 1225]),
}


def patterns():
    """What a parameter may be. CloudFormation wants the whole value to match, or of a list each."""
    for path in (PIPELINE, MEMBER):
        parameters = cfn_moto.load(path)["Parameters"]
        for name, (good, bad) in PATTERNS.items():
            if name not in parameters:
                continue
            pattern = re.compile(parameters[name].get("AllowedPattern", ".*"))
            wrong = [word for word in good if not pattern.fullmatch(word)]
            wrong += [word for word in bad if pattern.fullmatch(word)]
            equal(wrong, [], f"{os.path.basename(path)}: {name} may be what it must")
    longest = f"{'x' * 20}-artifacts-{ACCOUNT}-ap-southeast-2"
    ok(len(longest) <= 63, "the longest name of a pipeline still gives a bucket's name", longest)


def statements(template):
    """Every statement of the roles: (role, statement), both sides of each Fn::If."""
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        assert "ManagedPolicyArns" not in resource["Properties"], name
        for policy in resource["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                sides = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
                for side in sides:
                    if side != {"Ref": "AWS::NoValue"}:
                        yield name, side


def policies():
    """The policies allow exactly what cfn-actions.tsv gives a reason for."""
    with open(ACTIONS, encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    reasons = {(row["template"], row["role"], row["sid"], row["action"]) for row in rows}
    ok(
        all(row["why"] and row["by"] in ("build", "service") for row in rows)
        and len(reasons) == len(rows),
        "each action of cfn-actions.tsv has one reason",
    )
    allowed, everything, stars = set(), set(), set()
    for path in (PIPELINE, MEMBER):
        base = os.path.basename(path)
        for role, statement in statements(cfn_moto.load(path)):
            assert statement["Effect"] == "Allow" and "NotAction" not in statement, statement
            assert "NotResource" not in statement, statement
            for action in listed(statement["Action"]):
                right = (base, role, statement["Sid"], action)
                allowed.add(right)
                if "*" in action:
                    stars.add(right)
                if "*" in listed(statement["Resource"]):
                    everything.add(right)
    equal(sorted(allowed - reasons), [], "no action is allowed that has no reason")
    equal(sorted(reasons - allowed), [], "no action has a reason and is not allowed")
    equal(sorted(stars), [], "no action is a pattern")
    equal(everything, set(NEED_EVERYTHING), "no resource is *, but where AWS has none narrower")
