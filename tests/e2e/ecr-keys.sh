#!/bin/sh
# Keys from a program, a container's endpoint, an instance and IAM Identity Center, asked for over
# real connections and used at an ECR that checks them.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"
python3 "$srcdir/tests/e2e/ecr-images.py" "$CLOUD_PRIVATE" "$CLOUD_ACCOUNT/$CLOUD_REGION" \
  "$CLOUD_CONTROL" >"$tmp/want" || bail "no images"
run list-ecr --no-configs app/single
exits 0 'there is a listing'
cp "$out" "$tmp/good.tsv"

token='Bearer container/token+5ecret=='
printf '%s' "$token" >"$tmp/token"
# shellcheck source=tests/e2e/keys.sh
. "${srcdir:-.}/tests/e2e/keys.sh"
keys_control set "$(jq -n --arg token "$token" '{authorization: $token}')"

# listed PROVIDER SECRETS...: the last run had its keys from PROVIDER, once, and says no secret.
listed() {
  exits 0 "keys of $1: listed"
  file_is "$out" "keys of $1: the rows are those of any keys" <"$tmp/good.tsv"
  is "$(keys_issued | tail -n +"$((seen + 1))" | cut -d ' ' -f 1)" "$1" "keys of $1: asked once"
  seen=$(keys_issued | wc -l)
  keys_hidden "keys of $1: no secret is shown" "$token"
}
# failed ERE NAME: the last run had no keys, said so in one line, and no secret.
failed() {
  exits 2 "$2: nothing is done"
  like "$(cat "$err")" "$1" "$2: it says why"
  seen=$(keys_issued | wc -l)
  keys_hidden "$2: no secret is shown" "$token"
}
seen=0
list() {
  run list-ecr -vv --no-configs app/single
}

# ---- the container's endpoint

AWS_CONTAINER_CREDENTIALS_FULL_URI=$(keys_url container)
AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$tmp/token
AWS_CONTAINER_AUTHORIZATION_TOKEN=another
export AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE \
  AWS_CONTAINER_AUTHORIZATION_TOKEN
list
listed container
like "$(cat "$err")" 'container endpoint' 'it says where the keys are from'

# Neither a proxy nor two failures are in the way.
keys_control fault '[{"service":"container","status":503,"times":2}]'
no_proxy='' http_proxy=http://127.0.0.1:9 list
listed container

unset AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
list
failed 'container endpoint http://127\.0\.0\.1:[0-9]+: HTTP status 401: Unauthorized' 'a wrong token'

AWS_CONTAINER_AUTHORIZATION_TOKEN=$token
list
listed container

# The token is for this endpoint, not for where it points.
keys_control fault "$(jq -n --arg to "$(keys_url imds)/credentials" \
  '[{service: "container", status: 302, times: 1, headers: {Location: $to}}]')"
asked=$(keys_control requests | jq '[.[] | select(.service == "imds")] | length')
list
failed 'HTTP status 302' 'an endpoint that points elsewhere'
is "$(keys_control requests | jq '[.[] | select(.service == "imds")] | length')" "$asked" \
  'an endpoint that points elsewhere: nobody is asked there'

keys_control set '{"seconds": -1}'
list
failed 'the keys ran out at 20' 'keys that ran out'
keys_control set '{"seconds": 3600}'
unset AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN

# ---- the instance

unset AWS_EC2_METADATA_DISABLED
AWS_EC2_METADATA_SERVICE_ENDPOINT=$(keys_url imds)
export AWS_EC2_METADATA_SERVICE_ENDPOINT
list
listed imds
is "$(keys_control requests | jq -r '.[] | select(.service == "imds") |
  .method + " " + .target + " " + (.secrets | join(","))')" \
  'PUT /latest/api/token 
GET /latest/meta-data/iam/security-credentials/ x-aws-ec2-metadata-token
GET /latest/meta-data/iam/security-credentials/local-role x-aws-ec2-metadata-token' \
  'version 2 is spoken, in three requests'
