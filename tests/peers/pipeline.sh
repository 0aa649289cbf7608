#!/bin/sh
# `make pipeline`: from what a user pushes to the report in the bucket, which is the one that `make
# report` makes; and again, when nothing has to be built or fetched.

# shellcheck source=tests/peers/pipeline-lib.sh
. "${srcdir:-.}/tests/peers/pipeline-lib.sh"

mkdir "$tmp/here"
(cd "$tmp/here" && make -s -f "$top_srcdir/infra/pipeline.mk" report INPUT="$tmp/input.txt" \
  REGION="$regions" RESOLVE_FLAGS="$MIRRORS") >"$tmp/here.log" 2>&1 || bail "$(cat "$tmp/here.log")"
# same NAME: the newest run and latest/ have what make report made.
same() {
  rm -rf "$tmp/bucket"
  aws s3 cp --recursive --quiet "s3://$bucket" "$tmp/bucket"
  for same_file in input.txt inventory.tsv sources.tsv report.txt report.tsv report.json report.xml; do
    cmp "$tmp/here/report/$same_file" "$tmp/bucket/latest/$same_file"
    cmp "$tmp/here/report/$same_file" "$(find "$tmp/bucket/runs" -name "$same_file" | sort | tail -n 1)"
  done >"$tmp/cmp" 2>&1
  is "$(cat "$tmp/cmp")" '' "$1"
}

# actions: adds to $tmp/seen what the last execution asked of ECR and of the bucket of reports.
actions() {
  control calls | jq -r 'keys[] | select(. != "GetBlob") |
    (if . == "AssumeRole" then "sts:" else "ecr:" end) + .' >>"$tmp/seen"
  tail -n +"$((asked + 1))" "$CLOUD_DIR/moto_server.py.log" | sed -n \
    -e "s,.*\"GET /$bucket?list-type=.*,s3:ListBucket,p" \
    -e "s,.*\"GET /$bucket/.*,s3:GetObject,p" \
    -e "s,.*\"P[OU][ST]T* /$bucket/.*,s3:PutObject,p" \
    -e "s,.*\"DELETE /$bucket.*,s3:DeleteObject,p" \
    >>"$tmp/seen"
}

asked=$(wc -l <"$CLOUD_DIR/moto_server.py.log")
control reset '{}'
execute "$tmp/aws" "$tmp/input.txt"
actions
if [ "$status" -eq 0 ]; then
  ok 'the pipeline succeeds'
else
  not_ok 'the pipeline succeeds' "$out"
fi
like "$(cat "$out")" '^ *CCLD +match-report' 'it built the programs'
same 'the report in the bucket is that of make report, byte for byte'
is "$(find "$tmp/bucket/runs" -name report.txt | wc -l)" 1 'under a dated key, too'
like "$(find "$tmp/bucket/runs" -name report.txt)" '/runs/20[0-9]{2}-[0-9]{2}-[0-9]{2}/[0-9]{6}Z-1/report.txt$' \
  'of day, time and number'
like "$(latest log.txt)" "^s3://$bucket/runs/.*: complete$" 'its log says that it is complete'
like "$(latest log.txt)" '^source: ' 'and what was done'
is "$(manifests | awk '{ print ($1 > 0) }')" 1 'it fetched manifests'
is "$(stage '.reports[] | "\(.group) \(.tests) \(.failures) \(.errors)"')" \
  'arn:aws:codebuild:us-east-1:123456789012:report-group/ocidup-images 16 0 0' \
  'the report group has a test for each reference'
aws s3api get-object --bucket "$artifacts" --key "$(stage .artifact.key)" "$tmp/artifact.zip" >"$tmp/got" ||
  bail 'no artifact'
is "$(jq -r .VersionId "$tmp/got")" "$(stage .artifact.version)" 'the artifact has a version'
is "$(/usr/bin/python3 -m zipfile -l "$tmp/artifact.zip" | awk 'NR > 1 { print $1 }' | sort | tr '\n' ' ')" \
  'input.txt inventory.tsv log.txt report.json report.tsv report.txt report.xml sources.tsv ' \
  'and all formats'

asked=$(wc -l <"$CLOUD_DIR/moto_server.py.log")
control reset '{}'
execute "$tmp/aws" "$tmp/input.txt"
actions
exits 0 'a second run succeeds'
is "$(manifests)" 0 'it fetched no manifest and no config again'
is "$(control violations)" '[]' 'and did nothing that ECR would not like'
unlike "$(cat "$out")" '^ *CC' 'it compiled nothing again'
same 'its report is the same'
is "$(find "$tmp/bucket/runs" -name report.txt | wc -l)" 2 'and does not replace the first'

# Another account, whose role wants an external ID.
there=210987654321
role=arn:aws:iam::$there:role/team/ocidup-reader
"$top_srcdir/infra/local/push-images" "$CLOUD_PRIVATE_HOST/$there/us-east-1" 1 2 || bail 'no images'
control role "{\"arn\":\"$role\",\"external_id\":\"acme-images\",\"trusts\":\"123456789012\"}"
asked=$(wc -l <"$CLOUD_DIR/moto_server.py.log")
control reset '{}'
execute --parameter MemberRoleArns="$role" --parameter ExternalId=acme-images "$tmp/aws" "$tmp/input.txt"
actions
exits 0 'a run with another account succeeds'
latest inventory.tsv >"$tmp/members.tsv"
awk -F '\t' '$12 !~ /^'$there'/' "$tmp/members.tsv" >"$tmp/own.tsv"
is "$(cmp "$tmp/own.tsv" "$tmp/here/report/inventory.tsv" 2>&1)" '' 'its inventory has the own account'
is "$(awk -F '\t' '$12 ~ /^'$there'/ { print $12, $6 }' "$tmp/members.tsv")" "$there/us-east-1 ok
$there/us-east-1 ok" 'and what the other one has'
is "$(control requests | jq -r '[.[] | select(.operation == "AssumeRole")] |
  map("\(.account) \(.body.RoleArn) \(.body.ExternalId)") | unique[]')" \
  "123456789012 $role acme-images" 'for which the build assumed the role with its own keys'
control reset '{}'
execute --parameter MemberRoleArns="$role,arn:aws:iam::333333333333:role/ocidup-reader" \
  --parameter ExternalId=acme-images "$tmp/aws" "$tmp/input.txt"
exits 1 'a role that cannot be had fails the stage'
is "$(latest inventory.tsv | awk -F '\t' '$12 ~ /^333/ { print $12, $6 }')" \
  '333333333333/us-east-1 unauthorized
333333333333/eu-central-1 unauthorized' 'its account is a failed row for each region'
is "$(latest inventory.tsv | awk -F '\t' '$12 !~ /^333/' | cmp - "$tmp/members.tsv" 2>&1)" '' \
  'and the others are whole'

awk -F '\t' '$1 == "pipeline.yaml" && $2 == "BuildRole" && $5 == "build" { print $4 }' \
  "$top_srcdir/tests/peers/cfn-actions.tsv" | sort -u >"$tmp/allowed"
sort -u "$tmp/seen" >"$tmp/used"
file_is "$tmp/used" 'the runs used all that the role of the build is allowed, and nothing else' \
  <"$tmp/allowed"
ls -d "$tmp/aws"/codebuild-* >"$tmp/left" 2>/dev/null
is "$(cat "$tmp/left")" '' 'no folder of a build is left'
