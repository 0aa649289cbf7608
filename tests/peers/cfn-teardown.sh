#!/bin/sh
# infra/teardown, with the AWS CLI against moto: asks, empties both buckets, deletes the stack, and
# touches nothing else.
if [ -z "${MOTO_URL-}" ]; then
  exec "${builddir:-$PWD}/peers/python/bin/python" "${srcdir:-.}/tests/peers/cfn-teardown.py" \
    "${srcdir:-.}/infra/pipeline.yaml" sh "$0"
fi

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

PATH=$builddir/peers/python/bin:$PATH
AWS_ENDPOINT_URL=$MOTO_URL AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
teardown=$top_srcdir/infra/teardown

# ask SERVICE PATH: what moto says; quicker than the AWS CLI, which is for teardown.
ask() {
  curl -sS "$MOTO_URL/$2" -H "Authorization: AWS4-HMAC-SHA256 \
Credential=test/20260101/$MOTO_REGION/$1/aws4_request, SignedHeaders=host, Signature=0"
}
# buckets: their names, in a line.
buckets() {
  ask s3 '' | grep -o '<Name>[^<]*' | sed 's/<Name>//' | LC_ALL=C sort | tr '\n' ' '
}
# stack NAME: its status, or "gone".
stack() {
  ask cloudformation "?Action=DescribeStacks&StackName=$1&Version=2010-05-15" >"$tmp/stack"
  if grep -q 'does not exist' "$tmp/stack"; then
    echo gone
  else
    grep -o '<StackStatus>[^<]*' "$tmp/stack" | sed 's/<StackStatus>//'
  fi
}
# versions BUCKET: how many it has, delete markers too.
versions() {
  ask s3 "$1?versions&max-keys=5000" >"$tmp/versions"
  grep -o '<VersionId>' "$tmp/versions" | wc -l
}
# down INPUT OPTION...: runs it with INPUT as what is typed.
down() {
  printf '%s' "$1" >"$tmp/typed"
  shift
  "$teardown" --region="$MOTO_REGION" "$@" <"$tmp/typed" >"$out" 2>"$err"
  status=$?
}
all=$(buckets)
reports=-output-123456789012-$MOTO_REGION artifacts=-artifacts-123456789012-$MOTO_REGION

run "$teardown" --help
exits 0 'help needs nothing'
down '' --yes nowhere
exits 2 'a stack that is not there is an error'
like "$(cat "$err")" "no stack 'nowhere'" 'that says so'
down '' --yes foreign
exits 2 "so is one that is not ours"
is "$(stack foreign)" CREATE_COMPLETE 'and it stays'
like "$(cat "$err")" 'delete-stack --stack-name foreign' 'what may be done is said'
down '' --force full
exits 2 'an unknown option is refused'
down '' full kept
exits 2 'so are two stacks'

down '' full
exits 2 'without an answer nothing happens'
down 'yes
' full
exits 2 'nor with any answer but its name'
is "$(stack full) $(buckets)" "CREATE_COMPLETE $all" 'all is still there'
is "$(versions "full$artifacts")" "$FULL_VERSIONS" 'with all versions'
like "$(cat "$out")" "full$reports.*the reports" 'what would go was said'

# What cannot be emptied stops it.
mkdir "$tmp/bin"
cat >"$tmp/bin/aws" <<'END'
#!/bin/sh
case "$*" in *delete-objects*) echo 'key	AccessDenied	no'; exit 0 ;; esac
PATH=${PATH#*:} exec aws "$@"
END
chmod +x "$tmp/bin/aws"
PATH=$tmp/bin:$PATH down '' --yes full
PATH=${PATH#"$tmp/bin:"}
exits 2 'an object that S3 does not delete is an error'
like "$(cat "$err")" 'AccessDenied' 'that is shown'
is "$(stack full)" CREATE_COMPLETE 'and the stack stays'

down 'full
' full
exits 0 'with its name as the answer, the stack goes'
is "$(stack full)" gone 'it is gone'
is "$(buckets)" "$(printf %s "$all" | sed "s/full[^ ]* //g")" 'its buckets too, and no others'
like "$(cat "$out")" "full$artifacts: $FULL_VERSIONS versions deleted" 'more than S3 deletes at once'

down '' --yes --keep-reports removing
exits 2 'reports that go with the stack cannot be kept'
is "$(versions "removing$reports")" 4 'and are not touched'
down '' --yes removing
exits 0 '--yes does not ask'
is "$(stack removing)" gone 'and a stack that takes its buckets along goes'
unlike "$(buckets)" removing 'with them'

down '' --yes --keep-reports kept
exits 0 'reports can be kept'
is "$(stack kept)" gone 'when the stack goes'
unlike "$(buckets)" "kept$artifacts" 'the other bucket goes'
is "$(versions "kept$reports")" 4 'with all versions'

down '' --yes failed
exits 0 'a stack that could not be created, and has no outputs, goes too'
is "$(stack failed)" gone 'and does not stop the next try'
is "$(buckets)" "bystander failed$reports kept$reports " 'nor does the bucket that it left'
is "$(versions "failed$reports")" 4 'one that it did not make stays as it is'
is "$(versions bystander)" 1 'what is not ours is as it was'
