#!/bin/sh
# The manual tells the truth: --help, the man pages and the completions name the same options, and
# the examples of the man pages do what they say when they are pasted.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs groff bash

programs='resolve-digest list-ecr list-registry match-report'
completions=$top_srcdir/completions
tab=$(printf '\t')

# page NAME: as a reader sees it.
page() {
  groff -ww -t -man -Tutf8 -rLL=80n -P-cbou "$top_srcdir/doc/$1"
}

# section NAME: of the page on standard input.
section() {
  awk -v want="$1" '/^[^ ]/ { inside = $0 == want; next } inside'
}

for file in "$top_srcdir"/doc/*.[1-8]; do
  page "${file##*/}" >"$tmp/page" 2>"$tmp/warnings"
  is "$(cat "$tmp/warnings")" '' "${file##*/} has no warnings"
  [ "$(wc -l <"$tmp/page")" -gt 30 ] || not_ok "${file##*/} is a page" "$tmp/page"
done

# ---- the options: one a line, "-o" and "--output=FILE"; of completions "--output="

from_help() {
  "$1" --help |
    sed -n 's/^  \(-.\), \(--[^ ]*\).*/\1 \2/p; s/^      \(--[^ ]*\).*/\1/p' | tr ' ' '\n'
}
from_page() {
  page "$1.1" | section OPTIONS |
    sed -n 's/^       \(-.\), \(--[a-z][^ ]*\).*/\1 \2/p; s/^       \(--[a-z][^ ]*\).*/\1/p' |
    tr ' ' '\n'
}
from_bash() {
  bash -c '. "$0" && COMP_WORDS=("$1" -) COMP_CWORD=1 && _ocidup "$1" &&
    printf "%s\n" "${COMPREPLY[@]}"' "$completions/ocidup.bash" "$1"
}
from_zsh() {
  awk -v label="$1)" '
    /^[a-z]+=\($/ { array = substr($0, 1, index($0, "=") - 1); next }
    /^\)/ { array = "" }
    array {
      sub(/\[.*/, "")
      gsub(/\([^)]*\)|[*{} \047]/, "")
      count = split($0, part, ",")
      for (i = 1; i <= count; i++) {
        sub(/\+$|=-$/, "", part[i])
        has[array] = has[array] part[i] "\n"
      }
    }
    $1 == label { for (i = 2; i <= NF; i++) printf "%s", has[substr($i, 2)] }
  ' "$completions/_ocidup"
}
from_fish() {
  awk -v program="$1" '
    $1 == "for" { here = 0; for (i = 4; i <= NF; i++) here = here || $i == program }
    here && $1 == "complete" {
      for (i = 2; i < NF && $i != "-d"; i++) {
        if ($i == "-s") print "-" $(i + 1)
        if ($i == "-l") print "--" $(i + 1) (/ -[rx] / ? "=" : "")
      }
    }
  ' "$completions/ocidup.fish"
}

for program in $programs; do
  from_help "$program" | sort >"$tmp/help"
  [ "$(wc -l <"$tmp/help")" -ge 14 ] || not_ok "$program has options" "$tmp/help"
  from_page "$program" | sort >"$tmp/options"
  file_is "$tmp/options" "$program: the man page has the options of --help" <"$tmp/help"
  # [=FILE] is offered without a value.
  sed 's/\[=.*//; s/=.*/=/' "$tmp/help" | sort >"$tmp/names"
  for shell in bash zsh fish; do
    "from_$shell" "$program" | sort >"$tmp/options"
    file_is "$tmp/options" "$program: $shell completes the options of --help" <"$tmp/names"
  done

  for option in --help --version; do
    run "$program" "$option"
    exits 0 "$program $option"
    silent "$program $option says nothing else"
    like "$(head -n 1 "$out")" "^(Usage: )?$program [[(]" "$program $option writes to standard output"
    run sh -c "$program $option >/dev/full"
    exits 2 "$program $option to a full disk"
    is "$(wc -l <"$err" | tr -d ' ')" 1 "$program $option to a full disk says so in one line"
  done
done

# ---- the examples, in a folder as they expect it

needs_cloud
"$top_srcdir/infra/local/cloud" start "$tmp/cloud" || bail 'the local cloud did not start'
defer '"$top_srcdir/infra/local/cloud" stop "$tmp/cloud"'
# shellcheck source=/dev/null
. "$tmp/cloud/env"
mkdir -p "$tmp/base/report" "$tmp/bin"
cd "$tmp/base" || bail 'no folder'
"$top_srcdir/infra/local/make-images" input.all >make.log 2>&1 || bail "$(tail -n 3 make.log)"
grep -v '^ghost' input.all >input.txt
rm input.all make.log
# Public registries are on this machine; so is the one that the examples call localhost:5000.
for program in resolve-digest list-registry; do
  printf '#!/bin/sh\nexec %s %s --mirror=localhost:5000=http://%s "$@"\n' \
    "'$builddir/$program'" "$MIRRORS" "$CLOUD_SOURCE" >"$tmp/bin/$program"
done
chmod +x "$tmp/bin/"*
PATH=$tmp/bin:$PATH
{ list-ecr -o inventory.tsv && resolve-digest --reuse=inventory.tsv -o sources.tsv input.txt &&
  match-report --tsv=report/report.tsv sources.tsv inventory.tsv; } || bail 'no report'

