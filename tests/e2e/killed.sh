#!/bin/sh
# A producer that is killed at any byte, alone in a pipe under a shell without pipefail, with awk
# between or not, never lets a source become absent: the join refuses what is left, or it was whole.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

KILLS=${KILLS:-34} # of each program and each way to the reader

"$top_srcdir/infra/local/cloud" start "$tmp/cloud" || bail 'no local cloud'
defer '"$top_srcdir/infra/local/cloud" stop "$tmp/cloud"'
# shellcheck source=/dev/null
. "$tmp/cloud/env"
push=$top_srcdir/infra/local/push-images
"$push" "$CLOUD_PRIVATE" 2 16 || bail 'no images in the private registry'
"$push" "$CLOUD_SOURCE/quay.io/scale" 1 16 || bail 'no images in the source registry'
for i in 00 01 02 03 04 05 06 07 08 09 10 15; do
  echo "quay.io/scale/many:t000$i"
done >"$tmp/list"

# The producers, as a pipe under dash runs them.
resolve="resolve-digest $MIRRORS $tmp/list"
ecr=list-ecr
registry="list-registry ${CLOUD_PRIVATE%%/*}"

$resolve >"$tmp/sources.tsv" || bail 'resolve-digest failed'
$ecr >"$tmp/ecr.tsv" || bail 'list-ecr failed'
$registry 2>/dev/null >"$tmp/registry.tsv" || bail 'list-registry failed'
for name in ecr registry; do
  match-report --tsv "$tmp/sources.tsv" "$tmp/$name.tsv" >"$tmp/truth-$name.tsv" || bail 'no truth'
  is "$(cut -f 1-2 "$tmp/truth-$name.tsv" | sed 1d | sort -u | cut -f 2 | sort | uniq -c | xargs)" \
    '12 present' "uncut, all 12 sources are present ($name)"
done

# A fixed sequence of numbers below LIMIT.
random() { # SEED COUNT LIMIT
  awk -v seed="$1" -v count="$2" -v limit="$3" \
    'BEGIN { srand(seed); while (count--) printf "%d\n", rand() * limit }'
}

# killed NAME FILE TRUTH COMMAND JOIN: COMMAND writes FILE when it is let; JOIN reads it from a pipe.
killed() {
  name=$1 size=$(wc -c <"$2") truth=$3 command=$4 join=$5
  for filter in '' "| awk -F'\\t' -v OFS='\\t' '{ \$1 = \$1; print }'" \
    "| awk -F'\\t' 'NR == 1 || \$6 == \"ok\" || \$NF == \"\"'"; do
    refused=0 whole=0 wrong=''
    for bytes in $(random "$size" "$KILLS" "$size"); do
      run dash -c "'$builddir/tests/e2e/kill-after' $bytes $command 2>/dev/null $filter | $join"
      if [ "$status" -eq 2 ] && ! [ -s "$out" ]; then
        refused=$((refused + 1))
      elif [ "$status" -eq 0 ] && cmp -s "$out" "$truth"; then
        whole=$((whole + 1))
      else
        wrong="$wrong $bytes"
      fi
    done
    is "$wrong" '' "$name is killed after any number of bytes${filter:+ $filter}"
    diag "$KILLS kills: $refused refused, $whole whole"
    is "$((refused > 0))" 1 "and some of it was cut off${filter:+ $filter}"
  done
}

killed resolve-digest "$tmp/sources.tsv" "$tmp/truth-ecr.tsv" "$resolve" \
  "match-report --tsv - '$tmp/ecr.tsv'"
killed list-ecr "$tmp/ecr.tsv" "$tmp/truth-ecr.tsv" "$ecr" \
  "match-report --tsv '$tmp/sources.tsv' -"
killed list-registry "$tmp/registry.tsv" "$tmp/truth-registry.tsv" "$registry" \
  "match-report --tsv '$tmp/sources.tsv' -"

# The report, too, is visibly cut off: its own last line has no LF, or its last row lacks cells.
cut=''
size=$(wc -c <"$tmp/truth-ecr.tsv")
for bytes in $(random 7 "$KILLS" "$size"); do
  "$builddir/tests/e2e/kill-after" "$bytes" \
    match-report --tsv "$tmp/sources.tsv" "$tmp/ecr.tsv" >"$tmp/part.tsv"
  cmp -s "$tmp/part.tsv" "$tmp/truth-ecr.tsv" && continue
  [ "$(tail -c 1 "$tmp/part.tsv" | wc -l)" -eq 0 ] || cut="$cut $bytes"
done
is "$cut" '' 'a report that is cut off does not end with a whole line'
