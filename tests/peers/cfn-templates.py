"""Tests of infra/pipeline.yaml and infra/member-account.yaml, for cfn-templates.sh; speaks TAP.

cfn_written.py has what holds of their text; here are the stacks that are made of them.
cfn-stacks.json has what these are, whole. With CFN_STACKS=FILE what was seen is written there, to be
read before it replaces that.
"""

import difflib
import json
import os
import re
import sys
import traceback

from moto.moto_server.threaded_moto_server import ThreadedMotoServer

import cfn_moto
import cfn_tap
import cfn_written
from cfn_tap import ACCOUNT, MEMBER, MEMBERS, PIPELINE, TOP, equal, ok

sys.path.insert(0, os.path.join(TOP, "infra", "local"))

from aws.template import Template  # noqa: E402 # pylint: disable=wrong-import-position

STACKS = os.path.join(TOP, "tests", "peers", "cfn-stacks.json")

REGION = "eu-west-1"
CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/0f1e2d3c"
SECOND = {
    "ConnectionArn": CONNECTION,
    "FullRepositoryId": "acme/images",
    "BranchName": "trunk",
    "SourceImageFile": "lists/all.txt",
    "Regions": "us-east-1,eu-west-1,ap-southeast-2",
    "MemberRoleArns": MEMBERS,
    "ExternalId": "acme-images",
    "ExcludePullTimes": "no",
    "PipelineName": "second",
    "CodeBuildProjectName": "Second_Build",
    "ScheduleExpression": "",
    "OutputBucket": "acme-image-reports",
    "ArtifactStoreBucketName": "acme-image-artifacts",
    "RetainBuckets": "no",
    "LogRetentionDays": "14",
}

seen_stacks = {}


def inline_policy(iam, role):
    """The statements of ROLE, by Sid, as moto's IAM has them."""
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    return {s["Sid"]: s for s in document["Statement"]}


def trust(iam, role):
    """The one trust statement of ROLE."""
    (statement,) = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    return statement


def physical(client, stack):
    """Logical to physical names."""
    resources = client("cloudformation").list_stack_resources(StackName=stack)
    return {
        r["LogicalResourceId"]: r["PhysicalResourceId"]
        for r in resources["StackResourceSummaries"]
        if r["LogicalResourceId"]  # moto lists an empty stack as one resource without a name
    }


def whole(client, stack, template, properties, parameters):
    """All that STACK is: what moto made, and PROPERTIES of what was stood in for."""
    iam, events = client("iam"), client("events")
    names = physical(client, stack)
    policies_of = cfn_moto.deletion_policies(template, parameters)["Resources"]
    made = {}
    for name, kind in ((n, r["Type"]) for n, r in template["Resources"].items()):
        if name not in names and name not in properties:
            continue
        resource = dict(properties.get(name, {}))
        if kind == "AWS::IAM::Role":
            role = iam.get_role(RoleName=names[name])["Role"]
            resource = {
                "Description": role["Description"],
                "Trust": role["AssumeRolePolicyDocument"],
                "Policies": {
                    policy: iam.get_role_policy(RoleName=names[name], PolicyName=policy)["PolicyDocument"]
                    for policy in iam.list_role_policies(RoleName=names[name])["PolicyNames"]
                },
            }
            assert not iam.list_attached_role_policies(RoleName=names[name])["AttachedPolicies"], name
        elif kind == "AWS::Events::Rule":
            rule = events.describe_rule(Name=names[name])
            resource = {key: rule[key] for key in ("Name", "Description", "State")}
            resource["EventPattern"] = json.loads(rule["EventPattern"])
            resource["Targets"] = events.list_targets_by_rule(Rule=names[name])["Targets"]
        elif kind == "AWS::Logs::LogGroup":
            groups = client("logs").describe_log_groups(logGroupNamePrefix=names[name])["logGroups"]
            resource = {key: groups[0][key] for key in ("logGroupName", "retentionInDays")}
        for key in ("DeletionPolicy", "UpdateReplacePolicy"):
            if key in policies_of[name]:
                resource[key] = policies_of[name][key]
        made[name] = {"is": kind, **resource}
    # Without the ends of names that moto makes up.
    return json.loads(re.sub(r'(:role/|"Name": ")\w+-(\w+)-[A-Z0-9]{12}', r"\1(\2)", json.dumps(made)))


