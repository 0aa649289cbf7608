"""Who has the keys: botocore and print-credentials on the cases of TABLES, for credentials.sh.

A table's columns:
  name         of the case, for people
  profile      "-": the default one; "named:X": X by --profile; "variable:X": X by AWS_PROFILE; in
               providers.tsv "variables": does not count when a profile is named on the command line
  env          variables, separated by blanks
  config       lines of the profile in the config file, separated by \\n
  more         other sections of it
  credentials  lines of the profile in the credentials file
  method       what botocore calls the provider; "!": an error; "?": botocore goes another way
  provider     how our name of it starts; for an error, a part of the message
  key          the ID of the keys; "!": an error
@HOME@ is the home folder, @URL@ a server.
"""

import csv
import hashlib
import http.server
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

END = "2099-01-01T00:00:00Z"
ROLES = "arn:aws:iam::123456789012:role/"
HOME = tempfile.mkdtemp(prefix="ocidup-peers.")
for variable in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[variable]
# botocore looks where its cache is when it is imported.
os.environ["HOME"] = HOME

# pylint: disable=wrong-import-position
import botocore.session  # noqa: E402


class Handler(http.server.BaseHTTPRequestHandler):
    """STS, IAM Identity Center, a container's endpoint and instance metadata."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass

    def answer(self, status, text, kind="application/json"):
        """TEXT, or what is JSON."""
        body = (text if isinstance(text, str) else json.dumps(text)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):  # pylint: disable=invalid-name
        """A session of the instance metadata service."""
        found = self.path == "/imds/latest/api/token"
        self.answer(200 if found else 404, "imdstoken" if found else "", "text/plain")

    def do_GET(self):  # pylint: disable=invalid-name
        """Everything that has keys, but STS."""

        def keys(name):
            return {
                "Code": "Success",
                "AccessKeyId": name,
                "SecretAccessKey": "s",
                "Token": "t",
                "Expiration": END,
            }

        roles = "/imds/latest/meta-data/iam/security-credentials/"
        path = self.path.partition("?")[0]
        if path == "/container":
            self.answer(200, keys("AKIDCONTAINER"))
        elif path == "/sso/federation/credentials":
            words = {"accessKeyId": "AKIDSSO", "secretAccessKey": "s", "sessionToken": "t"}
            self.answer(200, {"roleCredentials": {**words, "expiration": 4070908800000}})
        elif path.startswith(roles):
            if self.headers["x-aws-ec2-metadata-token"] != "imdstoken":
                self.answer(401, "", "text/plain")
            elif path == roles:
                self.answer(200, "instance", "text/plain")
            else:
                self.answer(200, keys("AKIDIMDS"))
        else:
            self.answer(500, "broken")

    def do_POST(self):  # pylint: disable=invalid-name
        """STS. The ID tells the role, and whose keys it was assumed with."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = dict(urllib.parse.parse_qsl(body))
        role = asked["RoleArn"].removeprefix(ROLES)
        operation = asked["Action"]
        if operation == "AssumeRole":
            who = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        else:
            who = "token" if asked["WebIdentityToken"] == "ey.TOKEN" else "nobody"
        if role == "refused":
            self.answer(
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
                "</ErrorResponse>",
                "text/xml",
            )
            return
        self.answer(
            200,
            f"<{operation}Response><{operation}Result><Credentials>"
            f"<AccessKeyId>ASIA-{role}-by-{who}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            f"<SessionToken>t</SessionToken><Expiration>{END}</Expiration>"
            f"</Credentials></{operation}Result></{operation}Response>",
            "text/xml",
        )


