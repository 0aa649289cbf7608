"""Deploys the templates of infra/ on moto's CloudFormation.

moto cannot create every type. Those of STANDINS are taken out before, and what others read of them
is put in as AWS documents it. Their properties are not lost: each becomes an output of the stack, so
that moto's CloudFormation resolves them as it does all others, and call() gives them to the API of
the service, where boto3's model of that API checks names, types and values.

As a program: cfn_moto.py TEMPLATE writes what moto can create of TEMPLATE, as JSON.
"""

import ast
import json
import logging
import sys

import boto3
import yaml

# Its server would write every request down.
logging.getLogger("werkzeug").setLevel(logging.WARNING)

# Type: why moto cannot create it, and what Ref and GetAtt give (NAME is its resolved name).
STANDINS = {
    "AWS::CodeBuild::Project": (
        "moto has CodeBuild's API, but no CloudFormation for it",
        {
            "Ref": {"Ref": "CodeBuildProjectName"},
            "Arn": {
                "Fn::Sub": "arn:${AWS::Partition}:codebuild:${AWS::Region}:${AWS::AccountId}"
                ":project/${CodeBuildProjectName}"
            },
        },
    ),
    "AWS::CodeBuild::ReportGroup": (
        "moto has no report groups, in its API neither",
        {
            "Arn": {
                "Fn::Sub": "arn:${AWS::Partition}:codebuild:${AWS::Region}:${AWS::AccountId}"
                ":report-group/${CodeBuildProjectName}-images"
            }
        },
    ),
    "AWS::CodeCommit::Repository": (
        "moto has CodeCommit's API, but no CloudFormation for it",
        {
            "Arn": {
                "Fn::Sub": "arn:${AWS::Partition}:codecommit:${AWS::Region}:${AWS::AccountId}"
                ":${RepositoryName}"
            },
            "CloneUrlHttp": {
                "Fn::Sub": "https://git-codecommit.${AWS::Region}.${AWS::URLSuffix}"
                "/v1/repos/${RepositoryName}"
            },
        },
    ),
    "AWS::CodePipeline::Pipeline": (
        "moto has CodePipeline's API, but no CloudFormation for it",
        {"Ref": {"Ref": "PipelineName"}},
    ),
    "AWS::ECR::PullTimeUpdateExclusion": (
        "newer than moto's ECR, which has no such call",
        {},
    ),
    "AWS::S3::BucketPolicy": ("moto has S3's API, but no CloudFormation for it", {}),
    "AWS::Scheduler::Schedule": ("moto has the scheduler's API, but no CloudFormation for it", {}),
}

class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {"Fn::" + suffix: value}


_Loader.add_multi_constructor("!", _short_form)


def load(path):
    """Returns the template in FILE, with all functions in their long form."""
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, _Loader)  # noqa: S506 # a SafeLoader


def _walk(value, change):
    """Returns VALUE with every dict in it replaced by change(dict), the innermost first."""
    if isinstance(value, list):
        return [_walk(item, change) for item in value]
    if isinstance(value, dict):
        return change({key: _walk(item, change) for key, item in value.items()})
    return value


def stand_in(template):
    """Returns what moto can create of TEMPLATE; see above."""
    template = json.loads(json.dumps(template))
    resources = template["Resources"]
    out = {name: r for name, r in resources.items() if r["Type"] in STANDINS}

    def reference(node):
        if len(node) != 1:
            return node
        ((function, value),) = node.items()
        if function == "Ref" and value in out:
            return STANDINS[out[value]["Type"]][1]["Ref"]
        if function == "Fn::GetAtt" and value[0] in out:
            return STANDINS[out[value[0]]["Type"]][1][value[1]]
        if function == "Fn::Sub":
            text, names = value if isinstance(value, list) else (value, {})
            for name, resource in out.items():
                if "${" + name + "}" in text:
                    names = {**names, name: STANDINS[resource["Type"]][1]["Ref"]}
            return {"Fn::Sub": [text, names] if names else text}
        return node

    outputs = template.setdefault("Outputs", {})
    for name, resource in resources.items():
        # Most of a bucket moto's CloudFormation passes over: it goes to S3's API, too.
        if name not in out and resource["Type"] != "AWS::S3::Bucket":
            continue
        properties = resource.get("Properties", {})
        outputs["Properties" + name] = {"Value": {"Fn::ToJsonString": properties}}
        if "Condition" in resource:
            outputs["Properties" + name]["Condition"] = resource["Condition"]
    template["Resources"] = {name: r for name, r in resources.items() if name not in out}
    # moto knows no rules, and ignores the transform: what that would do is done in deploy().
    template.pop("Rules", None)
    template.pop("Transform", None)
    return _walk(template, reference)


