# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the scripts share their variables
# That speed breaks nothing: the same bytes, however they are come by.

compared=0 equal=0

# same WHAT OTHERWISE COMMAND OTHER-COMMAND
same() {
  run ours "$3"
  run peer "$4"
  compared=$((compared + 1))
  if [ -s "$work/ours.out" ] && cmp -s "$work/ours.out" "$work/peer.out"; then
    equal=$((equal + 1))
  else
    problem "$1: not the same bytes $2"
  fi
}

sources=$(scaled 10000 20)
rows=$(scaled 200000 2000)
data "sources-$sources.tsv" bench-data sources "$sources" 1
from=$file
data "settled-$rows.tsv" bench-data inventory "$rows" "$sources" 1 1
for format in text tsv json html; do
  same "match-report --$format" 'from a pipe' "match-report -q --$format $from $file" \
    "cat $file | match-report -q --$format $from -"
  same "match-report --$format" 'with --jobs=1 and --jobs=7' "match-report -q --$format --jobs=1 $from $file" \
    "match-report -q --$format --jobs=7 $from $file"
done
same 'match-report --within' 'with --jobs=1 and --jobs=7' "match-report -q --within --tsv --jobs=1 $file" \
  "match-report -q --within --tsv --jobs=7 $file"

AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION
serve_ecr --repositories="$(scaled 200 3)" --images=110 --children=2
list="list-ecr -q --endpoint-url=$ecr"
$list -o "$work/old.tsv"
same list-ecr 'with --jobs=1 and --jobs=256' "$list --jobs=1" "$list --jobs=256"
same list-ecr 'cold and with --reuse' "$list" "$list --reuse=$work/old.tsv"
stop_servers

if peer docker-registry; then
  make_registry
  serve_registry
  awk -v n="$(scaled 500 5)" -v host="$host" 'BEGIN { for (i = 0; i < n; i++) printf "%s/bench/many:t%05d\n", host, i }' >"$work/input.txt"
  resolve="resolve-digest -q $work/input.txt"
  $resolve -o "$work/old.tsv"
  same resolve-digest 'with --jobs=1 and --jobs=256' "$resolve --jobs=1" "$resolve --jobs=256"
  same resolve-digest 'cold and with --reuse' "$resolve" "$resolve --reuse=$work/old.tsv"
  stop_servers
fi
value 'reports and records, byte for byte the same' outputs "$equal" "$compared" \
  'compared: --jobs=1 and many, pipe and file, cold and --reuse' 'ratio>=1'
