#!/bin/sh
# Private ECR as a registry that is read: a token of GetAuthorizationToken lets in, one for each
# registry and region, and is shown to nobody else. Everything speaks TLS under the names of AWS,
# which a proxy leads to this machine.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

local=$top_srcdir/infra/local
cloud_options=--proxy
# shellcheck source=tests/e2e/ecr.sh
. "$top_srcdir/tests/e2e/ecr.sh"
unset AWS_ENDPOINT_URL_ECR AWS_REGION AWS_DEFAULT_REGION
https_proxy=$CLOUD_PROXY SSL_CERT_FILE=$CLOUD_PROXY_CACERT
export https_proxy SSL_CERT_FILE
# Nobody's machine but the test's is asked for keys.
AWS_EC2_METADATA_DISABLED=true
export AWS_EC2_METADATA_DISABLED
account=$CLOUD_ACCOUNT other=210987654321

layout=$tmp/layout
mkdir "$tmp/layers"
umoci init --layout "$layout"
"$local/oci-layout" tar "$tmp/layers" app=app
umoci new --image "$layout:app"
umoci raw add-layer --image "$layout:app" "$tmp/layers/app.tar"
# push PATH: below the private registry's root, ACCOUNT/REGION/NAME:TAG.
push() {
  "$local/oci-layout" push "$layout:app" "$CLOUD_PRIVATE_HOST/$1" || bail "push $1"
}
numbers='01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20'
for number in $numbers; do
  push "$account/us-east-1/team/app$number:1"
done
push "$account/us-west-2/app:1"
push "$account/cn-north-1/app:1"
push "$other/us-east-1/app:1"
push "$account/us-east-1/docker-hub/library/nginx:1.25"
"$local/oci-layout" push "$layout:app" "$CLOUD_SOURCE/app:1" || bail 'push'
for number in $numbers; do
  echo "$CLOUD_HOST/team/app$number:1"
done >"$tmp/twenty"

# resolve [OPTION]... FILE: $row are the rows' status and detail, without repetitions.
resolve() {
  run resolve-digest --max-retries=0 "$@"
  row=$(rows "$out" status detail | sort -u)
}
# of TEXT...: references, a line each, in a file.
of() {
  printf '%s\n' "$@" >"$tmp/input"
}
asked() {
  curl -sS "$CLOUD_PROXY_CONTROL" | jq -r '.[].target' | sort -u
}
again() {
  control reset ''
  curl -sS -d '' "$CLOUD_PROXY_CONTROL" >"$tmp/.control"
}
# Every secret of the run so far, as it is and in base64, in no file of $@.
keep_secrets() {
  control tokens | jq -r '.[] | ., ("AWS:" + . | @base64)' >"$tmp/secrets"
  printf '%s\n' "$AWS_SECRET_ACCESS_KEY" hub-s3cret >>"$tmp/secrets"
  grep -l -F -f "$tmp/secrets" "$@"
}

# ---- tokens

resolve -vv "$tmp/twenty"
exits 0 'twenty repositories are read'
is "$(rows "$out" status | sort | uniq -c | tr -s ' ')" ' 20 ok' 'whole'
is "$(calls GetAuthorizationToken)" 1 'with one token'
is "$(control requests | jq -c '
  map(select(.operation == "GetAuthorizationToken") | [.region, .body])')" \
  "[[\"us-east-1\",{\"registryIds\":[\"$account\"]}]]" 'for that registry'
is "$(calls GetBlob)" 20 'blobs are had where the registry redirects to'
is "$(control violations)" '[]' 'and nothing is shown there'
is "$(asked)" "$CLOUD_HOST:443
api.ecr.us-east-1.amazonaws.com:443
prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com:443" 'only those were asked'
is "$(keep_secrets "$out" "$err")" '' 'no secret is told with -vv'
like "$(cat "$err")" 'GetAuthorizationToken at https://api.ecr.us-east-1.amazonaws.com/' \
  'but where the token is from'
digest=$("$local/oci-layout" digest "$layout:app")
is "$(rows "$out" digest settings | sort -u)" \
  "$digest$(printf '\t')$(rows "$out" settings | head -n 1)" 'all are the same image'
unlike "$(rows "$out" settings)" '^-$' 'with its settings'

again
of "$CLOUD_HOST/team/app01:1" "$account.dkr-ecr.us-east-1.on.aws/team/app02:1" \
  "$account.dkr.ecr-fips.us-east-1.amazonaws.com/team/app03:1" \
  "$account.dkr.ecr.us-west-2.amazonaws.com/app:1" \
  "$account.dkr.ecr.cn-north-1.amazonaws.com.cn/app:1" "$CLOUD_SOURCE/app:1"
resolve "$tmp/input"
exits 0 'every form of host is read'
is "$row" "ok$(printf '\t')-" 'whole'
is "$(control requests | jq -r '
  .[] | select(.operation == "GetAuthorizationToken") | .region' | sort | uniq -c | tr -s ' ')" \
  ' 1 cn-north-1
 2 us-east-1
 1 us-west-2' 'with a token for each region, and for FIPS'
is "$(asked | grep -v -e dkr -e s3)" 'api.ecr-fips.us-east-1.amazonaws.com:443
api.ecr.cn-north-1.amazonaws.com.cn:443
api.ecr.us-east-1.amazonaws.com:443
api.ecr.us-west-2.amazonaws.com:443' 'had from the endpoint of each'
is "$(control violations)" '[]' 'nothing is shown to others'

