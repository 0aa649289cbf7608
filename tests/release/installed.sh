#!/bin/sh
# The Debian package in a clean Debian: the programs, the manual, the completions and the stages work
# from where they are installed, and removing it leaves nothing behind.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/release/release.sh
. "${srcdir:-.}/tests/release/release.sh"

need_deb
programs='resolve-digest list-ecr list-registry match-report'
depends=$(dpkg-deb -f "$deb" Depends Recommends | sed 's/^[A-Z][a-z]*: *//; s/([^)]*)//g' | tr -d ,)
# What it depends on; what shows manuals and completes; what infra/local is made of.
# shellcheck disable=SC2086 # names
clean_root installed $depends man-db bash-completion zsh fish \
  python3 docker-registry skopeo umoci curl jq
cp "$deb" "$root/tmp/ocidup.deb"
mkdir "$tmp/tree" && tar -C "$tmp/tree" --strip-components=1 -xf "$tarball"
cp -R "$tmp/tree/infra/local" "$root/tmp/cloud"

# state: each file of the root, what it is, and its content. Not compared are what man keeps of pages
# that it showed, which is its own and goes with its nightly job, and the words of dpkg's log and of
# its backups.
state() {
  (
    cd "$root" || exit
    find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o \
      -path './var/cache/man/*' \) -prune -o \
      -printf '%p %y %m %U:%G %l\n'
    find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./var/log -o \
      -path './var/lib/dpkg/status*' -o -path './var/cache/man/*' \) -prune -o \
      -type f -print0 | xargs -0 sha256sum
  ) | LC_ALL=C sort
}

state >"$tmp/before"
[ "$(wc -l <"$tmp/before")" -gt 5000 ] || bail 'that is no root'
run in_root dpkg -i /tmp/ocidup.deb
exits 0 'it installs'
state >"$tmp/installed"
if cmp -s "$tmp/before" "$tmp/installed"; then not_ok 'that is seen'; else ok 'that is seen'; fi
run in_root dpkg --verify ocidup
exits 0 'all of it is there'

for program in $programs; do
  run in_root "$program" --version
  is "$(head -n 1 "$out")" "$program (ocidup) $version" "$program runs"
done

# ---- the manual

for page in resolve-digest.1 list-ecr.1 list-registry.1 match-report.1 ocidup-tsv.5 ocidup.7; do
  name=${page%.*} section=${page#*.}
  run in_root man -w "$section" "$name"
  is "$(cat "$out")" "/usr/share/man/man$section/$page.gz" "man finds $page"
  run in_root man -P cat "$section" "$name"
  like "$(head -n 20 "$out")" "^ +$name +- " "man shows $page"
  silent "man has no complaint about $page"
  run in_root whatis -s "$section" "$name"
  like "$(cat "$out")" "^$name \($section\) +- " "whatis knows $page"
done

# ---- the completions, loaded by their shells as when a user presses TAB

# shellcheck disable=SC2016 # those shells'
for program in $programs; do
  run in_root bash -c '. /usr/share/bash-completion/bash_completion
    _completion_loader "$1"
    complete -p "$1"
    COMP_WORDS=("$1" --vers) COMP_CWORD=1
    _ocidup "$1" --vers "$1" && echo "${COMPREPLY[@]}"' - "$program"
  like "$(cat "$out")" "^complete .*-F _ocidup .*$program$" "bash completes $program"
  like "$(cat "$out")" '^--version *$' 'and knows its options'
  run in_root zsh -fc 'autoload -U compinit && compinit -D && echo $_comps[$1] &&
    autoload +X -U _ocidup && whence -w _ocidup' - "$program"
  is "$(cat "$out")" "_ocidup
_ocidup: function" "zsh completes $program"
  run in_root fish -c "complete -C '$program --vers'"
  like "$(cat "$out")" '^--version' "fish completes $program"
done

# ---- the stages, against the local cloud

run in_root sh -c 'cd /tmp && cloud/demo /usr/share/ocidup/pipeline.mk report'
exits 0 'make -f /usr/share/ocidup/pipeline.mk report works'
is "$(tail -n 1 "$root/tmp/report/report.txt")" \
  "$(sed -n 's/^    \([0-9]* images: .*\)/\1/p' "$top_srcdir/README.md")" 'and its report is that of the README'
run in_root make -f /usr/share/ocidup/pipeline.mk report INPUT=/etc/hostname OUT=/tmp/none
exits 2 'without keys it does nothing'
like "$(cat "$err")" '^list-ecr: AWS credentials: none found; looked for AWS_ACCESS_KEY_ID ' 'and says what it lacks'

# ---- and away

run in_root dpkg -P ocidup
exits 0 'it can be removed'
state >"$tmp/after"
diff "$tmp/before" "$tmp/after" >"$tmp/left"
is "$(cat "$tmp/left")" '' 'and leaves nothing'
