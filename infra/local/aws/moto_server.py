"""moto's server as a part of the local cloud: writes one JSON line with its URL to standard output
once it listens, its access log to standard error, and ends when its standard input ends.
"""

import json
import os
import sys

from moto.moto_server.threaded_moto_server import ThreadedMotoServer


def main():
    """Serves until standard input ends."""
    # moto greets on standard output.
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    print(json.dumps({"url": f"http://{host}:{port}"}), file=said, flush=True)
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


main()
