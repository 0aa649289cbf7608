#!/bin/sh
# match-report's lists for other programs, --missing and --map: what is in them and what is not; and
# the README's way to rewrite a Kubernetes manifest.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
cd "$tmp" || bail 'no folder'
# shellcheck source=tests/e2e/records.sh
. "$top_srcdir/tests/e2e/records.sh"

digest() {
  printf 'sha256:%s' "$(printf %s "$1" | sha256sum | cut -d ' ' -f 1)"
}
# source REF IMAGE CONTENT [COLUMN=VALUE]...: a source that is a single image.
source_row() {
  ref=$1 image=$2 content=$(digest "$3")
  shift 3
  record ref="$ref" image="$image" digest="$content" manifest_digest="$content" \
    platform=linux/amd64 origin=in.txt:1 "$@"
}
has_row() {
  image=$1 content=$(digest "$2")
  shift 2
  record image="$image" digest="$content" manifest_digest="$content" platform=linux/amd64 \
    origin=1/r settings=S "$@"
}
# member IMAGE ORIGIN INDEX ARCH [COLUMN=VALUE]...: one image of an index.
member() {
  image=$1 index=$(digest "$2") content=$(digest "$2 $3") arch=$3
  shift 3
  record image="$image" digest="$index" manifest_digest="$content" platform="linux/$arch" \
    origin=in.txt:1 platforms=2 "$@"
}
ours=123456789012.dkr.ecr.us-east-1.amazonaws.com

# ---- each verdict

{
  write_header
  for name in whole part pieces rest; do
    for arch in amd64 arm64; do
      member "docker.io/library/$name:1" "$name" "$arch" ref="$name:1"
    done
  done
  source_row docker://nowhere docker.io/library/nowhere:latest nowhere
  source_row nowhere:latest docker.io/library/nowhere:latest nowhere
  source_row Q.example/likely Q.example/likely:latest likely layers=L
  source_row q.example/cold q.example/cold:latest cold
  source_row "$ours/own:1" "$ours/own:1" own
  source_row docker://one q.example/one:1 'whole amd64'
  record ref='no ref' origin=in.txt:9 status=invalid_reference
  source_row - q.example/untyped:1 'whole arm64'
} >sources.tsv
{
  write_header
  for arch in amd64 arm64; do
    member "$ours/b/whole:1" whole "$arch"
    member "$ours/a/whole" whole "$arch"
    has_row "$ours/pieces/$arch" "pieces $arch"
  done
  has_row "$ours/part:amd64" 'part amd64'
  has_row "$ours/rest:amd64" 'rest amd64'
  has_row "$ours/rest:arm64" 'rest arm64' status=archived
  has_row "$ours/likely:1" 'likely, anew' layers=L settings=-
  has_row "$ours/cold:1" cold status=archived
  has_row "$ours/own:1" own
} >inventory.tsv

run match-report --missing sources.tsv inventory.tsv
exits 1 '--missing: one line of the sources was no reference'
file_is "$out" 'what is absent or partly there, by canonical names, each once' <<'END'
docker.io/library/part:1
docker.io/library/pieces:1
docker.io/library/nowhere:latest
END
like "$(cat "$err")" \
  '--missing has not the 4 of 12 that may be there: 1 partial, 1 likely, 1 archived, 1 unknown$' \
  'what is in doubt is counted'
run match-report --map sources.tsv inventory.tsv
exits 1 '--map: the same'
whole=$(digest whole) amd64=$(digest 'whole amd64') arm64=$(digest 'whole arm64')
file_is "$out" 'what is present, as typed, by digest: an index, or the image in it' <<END
whole:1	$ours/a/whole@$whole
one	$ours/a/whole@$amd64
q.example/untyped:1	$ours/a/whole@$arm64
END
like "$(cat "$err")" '--map has not the 9 of 12 that are not present$' 'the rest is counted'
run match-report -q --map --missing=m.txt --text=r.txt --tsv=r.tsv --json=r.json --junit=r.xml \
  --fail-if=likely,archived sources.tsv inventory.tsv
exits 3 'all formats in one run; --fail-if wins over rows that failed'
silent '-q says nothing of it'
is "$(wc -l <m.txt | tr -d ' ')/$(wc -l <"$out" | tr -d ' ')" 3/3 'the lists are the same'
like "$(tail -n 1 r.txt)" '^12 images: 3 present, 3 partial, 1 likely, 1 archived, 3 absent, 1 unknown$' \
  'and so are the verdicts'
is "$(grep -c '<failure' r.xml)/$(grep -c '<error' r.xml)" 2/1 'JUnit: what --fail-if names fails'
like "$(cat r.xml)" "^$ours/a/whole index linux/amd64,linux/arm64\$" \
  'JUnit: where it is, and why'
run match-report -q --missing --platform=linux/amd64 sources.tsv inventory.tsv
file_is "$out" '--platform: what is missing of that one' <<'END'
docker.io/library/nowhere:latest
END
run match-report -q -o o.txt --missing sources.tsv inventory.tsv
file_is o.txt '-o FILE' <m.txt
run match-report --missing --map sources.tsv inventory.tsv
exits 2 'two lists to standard output are refused'
for list in missing map; do
  status=0
  match-report -q --$list sources.tsv inventory.tsv >/dev/full 2>"$err" || status=$?
  is "$status/$(wc -l <"$err" | tr -d ' ')" 2/1 "--$list to a full disk"
done
write_header >none.tsv
run match-report --missing none.tsv inventory.tsv
is "$status$(cat "$out" "$err")" 0 'nothing is missing: an empty list'

