#!/bin/sh
# `make pipeline` in a clean clone: from what a user pushes to the report in the bucket, which is the
# one that `make report` makes. Then again, when nothing has to be built or fetched; with another
# account; and whether all that was asked for is what the policies allow.

# The images are made by `make pipeline`.
peers_images=no
# shellcheck source=tests/peers/pipeline-lib.sh
. "${srcdir:-.}/tests/peers/pipeline-lib.sh"

mkdir "$tmp/asked"
runs=0
# start_run, end_run RESULT: between them somebody runs the pipeline; for cfn-policy.py.
start_run() {
  runs=$((runs + 1))
  run_from=$(wc -l <"$CLOUD_DIR/moto_server.py.log")
  control reset '{}'
}
end_run() {
  cp "$1" "$tmp/asked/$runs.json" || bail 'no result of the run'
  tail -n +"$((run_from + 1))" "$CLOUD_DIR/moto_server.py.log" >"$tmp/asked/$runs.moto"
  control requests >"$tmp/asked/$runs.ecr"
}

# What README says, but for the installation of packages and peers, which are here already.
clone "$tmp/clone" || bail 'no clone'
mkdir -p "$tmp/clone/peers"
ln -s "$builddir/peers/python" "$tmp/clone/peers/python"
(cd "$tmp/clone" && git init -q && ./bootstrap --no-install --no-build && touch peers/python.stamp) \
  >"$tmp/bootstrap.log" 2>&1 || bail "no build system: $(tail -n 3 "$tmp/bootstrap.log")"
start_run
run make -C "$tmp/clone" pipeline
end_run "$tmp/clone/pipeline/result.json"
mv "$out" "$tmp/made.log"
if [ "$status" -eq 0 ]; then ok 'make pipeline succeeds'; else not_ok 'make pipeline succeeds' "$tmp/made.log"; fi
like "$(cat "$tmp/made.log")" '^ *CCLD +match-report' 'it built the programs'
like "$(cat "$tmp/made.log")" '^The cache has no programs that start here' 'and said why'
like "$(cat "$tmp/made.log")" '^16 images: 10 present, ' 'it shows the report'
like "$(cat "$tmp/made.log")" "is in $tmp/clone/pipeline/: latest/ and runs/" 'and says where it is'
cp "$tmp/clone/pipeline/result.json" "$tmp/result.json"
cp "$tmp/clone/pipeline/latest/input.txt" "$tmp/input.txt" || bail 'no list'
is "$(grep -Evc '^(#|$)' "$tmp/input.txt")" 16 'from the list of the demo'

mkdir "$tmp/here"
(cd "$tmp/here" && make -s -f "$top_srcdir/infra/pipeline.mk" report INPUT="$tmp/input.txt" \
  REGION="$regions" RESOLVE_FLAGS="$MIRRORS") >"$tmp/here.log" 2>&1 || bail "$(cat "$tmp/here.log")"
# same NAME: the newest run and latest/ have what make report made. (The page says by which version,
# and what CodePipeline unpacks knows no commit.)
same() {
  rm -rf "$tmp/bucket"
  aws s3 cp --recursive --quiet "s3://$bucket" "$tmp/bucket"
  find "$tmp/bucket" "$tmp/here/report" "$tmp/clone/pipeline" -name report.html \
    -exec sed -i 's/ocidup [0-9][0-9.]*~[a-z0-9.]*[a-z0-9]/ocidup/' {} +
  for same_file in input.txt inventory.tsv sources.tsv report.txt report.tsv report.json report.html report.xml; do
    cmp "$tmp/here/report/$same_file" "$tmp/bucket/latest/$same_file"
    cmp "$tmp/here/report/$same_file" "$(find "$tmp/bucket/runs" -name "$same_file" | sort | tail -n 1)"
  done >"$tmp/cmp" 2>&1
  is "$(cat "$tmp/cmp")" '' "$1"
}

same 'the report in the bucket is that of make report, byte for byte'
is "$(diff -r "$tmp/bucket/latest" "$tmp/clone/pipeline/latest" 2>&1)" '' 'and what make pipeline leaves here'
is "$(find "$tmp/bucket/runs" -name report.txt | wc -l)" 1 'under a dated key, too'
like "$(find "$tmp/bucket/runs" -name report.txt)" '/runs/20[0-9]{2}-[0-9]{2}-[0-9]{2}/[0-9]{6}Z-1/report.txt$' \
  'of day, time and number'
