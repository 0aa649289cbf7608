"""The stages of the template's pipeline: Source packs what was pushed into a versioned artifact,
Validate has CodeBuild work on it.
"""

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import urllib.request
from functools import partial

import boto3

from . import codebuild, credentials

# Where the programs of the build's image are; and of an environment that builds, nothing else.
IMAGE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _git(repository, *arguments, cwd=None, **more):
    """What git writes, without anything of the user's."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "GIT_DIR": repository,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **more,
    }
    for role in ("AUTHOR", "COMMITTER"):
        environment[f"GIT_{role}_NAME"] = environment[f"GIT_{role}_EMAIL"] = "local"
    command = ["git", *arguments]
    try:
        return subprocess.run(command, env=environment, cwd=cwd, check=True, stdout=subprocess.PIPE).stdout
    except subprocess.CalledProcessError as problem:
        raise ValueError(f"git {arguments[0]}: status {problem.returncode}") from problem


class Cache:
    """CodeBuild's cache in S3: one object. did(action, bucket, key) is told of each use."""

    def __init__(self, s3, location, did):
        self._s3 = s3
        self._did = did
        self._bucket, _, prefix = location.partition("/")
        self._key = (prefix + "/" if prefix else "") + "build-cache.tar.gz"

    def load(self):
        """Its bytes; None when there is none."""
        self._did("s3:GetObject", self._bucket, self._key)
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=self._key)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None

    def save(self, data):
        """Replaces it."""
        self._did("s3:PutObject", self._bucket, self._key)
        self._s3.put_object(Bucket=self._bucket, Key=self._key, Body=data)


