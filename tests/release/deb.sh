#!/bin/sh
# The Debian package: it builds from the tarball with its tests, and the same each time; lintian has
# nothing to say; what is in it is where Debian has such things.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/release/release.sh
. "${srcdir:-.}/tests/release/release.sh"

need_tarball
tests_of() {
  sed -n 's/^# \(PASS\|FAIL\|ERROR\|SKIP\): */\1 /p' "$1"
}

# With its tests, debian/ a copy: the whole package.
build_deb "$tmp/one" || bail "no package: $(tail -n 20 "$tmp/one/log")"
ok 'it builds'
tests_of "$tmp/one/log" >"$tmp/results"
like "$(cat "$tmp/results")" '^PASS [0-9]{3,}$' 'the tests ran'
is "$(grep -Ecv '^PASS| 0$' "$tmp/results")" 0 'and none failed or was skipped'
diag "$(cat "$tmp/results")"

# Another person, elsewhere, with debian/ a link and no tests.
second=$tmp/another/path/longer/than/the/other
(
  umask 077
  TZ=Asia/Kathmandu LC_ALL=C.UTF-8 HOME=$tmp/another/home DEB_BUILD_OPTIONS='nocheck parallel=1'
  export TZ LC_ALL HOME DEB_BUILD_OPTIONS
  mkdir -p "$second" && cd "$second" && cp "$tarball" "ocidup_$version.orig.tar.xz" &&
    tar -xf "$tarball" && cd "ocidup-$version" && ln -s packaging/debian debian &&
    dpkg-buildpackage -us -uc -b && cd .. && rm -rf "ocidup-$version" &&
    umask 022 && # dpkg-source keeps what it finds
    tar -xf "$tarball" && cp -R "ocidup-$version/packaging/debian" "ocidup-$version/" &&
    dpkg-source -b "ocidup-$version"
) >"$tmp/second.log" 2>&1 || bail "no second package: $(tail -n 20 "$tmp/second.log")"
is "$(tests_of "$tmp/second.log")" '' 'nocheck runs no test'
for file in "$tmp"/one/*.deb "$tmp"/one/*.dsc "$tmp"/one/*.debian.tar.xz; do
  name=${file##*/}
  is "$(sha256sum <"$second/$name")" "$(sha256sum <"$file")" "a second build gives the same $name"
done
cp "$tmp"/one/*.deb "$tmp"/one/*.dsc "$tmp"/one/*.debian.tar.xz "$release/dist/"

# ---- lintian

# In its own words, everything that it can find but what is explained in lintian-overrides.
run lintian --allow-root --pedantic --display-info --display-experimental --no-tag-display-limit \
  --fail-on error,warning,info,pedantic,experimental "$tmp"/one/*.changes
exits 0 'lintian is content'
is "$(cat "$out")" '' 'and says nothing'
awk '/^#/ { reason = 1; next } !reason { print FILENAME ": " $0 }' \
  "$top_srcdir"/packaging/debian/*lintian-overrides \
  "$top_srcdir"/packaging/debian/source/lintian-overrides >"$tmp/unreasoned"
is "$(cat "$tmp/unreasoned")" '' 'each override has a reason'

# ---- what is in it

dpkg-deb -c "$release/dist/ocidup_$version-1_$(dpkg --print-architecture).deb" |
  awk '$1 !~ /^d/ { $2 = $3 = $4 = $5 = ""; print }' | tr -s ' ' | LC_ALL=C sort -k 2 >"$tmp/list"
file_is "$tmp/list" 'each file is where it belongs' <<'END'
-rwxr-xr-x ./usr/bin/list-ecr
-rwxr-xr-x ./usr/bin/list-registry
-rwxr-xr-x ./usr/bin/match-report
-rwxr-xr-x ./usr/bin/resolve-digest
lrwxrwxrwx ./usr/share/bash-completion/completions/list-ecr -> ocidup.bash
lrwxrwxrwx ./usr/share/bash-completion/completions/list-registry -> ocidup.bash
lrwxrwxrwx ./usr/share/bash-completion/completions/match-report -> ocidup.bash
-rw-r--r-- ./usr/share/bash-completion/completions/ocidup.bash
lrwxrwxrwx ./usr/share/bash-completion/completions/resolve-digest -> ocidup.bash
-rw-r--r-- ./usr/share/doc/ocidup/NEWS.gz
-rw-r--r-- ./usr/share/doc/ocidup/README.md.gz
-rw-r--r-- ./usr/share/doc/ocidup/changelog.Debian.gz
-rw-r--r-- ./usr/share/doc/ocidup/changelog.gz
-rw-r--r-- ./usr/share/doc/ocidup/copyright
lrwxrwxrwx ./usr/share/fish/vendor_completions.d/list-ecr.fish -> ocidup.fish
lrwxrwxrwx ./usr/share/fish/vendor_completions.d/list-registry.fish -> ocidup.fish
lrwxrwxrwx ./usr/share/fish/vendor_completions.d/match-report.fish -> ocidup.fish
-rw-r--r-- ./usr/share/fish/vendor_completions.d/ocidup.fish
lrwxrwxrwx ./usr/share/fish/vendor_completions.d/resolve-digest.fish -> ocidup.fish
-rw-r--r-- ./usr/share/lintian/overrides/ocidup
-rw-r--r-- ./usr/share/man/man1/list-ecr.1.gz
-rw-r--r-- ./usr/share/man/man1/list-registry.1.gz
-rw-r--r-- ./usr/share/man/man1/match-report.1.gz
-rw-r--r-- ./usr/share/man/man1/resolve-digest.1.gz
-rw-r--r-- ./usr/share/man/man5/ocidup-tsv.5.gz
-rw-r--r-- ./usr/share/man/man7/ocidup.7.gz
-rw-r--r-- ./usr/share/ocidup/pipeline.mk
-rw-r--r-- ./usr/share/zsh/vendor-completions/_ocidup
END
