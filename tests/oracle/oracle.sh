#!/bin/sh
# The join against a slow one that was written from the manual: the same random worlds for all, and
# what was found by others (`make check-oracle` looks for new ones).

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs python3

CASES=3000 # worlds; each is asked three times, and some of match-report
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

compare() {
  run python3 "$top_srcdir/tests/oracle/compare.py" --answer="$builddir/tests/oracle/answer" \
    --match-report="$builddir/match-report" "$@"
  if [ "$status" -eq 0 ]; then
    ok "$name"
    diag "$(cat "$out")"
  else
    cat "$err" >>"$out"
    not_ok "$name" "$out"
  fi
}

name='what was found before'
compare --replay="$top_srcdir/tests/oracle/found.txt"
name="$CASES random worlds"
compare --cases="$CASES"