class Pipeline:
    """The pipeline of a Template, in the local cloud whose variables CLOUD has. work: a folder that
    keeps what CodeCommit and the counters of AWS would; log: takes lines."""

    def __init__(self, template, cloud, work, log):
        self._template = template
        self._cloud = cloud
        self._work = work
        self._log = log
        self._s3 = boto3.client("s3")
        self._pipeline = template.only("AWS::CodePipeline::Pipeline")
        self._project = template.only("AWS::CodeBuild::Project")
        self._artifacts = self._pipeline["ArtifactStore"]["Location"]
        self._services = []

    def describe(self):
        """What the template gives the build, for people and tests."""
        return {
            "variables": self.variables(),
            "role": self._project["ServiceRole"],
            "buckets": self.buckets(),
            "artifacts": self._artifacts,
        }

    def buckets(self):
        """Names of those that the template makes."""
        buckets = self._template.resources("AWS::S3::Bucket").values()
        return [bucket["BucketName"] for bucket in buckets]

    def variables(self):
        """Of the project, then of the action."""
        entries = list(self._project["Environment"].get("EnvironmentVariables", []))
        entries += json.loads(self._action("Validate")["Configuration"].get("EnvironmentVariables", "[]"))
        for entry in entries:
            if entry.get("Type", entry.get("type", "PLAINTEXT")) != "PLAINTEXT":
                raise ValueError("only variables of type PLAINTEXT are known here")
        return {
            entry.get("Name", entry.get("name")): str(entry.get("Value", entry.get("value")))
            for entry in entries
        }

    def deploy(self):
        """Makes the buckets that are not there yet."""
        there = {bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]}
        for bucket in self._template.resources("AWS::S3::Bucket").values():
            if bucket["BucketName"] in there:
                continue
            self._s3.create_bucket(Bucket=bucket["BucketName"])
            status = bucket.get("VersioningConfiguration", {}).get("Status")
            if status:
                self._s3.put_bucket_versioning(
                    Bucket=bucket["BucketName"], VersioningConfiguration={"Status": status}
                )

    def run(self, source, override):
        """One execution, on SOURCE (of pushed() or push()); OVERRIDE: variables of this build only.
        What came of it, as an object; services has what AWS's services do in it, with which role."""
        self._services = []
        result = {"status": "Failed", "stages": [], "services": self._services}
        source = self._source(*source)
        result["stages"].append({"name": "Source", "status": "Succeeded", "artifact": source})
        validate = self._validate(source, override)
        result["stages"].append(validate)
        result["status"] = validate["status"]
        return result

    def _action(self, stage):
        for one in self._pipeline["Stages"]:
            if one["Name"] == stage:
                return one["Actions"][0]
        raise ValueError(f"the pipeline has no stage {stage}")

    def _store(self, name, data):
        """Puts an artifact where CodePipeline would, and says where."""
        key = f"{self._pipeline['Name']}/{name}/{secrets.token_hex(4)[:7]}"
        put = self._s3.put_object(Bucket=self._artifacts, Key=key, Body=data)
        if "VersionId" not in put:
            raise ValueError(f"{self._artifacts}: CodePipeline wants a bucket with versions")
        return {"bucket": self._artifacts, "key": key, "version": put["VersionId"]}

    # ---- Source

    def push(self, tree, input_file):
        """Does `git add . && git commit && git push` of TREE, with the file INPUT_FILE as the list at
        its place in it. The repository and the commit."""
        repository = os.path.join(self._work, "repository.git")
        with tempfile.TemporaryDirectory() as scratch:

            def git(*arguments):
                more = {"GIT_INDEX_FILE": os.path.join(scratch, "index")}
                return _git(repository, *arguments, cwd=tree, **more)

            git("init", "-q", "--bare", repository)
            git(f"--work-tree={tree}", "add", "-A", ".")
            blob = git("hash-object", "-w", "--no-filters", os.path.realpath(input_file))
            name = self.variables().get("INPUT", "input.txt")
            git("update-index", "--add", "--cacheinfo", f"100644,{blob.decode().strip()},{name}")
            written = git("write-tree").decode().strip()
            return repository, git("commit-tree", "-m", "the list", written).decode().strip()

    def pushed(self, repository):
        """What somebody pushed to the pipeline's branch. The repository and the commit."""
        branch = "refs/heads/" + self._action("Source")["Configuration"]["BranchName"]
        return repository, _git(repository, "rev-parse", "--verify", branch).decode().strip()

    def _source(self, repository, commit):
        action = self._action("Source")
        data = _git(repository, "archive", "--format=zip", commit)
        where = self._store(action["OutputArtifacts"][0]["Name"], data)
        self._did(self._pipeline["RoleArn"], "s3:PutObject", where["bucket"], where["key"])
        self._log(f"[pipeline] Source: s3://{where['bucket']}/{where['key']}")
        return {**where, "commit": commit}

    def _did(self, role, action, bucket, key=None):
        """A service did ACTION with ROLE, on an object; or on the ARN BUCKET."""
        resource = bucket if key is None else f"arn:aws:s3:::{bucket}/{key}"
        self._services.append({"role": role, "action": action, "resource": resource})

    # ---- Validate

    def _keys(self):
        """Temporary ones of the build's role, which local-ecr is told of."""
        role = self._project["ServiceRole"]
        keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="build")["Credentials"]
        body = {
            "id": keys["AccessKeyId"],
            "secret": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "account": role.split(":")[4],
        }
        with urllib.request.urlopen(
            self._cloud["CLOUD_CONTROL"] + "/key", json.dumps(body).encode()
        ):
            pass
        return keys

    def _number(self):
        path = os.path.join(self._work, "builds")
        number = 1
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                number += int(file.read())
        with open(path, "w", encoding="utf-8") as file:
            file.write(str(number))
        return number

    def _environment(self, number, commit, folder, keys_url, override):
        """All that the build sees: as little as a fresh container, and where the cloud is."""
        environment = codebuild.service_environment(
            self._project["Name"], number, self._cloud["CLOUD_REGION"], commit
        )
        home = os.path.join(folder, "home")
        tools = os.path.join(folder, "bin")
        os.makedirs(home)
        os.makedirs(tools)
        os.symlink(self._cloud["AWS_CLI"], os.path.join(tools, "aws"))
        environment.update(
            {
                "PATH": tools + ":" + IMAGE_PATH,
                "HOME": home,
                "CODEBUILD_SRC_DIR": os.path.join(folder, "src"),
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": keys_url,
                "AWS_ENDPOINT_URL_ECR": self._cloud["AWS_ENDPOINT_URL_ECR"],
                "AWS_ENDPOINT_URL_S3": self._cloud["AWS_ENDPOINT_URL"],
                "AWS_ENDPOINT_URL_STS": self._cloud["CLOUD_STS"],
            }
        )
        environment.update(self.variables())
        environment.update(override)
        return environment

    def _validate(self, source, override):
        action = self._action("Validate")
        got = self._s3.get_object(
            Bucket=source["bucket"], Key=source["key"], VersionId=source["version"]
        )
        number = self._number()
        role = self._project["ServiceRole"]
        here = f"{self._cloud['CLOUD_REGION']}:{self._cloud['CLOUD_ACCOUNT']}"
        project = f"arn:aws:codebuild:{here}:project/{self._project['Name']}"
        group = self._project["LogsConfig"]["CloudWatchLogs"]["GroupName"]
        stream = f"arn:aws:logs:{here}:log-group:{group}:log-stream:{number}"
        self._did(self._pipeline["RoleArn"], "codebuild:StartBuild", project)
        self._did(role, "s3:GetObjectVersion", source["bucket"], source["key"])
        for call in ("logs:CreateLogStream", "logs:PutLogEvents"):
            self._did(role, call, stream)
        keys = self._keys()
        folder = tempfile.mkdtemp(prefix="codebuild-", dir=self._work)
        cache = self._project.get("Cache", {"Type": "NO_CACHE"})
        server = credentials.Server(keys)
        try:
            build = codebuild.Build(
                folder,
                self._environment(number, source["commit"], folder, server.url, override),
                self._log,
                Cache(self._s3, cache["Location"], partial(self._did, role))
                if cache["Type"] == "S3"
                else None,
            )
            good = build.run(got["Body"].read(), self._project["Source"]["BuildSpec"])
        finally:
            server.close()
            shutil.rmtree(folder)
        stage = {
            "name": "Validate",
            "status": "Succeeded" if good else "Failed",
            "build": number,
            "key": keys["AccessKeyId"],
            "phases": [{"name": name, "why": why} for name, why in build.phases],
            "reports": self._reports(build.reports),
            "artifact": None,
        }
        if build.artifact is not None and action.get("OutputArtifacts"):
            where = self._store(action["OutputArtifacts"][0]["Name"], build.artifact)
            self._did(role, "s3:PutObject", where["bucket"], where["key"])
            stage["artifact"] = where
        return stage

    def _reports(self, reports):
        """Those whose group the template makes; any other would need a right that the role has not."""
        groups = {
            self._template.arn(name)
            for name in self._template.resources("AWS::CodeBuild::ReportGroup")
        }
        for report in reports:
            if report["group"] not in groups:
                self._log(f"[build] report: no such group: {report['group'] or '(no name)'}")
                continue
            for call in ("CreateReport", "BatchPutTestCases", "UpdateReport"):
                self._did(self._project["ServiceRole"], "codebuild:" + call, report["group"])
        return [report for report in reports if report["group"] in groups]
