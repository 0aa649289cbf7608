#!/bin/sh
# moto's server, with authentication on, takes our signatures and refuses wrong ones: a second
# opinion on SigV4, next to local-ecr's.
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
