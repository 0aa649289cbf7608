#!/bin/sh
# Faults of HTTP/2, by a server of other people (h2): streams that are reset or end too early, servers
# that leave, or want HTTP/1.1 for some; each with every program, and the promise of tests/faults kept.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
TMPDIR=$tmp
export TMPDIR
# shellcheck disable=SC2086 # options
relay "$builddir/peers/python/bin/python" "$top_srcdir/tests/faults/matrix.py" --streams ${FAULTS_OPTIONS---slice}
