#!/bin/sh
# resolve-digest's input: every form of line gives the right row, or a failed row with its line
# number, and none stops the others.

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
  umoci config --image "$layout:$name" --os linux --architecture amd64 --config.env "A=$name"
done
umoci config --image "$layout:b" --architecture arm64
"$local/oci-layout" index "$layout:both" a b
both=$("$local/oci-layout" digest "$layout:both")
a=$("$local/oci-layout" digest "$layout:a")
b=$("$local/oci-layout" digest "$layout:b")
"$local/oci-layout" push "$layout:both" "$CLOUD_SOURCE/docker.io/library/nginx:latest" || bail push
"$local/oci-layout" push "$layout:a" "$CLOUD_SOURCE/docker.io/library/nginx:a" || bail push
"$local/oci-layout" push "$layout:a" "$CLOUD_SOURCE/quay.io/team/tool:1" || bail push

# resolve [ARGUMENT]...
resolve() {
  # shellcheck disable=SC2086 # several options
  run resolve-digest $MIRRORS --max-retries=0 "$@"
}
# column NUMBER...: of the rows, as `resolve` wrote them.
columns() {
  tail -n +2 "$out" | cut -f "$1"
}

# ---- forms

long=$(awk 'BEGIN { while (i++ < 10000) printf "x" }')
printf '%s\n' "# a comment" "" "   " nginx "nginx@$b" "nginx:9.9@$both" \
  docker://quay.io/team/tool:1 "	 index.docker.io/library/nginx:a  " nginx:nope \
  nginx/UPPER 'two words' "$long" 'nohost.invalid/x:1' nginx "  # another" >input.txt
printf 'quay.io/team/tool:1' >>input.txt
resolve input.txt
exits 1 'some lines are bad'
like "$(cat "$err")" \
  '^resolve-digest: 5 rows could not be read: .*; the first: nginx:nope: not_found: .*manifest unknown$' \
  'how many is said, and why the first'
columns 1,3,4,6,12 >got
{
  row() {
    printf '%s\t%s\t%s\t%s\tinput.txt:%s\n' "$@"
  }
  row docker.io/library/nginx:latest linux/amd64 "$a" ok 4
  row docker.io/library/nginx:latest linux/arm64 "$b" ok 4
  row "docker.io/library/nginx@$b" linux/arm64 "$b" ok 5
  row "docker.io/library/nginx@$both" linux/amd64 "$a" ok 6
  row "docker.io/library/nginx@$both" linux/arm64 "$b" ok 6
  row quay.io/team/tool:1 linux/amd64 "$a" ok 7
  row docker.io/library/nginx:a linux/amd64 "$a" ok 8
  row docker.io/library/nginx:nope - - not_found 9
  row - - - invalid_reference 10
  row - - - invalid_reference 11
  row - - - invalid_reference 12
  row nohost.invalid/x:1 - - network 13
  row docker.io/library/nginx:latest linux/amd64 "$a" ok 14
  row docker.io/library/nginx:latest linux/arm64 "$b" ok 14
  row quay.io/team/tool:1 linux/amd64 "$a" ok 16
} >want
file_is got 'each line has its rows' <want
is "$(columns 13 | sed -n '4p;6p;7p;8p')" "nginx:9.9@$both
docker://quay.io/team/tool:1
index.docker.io/library/nginx:a
nginx:nope" 'the reference is as it was typed'
is "$(columns 13 | awk 'NR == 11' | tr -d '\n' | wc -c | tr -d ' ')" 200 'but for a long one'
like "$(columns 18 | awk 'NR == 11')" '10000 bytes' 'of which the length is told'
like "$(columns 18 | awk 'NR == 12')" 'nohost\.invalid' 'the host that is not there is named'
is "$(columns 2 | sed -n '1p;3p')" "$both
$b" 'the digest is what the reference names'

# ---- files

{
  printf '\357\273\277nginx:a\r\n'
  printf '\r\n# x\r\nquay.io/team/tool:1\r\n'
} >crlf.txt
resolve crlf.txt
exits 0 'CRLF and a BOM'
is "$(columns 1,12,13 | tr '\t' ' ')" 'docker.io/library/nginx:a crlf.txt:1 nginx:a
quay.io/team/tool:1 crlf.txt:4 quay.io/team/tool:1' 'do no harm'
silent 'nor noise'

