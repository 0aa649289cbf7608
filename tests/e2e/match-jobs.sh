#!/bin/sh
# match-report: the same bytes with any number of threads, from a file, a pipe, or files that it was
# split into; and with less memory than the inventory would take. The inventory is larger than what
# one read gives, so that threads have something to do.
. "${srcdir:-.}/tests/e2e/lib.sh"

cd "$tmp" || bail 'no folder'
# shellcheck source=tests/e2e/records.sh
. "$top_srcdir/tests/e2e/records.sh"

# rows COUNT: rows of all kinds, some of which a source has.
rows() {
  awk -v count="$1" -v prefix="$2" '
    BEGIN {
      OFS = "\t"
      for (i = 0; i < count; i++) {
        d = sprintf("sha256:%064d", i)
        image = prefix "r" i % 3 ".example/app-" int(i / 2) ":1"
        status = i % 97 == 5 ? "denied" : i % 89 == 7 ? "archived" : "ok"
        detail = i % 7 ? "-" : "a\\tnote of " i
        settings = i % 5 ? "S" i : "-"
        pushed = sprintf("2024-01-%02dT00:00:00Z", 1 + i % 28)
        print image, d, (i % 2 ? "linux/amd64" : "linux/arm64"), d, "C" i % 5000, status, i, pushed, \
          pushed, "application/vnd.oci.image.manifest.v1+json", 1, "o/" i % 3, "-", settings, \
          "L" i ",M", "D" i % 7000, "1,2", detail
      }
    }'
}
{ write_header; rows 12000 e.; } >inventory.tsv
{ write_header; rows 12000 e. | awk -F '\t' -v OFS='\t' 'NR % 40 == 3 { $1 = "s." NR / 8 % 300 "/x:1"; $12 = "in:" NR; print }'; } >sources.tsv

match-report -q --jobs=1 --base --names --tsv=want.tsv --json=want.json --text=want.txt \
  sources.tsv inventory.tsv
is $? 1 'one thread'
like "$(tail -n 1 want.txt)" '^300 images: [1-9][0-9]* present, ' 'it has something to report'

# same NAME: r.tsv, r.json and r.txt are as they were.
same() {
  if cmp want.tsv r.tsv && cmp want.json r.json && cmp want.txt r.txt; then ok "$1"; else not_ok "$1"; fi
  rm -f r.*
}
set -- --base --names --tsv=r.tsv --json=r.json --text=r.txt sources.tsv
for jobs in 2 3 8 256; do
  match-report -q -j "$jobs" "$@" inventory.tsv
  same "$jobs threads"
done
match-report -q "$@" inventory.tsv
same 'as many as there are processors'
for jobs in 1 2 8; do
  # shellcheck disable=SC2002 # a pipe is what is tested
  cat inventory.tsv | match-report -q -j "$jobs" "$@" -
  same "from a pipe, $jobs"
  dd if=inventory.tsv bs=997 2>/dev/null | match-report -q -j "$jobs" "$@" -
  same "from a pipe that is written to in small pieces, $jobs"
done
awk -v rows=2500 'NR == 1 { header = $0; next }
  NR % rows == 2 { if (name) close(name); name = "part-" ++part ".tsv"; print header >name }
  { print >name }' inventory.tsv
match-report -q -j 2 "$@" part-*.tsv
same 'in files'
cat part-5.tsv part-1.tsv part-3.tsv part-2.tsv part-4.tsv part-2.tsv | match-report -q -j 2 "$@" -
same 'in another order, with headers in the middle, some twice'

# What is refused is the first in the file, and its line.
# wrong LINE CELLS...: the inventory with this row as its line LINE, and a worse one at its end.
wrong() {
  awk -v at="$1" -v row="$2" '{ print } NR == at - 1 { print row }' inventory.tsv
  printf 'cut off'
}
for line in 2 1500 9000; do
  wrong "$line" "x.example/y:1	only two" >wrong.tsv
  for jobs in 1 2 8; do
    run match-report -j "$jobs" sources.tsv wrong.tsv
    exits 2 "a wrong line $line, $jobs threads"
    is "$(cat "$err")" \
      "match-report: wrong.tsv: line $line: 2 cells where the header has 18: cut off: what wrote it was stopped or failed" \
      'is told with its line'
  done
done

run match-report -j 0 sources.tsv inventory.tsv
exits 2 '--jobs=0'

# Threads of COMMAND match-report when it has read more than threads are started for: all of a file but
# what a pipe holds.
threads() {
  mkfifo rows || bail 'mkfifo'
  "$@" match-report -q sources.tsv - <rows >r.txt &
  pid=$!
  exec 3>rows
  cat inventory.tsv >&3
  sed -n 's/^Threads:[^0-9]*//p' "/proc/$pid/status"
  exec 3>&-
  wait "$pid"
  rm rows
}
if [ -r /proc/self/status ] && command -v taskset >/dev/null && command -v nproc >/dev/null; then
  processors=$(nproc)
  is "$(threads env)" "$((processors < 4 ? processors : 4))" 'as many threads as processors'
  is "$(threads taskset -c "$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')")" 1 \
    'where it may run on one, one'
fi
