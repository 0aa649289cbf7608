#!/bin/sh
# A program that was given keys wipes what it had of them: when it ends, they are nowhere in its
# memory. And until then nobody but root may look there, and it leaves no core file.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# The sanitizers look at a process in the same way, and keep what was freed.
ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=0 CANARY=a-canary-that-sits-in-the-memory
export ASAN_OPTIONS CANARY
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"
python3 "$srcdir/tests/e2e/ecr-images.py" "$CLOUD_PRIVATE" "$CLOUD_ACCOUNT/$CLOUD_REGION" \
  "$CLOUD_CONTROL" >"$tmp/want" || bail "no images"
id=$AWS_ACCESS_KEY_ID secret=$AWS_SECRET_ACCESS_KEY
# shellcheck source=tests/e2e/keys.sh
. "${srcdir:-.}/tests/e2e/keys.sh"

# found TEXT: it is in the memory. Of what was freed the allocator overwrites the first 16 bytes.
found() {
  grep -a -q -F -e "$(printf '%s' "$1" | cut -c 17-48)" "$tmp/memory"
}

# wiped STATUS NAME SECRET...
wiped() {
  exits "$1" "$2: asked"
  shift
  found "$CANARY" || bail 'the memory was not searched'
  wiped_name=$1
  shift
  for each in "$@"; do
    if found "$each"; then
      not_ok "$wiped_name: no secret is left"
      diag "$each"
      return
    fi
  done
  ok "$wiped_name: no secret is left"
}

watched() {
  rm -f "$tmp/memory"
  run python3 "$srcdir/tests/e2e/memory.py" "$tmp/memory" "$@"
}
list() {
  watched list-ecr app/single
}

mkdir "$HOME/.aws"
printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$id" "$secret" \
  >"$HOME/.aws/credentials"
list
wiped 0 'keys of a file' "$secret"

cat >"$tmp/keys" <<END
#!/bin/sh
echo '{"Version": 1, "AccessKeyId": "$id", "SecretAccessKey": "$secret"}'
END
chmod +x "$tmp/keys"
printf '[default]\ncredential_process = %s\n' "$tmp/keys" >"$HOME/.aws/credentials"
list
wiped 0 'keys of a program' "$secret"
rm "$HOME/.aws/credentials"

token='Bearer container/token+5ecret==-and-longer-than-that'
printf '%s' "$token" >"$tmp/token"
keys_control set "$(jq -n --arg token "$token" '{authorization: $token}')"
AWS_CONTAINER_CREDENTIALS_FULL_URI=$(keys_url container)
AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$tmp/token
export AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
list
keys_control issued | jq -r '.[] | .secret, .token' >"$tmp/issued"
# shellcheck disable=SC2046 # words without blanks
wiped 0 'keys of a container' "$token" $(cat "$tmp/issued")
unset AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE

cat >"$HOME/.aws/config" <<END
[default]
sso_start_url = https://local.awsapps.com/start
sso_region = us-east-1
sso_account_id = $CLOUD_ACCOUNT
sso_role_name = Reader
END
mkdir -p "$HOME/.aws/sso/cache"
printf '%s\n' "$keys_urls" | jq .sso_token \
  >"$HOME/.aws/sso/cache/$(printf https://local.awsapps.com/start | sha1sum | cut -c 1-40).json"