def same_stack(client, stack, template, properties, parameters):
    """STACK is as cfn-stacks.json has it: no property more, less or other."""
    seen_stacks[stack] = whole(client, stack, template, properties, parameters)
    with open(STACKS, encoding="utf-8") as file:
        want = json.load(file).get(stack)
    texts = [json.dumps(one, indent=1).splitlines() for one in (want, seen_stacks[stack])]
    lines = list(difflib.unified_diff(*texts, "wanted", "seen", n=4, lineterm=""))
    ok(not lines, f"the stack {stack} is the one that is written down", *lines)


def send_bucket(s3, bucket, properties):
    """Gives S3's API what moto's CloudFormation passes over."""
    cfn_moto.call(
        s3,
        "put_bucket_versioning",
        Bucket=bucket,
        VersioningConfiguration=properties["VersioningConfiguration"],
    )
    cfn_moto.call(
        s3,
        "put_public_access_block",
        Bucket=bucket,
        PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"],
    )
    cfn_moto.call(
        s3,
        "put_bucket_ownership_controls",
        Bucket=bucket,
        OwnershipControls=properties["OwnershipControls"],
    )
    rules = []
    for rule in properties["LifecycleConfiguration"]["Rules"]:
        rule = dict(rule)
        rule["Filter"] = {"Prefix": rule.pop("Prefix", "")}
        if "ExpirationInDays" in rule:
            rule["Expiration"] = {"Days": rule.pop("ExpirationInDays")}
        rules.append(rule)
    cfn_moto.call(
        s3,
        "put_bucket_lifecycle_configuration",
        Bucket=bucket,
        LifecycleConfiguration={"Rules": rules},
    )


