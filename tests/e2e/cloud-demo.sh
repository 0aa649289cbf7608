#!/bin/sh
# The demo shows all that there is to show: each verdict, each evidence, and the kinds of images that
# registries hold.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

TMPDIR=$tmp/tmp
export TMPDIR
mkdir "$TMPDIR" "$tmp/work"
cd "$tmp/work" || bail 'cd'
run "$top_srcdir/infra/local/demo" "$top_srcdir/infra/pipeline.mk" 'my report'
exits 0 'the demo succeeds, though one of its references does not exist'
silent 'and has nothing to complain of'
is "$(ls -A "$TMPDIR")" '' 'it leaves nothing behind'
is "$(cd 'my report' && echo *)" \
  'input.txt inventory.tsv report.html report.json report.tsv report.txt report.xml sources.tsv' 'but the artifacts'
like "$(tail -n 1 "$out")" '^The report is in my report/ too' 'its last line says where'
sed -n '/^Source image URIs:/,/^[0-9]* images:/p' "$out" >shown
if cmp -s shown 'my report/report.txt'; then
  ok 'the text report is on the screen'
else
  not_ok 'the text report is on the screen' "$out"
fi

json() {
  jq -r "$1" 'my report/report.json'
}
is "$(json '[.sources[].verdict] | unique | join(" ")')" \
  'absent archived likely partial present unknown' 'every verdict'
is "$(json '[.sources[].matches[].evidence] | unique | join(" ")')" \
  'config diff_ids index layers layers? manifest' 'every evidence'
is "$(json '.summary.sources >= 12')" true 'at least 12 references'
is "$(json '[.sources[].image | split("/")[0]] | unique | join(" ")')" \
  'docker.io ghcr.io public.ecr.aws quay.io' 'from four registries'
unlike "$(cat 'my report/report.txt')" '^	127\.' 'named as in real life'

# Two listings are one after the other in it, each with its header.
image=$(awk -F '\t' '$1 != "image" { print $1 }' 'my report/inventory.tsv' | sort -u)
is "$(printf '%s\n' "$image" | awk 'END { print (NR >= 30) }')" 1 'at least 30 images'
is "$(json '.inventory.images')" "$(printf '%s\n' "$image" | wc -l | tr -d ' ')" \
  'and the report counts the same'
is "$(printf '%s\n' "$image" | sed 's/[:@].*//' | sort -u | awk 'END { print (NR >= 8) }')" 1 \
  'in at least 8 repositories'
like "$image" '/base/busybox@sha256:[0-9a-f]{64}$' 'one without a tag'
is "$(printf '%s\n' "$image" | grep -c '/base/alpine:')" 3 'one with three tags'
rows() {
  awk -F '\t' -v status="$1" 'NR > 1 && $6 == status { print $1 }' 'my report/inventory.tsv'
}
like "$(rows archived)" '/legacy/python:3.8$' 'one in the archive'
like "$(rows artifact)" '/charts/karpenter:0.32.1$' 'a Helm chart'
like "$(rows artifact)" '/base/amazonlinux:sha256-[0-9a-f]{64}\.sig$' 'a signature'
is "$(rows ok | grep -c '/gitops/source-controller:')" 2 'attestations are no images'
is "$(cut -f 3 'my report/sources.tsv' | grep -c '^windows(10\.0\.[0-9.]*)/amd64$')" 2 \
  'two versions of Windows'

# What each way of travelling leaves, as a company sees it.
found() {
  json "[.sources[] | select(.ref | endswith(\"$1\")) | .verdict,
    (.matches[] | .evidence, (.platforms | join(\",\")))][:3] | join(\" \")"
}
is "$(found amazonlinux:2018.03)" 'present index linux/amd64,linux/arm64' 'copied whole'
is "$(found nginx:1.25)" 'partial config linux/amd64' 'pulled and pushed by docker'
is "$(found actions-runner:2.311.0)" 'present layers linux/amd64' 'converted to OCI'
is "$(found redis:7.2)" 'present diff_ids linux/amd64' 'compressed anew'
is "$(found keycloak:23.0)" 'likely layers? linux/amd64' 'its config was not read'
is "$(found python:3.8)" 'archived index linux/amd64,linux/arm64' 'archived'
is "$(found busybox:1.36)" 'present manifest linux/amd64' 'found without a tag'
is "$(found node:20)" 'absent' 'the same name, and built from it: not the same'
is "$(json '.sources[] | select(.ref | endswith("prometheus:v2.48.0")) | .verdict,
  (.platforms | map(.state) | unique[]), (.matches | length)' | tr '\n' ' ')" 'partial found 2 ' \
  'spread over two images'
