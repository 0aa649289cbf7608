"""The promise, checked on what a run left behind: every source is in the report exactly once, with a
true verdict or `unknown` and a reason; the exit status tells; no file is half; no secret is seen.

What is wrong is returned as lines of text; no line: the promise was kept.
"""

import json
import os
import re
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "tests", "e2e"))

from web import forms  # noqa: E402  pylint: disable=wrong-import-position
from world import SECRETS  # noqa: E402  pylint: disable=wrong-import-position

GOOD = ("ok", "artifact", "archived", "legacy")
FAILED = ("invalid_reference", "not_found", "unauthorized", "denied", "rate_limited", "timeout",
          "network", "tls", "bad_manifest", "digest_mismatch", "unsupported", "too_large",
          "server_error")  # fmt: skip
COLUMNS = ("image digest platform manifest_digest config_digest status size pushed created media_type "
           "platforms origin ref settings layers diff_ids layer_sizes detail").split()  # fmt: skip
# C0 but tab and LF, DEL and C1, bidirectional controls: what may drive a terminal.
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CRASH = re.compile(r"Sanitizer|runtime error:|Assertion|stack smashing|double free|core dumped")

# Whole secrets, in each encoding. (That parts of one are hidden, too, is tests/e2e/secrets.sh's.)
NEEDLES = {
    f"{name}: {form}": text.encode().lower()
    for name, secret in SECRETS.items()
    for form, text in forms(secret).items()
    if not form.startswith(("part", "reversed"))
}


def secrets_in(data, what):
    """Which secrets are in DATA."""
    folded = data.lower()
    return [f"{what}: {name} is seen" for name, text in NEEDLES.items() if text in folded]


class Rows:
    """A record file: its rows as dictionaries; `wrong`: how it is none."""

    def __init__(self, data, host=""):
        self.rows = []
        self.wrong = []
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.wrong = ["a record file that is no UTF-8"]
            return
        if host:
            text = text.replace(host, "registry.test")
        if not text.endswith("\n"):
            self.wrong = [f"a record file that is half: {text[-80:]!r}"]
            return
        if CONTROL.search(text):
            self.wrong = ["control characters in a record file"]
        header, *lines = text[:-1].split("\n")
        if header.split("\t") != COLUMNS:
            self.wrong.append(f"a header that is none: {header[:80]!r}")
        for line in lines:
            row = dict(zip(COLUMNS, line.split("\t")))
            if line.count("\t") != len(COLUMNS) - 1 or "" in row.values():
                self.wrong.append(f"a row that is half: {line[:200]!r}")
            elif row["status"] not in (*GOOD, *FAILED):
                self.wrong.append(f"a row of no status: {line[:200]!r}")
            elif row["status"] in FAILED and row["detail"] == "-":
                self.wrong.append(f"a failure without a reason: {line[:200]!r}")
            else:
                self.rows.append(row)

    def good(self):
        """What is told as read."""
        return {
            tuple(row[name] for name in COLUMNS[:-1]) for row in self.rows if row["status"] in GOOD
        }

    def failed(self):
        """What is told as not read."""
        return [row for row in self.rows if row["status"] in FAILED]


def check_rows(rows, golden, status, fault):
    """The rows that a producer wrote with STATUS, against those without a fault."""
    wrong = list(rows.wrong)
    failed, usual = rows.failed(), golden.failed()
    if status == 0 and failed:
        wrong.append(f"status 0 with failed rows: {failed[0]}")
    if status == 1 and not failed:
        wrong.append("status 1 without a failed row")
    if fault and fault.moves:
        return wrong
    more = rows.good() - golden.good()
    if fault and fault.mutate:
        more = {row for row in more if "/victim" not in row[0]}
    if more:
        wrong.append(f"a row that is not true: {sorted(more)[0]}")
    lacks = golden.good() - rows.good()
    if len(failed) <= len(usual) and lacks and not (fault and (fault.hides or fault.mutate)):
        wrong.append(f"a row that is missing without a failure: {sorted(lacks)[0]}")
    return wrong


def lines_of(text):
    """Line number -> line of an input, of those that are to be in the report."""
    return {
        number: line
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    }


