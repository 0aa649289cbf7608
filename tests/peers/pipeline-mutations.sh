#!/bin/sh
# Whether the emulation is a real check: without any one command of buildspec.yml, or any one variable
# of the template, the pipeline must not pass. Part of `make release-check`.

# shellcheck source=tests/peers/pipeline-lib.sh
. "${srcdir:-.}/tests/peers/pipeline-lib.sh"

# The other account has an image, too.
"$top_srcdir/infra/local/push-images" "$CLOUD_PRIVATE_HOST/210987654321/us-east-1" 1 1 ||
  bail 'no image in the other account'
prebuilt || bail 'no programs in the cache'
# The same, but for a program that does not start.
cp -R "$tmp/prebuilt/cache" "$tmp/cache"
for program in "$tmp"/cache/*/bin/match-report; do printf '#!/bin/sh\nexit 127\n' >"$program"; done
tar -C "$tmp" -czf "$tmp/broken.tar.gz" cache
(cd "$tmp" && make -s -f "$top_srcdir/infra/pipeline.mk" report INPUT="$tmp/input.txt" \
  REGION="$regions" RESOLVE_FLAGS="$MIRRORS") >"$tmp/here.log" 2>&1 || bail "$(cat "$tmp/here.log")"
"$peers_python" "$top_srcdir/tests/peers/pipeline-mutations.py" "$top_srcdir" "$tmp" >"$tmp/mutants" ||
  bail 'the mutants were not tried'
while IFS='	' read -r verdict mutant why; do
  if [ "$verdict" = ok ]; then ok "$mutant: $why"; else not_ok "$mutant: $why"; fi
done <"$tmp/mutants"
like "$(cut -f 2 "$tmp/mutants")" '^cache$' 'all were tried'
