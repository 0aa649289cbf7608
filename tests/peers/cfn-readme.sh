#!/bin/sh
# The commands of infra/README.md, as they stand there, one after the other: by the AWS CLI against
# moto, with a repository of git's own for CodeCommit's. The pipeline's run is not part of it: `make
# pipeline` is that, and its report is put where the stack says.
if [ -z "${MOTO_URL-}" ]; then
  exec "${builddir:-$PWD}/peers/python/bin/python" "${srcdir:-.}/tests/peers/cfn-server.py" sh "$0"
fi

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

python=$builddir/peers/python/bin/python
AWS_ENDPOINT_URL=$MOTO_URL AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1
AWS_DEFAULT_REGION=us-east-1 AWS_CONFIG_FILE=$tmp/config AWS_SHARED_CREDENTIALS_FILE=$tmp/config
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION AWS_DEFAULT_REGION \
  AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
printf '[%s]\naws_access_key_id = test\naws_secret_access_key = test\n' 'profile other' other >"$AWS_CONFIG_FILE"

# The AWS CLI, but for the templates: moto gets of them what it can create.
mkdir "$tmp/bin" "$tmp/made"
for template in pipeline member-account; do
  "$python" "$srcdir/tests/peers/cfn_moto.py" "$srcdir/infra/$template.yaml" \
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

# CodeCommit, and a clone of the tree.
GIT_CONFIG_GLOBAL=$tmp/gitconfig GIT_CONFIG_NOSYSTEM=1
export GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM
git config --global user.name Tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git config --global "url.$tmp/codecommit/.insteadOf" https://git-codecommit.us-east-1.amazonaws.com/v1/repos/
git init -q --bare "$tmp/codecommit/ocidup"
mkdir "$tmp/tree"
cp -R "$srcdir/infra" "$tmp/tree/infra"
cp "$top_srcdir/.gitignore" "$tmp/tree/" 2>/dev/null || :
cd "$tmp/tree" || bail 'no tree'
git init -q && git add . && git commit -qm tree || bail 'no clone'

awk -v to="$tmp/block-" '
  /^```sh$/ { inside = 1; n++; next }
  /^```$/ { inside = 0 }
  inside { print >(to n) }
' infra/README.md
is "$(find "$tmp" -name 'block-*' | wc -l)" 10 'the guide has ten blocks of commands'

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
printf 'the report\n' | aws s3 cp - s3://ocidup-output-123456789012-us-east-1/latest/report.txt
block 3 'the report is read'
is "$(cat "$out")" 'the report' 'from where it is'

# shellcheck disable=SC2034 # for the guide
connection=arn:aws:codeconnections:us-east-1:123456789012:connection/0f1e
block 4 'another repository is taken'
is "$(asked "Outputs[?OutputKey=='RepositoryCloneUrl']" ocidup us-east-1)" '' 'instead of CodeCommit'
block 5 'a second region is named'
block 6 'its pull times are left alone'
is "$(asked StackStatus ocidup-region eu-west-1)" CREATE_COMPLETE 'by a stack there'
block 7 'another account gets its role'
like "$(asked "Outputs[?OutputKey=='RoleArn'].OutputValue" ocidup-member us-east-1)" ':role/ocidup-reader$' \
  'by the name that the guide gives the pipeline'
block 8 'the pipeline is told'
like "$(asked Parameters ocidup us-east-1)" 'Regions	.*us-east-1.*eu-west-1' 'and keeps what it knew'

printf 'ocidup\n' >"$tmp/answer"
run sh "$tmp/block-9" <"$tmp/answer"
exits 0 'it is cleaned up in one command'
is "$(aws s3api list-buckets --query 'Buckets[].Name' --output text)" '' 'no bucket is left'
block 10 'the stacks of other regions too'
run asked StackStatus ocidup-region eu-west-1
like "$(cat "$err")" 'does not exist' 'are gone'
