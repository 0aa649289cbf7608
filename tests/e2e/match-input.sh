#!/bin/sh
# match-report: what it reads, refuses, writes, and how it ends. The records are written here, so
# that each file has the one trait that is tested.
. "${srcdir:-.}/tests/e2e/lib.sh"
needs jq

cd "$tmp" || bail "no folder"
# shellcheck source=tests/e2e/records.sh
. "$top_srcdir/tests/e2e/records.sh"

{
  write_header
  record image=s.example/one:1 digest=I platform=linux/amd64 manifest_digest=M1 origin=in:1
  record image=s.example/one:1 digest=I platform=linux/arm64 manifest_digest=M2 origin=in:1
  record image=s.example/two:1 digest=N platform=linux/amd64 manifest_digest=N origin=in:2
} >sources.tsv
{
  write_header
  record image=e.example/one:1 digest=I platform=linux/amd64 manifest_digest=M1 origin=1/r size=7
  record image=e.example/one:1 digest=I platform=linux/arm64 manifest_digest=M2 origin=1/r size=8
} >a.tsv
{
  write_header
  record image=e.example/two:1 digest=N platform=linux/amd64 manifest_digest=N origin=1/r
} >b.tsv

cat >both.txt <<'END'
Source image URIs:
	s.example/one:1
Image present at ECR URIs:
	e.example/one:1	index	linux/amd64,linux/arm64

Source image URIs:
	s.example/two:1
Image present at ECR URIs:
	e.example/two:1	manifest	linux/amd64

2 images: 2 present, 0 partial, 0 likely, 0 archived, 0 absent, 0 unknown
END

# ---- ways to give the inventory ----

run match-report sources.tsv a.tsv b.tsv
exits 0 'two inventory files'
silent 'nothing on stderr'
file_is "$out" 'the report has both' <both.txt

cat a.tsv b.tsv >joined.tsv
run match-report sources.tsv joined.tsv
file_is "$out" 'files that cat joined, with a header in the middle' <both.txt

# run's standard input is the script's.
cat a.tsv b.tsv >stdin.tsv
run match-report sources.tsv - <stdin.tsv
file_is "$out" 'an inventory from standard input' <both.txt

run match-report - a.tsv b.tsv <sources.tsv
file_is "$out" 'sources from standard input' <both.txt

awk 1 b.tsv | match-report sources.tsv a.tsv - >piped.txt
file_is piped.txt 'an inventory from a pipe, and one from a file' <both.txt

cat a.tsv >sortable.tsv
sed 1d b.tsv >>sortable.tsv
{ IFS= read -r h; printf '%s\n' "$h"; LC_ALL=C sort -r; } <sortable.tsv |
  match-report sources.tsv - >sorted.txt
file_is sorted.txt 'rows in another order, by the idiom' <both.txt

sort sortable.tsv >unheaded.tsv
run match-report sources.tsv unheaded.tsv
exits 2 'sorted without the idiom: no header first'
like "$(cat "$err")" 'unheaded\.tsv: line 1 .*LC_ALL=C sort' 'the message has the idiom'

awk -F'\t' 'NR == 1 || $1 ~ /^e\.example\/one/' joined.tsv | match-report sources.tsv - >filtered.txt
like "$(tail -n 1 filtered.txt)" '^2 images: 1 present, .* 1 absent, 0 unknown$' 'filtered by awk'

awk -F'\t' -v OFS='\t' '{ for (i = NF; i > 0; i--) printf "%s%s", $i, (i > 1 ? OFS : "\n") }' \
  joined.tsv >reversed.tsv
run match-report sources.tsv reversed.tsv
file_is "$out" 'columns in another order' <both.txt

awk -F'\t' -v OFS='\t' '{ print (NR == 1 ? "my own" : "x"), $0 }' sortable.tsv >wider.tsv
run match-report sources.tsv wider.tsv
file_is "$out" 'a column more' <both.txt

run match-report sources.tsv a.tsv a.tsv b.tsv joined.tsv
file_is "$out" 'the same rows again change nothing' <both.txt

write_header >empty.tsv
run match-report empty.tsv a.tsv
exits 0 'no sources'
is "$(cat "$out")" '0 images: 0 present, 0 partial, 0 likely, 0 archived, 0 absent, 0 unknown' \
  'no sources: the summary only'

# ---- what is refused ----

# refused NAME ERE FILES...: status 2, one line on stderr, no report.
refused() {
  refused_name=$1 refused_ere=$2
  shift 2
  rm -f report.txt
  run match-report --text=report.txt "$@"
  is "$status/$(wc -l <"$err" | tr -d ' ')" 2/1 "$refused_name: status and one line"
  like "$(cat "$err")" "^match-report: $refused_ere" "$refused_name: where"
  if [ -e report.txt ]; then not_ok "$refused_name: no report" report.txt; else ok "$refused_name: no report"; fi
}

# without COLUMN FILE: FILE without that column.
without() {
  awk -F'\t' -v column="$1" '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) drop = i }
    { line = ""
      for (i = 1; i <= NF; i++) if (i != drop) line = line (line == "" ? "" : FS) $i
      print line }' "$2"
}

