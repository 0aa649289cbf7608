#!/bin/sh
# A large registry: 2,001 repositories, one of them with 2,001 images. The listing is complete, costs
# the calls that ECR's page and batch sizes give and no more, and next to none the second time.

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
"$local/push-images" --storage "$CLOUD_PRIVATE_STORAGE" "$CLOUD_PRIVATE" 2001 2001 ||
  bail 'no images'

run list-ecr --no-configs -o "$tmp/one.tsv"
exits 0 'the listing succeeds'
is "$(wc -l <"$tmp/one.tsv" | tr -d ' ')" 4002 'a header, 2,000 images and 2,001 images'
is "$(cut -f 6 "$tmp/one.tsv" | sort | uniq -c | tr -s ' \n' ' ')" ' 4001 ok 1 status ' \
  'all of them are whole'
# Repositories: pages of 1,000. Images: a page each, and 3 for the large one. Manifests: a batch each,
# and 21 of 100 for the large one.
is "$(curl -s "$CLOUD_CONTROL/calls" | jq -cS .)" \
  '{"BatchGetImage":2021,"DescribeImages":2003,"DescribeRepositories":3}' \
  'the calls that arithmetic gives'
is "$(tail -n +2 "$tmp/one.tsv" | cut -f 1 | sort | uniq -d)" '' 'no image comes twice'
is "$(tail -n +2 "$tmp/one.tsv" | cut -f 1 | sed 's/.*amazonaws.com.//; s/:.*//' | uniq | tr '\n' ' ')" \
  "many $(awk 'BEGIN { for (i = 0; i < 2000; i++) printf "r%05d ", i }')" \
  'repositories in the order of their names'

curl -s -o "$out" -d '' "$CLOUD_CONTROL/reset"
run list-ecr --no-configs --reuse="$tmp/one.tsv" -o "$tmp/two.tsv"
exits 0 'with the listing as a cache'
if cmp -s "$tmp/one.tsv" "$tmp/two.tsv"; then
  ok 'the same file comes out'
else
  not_ok 'the same file comes out'
fi
is "$(curl -s "$CLOUD_CONTROL/calls" | jq -cS .)" '{"DescribeImages":2003,"DescribeRepositories":3}' \
  'and no image is touched'

curl -s -o "$out" -d '' "$CLOUD_CONTROL/reset"
run list-ecr --no-configs many -o "$tmp/many.tsv"
is "$(curl -s "$CLOUD_CONTROL/calls" | jq -cS .)" \
  '{"BatchGetImage":21,"DescribeImages":3,"DescribeRepositories":1}' 'one repository by name'
is "$(curl -s "$CLOUD_CONTROL/violations")" '[]' 'nothing was asked as it must not be'
