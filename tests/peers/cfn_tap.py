"""TAP, and where things are, for the tests of the templates of infra/."""

import json
import os
import sys

TOP = sys.argv[1]
PIPELINE = os.path.join(TOP, "infra", "pipeline.yaml")
MEMBER = os.path.join(TOP, "infra", "member-account.yaml")

ACCOUNT = "123456789012"
MEMBERS = "arn:aws:iam::222222222222:role/ocidup-reader,arn:aws:iam::333333333333:role/ocidup-reader"

failed = 0
count = 0


def ok(good, name, *shown):
    """One TAP line; SHOWN explains a failure."""
    global failed, count  # pylint: disable=global-statement
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        failed += 1
        for item in shown:
            print("#", item if isinstance(item, str) else json.dumps(item, default=str))


def equal(got, want, name):
    """GOT is WANT."""
    ok(got == want, name, {"got": got}, {"want": want})


def end():
    """Writes the plan; ends with the status of all."""
    print(f"1..{count}")
    sys.exit(bool(failed))
