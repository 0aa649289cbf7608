"""moto's server as a part of the local cloud: writes one JSON line with its URL to standard output
once it listens, and ends when its standard input ends. To standard error, its log, go lines of
`request` and a JSON object for each request: by which access key (- for none), for what.
"""

import io
import json
import os
import re
import sys
import urllib.parse

from moto.moto_server import threaded_moto_server

FORM = "application/x-www-form-urlencoded"
CREDENTIAL = re.compile(r"Credential=([^/,]+)/[0-9]+/([^/,]+)/([^/,]+)/aws4_request")


def describe(environ):
    """The request of a WSGI environment, as the log has it."""
    query = dict(urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    form = {}
    if environ.get("CONTENT_TYPE", "").startswith(FORM):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    credential = CREDENTIAL.search(
        environ.get("HTTP_AUTHORIZATION", "")
        or f"Credential={query.get('X-Amz-Credential', '')}"
    )
    key, region, service = credential.groups() if credential else ("-", "-", "-")
    return {
        "key": key,
        "region": region,
        "service": service,
        "method": environ["REQUEST_METHOD"],
        "host": environ.get("HTTP_HOST", ""),
        "path": environ["PATH_INFO"],
        "query": query,
        "target": environ.get("HTTP_X_AMZ_TARGET", ""),
        "source": environ.get("HTTP_X_AMZ_COPY_SOURCE", ""),
        "form": {name: form[name] for name in ("Action", "RoleArn") if name in form},
    }


class Recorder(threaded_moto_server.DomainDispatcherApplication):
    """moto, and a line for each request."""

    def __call__(self, environ, start_response):
        os.write(2, f"request {json.dumps(describe(environ))}\n".encode())
        return super().__call__(environ, start_response)


def main():
    """Serves until standard input ends."""
    # moto greets on standard output.
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    threaded_moto_server.DomainDispatcherApplication = Recorder
    server = threaded_moto_server.ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    print(json.dumps({"url": f"http://{host}:{port}"}), file=said, flush=True)
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


main()
