# shellcheck shell=sh
# For tests of where AWS keys come from, behind ecr.sh: the services that hand them out, and an
# environment without any. Keys live $keys_seconds; $keys_options for local-credentials.

# shellcheck disable=SC2154 # $tmp: lib.sh
: "${keys_seconds=3600}" "${keys_options=}"
mkfifo "$tmp/.keys-in" "$tmp/.keys-out"
# shellcheck disable=SC2086 # options
"$top_srcdir/infra/local/local-credentials" --account "$CLOUD_ACCOUNT" --control "$CLOUD_CONTROL" \
  --seconds "$keys_seconds" $keys_options <"$tmp/.keys-in" >"$tmp/.keys-out" &
exec 9>"$tmp/.keys-in"
read -r keys_urls <"$tmp/.keys-out" || bail 'local-credentials did not start'

unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
AWS_EC2_METADATA_DISABLED=true
export AWS_EC2_METADATA_DISABLED

# keys_url NAME: what local-credentials said of it.
keys_url() {
  printf '%s\n' "$keys_urls" | jq -r --arg name "$1" '.[$name]'
}

# keys_control WHAT [JSON]: reads or steers it.
keys_control() {
  if [ $# -gt 1 ]; then
    curl -sS --fail-with-body -o /dev/null "$(keys_url control)/$1" -d "$2" || bail "keys: $1"
  else
    curl -sS --fail-with-body "$(keys_url control)/$1" || bail "keys: $1"
  fi
}

# keys_issued: provider and key ID of each that was handed out, in order.
keys_issued() {
  keys_control issued | jq -r '.[] | .provider + " " + .id'
}

# keys_secrets: every secret that was handed out so far, one a line, and those given as arguments.
keys_secrets() {
  keys_control issued | jq -r '.[] | .secret, .token'
  printf '%s\n' "$keys_urls" | jq -r '.sso_token | .accessToken, .refreshToken, .clientSecret'
  [ $# -eq 0 ] || printf '%s\n' "$@"
}

# keys_hidden NAME [SECRET]...: none of them is in what the last run wrote, as it is, in base64 or
# percent-encoded.
keys_hidden() {
  keys_name=$1
  shift
  keys_secrets "$@" >"$tmp/.secrets"
  jq -R -r '., @base64, @uri' "$tmp/.secrets" | sed '/^$/d' | sort -u >"$tmp/.patterns"
  [ -s "$tmp/.patterns" ] || bail 'there is no secret to look for'
  # shellcheck disable=SC2154 # $out, $err: lib.sh
  if grep -F -f "$tmp/.patterns" "$out" "$err" >"$tmp/.leaks"; then
    not_ok "$keys_name" "$tmp/.leaks"
  else
    ok "$keys_name"
  fi
}
