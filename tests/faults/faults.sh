#!/bin/sh
# Whatever the network and the servers do: every source is in the report once, with a true verdict or
# `unknown` and the reason; the exit status tells; no file is half; no secret is seen; nothing hangs. A
# slice of the matrix of every program and every fault, the whole of which is `make check-faults`.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

needs python3 openssl
TMPDIR=$tmp
export TMPDIR

# Its lines are tests of ours.
# shellcheck disable=SC2086 # options
python3 "$top_srcdir/tests/faults/matrix.py" ${FAULTS_OPTIONS---slice} >"$tmp/lines" 2>"$tmp/err" ||
  [ -s "$tmp/lines" ] || bail "$(cat "$tmp/err")"
while IFS= read -r line; do
  case $line in
    'ok '*) ok "${line#*- }" ;;
    'not ok '*) not_ok "${line#*- }" ;;
    '#'*) printf '%s\n' "$line" ;;
    1..*) whole=yes ;;
  esac
done <"$tmp/lines"
is "${whole-no}" yes 'the matrix came to its end'
[ ! -s "$tmp/err" ] || not_ok 'it has nothing to complain about' "$tmp/err"
