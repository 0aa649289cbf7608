"""For cfn-teardown.sh: runs COMMAND with moto's server, and stacks of infra/pipeline.yaml in it.

Stacks: full (more versions than S3 deletes at a time, delete markers too), kept (reports to keep),
removing (RetainBuckets=no), failed (could not be created, since its bucket for reports was there
already, and left the other one), foreign (not of the template).
"""

import json
import os
import subprocess
import sys

from moto.cloudformation import responses
from moto.cloudformation.models import cloudformation_backends
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

import cfn_moto

REGION = "eu-west-1"
OBJECTS = 1003
# What became of resources, where moto knows the stack's own status only.
RESOURCES = {("failed", "OutputStore"): "DELETE_COMPLETE", ("failed", "ArtifactStore"): "DELETE_FAILED"}


class _StackResource(responses.StackResourceDTO):
    def __init__(self, stack, resource):
        super().__init__(stack, resource)
        key = (self.stack_name, self.logical_resource_id)
        self.resource_status = RESOURCES.get(key, self.resource_status)


responses.StackResourceDTO = _StackResource


def main():
    """Sets everything up, runs the command, and ends as it ends."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = cfn_moto.connect(url, REGION)
    template = cfn_moto.load(sys.argv[1])
    s3 = client("s3")
    for stack, parameters in (
        ("full", {"PipelineName": "full"}),
        ("kept", {"PipelineName": "kept"}),
        ("removing", {"PipelineName": "removing", "RetainBuckets": "no"}),
        ("failed", {"PipelineName": "failed"}),
    ):
        parameters["CodeBuildProjectName"] = stack
        _, properties = cfn_moto.deploy(client, stack, template, parameters)
        for what, name in (("output", "OutputStore"), ("artifacts", "ArtifactStore")):
            bucket = f"{stack}-{what}-123456789012-{REGION}"
            versioning = properties[name]["VersioningConfiguration"]
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
            for body in (b"old", b"new"):
                s3.put_object(Bucket=bucket, Key='latest/a "name" \\ é %20', Body=body)
            s3.put_object(Bucket=bucket, Key="gone", Body=b"gone")
            s3.delete_object(Bucket=bucket, Key="gone")
    failed = cloudformation_backends["123456789012"][REGION].get_stack("failed")
    failed.status = "ROLLBACK_COMPLETE"
    failed.template_dict["Outputs"] = {}
    failed.output_map = failed._create_output_map()  # pylint: disable=protected-access
    bucket = f"full-artifacts-123456789012-{REGION}"
    for number in range(OBJECTS):
        s3.put_object(Bucket=bucket, Key=f"full/Source/{number}", Body=b"")
    foreign = {"Resources": {"Log": {"Type": "AWS::Logs::LogGroup", "Properties": {}}}}
    client("cloudformation").create_stack(StackName="foreign", TemplateBody=json.dumps(foreign))
    s3.create_bucket(
        Bucket="bystander", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    s3.put_object(Bucket="bystander", Key="mine", Body=b"mine")

    environment = dict(
        os.environ,
        MOTO_URL=url,
        MOTO_REGION=REGION,
        FULL_VERSIONS=str(OBJECTS + 4),
    )
    status = subprocess.run(sys.argv[2:], env=environment, check=False).returncode
    server.stop()
    sys.exit(status)


main()
