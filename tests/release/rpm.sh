#!/bin/sh
# The RPM: rpmbuild makes it of the tarball alone, and runs the tests.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/release/release.sh
. "${srcdir:-.}/tests/release/release.sh"

need_tarball
# On Debian the database of RPM knows no package, so what is needed to build cannot be looked up.
run rpmbuild --define "_topdir $tmp/rpm" --nodeps -ta "$tarball"
exits 0 'rpmbuild makes the packages of the tarball'
like "$(cat "$out")" '^# PASS: *[0-9]{3,}$' 'the tests ran'
is "$(grep -E '^# (SKIP|FAIL|ERROR): *[1-9]' "$out")" '' 'and none failed or was skipped'
rpm=$(echo "$tmp"/rpm/RPMS/*/ocidup-"$version"-1*.rpm)
[ -f "$rpm" ] || bail 'no package'
like "$(rpm -qp --qf '%{VERSION} %{LICENSE}\n' "$rpm")" "^$version MIT-0$" 'its version and licence'
# Where documents and licences are, and whether the manual is compressed, is the system's affair.
rpm -qpl "$rpm" | sed "/\.build-id/d; s/-$version//; s/\.gz$//" | LC_ALL=C sort >"$tmp/list"
file_is "$tmp/list" 'each file is where it belongs' <<'END'
/usr/bin/list-ecr
/usr/bin/list-registry
/usr/bin/match-report
/usr/bin/resolve-digest
/usr/share/bash-completion/completions/list-ecr
/usr/share/bash-completion/completions/list-registry
/usr/share/bash-completion/completions/match-report
/usr/share/bash-completion/completions/ocidup.bash
/usr/share/bash-completion/completions/resolve-digest
/usr/share/doc/ocidup
/usr/share/doc/ocidup/ChangeLog
/usr/share/doc/ocidup/NEWS
/usr/share/doc/ocidup/README.md
/usr/share/fish/vendor_completions.d/list-ecr.fish
/usr/share/fish/vendor_completions.d/list-registry.fish
/usr/share/fish/vendor_completions.d/match-report.fish
/usr/share/fish/vendor_completions.d/ocidup.fish
/usr/share/fish/vendor_completions.d/resolve-digest.fish
/usr/share/licenses/ocidup
/usr/share/licenses/ocidup/LICENSE
/usr/share/man/man1/list-ecr.1
/usr/share/man/man1/list-registry.1
/usr/share/man/man1/match-report.1
/usr/share/man/man1/resolve-digest.1
/usr/share/man/man5/ocidup-tsv.5
/usr/share/man/man7/ocidup.7
/usr/share/ocidup
/usr/share/ocidup/pipeline.mk
/usr/share/zsh/site-functions/_ocidup
END
mkdir "$tmp/root" && cp "$rpm" "$tmp/ocidup.rpm" && rpm2archive "$tmp/ocidup.rpm" &&
  tar -C "$tmp/root" -xzf "$tmp/ocidup.rpm.tgz" || bail 'the package does not unpack'
for program in resolve-digest list-ecr list-registry match-report; do
  like "$("$tmp/root/usr/bin/$program" --version)" "^$program \(ocidup\) $version$" "$program runs"
done
cp "$rpm" "$tmp"/rpm/SRPMS/*.rpm "$release/dist/"
