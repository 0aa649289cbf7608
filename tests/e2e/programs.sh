#!/bin/sh
# What holds for every program: where its output goes, that it is whole or absent, and how it says
# that it was called wrongly. Needs no network: nothing listens where the listing programs ask.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

cd "$tmp" || bail 'no folder'
AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
AWS_ENDPOINT_URL_ECR=http://127.0.0.1:1
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION AWS_ENDPOINT_URL_ECR

# Lines that are no references give rows without asking anybody: more than a pipe holds.
awk 'BEGIN { for (i = 0; i < 3000; i++) print "no reference " i }' >input.txt
resolve-digest -q -o records.tsv input.txt
[ "$(wc -l <records.tsv)" -eq 3001 ] || bail 'no records'
mkfifo fifo

# Sets for $program: $arguments, with which it writes something; $ends, how that ends; $useless,
# arguments with which it can do nothing, and $why, what it says then.
about() {
  program=$1 ends=1
  case $program in
    resolve-digest)
      arguments='-q input.txt' useless='input.txt nowhere.txt'
      why='nowhere\.txt: No such file'
      ;;
    list-ecr)
      arguments='-q --max-retries=0' useless='--cacert=nowhere.pem'
      why='nowhere\.pem'
      ;;
    list-registry)
      arguments='-q --max-retries=0 localhost:1/team/app' useless='localhost:1/app no_host/app'
      why="'no_host' is no host"
      ;;
    match-report)
      arguments='-q records.tsv records.tsv' useless='records.tsv nowhere.tsv'
      why='nowhere\.tsv: No such file'
      ;;
  esac
}

# call ARGUMENT...: the program with its arguments and these, standard output as it is.
call() {
  # shellcheck disable=SC2086 # options
  timeout -k 1 20 "$program" $arguments "$@"
}

# says COUNT NAME: the last run wrote so many lines to stderr, each beginning with the program.
says() {
  is "$(wc -l <"$err" | tr -d ' ')" "$1" "$2"
  like "$(head -n 1 "$err")" "^$program: ." "$2: by its name"
}

# same FILE NAME: it is what the program writes.
same() {
  file_is "$1" "$program: $2" <want
}

# ends_with STATUS NAME COMMAND...: COMMAND's standard output is its own business.
ends_with() {
  want=$1 name=$2
  shift 2
  status=0
  "$@" 2>"$err" || status=$?
  exits "$want" "$program: $name"
}

to_full() { call "$@" >/dev/full; }
# A file that is as large as it may be; standard error has room.
to_limit() { head -c 2048 records.tsv >limited; (ulimit -f 1; call "$@" >>limited); }
to_closed() { call "$@" >&-; }
to_closed_both() { call "$@" <&- >&-; }
to_quitter() { { call "$@"; echo $? >ended; } | head -c 1 >/dev/null; return "$(cat ended)"; }
# The reader has gone before the first byte.
# shellcheck disable=SC2094 # a FIFO
to_nobody() { (exec 3<>fifo 4>fifo 3>&-; call "$@" >&4); }

