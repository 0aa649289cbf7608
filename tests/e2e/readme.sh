#!/bin/sh
# The README tells the truth: its excerpt is of the demo's report, and its examples work as pasted.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

readme=$top_srcdir/README.md
cd "$tmp" || bail 'no folder'
"$top_srcdir/infra/local/demo" "$top_srcdir/infra/pipeline.mk" report >demo.log 2>&1 ||
  bail "the demo failed: $(tail -n 3 demo.log)"
for program in match-report resolve-digest; do
  ln -s "$builddir/$program" "$program" # the examples say PATH="$PWD:$PATH"
done

# The excerpt is the first indented block; its paragraphs stand in the report, word for word.
sed -n '/^    Source image URIs:/,/^[^ ]/{ /^[^ ]/q; s/^    //; p; }' "$readme" >excerpt
awk -v RS= 'FNR == NR { have[$0] = 1; next }
  { n++; if (!($0 in have)) { print "not in the report: " $0; bad = 1 } }
  END { exit bad || n < 4 }' report/report.txt excerpt >missing
is "$?" 0 'the excerpt is what the demo says'
diag "$(cat missing)"

# example N: the N-th block that is marked as shell, run as it stands.
example() {
  awk -v want="$1" '/^```sh$/ { n++; inside = 1; next } /^```$/ { inside = 0 }
    inside && n == want' "$readme" >example
  run dash example
  # The demo lists one region without configs, and hears of it.
  sed -i '/had no config read: /d' "$err"
}
is "$(grep -c '^```sh$' "$readme")" 5 'there are five pipe examples'

example 1
silent 'example 1 has nothing to complain of'
file_is "$out" 'jq: what is absent' <<'END'
docker.io/library/node:20
quay.io/coreos/etcd:v3.5.10
END

example 2
silent 'example 2 has nothing to complain of'
is "$(awk '{ n += $1 } END { print n }' "$out")" \
  "$(sed -n 's/^\([0-9]*\) images: .*/\1/p' report/report.txt)" 'awk: the verdicts add up'

example 3
silent 'example 3 has nothing to complain of'
exits 0 'join: it ran'
like "$(cat "$out")" \
  '^sha256:[0-9a-f]{64}	public.ecr.aws/amazonlinux/amazonlinux:2018.03	123456789012.*/base/amazonlinux:2018.03$' \
  'join: the tag and ours are one manifest'
unlike "$(cat "$out")" '^-' 'join: what has no digest joins nothing'

example 4
exits 1 'match-report: an unreadable source is status 1'
like "$(cat "$out")" '/base/alpine:3.19	index	linux/amd64$' 'match-report: one platform'
unlike "$(cat "$out")" '	[^	]*linux/arm64$' 'match-report: no other platform'
like "$(cat "$err")" '^match-report: 1 of 17 sources' 'match-report: why the status is 1'

example 5
exits 0 'sorted: cut ends well'
awk -F '\t' 'NR > 1 { print $1, $2, $3, $4 }' report/report.tsv | LC_ALL=C sort >want
awk -F '\t' 'NR > 1 { print $1, $2, $3, $4 }' "$out" | LC_ALL=C sort >got
is "$(cmp want got && wc -l <got)" "$(wc -l <want)" 'sorted: the answer is the same'
