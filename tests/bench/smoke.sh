#!/bin/sh
# The benchmarks, so small that nothing is measured: what they are made of works, and the table says
# what it must.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

needs curl find
PATH=$builddir/tests/bench:$PATH
bench=$top_srcdir/tests/bench

# ---- data

bench-data sources 20 10 >"$tmp/sources" || bail 'no data'
bench-data inventory 6000 20 10 1 >"$tmp/inventory"
bench-data inventory 3000 20 10 1 >"$tmp/fewer"
is "$(cksum <"$tmp/inventory")" '1190126223 12136955' 'the inventory is the same everywhere'
head -n 3001 "$tmp/inventory" >"$tmp/head"
if cmp -s "$tmp/head" "$tmp/fewer"; then
  ok 'more rows change none'
else
  not_ok 'more rows change none'
fi
for configs in 0 1; do
  bench-data inventory 6000 20 1 "$configs" >"$tmp/inventory"
  run match-report -q --tsv "$tmp/sources" "$tmp/inventory"
  bench-data sources 20 1 | match-report -q --tsv - "$tmp/inventory" >"$out"
  is "$(awk -F '\t' 'NR > 1 && $3 != "-" { n[$3]++ } END { for (e in n) print e, n[e] }' "$out" | sort)" \
    "$(bench-data matches 6000 20 "$configs" | awk '$2 > 0 { print $1, $2 }' | sort)" \
    "it has the matches that it tells, configs: $configs"
done

# ---- measure

measure "$tmp/cost" sh -c 'exit 3'
is "$?" 3 'measure ends as the command did'
measure "$tmp/cost" sh -c 'dd if=/dev/zero bs=50000000 count=1 2>&1 | cat' >"$out"
is "$(awk -F '\t' '{ print NF, ($1 >= 0 && $2 >= 0 && $3 >= 0), ($4 > 40000) }' "$tmp/cost" | tr '\n' ' ')" \
  '4 1 0 4 1 1 ' 'and counts the largest process of a pipeline'

# ---- the table, of costs that are given

cat >"$tmp/costs" <<'END'
1	1.5	0.5	2048	4	4	4	1024
3	1.5	0.5	4096	4	4	4	1024
2	1.5	0.5	2048	2	4	4	1024
END
BENCH_RUN=now BENCH_MACHINE=here
export BENCH_RUN BENCH_MACHINE
row() {
  awk -F '\t' -v OFS='\t' -v part=p -v what=w -v peer=them -v ours_per=1 -v peer_per=1 "$@" -f "$bench/row.awk"
}
is "$(row -v unit=s -v 'asked=ratio<=0.75' <"$tmp/costs" | cut -f 3- | tr '\t' ' ')" \
  'p w s 2 2 2 them 4 8 1 0.75 0.25 1 ratio<=0.75 reached -' 'medians, and the extremes of the ratios'
is "$(row -v unit=MiB -v 'asked=ours<=1.9' <"$tmp/costs" | cut -f 6,17)" "2	missed" \
  'a bound that is missed stands there so'
is "$(row -v 'asked=ours>=90' -v given=1 <<END | cut -f 6,17 | tr '\n' ' '
89	-
90	-
END
)" "90	reached " 'a value, and a lower bound'

{
  row -v part=list -v what='some images' -v unit=s -v peer='boto3 1, 16 threads' -v 'asked=ratio<=0.75' -v note=n <"$tmp/costs"
  row -v part=list -v what='other images' -v unit=s -v peer='boto3 1, 16 threads' -v asked=- <"$tmp/costs"
  row -v part=match -v what='a row' -v unit=s -v peer='nobody of note' -v asked=- <"$tmp/costs"
  printf '2\t-\n' | row -v part=match -v what=rows -v unit=MiB -v peer= -v given=1 -v 'asked=ours<=1.9'
} >"$tmp/rows"
is "$(awk -f "$bench/few.awk" "$tmp/rows" | awk -v narrow=1 -f "$bench/table.awk" | tr -s ' -')" \
  "| what | ours | peer | its | ratio | asked for |
| - | - | - | - | - | - |
| **match-report** | | | | | |
| rows | 2 MiB | | | | <= 1.90 MiB: missed |
| **list-ecr** | | | | | |
| some images | 2 s | boto3 1, 16 threads | 4 s | 0.75 | <= 0.75: reached |

On here; now." 'the page has some rows of the table, reached or not'

# ---- two runs

{
  echo header
  row -v unit=s -v asked=- <"$tmp/costs"
  printf '4\t-\n' | row -v what=v -v given=1 -v asked=-
} >"$tmp/one"
sed 's/\t4\t-/\t5\t-/; s/\t0\.25\t1\t/\t1.1\t2\t/' "$tmp/one" >"$tmp/other"
is "$(awk -f "$bench/compare.awk" "$tmp/one" "$tmp/one")" \
  '2 rows in both: 1 ranges of ratios, 1 single values; 0 apart' 'a run agrees with itself'
is "$(awk -f "$bench/compare.awk" "$tmp/one" "$tmp/other" | tail -n 1)" \
  '2 rows in both: 1 ranges of ratios, 1 single values; 2 apart' 'and not with one that is slower'

# ---- all of it, where peers are missing

mkdir "$tmp/bin"
for each in awk cat cksum cmp cp curl cut date dirname docker-registry env getconf grep head join kill ln \
  mkdir mkfifo mktemp mv openssl paste printf rm sed sh sort tail tr uname wc; do
  at=$(command -v "$each") && [ -x "$at" ] && ln -s "$at" "$tmp/bin"
done
bench() {
  (cd "$builddir" && PATH=$tmp/bin BENCH_DIR=$tmp/bench BENCH_SCALE=tiny BENCH_PAIRS=1 "$bench/bench" "$@")
}
run bench match list reuse
exits 0 'it runs'
like "$(cat "$out")" '^Not measured, match: mlr is not installed' 'and says which peers are missing'
like "$(cat "$out")" '^\| 2,000 rows of [0-9]+ bytes, 20 sources +\| +[0-9.]+ m?s \| wc -l +\|' 'and what the others took'
is "$(awk -F '\t' '{ print NF }' "$tmp/bench/results.tsv" | sort -u)" 18 'the same is in a file, all columns'

needs docker-registry openssl curl python3
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$tmp/bin/python3"
run bench resolve start
exits 0 'it runs with a registry'
like "$(cat "$out")" '^\| 20 references from docker-registry +\| +[0-9.]+ m?s \| curl -Z' 'and sets curl beside ours'
