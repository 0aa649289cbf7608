"""Runs COMMAND with moto's server, at MOTO_URL and AWS_ENDPOINT_URL."""

import logging
import os
import subprocess
import sys

import yaml
from moto.cloudformation import responses
from moto.cloudformation.exceptions import CloudFormationError
from moto.cloudformation.models import ChangeSet
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

_APPLY = ChangeSet.apply
_CREATE = responses.CloudFormationResponse.create_change_set


class InsufficientCapabilities(CloudFormationError):
    """As CloudFormation calls it."""

    code = "InsufficientCapabilitiesException"

    def __init__(self, wanted):
        super().__init__(f"Requires capabilities : [{wanted}]")


def _apply(self):
    """Mends what moto (5.2) does wrong with change sets, which `aws cloudformation deploy` uses: a
    list that keeps its value is split again, and the stack has no outputs."""
    self.parameters = {
        key: ",".join(value) if isinstance(value, list) else value
        for key, value in self.parameters.items()
    }
    _APPLY(self)
    self.stack.template_dict = self.template_dict
    self.stack.output_map = self.stack._create_output_map()  # pylint: disable=protected-access


def _create(self):
    """moto takes every template. CloudFormation wants to be told that resources of IAM are wanted;
    it looks at all in the template, whatever their conditions."""
    template = yaml.safe_load(self._get_param("TemplateBody"))  # pylint: disable=protected-access
    given = self._get_param("Capabilities", [])  # pylint: disable=protected-access
    for resource in template["Resources"].values():
        if not resource["Type"].startswith("AWS::IAM::"):
            continue
        if any(name.endswith("Name") for name in resource.get("Properties", {}) if name != "PolicyName"):
            if "CAPABILITY_NAMED_IAM" not in given:
                raise InsufficientCapabilities("CAPABILITY_NAMED_IAM")
        elif not {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} & set(given):
            raise InsufficientCapabilities("CAPABILITY_IAM")
    return _CREATE(self)


ChangeSet.apply = _apply
responses.CloudFormationResponse.create_change_set = _create


def main():
    """Ends as the command ends."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # STS too, which a local cloud without moto has of its own.
    environment = dict(os.environ, MOTO_URL=url, AWS_ENDPOINT_URL=url, AWS_ENDPOINT_URL_STS=url)
    status = subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    server.stop()
    sys.exit(status)


main()
