"""What servers show and do instead of good TLS: a function for each from the socket that was accepted
to the one that is spoken on. Certificates are made by openssl, when they are needed.
"""

import os
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "infra", "local"))

import certificates  # noqa: E402  pylint: disable=wrong-import-position

from server import Link  # noqa: E402  pylint: disable=wrong-import-position

CA = """[ca]
default_ca = d
[d]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = p
[p]
commonName = optional
[e]
subjectAltName = DNS:localhost
basicConstraints = CA:FALSE
"""


def dated(folder, name, start, end):
    """A certificate for localhost that is valid from START to END."""
    with open(os.path.join(folder, "ca.cnf"), "w", encoding="ascii") as file:
        file.write(CA)
    for path, text in (("index", ""), ("serial", "02\n")):
        if not os.path.exists(os.path.join(folder, path)):
            with open(os.path.join(folder, path), "w", encoding="ascii") as file:
                file.write(text)
    for command in (
        ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
         "-keyout", name + ".key", "-out", name + ".req"],
        ["ca", "-batch", "-config", "ca.cnf", "-extensions", "e", "-cert", "ca.pem", "-keyfile",
         "ca.key", "-startdate", start, "-enddate", end, "-in", name + ".req", "-out", name + ".pem",
         "-notext"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)


def context(folder, name):
    """A server's, with the certificate NAME."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key"))
    return made


def plain(sock):
    """What servers say to TLS that expect none."""
    sock.recv(65536)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    Link(sock, None).close()


def stalled(sock):
    """The hello is read, and no more."""
    while sock.recv(65536):
        pass
    return sock


def contexts(folder):
    """By the kinds of faults.py; `good`, and `file`: the CA that is trusted."""
    made = certificates.Folder(folder)
    made.authority("ca", "a CA of the tests")
    made.authority("stranger", "a CA of nobody")
    made.leaf("good", "ca", ["DNS:localhost"])
    made.leaf("wrong", "ca", ["DNS:registry.invalid"])
    made.leaf("unknown", "stranger", ["DNS:localhost"])
    dated(folder, "expired", "20200101000000Z", "20200201000000Z")
    dated(folder, "early", "20900101000000Z", "20910101000000Z")
    old = context(folder, "good")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")

    streams = context(folder, "good")
    streams.set_alpn_protocols(["h2"])

    def speaks(made):
        return lambda sock: made.wrap_socket(sock, server_side=True)

    return {
        "file": made.path("ca.pem"),
        "good": speaks(context(folder, "good")),
        "h2": speaks(streams),
        "expired": speaks(context(folder, "expired")),
        "not yet valid": speaks(context(folder, "early")),
        "wrong name": speaks(context(folder, "wrong")),
        "unknown CA": speaks(context(folder, "unknown")),
        "old protocol": speaks(old),
        "no TLS at all": plain,
        "resets the handshake": lambda sock: Link(sock, None).reset(),
        "stalls the handshake": stalled,
    }
