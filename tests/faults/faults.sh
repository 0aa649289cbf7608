#!/bin/sh
# Whatever the network and the servers do: every source is in the report once, with a true verdict or
# `unknown` and the reason; the exit status tells; no file is half; no secret is seen; nothing hangs. A
# slice of the matrix of every program and every fault, the whole of which is `make check-faults`.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

needs python3 openssl
TMPDIR=$tmp
export TMPDIR
# shellcheck disable=SC2086 # options
relay python3 "$top_srcdir/tests/faults/matrix.py" ${FAULTS_OPTIONS---slice}
