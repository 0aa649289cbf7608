#!/bin/sh
# crane, a registry client of others, gives the digests that our programs give, for the demo's images:
# of references, and of the configs behind them.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

crane=$builddir/peers/crane
"$top_srcdir/infra/local/make-images" "$tmp/input.txt" || bail 'no images'

# ask FILE HOST PREFIX: what crane says of the images of FILE (image, digest, manifest_digest,
# config_digest, below HOST) that it asks for below PREFIX; in FILE's form.
ask() {
  while IFS='	' read -r image digest manifest config; do
    there=$3${image#"$2"}
    digest=$("$crane" digest --insecure "$there") || digest=failed
    case $image in
      *@*) repository=${there%@*} ;;
      *) repository=${there%:*} ;;
    esac
    config=$("$crane" config --insecure "$repository@$manifest" | sha256sum | cut -d ' ' -f 1)
    printf '%s\t%s\t%s\tsha256:%s\n' "$image" "$digest" "$manifest" "$config"
  done <"$1"
}

# shellcheck disable=SC2086 # options
run resolve-digest $MIRRORS "$tmp/input.txt"
exits 1 'the references are resolved, but one'
awk -F '\t' '$6 == "ok" || $6 == "artifact"' "$out" | cut -f 1,2,4,5 | sort -u >"$tmp/ours"
[ "$(wc -l <"$tmp/ours")" -ge 20 ] || bail 'too few references'
ask "$tmp/ours" '' "$CLOUD_SOURCE/" >"$tmp/theirs"
file_is "$tmp/ours" 'crane finds the same digests and configs behind them' <"$tmp/theirs"
run "$crane" digest --insecure "$CLOUD_SOURCE/docker.io/library/ghost:5"
is "$((status != 0))" 1 'and cannot find the one either'

run list-ecr
exits 0 'the private registry is listed'
awk -F '\t' '$6 == "ok" || $6 == "artifact"' "$out" | cut -f 1,2,4,5 | sort -u >"$tmp/ours"
[ "$(wc -l <"$tmp/ours")" -ge 20 ] || bail 'too few images'
ask "$tmp/ours" "$CLOUD_HOST" "$CLOUD_PRIVATE" >"$tmp/theirs"
file_is "$tmp/ours" 'crane finds the same there' <"$tmp/theirs"
