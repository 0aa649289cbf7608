#!/bin/sh
# What is no duplicate, and is told when it is asked for: images built from a source (--base), and
# images that only have its name (--names). Made by umoci, moved by skopeo, read from a registry and
# from ECR's API.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

local=$top_srcdir/infra/local
TMPDIR=$tmp
export TMPDIR
"$local/cloud" start "$tmp/cloud" || bail 'the cloud does not start'
# shellcheck disable=SC2016 # run later
defer '"$local/cloud" stop "$tmp/cloud"'
# shellcheck source=/dev/null
. "$tmp/cloud/env"

layout=$tmp/layout
layers=$tmp/layers
mkdir "$layers"
umoci init --layout "$layout"
"$local/oci-layout" tar "$layers" old=old base=base arm64=arm64 app=app other=other

# image TAG FROM [LAYER]...: one more of the layout.
image() {
  tag=$1 from=$2
  shift 2
  case $from in
    -) umoci new --image "$layout:$tag" ;;
    *) umoci tag --image "$layout:$from" "$tag" ;;
  esac
  for layer; do
    umoci raw add-layer --image "$layout:$tag" "$layers/$layer.tar"
    umoci config --image "$layout:$tag" --config.cmd "/bin/$layer" --architecture amd64
  done
}
skopeo() {
  "$local/clean-skopeo" "$@" || bail "skopeo $*"
}
push() {
  from=$1 to=$2
  shift 2
  skopeo copy -q --all --dest-tls-verify=false "$@" "oci:$layout:$from" "docker://$to"
}

# base ▸ app ▸ app with a label; and what is not of that chain.
image old - old
image base - base
image arm64 - arm64
umoci config --image "$layout:arm64" --architecture arm64
"$local/oci-layout" index "$layout:multi" base arm64
image app base app
image label app
umoci config --image "$layout:label" --config.label team=a
image other old other
image scratch -
umoci config --image "$layout:scratch" --architecture amd64
image arm64-app arm64 app
umoci config --image "$layout:arm64-app" --architecture arm64

push multi "$CLOUD_SOURCE/docker.io/library/alpine:3.19"
push app "$CLOUD_SOURCE/docker.io/library/app:1"
push scratch "$CLOUD_SOURCE/docker.io/library/scratch:1"
printf 'alpine:3.19\napp:1\nscratch:1\n' >"$tmp/input.txt"

push app "$CLOUD_PRIVATE/team/app:7"
push label "$CLOUD_PRIVATE/team/label:7"
push app "$CLOUD_PRIVATE/team/zstd:7" --dest-compress-format zstd
push arm64-app "$CLOUD_PRIVATE/team/arm64:7"
push other "$CLOUD_PRIVATE/team/other:7"
push old "$CLOUD_PRIVATE/mirror/alpine:3.19"
push multi "$CLOUD_PRIVATE/other/alpine:3.19"
push other "$CLOUD_PRIVATE/team/app:1"

# shellcheck disable=SC2086 # options
run resolve-digest $MIRRORS -o "$tmp/sources.tsv" "$tmp/input.txt"
exits 0 'the sources are read'
run list-ecr -o "$tmp/ecr.tsv"
exits 0 'the private registry is read'
run list-registry "$CLOUD_PRIVATE/*" -o "$tmp/registry.tsv"
exits 0 'the registry behind it is read'

# found OPTION...: what the report for $inventory has.
found() {
  run match-report "$@" --tsv="$tmp/report.tsv" "$tmp/sources.tsv" "$tmp/$inventory.tsv"
  awk -F '\t' 'NR > 1 {
    sub(/.*\//, "", $1); sub(/.*\/us-east-1\//, "", $5); sub(/.*amazonaws.com\//, "", $5)
    print $1, $2, $3, $4, $5 }' "$tmp/report.tsv"
}

for inventory in ecr registry; do
  found >"$tmp/found"
  file_is "$tmp/found" "$inventory: neither is told unless it is asked for" <<'END'
alpine:3.19 present index linux/amd64 other/alpine:3.19
alpine:3.19 present index linux/arm64 other/alpine:3.19
app:1 present manifest linux/amd64 team/app:7
app:1 present config linux/amd64 team/zstd:7
scratch:1 absent - - -
END
  found --base >"$tmp/found"
  file_is "$tmp/found" "$inventory: --base" <<'END'
alpine:3.19 present index linux/amd64 other/alpine:3.19
alpine:3.19 present index linux/arm64 other/alpine:3.19
alpine:3.19 present base linux/amd64 team/app:7
alpine:3.19 present base linux/arm64 team/arm64:7
alpine:3.19 present base linux/amd64 team/label:7
alpine:3.19 present base linux/amd64 team/zstd:7
app:1 present manifest linux/amd64 team/app:7
app:1 present config linux/amd64 team/zstd:7
app:1 present base linux/amd64 team/label:7
scratch:1 absent - - -
END
  found --names >"$tmp/found"
  file_is "$tmp/found" "$inventory: --names" <<'END'
alpine:3.19 present index linux/amd64 other/alpine:3.19
alpine:3.19 present index linux/arm64 other/alpine:3.19
alpine:3.19 present name linux/amd64 mirror/alpine:3.19
app:1 present manifest linux/amd64 team/app:7
app:1 present config linux/amd64 team/zstd:7
app:1 present name linux/amd64 team/app:1
scratch:1 absent - - -
END
done

# ---- on an outdated copy alone

grep -v /other/alpine: "$tmp/ecr.tsv" >"$tmp/outdated.tsv"
run match-report --names --fail-if=absent "$tmp/sources.tsv" "$tmp/outdated.tsv"
exits 3 'an outdated copy is no copy'
printf 'Source image URIs:
\talpine:3.19
Image present at ECR URIs:
\t%s/mirror/alpine:3.19\tname\tlinux/amd64
\t(none; 1 of the same name with other content)
' "$CLOUD_HOST" >"$tmp/want"
head -n 5 "$out" >"$tmp/text"
file_is "$tmp/text" 'and the text says what it is' <"$tmp/want"
run match-report --base --names --json "$tmp/sources.tsv" "$tmp/outdated.tsv"
is "$(jq -c '.compared[-2:], (.sources[0].matches | map(.evidence))' "$out" | tr '\n' ' ')" \
  '["base","name"] ["base","base","base","base","name"] ' 'and JSON has both kinds'
run match-report --junit --names "$tmp/sources.tsv" "$tmp/outdated.tsv"
like "$(cat "$out")" '/mirror/alpine:3.19 name linux/amd64' 'and so has JUnit'
