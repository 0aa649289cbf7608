#!/bin/sh
# list-ecr tells everything that ECR has, once, and costs no call that is not needed.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

columns='image digest platform manifest_digest config_digest status size media_type platforms origin'
here=$CLOUD_ACCOUNT/$CLOUD_REGION
there=$CLOUD_ACCOUNT/eu-central-1
python3 "$srcdir/tests/e2e/ecr-images.py" "$CLOUD_PRIVATE" "$here" "$CLOUD_CONTROL" \
  >"$tmp/want" || bail "no images"
# Another region's, behind it.
python3 - "$CLOUD_PRIVATE_HOST/$there" "$there" >"$tmp/want-there" <<END || bail "no images there"
import runpy, sys
images = runpy.run_path("$srcdir/tests/e2e/ecr-images.py", run_name="images")
place = images["Place"](sys.argv[1], sys.argv[2], None)
place.push("app/there", images["image"]("there", "amd64"), "1")
place.print()
END
[ -s "$tmp/want" ] && [ -s "$tmp/want-there" ] || bail "nothing was pushed"

# same FILE WANT NAME: FILE's columns are those of WANT.
same() {
  # shellcheck disable=SC2086 # names
  rows "$1" $columns >"$tmp/.rows"
  file_is "$tmp/.rows" "$3" <"$2"
}

control reset ''
run list-ecr -o "$tmp/inventory.tsv"
exits 0 'everything is listed'
silent 'and there is nothing to say'
same "$tmp/inventory.tsv" "$tmp/want" 'each image is told once a tag, or by its digest; each once only'
repositories=$(cut -f 1 "$tmp/want" | sed 's/[@:].*//' | sort -u | grep -c .)
is "$(calls DescribeRepositories)" 1 'one call for the repositories'
is "$(calls DescribeImages)" "$repositories" 'one a repository for its images'
# Those with active images; an index has no child that is not listed.
is "$(calls BatchGetImage)" "$((repositories - 3))" 'one for the manifests of each that is not archived'
control requests | jq -r '.[] | select(.operation == "BatchGetImage") | .body.imageIds[].imageDigest as $d
  | "\(.body.repositoryName) \($d)"' | sort >"$tmp/fetched"
is "$(uniq -d "$tmp/fetched")" '' 'no manifest was fetched twice'
is "$(control requests | jq -r '[.[] | select(.operation == "GetDownloadUrlForLayer")
  | "\(.body.repositoryName) \(.body.layerDigest)"] | length == (unique | length)')" true \
  'and no config'
is "$(control requests | jq -r '[.[] | select(.operation == "GetDownloadUrlForLayer" and
  (.body.repositoryName | startswith("charts/")))] | length')" 0 'the configs of artifacts were not'
is "$(control violations)" '[]' 'ECR has nothing to complain of'
is "$(rows "$tmp/inventory.tsv" status settings | sed -n 's/^ok	//p' | grep -vc '^sha256:[0-9a-f]*$')" 0 \
  'every image has its settings'
is "$(rows "$tmp/inventory.tsv" pushed | grep -vcE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$')" 0 \
  'and the time when it was pushed'

control reset ''
run list-ecr --reuse "$tmp/inventory.tsv" -o "$tmp/again.tsv" 'app/[mnlps]*' 'charts/*'
exits 0 'it can be reused'
grep -E '^image|/app/[mnlps]|/charts/' "$tmp/inventory.tsv" >"$tmp/part.tsv"
file_is "$tmp/again.tsv" 'and gives the same file' <"$tmp/part.tsv"
is "$(calls BatchGetImage) $(calls GetDownloadUrlForLayer)" '0 0' 'without fetching anything'

cp "$tmp/inventory.tsv" "$tmp/over.tsv"
run list-ecr --reuse "$tmp/over.tsv" -o "$tmp/over.tsv"
exits 0 'the output may be what is reused'
cmp -s "$tmp/over.tsv" "$tmp/inventory.tsv" && ok 'it is the same then' || not_ok 'it is the same then'

# What was an image with its config may be archived later.
grep -E '^image|/app/multi:v1' "$tmp/inventory.tsv" >"$tmp/old.tsv"
multi=$(rows "$tmp/old.tsv" digest | head -n 1)
control archive "{\"repository\":\"app/multi\",\"digest\":\"$multi\"}"
control reset ''
run list-ecr --reuse "$tmp/old.tsv" app/multi
is "$(rows "$out" image platform status config_digest | grep ':v1')" \
  "$(rows "$tmp/old.tsv" image platform status config_digest | sed 's/	ok	/	archived	/')" \
  'of an image that was archived since, what is known is told'
is "$(rows "$out" image status | grep -c '@.*archived')" 0 'and what it lists is not told on its own'
control activate "{\"repository\":\"app/multi\",\"digest\":\"$multi\"}"