AWS_EC2_METADATA_DISABLED=true list
failed 'AWS credentials: none found' 'an instance whose service is turned off'

# With nothing at all, it says the region, too.
# nowhere [NAME=VALUE]...: list-ecr without a region.
nowhere() {
  run env -u AWS_REGION -u AWS_DEFAULT_REGION "$@" list-ecr -vv --no-configs app/single
}
before=$(keys_control requests | jq length)
nowhere
listed imds
like "$(cat "$err")" '^list-ecr: region us-east-1: that of the instance' 'it says whose region it is'
is "$(keys_control requests | jq -r --argjson before "$before" '.[$before:] | .[] |
  .method + " " + .target + " " + (.secrets | join(","))')" \
  'PUT /latest/api/token 
GET /latest/meta-data/placement/region x-aws-ec2-metadata-token
PUT /latest/api/token 
GET /latest/meta-data/iam/security-credentials/ x-aws-ec2-metadata-token
GET /latest/meta-data/iam/security-credentials/local-role x-aws-ec2-metadata-token' \
  'the region of an instance by version 2, before its keys'
# Where something else says it, nobody asks.
asked=$(keys_control requests | jq '[.[] | select(.target | endswith("/region"))] | length')
keys_control set '{"region": "eu-west-1"}'
run env -u AWS_REGION AWS_DEFAULT_REGION=us-east-1 list-ecr --no-configs app/single
file_is "$out" 'a region of a variable comes before that of the instance' <"$tmp/good.tsv"
run env -u AWS_REGION -u AWS_DEFAULT_REGION list-ecr --region=us-east-1 --no-configs app/single
file_is "$out" 'and one that is given' <"$tmp/good.tsv"
is "$(keys_control requests | jq '[.[] | select(.target | endswith("/region"))] | length')" "$asked" \
  'then the instance is not asked for it'
for region in '"No/where"' '""' null; do
  keys_control set "{\"region\": $region}"
  nowhere
  failed 'no AWS region: looked for AWS_REGION, AWS_DEFAULT_REGION, region of profile default, instance metadata; give --region$' \
    "an instance that says its region is $region"
done
keys_control set '{"region": "us-east-1"}'
nowhere AWS_EC2_METADATA_DISABLED=true
failed 'instance metadata .AWS_EC2_METADATA_DISABLED is set.; .*; no AWS region: .*instance metadata .AWS_EC2_METADATA_DISABLED is set.; give --region$' \
  'neither keys nor region where the service is turned off'
keys_control fault '[{"service":"imds","status":200,"times":2,"seconds":30}]'
began=$(date +%s)
nowhere
failed 'AWS credentials: none found; .*; no AWS region: ' 'a region from a network that swallows the question'
if [ $(($(date +%s) - began)) -lt 10 ]; then
  ok 'it is not waited for, either'
else
  not_ok 'it is not waited for, either'
fi
# A profile that is misspelt gets no region of another.
nowhere AWS_PROFILE=missing
failed '^list-ecr: no AWS region: there is no profile missing' 'a profile that there is none of'

keys_control set '{"code": "AssumeRoleUnauthorizedAccess"}'
list
failed 'role local-role: AssumeRoleUnauthorizedAccess: EC2 cannot assume the role' \
  'an instance that may not have its role'
keys_control set '{"code": "Success", "role": null}'
list
failed 'AWS credentials: none found' 'an instance without a role'
keys_control set '{"role": "local-role"}'
keys_control fault '[{"service":"imds","status":403,"times":1}]'
list
failed 'AWS credentials: none found' 'an instance that gives no token'
keys_control fault '[{"service":"imds","status":200,"times":1,"seconds":30}]'
began=$(date +%s)
list
failed 'AWS credentials: none found' 'a machine whose network swallows the question'
if [ $(($(date +%s) - began)) -lt 10 ]; then
  ok 'it is not waited for'