def check_bucket(s3, bucket, what, policy):
    """BUCKET is closed and keeps versions."""
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    equal(
        rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256", f"{what} is encrypted"
    )
    equal(s3.get_bucket_versioning(Bucket=bucket).get("Status"), "Enabled", f"{what} has versions")
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    equal(
        block,
        dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
        f"{what}: all public access is blocked",
    )
    (rule,) = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    equal(rule["ObjectOwnership"], "BucketOwnerEnforced", f"{what}: its owner owns all")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy["PolicyDocument"]))
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    equal(
        (policy["Bucket"], statement["Effect"], statement["Principal"], statement["Action"]),
        (bucket, "Deny", "*", "s3:*"),
        f"{what}: its policy denies everything to everybody",
    )
    equal(
        (sorted(statement["Resource"]), statement["Condition"]),
        (
            [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            {"Bool": {"aws:SecureTransport": "false"}},
        ),
        f"{what}: on itself and its objects, without TLS",
    )


def variables(project):
    """The variables of a project as CodeBuild's API has them."""
    environment = project["environment"]["environmentVariables"]
    assert all(v["type"] == "PLAINTEXT" for v in environment), environment
    return {v["name"]: v["value"] for v in environment}


def create_project(client, properties):
    """Makes the project through CodeBuild's API and returns what that has then."""
    codebuild = client("codebuild")
    # moto wants a location, which CodeBuild does not with this type.
    for key in ("Source", "Artifacts"):
        assert properties[key]["Type"] == "CODEPIPELINE" and "Location" not in properties[key]
        properties = {**properties, key: {**properties[key], "Location": "none"}}
    cfn_moto.call(codebuild, "create_project", **properties)
    (project,) = codebuild.batch_get_projects(names=[properties["Name"]])["projects"]
    return project


def create_pipeline(client, properties):
    """The same for the pipeline."""
    codepipeline = client("codepipeline")
    cfn_moto.call(codepipeline, "create_pipeline", pipeline=properties)
    return codepipeline.get_pipeline(name=properties["Name"])["pipeline"]


def as_emulated(what, parameters, names, properties):
    """`make pipeline` reads the template by itself: it must see what CloudFormation makes."""
    seen = Template(PIPELINE, parameters, ACCOUNT, REGION)

    def without_roles(resource):
        return {k: v for k, v in resource.items() if k not in ("RoleArn", "ServiceRole")}

    equal(
        without_roles(seen.only("AWS::CodeBuild::Project")),
        without_roles(properties["BuildProject"]),
        f"make pipeline sees the same project {what}",
    )
    equal(
        without_roles(seen.only("AWS::CodePipeline::Pipeline")),
        without_roles(properties["Pipeline"]),
        f"and the same pipeline {what}",
    )
    equal(
        {n: b["BucketName"] for n, b in seen.resources("AWS::S3::Bucket").items()},
        {n: names[n] for n in ("OutputStore", "ArtifactStore")},
        f"and the same buckets {what}",
    )
    build = seen.properties("BuildRole")["Policies"][0]["PolicyDocument"]["Statement"]
    return {statement["Sid"]: statement for statement in build}


def first(client):
    """With no parameter: CodeCommit, one region."""
    template = cfn_moto.load(PIPELINE)
    outputs, properties = cfn_moto.deploy(client, "first", template)
    same_stack(client, "first", template, properties, {})
    names = physical(client, "first")
    s3, iam = client("s3"), client("iam")
    equal(
        sorted(names),
        sorted(
            name
            for name, resource in template["Resources"].items()
            if resource["Type"] not in cfn_moto.STANDINS
        ),
        "moto creates all that it can",
    )
    equal(
        {r["Type"] for r in template["Resources"].values()} & set(cfn_moto.STANDINS),
        set(cfn_moto.STANDINS),
        "what is stood in for is what the template has",
    )

    buckets = {
        "OutputStore": f"ocidup-output-{ACCOUNT}-{REGION}",
        "ArtifactStore": f"ocidup-artifacts-{ACCOUNT}-{REGION}",
    }
    for name, bucket in buckets.items():
        equal(names[name], bucket, f"{name} gets its name from account and region")
        send_bucket(s3, bucket, properties[name])
        check_bucket(s3, bucket, name, properties[name + "Policy"])
    build = inline_policy(iam, names["BuildRole"])
    report = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:report-group/ocidup-images"
    equal(
        as_emulated("by default", {}, names, properties), build, "and the same rights by default"
    )
    scheduler = client("scheduler")
    cfn_moto.call(scheduler, "create_schedule", Name="nightly", **properties["Nightly"])
    equal(
        scheduler.get_schedule(Name="nightly")["ScheduleExpression"],
        "cron(0 3 * * ? *)",
        "the scheduler would take the schedule",
    )

    # What moto has an API for, and boto3 a model.
    codecommit = client("codecommit")
    repository = f"arn:aws:codecommit:{REGION}:{ACCOUNT}:ocidup"
    made = cfn_moto.call(codecommit, "create_repository", **properties["Repository"])
    equal(made["repositoryMetadata"]["Arn"], repository, "the repository is the one of the policies")
    equal(
        outputs["RepositoryCloneUrl"],
        made["repositoryMetadata"]["cloneUrlHttp"],
        "the clone URL is the repository's",
    )
    group = dict(properties["ReportGroup"])
    ok(group.pop("DeleteReports") in (True, "true"), "reports go with their group")
    equal(
        cfn_moto.only_check(client("codebuild"), "create_report_group", **group),
        {"name": "ocidup-images", "type": "TEST", "exportConfig": {"exportConfigType": "NO_EXPORT"}},
        "CodeBuild would take the report group",
    )
    role = iam.get_role(RoleName=names["BuildRole"])["Role"]["Arn"]
    equal(
        cfn_moto.only_check(
            client("ecr"), "register_pull_time_update_exclusion", **properties["PullTimeExclusion"]
        ),
        {"principalArn": role},
        "ECR would take the exclusion of the build's role",
    )
    project = create_project(client, properties["BuildProject"])
    environment = project["environment"]
    equal(
        (
            environment["image"],
            environment["computeType"],
            environment["privilegedMode"],
            environment["type"],
        ),
        ("aws/codebuild/standard:8.0", "BUILD_GENERAL1_SMALL", False, "LINUX_CONTAINER"),
        "the build is small and not privileged",
    )
    equal(project["serviceRole"], role, "it has its role")
    equal(
        variables(project),
        {
            "INPUT": "input.txt",
            "REGION": REGION,
            "OUTPUT_BUCKET": buckets["OutputStore"],
            "REPORT_GROUP": report,
        },
        "it is told what buildspec.yml needs",
    )
    equal(
        (
            project["source"]["type"],
            project["source"]["buildspec"],
            project["artifacts"]["type"],
            project["cache"]["type"],
            project["cache"]["location"],
            project["logsConfig"]["cloudWatchLogs"]["groupName"],
        ),
        (
            "CODEPIPELINE",
            "buildspec.yml",
            "CODEPIPELINE",
            "S3",
            f"{buckets['ArtifactStore']}/cache",
            "/aws/codebuild/ocidup",
        ),
        "source, artifacts, cache and log are those of the stack",
    )
    made = create_pipeline(client, properties["Pipeline"])
    equal(
        (made["pipelineType"], made["artifactStore"]),
        ("V2", {"type": "S3", "location": buckets["ArtifactStore"]}),
        "the pipeline is of type V2 and has its bucket",
    )
    equal([s["name"] for s in made["stages"]], ["Source", "Validate"], "it has two stages")
    actions = [stage["actions"][0] for stage in made["stages"]]
    equal(
        [a["actionTypeId"]["provider"] for a in actions],
        ["CodeCommit", "CodeBuild"],
        "CodeCommit gives, CodeBuild checks",
    )
    equal(
        (
            actions[0]["configuration"]["RepositoryName"],
            actions[0]["configuration"]["BranchName"],
            actions[0]["configuration"]["PollForSourceChanges"],
            actions[0]["outputArtifacts"],
        ),
        ("ocidup", "main", "false", actions[1]["inputArtifacts"]),
        "the branch is not polled, and what it gives is checked",
    )
    equal(actions[1]["configuration"], {"ProjectName": "ocidup"}, "by the project")
    equal(
        (outputs["PipelineUrl"], outputs["OutputBucketUrl"], outputs["ArtifactBucketUrl"]),
        (
            "https://console.aws.amazon.com/codesuite/codepipeline/pipelines/ocidup/view"
            f"?region={REGION}",
            f"https://console.aws.amazon.com/s3/buckets/{buckets['OutputStore']}?region={REGION}",
            f"https://console.aws.amazon.com/s3/buckets/{buckets['ArtifactStore']}?region={REGION}",
        ),
        "the outputs lead to the console",
    )
    equal(
        (outputs["LatestReport"], outputs["BuildRoleArn"]),
        (f"s3://{buckets['OutputStore']}/latest/report.txt", role),
        "and to the report, and name the role",
    )


def second(client):
    """With a connection, three regions, two more accounts, and everything named."""
    template = cfn_moto.load(PIPELINE)
    outputs, properties = cfn_moto.deploy(client, "second", template, SECOND)
    same_stack(client, "second", template, properties, SECOND)
    names = physical(client, "second")
    s3, iam = client("s3"), client("iam")
    ok("OnPush" not in names and "Repository" not in properties, "with a connection: no CodeCommit")
    ok("Nightly" not in properties, "no schedule when none is asked for")
    ok("PullTimeExclusion" not in properties, "no exclusion when none is asked for")
    ok("RepositoryCloneUrl" not in outputs, "and no clone URL")
    equal(
        (names["OutputStore"], names["ArtifactStore"]),
        (SECOND["OutputBucket"], SECOND["ArtifactStoreBucketName"]),
        "the buckets have the names that were asked for",
    )
    for name in ("OutputStore", "ArtifactStore"):
        send_bucket(s3, names[name], properties[name])
        check_bucket(s3, names[name], f"{name} by name", properties[name + "Policy"])
    build = inline_policy(iam, names["BuildRole"])
    equal(
        as_emulated("by parameters", SECOND, names, properties),
        build,
        "and the same rights by parameters",
    )
    project = create_project(client, properties["BuildProject"])
    equal(
        variables(project),
        {
            "INPUT": "lists/all.txt",
            "REGION": "us-east-1,eu-west-1,ap-southeast-2",
            "OUTPUT_BUCKET": "acme-image-reports",
            "REPORT_GROUP": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:report-group/Second_Build-images",
            "MEMBER_ROLE_ARNS": MEMBERS,
            "EXTERNAL_ID": "acme-images",
        },
        "the build is told the list, regions, roles and external ID",
    )
    made = create_pipeline(client, properties["Pipeline"])
    source = made["stages"][0]["actions"][0]
    equal(
        (source["actionTypeId"]["provider"], source["configuration"]),
        (
            "CodeStarSourceConnection",
            {
                "ConnectionArn": CONNECTION,
                "FullRepositoryId": "acme/images",
                "BranchName": "trunk",
                "DetectChanges": "true",
                "OutputArtifactFormat": "CODE_ZIP",
            },
        ),
        "the connection's repository is the source",
    )

    # The other account, and a further region of it.
    template = cfn_moto.load(MEMBER)
    given = {
        "BuildRoleArn": outputs["BuildRoleArn"],
        "ExternalId": "acme-images",
        "Regions": "us-east-1,eu-west-1",
    }
    member, properties = cfn_moto.deploy(client, "member", template, given)
    same_stack(client, "member", template, properties, given)
    role = physical(client, "member")["ReaderRole"]
    equal(
        inline_policy(iam, role)["ReadImages"]["Action"],
        build["ReadImages"]["Action"],
        "the other account lets the build read what it reads at home",
    )
    equal(
        cfn_moto.only_check(
            client("ecr"), "register_pull_time_update_exclusion", **properties["PullTimeExclusion"]
        ),
        {"principalArn": member["RoleArn"]},
        "with an exclusion for its own role",
    )
    given = {"ExistingRoleArn": member["RoleArn"]}
    _, properties = cfn_moto.deploy(client, "member-region", template, given)
    same_stack(client, "member-region", template, properties, given)
    given = {
        "BuildRoleArn": outputs["BuildRoleArn"],
        "RoleName": "other",
        "ExcludePullTimes": "no",
    }
    _, properties = cfn_moto.deploy(client, "member-plain", template, given)
    same_stack(client, "member-plain", template, properties, given)


def main():
    """Runs all; an error in one part is a failure of it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = cfn_moto.connect(f"http://{host}:{port}", REGION)
    for part, arguments in (
        (cfn_written.lint, ()),
        (cfn_written.interface, ()),
        (cfn_written.patterns, ()),
        (cfn_written.policies, ()),
        (first, (client,)),
        (second, (client,)),
    ):
        try:
            part(*arguments)
        except Exception:  # pylint: disable=broad-exception-caught
            ok(False, f"{part.__name__} comes to its end", *traceback.format_exc().splitlines())
    server.stop()
    if "CFN_STACKS" in os.environ:
        with open(os.environ["CFN_STACKS"], "w", encoding="utf-8") as file:
            json.dump(seen_stacks, file, indent=1)
            file.write("\n")
    cfn_tap.end()


main()
