#!/bin/sh
# Bearer tokens: a real registry with TLS and token authentication is read; a CA that did not sign, a
# realm without TLS and a token that the registry does not trust give one clear failed row each.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud openssl

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

# begin MODE: the cloud, with an image in its registry.
begin() {
  "$local/cloud" --token="$1" start "$tmp/cloud" || bail 'the cloud does not start'
  # shellcheck source=/dev/null
  . "$tmp/cloud/env"
  "$local/oci-layout" push "$layout:app" "$CLOUD_SOURCE/team/app:1" || bail 'push'
  echo "$CLOUD_TOKEN_REGISTRY/team/app:1" >"$tmp/input.txt"
}
end() {
  "$local/cloud" stop "$tmp/cloud" || bail 'stop'
}
# resolve [OPTION]...: $row is what came, status and detail; also how many rows.
resolve() {
  run resolve-digest --max-retries=0 "$@" "$tmp/input.txt"
  row=$(awk -F '\t' 'NR > 1 { print $6 ": " $18 }' "$out")
}

begin good
resolve --tls="$CLOUD_TOKEN_REGISTRY" --cacert="$CLOUD_TOKEN_CACERT"
exits 0 'the registry is read'
is "$row" 'ok: -' 'its image is whole'
is "$(awk -F '\t' 'NR == 2 { print $2 }' "$out")" "$("$local/oci-layout" digest "$layout:app")" \
  'by its digest'
is "$(curl -s "$CLOUD_TOKEN_CONTROL" | jq -c .)" \
  '[{"scopes":["repository:team/app:pull"],"authorization":false}]' \
  'one token served for the manifest and the config'
sed 's/1$/2/' "$tmp/input.txt" >>"$tmp/input.txt.2"
cat "$tmp/input.txt.2" >>"$tmp/input.txt"
resolve --tls="$CLOUD_TOKEN_REGISTRY" --cacert="$CLOUD_TOKEN_CACERT"
exits 1 'a missing tag is a failed row'
like "$row" '^not_found: ' 'of its own kind'
run list-registry --tls="$CLOUD_TOKEN_REGISTRY" --cacert="$CLOUD_TOKEN_CACERT" \
  "$CLOUD_TOKEN_REGISTRY/team/*"
exits 0 'the catalog is read too'
is "$(awk -F '\t' 'NR > 1 { print $1 }' "$out")" "$CLOUD_TOKEN_REGISTRY/team/app:1" \
  'and what it names'

# Its server speaks HTTP/2: however many requests are under way, one connection takes them all.
seq 300 | sed "s|^|$CLOUD_TOKEN_REGISTRY/team/app:no|" >"$tmp/input.txt"
resolve -v --jobs=256 --tls="$CLOUD_TOKEN_REGISTRY" --cacert="$CLOUD_TOKEN_CACERT"
is "$(printf '%s\n' "$row" | cut -d : -f 1 | sort | uniq -c | tr -s ' ')" ' 300 not_found' \
  'many at a time are read'
like "$(cat "$err")" "^resolve-digest: $CLOUD_TOKEN_REGISTRY: [0-9]+ requests, 0 retries, 1 connection\$" \
  'with one handshake'

echo "$CLOUD_TOKEN_REGISTRY/team/app:1" >"$tmp/input.txt"
resolve --tls="$CLOUD_TOKEN_REGISTRY" --cacert="$CLOUD_OTHER_CACERT"
exits 1 'another CA'
like "$row" '^tls: ..' 'gives a row that says so'
resolve --tls="$CLOUD_TOKEN_REGISTRY"
like "$row" '^tls: ..' "so do the system's"
resolve
exits 1 'a registry that speaks TLS, asked without'
like "$row" '^(server_error|network): .*http:' 'gives a row that says how it was asked'
end

begin http-realm
resolve --tls="$CLOUD_TOKEN_REGISTRY" --cacert="$CLOUD_TOKEN_CACERT"
exits 1 'a realm without TLS'
like "$row" '^(unauthorized|tls): .*http' 'gives a row that says so'
is "$(curl -s "$CLOUD_TOKEN_CONTROL")" '[]' 'and it is not asked'
end

begin wrong-key
resolve --tls="$CLOUD_TOKEN_REGISTRY" --cacert="$CLOUD_TOKEN_CACERT"
exits 1 'a token that the registry does not trust'
like "$row" '^unauthorized: ..' 'gives a row that says so'
is "$(curl -s "$CLOUD_TOKEN_CONTROL" | jq 'length <= 2')" true 'and it is not asked for again and again'
end
