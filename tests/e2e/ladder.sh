#!/bin/sh
# The table of evidence, made by the real tools in the real registry: for each way in which an image
# travels, what stays the same of it, and the evidence that we report; and images that are not the
# same, however much they share, for which there is none.

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
"$local/oci-layout" tar "$layers" base=base amd64=amd64 arm64=arm64 single=single own=own

# image TAG FROM [LAYER]...: with its own entrypoint, or as FROM was when there is no layer to add.
image() {
  tag=$1 from=$2
  shift 2
  case $from in
    -) umoci new --image "$layout:$tag" ;;
    *) umoci tag --image "$layout:$from" "$tag" ;;
  esac
  for layer; do
    umoci raw add-layer --image "$layout:$tag" "$layers/$layer.tar"
    umoci config --image "$layout:$tag" --config.entrypoint "/opt/$layer" --architecture amd64
  done
}
skopeo() {
  "$local/clean-skopeo" "$@" || bail "skopeo $*"
}
push() {
  skopeo copy -q --all --dest-tls-verify=false "oci:$layout:$1" "docker://$CLOUD_PRIVATE/$2"
}

image base - base
image amd64 base amd64
image arm64 base arm64
umoci config --image "$layout:arm64" --architecture arm64
# Compressed by another tool than the one that docker uses.
"$local/oci-layout" gzip "$layout:amd64"
"$local/oci-layout" gzip "$layout:arm64"
"$local/oci-layout" index "$layout:multi" amd64 arm64
image single base single
skopeo copy -q --all --dest-tls-verify=false "oci:$layout:multi" \
  "docker://$CLOUD_SOURCE/docker.io/library/multi:1"
skopeo copy -q --dest-tls-verify=false --format v2s2 "oci:$layout:single" \
  "docker://$CLOUD_SOURCE/docker.io/library/single:1"

# ---- the ways

multi=$CLOUD_SOURCE/docker.io/library/multi:1
single=$CLOUD_SOURCE/docker.io/library/single:1
"$local/travel" all "$multi" "$CLOUD_PRIVATE/way/all:1" || bail 'travel'
"$local/travel" linux/arm64 "$multi" "$CLOUD_PRIVATE/way/one:1" || bail 'travel'
"$local/travel" docker "$multi" "$CLOUD_PRIVATE/way/docker:1" || bail 'travel'
"$local/travel" all "$single" "$CLOUD_PRIVATE/way/single:1" || bail 'travel'
"$local/travel" oci "$single" "$CLOUD_PRIVATE/way/oci:1" || bail 'travel'
"$local/travel" zstd "$single" "$CLOUD_PRIVATE/way/zstd:1" || bail 'travel'

# What became of them, as skopeo sees it.
raw() {
  skopeo inspect --raw --tls-verify=false "docker://$1"
}
# of REFERENCE JQ-EXPRESSION: of its manifest.
of() {
  raw "$1" | jq -c "$2"
}
digest() {
  raw "$1" | sha256sum | cut -d ' ' -f 1
}
# compared NAME OLD NEW: which of manifest, config and layers are the same.
compared() {
  result=
  [ "$(digest "$2")" = "$(digest "$3")" ] && result="$result manifest"
  [ "$(of "$2" .config.digest)" = "$(of "$3" .config.digest)" ] && result="$result config"
  [ "$(of "$2" '[.layers[].digest]')" = "$(of "$3" '[.layers[].digest]')" ] &&
    result="$result layers"
  is "$result" "$4" "$1"
}
amd64=${multi%:*}@$(of "$multi" '.manifests[0].digest' | tr -d '"')
arm64=${multi%:*}@$(of "$multi" '.manifests[1].digest' | tr -d '"')
is "$(digest "$CLOUD_PRIVATE/way/all:1")" "$(digest "$multi")" 'skopeo copy --all keeps the index'
compared 'skopeo copy of a platform keeps its manifest' "$arm64" "$CLOUD_PRIVATE/way/one:1" \
  ' manifest config layers'
