#!/bin/sh
# What is listed on which page makes no difference: a server whose pages hold two.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
cloud_options=--page-size=2
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

here=$CLOUD_ACCOUNT/$CLOUD_REGION
python3 "$srcdir/tests/e2e/ecr-images.py" "$CLOUD_PRIVATE" "$here" "$CLOUD_CONTROL" \
  >"$tmp/want" || bail "no images"
run list-ecr -o "$tmp/inventory.tsv"
exits 0 'everything is listed'
rows "$tmp/inventory.tsv" image digest platform manifest_digest config_digest status size media_type \
  platforms origin >"$tmp/rows"
file_is "$tmp/rows" 'all of it, once' <"$tmp/want"
control reset ''
run list-ecr --reuse "$tmp/inventory.tsv"
file_is "$out" 'and again' <"$tmp/inventory.tsv"
is "$(control requests | jq -r '.[] | select(.operation == "BatchGetImage") | .body.repositoryName')" \
  old/half 'fetching nothing but an index that is archived in part: what it lists may come before it'

"$top_srcdir/infra/local/push-images" "$CLOUD_PRIVATE" 2 250 || bail "no more images"
control reset ''
run list-ecr many -o "$tmp/many.tsv"
exits 0 'many pages are read to the last'
is "$(rows "$tmp/many.tsv" image status | sort -u | grep -c '	ok$')" 250 'for every image'
is "$(calls DescribeImages)" 125 'page by page'
is "$(control requests | jq -c '[.[] | select(.operation == "BatchGetImage") | .body.imageIds | length] | sort')" \
  '[50,100,100]' 'and full batches'
awk 'NR % 10 != 5' "$tmp/many.tsv" >"$tmp/part.tsv"
control reset ''
run list-ecr --reuse "$tmp/part.tsv" many
file_is "$out" 'what is new is added' <"$tmp/many.tsv"
is "$(control requests | jq -c '[.[] | select(.operation == "BatchGetImage") | .body.imageIds | length]')" \
  '[25]' 'in one batch'
is "$(calls GetDownloadUrlForLayer)" 25 'with its configs alone'

# Manifests as large as a registry takes: five in one answer are more than list-ecr takes.
python3 - "$CLOUD_PRIVATE" "$here" >"$tmp/large" <<END || bail "no large images"
import runpy, sys
images = runpy.run_path("$srcdir/tests/e2e/ecr-images.py", run_name="images")
place = images["Place"](sys.argv[1], sys.argv[2], None)
for name in "abcde":
    place.push("large", images["image"](name, "amd64", padding="x" * 3_900_000), name)
place.print()
END
control reset ''
run list-ecr large
exits 0 'an answer that is too large is no failure'
rows "$out" image digest platform manifest_digest config_digest status size media_type \
  platforms origin >"$tmp/rows"
file_is "$tmp/rows" 'everything is there' <"$tmp/large"
is "$(control requests | jq -c '[.[] | select(.operation == "BatchGetImage") | .body.imageIds | length]')" \
  '[5,2,3]' 'it was asked for again, in halves'
