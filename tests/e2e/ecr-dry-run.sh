#!/bin/sh
# What --dry-run says that list-ecr would call is what it then does call, and is all that it costs.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
cloud_options=--page-size=2
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

python3 "$srcdir/tests/e2e/ecr-images.py" "$CLOUD_PRIVATE" "$CLOUD_ACCOUNT/$CLOUD_REGION" \
  "$CLOUD_CONTROL" >/dev/null || bail "no images"
control archive "{\"repository\":\"app/single\",\"digest\":\"$(list-ecr --no-manifests app/single |
  cut -f 2 | sed -n 2p)\"}"

# called: what was called since the last reset, as the table tells it.
called() {
  pulls=$(control requests | jq '[.[] | select(.operation == "BatchGetImage") | .body.imageIds | length] | add // 0')
  configs=$(calls GetDownloadUrlForLayer)
  printf 'operation\tcalls\tpulls\nDescribeRepositories\t%s\t0\nDescribeImages\t%s\t0\n' \
    "$(calls DescribeRepositories)" "$(calls DescribeImages)"
  printf 'BatchGetImage\t%s\t%s\nGetDownloadUrlForLayer\t%s\t0\ndownload\t%s\t0\n' \
    "$(calls BatchGetImage)" "$pulls" "$configs" "$configs"
}

# foretold NAME OPTION...: --dry-run says what a run with these options calls.
foretold() {
  name=$1
  shift
  control reset ''
  run list-ecr --dry-run "$@"
  exits 0 "$name: it is said what would be called"
  cp "$out" "$tmp/said"
  is "$(calls BatchGetImage) $(calls GetDownloadUrlForLayer) $(control pulls)" '0 0 {}' \
    'after the listing alone'
  control reset ''
  list-ecr "$@" >"$tmp/rows" || bail "list-ecr $*"
  called >"$tmp/called"
  file_is "$tmp/said" 'and that is called' <"$tmp/called"
}

foretold 'without configs' --no-configs
foretold 'without manifests' --no-manifests
foretold 'two repositories' --no-configs app/multi 'app/l*'
list-ecr --no-configs >"$tmp/all.tsv" || bail "no inventory"
foretold 'nothing is new' --no-configs --reuse="$tmp/all.tsv" 'app/[mnlps]*'
awk -F '\t' 'NR == 1 || $2 ~ /[0-9]$/ || $NF == ""' "$tmp/all.tsv" >"$tmp/part.tsv"
foretold 'a part is new' --no-configs --reuse="$tmp/part.tsv" 'app/[mnlps]*' 'charts/*'

control reset ''
run list-ecr --dry-run app/multi
at_most=$(sed -n 's/^GetDownloadUrlForLayer	\([0-9]*\).*/\1/p' "$out")
is "$(sed -n 's/^download	\([0-9]*\).*/\1/p' "$out")" "$at_most" 'a download for each URL'
control reset ''
list-ecr app/multi >/dev/null || bail "list-ecr app/multi"
[ "$(calls GetDownloadUrlForLayer)" -gt 0 ] && [ "$(calls GetDownloadUrlForLayer)" -le "$at_most" ] &&
  ok 'of configs no more are read than is said' || not_ok 'of configs no more are read than is said'

cp "$tmp/part.tsv" "$tmp/kept.tsv"
run list-ecr --dry-run -o "$tmp/kept.tsv" app/multi
cmp -s "$tmp/kept.tsv" "$tmp/part.tsv" && ok 'the output of an earlier run stays' ||
  not_ok 'the output of an earlier run stays'
like "$(cat "$out")" '^BatchGetImage	' 'the table is on standard output'
run list-ecr --dry-run app/nothing app/multi
exits 1 'what fails is told'
like "$(cat "$err")" 'app/nothing: not_found: ' 'in a line'
like "$(cat "$out")" '^BatchGetImage	1	' 'and does not cost the others'