compared 'docker pull, tag, push keeps the config only' "$amd64" "$CLOUD_PRIVATE/way/docker:1" ' config'
compared 'skopeo copy --format oci keeps the layers' "$single" "$CLOUD_PRIVATE/way/oci:1" ' layers'
compared 'with zstd it keeps none of these' "$single" "$CLOUD_PRIVATE/way/zstd:1" ''

# ---- what is not the same

for change in --config.entrypoint=/other --config.env=A=b --config.label=a=b --config.cmd=x \
  --config.user=7 --config.workingdir=/w --config.exposedports=80/tcp --config.volume=/v \
  --config.stopsignal=TERM --architecture=riscv64 --os=freebsd; do
  name=${change%%=*}
  name=${name#--}
  image changed single
  umoci config --image "$layout:changed" "$change"
  push changed "not/${name#config.}:1"
done
# The same of one that had its layers compressed anew: only the diff IDs are left to compare.
skopeo copy -q --all --src-tls-verify=false --dest-tls-verify=false --format oci \
  --dest-compress-format zstd "docker://$CLOUD_PRIVATE/not/entrypoint:1" \
  "docker://$CLOUD_PRIVATE/not/entrypoint-zstd:1"
"$local/oci-layout" set "$layout:changed" os=linux architecture=amd64 variant=v3
push changed not/variant:1
image derived single own
push derived not/derived:1
image sibling base own
push sibling not/sibling:1
push base not/base:1
push sibling same/single:1
push sibling same/multi:1

# ---- the reports

cat >"$tmp/input.txt" <<'END'
multi:1
single:1
END
# shellcheck disable=SC2086 # options
run resolve-digest $MIRRORS -o "$tmp/sources.tsv" "$tmp/input.txt"
exits 0 'the sources are read'
run list-ecr -o "$tmp/ecr.tsv"
exits 0 'the private registry is read'
run list-registry "$CLOUD_PRIVATE/*" -o "$tmp/registry.tsv"
exits 0 'the registry behind it is read'

for inventory in ecr registry; do
  run match-report --tsv="$tmp/report.tsv" "$tmp/sources.tsv" "$tmp/$inventory.tsv"
  exits 0 "$inventory: the report"
  awk -F '\t' 'NR > 1 {
    sub(/.*\//, "", $1); sub(/.*\/us-east-1\//, "", $5); sub(/.*amazonaws.com\//, "", $5)
    print $1, $2, $3, $4, $5 }' "$tmp/report.tsv" >"$tmp/found"
  file_is "$tmp/found" "$inventory: each way has its evidence, and nothing else has any" <<'END'
multi:1 present index linux/amd64 way/all:1
multi:1 present index linux/arm64 way/all:1
multi:1 present manifest linux/arm64 way/one:1
multi:1 present config linux/amd64 way/docker:1
single:1 present manifest linux/amd64 way/single:1
single:1 present layers linux/amd64 way/oci:1
single:1 present diff_ids linux/amd64 way/zstd:1
END
done
is "$(cut -f 1 "$tmp/ecr.tsv" | grep -c -e '/not/' -e '/same/')" 18 \
  'all that is not the same was there to be compared'
is "$(awk -F '\t' '$1 ~ /way\/oci/ { print $15 }' "$tmp/ecr.tsv")" \
  "$(awk -F '\t' '$1 ~ /not\/entrypoint:/ { print $15 }' "$tmp/ecr.tsv")" \
  'some of it with the very same layers'
is "$(awk -F '\t' '$1 ~ /way\/zstd/ { print $16 }' "$tmp/ecr.tsv")" \
  "$(awk -F '\t' '$1 ~ /not\/entrypoint-zstd:/ { print $16 }' "$tmp/ecr.tsv")" \
  'or the very same diff IDs'

# Without the configs the same layers are all there is to see, and they prove nothing.
run list-ecr --no-configs -o "$tmp/ecr.tsv" 'not/entrypoint'
run match-report --tsv="$tmp/report.tsv" "$tmp/sources.tsv" "$tmp/ecr.tsv"
is "$(awk -F '\t' '$1 ~ /single/ { print $2, $3 }' "$tmp/report.tsv")" 'likely layers?' \
  'the same layers, configs not read: likely'
