#!/bin/sh
# kill -9, SIGINT and SIGTERM at random moments of `make report`, with and without an earlier run
# to reuse, and of each program: files are the old ones, the new ones or none, no source becomes
# absent, the exit status tells, a signal that can be caught leaves nothing and is obeyed at once,
# and the next run is right. A moment is a system call (kill-at.c), so that none depends on time.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

KILLS=${KILLS:-12} # of `make report`; `make check-kills` has more
SEED=${KILL_SEED:-1}
# What a process does after a signal is to clean up, and to say so.
PROMPT=60
# Only without a tracer can it look for leaks.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

cd "$tmp" || bail 'cd'
"$top_srcdir/infra/local/cloud" start "$tmp/cloud" || bail 'no local cloud'
defer '"$top_srcdir/infra/local/cloud" stop "$tmp/cloud"'
# shellcheck source=/dev/null
. "$tmp/cloud/env"
push=$top_srcdir/infra/local/push-images
pipeline=$top_srcdir/infra/pipeline.mk
MAKE_REPORT="make -s -f $pipeline report INPUT=../list"
REPORTS='report.txt report.tsv report.json report.html report.xml'

# report FOLDER [VARIABLE...]: makes it in FOLDER/report.
report() {
  folder=$1
  shift
  mkdir -p "$folder"
  (cd "$folder" && $MAKE_REPORT RESOLVE_FLAGS="$MIRRORS" "$@")
}

# Yesterday, and today: more was pushed, and other things are asked for.
"$push" "$CLOUD_SOURCE/quay.io/scale" 1 8 || bail 'no images in the source registry'
"$push" "$CLOUD_PRIVATE" 2 4 || bail 'no images in the private registry'
printf 'quay.io/scale/many:t0000%s\n' 0 1 2 3 >list
report old >"$out" 2>&1 || bail 'no old report'
"$push" "$CLOUD_PRIVATE" 3 6 || bail 'no images in the private registry'
printf 'quay.io/scale/many:t0000%s\n' 5 4 3 2 1 >list
report new >"$out" 2>&1 || bail 'no new report'
report reused REUSE=../old/report >"$out" 2>&1 || bail 'no report with an earlier run'
for name in old new; do
  is "$(tail -n 1 $name/report/report.txt | tr -d '[:digit:]')" \
    ' images:  present,  partial,  likely,  archived,  absent,  unknown' "the $name report is whole"
  is "$(cut -f 2 $name/report/report.tsv | sort -u | xargs)" 'present verdict' 'and all is present'
done
differs=$(for name in inventory.tsv sources.tsv $REPORTS; do
  cmp "reused/report/$name" "new/report/$name" 2>&1
done)
is "$differs" '' 'an earlier run changes nothing in the report'

# A fixed sequence of numbers from 1 to LIMIT.
random() { # SEED COUNT LIMIT
  awk -v seed="$1" -v count="$2" -v limit="$3" \
    'BEGIN { srand(seed); while (count--) printf "%d\n", 1 + rand() * limit }'
}

# kill_at ARGUMENT...: sets $status, $moments and $call.
kill_at() {
  run env -C out "$builddir/tests/e2e/kill-at" "$tmp/moments" "$@"
  read -r moments call <moments || bail 'kill-at says nothing'
}

# same FILE: prints which it is; nothing when it is not there, and `half` when it is neither.
same() {
  if ! [ -e "out/report/$1" ]; then
    return
  elif cmp -s "out/report/$1" "new/report/$1"; then
    echo new
  elif cmp -s "out/report/$1" "old/report/$1"; then
    echo old
  else
    echo half
  fi
}

# What is wrong with out/, where a report was being made; nothing when all is well.
wrong_report() {
  for name in input.txt inventory.tsv sources.tsv $REPORTS; do
    case $(same "$name") in
    half) echo "$name is half" ;;
    old) [ "$status" -ne 0 ] || echo "$name is old, and the status 0" ;;
    '') [ "$status" -ne 0 ] || echo "$name is not there, and the status 0" ;;
    esac
  done
  some=$(for name in $REPORTS; do same "$name"; done | sort -u | xargs)
  [ "$some" != 'new old' ] || echo 'reports of two runs'
  case $some in *new*) [ "$(same inventory.tsv),$(same sources.tsv)" = new,new ] || echo 'reports without their records' ;; esac
  if [ -e out/report/known.tsv ]; then
    cmp -s out/report/known.tsv reused/report/known.tsv || echo 'known.tsv is half'
  fi
}

