#!/bin/sh
# The stages: their statuses, and what they leave behind. Stand-ins for the programs say how each
# was called and end with the status that the test asks for; the demo runs the real ones.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

pipeline=$top_srcdir/infra/pipeline.mk
mkdir "$tmp/bin" "$tmp/a folder"
cat >"$tmp/bin/list-ecr" <<'END'
#!/bin/sh
echo "list-ecr $*" >>calls
echo inventory
exit "${LIST_STATUS:-0}"
END
cat >"$tmp/bin/resolve-digest" <<'END'
#!/bin/sh
echo "resolve-digest $*" >>calls
[ "$1" != -q ] || exit "${CACHE_STATUS:-0}"
while [ "$1" != -o ]; do shift; done
[ "${RESOLVE_STATUS:-0}" -eq 2 ] || echo sources >"$2"
exit "${RESOLVE_STATUS:-0}"
END
cat >"$tmp/bin/match-report" <<'END'
#!/bin/sh
echo "match-report $*" >>calls
for argument; do
  case $argument in
    --text=* | --tsv=* | --json=* | --html=* | --junit=*) echo "a summary" >"${argument#*=}" ;;
  esac
done
exit "${MATCH_STATUS:-0}"
END
chmod +x "$tmp/bin/"*
PATH=$tmp/bin:$PATH
cd "$tmp/a folder" || bail "cd"
echo nginx >"my input.txt"

# stages [VARIABLE=VALUE]...: `make report` in a new folder "out".
stages() {
  rm -rf "out" calls
  again "$@"
}
again() {
  run make -f "$pipeline" report INPUT="my input.txt" OUT="out" "$@"
}
files() {
  (cd "out" && find . -type f | sort | tr '\n' ' ')
}
whole='./input.txt ./inventory.tsv ./report.html ./report.json ./report.tsv ./report.txt ./report.xml ./sources.tsv '

# The real one, in an empty home.
mv "$tmp/bin/list-ecr" "$tmp/bin/stand-in"
stages REGION=us-east-1
exits 2 'without credentials it fails'
like "$(cat "$err")" '^list-ecr: .*AWS_ACCESS_KEY_ID' 'list-ecr says what is missing'
is "$(grep -c '^list-ecr' "$err")" 1 'in one line'
like "$(cat "$err")" "^validate: .*'make demo'" 'and another one says what needs none'
is "$(grep -c 'validate' "$err")" 2 'to which make adds its own'
is "$(files)" './input.txt ' 'nothing but the input is there'
stages
exits 2 'without a region, too'
like "$(cat "$err")" '^list-ecr: .*; no AWS region' 'it says so'
mv "$tmp/bin/stand-in" "$tmp/bin/list-ecr"

stages REGION=eu-west-1,us-east-1 ENDPOINT=http://localhost:1 LIST_FLAGS=--no-configs \
  RESOLVE_FLAGS='--jobs=3 --platform=linux/amd64' MATCH_FLAGS=--names
exits 0 'region and endpoint by variables'
file_is calls 'the steps and their options' <<'END'
list-ecr --region=eu-west-1,us-east-1 --endpoint-url=http://localhost:1 --no-configs
resolve-digest --reuse=out/inventory.tsv --jobs=3 --platform=linux/amd64 -o out/sources.tsv out/input.txt
match-report --text=out/report.txt --tsv=out/report.tsv --json=out/report.json --html=out/report.html --junit=out/report.xml --names out/sources.tsv out/inventory.tsv
END
is "$(files)" "$whole" 'the artifacts'
mkdir 'last run'
echo known >'last run/inventory.tsv'
stages REGION=a REUSE='last run'
exits 0 'a folder of an earlier run'
file_is calls 'what is there of it is a cache' <<'END'
resolve-digest -q --reuse=last run/inventory.tsv -o /dev/null /dev/null
list-ecr --region=a --reuse=last run/inventory.tsv
resolve-digest --reuse=out/inventory.tsv -o out/sources.tsv out/input.txt
match-report --text=out/report.txt --tsv=out/report.tsv --json=out/report.json --html=out/report.html --junit=out/report.xml out/sources.tsv out/inventory.tsv
END
is "$(cat out/known.tsv)" inventory 'a whole inventory is all that has to be known'
export LIST_STATUS=1
stages REGION=a REUSE='last run'
is "$(cat out/known.tsv)" 'inventory
known' 'of one that failed in part, what it has not stays known'
mkdir 'next run'
cp out/known.tsv out/inventory.tsv 'next run/'
stages REGION=a REUSE='next run'
is "$(grep '^list-ecr' calls)" \
  'list-ecr --region=a --reuse=next run/inventory.tsv --reuse=next run/known.tsv' 'and is a cache'
