#!/bin/sh
# The listing in AWS: whose keys list-ecr gets, and what becomes of an account that cannot be asked.
# Stand-ins for the AWS CLI and list-ecr say how they were called.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs jq curl

mkdir "$tmp/bin"
cat >"$tmp/bin/list-ecr" <<'END'
#!/bin/sh
echo "list-ecr $AWS_ACCESS_KEY_ID/$AWS_SECRET_ACCESS_KEY/${AWS_SESSION_TOKEN-} $*" >>"$CALLS"
resolve-digest -q /dev/null
exit "${LIST_STATUS:-0}"
END
cat >"$tmp/bin/aws" <<'END'
#!/bin/sh
echo "aws $AWS_ACCESS_KEY_ID $*" >>"$CALLS"
case $* in
  *refused*) echo 'An error occurred (AccessDenied): no	\way' >&2; exit 254 ;;
esac
printf 'ID2\tSECRET2\tTOKEN2\n'
END
chmod +x "$tmp/bin"/*
PATH=$tmp/bin:$PATH
CALLS=$tmp/calls REGION=us-east-1,cn-north-1
export CALLS REGION
# list ARGUMENT...: as the build does; no command of it may be the user's AWS CLI.
list() {
  rm -f "$CALLS"
  run sh "$top_srcdir/infra/list-accounts" "$@"
}
role=arn:aws:iam::210987654321:role

list
exits 2 'without keys, and where to get them, it ends'
like "$(cat "$err")" 'no keys, and no address' 'and says so'

printf '{"AccessKeyId": "ID1", "SecretAccessKey": "a/+\\u0027 $b", "Token": "TOKEN1"}' >"$tmp/keys"
AWS_CONTAINER_CREDENTIALS_FULL_URI=file://$tmp/keys
export AWS_CONTAINER_CREDENTIALS_FULL_URI
list --no-configs
exits 0 'the keys of the container'
is "$(cat "$CALLS")" "list-ecr ID1/a/+' \$b/TOKEN1 --region=us-east-1,cn-north-1 --no-configs" \
  'are those of list-ecr, whatever characters they have'
AWS_CONTAINER_CREDENTIALS_FULL_URI=file://$tmp/nowhere
list
exits 2 'an address without keys is an error'
like "$(cat "$err")" "file://$tmp/nowhere gave no keys" 'which is named'

AWS_ACCESS_KEY_ID=ID0 AWS_SECRET_ACCESS_KEY=SECRET0
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
MEMBER_ROLE_ARNS=$role/one,$role/two EXTERNAL_ID='an id'
export MEMBER_ROLE_ARNS EXTERNAL_ID
list --no-configs
exits 0 'two other accounts'
assume='--role-session-name ocidup --external-id an id --output text --query Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'
file_is "$CALLS" 'each with the keys of its role, which this account asks for' <<END
list-ecr ID0/SECRET0/ --region=us-east-1,cn-north-1 --no-configs
aws ID0 sts assume-role --role-arn $role/one $assume
list-ecr ID2/SECRET2/TOKEN2 --region=us-east-1,cn-north-1 --no-configs
aws ID0 sts assume-role --role-arn $role/two $assume
list-ecr ID2/SECRET2/TOKEN2 --region=us-east-1,cn-north-1 --no-configs
END

MEMBER_ROLE_ARNS=$role/refused,$role/two
unset EXTERNAL_ID
list
exits 1 'a role that cannot be had is a failed row'
is "$(grep -c '^list-ecr' "$CALLS")" 2 'and the others are asked all the same'
unlike "$(cat "$CALLS")" external-id 'no external ID, none sent'
cp "$out" "$tmp/inventory.tsv"
run match-report --json "$tmp/inventory.tsv" "$tmp/inventory.tsv"
is "$(jq -r '.inventory.failed[] | "\(.image) \(.status) \(.origin) \(.detail)"' "$out")" \
  "210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn denied 210987654321/cn-north-1 cannot assume $role/refused: An error occurred (AccessDenied): no  way
210987654321.dkr.ecr.us-east-1.amazonaws.com denied 210987654321/us-east-1 cannot assume $role/refused: An error occurred (AccessDenied): no  way" \
  'for each region, which readers understand'

LIST_STATUS=1
export LIST_STATUS
list
exits 1 'failed rows'
is "$(grep -c '^list-ecr' "$CALLS")" 2 'stop nothing'
LIST_STATUS=2 MEMBER_ROLE_ARNS=$role/one
list
exits 2 'a listing that could do nothing is an error'
is "$(grep -c . "$CALLS")" 1 'and the last'
