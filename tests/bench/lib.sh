# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the scripts share their variables
# What every part of the benchmarks needs: data, pairs of runs, rows of the table. The main script,
# tests/bench/bench, sets
#
#   $bench       folder of the scripts           $data     what is made once and kept
#   $work        what this run writes             $results  the table, as TSV
#   $pairs       how many pairs of runs           $divisor  what the sizes are divided by
#   $part        the part that runs               programs, ours and the peers', are first in PATH
#
# A command to be measured is a string for `sh -c`; paths in it need no quotes, as the main script
# refuses a folder whose name has a space.


say() { printf 'bench: %s\n' "$*" >&2; }

# What makes the table wrong: it is printed all the same, and the run fails.
problem() {
  say "PROBLEM: $*"
  printf '%s: %s\n' "$part" "$*" >>"$work/problems"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Whether the peer PROGRAM is here; when not, the table says so.
peer() {
  have "$1" && return
  printf '%s: %s is not installed\n' "$part" "$1" >>"$work/skipped"
  return 1
}

# N by the scale of this run, at least LEAST.
scaled() {
  awk -v n="$1" -v divisor="$divisor" -v least="${2-1}" \
    'BEGIN { n = int(n / divisor); print n < least ? least : n }'
}

# 2000000 as 2,000,000.
commas() { printf '%s\n' "$1" | sed -e :again -e 's/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/' -e 't again'; }

calculate() { awk "BEGIN { printf \"%.6g\n\", $* }"; }

# Sets $file to $data/NAME, which is what COMMAND writes; made once, and again with another generator.
data() {
  file=$data/$1
  shift
  [ ! -s "$file" ] || [ -n "$(find "$(command -v bench-data)" -newer "$file")" ] || return 0
  say "making $file"
  "$@" >"$file.new" && mv "$file.new" "$file"
}

bytes() { wc -c <"$1" | tr -d ' '; }

# ---- runs ----

# Runs COMMAND. Its cost becomes a line of $work/SIDE.cost; what it writes, $work/SIDE.out and .err.
run() {
  measure "$work/$1.cost" sh -c "$2" >"$work/$1.out" 2>"$work/$1.err" && return
  problem "status $? of: $2"
  sed 's/^/bench:   /' "$work/$1.err" >&2
}

# $pairs pairs of runs, in turn, so that what else the machine does meets both.
versus() {
  rm -f "$work/ours.cost" "$work/peer.cost"
  pair=0
  while [ "$pair" -lt "$pairs" ]; do
    run ours "$1"
    run peer "$2"
    pair=$((pair + 1))
  done
}

# RUNS runs without a peer.
alone() {
  rm -f "$work/ours.cost" "$work/peer.cost"
  runs=$1
  while [ "$runs" -gt 0 ]; do
    run ours "$2"
    runs=$((runs - 1))
  done
}

# median COLUMN [SIDE]: of what our last runs cost, or the peer's: 1 seconds, 2 and 3 CPU, 4 KiB.
median() {
  sort -g -k "$1,$1" "$work/${2-ours}.cost" | awk -v column="$1" '{ a[NR] = $column } END { print a[int((NR + 1) / 2)] }'
}

# That a side did its work: GOT is what was counted in its output.
did() {
  [ "$2" = "$3" ] || problem "$1: $2 instead of $3"
}

# Instructions of COMMAND (one simple command), of itself and not of the kernel.
instructions() {
  eval "valgrind --tool=callgrind --callgrind-out-file=/dev/null $1" 2>&1 >"$work/callgrind.out" |
    sed -n 's/.*Collected : *//p'
}

# Sets $each to what one more of what COMMAND does costs in instructions: `COMMAND N` sets $command to one
# that does N, and may start what that needs.
instructions_of() {
  "$1" "$2"
  fewer=$(instructions "$command")
  "$1" "$3"
  more=$(instructions "$command")
  each=$(calculate "($more - $fewer) / ($3 - $2)")
}

# series WHAT COMMAND N1 N2 N3: `COMMAND N` as above. Each is set beside the one before, as many times longer as it does more: a ratio of 1 is linear.
series() {
  series_what=$1 series_of=$2 before=
  shift 2
  for size in "$@"; do
    [ -z "$before" ] || mv "$work/ours.cost" "$work/before.cost"
    "$series_of" "$size"
    alone "$pairs" "$command"
    if [ -n "$before" ]; then
      cp "$work/before.cost" "$work/peer.cost"
      growth=$((size / before)) peer_per=$(calculate "$before / $size")
      row "$(commas "$size") $series_what" s "$(commas "$before"), times $growth" -
      unset growth peer_per
    fi
    before=$size
  done
}

# ---- rows ----

# row WHAT UNIT PEER ASKED [NOTE]: of the last runs; UNIT is s (by the clock), CPU s, or MiB. ASKED
# is a bound, ratio<=N or ours<=N, or -. With $ours_per and $peer_per (1) costs are divided by these.
row() {
  [ -e "$work/peer.cost" ] || : >"$work/peer.cost"
  paste "$work/ours.cost" "$work/peer.cost" | awk -F '\t' -v OFS='\t' \
    -v what="$1" -v unit="$2" -v peer="$3" -v asked="$4" -v note="${5-}" -v part="$part" \
    -v growth="${growth-}" -v ours_per="${ours_per-1}" -v peer_per="${peer_per-1}" -f "$bench/row.awk" >>"$results"
  tail -n 1 "$results" | awk -F '\t' -v brief=1 -f "$bench/table.awk" >&2
}

# value WHAT UNIT OURS PEER-VALUE PEER ASKED [NOTE]: of numbers that were found otherwise.
value() {
  printf '%s\t%s\t%s\n' "$3" "$4" "$4" | awk -F '\t' -v OFS='\t' \
    -v what="$1" -v unit="$2" -v peer="$5" -v asked="$6" -v note="${7-}" -v part="$part" \
    -v given=1 -f "$bench/row.awk" >>"$results"
  tail -n 1 "$results" | awk -F '\t' -v brief=1 -f "$bench/table.awk" >&2
}