AWS_ENDPOINT_URL_SSO=$(keys_url sso)
export AWS_ENDPOINT_URL_SSO
list
keys_control issued | jq -r '.[] | .secret, .token' >"$tmp/issued"
# shellcheck disable=SC2046 # words without blanks
wiped 0 'keys of IAM Identity Center' $(jq -r .accessToken "$HOME/.aws/sso/cache"/*) $(cat "$tmp/issued")
rm "$HOME/.aws/config"

# ---- registries

password='registry/pass+5ecret==-and-longer-than-that' bearer='bearer.token/5ecret==-and-longer-than-that'
challenge='{"status": 401, "headers": {"WWW-Authenticate": "Bearer realm=\"@/token\",service=\"s\""}}'
mkfifo "$tmp/stub"
printf '{"GET /v2/app/manifests/1": %s, "HEAD /v2/app/manifests/1": %s,
  "GET /token?service=s&scope=repository%%3Aapp%%3Apull": {"body": "{\\"token\\": \\"%s\\"}"}}\n' \
  "$challenge" "$challenge" "$bearer" | "$top_srcdir/tests/e2e/registry-stub" "$tmp/log" >"$tmp/stub" &
defer "kill $!; wait $! 2>/dev/null"
read -r host <"$tmp/stub" || bail 'the stub does not start'
echo "$host/app:1" >"$tmp/input"
mkdir "$HOME/.docker"
printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$host" "$(printf 'user:%s' "$password" | base64 -w 0)" \
  >"$HOME/.docker/config.json"
watched resolve-digest "$tmp/input"
like "$(cat "$out")" 'unauthorized' 'the token is refused'
is "$(grep -c '^GET /token' "$tmp/log")" 1 'a token was had'
# Not the base64 of the file, which json-c had (SECURITY.md).
wiped 1 'a password and a token' "$password" "$bearer"

# A role's, whose XML passes through expat. Nobody takes them; they were read all the same.
mkfifo "$tmp/sts"
token=a-token-that-an-answer-of-XML-holds-and-nothing-else-should-keep
jq -n --arg secret "$secret" --arg token "$token" '{"POST /": {headers: {"Content-Type": "text/xml"}, body:
  "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAOFAROLE</AccessKeyId><SecretAccessKey>\($secret)</SecretAccessKey><SessionToken>\($token)</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"}}' |
  "$top_srcdir/tests/e2e/registry-stub" "$tmp/stslog" >"$tmp/sts" &
defer "kill $!; wait $! 2>/dev/null"
read -r host <"$tmp/sts" || bail 'no STS'
AWS_ENDPOINT_URL_STS=http://$host AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret
export AWS_ENDPOINT_URL_STS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
watched list-ecr --role-arn=arn:aws:iam::123456789012:role/reader app/single
is "$(cat "$tmp/stslog")" 'POST /' 'the role was asked for'
# The environment has the other secret.
wiped 1 'keys of a role' "$token"
unset AWS_ENDPOINT_URL_STS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

# ---- until it ends

# A program that waits for a registry that does not answer.
mkfifo "$tmp/fifo" "$tmp/port"
python3 -c '
import socket, sys
place = socket.create_server(("127.0.0.1", 0))
place.settimeout(60)
print(place.getsockname()[1], flush=True)
got, _ = place.accept()
got.recv(1)
print("asked", flush=True)
sys.stdin.read()
' <"$tmp/fifo" >"$tmp/port" &
exec 8>"$tmp/fifo" 7<"$tmp/port"
read -r port <&7 || bail 'no server'
mkdir "$tmp/cores"
chmod 0777 "$tmp" "$tmp/cores"
cp "$(command -v resolve-digest)" "$tmp/cores/program"
# Not as root, who may look everywhere.
if [ "$(id -u)" -eq 0 ]; then
  as='setpriv --reuid=65534 --regid=65534 --clear-groups'
else
  as=
fi
(
  cd "$tmp/cores" || exit
  exec 8>&-
  # shellcheck disable=SC3045 # the shells of all systems that we know have it; elsewhere it fails
  ulimit -c 1000000 2>/dev/null
  echo "127.0.0.1:$port/a:1" >input
  # shellcheck disable=SC2086 # a command
  exec $as ./program input >rows 2>/dev/null
) &
program=$!
read -r _ <&7 || bail 'it asks nothing'
is "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$program/limits")" '0 0' \
  'it will leave no core file'
is "$(stat -c %u "/proc/$program/environ")" 0 'its memory is for root only'
kill -9 "$program"
exec 8>&-
