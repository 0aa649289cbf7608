#!/bin/sh
# --reuse: what a record file knows is not asked for again, and the same file comes out; a file that
# knows a part only is not trusted with the whole.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

needs jq python3
mkfifo "$tmp/port"
cd "$tmp" || bail cd

digest() {
  printf 'sha256:%s' "$(printf '%s' "$1" | sha256sum | cut -d ' ' -f 1)"
}
oci=application/vnd.oci.image
config() { # ARCHITECTURE
  printf '{"os":"linux","architecture":"%s","config":{},"rootfs":{"diff_ids":["%s"]}}' "$1" \
    "$(digest "$1")"
}
manifest() { # ARCHITECTURE
  config=$(config "$1")
  printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":{"mediaType":"%s.config.v1+json","digest":"%s","size":%s},"layers":[{"mediaType":"%s.layer.v1.tar","digest":"%s","size":9}]}' \
    $oci $oci "$(digest "$config")" "${#config}" $oci "$(digest "layer $1")"
}
entry() { # ARCHITECTURE
  printf '{"mediaType":"%s.manifest.v1+json","digest":"%s","size":9,"platform":{"os":"linux","architecture":"%s"}}' \
    $oci "$(digest "$(manifest "$1")")" "$1"
}
amd64=$(manifest amd64)
arm64=$(manifest arm64)
index=$(printf '{"schemaVersion":2,"mediaType":"%s.index.v1+json","manifests":[%s,%s]}' \
  $oci "$(entry amd64)" "$(entry arm64)")

# route METHOD PATH BODY [HEADER VALUE]: of the JSON for the stub.
route() {
  jq -n --arg asked "$1 $2" --arg body "$3" --arg name "${4-X-None}" --arg value "${5-}" \
    '{($asked): {body: $body, headers: {($name): $value}}}'
}
both() { # PATH BODY DIGEST
  route GET "$1" "$2" Docker-Content-Digest "$3"
  route HEAD "$1" '' Docker-Content-Digest "$3"
}
{
  both /v2/a/b/manifests/index "$index" "$(digest "$index")"
  both /v2/a/b/manifests/amd64 "$amd64" "$(digest "$amd64")"
  for text in "$index" "$amd64" "$arm64"; do
    route GET "/v2/a/b/manifests/$(digest "$text")" "$text"
  done
  for text in "$(config amd64)" "$(config arm64)"; do
    route GET "/v2/a/b/blobs/$(digest "$text")" "$text"
  done
  # A registry that does not tell the digest, and one that does not know HEAD.
  route GET /v2/a/b/manifests/silent "$amd64"
  route HEAD /v2/a/b/manifests/silent ''
  route GET /v2/a/b/manifests/headless "$amd64"
  jq -n '{"HEAD /v2/a/b/manifests/headless": {status: 405}}'
  jq -n '{"HEAD /v2/a/b/manifests/private": {status: 403}}'
} | jq -s add >routes
"$top_srcdir/tests/e2e/registry-stub" "$tmp/log" <routes >port &
defer "kill $!; wait $! 2>/dev/null"
read -r host <port || bail 'the stub does not start'

# resolve [ARGUMENT]...: and $asked is what the registry was asked, in order of text.
resolve() {
  : >log
  run resolve-digest --max-retries=0 "$@"
  asked=$(sed 's|/v2/a/b/||; s|sha256:\(.....\)[0-9a-f]*|\1|' log | sort | tr '\n' ' ')
}
short() {
  digest "$1" | cut -c 8-12
}

for tag in index amd64 silent headless; do
  echo "$host/a/b:$tag"
done >input
resolve input -o first.tsv
exits 0 'the first run'
is "$(grep -c HEAD log)" 0 'asks for no HEAD'
is "$(awk -F '\t' 'NR > 1 { print $3, $6 }' first.tsv | tr '\n' ' ')" \
  'linux/amd64 ok linux/arm64 ok linux/amd64 ok linux/amd64 ok linux/amd64 ok ' 'has all rows'

resolve --reuse=first.tsv input -o second.tsv
exits 0 'the second run'
is "$asked" 'GET manifests/headless GET manifests/silent HEAD manifests/amd64 HEAD manifests/headless HEAD manifests/index HEAD manifests/silent ' \
  'gets nothing, but where HEAD does not help'
file_is second.tsv 'and writes the same' <first.tsv

resolve --reuse=second.tsv input -o second.tsv
exits 0 'a file that is read and written'
file_is second.tsv 'stays as it is' <first.tsv

sed 's/:index/@'"$(digest "$index")/" input | sed -n 1p >byname
resolve --reuse=first.tsv byname
is "$asked" '' 'a digest is not even asked for'
is "$(tail -n +2 "$out" | cut -f 3,4,6,14)" "$(sed -n '2,3p' first.tsv | cut -f 3,4,6,14)" \
  'and has its rows'

# ---- parts

head -n 2 first.tsv >part.tsv
resolve --reuse=part.tsv input -o third.tsv
like "$asked" "GET manifests/$(short "$index")" 'a part of an index is not the index'
unlike "$asked" "GET manifests/$(short "$amd64")" 'but is what it is'
file_is third.tsv 'and the same comes out' <first.tsv
awk -F '\t' -v OFS='\t' 'NR == 1 || $3 == "linux/amd64"' first.tsv >part.tsv
resolve --reuse=part.tsv input
like "$asked" "GET manifests/$(short "$index")" 'though several tags repeat it'

awk -F '\t' -v OFS='\t' 'NR > 1 { $14 = $16 = "-" } 1' first.tsv >noconfig.tsv
resolve --reuse=noconfig.tsv input -o third.tsv
file_is third.tsv 'rows without configs do not stand for those with' <first.tsv
resolve --no-configs --reuse=noconfig.tsv byname
is "$asked" '' 'unless none are wanted'

awk -F '\t' -v OFS='\t' 'NR > 1 { $6 = "timeout" } 1' first.tsv >failed.tsv
resolve --reuse=failed.tsv input -o third.tsv
file_is third.tsv 'failed rows are nothing known' <first.tsv

resolve --platform=linux/arm64 --reuse=first.tsv byname
is "$asked" '' 'a platform of what is known'
is "$(tail -n +2 "$out" | cut -f 3,11)" 'linux/arm64	2' 'is its row'
resolve --platform=linux/s390x --reuse=first.tsv byname
is "$(tail -n +2 "$out" | cut -f 3,6,18)" \
  '-	not_found	no linux/s390x; it has linux/amd64, linux/arm64' 'or none'

# ---- what it would take

names='registry	references	head	get	get_per_platform'
{ cat input && echo "$host/a/b:index" && echo nginx && echo '::'; } >longer
resolve --dry-run longer -o first.tsv
exits 0 '--dry-run'
file_is "$out" 'says what each registry would be asked, what stands there twice once' <<END
$names
http://$host	4	0	4	8
https://registry-1.docker.io	1	0	1	2
END
is "$asked" '' 'asks for nothing'
file_is first.tsv 'and writes no rows' <second.tsv
resolve --dry-run --no-configs --reuse=first.tsv input byname
file_is "$out" 'HEAD for tags, GET for what they may name, nothing for a digest that is known' <<END
$names
http://$host	5	4	4	4
END
# The index has two platforms, which is the most that one of them has.
resolve input
most=$((4 + 8 * 2))
gets=$(grep -c GET log)
is "$((gets > 4 && gets <= most))" 1 "a run takes no more: $gets of $most"
: | resolve --dry-run
is "$(cat "$out")" "$names" 'nothing takes nothing'
run sh -c 'resolve-digest --dry-run "$1" >/dev/full' sh input
exits 2 'a table that cannot be written is an error'

# ---- files

resolve --reuse=never.tsv input -o third.tsv
exits 0 'a file that does not exist yet is no error'
like "$(cat "$err")" '--reuse: never.tsv does not exist' 'but is told'
is "$(grep -c HEAD log)" 0 'and nothing is known'
resolve -q --reuse=never.tsv input -o third.tsv
silent 'or not'
head -c "$(($(wc -c <first.tsv) - 1))" first.tsv >cut.tsv
resolve --reuse=cut.tsv input
exits 2 'a file that was cut off is refused'
like "$(cat "$err")" '--reuse: cut.tsv: ' 'by its name'
cut -f 1-5 first.tsv >narrow.tsv
resolve --reuse=narrow.tsv input
exits 2 'as is one without the columns that count'

echo "$host/a/b:private" >private
resolve --reuse=first.tsv private
is "$asked" 'HEAD manifests/private ' 'a refusal is not asked for twice'
is "$(tail -n +2 "$out" | cut -f 6)" denied 'and is told'
echo "$host/a/b:none" >none
resolve --reuse=first.tsv none
is "$asked" 'GET manifests/none HEAD manifests/none ' 'what is not there is, for the reason'
is "$(tail -n +2 "$out" | cut -f 6)" not_found 'and is told'