printf 'nginx:a\n' >list.txt
resolve - crlf.txt <list.txt
is "$(columns 12 | tr '\n' ' ')" '-:1 crlf.txt:1 crlf.txt:4 ' 'standard input among files'
resolve <list.txt
is "$(columns 12)" '-:1' 'and when there are none'

resolve /dev/null
exits 0 'an empty file is no error'
is "$(cat "$out")" "$(resolve-digest -q /dev/null | head -n 1)" 'and has no rows'
is "$(wc -l <"$out" | tr -d ' ')" 1 'but a whole header'
like "$(cat "$err")" 'no references' 'it is said'
resolve -q /dev/null
silent 'unless that is not wanted'

printf 'nginx\0:a\n\001\033[2Jx\n\377\376\nnginx:a\n' >bytes.txt
resolve bytes.txt
is "$(columns 6,12 | tr '\t\n' '  ')" 'invalid_reference bytes.txt:1 invalid_reference bytes.txt:2 invalid_reference bytes.txt:3 ok bytes.txt:4 ' \
  'bytes that no text has'
is "$(tr -d '\t\n\040-\176\357\277\275' <"$out" | wc -c | tr -d ' ')" 0 'do not come out again'

# 8,192 bytes of blanks, and a reference behind them: not passed over in silence.
awk 'BEGIN { while (i++ < 9000) printf " "; print "nginx:a" }' >blank.txt
resolve blank.txt
is "$(columns 6,12)" 'invalid_reference	blank.txt:1' 'a line whose end is not read'

rm -f absent.txt
resolve -o kept.tsv absent.txt list.txt
exits 2 'a file that is not there'
like "$(cat "$err")" '^resolve-digest: absent.txt: No such file or directory; .*echo REFERENCE' 'is named'
is "$(find . -name '*kept.tsv*')" '' 'and nothing is written'
cp list.txt precious.txt
resolve -o ./precious.txt precious.txt
exits 2 'the list as its own output'
is "$(cmp list.txt precious.txt && cat "$err")" \
  'resolve-digest: --output=./precious.txt: it is the list of references itself' 'is not lost'
run resolve-digest --platform=amd64 </dev/null
is "$(head -n 1 "$err" | grep -o -e '--platform' | wc -l)" 1 'a wrong platform is told once'
run resolve-digest - - </dev/null
exits 2 'standard input twice'
run resolve-digest --reuse=- </dev/null
exits 2 'also for another purpose'

# ---- options

resolve --no-configs input.txt
is "$(columns 3,6,14,16 | sed -n '1p;4p')" 'linux/amd64	ok	-	-
linux/amd64	ok	-	-' 'without configs there are no settings'
is "$(columns 3,6 | sed -n '7p')" '-	ok' 'and a single image has no platform'

printf 'nginx\nnginx:a\n' >list.txt
resolve --platform=linux/arm64/v8 list.txt
exits 1 'a platform that an image lacks'
is "$(columns 3,6,11,18)" 'linux/arm64	ok	2	-
-	not_found	1	no linux/arm64; it has linux/amd64' 'is told'
resolve --platform=linux/arm64,linux/amd64 list.txt
is "$(columns 3 | tr '\n' ' ')" 'linux/amd64 linux/arm64 linux/amd64 ' 'several platforms'
resolve --platform=linux/s390x --platform=all list.txt
exits 0 'all platforms'
for option in --platform=linux --platform= --jobs=0 --jobs=x --max-retries=-1 --timeout=0 \
  --mirror=docker.io --mirror=docker.io=ftp://x --plain-http=http://x --tls=a/b --cacert=/dev/null \
  --nonsense; do
  run resolve-digest "$option" list.txt
  exits 2 "$option is refused"
  is "$(wc -l <"$out" | tr -d ' ')" 0 'without a row'
done
run resolve-digest --tls=quay.io --plain-http=quay.io list.txt
exits 2 'contradictions are refused'

# The same order with whatever number of requests at once, and the same as a file.
resolve --jobs=1 input.txt
cp "$out" one.tsv
resolve --jobs=64 -o many.tsv input.txt
exits 1 'into a file'
file_is many.tsv 'the rows do not depend on the number of requests' <one.tsv
