"""Certificates for a test's servers, made in a folder by openssl when they are needed."""

import os
import subprocess


def openssl(*arguments, data=None):
    """Runs openssl; its standard output."""
    return subprocess.run(
        ["openssl", *arguments], input=data, check=True, capture_output=True
    ).stdout


class Folder:
    """Keys and certificates: NAME.pem and NAME.key each."""

    def __init__(self, folder):
        self._folder = folder

    def path(self, name):
        """Of a file in the folder."""
        return os.path.join(self._folder, name)

    def authority(self, name, subject):
        """A self-signed certificate."""
        openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={subject}",
            "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem"),
        )  # fmt: skip

    def leaf(self, name, authority, alternatives):
        """A server's certificate for the ALTERNATIVES ("DNS:localhost"), signed by AUTHORITY."""
        extensions = self.path(name + ".ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={','.join(alternatives)}\nbasicConstraints=CA:FALSE\n")
        request = openssl(
            "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
            "-keyout", self.path(name + ".key"),
        )  # fmt: skip
        openssl(
            "x509", "-req", "-days", "2", "-CA", self.path(authority + ".pem"),
            "-CAkey", self.path(authority + ".key"), "-set_serial", "1",
            "-extfile", extensions, "-out", self.path(name + ".pem"),
            data=request,
        )  # fmt: skip
