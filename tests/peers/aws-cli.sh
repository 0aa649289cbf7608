#!/bin/sh
# The AWS CLI reads from local-ecr what list-ecr does: tags, digests, what is archived, sizes. So
# local-ecr speaks the API that Amazon's own client speaks, and checks its signatures right.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

aws=$builddir/peers/python/bin/aws
python=$builddir/peers/python/bin/python
AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_EC2_METADATA_DISABLED
"$python" "$srcdir/tests/e2e/ecr-images.py" "$CLOUD_PRIVATE" "$CLOUD_ACCOUNT/$CLOUD_REGION" \
  "$CLOUD_CONTROL" >"$tmp/pushed" || bail 'no images'
"$python" "$srcdir/tests/peers/aws-cli.py" "$aws" | sort >"$tmp/cli"
[ -s "$tmp/cli" ] || bail 'the AWS CLI read nothing'

# An index has one row a platform here, and its largest image's size there.
run list-ecr
exits 0 'list-ecr lists it too'
rows "$out" image digest status size | awk -F '\t' -v OFS='\t' '
  { $3 = $3 == "archived" && n[$1] == "" ? "archived" : "active" }
  { n[$1]++; digest[$1] = $2; if (n[$1] == 1) status[$1] = $3; else status[$1] = "active" }
  { if ($4 != "-" && $4 > size[$1]) size[$1] = $4 }
  END { for (image in n) print image, digest[image], status[image], size[image] }
' | sort >"$tmp/ours"
# Of an index without an image in it, and of one that is archived in part, ECR knows a size.
unsized='/app/provenance:|/old/half:'
is "$(grep -cE "$unsized" "$tmp/ours")" 2 'two of them have no whole size'
grep -Ev "$unsized" "$tmp/cli" >"$tmp/want"
grep -Ev "$unsized" "$tmp/ours" >"$tmp/got"
file_is "$tmp/got" 'tags, digests and sizes are the same' <"$tmp/want"
is "$(grep -E "$unsized" "$tmp/ours" | cut -f 1-3)" "$(grep -E "$unsized" "$tmp/cli" | cut -f 1-3)" \
  'theirs too, but for the size'

run list-ecr --no-manifests
exits 0 'list-ecr lists it without manifests'
rows "$out" image digest status size | sed 's/	\(ok\|artifact\)	/	active	/' | sort >"$tmp/ours"
grep -F -x -f "$tmp/cli" "$tmp/ours" >"$tmp/got"
file_is "$tmp/got" 'and says the very same of each' <"$tmp/cli"

run env AWS_SECRET_ACCESS_KEY=wrong "$aws" ecr describe-repositories
like "$(cat "$err")" InvalidSignatureException 'local-ecr refuses a wrong signature of theirs too'
