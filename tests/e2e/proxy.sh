#!/bin/sh
# Proxies and private CAs of the environment: which file of certificates counts, who is asked by a
# proxy and who is not, what is said when a proxy leads nowhere; and that its password never is.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

local=$top_srcdir/infra/local
cloud_options='--proxy --token=good'
# shellcheck source=tests/e2e/ecr.sh
. "$top_srcdir/tests/e2e/ecr.sh"
unset AWS_ENDPOINT_URL_ECR
https_proxy=$CLOUD_PROXY AWS_EC2_METADATA_DISABLED=true
export https_proxy AWS_EC2_METADATA_DISABLED

layout=$tmp/layout
mkdir "$tmp/layers"
umoci init --layout "$layout"
"$local/oci-layout" tar "$tmp/layers" app=app
umoci new --image "$layout:app"
umoci raw add-layer --image "$layout:app" "$tmp/layers/app.tar"
"$local/oci-layout" push "$layout:app" "$CLOUD_PRIVATE/team/app:1" || bail 'push'
"$local/oci-layout" push "$layout:app" "$CLOUD_SOURCE/team/app:1" || bail 'push'
echo "$CLOUD_HOST/team/app:1" >"$tmp/ecr"
echo "$CLOUD_TOKEN_REGISTRY/team/app:1" >"$tmp/other"
echo "$CLOUD_SOURCE/team/app:1" >"$tmp/near"
ca=$CLOUD_PROXY_CACERT wrong=$CLOUD_PROXY_OTHER_CACERT

# resolve [VARIABLE=VALUE]... [OPTION]... FILE: $row is the row's status and detail.
resolve() {
  run env "$@"
  row=$(rows "$out" status detail | tr '\t' ' ')
}
digest='resolve-digest --max-retries=2'
asked() {
  curl -sS "$CLOUD_PROXY_CONTROL" | jq -r '.[] | "\(.port) \(.status) \(.target)"' | sort | uniq -c |
    tr -s ' ' | sed 's/^ //'
}
again() {
  curl -sS -d '' "$CLOUD_PROXY_CONTROL" >"$tmp/.control"
}

# ---- certificates

# shellcheck disable=SC2086 # $digest is words
{
  resolve $digest "$tmp/ecr"
  exits 1 "a CA that the system does not know"
  like "$row" '^tls https.*give its CA with --cacert or SSL_CERT_FILE$' 'is told with what to do'
  resolve SSL_CERT_FILE="$ca" $digest "$tmp/ecr"
  is "$row" 'ok -' 'SSL_CERT_FILE alone makes it known'
  resolve AWS_CA_BUNDLE="$ca" $digest "$tmp/ecr"
  is "$row" 'ok -' 'AWS_CA_BUNDLE alone does'
  resolve $digest --cacert="$ca" "$tmp/ecr"
  is "$row" 'ok -' '--cacert alone does'
  mkdir "$tmp/folder"
  ln -s "$ca" "$tmp/folder/$(openssl x509 -hash -noout -in "$ca").0"
  resolve SSL_CERT_DIR="/nonexistent:$tmp/folder" $digest "$tmp/ecr"
  is "$row" 'ok -' 'SSL_CERT_DIR alone does'
  resolve AWS_CA_BUNDLE="$tmp/folder" $digest "$tmp/ecr"
  is "$row" 'ok -' 'AWS_CA_BUNDLE may be a folder'
  printf '[profile dev]\nca_bundle = %s\n' "$ca" >"$tmp/config"
  resolve AWS_CONFIG_FILE="$tmp/config" AWS_PROFILE=dev $digest "$tmp/ecr"
  is "$row" 'ok -' "a profile's ca_bundle does"

  resolve SSL_CERT_FILE="$ca" AWS_CA_BUNDLE="$wrong" $digest "$tmp/ecr"
  like "$row" '^tls https.*its CA is not in AWS_CA_BUNDLE$' 'AWS_CA_BUNDLE comes before SSL_CERT_FILE'
  resolve SSL_CERT_FILE="$wrong" $digest "$tmp/ecr"
  like "$row" '^tls https.*its CA is not in SSL_CERT_FILE$' 'and another CA is told with the variable'
  resolve AWS_CA_BUNDLE="$ca" SSL_CERT_FILE="$ca" $digest --cacert="$wrong" "$tmp/ecr"
  like "$row" '^tls https.*its CA is not in --cacert$' '--cacert comes before both'
  resolve AWS_CA_BUNDLE="$wrong" $digest --cacert="$ca" "$tmp/ecr"
  is "$row" 'ok -' 'and --cacert is enough'

  resolve SSL_CERT_FILE=/nonexistent.pem $digest "$tmp/ecr"
  exits 2 'a file that is not there ends the program'
  is "$(cat "$err")" 'resolve-digest: SSL_CERT_FILE: /nonexistent.pem: No such file or directory' \
    'which names the variable'
  resolve AWS_CA_BUNDLE=/nonexistent.pem $digest "$tmp/ecr" "$tmp/near"
  exits 1 "one for AWS is its registries' trouble"
  is "$row" 'tls AWS_CA_BUNDLE: /nonexistent.pem: No such file or directory
ok -' 'and names the variable too'

  resolve AWS_CA_BUNDLE="$CLOUD_TOKEN_CACERT" $digest --tls="$CLOUD_TOKEN_REGISTRY" "$tmp/other"
  like "$row" '^tls ' "AWS_CA_BUNDLE is for AWS"
  resolve AWS_CA_BUNDLE="$ca" SSL_CERT_FILE="$CLOUD_TOKEN_CACERT" $digest \
    --tls="$CLOUD_TOKEN_REGISTRY" "$tmp/other" "$tmp/ecr"
  is "$row" 'ok -
ok -' 'and SSL_CERT_FILE for the others, in one run'
}