else
  not_ok 'it is not waited for'
fi
unset AWS_EC2_METADATA_SERVICE_ENDPOINT
AWS_EC2_METADATA_DISABLED=true
export AWS_EC2_METADATA_DISABLED

# ---- a program

mkdir "$HOME/.aws" "$tmp/my bin"
cat >"$tmp/my bin/helper" <<'END'
#!/bin/sh
# Prints the keys that the container's endpoint gives for the token in $1, as a program does.
curl -sS --fail -H "Authorization: $1" "$2" |
  jq '{Version: 1, AccessKeyId, SecretAccessKey, SessionToken: .Token, Expiration}'
END
chmod +x "$tmp/my bin/helper"
cat >"$HOME/.aws/config" <<END
[profile tool]
credential_process = "$tmp/my bin/helper" '$token' $(keys_url container)

[profile broken]
credential_process = sh -c 'echo "$token"; echo no session >&2; exit 3'

[profile sso]
sso_session = corp
sso_account_id = $CLOUD_ACCOUNT
sso_role_name = Reader

[profile sso-nobody]
sso_session = corp
sso_account_id = $CLOUD_ACCOUNT
sso_role_name = Nobody

[sso-session corp]
sso_start_url = https://local.awsapps.com/start
sso_region = us-east-1
END
run list-ecr -vv --no-configs --profile=tool app/single
listed container
run list-ecr -vv --no-configs --profile=broken app/single
failed 'profile broken: AWS credentials: credential_process: sh: ended with status 3; run it by hand to see why' \
  'a program that fails'

# ---- IAM Identity Center

AWS_ENDPOINT_URL_SSO=$(keys_url sso)
AWS_ENDPOINT_URL_SSO_OIDC=$(keys_url sso_oidc)
export AWS_ENDPOINT_URL_SSO AWS_ENDPOINT_URL_SSO_OIDC
sso() {
  run list-ecr -vv --no-configs --profile="${1:-sso}" app/single
}
sso
failed 'nobody has logged in \(there is no .*\); run: aws sso login --profile sso$' \
  'nobody has logged in'

cache=$HOME/.aws/sso/cache
login=$cache/$(printf corp | sha1sum | cut -c 1-40).json
mkdir -p "$cache"
printf '%s\n' "$keys_urls" | jq .sso_token >"$login"
sso
listed sso
sso sso-nobody
failed 'role Nobody of account .*: HTTP status 403: No access' 'a role that one has not'

# Run out, as far as the file says: it is renewed, and kept for the AWS CLI.
jq '.expiresAt = "2020-01-01T00:00:00Z"' "$login" >"$tmp/old" && cp "$tmp/old" "$login"
sso
listed sso
like "$(cat "$err")" 'the SSO login is renewed' 'a login that ran out is renewed'
is "$(stat -c %a "$cache"/*)" '600' 'what is renewed is for its owner, and nothing else is left'
is "$(jq -r 'keys | join(" ")' "$login")" "$(jq -r 'keys | join(" ")' "$tmp/old")" \
  'what is renewed has all that was there'
is "$(jq -r --slurpfile old "$tmp/old" '.accessToken == $old[0].accessToken,
  .refreshToken == $old[0].refreshToken, .clientSecret == $old[0].clientSecret' "$login" | xargs)" \
  'false false true' 'what is renewed is new'
jq -r '.accessToken, .refreshToken' "$login" >"$tmp/.new"
keys_hidden 'what is renewed is not shown' "$(sed -n 1p "$tmp/.new")" "$(sed -n 2p "$tmp/.new")"
sso
listed sso

# Its refresh token was good once.
cp "$tmp/old" "$login"
sso
failed 'and is not renewed: HTTP status 400: invalid_grant; run: aws sso login --profile sso$' \
  'a login that cannot be renewed'

is "$(control violations)" '[]' 'nothing reached ECR that was not signed as it must be'
