#!/bin/sh
# A program that was given keys wipes what it had of them: when it ends, they are nowhere in its
# memory, of which it gave nothing back (keep.c), so that what it freed is still there. And until then
# nobody but root may look there, and it leaves no core file.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# configured NAME: the value of a variable of configure.
configured() {
  sed -n "s/^$1 = *//p" "$builddir/Makefile"
}
# The sanitizers look at a process in the same way, keep what was freed, and have their own allocator.
ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=0 CANARY=a-canary-that-sits-in-the-memory
export ASAN_OPTIONS CANARY
if [ -z "$(configured SANITIZE_CFLAGS)" ]; then
  KEEP=$tmp/keep.so
  export KEEP
  # shellcheck disable=SC2046 # CC may be a command with options
  $(configured CC) -O2 -fno-builtin -fPIC -shared -pthread -o "$KEEP" "$srcdir/tests/e2e/keep.c" ||
    bail 'no allocator'
fi
cloud_options=--proxy
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

# What it prints comes in pieces, and an argument is a password.
cat >"$tmp/keys" <<END
#!/bin/sh
printf '{"Version": 1, "AccessKeyId": "$id", "SecretAccessKey": "$secret"%9999s}\n'
END
chmod +x "$tmp/keys"
word='a-password-that-is-an-argument/of-the-program-that-gives-keys'
printf '[default]\ncredential_process = %s "%s"\n' "$tmp/keys" "$word" >"$HOME/.aws/credentials"
list
wiped 0 'keys of a program' "$secret" "$word"
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
# Not its refresh token, of which json-c keeps a copy (SECURITY.md).
# shellcheck disable=SC2046 # words without blanks
wiped 0 'keys of IAM Identity Center' $(jq -r .accessToken "$HOME/.aws/sso/cache"/*) $(cat "$tmp/issued")
rm "$HOME/.aws/config"

# ---- registries

# In what is sent it is the base64 of USER:PASSWORD.
password='registry/pass+5ecret==-and-longer-than-that' bearer='bearer.token/5ecret==-and-longer-than-that'
auth=$(printf 'user:%s' "$password" | base64 -w 0)
mkfifo "$tmp/stub"
aws=$CLOUD_ACCOUNT.dkr.ecr.us-east-1.amazonaws.com
twice=$(printf %s "$auth" | base64 -w 0)
jq -n --arg bearer "$bearer" --arg aws "$aws" --arg auth "$auth" --arg twice "$twice" '
  {status: 401, headers: {"WWW-Authenticate": "Basic realm=\"r\""}} as $basic |
  {status: 401, headers: {"WWW-Authenticate": "Bearer realm=\"@/token\",service=\"s\""}} as $challenge |
  {"GET /v2/app/manifests/1": $challenge, "HEAD /v2/app/manifests/1": $challenge,
   "GET /token?service=s&scope=repository:app:pull": {body: {token: $bearer} | tojson},
   "POST /token": {body: {access_token: $bearer} | tojson},
   "GET /v2/echo/manifests/1": $challenge,
   "GET /token?service=s&scope=repository:echo:pull": {status: 403,
     body: {errors: [{code: "DENIED", message: "not with \($auth), which is \($twice)"}]} | tojson},
   "GET /v2/basic/manifests/1": $basic,
   "POST /": {body: {authorizationData: [{authorizationToken: $auth}]} | tojson}}' |
  "$top_srcdir/tests/e2e/registry-stub" "$tmp/log" >"$tmp/stub" &
defer "kill $!; wait $! 2>/dev/null"
read -r host <"$tmp/stub" || bail 'the stub does not start'
echo "$host/app:1" >"$tmp/input"
mkdir "$HOME/.docker"

# resolve NAME METHOD SECRET...: the registry refuses the token that METHOD got.
resolve() {
  resolve_name=$1 resolve_method=$2
  shift 2
  : >"$tmp/log"
  watched resolve-digest "$tmp/input"
  like "$(cut -d "?" -f 1 "$tmp/log")" "^$resolve_method /token\$" "$resolve_name: a token was had"
  like "$(cat "$out")" 'does not accept the token that ' "$resolve_name: and refused"
  wiped 1 "$resolve_name" "$bearer" "$@"
}

config() {
  printf '{"auths": {"%s": %s}}\n' "$host" "$1" >"$HOME/.docker/config.json"
}
config "{\"auth\": \"$auth\"}"
resolve "docker's file" GET "$password" "$auth"
config "{\"username\": \"user\", \"password\": \"$password\"}"
resolve "docker's file, in the clear" GET "$password" "$auth"
config "{\"identitytoken\": \"$password\"}"
resolve 'an identity token' POST "$password" "$(printf %s "$password" | jq -R -r @uri)"
config "{\"auth\": \"$auth\", \"password\": \"$password\", }"
watched resolve-digest "$tmp/input"
wiped 2 "docker's file with a mistake" "$password" "$auth"
config "{\"auth\": \"$(printf 'user:%s and more' "$password" | base64 -w 0 | sed 's/.$/!!!!x/')\"}"
watched resolve-digest "$tmp/input"
wiped 2 "docker's file with what is no base64" "$password" "$auth"

# once NAME REPOSITORY SECRET...
once() {
  once_name=$1 once_options=$2
  echo "$3" >"$tmp/once"
  shift 3
  : >"$tmp/log"
  # shellcheck disable=SC2086 # words
  watched resolve-digest $once_options "$tmp/once"
  wiped 1 "$once_name" "$@"
}
config "{\"auth\": \"$auth\"}"
once 'a token service that quotes what it was sent' '' "$host/echo:1" "$password" "$auth" "$twice"
like "$(cat "$out")" 'not with \(hidden\), which is \(hidden\)' 'which is in no message'
once 'a registry that wants the password itself' '' "$host/basic:1" "$password" "$auth"
once 'a program that tells what it sends' -vv "$host/basic:1" "$password" "$auth"
config '{}'
# What stands in the environment stays there: without its escapes it does not.
proxy_password='of-the-proxy/a/password+that=is/longer-and-of-its-own'
http_proxy=http://user:$(printf %s "$proxy_password" | jq -R -r @uri)@$host
export http_proxy
once 'a password of a proxy' "--plain-http=$aws" "$aws/app:1" "$proxy_password"
is "$(cat "$tmp/log")" "GET http://$aws/v2/app/manifests/1" 'which was asked'
unset http_proxy

ecr=$AWS_ENDPOINT_URL_ECR
https_proxy=$CLOUD_PROXY SSL_CERT_FILE=$CLOUD_PROXY_CACERT AWS_ENDPOINT_URL_ECR=http://$host/
AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret
export https_proxy SSL_CERT_FILE AWS_ENDPOINT_URL_ECR AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
once 'a token of ECR' '' "$aws/app:1" "$password" "$auth"
like "$(cat "$tmp/log")" '^POST /$' 'which was had'
unset https_proxy SSL_CERT_FILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
AWS_ENDPOINT_URL_ECR=$ecr

mkdir "$tmp/bin"
PATH=$tmp/bin:$PATH
helper() {
  printf '#!/bin/sh\nprintf "%%s\\n" '"'%s'\n" "$1" >"$tmp/bin/docker-credential-test"
  chmod +x "$tmp/bin/docker-credential-test"
}
echo '{"credsStore": "test"}' >"$HOME/.docker/config.json"
helper "{\"Username\": \"user\", \"Secret\": \"$password\"}"
resolve 'a credential helper' GET "$password" "$auth"
helper "{\"Username\": \"user\", \"Secret\": \"$password\""
watched resolve-digest "$tmp/input"
wiped 1 'a credential helper that was cut off' "$password"

# ---- STS, whose XML passes through expat; nobody takes the keys of these roles, which were read all the same

role_secret=a-secret-key-that-an-answer-of-XML-holds-and-nothing-else-keeps
role_token=a-token-that-an-answer-of-XML-holds-and-nothing-else-should-keep
# answer OPERATION
answer() {
  jq -n --arg operation "$1" --arg secret "$role_secret" --arg token "$role_token" '
    def in_tag($name): "<\($name)>\(.)</\($name)>";
    {headers: {"Content-Type": "text/xml"}, body: (
      ("ASIAOFAROLE" | in_tag("AccessKeyId")) + ($secret | in_tag("SecretAccessKey")) +
      ($token | in_tag("SessionToken")) + ("2099-01-01T00:00:00Z" | in_tag("Expiration")) |
      in_tag("Credentials") | in_tag($operation + "Result") | in_tag($operation + "Response"))}'
}
session=a-session-with-the-metadata-service-of-an-instance-that-has-a-role
mkfifo "$tmp/sts"
{
  answer AssumeRole
  answer AssumeRoleWithWebIdentity
} | jq -s --arg secret "$role_secret" --arg token "$role_token" --arg session "$session" '
  {"POST /role": .[0], "POST /web": .[1],
   "PUT /latest/api/token": {body: $session},
   "GET /latest/meta-data/iam/security-credentials/": {body: "role"},
   "GET /latest/meta-data/iam/security-credentials/role": {body: {Code: "Success", AccessKeyId: "ASIAOFAROLE",
     SecretAccessKey: $secret, Token: $token, Expiration: "2099-01-01T00:00:00Z"} | tojson}}' |
  "$top_srcdir/tests/e2e/registry-stub" "$tmp/stslog" >"$tmp/sts" &
defer "kill $!; wait $! 2>/dev/null"
read -r host <"$tmp/sts" || bail 'no STS'

printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$id" "$secret" \
  >"$HOME/.aws/credentials"
AWS_ENDPOINT_URL_STS=http://$host/role
export AWS_ENDPOINT_URL_STS
watched list-ecr --role-arn=arn:aws:iam::123456789012:role/reader app/single
wiped 1 'keys of a role' "$secret" "$role_secret" "$role_token"
rm "$HOME/.aws/credentials"

web_token=a.web.identity.token/that-is-in-a-file-and-in-a-form+so-it-is-escaped
echo "$web_token" >"$tmp/web"
AWS_ENDPOINT_URL_STS=http://$host/web AWS_WEB_IDENTITY_TOKEN_FILE=$tmp/web
AWS_ROLE_ARN=arn:aws:iam::123456789012:role/reader
export AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
list
wiped 1 'keys of a web identity' "$web_token" "$(printf %s "$web_token" | jq -R -r @uri)" \
  "$role_secret" "$role_token"
is "$(cat "$tmp/stslog")" 'POST /role
POST /web' 'each was asked for'
unset AWS_ENDPOINT_URL_STS AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN

AWS_EC2_METADATA_SERVICE_ENDPOINT=http://$host
export AWS_EC2_METADATA_SERVICE_ENDPOINT
unset AWS_EC2_METADATA_DISABLED
list
wiped 1 'keys of an instance' "$session" "$role_secret" "$role_token"
is "$(grep -c latest "$tmp/stslog")" 3 'each was asked for there'
unset AWS_EC2_METADATA_SERVICE_ENDPOINT

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
