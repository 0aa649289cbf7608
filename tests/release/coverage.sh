#!/bin/sh
# What of src/ the unit and end-to-end tests run, in a build of its own with counters. What they do not
# run is named in coverage.txt in the folder of the release, and in HACKING.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs gcovr
# shellcheck source=tests/release/release.sh
. "${srcdir:-.}/tests/release/release.sh"

need_tarball
tar -C "$tmp" -xf "$tarball" && mkdir "$tmp/build" && cd "$tmp/build" || bail 'no build folder'
jobs=$(getconf _NPROCESSORS_ONLN)
run sh -c '"$1/configure" -q --enable-coverage && make -s -j"$2"' - "../ocidup-$version" "$jobs"
exits 0 'it is built with counters'
run make -j"$jobs" coverage
cp coverage.txt "$release/coverage.txt"
exits 0 'tests run 90 % of its lines and 80 % of its branches'
diag "$(grep -E '^(lines|branches):' "$out")"
