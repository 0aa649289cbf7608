#!/bin/sh
# What of a cache is left by a filter changes nothing in the records, and neither does --jobs.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
cd "$tmp" || bail 'cd'
"$top_srcdir/infra/local/cloud" start "$tmp/cloud" || bail 'no local cloud'
defer '"$top_srcdir/infra/local/cloud" stop "$tmp/cloud"'
# shellcheck source=/dev/null
. "$tmp/cloud/env"
run python3 "$top_srcdir/tests/oracle/reuse.py" "$top_srcdir/infra/local" "${REUSE_ROUNDS:-15}" \
  "${ORACLE_SEED:-1}"
if [ "$status" -eq 0 ]; then
  ok 'any part of a cache, and any number of jobs, give the same records'
  diag "$(cat "$out")"
else
  cat "$err" >>"$out"
  not_ok 'any part of a cache, and any number of jobs, give the same records' "$out"
fi
