#!/bin/sh
# Our endpoints are those that botocore finds, in every region that this botocore knows and by what
# the environment and the shared files say; and the tables that `make check` goes by are still true.
# They are what `peers/python/bin/python tests/peers/endpoints.py regions` and `… settings` print.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

python=$builddir/peers/python/bin/python
script=$srcdir/tests/peers/endpoints.py
"$python" "$script" regions >"$tmp/endpoints.tsv" || bail 'botocore finds no endpoints of regions'
"$python" "$script" settings >"$tmp/endpoint-settings.tsv" ||
  bail 'botocore finds no endpoints by settings'

OCIDUP_ENDPOINTS=$tmp run "$builddir/tests/unit/check-region"
exits 0 "our endpoints are this botocore's"
is "$(grep -cE '^ok .*:endpoints_(of_all_regions|by_settings):' "$out")" 2 'both tables were read'

is "$(grep -Fxv -f "$tmp/endpoints.tsv" "$srcdir/tests/unit/endpoints.tsv")" '' \
  'what make check expects of regions is true'
is "$(diff "$srcdir/tests/unit/endpoint-settings.tsv" "$tmp/endpoint-settings.tsv")" '' \
  'what make check expects of settings is true'
new=$(cut -f 2 "$tmp/endpoints.tsv" | sort -u |
  awk -F '\t' 'NR == FNR { seen[$2] = 1; next } !seen[$1]' "$srcdir/tests/unit/endpoints.tsv" -)
[ -z "$new" ] || diag "regions that are new since: $(echo "$new" | tr '\n' ' ')"
