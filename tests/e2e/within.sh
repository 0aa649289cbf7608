#!/bin/sh
# Duplicates inside an inventory: images copied by skopeo between the repositories, accounts and
# regions of a registry, and which groups are reported of them; what would be saved is checked against
# what the registry itself says of its blobs.

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
"$local/oci-layout" tar "$layers" "base=$(seq 2000)" "amd64=$(seq 900)" "arm64=$(seq 800)" \
  "app=$(seq 700)" "web=$(seq 600)"

# image TAG FROM ARCH [LAYER]...
image() {
  tag=$1 from=$2 arch=$3
  shift 3
  case $from in
    -) umoci new --image "$layout:$tag" ;;
    *) umoci tag --image "$layout:$from" "$tag" ;;
  esac
  for layer; do
    umoci raw add-layer --image "$layout:$tag" "$layers/$layer.tar"
  done
  umoci config --image "$layout:$tag" --architecture "$arch" --config.cmd "/bin/$tag"
}
skopeo() {
  "$local/clean-skopeo" "$@" || bail "skopeo $*"
}
push() {
  skopeo copy -q --all --dest-tls-verify=false "oci:$layout:$1" "docker://$2"
}
travel() {
  "$local/travel" "$@" || bail "travel $*"
}

image base - amd64 base
image amd64 base amd64 amd64
image arm64 base arm64 arm64
"$local/oci-layout" index "$layout:multi" amd64 arm64
image app base amd64 app
image web base amd64 web

here=$CLOUD_PRIVATE
there=$CLOUD_PRIVATE_HOST/$CLOUD_ACCOUNT/eu-central-1
other=$CLOUD_PRIVATE_HOST/210987654321/us-east-1

# One index in three repositories, one of them in another region; a platform of it in a fourth, of
# another account.
push multi "$here/base/multi:1"
skopeo copy -q --all --src-tls-verify=false --dest-tls-verify=false "docker://$here/base/multi:1" \
  "docker://$here/base/multi:latest"
# ECR tells times in seconds, and the first is the one to keep.
second=$(date +%s)
until [ "$(date +%s)" -gt "$second" ]; do :; done
travel all "$here/base/multi:1" "$here/team/multi:1"
travel all "$here/base/multi:1" "$there/base/multi:1"
travel linux/arm64 "$here/base/multi:1" "$other/base/multi:1"
# An image that was compressed anew on its way, beside one that shares its base.
push app "$here/team/app:1"
travel zstd "$here/team/app:1" "$here/web/app:1"
push web "$here/web/app:2"
# What is in one repository only, however often; and what only shares layers.
push web "$here/web/app:3"
push base "$here/base/base:1"

# The other account has an API, and a key that was made up, of its own; it ends with its input.
mkfifo "$tmp/input"
"$local/local-ecr" --storage "$CLOUD_PRIVATE_STORAGE" --key OTHER:made-up:210987654321 \
  <"$tmp/input" >"$tmp/urls" &
exec 9>"$tmp/input"
defer 'exec 9>&-; wait'
until [ -s "$tmp/urls" ]; do
  kill -0 $! 2>/dev/null || bail 'local-ecr does not start'
done
run list-ecr --region=us-east-1,eu-central-1 -o "$tmp/one.tsv"
exits 0 'two regions are listed'
AWS_ACCESS_KEY_ID=OTHER AWS_SECRET_ACCESS_KEY=made-up \
  run list-ecr --endpoint-url="$(jq -r .api "$tmp/urls")" -o "$tmp/two.tsv"
exits 0 'and another account'

# ---- what a registry has of each blob, and so what would be saved