def write(name, text):
    """A file in the home folder."""
    path = os.path.join(HOME, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def furnish():
    """What is there in every case."""
    write("token", "ey.TOKEN")
    write("empty", "")
    write(
        "process",
        "case $1 in\n"
        """keys) echo '{"Version":1,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"s"}' ;;\n"""
        """version) echo '{"Version":2,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"s"}' ;;\n"""
        "text) echo 'no keys' ;;\n"
        "*) exit 3 ;;\n"
        "esac\n",
    )
    start = "https://start.example/"
    for name in ("work", start):
        cached = {"accessToken": "ssotoken", "expiresAt": END, "startUrl": start}
        digest = hashlib.sha1(name.encode()).hexdigest()
        write(f".aws/sso/cache/{digest}.json", json.dumps({**cached, "region": "eu-west-1"}))


def read(folder, name):
    """The rows of a table, "-" as nothing."""
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert rows
    return [{key: "" if cell == "-" else cell for key, cell in row.items()} for row in rows]


def pairs(rows):
    """Each provider alone and each two, by each way to name a profile, as cases."""
    couples = [(row, None) for row in rows] + list(itertools.combinations(rows, 2))
    for (first, second), way in itertools.product(couples, ("", "named:dev", "variable:dev")):
        both = [row for row in (first, second) if row]
        count = [
            row for row in both if not (way.startswith("named:") and row["profile"] == "variables")
        ]
        case = {
            column: between.join(row[column] for row in both if row[column])
            for column, between in (("env", " "), ("more", "\\n"), ("config", "\\n"))
        }
        case["config"] = "output = json\\n" + case["config"]
        case["credentials"] = first["credentials"] or (second["credentials"] if second else "")
        case["profile"] = way
        others = f" and {second['name']}" if second else " alone"
        case["name"] = f"{first['name']}{others} ({way or 'default'})"
        none = {"method": "!", "provider": "none found; looked for ", "key": "!"}
        winner = count[0] if count else none
        yield {**case, **{column: winner[column] for column in ("method", "provider", "key")}}


def settle(case, url):
    """Writes the case's files; its variables, and the name of its profile on the command line."""

    def expand(text):
        return text.replace("@HOME@", HOME).replace("@URL@", url).replace("\\n", "\n")

    way, _, name = case["profile"].partition(":")
    profile = name or "default"
    section = profile if profile == "default" else f"profile {profile}"
    lines = expand(case["config"])
    write(".aws/config", (f"[{section}]\n{lines}\n" if lines else "") + expand(case["more"]) + "\n")
    keys = expand(case["credentials"])
    write(".aws/credentials", f"[{profile}]\n{keys}\n" if keys else "")
    environment = {
        "HOME": HOME,
        "PATH": os.environ["PATH"],
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_STS": f"{url}/sts",
        "AWS_ENDPOINT_URL_SSO": f"{url}/sso",
        "AWS_MAX_ATTEMPTS": "1",
    }
    if way == "variable":
        environment["AWS_PROFILE"] = name
    environment.update(word.split("=", 1) for word in expand(case["env"]).split())
    return environment, name if way == "named" else None


def ask_botocore(environment, profile):
    """(method, key), or ("!", why)."""
    os.environ.clear()
    os.environ.update(environment)
    try:
        session = botocore.session.Session(profile=profile)
        found = session.get_credentials()
        if found is None:
            return "!", "none"
        return found.method, found.get_frozen_credentials().access_key
    except Exception as error:  # pylint: disable=broad-exception-caught # it has many
        return "!", f"{type(error).__name__}: {error}"


def ask_us(program, environment, profile):
    """(provider, key), or ("!", why)."""
    command = [program] + ([profile] if profile else [])
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    provider, _, key = done.stdout.rstrip("\n").partition("\t")
    return provider, key


def check(case, url, program):
    """What is wrong with the case; nothing when all agree."""
    environment, profile = settle(case, url)
    wanted = case["provider"].replace("@HOME@", HOME)
    wrong = []
    provider, key = ask_us(program, environment, profile)
    if case["key"] == "!":
        agree = provider == "!" and wanted in key
    else:
        agree = provider.startswith(wanted) and key == case["key"]
    if not agree:
        wrong.append(f"we say {provider}: {key}")
    if case["method"] != "?":
        method, key = ask_botocore(environment, profile)
        if method != case["method"] or (method != "!" and key != case["key"]):
            wrong.append(f"botocore says {method}: {key}")
    return wrong


def main():
    """Tells each case in TAP."""
    folder, program = sys.argv[1], os.path.abspath(sys.argv[2])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    furnish()
    cases = list(pairs(read(folder, "providers.tsv"))) + read(folder, "cases.tsv")
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, case in enumerate(cases, 1):
        wrong = check(case, url, program)
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {case['name']}", flush=True)
        for line in wrong:
            print(f"# {line}")
    server.shutdown()
    return 1 if failed else 0


try:
    STATUS = main()
finally:
    shutil.rmtree(HOME)
sys.exit(STATUS)