def _parameter(template, parameters, name):
    return parameters.get(name, template["Parameters"][name].get("Default"))


def deletion_policies(template, parameters):
    """What AWS::LanguageExtensions makes of DeletionPolicy and UpdateReplacePolicy: for conditions
    that compare one parameter with a word, which is all that our templates use there."""
    for resource in template["Resources"].values():
        for key in ("DeletionPolicy", "UpdateReplacePolicy"):
            policy = resource.get(key)
            if isinstance(policy, dict):
                condition, yes, no = policy["Fn::If"]
                reference, word = template["Conditions"][condition]["Fn::Equals"]
                holds = _parameter(template, parameters, reference["Ref"]) == word
                resource[key] = yes if holds else no
    return template


def as_created(template):
    """TEMPLATE as it holds once its stack is there. moto knows no RetainExceptOnCreate."""
    for resource in template["Resources"].values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"
    return template


def _drop_no_value(value):
    """moto's CloudFormation leaves AWS::NoValue in lists, as null."""
    if isinstance(value, list):
        return [_drop_no_value(item) for item in value if item is not None]
    if isinstance(value, dict):
        return {key: _drop_no_value(item) for key, item in value.items()}
    return value


def _mend_policies(client, stack):
    """moto's CloudFormation writes the policies of roles as Python does, and not as JSON."""
    iam = client("iam")
    resources = client("cloudformation").list_stack_resources(StackName=stack)
    for resource in resources["StackResourceSummaries"]:
        if resource["ResourceType"] != "AWS::IAM::Role":
            continue
        role = resource["PhysicalResourceId"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            if isinstance(document, str):
                document = _drop_no_value(ast.literal_eval(document))
                iam.put_role_policy(
                    RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document)
                )


def deploy(client, stack, template, parameters=None):
    """Creates STACK. CLIENT makes boto3 clients: client("cloudformation"). Returns its outputs, and
    the resolved properties of what was stood in for."""
    parameters = parameters or {}
    body = as_created(deletion_policies(stand_in(template), parameters))
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=stack,
        TemplateBody=json.dumps(body),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    if described["StackStatus"] != "CREATE_COMPLETE":
        raise RuntimeError(f"{stack}: {described['StackStatus']}")
    _mend_policies(client, stack)
    outputs, properties = {}, {}
    for output in described.get("Outputs", ()):
        name = output["OutputKey"]
        if name.startswith("Properties"):
            value = _drop_no_value(json.loads(output["OutputValue"]))
            properties[name[len("Properties") :]] = value
        else:
            outputs[name] = output["OutputValue"]
    return outputs, properties


def fit(shape, value, path="properties"):
    """Returns VALUE, in CloudFormation's spelling, as the API's SHAPE has it. CloudFormation takes
    numbers and truth as words, and its names begin with capitals; nothing else may differ."""
    if shape.type_name == "structure":
        members = {name.lower(): name for name in shape.members}
        result = {}
        for key, item in value.items():
            if key.lower() not in members:
                raise KeyError(f"{path}.{key}: not in the API's {shape.name}")
            name = members[key.lower()]
            result[name] = fit(shape.members[name], item, f"{path}.{key}")
        return result
    if shape.type_name == "list":
        return [fit(shape.member, item, f"{path}[{i}]") for i, item in enumerate(value)]
    if shape.type_name == "map":
        return {key: fit(shape.value, item, f"{path}.{key}") for key, item in value.items()}
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name == "boolean":
        return {"true": True, "false": False}[str(value).lower()]
    if not isinstance(value, str):
        raise TypeError(f"{path}: {value!r} is no {shape.type_name}")
    return value


def call(client, operation, **arguments):
    """Calls OPERATION of CLIENT with arguments in CloudFormation's spelling."""
    method = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(method).input_shape
    return getattr(client, operation)(**fit(shape, arguments))


def only_check(client, operation, **arguments):
    """As call(), where moto has no such call: the model checks the arguments, nothing is sent."""
    method = client.meta.method_to_api_mapping[operation]
    model = client.meta.service_model.operation_model(method)
    arguments = fit(model.input_shape, arguments)
    request = client._convert_to_request_dict(  # pylint: disable=protected-access
        arguments, model, endpoint_url="http://127.0.0.1", context={}
    )
    assert request["body"] or request["url_path"]
    return arguments


def connect(url, region):
    """Returns a maker of boto3 clients for moto's server at URL."""

    def client(service, **options):
        return boto3.client(
            service,
            endpoint_url=url,
            **{
                "region_name": region,
                "aws_access_key_id": "test",
                "aws_secret_access_key": "test",
                **options,
            },
        )

    return client


if __name__ == "__main__":
    json.dump(as_created(deletion_policies(stand_in(load(sys.argv[1])), {})), sys.stdout, indent=1)