# blobs REFERENCE: "DIGEST SIZE" of config and layers, over all platforms.
blobs() {
  skopeo inspect --raw --tls-verify=false "docker://$1" >"$tmp/raw"
  if jq -e .manifests "$tmp/raw" >/dev/null; then
    for digest in $(jq -r '.manifests[].digest' "$tmp/raw"); do
      blobs "${1%:*}@$digest"
    done
  else
    jq -r '.config, .layers[] | "\(.digest) \(.size)"' "$tmp/raw"
  fi
}
# bytes REFERENCE [STAYS]: of its blobs, without those that STAYS in the same repository has.
bytes() {
  blobs "$1" | sort -u >"$tmp/goes"
  : >"$tmp/stays"
  [ $# -eq 1 ] || blobs "$2" | sort -u >"$tmp/stays"
  comm -23 "$tmp/goes" "$tmp/stays" | awk '{ sum += $2 } END { print sum + 0 }'
}
team=$(bytes "$here/team/multi:1")
region=$(bytes "$there/base/multi:1")
account=$(bytes "$other/base/multi:1")
# The base is compressed anew, too: nothing is shared with what stays there but what is the same.
app=$(bytes "$here/web/app:1" "$here/web/app:2")
for size in "$team" "$region" "$account" "$app"; do
  [ "$size" -gt 1000 ] || bail 'no blobs'
done

run match-report --within --tsv="$tmp/within.tsv" --json="$tmp/within.json" --text="$tmp/within.txt" \
  --html="$tmp/within.html" \
  "$tmp/one.tsv" "$tmp/two.tsv"
exits 0 'duplicates'
silent 'without a note'

ours=$CLOUD_HOST
euro=$CLOUD_ACCOUNT.dkr.ecr.eu-central-1.amazonaws.com
theirs=210987654321.dkr.ecr.us-east-1.amazonaws.com
cut -f 1-5,10 "$tmp/within.tsv" | sed 1d | sed "s/$ours/OURS/; s/$euro/EURO/; s/$theirs/THEIRS/" |
  LC_ALL=C sort >"$tmp/found"
sort >"$tmp/want" <<END
GROUP1 OURS/base/multi:1 keep - linux/amd64,linux/arm64 -
GROUP1 OURS/base/multi:latest keep - linux/amd64,linux/arm64 -
GROUP1 OURS/team/multi:1 duplicate index linux/amd64,linux/arm64 $team
GROUP1 EURO/base/multi:1 duplicate index linux/amd64,linux/arm64 $region
GROUP1 THEIRS/base/multi:1 duplicate manifest linux/arm64 $account
GROUP2 OURS/team/app:1 keep - linux/amd64 -
GROUP2 OURS/web/app:1 duplicate EVIDENCE linux/amd64 $app
END
evidence=$(awk -F '\t' '$2 ~ /web\/app:1$/ { print $4 }' "$tmp/within.tsv")
like "$evidence" '^(config|diff_ids)$' 'the one that was compressed anew is known by what is in it'
sed "s/GROUP//; s/EVIDENCE/$evidence/" "$tmp/want" | tr ' ' '\t' | LC_ALL=C sort >"$tmp/known"
file_is "$tmp/found" 'the groups, and what the registry says that they cost' <"$tmp/known"
is "$(jq -c '.summary' "$tmp/within.json")" \
  "{\"groups\":2,\"duplicates\":4,\"saved\":$((team + region + account + app)),\"uncounted\":0}" \
  'the sum'
like "$(cat "$tmp/within.txt")" "^	$theirs/base/multi:1	manifest	linux/arm64$" 'as text'
is "$(grep -c '<th scope="rowgroup"' "$tmp/within.html")" 2 'as a page'
is "$(jq -r '.inventory | "\(.images) \(.repositories) \(.without_config)"' "$tmp/within.json")" \
  "10 7 0" 'what was read'

# ---- it does not depend on files and order

{ IFS= read -r header && printf '%s\n' "$header" && LC_ALL=C sort -r; } <"$tmp/one.tsv" >"$tmp/sorted.tsv"
cat "$tmp/two.tsv" "$tmp/sorted.tsv" | match-report --within --json - >"$tmp/again.json"
file_is "$tmp/again.json" 'in another order, as one stream: the same bytes' <"$tmp/within.json"
run match-report --within --json="$tmp/again.json" "$tmp/two.tsv" "$tmp/one.tsv" "$tmp/two.tsv"
file_is "$tmp/again.json" 'and with rows that come twice' <"$tmp/within.json"
run list-registry "$CLOUD_PRIVATE_HOST/*" -o "$tmp/registry.tsv"
run match-report --within --tsv="$tmp/registry" --json="$tmp/again.json" "$tmp/registry.tsv"
# It does not say when what was pushed, so another copy is kept: the first by name.
is "$(cut -f 1,5,7,8 "$tmp/registry" | LC_ALL=C sort)" \
  "$(cut -f 1,5,7,8 "$tmp/within.tsv" | LC_ALL=C sort)" 'the registry behind it: the same groups'
is "$(jq -c .summary "$tmp/again.json")" "$(jq -c .summary "$tmp/within.json")" 'and the same sum'

# ---- what cannot be read, and wrong usage

{ cat "$tmp/one.tsv" &&
  awk -F '\t' -v OFS='\t' 'NR == 2 {
    for (i = 1; i <= NF; i++) $i = "-"
    $1 = "x.example"; $6 = "denied"; $NF = "no access"; print }' "$tmp/one.tsv"; } >"$tmp/failed.tsv"
run match-report --within "$tmp/failed.tsv"
exits 1 'a row that failed'
like "$(cat "$out")" '; 1 row could not be read$' 'is told'
like "$(cat "$err")" '^match-report: 1 row of the inventory could not be read$' 'on stderr, too'
run list-ecr --no-configs -o "$tmp/plain.tsv"
run match-report --within "$tmp/plain.tsv"
exits 0 'configs that were not read'
like "$(cat "$err")" '^match-report: [0-9]+ of [0-9]+ inventory images had no config read: ' 'are told'
run match-report --within
exits 2 'no inventory'
like "$(cat "$err")" '^match-report: an INVENTORY is missing' 'which is said'
for option in --junit --missing --map --platform=linux/amd64 --base --names --fail-if=absent; do
  run match-report --within "$option" "$tmp/one.tsv"
  exits 2 "--within does not go with $option"
  name=${option%%=*}
  like "$(cat "$err")" "^match-report: $name is about sources, and --within has none" 'which is said'
done
for column in platforms size layer_sizes layers; do
  awk -F '\t' -v OFS='\t' -v name="$column" '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) $i = "other" } { print }' "$tmp/one.tsv" \
    >"$tmp/lacks.tsv"
  run match-report --within "$tmp/lacks.tsv"
  exits 2 "the column $column is needed"
done
run match-report --within -o "$tmp/one.tsv" "$tmp/one.tsv"
exits 2 'the report does not replace its input'
