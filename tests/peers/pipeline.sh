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
  for same_file in input.txt inventory.tsv sources.tsv report.txt report.tsv report.json report.html report.xml; do
    cmp "$tmp/here/report/$same_file" "$tmp/bucket/latest/$same_file"
    cmp "$tmp/here/report/$same_file" "$(find "$tmp/bucket/runs" -name "$same_file" | sort | tail -n 1)"
  done >"$tmp/cmp" 2>&1
  is "$(cat "$tmp/cmp")" '' "$1"
}

# actions: adds to $tmp/seen what the last execution asked of ECR and of the bucket of reports.
actions() {
  control calls | jq -r 'keys[] | select(. != "GetBlob") | "ecr:" + .' >>"$tmp/seen"
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
  'input.txt inventory.tsv log.txt report.html report.json report.tsv report.txt report.xml sources.tsv ' \
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
awk -F '\t' '$1 == "pipeline.yaml" && $2 == "BuildRole" && $4 == "build" && $3 != "sts:AssumeRole" {
  print $3 }' "$top_srcdir/tests/peers/cfn-actions.tsv" | sort >"$tmp/allowed"
sort -u "$tmp/seen" >"$tmp/used"
file_is "$tmp/used" 'the two runs used all that the role of the build is allowed, and nothing else' \
  <"$tmp/allowed"
ls -d "$tmp/aws"/codebuild-* >"$tmp/left" 2>/dev/null
is "$(cat "$tmp/left")" '' 'no folder of a build is left'
