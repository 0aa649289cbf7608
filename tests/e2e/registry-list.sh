#!/bin/sh
# list-registry: a real registry's repositories and tags, in order; then a registry that says what no
# real one would.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

local=$top_srcdir/infra/local
TMPDIR=$tmp
export TMPDIR
"$local/cloud" start "$tmp/cloud" || bail 'the cloud does not start'
# shellcheck disable=SC2016 # run later
defer '"$local/cloud" stop "$tmp/cloud"'
# shellcheck source=/dev/null
. "$tmp/cloud/env"
cd "$tmp" || bail cd

layout=$tmp/layout
mkdir layers
umoci init --layout "$layout"
"$local/oci-layout" tar layers a=a b=b
for name in a b; do
  umoci new --image "$layout:$name"
  umoci raw add-layer --image "$layout:$name" "layers/$name.tar"
done
"$local/oci-layout" artifact "$layout:chart" application/vnd.cncf.helm.config.v1+json '{}' \
  application/vnd.cncf.helm.chart.content.v1.tar+gzip=chart
push() {
  "$local/oci-layout" push "$layout:$1" "$CLOUD_SOURCE/$2" || bail push
}
push a zoo/animal:1
push a zoo/animal:1.0
push b zoo/animal:2
push b base:latest
push chart charts/app:0.1
push a team/deep/er:x

list() {
  run list-registry "$@"
}
columns() {
  tail -n +2 "$out" | cut -f "$1" | sed "s|^$CLOUD_SOURCE/||"
}
list "$CLOUD_SOURCE"
exits 0 'a registry is listed'
is "$(columns 1,6 | tr '\t' ' ')" 'base:latest ok
charts/app:0.1 artifact
team/deep/er:x ok
zoo/animal:1 ok
zoo/animal:1.0 ok
zoo/animal:2 ok' 'by repository and tag'
is "$(tail -n +2 "$out" | cut -f 12,13 | sort -u)" "$CLOUD_SOURCE	-" 'where from'
like "$(cat "$err")" '^list-registry: images without a tag' 'what it cannot see is said'
cp "$out" whole.tsv
list -q "$CLOUD_SOURCE"
silent 'unless that is not wanted'

list -q "$CLOUD_SOURCE/zoo/*"
is "$(columns 1 | wc -l | tr -d ' ')" 3 'a glob'
list -q "$CLOUD_SOURCE/*r"
is "$(columns 1)" 'team/deep/er:x' 'whose star matches a slash'
list -q "$CLOUD_SOURCE/[bc]*" "$CLOUD_SOURCE/zoo/animal" "$CLOUD_SOURCE/base"
is "$(columns 1 | tr '\n' ' ')" 'base:latest charts/app:0.1 zoo/animal:1 zoo/animal:1.0 zoo/animal:2 ' \
  'several scopes, each repository once'
list -q "$CLOUD_SOURCE/nothing*"
exits 1 'a glob that matches nothing'
is "$(columns 1,6 | tr '\t' ' ')" "$CLOUD_SOURCE not_found" 'is no empty inventory'
list -q --mirror="quay.io=http://$CLOUD_SOURCE/zoo" 'quay.io/*'
is "$(tail -n +2 "$out" | cut -f 1,6 | tr '\t' ' ')" 'quay.io/animal:1 ok
quay.io/animal:1.0 ok
quay.io/animal:2 ok' "of a mirror's catalog, what is below its prefix, by the host's names"
for hub in docker.io index.docker.io registry-1.docker.io; do
  list -q --mirror="docker.io=http://$CLOUD_SOURCE/team" "$hub/deep/er"
  is "$(tail -n +2 "$out" | cut -f 1)" 'docker.io/deep/er:x' "$hub is Docker Hub"
  list -q --mirror="docker.io=http://$CLOUD_SOURCE/team" "$hub/none"
  is "$(tail -n +2 "$out" | cut -f 1)" 'docker.io/library/none' "$hub: one word is in library/"
done
list -q "$CLOUD_SOURCE/zoo/none"
exits 1 'a repository that is not there'
is "$(tail -n +2 "$out" | cut -f 1,6,12)" "$CLOUD_SOURCE/zoo/none	not_found	$CLOUD_SOURCE" 'is a row'

list -q --reuse=whole.tsv "$CLOUD_SOURCE"
file_is "$out" 'the same comes out with the listing as a cache' <whole.tsv
list -q --jobs=1 "$CLOUD_SOURCE"
file_is "$out" 'and whatever is asked at once' <whole.tsv
run sh -c "list-registry -q '$CLOUD_SOURCE' | match-report whole.tsv -"
exits 0 'it is an inventory'

for scope in "http://$CLOUD_SOURCE" '' '/x' "$CLOUD_SOURCE/UP" "$CLOUD_SOURCE/a:1" "$CLOUD_SOURCE/"; do
  list "$scope"
  exits 2 "'$scope' is refused"