control reset ''
run list-ecr --no-configs app/multi app/single
exits 0 'configs can be left out'
is "$(calls GetDownloadUrlForLayer) $(calls BatchGetImage)" '0 2' 'then none is fetched'
is "$(rows "$out" settings diff_ids | sort -u)" '-	-' 'and nothing is told of them'
cp "$out" "$tmp/without.tsv"
control reset ''
run list-ecr --no-configs --reuse "$tmp/without.tsv" app/multi app/single
file_is "$out" 'a listing without configs can be reused for another' <"$tmp/without.tsv"
is "$(calls BatchGetImage)" 0 'without a call'
run list-ecr --reuse "$tmp/without.tsv" app/multi app/single
grep -E '^image|/app/(multi|single)' "$tmp/inventory.tsv" >"$tmp/part.tsv"
file_is "$out" 'and is no substitute for one with configs' <"$tmp/part.tsv"

control reset ''
run list-ecr --no-manifests
exits 0 'manifests can be left out'
is "$(calls GetDownloadUrlForLayer) $(calls BatchGetImage)" '0 0' 'then nothing is pulled'
is "$(control pulls)" '{}' 'in ECR'"'"'s eyes too'
multi=$CLOUD_HOST/app/multi
is "$(rows "$out" image digest platform manifest_digest status size platforms | grep "$multi:v1")" \
  "$(rows "$tmp/inventory.tsv" image digest size | awk -F '\t' -v OFS='\t' -v image="$multi:v1" \
    '$1 == image { if ($3 > size) size = $3; digest = $2 }
     END { print image, digest, "-", "-", "ok", size, "-" }')" \
  'an index has no manifest digest then'
single=$CLOUD_HOST/app/single:1
is "$(rows "$out" image digest manifest_digest status | grep "^$single	")" \
  "$(rows "$tmp/inventory.tsv" image digest manifest_digest status | grep "^$single	")" \
  'an image has its own'
is "$(rows "$out" image status | grep -c '/charts/helm:1.0	artifact')" 1 'an artifact is one'
is "$(rows "$out" status | grep -c archived)" "$(cut -f 6 "$tmp/want" | grep -c archived)" \
  'what is archived is'
cp "$out" "$tmp/without.tsv"
run list-ecr --reuse "$tmp/without.tsv"
file_is "$out" 'and such a listing does not pass for a whole one' <"$tmp/inventory.tsv"

# ---- which repositories, which regions

run list-ecr app/nested app/list app/nested
exits 0 'repositories can be named'
grep -E '/app/(nested|list)' "$tmp/want" >"$tmp/part"
same "$out" "$tmp/part" 'each is told once, in the order of names'
control reset ''
run list-ecr app/single app/nothing app/list
exits 1 'a name that is missing is a failed row'
like "$(cat "$err")" "^list-ecr: $CLOUD_HOST/app/nothing: not_found: " 'said in one line'
is "$(rows "$out" image status origin digest | grep not_found)" \
  "$CLOUD_HOST/app/nothing	not_found	$here	-" 'and does not cost the others'
grep -E '/app/(single|list)' "$tmp/want" >"$tmp/part"
grep -v not_found "$out" >"$tmp/found.tsv"
same "$tmp/found.tsv" "$tmp/part" 'which are all there'
is "$(calls DescribeRepositories)" 4 'at the cost of asking each by its name'
control reset ''
run list-ecr app/single app/list
is "$(calls DescribeRepositories)" 1 'names that are all there take one call'
is "$(control requests | jq -c '[.[] | select(.operation == "DescribeRepositories") | .body]')" \
  '[{"repositoryNames":["app/single","app/list"]}]' 'for them alone'
run list-ecr 'ap*/si?gle' 'nothing-*'
exits 1 'a pattern that nothing matches is a failed row'
is "$(rows "$out" image status detail | grep -v ok)" \
  "$CLOUD_HOST	not_found	no repository matches nothing-*" 'that names it'
run list-ecr Wrong//Name app/single
exits 1 'what cannot be a name is a failed row'
is "$(rows "$out" image status | tail -n 1)" "$CLOUD_HOST/Wrong//Name	invalid_reference" 'of its own'

run list-ecr "--region=eu-central-1,$CLOUD_REGION" --region=eu-central-1
exits 0 'several regions can be listed'
cat "$tmp/want-there" "$tmp/want" >"$tmp/both"
same "$out" "$tmp/both" 'in the order in which they are given, each once'
run list-ecr --region=ap-south-1
exits 0 'a region without a repository is no failure'
is "$(wc -l <"$out")" 1 'and gives no row'
run list-ecr --registry-id="$CLOUD_ACCOUNT" app/single
exits 0 'the account can be named'
is "$(control requests | jq -r '.[-1].body.registryId')" null 'a download carries nothing of it'
is "$(control requests | jq -r '[.[] | select(.operation == "BatchGetImage")][-1].body.registryId')" \
  "$CLOUD_ACCOUNT" 'every call does'
run list-ecr --registry-id=210987654321
exits 1 'one that is not ours is refused'
is "$(rows "$out" image status origin)" \
  "210987654321.dkr.ecr.$CLOUD_REGION.amazonaws.com	denied	210987654321/$CLOUD_REGION" \
  'in a row that names it'