# failed inventory rows: what was not found is not missing then
{ cat inventory.tsv; record image="$ours/secret" status=denied origin=1/r; } >holes.tsv
run match-report -q --missing sources.tsv holes.tsv
file_is "$out" 'while a part of the inventory is unread, nothing is known to be absent' <<'END'
docker.io/library/pieces:1
END

# ---- nothing but references

# shellcheck disable=SC2016 # not to be run
for odd in '$(id)' 'a b' '-v' "x'y" 'docker.io/library/x:1;id' 'q.example/x:1\nq.example/y:1'; do
  { write_header; source_row - "$odd" x; } >odd.tsv
  run match-report -q --missing odd.tsv inventory.tsv
  is "$status/$(wc -c <"$out" | tr -d ' ')" 2/0 "--missing refuses an image that is none: $odd"
  { write_header; source_row - "q.example/x:1" x; } >even.tsv
  { write_header; has_row "$odd" x; } >odd.tsv
  run match-report -q --map even.tsv odd.tsv
  is "$status/$(wc -c <"$out" | tr -d ' ')" 2/0 "--map refuses it: $odd"
done
{ write_header; record image=q.example/x:1 manifest_digest=x digest=x origin=i; } >even.tsv
{ write_header; record image=q.example/y:1 manifest_digest=x digest=x; } >odd.tsv
run match-report -q --map even.tsv odd.tsv
exits 2 '--map refuses a digest that is none'

# ---- a Kubernetes manifest, by the README

mkdir report
recipe() {
  awk -v start="\`\`\`sh $1" '$0 == start { inside = 1; next } /^```$/ { inside = 0 } inside' \
    "$top_srcdir/README.md" >recipe
  [ -s recipe ] || bail "the README has no recipe '$1'"
  run dash recipe
}
cr=$(printf '\r')
cat >app.yaml <<END
# image: nginx:1.25
apiVersion: v1
kind: Pod
metadata: {name: web, annotations: {image: nginx}}
spec:
  initContainers:
  - image: nginx:1.25-alpine
    imagePullPolicy: Always
  - name: init
    image: "nginx:1.25"   # image: nginx
  containers:
    - name: web
      image:   nginx
      args: [image, nginx]
    - image: 'quay.io/a/nginx:1.25'
    - image: localhost:5000/a.b/nginx:1.25
    - image: localhost:5000/a_b/nginx:1.25
    - image: nginx:1.25@$(digest pinned)
    - image: nginx:1.25$cr
---
kind: Job
spec: {template: {spec: {}}}
---
kind: Pod
spec:
  containers: [{name: a, image: nginx}]
  image: nginx-extra
  text: "image: nginx"
  image: *nginx
  image:
END
recipe list
exits 0 'the references are taken out'
tr -d '\r' <input.txt | sort -u >list
file_is list 'each once, without quotes and comments' <<END
$(printf '%s\n' '' nginx:1.25-alpine nginx:1.25 nginx quay.io/a/nginx:1.25 \
  localhost:5000/a.b/nginx:1.25 localhost:5000/a_b/nginx:1.25 "nginx:1.25@$(digest pinned)" \
  nginx-extra '*nginx' | sort -u)
END
{
  write_header
  source_row nginx docker.io/library/nginx:latest latest
  source_row nginx:1.25 docker.io/library/nginx:1.25 1.25
  source_row nginx:1.25-alpine docker.io/library/nginx:1.25-alpine alpine
  source_row quay.io/a/nginx:1.25 quay.io/a/nginx:1.25 quay
  source_row localhost:5000/a.b/nginx:1.25 localhost:5000/a.b/nginx:1.25 dot
  source_row "nginx:1.25@$(digest pinned)" "docker.io/library/nginx@$(digest pinned)" pinned
  source_row nginx-extra docker.io/library/nginx-extra:latest extra
} >report/sources.tsv
{
  write_header
  for name in latest 1.25 alpine quay dot pinned; do
    has_row "$ours/m/nginx:$name" "$name"
  done
} >report/inventory.tsv
recipe rewrite
exits 0 'they are put back in'
target() {
  printf %s "$ours/m/nginx@$(digest "$1")"
}
sed -e "7s,nginx:1.25-alpine,$(target alpine)," -e "10s,nginx:1.25,$(target 1.25)," \
  -e "13s,nginx,$(target latest)," -e "15s,quay.io/a/nginx:1.25,$(target quay)," \
  -e "16s,localhost.*,$(target dot)," -e "18s,nginx:.*,$(target pinned)," \
  -e "19s,nginx:1.25,$(target 1.25)," app.yaml >want.yaml
file_is app-here.yaml 'each image is exchanged as a whole, and all else is as it was' <want.yaml
is "$(diff app.yaml want.yaml | grep -c '^>')" 7 'seven of them'

# Nothing present: an empty map changes nothing.
{ write_header; has_row "$ours/m/nginx:x" x; } >report/inventory.tsv
recipe rewrite
file_is app-here.yaml 'an empty map changes nothing' <app.yaml
for awk in mawk gawk 'busybox awk' original-awk; do
  command -v "${awk%% *}" >which || continue
  mkdir -p bin
  printf '#!/bin/sh\nexec %s "$@"\n' "$awk" >bin/awk
  chmod +x bin/awk
  { write_header; has_row "$ours/m/nginx:1.25" 1.25; } >report/inventory.tsv
  PATH=$tmp/bin:$PATH
  recipe rewrite
  is "$(diff app.yaml app-here.yaml | grep -c '^>')" 2 "$awk can run it"
  rm bin/awk
done
