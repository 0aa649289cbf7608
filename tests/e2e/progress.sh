#!/bin/sh
# The line of progress, in terminals of 40 to 200 columns.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs python3

# It speaks TAP, plan and all.
TMPDIR=$tmp
export TMPDIR
# shellcheck disable=SC2034 # lib.sh's
tap_planned=said
# shellcheck disable=SC2034
python3 "$top_srcdir/tests/e2e/progress.py" || tap_failed=1
