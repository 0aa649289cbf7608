#!/bin/sh
# moto's server, with authentication on, takes our signatures and refuses wrong ones: a second
# opinion on SigV4, next to local-ecr's. Its STS gives us the keys of roles.
if [ -z "${MOTO_URL-}" ]; then
  exec "${builddir:-$PWD}/peers/python/bin/python" "${srcdir:-.}/tests/peers/moto-server.py" sh "$0"
fi

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

# as "ID SECRET [TOKEN]": whose keys the next runs have.
as() {
  # shellcheck disable=SC2086 # words
  set -- $1
  AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  unset AWS_SESSION_TOKEN
  if [ $# -gt 2 ]; then
    AWS_SESSION_TOKEN=$3
    export AWS_SESSION_TOKEN
  fi
}
# list: what moto has; its ECR has no downloads, so no configs.
list() {
  run list-ecr --endpoint-url="$MOTO_URL" --region="$MOTO_REGION" --no-configs
}

as "$MOTO_KEY"
list
exits 0 "a user's signature is taken"
is "$(cut -f 1,2,4,6,7 "$out" | sed 1d)" "$MOTO_WANT" 'for all calls that a listing takes'
as "$MOTO_SESSION"
list
exits 0 "a role's is, with its session token"
is "$(cut -f 1,2,4,6,7 "$out" | sed 1d)" "$MOTO_WANT" 'for the same images'

# refused NAME. moto says why in XML, as no AWS service of this kind does: all we know is that it is a
# HTTP 403.
refused() {
  list
  exits 1 "$1"
  is "$(cut -f 6,18 "$out" | sed 1d)" 'denied	DescribeRepositories: HTTP status 403' 'as such'
}
as "${MOTO_KEY}x"
refused 'a wrong secret is refused'
as "AKIA0000000000000000 ${MOTO_KEY#* }"
refused 'an unknown key is refused'
as "${MOTO_SESSION}x"
refused 'a wrong session token is refused'
as "${MOTO_SESSION% *}"
refused "a role's key without its session token is refused"

# ---- roles, by moto's STS

unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
AWS_ENDPOINT_URL_STS=$MOTO_URL AWS_CONFIG_FILE=$tmp/config
export AWS_ENDPOINT_URL_STS AWS_CONFIG_FILE
printf 'any.token' >"$tmp/token"
cat >"$AWS_CONFIG_FILE" <<EOF
[profile user]
aws_access_key_id = ${MOTO_KEY% *}
aws_secret_access_key = ${MOTO_KEY#* }
[profile one]
role_arn = $MOTO_ROLE
source_profile = user
external_id = an id & more
role_session_name = ocidup@test
duration_seconds = 900
[profile two]
role_arn = $MOTO_DEEPER
source_profile = one
[profile three]
role_arn = $MOTO_ROLE
source_profile = two
[profile pod]
role_arn = $MOTO_ROLE
web_identity_token_file = $tmp/token
[profile two-by-pod]
role_arn = $MOTO_DEEPER
source_profile = pod
EOF

# lists NAME BY ARG...: with the arguments, list-ecr has keys BY what is said, and moto takes them.
lists() {
  lists_name=$1 lists_by=$2
  shift 2
  run list-ecr -vv --endpoint-url="$MOTO_URL" --region="$MOTO_REGION" --no-configs "$@"
  exits 0 "$lists_name"
  is "$(cut -f 1,2,4,6,7 "$out" | sed 1d)" "$MOTO_WANT" 'for all calls that a listing takes'
  like "$(cat "$err")" "credentials: $lists_by, until 20[^ ]*Z" 'and told'
  unlike "$(cat "$out" "$err")" "${MOTO_KEY#* }|any.token" 'without a secret'
}
lists 'a role is assumed' "role $MOTO_ROLE by profile user in [^ ]*" --profile=one
lists 'a role by a role' "role $MOTO_DEEPER by role $MOTO_ROLE by profile user in [^ ]*" --profile=two
lists 'a role on top of a profile' "role $MOTO_ROLE by profile user in [^ ]*" --profile=user \
  --role-arn="$MOTO_ROLE"
lists 'a role on top of a role' "role $MOTO_DEEPER by role $MOTO_ROLE by profile user in [^ ]*" \
  --profile=one --role-arn="$MOTO_DEEPER"
lists 'a role by a token' "web identity: role $MOTO_ROLE" --profile=pod
lists 'a role by a role by a token' "role $MOTO_DEEPER by web identity: role $MOTO_ROLE" \
  --profile=two-by-pod
AWS_WEB_IDENTITY_TOKEN_FILE=$tmp/token AWS_ROLE_ARN=$MOTO_ROLE
export AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
lists 'a role by a token of the environment' "web identity: role $MOTO_ROLE"
unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN

run list-ecr --endpoint-url="$MOTO_URL" --region="$MOTO_REGION" --no-configs --profile=three
like "$(cat "$err")" "profile three: AWS credentials: role $MOTO_ROLE: AssumeRole: AccessDenied: .*not authorized" \
  'a role that may not is told'
like "$status" '^[12]$' 'and is a failure'
