"""Reads a CloudFormation template and resolves what it says: parameters, conditions, references.

Names that AWS would make up are made from logical ones. What is not known here is an error, so that
a template cannot use what is read wrongly.
"""

import re

import yaml

NAMES = ("BucketName", "Name", "RepositoryName", "LogGroupName", "RoleName")
ARNS = {
    "AWS::S3::Bucket": "arn:{partition}:s3:::{name}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/{name}",
    "AWS::CodeBuild::Project": "arn:{partition}:codebuild:{region}:{account}:project/{name}",
    "AWS::CodeBuild::ReportGroup": "arn:{partition}:codebuild:{region}:{account}:report-group/{name}",
    "AWS::CodeCommit::Repository": "arn:{partition}:codecommit:{region}:{account}:{name}",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
}


class TemplateError(Exception):
    """What is wrong with it, in one line."""


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else "Fn::" + suffix: value}


_Loader.add_multi_constructor("!", _short_form)
_NO_VALUE = object()


class Template:
    """A template with its parameters given."""

    def __init__(self, path, parameters, account, region, stack="ocidup"):
        with open(path, encoding="utf-8") as file:
            # A subclass of SafeLoader.
            self._tree = yaml.load(file, _Loader)  # noqa: S506
        declared = self._tree.get("Parameters", {})
        for name in parameters:
            if name not in declared:
                raise TemplateError(f"{path}: no parameter {name}")
        self._pseudo = {
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": _NO_VALUE,
        }
        self._parameters = {}
        for name, entry in declared.items():
            value = parameters.get(name, entry.get("Default"))
            if value is None:
                raise TemplateError(f"{path}: the parameter {name} has no default")
            if entry["Type"] == "CommaDelimitedList":
                value = [part.strip() for part in str(value).split(",")]
            self._parameters[name] = value

    # ---- resources

    def resources(self, kind):
        """Logical name to resolved properties, of all that are made."""
        return {
            name: self.properties(name)
            for name, resource in self._tree["Resources"].items()
            if resource["Type"] == kind and self._made(name)
        }

    def only(self, kind):
        """The resolved properties of the one resource of that type."""
        found = self.resources(kind)
        if len(found) != 1:
            raise TemplateError(f"{len(found)} resources of type {kind}, not 1")
        return next(iter(found.values()))

    def properties(self, name):
        """Its resolved properties."""
        return self._value(self._tree["Resources"][name].get("Properties", {}))

    def arn(self, name):
        """Of a resource."""
        kind = self._tree["Resources"][name]["Type"]
        if kind not in ARNS:
            raise TemplateError(f"{name}: the ARN of {kind} is not known here")
        return ARNS[kind].format(
            partition=self._pseudo["AWS::Partition"],
            account=self._pseudo["AWS::AccountId"],
            region=self._pseudo["AWS::Region"],
            name=self._physical(name),
        )

    def _made(self, name):
        condition = self._tree["Resources"][name].get("Condition")
        return condition is None or self._condition(condition)

    def _physical(self, name):
        resource = self._tree["Resources"].get(name)
        if resource is None or not self._made(name):
            raise TemplateError(f"a reference to {name}, which is not there")
        properties = resource.get("Properties", {})
        for key in NAMES:
            if key in properties:
                return self._value(properties[key])
        return f"{self._pseudo['AWS::StackName']}-{name}"

    # ---- values

    def _condition(self, name):
        return self._truth(self._tree["Conditions"][name])

    def _truth(self, node):
        (function, argument), = node.items()
        if function == "Condition":
            return self._condition(argument)
        if function == "Fn::Equals":
            first, second = (self._value(part) for part in argument)
            return first == second
        if function == "Fn::Not":
            return not self._truth(argument[0])
        if function == "Fn::And":
            return all(self._truth(part) for part in argument)
        if function == "Fn::Or":
            return any(self._truth(part) for part in argument)
        raise TemplateError(f"the condition {function} is not known here")

    def _ref(self, name):
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        return self._physical(name)

    def _get_att(self, name, attribute):
        if attribute != "Arn":
            raise TemplateError(f"{name}.{attribute} is not known here")
        return self.arn(name)

    def _sub(self, argument):
        text, extra = argument if isinstance(argument, list) else (argument, {})

        def one(match):
            name = match.group(1)
            if name in extra:
                return str(self._value(extra[name]))
            if "." in name:
                return self._get_att(*name.split(".", 1))
            return str(self._ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", one, text)

    def _value(self, node):
        if isinstance(node, list):
            values = [self._value(part) for part in node]
            return [value for value in values if value is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (function, argument), = node.items()
            if function == "Ref":
                return self._ref(argument)
            if function == "Fn::If":
                return self._value(argument[1 if self._condition(argument[0]) else 2])
            if function == "Fn::Join":
                return argument[0].join(str(part) for part in self._value(argument[1]))
            if function == "Fn::Sub":
                return self._sub(argument)
            if function == "Fn::GetAtt":
                return self._get_att(*argument)
            if function == "Fn::FindInMap":
                first, second, third = (self._value(part) for part in argument)
                return self._tree["Mappings"][first][second][third]
            if function.startswith("Fn::"):
                raise TemplateError(f"{function} is not known here")
        values = {key: self._value(part) for key, part in node.items()}
        return {key: value for key, value in values.items() if value is not _NO_VALUE}