# example PAGE N: runs it in a folder of its own; its status must be what the words before it say.
example() {
  page "$1" | section EXAMPLES | awk -v want="$2" -v words="$tmp/words" '
    /^              / { if (!inside++) n++; if (n == want) print substr($0, 15); next }
    { if (n == want - 1) { if (inside) text = ""; text = text " " $0 } inside = 0 }
    END { print text >words }' >"$tmp/example"
  [ -s "$tmp/example" ] || bail "$1 has no example $2"
  is "$(awk 'length > 66' "$tmp/example")" '' "$1, example $2 fits into a line"
  { cd "$tmp" && rm -rf work && cp -R base work && cd work; } || bail 'no folder'
  run sh "$tmp/example"
  expected=$(sed -n 's/.*status \([0-9]\).*/\1/p' "$tmp/words")
  exits "${expected:-0}" "$1, example $2: its status is ${expected:-0}"
}
has() {
  like "$(cat "$1")" "$2" "and $3"
}
# rows FILE: how many, without the header.
rows() {
  awk 'END { print NR - 1 }' "$1"
}

example resolve-digest.1 1
is "$(cut -f 13 sources.tsv | sort -u | wc -l)" 17 'and each reference has rows'
example resolve-digest.1 2
has "$out" "^docker.io/library/nginx:1.25${tab}linux/arm/v7${tab}sha256:" 'the platforms are there'
example resolve-digest.1 3
is "$(grep -Ec '^[^@ ]+@sha256:[0-9a-f]{64}$' "$out")" 16 'and each is pinned'
example resolve-digest.1 4
has arm64.tsv "/redis:7.2$tab.*${tab}not_found$tab" 'what lacks the platform failed'
example resolve-digest.1 5
is "$(sed 's/: http.*//; s/_reference: .*/_reference/' "$out")" "nginx:no-such-tag: not_found
not a reference: invalid_reference" 'and the reasons are there'

example list-ecr.1 1
has inventory.tsv 'eu-central-1.amazonaws.com/auth/keycloak:23.0' 'both regions are there'
example list-ecr.1 2
is "$(cmp inventory.tsv ../base/inventory.tsv && rows inventory.tsv)" \
  "$(rows ../base/inventory.tsv)" 'and nothing is lost'
example list-ecr.1 3
has "$out" '/base/alpine:3.19$' 'the repository is there'
unlike "$(cat "$out")" '/team/' 'and no other'
example list-ecr.1 4
has "$out" '^20[0-9T:-]*Z .*/base/busybox@sha256:' 'the untagged image is there'
unlike "$(cat "$out")" '/alpine:' 'and no other'
example list-ecr.1 5
has "$out" '^16 images: 9 present, ' 'the report is there'
for account in 222222222222 333333333333; do
  "$top_srcdir/infra/local/push-images" "$CLOUD_PRIVATE_HOST/$account/$CLOUD_REGION" 1 1 &&
    curl -sS --fail -o /dev/null "$CLOUD_CONTROL/role" \
      -d "{\"arn\":\"arn:aws:iam::$account:role/ocidup-reader\",\"external_id\":\"acme-images\"}" ||
    bail "no account $account"
done
example list-ecr.1 6
is "$(cut -f 12 "$out" | uniq | tr '\n' ' ')" \
  'origin 123456789012/us-east-1 222222222222/us-east-1 333333333333/us-east-1 ' 'all three are there'

example list-registry.1 1
has cache.tsv '^localhost:5000/docker.io/library/nginx:1.25' 'the images are there'
example list-registry.1 2
is "$(rows cache.tsv)" "$(grep -v @ sources.tsv | rows /dev/stdin)" 'and all of them'
example list-registry.1 3
has "$out" "^localhost:5000/quay.io/prometheus/prometheus:v2.48.0${tab}linux/arm64$" 'it is there'
unlike "$(cat "$out")" alpine 'and no other'
example list-registry.1 4
is "$(cat "$out")" "quay.io/prometheus/prometheus:v2.48.0 linux/amd64
quay.io/prometheus/prometheus:v2.48.0 linux/arm64" 'and the platforms are there'
example list-registry.1 5
has "$out" '^16 images: 16 present, ' 'the report is there'

example match-report.1 1
has "$out" '^16 images: 9 present, ' 'the report is there'
example match-report.1 2
is "$(jq .summary.sources report/report.json)" 16 'and both reports are there'
example match-report.1 3
has report/report.txt '^16 images: ' 'the report is there'
example match-report.1 4
is "$(cat "$out")" "docker.io/library/node:20
docker.io/library/golang:1.21
quay.io/keycloak/keycloak:23.0
quay.io/coreos/etcd:v3.5.10" 'and says what to copy'
example match-report.1 5
has "$out" '^[^ ]*/base/alpine@sha256:[0-9a-f]{64}$' 'by digest'
example match-report.1 6
is "$(cat "$out")" "docker.io/library/alpine:3.19 index linux/amd64
docker.io/library/alpine:3.19 index linux/arm64" 'and it is there'
example match-report.1 7
has "$out" '/team/.* FROM docker.io/' 'and says what is built from it'
example match-report.1 8
has "$out" '^docker.io/library/.*/.*:' 'and says what is called the same'
example match-report.1 9
has report/report.html '<h1>9 of 16 images are already there</h1>' 'and it is a page'
"$top_srcdir/infra/local/travel" all "$CLOUD_PRIVATE/base/alpine:3.19" \
  "$CLOUD_PRIVATE/web/alpine:1" || bail 'travel'
(cd ../base && list-ecr -q -o inventory.tsv) || bail 'list-ecr'
example match-report.1 10
has "$out" "^[1-9][0-9]* $CLOUD_HOST/web/alpine$" 'and says how many'
is "$(wc -l <"$out")" 1 'and of no other'
example ocidup-tsv.5 1
is "$(head -n 1 "$out")" "$(head -n 1 inventory.tsv)" 'and the header is first'
example ocidup-tsv.5 2
has "$out" "${tab}linux/amd64$tab" 'the platform is there'
