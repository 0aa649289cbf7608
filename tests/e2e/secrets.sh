#!/bin/sh
# No secret ever appears: keys, tokens and passwords, planted or issued, are looked for in every
# encoding in what all four programs write at -vv, when all is well and when a server does its worst,
# and in the arguments of every process.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

local=$top_srcdir/infra/local
TMPDIR=$tmp
export TMPDIR
# shellcheck disable=SC2016 # run later
defer '[ ! -e "$tmp/cloud/socket" ] || "$local/cloud" stop "$tmp/cloud"'
layout=$tmp/layout
mkdir "$tmp/layers"
umoci init --layout "$layout"
"$local/oci-layout" tar "$tmp/layers" app=app
umoci new --image "$layout:app"
umoci raw add-layer --image "$layout:app" "$tmp/layers/app.tar"
"$local/cloud" --token=good start "$tmp/cloud" || bail 'the cloud does not start'
# shellcheck source=/dev/null
. "$tmp/cloud/env"
"$local/oci-layout" push "$layout:app" "$CLOUD_SOURCE/team/app:1" || bail 'push'
"$local/oci-layout" push "$layout:app" "$CLOUD_PRIVATE/team/app:1" || bail 'push'

relay python3 "$top_srcdir/tests/e2e/secrets.py"
