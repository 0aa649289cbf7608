#!/bin/sh
# `make check` of the tarball on a bare Debian that has what the build needs and the tools of a C
# programmer: no Python, no git, no registry, no network but loopback. What can be tested there is,
# and of the rest it is said why not.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/release/release.sh
. "${srcdir:-.}/tests/release/release.sh"

need_tarball
clean_root bare gcc libc6-dev make pkg-config xz-utils check libcurl4-openssl-dev libexpat1-dev \
  libjson-c-dev libssl-dev ca-certificates groff-base jq
for program in python3 git curl docker-registry autoconf; do
  run in_root sh -c 'command -v "$1"' - "$program"
  exits 127 "there is no $program"
done
tar -C "$root/tmp" -xf "$tarball"
run in_root sh -c 'cd /tmp/ocidup-* && ./configure -q && make -s -j2'
exits 0 'it builds'
run in_root sh -c 'cd /tmp/ocidup-* && make -j2 check'
exits 0 'its tests pass'
suite=$(echo "$root"/tmp/ocidup-*/test-suite.log)
like "$(cat "$suite")" '^# PASS: *[0-9]{3,}$' 'hundreds of them'
is "$(grep -Ec '^# (FAIL|ERROR): *[1-9]' "$suite")" 0 'and none fails'
# A skip says what it lacks, and lacks what is not there.
cat "$root"/tmp/ocidup-*/tests/*/*.log | sed -n 's/^SKIP: //p' >"$tmp/skipped"
like "$(cat "$tmp/skipped")" ' not installed: .*python3' 'what needs more is skipped'
is "$(grep -v ' not installed: [^ ]' "$tmp/skipped")" '' 'and says what'
diag "$(grep -E '^# (TOTAL|PASS|SKIP|FAIL|ERROR)' "$suite" | cut -c 3-)"
diag "$(cat "$tmp/skipped")"
