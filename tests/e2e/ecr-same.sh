#!/bin/sh
# How many calls are under way, and when it is killed, make no difference to what list-ecr leaves.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
cloud_options=--page-size=3
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

python3 "$srcdir/tests/e2e/ecr-images.py" "$CLOUD_PRIVATE" "$CLOUD_ACCOUNT/$CLOUD_REGION" \
  "$CLOUD_CONTROL" >/dev/null || bail "no images"
"$top_srcdir/infra/local/push-images" "$CLOUD_PRIVATE" 6 40 || bail "no more images"

run list-ecr --jobs=1 -o "$tmp/one.tsv"
exits 0 'one call at a time'
awk 'NR == 1 || NR % 4 != 0 || $NF == ""' "$tmp/one.tsv" >"$tmp/part.tsv"
for jobs in 1 2 256; do
  run list-ecr --jobs="$jobs"
  file_is "$out" "$jobs at a time give the same file" <"$tmp/one.tsv"
  run list-ecr --jobs="$jobs" --reuse="$tmp/one.tsv"
  file_is "$out" 'with all of it reused' <"$tmp/one.tsv"
  run list-ecr --jobs="$jobs" --reuse="$tmp/part.tsv"
  file_is "$out" 'and with a part' <"$tmp/one.tsv"
done

# Killed when it has told so many bytes of what it does.
run list-ecr -vv --reuse="$tmp/part.tsv" -o "$tmp/whole.tsv"
length=$(wc -c <"$err")
old=0 new=0 other=0
for part in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  cp "$tmp/part.tsv" "$tmp/both.tsv"
  "$builddir/tests/e2e/kill-after" "$((length * part / 20 + 1))" sh -c \
    "exec list-ecr -vv --reuse='$tmp/both.tsv' -o '$tmp/both.tsv' 2>&1" >/dev/null
  if cmp -s "$tmp/both.tsv" "$tmp/part.tsv"; then
    old=$((old + 1))
  elif cmp -s "$tmp/both.tsv" "$tmp/one.tsv"; then
    new=$((new + 1))
  else
    other=$((other + 1))
  fi
done
diag "$old old, $new new"
is "$other" 0 'killed at any moment, the file that it reuses and writes is the old or the new one'
[ "$old" -gt 10 ] && ok 'it was killed in the middle' || not_ok 'it was killed in the middle'
