#!/bin/sh
# Keys that run out in the middle of a listing, told beforehand or not: others are had, and nothing is
# lost or told twice.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

there=210987654321
role=arn:aws:iam::$there:role/reader
push() {
  "$top_srcdir/infra/local/push-images" --storage "$CLOUD_PRIVATE_STORAGE" \
    "$CLOUD_PRIVATE_HOST/$1/$CLOUD_REGION" "$2" 5 || bail "no images"
}
push "$CLOUD_ACCOUNT" 300
push "$there" 120
control role "{\"arn\":\"$role\",\"seconds\":3}"
run list-ecr --role-arn=- --role-arn="$role" -o "$tmp/both.tsv"
exits 0 'an account of 300 repositories, and another'
is "$(wc -l <"$tmp/both.tsv")" 429 'have 428 images'
grep -v "^$there" "$tmp/both.tsv" >"$tmp/own.tsv"

# slowly MILLISECONDS: every call takes as long.
slowly() {
  control reset ''
  control scenario "$(jq -n --argjson delay "$1" \
    '["DescribeRepositories", "DescribeImages", "BatchGetImage", "GetDownloadUrlForLayer"] |
     map({operation: ., delay_ms: $delay})')"
}
# whole FILE NAME: the last run wrote what FILE has.
whole() {
  if cmp -s "$1" "$out"; then ok "$2"; else not_ok "$2"; fi
}
# keys: how many ECR saw, of PATTERN. expired: how often it said that some had expired.
keys() {
  control requests | jq --arg account "$1" '[.[] | select(.account == $account and .key) | .key] | unique | length'
}
expired() {
  calls ExpiredTokenException
}
# at_least NUMBER LEAST NAME
at_least() {
  if [ "$1" -ge "$2" ]; then ok "$3"; else
    not_ok "$3"
    diag "$1, want at least $2"
  fi
}
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

# Told: 365 calls of 0.15 s for the smaller one, 16 at a time while there are two, take longer than the 3 s that any keys live.
mkfifo "$tmp/fifo"
"$top_srcdir/infra/local/local-credentials" --account "$CLOUD_ACCOUNT" --control "$CLOUD_CONTROL" \
  --seconds 3 <"$tmp/fifo" >"$tmp/said" 2>"$tmp/log" &
credentials=$!
exec 9>"$tmp/fifo"
# shellcheck disable=SC2016 # evaluated at the end
defer 'exec 9>&-; wait "$credentials"'
while ! [ -s "$tmp/said" ]; do kill -0 "$credentials" 2>/dev/null || bail "$(cat "$tmp/log")"; done
AWS_CONTAINER_CREDENTIALS_FULL_URI=$(jq -r .container "$tmp/said")
export AWS_CONTAINER_CREDENTIALS_FULL_URI
slowly 150
run list-ecr -v --role-arn=- --role-arn="$role"
exits 0 'keys of a container and of a role, which say that they live for 3 seconds'
whole "$tmp/both.tsv" 'all is there, once'
at_least "$(keys "$CLOUD_ACCOUNT")" 2 'the keys of the container were renewed'
at_least "$(keys "$there")" 2 'and those of the role'
like "$(cat "$err")" '^list-ecr: credentials: renewed: ' 'with -v it says so'
unlike "$(cat "$out" "$err")" "$(curl -sS "$(jq -r .control "$tmp/said")/issued" |
  jq -r '[.[] | .secret, .token | gsub("[+]"; "[+]")] | join("|")')" 'and shows no secret'
unset AWS_CONTAINER_CREDENTIALS_FULL_URI

# Not told: 905 calls of 0.2 s. Keys of a program that does not say how long they live.
cat >"$tmp/keys" <<'END'
#!/bin/sh
# Each time others, which ECR takes for 3 seconds.
id=ASIA$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n' | tr a-f A-F)
expires=$(($(date +%s) + 3))
curl -sS --fail -o /dev/null "$CLOUD_CONTROL/key" -d "{\"id\":\"$id\",\"secret\":\"secret-of-$id\",
  \"token\":\"token-of-$id\",\"account\":\"$CLOUD_ACCOUNT\",\"expires\":$expires}" || exit 1
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","SessionToken":"%s"}\n' \
  "$id" "secret-of-$id" "token-of-$id"
echo "$id" >>"$KEYS_LOG"
END
mkdir "$HOME/.aws"
printf '[default]\ncredential_process = sh %s/keys\n' "$tmp" >"$HOME/.aws/config"
KEYS_LOG=$tmp/keys.log OCIDUP_HELPER_ENV='KEYS_LOG CLOUD_*'
export KEYS_LOG OCIDUP_HELPER_ENV
slowly 200
run list-ecr
exits 0 'keys of a program, which do not say how long they live'
silent 'nothing is said'
whole "$tmp/own.tsv" 'all is there, once'
at_least "$(expired)" 1 'ECR said that they had expired'
at_least "$(keys "$CLOUD_ACCOUNT")" 2 'other keys were had'
at_least "$(expired)" "$(($(grep -c . "$tmp/keys.log") - 1))" 'only when it had said so'
is "$(control violations)" '[]' 'ECR has nothing to complain of'

# No others are to be had: the keys had expired before they came, and nobody could know.
AWS_ACCESS_KEY_ID=ASIAOLD AWS_SECRET_ACCESS_KEY=secret-of-old AWS_SESSION_TOKEN=token-of-old
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
control reset ''
control key "{\"id\":\"ASIAOLD\",\"secret\":\"secret-of-old\",\"token\":\"token-of-old\",\"account\":\"$CLOUD_ACCOUNT\",\"expires\":1}"
run list-ecr
exits 1 'keys that have expired, and no others'
is "$(rows "$out" status)" unauthorized 'are a failed row'
like "$(rows "$out" detail)" 'expired' 'that says so'
is "$(expired)" 1 'after one call'
unlike "$(cat "$out" "$err")" 'secret-of|token-of' 'and shows no secret'