done
list
exits 2 'nothing is refused'

# ---- what no registry would say

mkfifo port
manifest='{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8b","size":2},"layers":[]}'
jq -n --arg manifest "$manifest" '{
  "GET /v2/_catalog?n=1000": {body: "{\"repositories\":[\"ring\",\"Bad\\u001b[2J\",\"odd\",\"none\"]}"},
  "GET /v2/none/tags/list?n=1000": {body: "{\"tags\":null}"},
  "GET /v2/odd/tags/list?n=1000": {body: "{\"tags\":[\"good\",\"no tag\",7,\"twin\"]}"},
  "GET /v2/odd/manifests/good": {body: $manifest},
  "GET /v2/odd/manifests/twin": {body: $manifest},
  "GET /v2/ring/tags/list?n=1000": {body: "{\"tags\":[\"a\"]}",
    headers: {Link: "</v2/ring/tags/list?p=1>; rel=next"}},
  "GET /v2/ring/tags/list?p=1": {body: "{\"tags\":[\"b\"]}",
    headers: {Link: "</v2/ring/tags/list?p=2>; rel=next"}},
  "GET /v2/ring/tags/list?p=2": {body: "{\"tags\":[\"c\"]}",
    headers: {Link: "</v2/ring/tags/list?p=1>; rel=next"}},
  "GET /v2/away/tags/list?n=1000": {body: "{\"tags\":[\"a\"]}",
    headers: {Link: "<http://127.0.0.1:1/v2/away/tags/list>; rel=next"}},
  "GET /v2/html/tags/list?n=1000": {body: "<html>"}
}' >routes
# stub: $host says what is in the file `routes`.
stub() {
  "$top_srcdir/tests/e2e/registry-stub" "$tmp/log" <routes >port &
  defer "kill $!; wait $! 2>/dev/null"
  read -r host <port || bail 'the stub does not start'
}
stub

# rows SCOPE...: image, status and detail.
rows() {
  : >log
  run list-registry -q --no-configs --max-retries=0 "$@"
  rows=$(tail -n +2 "$out" | cut -f 1,6,18 | sed "s|$host|HOST|g" | tr '\t' ' ')
}
rows "$host"
exits 1 'an odd registry'
is "$rows" "HOST invalid_reference it lists 'Bad�[2J', no repository name
HOST/odd:good ok -
HOST/odd invalid_reference it lists 'no tag', no tag
HOST/odd:twin ok -
HOST/odd server_error 1 in the list of tags are no names: left out
HOST/ring:a not_found http://HOST answered with HTTP status 404
HOST/ring:b not_found http://HOST answered with HTTP status 404
HOST/ring:c not_found http://HOST answered with HTTP status 404
HOST/ring server_error the list does not end" 'each oddity is a row of its own'
is "$(grep -c '/v2/ring/tags/list' log)" 3 'each page of a ring is asked for once'
rows "$host/away"
like "$rows" '^HOST/away server_error .*the next page would be at another host, http://127.0.0.1:1' \
  'a page elsewhere is not followed'
rows "$host/html"
like "$rows" '^HOST/html server_error the list of tags: not JSON' 'what is no list'
rows "$host/odd"
is "$(grep -c _catalog log)" 0 'a literal repository asks no catalog'
rows "LOCALHOST:${host##*:}/odd"
like "$rows" '^(HOST|localhost:[0-9]+)/odd:good ok' 'a host is the same in capitals'
jq -n --arg manifest "$manifest" '{
  "GET /v2/_catalog?n=1000": {body: "{\"repositories\":[\"one\"]}",
    headers: {Link: "</v2/_catalog?n=1000&last=one>; rel=next"}},
  "GET /v2/_catalog?n=1000&last=one": {body: "{\"repositories\":[\"two\"]}"},
  "GET /v2/one/tags/list?n=1000": {body: "{\"tags\":[\"a\"]}"},
  "GET /v2/two/tags/list?n=1000": {body: "{\"tags\":[\"b\"]}"},
  "GET /v2/one/manifests/a": {body: $manifest},
  "GET /v2/two/manifests/b": {body: $manifest}
}' >routes
stub
rows "$host"
is "$rows" 'HOST/one:a ok -
HOST/two:b ok -' 'a catalog of two pages is read to its end'
jq -n '{"GET /v2/_catalog?n=1000": {status: 403}}' >routes
stub
rows "$host"
is "$rows" "HOST denied its repositories cannot be listed (name them: HOST/REPOSITORY): http://HOST answered with HTTP status 403" \
  'a catalog that is not given out'
rows 127.0.0.1:1
like "$rows" '^127.0.0.1:1 network http://127.0.0.1:1/v2/_catalog: ' 'nobody there'
