#!/bin/sh
# The HTML report without a browser: it is well formed, loads nothing, holds no text as markup, and
# without a script says of every source what the other reports say.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs python3 jq

records() {
  python3 "$top_srcdir/tests/e2e/html-records.py" "$1" "$tmp"
}
check() {
  python3 "$top_srcdir/tests/e2e/html-check.py" "$tmp/report.html"
}
report() {
  match-report -q --html="$tmp/report.html" --json="$tmp/report.json" "$@" "$tmp/sources.tsv" "$tmp/inventory.tsv"
}

records 200 || bail 'no records'
run report
exits 1 'the page is written, and the status is that of the rows'
run check
silent 'it is well formed, its policy fits, nothing leads out of it, and text stays text'
exits 0 'so it is a page'
jq -r '.sources[] | [.ref, .verdict, .matches[0].image // "-", .matches[0].evidence // "-", .note // ""] | @tsv' \
  "$tmp/report.json" | sed 's/\\\\/\\/g' >"$tmp/want"
sed '1{/^Source/d;}' "$out" >"$tmp/got"
file_is "$tmp/got" 'without a script every source is there, with its verdict and its best match' <"$tmp/want"
is "$(wc -l <"$tmp/got" | tr -d ' ')" 203 'all of them'
like "$(cat "$tmp/got")" '^<script>alert\(1\)</script>	present	.*x:<script>alert\(2\)' 'a tag that is markup is text'
like "$(cat "$tmp/got")" '^rtl:�gnp\.1�	' 'a text cannot run from right to left'
is "$(grep -c "$(printf '\342\200\256')" "$tmp/report.html")" 0 'nowhere'
is "$(awk -F '\t' '$1 == "long:1" { print (length($5) > 5000) }' "$tmp/got")" 1 'a long detail is there whole'

cp "$tmp/report.html" "$tmp/first.html"
# Another order of the rows, and each twice.
{
  head -n 1 "$tmp/inventory.tsv"
  sed 1d "$tmp/inventory.tsv" | sort -r
  sed 1d "$tmp/inventory.tsv"
} >"$tmp/other" && mv "$tmp/other" "$tmp/inventory.tsv"
run report
run cmp "$tmp/first.html" "$tmp/report.html"
exits 0 'the same report gives the same bytes'

match-report -q --html "$tmp/sources.tsv" "$tmp/inventory.tsv" >"$tmp/report.html"
run cmp "$tmp/first.html" "$tmp/report.html"
exits 0 'standard output, too'

head -n 1 "$tmp/sources.tsv" >"$tmp/none" && cp "$tmp/none" "$tmp/sources.tsv" && mv "$tmp/none" "$tmp/inventory.tsv"
run report
exits 0 'a report of nothing is written'
run check
exits 0 'and is a page'