for column in image digest platform manifest_digest config_digest status settings layers diff_ids; do
  without "$column" a.tsv >less.tsv
  refused "an inventory without $column" "less\\.tsv: line 1: .*$column\$" sources.tsv less.tsv
done
without origin sources.tsv >less.tsv
refused 'sources without origin' 'less\.tsv: line 1: .*origin$' less.tsv a.tsv

head -c -1 a.tsv >cut.tsv
refused 'a last line without LF' 'cut\.tsv: line 3: ' sources.tsv cut.tsv
refused 'the same of the sources' 'cut\.tsv: line 3: ' cut.tsv a.tsv
head -c -5 a.tsv >cut.tsv
refused 'a last line that is cut off' 'cut\.tsv: line 3: ' sources.tsv cut.tsv
head -c -5 a.tsv | awk 1 >cut.tsv
refused 'the same behind awk, which adds an LF' 'cut\.tsv: line 3' sources.tsv cut.tsv
: >nothing.tsv
refused 'a file of nothing' 'nothing\.tsv: ' sources.tsv nothing.tsv
refused 'nothing from a producer' 'standard input: ' sources.tsv - </dev/null
{ cat a.tsv; record image=e.example/x:1 digest=X 'detail=a\qb'; } >escape.tsv
refused 'a wrong escape' 'escape\.tsv: line 4, column detail: .*byte 2' sources.tsv escape.tsv
for cell in sha256:zz "sha256:$(printf %063d 0)" "sha256:$(printf %064d 0),sha256:"; do
  for column in digest manifest_digest config_digest layers diff_ids; do
    { cat a.tsv; record image=e.example/x:1 "$column=$cell"; } >damaged.tsv
    refused "$column $cell" "damaged\\.tsv: line 4, column $column: a digest " sources.tsv damaged.tsv
  done
done
refused 'a damaged digest of a source' 'damaged\.tsv: line 4, column diff_ids' damaged.tsv a.tsv
{ cat a.tsv; cut -f2- b.tsv; } >headers.tsv
refused 'a header of other columns' 'headers\.tsv: line 4' sources.tsv headers.tsv
refused 'a file that is not there' 'no such file\.tsv: ' sources.tsv 'no such file.tsv'
refused "'-' twice" "'-': " - -
refused "'-' twice among inventories" "'-': " sources.tsv - a.tsv -
refused 'no inventory' 'an INVENTORY is missing' sources.tsv
refused 'no operand' 'SOURCES is missing'

# A producer that dies: what it wrote until then is no inventory.
{ cat a.tsv; record image=e.example/x:1 | tr -d '\n'; } >dead.tsv
rm -f report.txt
{ cat dead.tsv; exit 1; } | match-report --text=report.txt sources.tsv - 2>err.txt
is $? 2 'a producer that died'
if [ -e report.txt ]; then not_ok 'it leaves no report'; else ok 'it leaves no report'; fi

# ---- where reports go ----

run match-report --tsv=r.tsv --json=r.json --text=r.txt sources.tsv a.tsv b.tsv
exits 0 'three formats'
is "$(wc -c <"$out" | tr -d ' ')" 0 'three files: nothing on standard output'
file_is r.txt 'the text' <both.txt
file_is r.tsv 'the TSV' <<END
image	verdict	evidence	platform	match	match_status	match_digest	match_size	match_pushed	origin	detail
s.example/one:1	present	index	linux/amd64	e.example/one:1	ok	I	7	-	in:1	-
s.example/one:1	present	index	linux/arm64	e.example/one:1	ok	I	8	-	in:1	-
s.example/two:1	present	manifest	linux/amd64	e.example/two:1	ok	N	-	-	in:2	-
END
is "$(jq -r '.sources[] | [.image, .verdict, .matches[0].image, .matches[0].size] | @csv' r.json)" \
  '"s.example/one:1","present","e.example/one:1",15
"s.example/two:1","present","e.example/two:1",' 'the JSON'
is "$(jq -c .summary r.json)" \
  '{"sources":2,"present":2,"partial":0,"likely":0,"archived":0,"absent":0,"unknown":0}' \
  'its summary'

run match-report --json=r2.json --text sources.tsv a.tsv b.tsv
file_is "$out" 'one to a file, one to standard output' <both.txt
file_is r2.json 'the same JSON' <r.json

run match-report -o o.tsv --tsv sources.tsv a.tsv b.tsv
file_is o.tsv '-o is for the format without a file' <r.tsv
run match-report -o 'my report.txt' sources.tsv a.tsv b.tsv
file_is 'my report.txt' '-o is for the text, when no format is named' <both.txt
refused 'two formats to standard output' 'standard output can take one format' --text=- --tsv sources.tsv a.tsv
run match-report --tsv --json sources.tsv a.tsv
exits 2 'two formats without a file'
refused 'two formats to one file' 'x: two formats' --tsv=x --json=x sources.tsv a.tsv
run match-report -o y --tsv=z sources.tsv a.tsv
exits 2 '-o for nothing'
run match-report --json= sources.tsv a.tsv
exits 2 'an empty file name'
like "$(cat "$err")" '^match-report: --json: ' 'it is said'
refused 'a folder that is not there' 'no/r\.json: ' --json=no/r.json sources.tsv a.tsv

