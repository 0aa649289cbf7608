#!/bin/sh
# What goes wrong in a run is in its report, the report is in the bucket, and the stage fails.

# shellcheck source=tests/peers/pipeline-lib.sh
. "${srcdir:-.}/tests/peers/pipeline-lib.sh"

prebuilt || bail 'no programs in the cache'

# failed NAME: the stage failed in BUILD, and nothing else did; the test report has errors.
failed() {
  exits 1 "$1: the pipeline fails"
  is "$(stage '"\(.status) \([.phases[] | select(.why) | .name])"')" 'Failed ["BUILD"]' \
    "$1: in the stage Validate, by the build alone"
}
# uploaded NAME: the report of this run is in both places.
uploaded() {
  like "$(latest log.txt)" "^s3://$bucket/runs/.*-$(stage .build)/: FAILED: the report says what is unknown" \
    "$1: the log in latest/ says so"
  uploaded_run=$(latest log.txt | sed -n 's/^\(s3:.*\/\): FAILED.*/\1/p')
  latest report.txt >"$tmp/latest.txt"
  aws s3 cp --quiet "${uploaded_run}report.txt" "$tmp/dated.txt"
  is "$(cmp "$tmp/latest.txt" "$tmp/dated.txt" 2>&1)" '' "$1: the report is there, dated and latest"
  is "$(stage '.reports[0].errors > 0')" true "$1: the test report has errors"
}

{ cat "$tmp/input.txt"; echo 'Not//A reference'; } >"$tmp/broken.txt"
execute "$tmp/aws" "$tmp/broken.txt"
failed 'a broken line'
uploaded 'a broken line'
like "$(latest report.txt)" '^	\(unknown: invalid_reference' 'a broken line: the report says so'
like "$(latest report.txt)" '^17 images: 10 present, .* 1 unknown$' 'a broken line: all others are reported'

denied='[{"operation": "*", "region": "eu-central-1", "error": "AccessDeniedException", "message": "not authorized to perform ecr:DescribeRepositories"}]'
control scenario "$denied"
execute "$tmp/aws" "$tmp/input.txt"
failed 'a region that denies'
uploaded 'a region that denies'
like "$(latest report.txt)" '^	\(unknown: 1 row of the inventory failed, first: denied at ' \
  'a region that denies: the report says so'
like "$(latest report.json | jq -r '.inventory.failed[] | "\(.origin) \(.status) \(.detail)"')" \
  'eu-central-1 denied DescribeRepositories: AccessDenied' 'a region that denies: and which'
like "$(latest report.txt)" '^16 images: 9 present, .* 0 absent, [1-9] unknown$' \
  'a region that denies: nothing is called absent, what is elsewhere is present'

like "$(latest known.tsv)" '	123456789012/eu-central-1	' 'a region that denies: what it had stays known'

control scenario '[{"operation": "DescribeImages", "region": "us-east-1", "repository": "base/alpine", "error": "ThrottlingException"}]'
execute --variable LIST_FLAGS=--max-retries=1 "$tmp/aws" "$tmp/input.txt"
failed 'a throttled ECR'
uploaded 'a throttled ECR'
like "$(latest report.txt)" 'rate_limited at 123456789012.dkr.ecr.us-east-1.amazonaws.com/base/alpine' \
  'a throttled ECR: the report says where'

# Nothing could be done: no report, and the last one is not touched.
control scenario '[]'
latest report.txt >"$tmp/before.txt"
printf '# nothing\n' >"$tmp/nothing.txt"
execute --variable LIST_FLAGS=--no-such-option "$tmp/aws" "$tmp/input.txt"
failed 'a run without a report'
is "$(latest report.txt | cmp - "$tmp/before.txt" 2>&1)" '' 'a run without a report: the last one stays'
like "$(latest log.txt)" ': FAILED, and there is no report: what latest/ has of one is of an earlier run$' \
  'a run without a report: the log beside it says so'
like "$(latest log.txt)" 'no-such-option' 'a run without a report: and why'
run_key=$(latest log.txt | sed -n "s|^s3://$bucket/\(.*\)/: FAILED.*|\1|p")
is "$(aws s3 ls "s3://$bucket/$run_key/" | awk '{ print $4 }' | tr '\n' ' ')" 'input.txt log.txt ' \
  'a run without a report: what there is was uploaded'

# What comes before the build is no run: nothing is uploaded, and the stage says where it ended.
sed 's/^  install:/  install:\n    on-failure: ABORT/; s/      - export PROGRAMS/      - exit 7\n&/' \
  "$top_srcdir/buildspec.yml" >"$tmp/buildspec.yml"
mkdir "$tmp/tree"
cp "$tmp/buildspec.yml" "$tmp/tree/"
execute --tree "$tmp/tree" "$tmp/aws" "$tmp/input.txt"
exits 1 'an installation that fails is a failure'
is "$(stage '[.phases[].name] | join(" ")')" 'DOWNLOAD_SOURCE INSTALL' 'and ends the build'

control reset '{}'
execute "$tmp/aws" "$tmp/input.txt"
exits 0 'and the next run succeeds'
is "$(manifests)" 0 'and fetches nothing again that the runs that failed did not see'
is "$(latest known.tsv | wc -l)" 1 'which has not to be kept any more'
like "$(latest log.txt)" ': complete$' 'which latest/ says'