def may_be(verdict, hides):
    """What may be said of what is VERDICT, when something may not have been read."""
    if hides:
        return {verdict, "unknown", "absent", "partial", "likely"} if verdict != "absent" else {
            "absent", "unknown"}  # fmt: skip
    return {
        "present": {"present", "unknown", "partial", "likely"},
        "partial": {"partial", "unknown", "likely"},
        "archived": {"archived", "unknown"},
        "absent": {"absent", "unknown"},
        "unknown": {"unknown"},
    }[verdict]


def check_source(source, entry, fault, place, whole):
    """A source of a JSON report. PLACE: program and endpoint; WHOLE: nothing failed."""
    program, endpoint = place
    hides = bool(fault and fault.hides)
    moves = bool(fault and fault.moves)
    if fault and fault.mutate and program != "make report" and "/victim" in (source["image"] or ""):
        return []  # it is another one on the other side
    verdict = source["verdict"]
    told = f"{source['ref']} is told as {verdict}: {json.dumps(source)[:600]}"
    if verdict == "unknown" and not source["detail"] and not source["note"]:
        return [f"unknown without a reason: {told}"]
    if entry is None:
        return [] if verdict == "unknown" else [told]
    truth = entry.verdict
    if truth == "archived" and program == "list-registry":
        truth = "present"  # registries have no archive
    wrong = []
    if not moves and verdict not in ({truth} if whole and not hides else may_be(truth, hides)):
        wrong.append(f"{told}: but it is {truth}")
    if truth == "archived":
        return wrong
    if moves and program == "list-registry" and endpoint == "top":
        return wrong  # a private tag that moves, away from what was to be found or to it
    for platform in source["platforms"]:
        held = entry.held.get(platform["manifest_digest"])
        state = platform["state"]
        if (held and state == "missing" and not hides) or (held is False and state == "found"):
            wrong.append(f"{told}: of {platform['manifest_digest']} that is not true")
    return wrong


def check_report(data, lines, entry_of, fault, place, whole):  # pylint: disable=R0913,R0917
    """A JSON report on the LINES (number -> text) of an input."""
    try:
        report = json.loads(data)
    except ValueError as error:
        return [f"a report that is no JSON: {error}"]
    wrong = []
    told = {}
    for source in report["sources"]:
        number = int(source["origin"].rpartition(":")[2])
        told[number] = told.get(number, 0) + 1
        if number not in lines:
            wrong.append(f"a source that nobody asked for: {source['origin']}")
        else:
            wrong += check_source(source, entry_of(lines[number]), fault, place, whole)
    for number, line in lines.items():
        if told.get(number) != 1:
            wrong.append(f"line {number}, {line!r}, is {told.get(number, 0)} times in the report")
    if CONTROL.search(data.decode()):
        wrong.append("control characters in a report")
    return wrong


def check_whole(path):
    """A report by its name: that it has its end."""
    with open(path, "rb") as file:
        data = file.read()
    kind = path.rpartition(".")[2]
    if not data.endswith(b"\n"):
        return [f"{path} is half"]
    try:
        if kind == "json":
            json.loads(data)
        elif kind == "xml":
            xml.etree.ElementTree.fromstring(data)
    except (ValueError, xml.etree.ElementTree.ParseError) as error:
        return [f"{path} is half: {error}"]
    if kind == "html" and not data.rstrip().endswith(b"</html>"):
        return [f"{path} is half"]
    if kind == "tsv" and any(not cell for line in data[:-1].split(b"\n") for cell in line.split(b"\t")):
        return [f"{path} has a row that is half"]
    if kind != "html" and CONTROL.search(data.decode()):
        return [f"{path}: control characters"]
    return []


def check_output(data, what):
    """What a program said: no secret, no crash, nothing that drives a terminal."""
    wrong = secrets_in(data, what)
    text = data.decode("utf-8", "replace")
    if CRASH.search(text):
        wrong.append(f"{what}: {text[:3000]}")
    if CONTROL.search(text):
        wrong.append(f"{what}: control characters in {text[max(0, CONTROL.search(text).start() - 99):][:200]!r}")
    return wrong