echo old >r.txt
run match-report --text=r.txt sources.tsv cut.tsv
exits 2 'a failure'
is "$(cat r.txt)" old 'leaves the old report'
is "$(find . -name '.*.??????' ! -name .home)" '' 'and no temporary file'

if [ -c /dev/full ]; then
  for format in text tsv json; do
    status=0
    match-report --$format sources.tsv a.tsv >/dev/full 2>"$err" || status=$?
    exits 2 "--$format to a full disk"
    like "$(cat "$err")" '^match-report: standard output: ' "--$format to a full disk: said"
  done
  rm -f r.json
  status=0
  match-report --text --json=r.json sources.tsv a.tsv >/dev/full 2>"$err" || status=$?
  if [ -e r.json ]; then not_ok 'a full disk: no other report'; else ok 'a full disk: no other report'; fi
fi

# The temporary file, which may have no name, is there before the inventory is read.
mkfifo inventory.fifo || bail 'mkfifo'
match-report --text=stopped.txt sources.tsv - <inventory.fifo 2>err.txt &
pid=$!
exec 3>inventory.fifo
until [ -n "$(find . -name '.stopped.txt.*')" ] || readlink "/proc/$pid/fd/"* 2>err3.txt | grep -q '(deleted)$'; do
  kill -0 "$pid" 2>err2.txt || bail 'match-report ended by itself'
done
kill -TERM "$pid"
exec 3>&-
wait "$pid"
is $? 143 'a signal ends it'
is "$(find . -name '*stopped.txt*')" '' 'and leaves no file'

# ---- exit status ----

run match-report sources.tsv a.tsv
exits 0 'an absent image is no failure'
run match-report --fail-if=absent sources.tsv a.tsv
exits 3 '--fail-if=absent'
like "$(cat "$out")" '^2 images: ' 'the report is written all the same'
run match-report --fail-if=partial,unknown sources.tsv a.tsv
exits 0 '--fail-if of what is not'
run match-report --fail-if=partial --fail-if=present sources.tsv a.tsv
exits 3 '--fail-if twice'
run match-report --fail-if=abscent sources.tsv a.tsv
exits 2 '--fail-if of no verdict'
like "$(cat "$err")" "'abscent'" 'it is named'

{ cat a.tsv; record image=e.example/secret status=denied 'detail=no\tentry'; } >failed.tsv
run match-report sources.tsv failed.tsv
exits 1 'a failed inventory row'
like "$(cat "$out")" "^$tab\(unknown: 1 row of the inventory failed, first: denied at e\.example/secret, no.+entry\)\$" \
  'what was not found is unknown, and why'
like "$(tail -n 1 "$out")" ' 1 present, .* 0 absent, 1 unknown$' 'what was found stays present'
run match-report --fail-if=unknown sources.tsv failed.tsv
exits 3 '3 wins over 1'
{ cat sources.tsv; record ref=x//y origin=in:3 status=invalid_reference detail=why; } >bad.tsv
run match-report bad.tsv a.tsv b.tsv
exits 1 'a failed source row'
like "$(cat "$out")" "^${tab}x//y\$" 'as it was typed'

# ---- --platform ----

run match-report --platform=linux/amd64 sources.tsv b.tsv
like "$(tail -n 1 "$out")" ' 1 present, .* 1 absent' '--platform'
head -n 2 a.tsv >amd64.tsv
run match-report sources.tsv amd64.tsv
like "$(cat "$out")" '\(partial: 1 of 2 platforms; missing linux/arm64\)' 'without --platform: partial'
run match-report --platform=linux/x86_64,linux/386 sources.tsv amd64.tsv
like "$(tail -n 1 "$out")" ' 1 present, 0 partial' '--platform is normalised'
run match-report --platform=linux/s390x sources.tsv a.tsv
like "$(cat "$out")" 'none of its platforms is in --platform: has linux/amd64, linux/arm64\)' \
  'none of the platforms'
run match-report --platform=linux sources.tsv a.tsv
exits 2 '--platform of no platform'

# ---- what was not compared

run match-report sources.tsv a.tsv
is "$(cat "$err")" 'match-report: 1 of 1 inventory images had no config read: what a tool rewrote on its way may be among them, and is called absent' \
  'it is told that an absence is weaker without configs'
run match-report -q sources.tsv a.tsv
silent 'not with -q'

# ---- what must not be lost, and why the status is 1

cp a.tsv precious.tsv
run match-report --tsv=./precious.tsv sources.tsv precious.tsv
exits 2 'a report in the place of an input'
is "$(cmp a.tsv precious.tsv && cat "$err")" \
  'match-report: precious.tsv: the report would replace an input' 'is refused'
awk -F '\t' -v OFS='\t' 'NR == 2 { $6 = "denied" } { print }' a.tsv >failed.tsv
run match-report sources.tsv failed.tsv
exits 1 'a row that failed is status 1'
like "$(cat "$err")" '^match-report: 0 of 2 sources and 1 row of the inventory could not be read$' \
  'and it is said why'