# What a caught signal must not leave.
left_over() {
  (cd out && find . -name '.?*') | sed 's/$/ is left over/'
}

# The next run, from what this one left.
next_run() {
  case $1 in
  '') report out >said 2>&1 && set -- out ;;
  *) report next REUSE=../out/report >said 2>&1 && set -- next ;;
  esac || {
    echo "the next run fails: $(cat said)"
    return
  }
  for name in input.txt inventory.tsv sources.tsv $REPORTS; do
    cmp -s "$1/report/$name" "new/report/$name" || echo "the next run has another $name"
  done
}

# fresh [NAME]: out/ is as yesterday; or as today, but for NAME.
fresh() {
  rm -rf out next
  if [ $# -eq 0 ]; then
    cp -R old out
  else
    cp -R new out
    cp "old/report/$1" "out/report/$1"
  fi
}

# reports_killed SIGNAL WHOM REUSE: at COUNT moments.
reports_killed() {
  fresh
  kill_at 0 "$1" "$2" $MAKE_REPORT "RESOLVE_FLAGS=$MIRRORS" $3
  [ "$status" -eq 0 ] || bail "make report fails when it is looked at: $(cat "$err")"
  all=$moments problems='' seen=''
  for moment in $(random "$SEED" "$COUNT" "$all"); do
    fresh
    kill_at "$moment" "$1" "$2" $MAKE_REPORT "RESOLVE_FLAGS=$MIRRORS" $3
    seen="$seen $call"
    problem=$(
      wrong_report
      [ "$1" = KILL ] || left_over
      next_run "$3"
    )
    [ -z "$problem" ] || problems="$problems
$moment ($call, status $status): $problem"
  done
  is "$problems" '' "make report${3:+ with an earlier run}, $COUNT times: SIG$1 for $2"
  diag "of $all moments: $(printf '%s\n' $seen | sort | uniq -c | xargs)"
}

COUNT=$(((KILLS + 3) / 4))
for reuse in '' REUSE=../old/report; do
  for whom in all one; do
    reports_killed KILL "$whom" "$reuse"
  done
done
COUNT=$(((KILLS + 11) / 12))
reports_killed INT all ''
reports_killed TERM all REUSE=../old/report
reports_killed TERM first ''

# program_killed NAME COMMAND...: it writes report/NAME, of which there are an old one and a new one,
# of what else is new.
program_killed() {
  name=$1
  shift
  for signal in KILL INT TERM; do
    fresh "$name"
    kill_at 0 "$signal" first "$@"
    all=$moments problems='' seen=''
    [ "$status,$(same "$name")" = 0,new ] || bail "$1 does not write the new $name: $(cat "$err")"
    for moment in $(random "$SEED" "$COUNT" "$all"); do
      fresh "$name"
      kill_at "$moment" "$signal" first "$@"
      seen="$seen $call"
      problem=$(
        case $signal,$status,$(same "$name") in
        KILL,137,old | KILL,137,new | INT,130,old | INT,130,new | TERM,143,old | TERM,143,new) ;;
        INT,0,new | TERM,0,new) ;; # it had done all
        KILL,0,new) [ "$call" = - ] || echo "lives on" ;; # it made fewer calls this time
        *) echo "status $status, $(same "$name")" ;;
        esac
        if [ "$signal" != KILL ]; then
          left_over
          cat "$err"
          [ "$moments" -le $((moment + PROMPT)) ] || echo "goes on: $moments"
        fi
      )
      [ -z "$problem" ] || problems="$problems
$moment ($call): $problem"
    done
    is "$problems" '' "$1, $COUNT times: SIG$signal"
    diag "of $all moments: $(printf '%s\n' $seen | sort | uniq -c | xargs)"
  done
}

COUNT=$(((KILLS + 3) / 4))
program_killed inventory.tsv list-ecr -q -o report/inventory.tsv
# shellcheck disable=SC2086 # words
program_killed sources.tsv resolve-digest -q $MIRRORS -o report/sources.tsv report/input.txt
program_killed report.tsv match-report -q --tsv=report/report.tsv report/sources.tsv report/inventory.tsv
registry=${CLOUD_PRIVATE%%/*}
list-registry -q -o new/report/registry.tsv "$registry" || bail 'list-registry'
head -n 3 new/report/registry.tsv >old/report/registry.tsv
program_killed registry.tsv list-registry -q -o report/registry.tsv "$registry"
