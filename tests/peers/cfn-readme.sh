#!/bin/sh
# The commands of infra/README.md, as they stand there, one after the other: by the AWS CLI against
# moto, with a repository of git's own for CodeCommit's, in which the emulation finds what was pushed.

peers_server=cfn-server.py
# shellcheck source=tests/peers/pipeline-lib.sh
. "${srcdir:-.}/tests/peers/pipeline-lib.sh"

AWS_CONFIG_FILE=$tmp/config AWS_SHARED_CREDENTIALS_FILE=$tmp/config
export AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
printf '[%s]\naws_access_key_id = test\naws_secret_access_key = test\n' 'profile other' other >"$AWS_CONFIG_FILE"

# The AWS CLI, but for the templates: moto gets of them what it can create.
mkdir "$tmp/bin" "$tmp/made"
for template in pipeline member-account; do
  "$peers_python" "$srcdir/tests/peers/cfn_moto.py" "$srcdir/infra/$template.yaml" \
    >"$tmp/made/$template.yaml" || bail 'no template'
done
cat >"$tmp/bin/aws" <<END
#!/bin/sh
i=\$#
while [ \$i -gt 0 ]; do
  argument=\$1
  shift
  case \$argument in infra/*.yaml) argument=$tmp/made/\${argument#infra/} ;; esac
  set -- "\$@" "\$argument"
  i=\$((i - 1))
done
exec '$builddir/peers/python/bin/aws' "\$@"
END
chmod +x "$tmp/bin/aws"
PATH=$tmp/bin:$PATH
unset -f aws

# CodeCommit, and a clone of the tree.
GIT_CONFIG_GLOBAL=$tmp/gitconfig GIT_CONFIG_NOSYSTEM=1
export GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM
git config --global user.name Tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git config --global "url.$tmp/codecommit/.insteadOf" https://git-codecommit.us-east-1.amazonaws.com/v1/repos/
git init -q --bare "$tmp/codecommit/ocidup"
clone "$tmp/tree" || bail 'no tree'
cd "$tmp/tree" || bail 'no tree'
git init -q && git add . && git commit -qm tree || bail 'no clone'

awk -v to="$tmp/block-" '
  /^```sh$/ { inside = 1; n++; next }
  /^```$/ { inside = 0 }
  inside { print >(to n) }
' infra/README.md
is "$(find "$tmp" -maxdepth 1 -name 'block-*' | wc -l)" 12 'the guide has twelve blocks of commands'

# block N: runs it in this shell, as who follows the guide does.
block() {
  # shellcheck source=/dev/null
  . "$tmp/block-$1" >"$out" 2>"$err" </dev/null
  status=$?
  exits 0 "$2"
}
# asked QUERY STACK REGION
asked() {
  aws cloudformation describe-stacks --region "$3" --stack-name "$2" --query "Stacks[0].$1" --output text
}

block 1 'deployed in one command'
is "$(asked StackStatus ocidup us-east-1)" CREATE_COMPLETE 'the stack is there'
block 2 'the list is pushed'
is "$(git --git-dir="$tmp/codecommit/ocidup" show main:input.txt | wc -l)" 3 'to the branch that is watched'

# What EventBridge does then. The public registry is one here, with images of these names; versions
# of the bucket are a property that moto's CloudFormation passes over.
git --git-dir="$tmp/codecommit/ocidup" show main:input.txt >"$tmp/pushed.txt"
while read -r reference; do
  "$top_srcdir/infra/local/clean-skopeo" copy -q --all --src-tls-verify=false --dest-tls-verify=false \
    "docker://$CLOUD_SOURCE/docker.io/library/alpine:3.19" "docker://$CLOUD_SOURCE/$reference" </dev/null ||
    bail "no image $reference"
done <"$tmp/pushed.txt"
aws s3api put-bucket-versioning --bucket "$artifacts" --versioning-configuration Status=Enabled
prebuilt || bail 'no programs in the cache'
run "$peers_python" "$top_srcdir/infra/local/codepipeline" --repository "$tmp/codecommit/ocidup" \
  --variable RESOLVE_FLAGS="$MIRRORS" "$tmp/aws"
exits 0 'the pipeline runs on what was pushed'
like "$(cat "$out")" 'cache: restored' 'with the programs of the cache'
(cd "$tmp" && make -s -f "$top_srcdir/infra/pipeline.mk" report INPUT="$tmp/pushed.txt" \
  REGION=us-east-1 RESOLVE_FLAGS="$MIRRORS") >"$tmp/here.log" 2>&1 || bail "$(cat "$tmp/here.log")"
block 3 'the report is read'
is "$(sed 's/pushed.txt/input.txt/' "$tmp/report/report.txt" | cmp - "$out" 2>&1)" '' \
  'and is the one of make report'
like "$(cat "$out")" '^3 images: 3 present,' 'with all images of the list'

# shellcheck disable=SC2034 # for the guide
connection=arn:aws:codeconnections:us-east-1:123456789012:connection/0f1e
block 4 'another repository is taken'
is "$(asked "Outputs[?OutputKey=='RepositoryCloneUrl']" ocidup us-east-1)" '' 'instead of CodeCommit'
block 5 'the way back'
like "$(asked "Outputs[?OutputKey=='RepositoryCloneUrl'].OutputValue" ocidup us-east-1)" '/ocidup$' \
  'to CodeCommit'
block 6 'a second region is named'
block 7 'its pull times are left alone'
is "$(asked StackStatus ocidup-region eu-west-1)" CREATE_COMPLETE 'by a stack there'
block 8 'another account gets its role'
like "$(asked "Outputs[?OutputKey=='RoleArn'].OutputValue" ocidup-member us-east-1)" ':role/ocidup-reader$' \
  'by the name that the guide gives the pipeline'
block 9 'and its further region'
is "$(asked "Parameters[?ParameterKey=='ExistingRoleArn'].ParameterValue" ocidup-member-region eu-west-1)" \
  arn:aws:iam::123456789012:role/ocidup-reader 'an exclusion of that role'
block 10 'the pipeline is told'
like "$(asked Parameters ocidup us-east-1)" 'Regions	.*us-east-1.*eu-west-1' 'and keeps what it knew'

printf 'ocidup\n' >"$tmp/answer"
run sh "$tmp/block-11" <"$tmp/answer"
exits 0 'it is cleaned up in one command'
is "$(aws s3api list-buckets --query 'Buckets[].Name' --output text)" '' 'no bucket is left'
block 12 'the stacks of other regions too'
run asked StackStatus ocidup-region eu-west-1
like "$(cat "$err")" 'does not exist' 'are gone'
is "$(aws cloudformation list-stacks --query 'StackSummaries[?StackStatus!=`DELETE_COMPLETE`]' --output text)" '' \
  'and those of the other account'