resolve AWS_CA_BUNDLE="$ca" list-ecr
exits 0 'list-ecr is led by the proxy, too'
is "$row" 'ok -' 'and reads all there is'
resolve AWS_CA_BUNDLE="$wrong" list-ecr --max-retries=0
like "$row" '^tls .*its CA is not in AWS_CA_BUNDLE$' 'it, too, tells the variable'
resolve SSL_CERT_FILE=/nonexistent.pem list-ecr
exits 2 'a file that is not there ends it'
like "$(cat "$err")" 'SSL_CERT_FILE: /nonexistent.pem: No such file' 'which names the variable'

# ---- proxies

SSL_CERT_FILE=$ca
export SSL_CERT_FILE
secret=${CLOUD_PROXY_USER#*:}
port=${CLOUD_GUARDED_PROXY##*:}
{
  printf '%s\n' "$secret" "$CLOUD_PROXY_USER"
  printf '%s' "$CLOUD_PROXY_USER" | base64 -w 0
} >"$tmp/secrets"

again
# shellcheck disable=SC2086 # $digest is words
{
  resolve $digest "$tmp/near"
  is "$row" 'ok -' 'this machine is asked'
  is "$(asked)" '' 'without a proxy'
  resolve -u https_proxy ALL_PROXY="$CLOUD_PROXY" $digest "$tmp/ecr"
  is "$row" 'ok -' 'ALL_PROXY names one, too'
  is "$(asked | grep -c '200 123456789012')" 1 'which is asked'

  again
  echo registry.invalid/app:1 >"$tmp/invalid"
  resolve $digest "$tmp/invalid"
  exits 1 'what a proxy does not lead to'
  like "$row" "^network https.*the proxy $CLOUD_PROXY \(https_proxy\) does not lead there: .* 403" \
    "is told as the proxy's doing"
  is "$(asked)" '1 open 403 registry.invalid:443' 'and asked once'
  # This machine by a name that does not look so.
  hidden=0.0.0.0:${CLOUD_SOURCE##*:}
  echo "$hidden/team/app:1" >"$tmp/hidden"
  again
  resolve http_proxy="$CLOUD_PROXY" $digest --plain-http="$hidden" "$tmp/hidden"
  exits 1 'plain http is asked by http_proxy'
  like "$(asked)" "^1 open 405 http://$hidden/" 'without CONNECT'
  again
  resolve http_proxy="$CLOUD_PROXY" no_proxy=example.org,0.0.0.0 $digest --plain-http="$hidden" \
    "$tmp/hidden"
  is "$row" 'ok -' 'what no_proxy names'
  is "$(asked)" '' 'is asked without a proxy'
  resolve http_proxy="$CLOUD_PROXY" NO_PROXY='*' $digest --plain-http="$hidden" "$tmp/hidden"
  is "$row $(asked)" 'ok - ' 'and so is all, with *'

  resolve https_proxy="http://127.0.0.1:$port" $digest "$tmp/ecr"
  exits 1 'a proxy that asks for a password'
  like "$row" "^network .*the proxy http://127.0.0.1:$port \(https_proxy\) asks for a user" 'is told'
  is "$(asked)" '1 guarded 407 123456789012.dkr.ecr.us-east-1.amazonaws.com:443' 'and asked once'
  again
  resolve https_proxy="http://$CLOUD_PROXY_USER@127.0.0.1:$port" $digest -vv "$tmp/ecr"
  is "$row" 'ok -' 'with the password it leads there'
  is "$(control violations)" '[]' 'and nobody else is shown it'
  is "$(grep -l -F -f "$tmp/secrets" "$out" "$err")" '' '-vv does not tell it'
  resolve https_proxy="http://$CLOUD_PROXY_USER.@127.0.0.1:$port" $digest -vv "$tmp/ecr"
  like "$row" "^network .*\(https_proxy\) does not take the user and password there \(407\)" \
    'a wrong one is told'
  is "$(grep -l -F -f "$tmp/secrets" "$out" "$err")" '' 'and not shown'
  # A port that nothing listens on: the kernel gave it, and took it back.
  gone=$(python3 -c 'import socket
with socket.socket() as one:
    one.bind(("127.0.0.1", 0))
    print(one.getsockname()[1])')
  proxy=$CLOUD_PROXY_USER@127.0.0.1:$gone
  resolve https_proxy="http://$proxy" $digest --max-retries=0 -vv "$tmp/ecr"
  like "$row" "^network .*by the proxy http://127.0.0.1:$gone \(https_proxy\)" 'one that is gone is told'
  is "$(grep -l -F -f "$tmp/secrets" "$out" "$err")" '' 'without its password'
  resolve https_proxy="gopher://$proxy" $digest --max-retries=0 -vv "$tmp/ecr"
  like "$row" '^network .*https_proxy holds no URL of a proxy' 'what is no proxy is told'
  is "$(grep -l -F -f "$tmp/secrets" "$out" "$err")" '' 'without its password'
}
resolve https_proxy="http://$CLOUD_PROXY_USER@127.0.0.1:$port" list-ecr -vv
is "$row" 'ok -' 'list-ecr speaks with a proxy that wants a password'
is "$(grep -l -F -f "$tmp/secrets" "$out" "$err")" '' 'and does not tell it'
resolve https_proxy="http://127.0.0.1:$port" list-ecr
exits 1 'without one'
like "$row" "^network .*\(https_proxy\) asks for a user" 'it says so'