is "$(cat out/known.tsv)" 'inventory
known' 'as long as it is needed'
unset LIST_STATUS
echo known >'last run/sources.tsv'
stages REGION=a REUSE='last run'
is "$(grep -c -e '^list-ecr .*--reuse=last run/inventory.tsv$' calls) $(grep -c -e ' --reuse=last run/sources.tsv -o out' calls)" \
  '1 1' 'its references too'
stages REGION=a REUSE='last run' CACHE_STATUS=2
exits 0 'a cache that cannot be read stops nothing'
is "$(grep -v -e ' -q ' calls | grep -c -e 'last run')" 0 'and is not used'
like "$(cat "$err")" 'validate: last run/inventory.tsv cannot be read' 'which is said'

stages LIST='list-ecr localhost:5000'
exits 0 'another listing command needs no credentials'
is "$(head -n 1 calls)" 'list-ecr localhost:5000' 'and is called as given'

# Each step with each status. The steps that follow a 2 are not called.
for step in LIST RESOLVE MATCH; do
  for result in 1 2 3; do
    stages LIST=list-ecr
    export "${step}_STATUS=$result"
    rm -f calls
    again LIST=list-ecr
    unset "${step}_STATUS"
    exits 2 "$step ends with $result: make fails"
    if [ "$result" -ne 2 ]; then
      is "$(files)" "$whole" "$step ends with $result: the report is written"
      continue
    fi
    case $step in
      LIST) called=1 ;;
      RESOLVE) called=2 ;;
      MATCH) called=3 ;;
    esac
    is "$(wc -l <calls | tr -d ' ')" "$called" "$step ends with 2: nothing follows"
    is "$(files)" './input.txt ./inventory.tsv ' "$step ends with 2: an earlier report is gone too"
  done
done

stages LIST='sh -c "echo half; kill -9 \$\$\$\$"'
exits 2 'a listing that is killed is an error'
is "$(files)" './input.txt ' 'and leaves no half inventory'

run make -f "$pipeline" report INPUT=nowhere OUT="out" LIST=list-ecr
exits 2 'no input is an error'
like "$(cat "$err")" 'source: nowhere: ' 'and is named'

mkdir "an out"
cp "my input.txt" "an out/input.txt"
run make -f "$pipeline" report INPUT="an out/input.txt" OUT="an out" LIST=list-ecr
exits 0 'the input may be in the output folder already, whose name may have spaces'
is "$(cat "an out/input.txt")" nginx 'and is whole'

run make -f "$pipeline" validate OUT="an out" LIST=list-ecr
exits 0 'a stage alone, on the artifact of the one before'

# ---- duplicates: of the registry alone, without an input

# duplicates [VARIABLE=VALUE]...: in a new folder "out".
duplicates() {
  rm -rf out calls
  run make -f "$pipeline" duplicates OUT=out "$@"
}
found='./duplicates.html ./duplicates.json ./duplicates.tsv ./duplicates.txt ./inventory.tsv '

LIST_STATUS=2 duplicates
exits 2 'duplicates: a listing that could do nothing'
like "$(cat "$err")" "^duplicates: the listing could do nothing .*'make demo'" 'is told'
is "$(files)" '' 'and leaves nothing'
duplicates LIST=list-ecr LIST_FLAGS=--no-configs REUSE='last run'
exits 0 'duplicates'
file_is calls 'its steps and their options' <<'END'
resolve-digest -q --reuse=last run/inventory.tsv -o /dev/null /dev/null
list-ecr --no-configs --reuse=last run/inventory.tsv
match-report --within --text=out/duplicates.txt --tsv=out/duplicates.tsv --json=out/duplicates.json --html=out/duplicates.html out/inventory.tsv
END
is "$(files)" "$found" 'and what they leave'
like "$(cat "$out")" '^duplicates: out/duplicates.txt, ' 'which is said'
for step in LIST MATCH; do
  for result in 1 2; do
    duplicates LIST=list-ecr
    export "${step}_STATUS=$result"
    run make -f "$pipeline" duplicates OUT=out LIST=list-ecr
    unset "${step}_STATUS"
    exits 2 "duplicates: $step ends with $result: make fails"
    case $result in
      1) is "$(files)" "$found" 'but they are written' ;;
      2) is "$(files)" './inventory.tsv ' 'and those of an earlier run are gone' ;;
    esac
  done
done
duplicates LIST='sh -c "echo half; kill -9 \$\$\$\$"'
exits 2 'duplicates: a listing that is killed is an error'
is "$(files)" '' 'and leaves nothing'
