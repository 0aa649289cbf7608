#!/bin/sh
# The tarball: two people make the same one of the same commit, it has all that the repository has,
# and its version is the same wherever it is said.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/release/release.sh
. "${srcdir:-.}/tests/release/release.sh"

rm -f "$release/commit" # made anew
need_tarball
another=$(
  umask 077
  TZ=Asia/Kathmandu LC_ALL=C.UTF-8 HOME=$tmp/another/home
  export TZ LC_ALL HOME
  make_tarball "$tmp/another/path/longer/than/the/other"
) || bail "no second tarball: $(tail -n 3 "$tmp"/another/path/longer/than/the/other/log)"
is "$(sha256sum <"$another")" "$(sha256sum <"$tarball")" 'a second build gives the same bytes'
diag "ocidup-$version.tar.xz: $(sha256sum <"$tarball" | cut -d ' ' -f 1)"

mkdir "$tmp/from" && tar -C "$tmp/from" -xf "$tarball"
tree=$tmp/from/ocidup-$version
run sh -c 'cd "$1" && ./configure -q && make -s dist' - "$tree"
exits 0 'the tarball makes a tarball, without git'
is "$(sha256sum <"$tree/ocidup-$version.tar.xz")" "$(sha256sum <"$tarball")" 'which is the same'

# ---- what is in it

LC_ALL=C tar -tvf "$tarball" >"$tmp/list"
is "$(awk '{ print $2, $4, $5 }' "$tmp/list" | sort -u)" \
  "0/0 $(date -u -d "@$(git -C "$top_srcdir" log -1 --format=%ct)" +'%F %R')" \
  'all of it is of nobody and of the time of the commit'
tar -tf "$tarball" | sed "s,^ocidup-$version/,,; /\/$/d; /^$/d" | sort >"$tmp/files"
git -C "$top_srcdir" ls-files | sort >"$tmp/tracked"
comm -13 "$tmp/files" "$tmp/tracked" >"$tmp/lacking"
file_is "$tmp/lacking" 'it lacks nothing of the repository but what runs in CI' <<'END'
.ci/run
END
comm -23 "$tmp/files" "$tmp/tracked" >"$tmp/more"
file_is "$tmp/more" 'it has nothing more than the build system' <<'END'
.tarball-version
Makefile.in
aclocal.m4
build-aux/ar-lib
build-aux/compile
build-aux/depcomp
build-aux/install-sh
build-aux/missing
build-aux/tap-driver.sh
config.h.in
configure
END

# ---- the version

is "$(head -n 1 "$tree/.tarball-version")" "$version" 'the version is that of the commit'
is "$("$tree/build-aux/version")" "$version" 'and that of the tarball'
like "$("$tree/configure" --version)" "^ocidup configure $version$" 'and that of configure'
mkdir "$tmp/archive"
git -C "$top_srcdir" archive "$commit" | tar -C "$tmp/archive" -xf -
is "$("$tmp/archive/build-aux/version")" "$version" 'and that of git archive'
is "$("$tmp/archive/build-aux/version" --epoch)" "$("$tree/build-aux/version" --epoch)" \
  'and its time is the same'
is "$(sed -n '1s/^ocidup (\(.*\)-1) .*/\1/p' "$tree/packaging/debian/changelog")" "$version" \
  'and that of the Debian package'
is "$(sed -n 's/^Version: //p' "$tree/packaging/rpm/ocidup.spec")" "$version" 'and that of the RPM'
next=$(sed -n 's/^\* Changes in \([0-9.]*\).*/\1/p' "$top_srcdir/NEWS" | head -n 1)
is "$(sed -n '1s/^ocidup (\(.*\)-1) .*/\1/p' "$top_srcdir/packaging/debian/changelog")" "$next" \
  'the changelog of the Debian package knows the newest version of NEWS'
is "$(sed -n 's/^Version: //p' "$top_srcdir/packaging/rpm/ocidup.spec")" "$next" 'the RPM, too'
case $version in
  "$next" | "$next"[~+]*) ok 'which is that of the tag, or the next' ;;
  *) not_ok "the version, $version, is none of $next, the newest of NEWS" ;;
esac
