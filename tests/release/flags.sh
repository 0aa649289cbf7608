#!/bin/sh
# Does hardening.sh see it when a flag of the compiler or the linker is missing? Each is left out of a
# build of its own.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs git autoreconf readelf objdump

configured() {
  sed -n "s/^$1 = *//p" "$builddir/Makefile"
}
flags=$(configured HARDEN_CFLAGS)
ldflags=$(configured HARDEN_LDFLAGS)
[ -n "$flags$ldflags" ] || bail 'this build has none'

git clone -q "$top_srcdir" "$tmp/tree" || bail 'git clone'
(cd "$tmp/tree" && autoreconf -i >"$tmp/log" 2>&1) || bail "autoreconf: $(tail -n 3 "$tmp/log")"

# hardening NAME [VARIABLE=VALUE]...: what hardening.sh says of a build with these, in $out.
hardening() {
  build=$tmp/$1
  shift
  mkdir "$build"
  (
    cd "$build" &&
      ../tree/configure -q CC="$(configured CC)" "$@" &&
      make -s resolve-digest list-ecr list-registry match-report
  ) >"$tmp/log" 2>&1 || bail "$*: $(tail -n 3 "$tmp/log")"
  srcdir=$tmp/tree builddir=$build run sh "$tmp/tree/tests/e2e/hardening.sh"
  rm -rf "$build"
}
# left_out FLAG VARIABLE=VALUE
left_out() {
  hardening without "$2"
  exits 1 "without $1"
  diag "$(grep -c '^not ok' "$out") tests see it: $(sed -n 's/^not ok [0-9]* - //p' "$out" | tr '\n' ';')"
}
# What configure keeps what it tried of FLAG in.
kept() {
  printf 'ocidup_cv_%s_%s=no' "$1" "$(printf '%s' "$2" | tr -c 'A-Za-z0-9_' _)"
}

hardening as-it-is
exits 0 'a build with all of them'
for flag in $flags; do
  left_out "$flag" "$(kept cflag "$flag")"
done
for flag in $ldflags; do
  left_out "$flag" "$(kept ldflag "$flag")"
done
left_out _FORTIFY_SOURCE 'CPPFLAGS=-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0'
