"""Runs COMMAND with moto's server, at MOTO_URL."""

import logging
import os
import subprocess
import sys

from moto.cloudformation.models import ChangeSet
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

_APPLY = ChangeSet.apply


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


ChangeSet.apply = _apply


def main():
    """Ends as the command ends."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = dict(os.environ, MOTO_URL=f"http://{host}:{port}")
    status = subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    server.stop()
    sys.exit(status)


main()