again
control uses 15
resolve "$tmp/twenty"
exits 0 'a token that is taken back in mid run costs no row'
is "$(rows "$out" image | sort | uniq -c | awk '$1 != 1')" '' 'and gives none twice'
is "$(calls GetAuthorizationToken)" 2 'it is replaced once'
like "$(control calls | jq '."Registry.expired"')" '^[1-9]' 'when it was refused'

again
control lifetime 1
control scenario '[{"operation": "Registry.manifests", "delay_ms": 40}]'
resolve --jobs=1 "$tmp/twenty"
exits 0 'a token that runs out in mid run costs no row'
is "$(rows "$out" status | sort | uniq -c | tr -s ' ')" ' 20 ok' 'all are whole'
like "$(calls GetAuthorizationToken)" '^[2-9]$' 'it is replaced when it does'
control lifetime 43200

again
run list-registry --no-configs "$CLOUD_HOST/team/app0*"
exits 0 'list-registry lists it'
is "$(rows "$out" image status | wc -l)" 9 'by its catalog'
is "$(calls GetAuthorizationToken)" 1 'with one token'

# ---- nobody who may

again
of "$other.dkr.ecr.us-east-1.amazonaws.com/app:1" "$CLOUD_HOST/team/app01:1"
resolve "$tmp/input"
exits 1 "another account's registry"
like "$(rows "$out" image status detail | grep "$other")" \
  'denied.*not authorized to perform: ecr:BatchGetImage' 'is a row that is denied'
is "$(rows "$out" status | sort)" 'denied
ok' 'and the own one is read'

again
(
  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  of "$CLOUD_HOST/team/app01:1" "$CLOUD_HOST/team/app02:1" "$CLOUD_SOURCE/app:1"
  resolve "$tmp/input"
  rows "$out" status detail >"$tmp/rows"
  echo "$status" >"$tmp/status"
)
is "$(cat "$tmp/status")" 1 'without keys'
is "$(cut -f 1 "$tmp/rows")" 'unauthorized
unauthorized
ok' 'each reference has a row, and others are read'
like "$(head -n 1 "$tmp/rows")" 'AWS_ACCESS_KEY_ID' 'that says what was looked for'
is "$(calls GetAuthorizationToken)" 0 'and AWS is not asked'

again
(
  AWS_SECRET_ACCESS_KEY=another
  of "$CLOUD_HOST/team/app01:1" "$CLOUD_HOST/team/app02:1"
  resolve "$tmp/input"
  printf '%s\n' "$row" >"$tmp/rows"
)
like "$(cat "$tmp/rows")" '^unauthorized.*GetAuthorizationToken: InvalidSignatureException' \
  'a wrong key is told as that'
is "$(control violations | jq length)" 1 'and tried once'

again
of "$CLOUD_HOST:8443/app:1" "x$CLOUD_HOST/app:1"
resolve "$tmp/input"
exits 1 'what is not private ECR'
is "$(calls GetAuthorizationToken)" 0 'gets no token'

# ---- who it is

again
control key "{\"id\": \"AKIDOTHER\", \"secret\": \"other-s3cret\", \"account\": \"$other\"}"
mkdir "$HOME/.aws"
cat >"$HOME/.aws/credentials" <<'END'
[other]
aws_access_key_id = AKIDOTHER
aws_secret_access_key = other-s3cret
END
of "$other.dkr.ecr.us-east-1.amazonaws.com/app:1"
resolve --profile=other "$tmp/input"
exits 0 'a profile that is named comes before the keys of the environment'
resolve --profile=no-such "$tmp/input"
like "$row" '^unauthorized.*no-such' 'one that is not there is told'
run resolve-digest --profile=a --profile=b "$tmp/input"
exits 2 'two are too many'

# ---- what docker was told

again
of "$CLOUD_HOST/team/app01:1"
resolve "$tmp/input"
token=$(control tokens | jq -r 'last')
mkdir "$HOME/.docker"
jq -n --arg host "$CLOUD_HOST" --arg auth "$(printf 'AWS:%s' "$token" | base64 -w 0)" \
  '{auths: {($host): {auth: $auth}}}' >"$HOME/.docker/config.json"
again
resolve "$tmp/input"
exits 0 "docker's credentials let in"
is "$(calls GetAuthorizationToken)" 0 "and come before AWS's keys"
control revoke ''
resolve "$tmp/input"
exits 0 'when they have run out'
is "$(calls GetAuthorizationToken)" 1 "AWS's keys do"

# ---- a pull-through cache

again
jq -n --arg auth "$(printf 'hub-user:hub-s3cret' | base64)" \
  '{auths: {"https://index.docker.io/v1/": {auth: $auth}}}' >"$HOME/.docker/config.json"
of nginx:1.25
resolve -vv --mirror="docker.io=https://$CLOUD_HOST/docker-hub" "$tmp/input"
exits 0 "a mirror in ECR is read with ECR's token"
is "$(rows "$out" image status)" "docker.io/library/nginx:1.25$(printf '\t')ok" 'under its name'
is "$(calls GetAuthorizationToken)" 1 'which is got for the mirror'
is "$(control violations)" '[]' "and Docker Hub's credentials stay away"
is "$(asked | grep -v -e dkr -e s3)" 'api.ecr.us-east-1.amazonaws.com:443' 'nobody else is asked'
is "$(keep_secrets "$out" "$err")" '' 'no secret is told with -vv'