like "$(latest log.txt)" "^s3://$bucket/runs/.*: complete$" 'its log says that it is complete'
like "$(latest log.txt)" '^source: ' 'and what was done'
is "$(jq '[.[] | select(.operation == "BatchGetImage")] | length > 0' "$tmp/asked/1.ecr")" true \
  'it fetched manifests'
is "$(stage '.reports[] | "\(.group) \(.tests) \(.failures) \(.errors)"')" \
  'arn:aws:codebuild:us-east-1:123456789012:report-group/ocidup-images 16 0 0' \
  'the report group has a test for each reference'
aws s3api get-object --bucket "$artifacts" --key "$(stage .artifact.key)" "$tmp/artifact.zip" >"$tmp/got" ||
  bail 'no artifact'
is "$(jq -r .VersionId "$tmp/got")" "$(stage .artifact.version)" 'the artifact has a version'
is "$(/usr/bin/python3 -m zipfile -l "$tmp/artifact.zip" | awk 'NR > 1 { print $1 }' | sort | tr '\n' ' ')" \
  'input.txt inventory.tsv known.tsv log.txt report.html report.json report.tsv report.txt report.xml sources.tsv ' \
  'and all formats'

# The cache of the build has the programs, and the bucket what they found; all else is new.
start_run
execute "$tmp/aws" "$tmp/input.txt"
end_run "$tmp/result.json"
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
start_run
execute --parameter MemberRoleArns="$role" --parameter ExternalId=acme-images "$tmp/aws" "$tmp/input.txt"
end_run "$tmp/result.json"
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
  '333333333333/us-east-1 denied
333333333333/eu-central-1 denied' 'its account is a failed row for each region'
is "$(latest inventory.tsv | awk -F '\t' '$12 !~ /^333/' | cmp - "$tmp/members.tsv" 2>&1)" '' \
  'and the others are whole'

# policy FOLDER: what cfn-policy.py says of the runs in it.
policy() {
  "$peers_python" "$top_srcdir/tests/peers/cfn-policy.py" "$top_srcdir" "$1" Regions="$regions" \
    MemberRoleArns="$role" ExternalId=acme-images
}
policy "$tmp/asked" >"$tmp/wrong" || bail 'the policies cannot be read'
is "$(cat "$tmp/wrong")" '' 'the runs used all rights of the build on all their resources, and no others'

# Whether that is seen: a build that does nothing but what it must not.
mkdir "$tmp/bad"
cat >"$tmp/bad/buildspec.yml" <<'END'
version: 0.2
phases:
  build:
    commands:
      - aws s3api get-bucket-acl --bucket "$OUTPUT_BUCKET" || true
      - aws s3api list-buckets || true
      - aws sts get-caller-identity || true
      - aws s3 cp buildspec.yml "s3://$OUTPUT_BUCKET/other/report.txt"
      - aws s3 cp buildspec.yml "s3://${OUTPUT_BUCKET%%-output*}-artifacts-${OUTPUT_BUCKET#*-output-}/ocidup/Source/made-up"
      - aws ecr describe-images --repository-name base/alpine --region eu-west-3 || true
END
mv "$tmp/asked" "$tmp/good"
mkdir "$tmp/asked"
start_run
execute --tree "$tmp/bad" "$tmp/aws" "$tmp/input.txt"
end_run "$tmp/result.json"
exits 0 'a build that does what it must not'
policy "$tmp/asked" | grep -v '^unused' >"$tmp/wrong"
file_is "$tmp/wrong" 'is seen, in all that it does' <<END
denied	BuildRole	ecr:DescribeImages	arn:aws:ecr:eu-west-3:123456789012:repository/base/alpine	eu-west-3
denied	BuildRole	s3:PutObject	arn:aws:s3:::$artifacts/ocidup/Source/made-up	us-east-1
denied	BuildRole	s3:PutObject	arn:aws:s3:::$bucket/other/report.txt	us-east-1
unknown	GetCallerIdentity
unknown	s3: GET /?
unknown	s3: GET /$bucket?acl
END
is "$(policy "$tmp/asked" | grep -c '^unused	BuildRole')" 9 'and so is each right that it does not use'
ls -d "$tmp/aws"/codebuild-* >"$tmp/left" 2>/dev/null
is "$(cat "$tmp/left")" '' 'no folder of a build is left'
