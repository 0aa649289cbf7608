#!/bin/sh
# The HTML report in a real browser: search, filters, order, opening, links, copying, themes, paper, and
# what axe says of its accessibility; without a script; with text that is hostile; and with 10,000
# sources, where the times are told. OCIDUP_KEEP=FOLDER keeps the pages and the screenshots.

keep=${OCIDUP_KEEP-}
# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

page() { # NAME COUNT [OPTION...]
  python3 "$top_srcdir/tests/e2e/html-records.py" "$2" "$tmp" || bail 'no records'
  run match-report -q --html="$tmp/$1.html" --json="$tmp/$1.json" "$tmp/sources.tsv" "$tmp/inventory.tsv"
  exits 1 "$1: a page of $2 sources"
}
page small 200
run match-report -q --within --html="$tmp/within.html" --json="$tmp/within.json" "$tmp/inventory.tsv"
exits 0 'a page of duplicates'
page big 10000

NODE_MODULES=$builddir/peers/node/node_modules node "$top_srcdir/tests/peers/html.js" "$tmp" >"$out" 2>"$err" ||
  not_ok 'the browser came to the end' "$err"
while IFS= read -r line; do
  case $line in
    'ok '*) ok "${line#ok }" ;;
    'not ok '*) not_ok "${line#not ok }" ;;
    *) printf '%s\n' "$line" ;;
  esac
done <"$out"
like "$(tail -n 1 "$out")" '^ok no error' 'and all was tested'
[ -z "$keep" ] || cp "$tmp"/*.html "$tmp"/*.png "$tmp"/*.pdf "$keep"
