"""What gives a build the keys of its role: an address in the container, as in CodeBuild."""

import http.server
import json
import secrets
import threading


class Server:
    """Serves one set of keys (as STS gives them) under a URL that only the build is told."""

    def __init__(self, keys):
        body = json.dumps(
            {
                "AccessKeyId": keys["AccessKeyId"],
                "SecretAccessKey": keys["SecretAccessKey"],
                "Token": keys["SessionToken"],
                "Expiration": keys["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ).encode()
        path = "/v2/credentials/" + secrets.token_urlsafe(16)

        class Handler(http.server.BaseHTTPRequestHandler):
            """GET of the one path."""

            def do_GET(self):  # pylint: disable=invalid-name
                """Part of http.server."""
                found = self.path == path
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body if found else b"{}")

            def log_message(self, *_):  # pylint: disable=arguments-differ
                """Says nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self):
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