for each in resolve-digest list-ecr list-registry match-report; do
  about "$each"

  # Where the output goes.
  run call
  exits "$ends" "$program: works"
  silent "$program: -q says nothing about rows that failed"
  cp "$out" want
  mkdir -p folder
  run call -o folder/out
  exits "$ends" "$program: -o FILE: the same status"
  same folder/out "-o FILE: the same output"
  is "$(cat "$out")$(ls -A folder)" out "$program: -o FILE: and nothing else"
  run call --output=-
  same "$out" "-o -: standard output"
  ln -s out folder/link
  echo old >folder/out
  run call -o folder/link
  same folder/out "-o LINK: what it leads to is replaced"

  # Where it cannot go.
  run call -o folder/no/out
  exits 2 "$program: -o in a folder that is not there"
  says 1 "$program: -o in a folder that is not there: one line"
  like "$(cat "$err")" 'folder/no/out: No such file' "$program: that names it"
  run call -o folder
  exits 2 "$program: -o FOLDER"
  says 1 "$program: -o FOLDER: one line"
  ends_with 2 'to a full disk' to_full
  says 1 "$program: to a full disk: one line"
  ends_with 2 'to a file that may not grow' to_limit
  says 1 "$program: to a file that may not grow: one line"
  like "$(cat "$err")" 'standard output: File too large' "$program: that says so"
  ends_with 2 'to a closed descriptor' to_closed
  says 1 "$program: to a closed descriptor: one line"
  ends_with 2 'to a closed descriptor, none to read either' to_closed_both
  says 1 "$program: to a closed descriptor, none to read either: one line"
  ends_with 2 'to nobody' to_nobody
  says 1 "$program: to nobody: one line"
  like "$(cat "$err")" 'the reader went away' "$program: that says so"
  if [ "$(wc -c <want)" -gt 100000 ]; then
    ends_with 2 'to a reader that leaves' to_quitter
    says 1 "$program: to a reader that leaves: one line"
  fi

  # Nothing could be done: what there was stays, what there was not does not appear.
  rm -r folder && mkdir folder
  echo old >folder/old
  for file in old new; do
    # shellcheck disable=SC2086 # options
    run timeout 20 "$program" -q -o "folder/$file" $useless
    exits 2 "$program: can do nothing"
    says 1 "$program: can do nothing: one line"
    like "$(cat "$err")" "$why" "$program: that says why"
  done
  is "$(ls -A folder) $(cat folder/old)" 'old old' "$program: and the output file is as it was"
  rm -r folder

  # Wrong usage.
  for wrong in --no-such-option -Z --output -o --progress=often --quiet=yes --ver --output=; do
    run call "$wrong"
    exits 2 "$program $wrong"
    says 2 "$program $wrong: two lines"
    is "$(cat "$out")$(tail -n 1 "$err")" "Try '$program --help' for more information." \
      "$program $wrong: the second one says what next"
  done
  run call --no-such-option
  like "$(cat "$err")" "'--no-such-option'" "$program: the option is named"
  run call --ver
  like "$(cat "$err")" 'ambiguous' "$program: --ver may be --verbose or --version"

  # Abbreviations, options behind operands, and the end of options.
  run call --vers
  exits 0 "$program: --vers is --version"
  like "$(cat "$out")" "^$program \(ocidup\)" "$program: --vers prints it"
  run call --outp=short --prog never -qv
  same short "--outp is --output"
  run call -qo bundled
  same bundled "-qo FILE"
  rm short bundled
  # shellcheck disable=SC2086 # options
  run timeout 20 "$program" --max-retries=0 -- --help
  [ "$program" != match-report ] || run "$program" -- --help nowhere
  unlike "$(cat "$out")" '^Usage' "$program: behind -- is no option"
  like "$(cat "$out" "$err")" '[-][-]help' "$program: but an operand"
done

# Operands that look like options.
about resolve-digest
cp input.txt ./-x
run resolve-digest -q -- -x
is "$(grep -c -e '-x:[0-9]' "$out")" 3000 'resolve-digest reads a file -x'
run resolve-digest -q ./-x - </dev/null
exits 1 'resolve-digest reads files and standard input'
run resolve-digest - -
exits 2 'but that only once'
about match-report
cp records.tsv ./-x
match-report records.tsv records.tsv >want
run match-report -- -x records.tsv
file_is "$out" 'match-report reads a file -x' <want
for operands in '' records.tsv '- -'; do
  # shellcheck disable=SC2086 # operands
  run match-report $operands
  exits 2 "match-report with the operands '$operands'"
  is "$(cat "$out")" '' "and says nothing on standard output"
done
about list-registry
run list-registry
exits 2 'list-registry without a host'
about list-ecr
unset AWS_ACCESS_KEY_ID
run list-ecr -o none.tsv
exits 2 'list-ecr without credentials'
says 1 'list-ecr without credentials: one line'
[ ! -e none.tsv ]
is "$?" 0 'and no file appears'
