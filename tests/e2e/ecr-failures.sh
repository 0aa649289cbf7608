#!/bin/sh
# What goes wrong in ECR is retried where that helps; else it is a row that says so, and costs no
# other row.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

here=$CLOUD_ACCOUNT/$CLOUD_REGION
python3 "$srcdir/tests/e2e/ecr-images.py" "$CLOUD_PRIVATE" "$here" "$CLOUD_CONTROL" \
  >"$tmp/want" || bail "no images"
run list-ecr -o "$tmp/good.tsv"
exits 0 'there is a listing without failures'

# fault JSON-ENTRY...: the faults from now on, and counters at 0.
fault() {
  control reset ''
  entries=
  for entry; do
    entries="$entries${entries:+,}{$entry}"
  done
  control scenario "[$entries]"
}
# spared PATTERN NAME: the rows but those that match are as they are without failures, and there.
spared() {
  grep -Ev "$1" "$tmp/good.tsv" >"$tmp/.good"
  [ "$(wc -l <"$tmp/.good")" -gt 5 ] || bail "$1 leaves nothing"
  grep -Ev "$1" "$out" >"$tmp/.spared"
  file_is "$tmp/.spared" "$2" <"$tmp/.good"
}
image=$(rows "$tmp/good.tsv" image digest | sed -n 's,^[^	]*/app/single:1	,,p')

# ---- what passes

for kind in '"error":"ThrottlingException"' '"error":"TooManyRequestsException"' \
  '"error":"com.amazonaws.ecr#ServerException","status":500' '"error":"RequestTimeoutException"' \
  '"status":503' '"drop":true' '"cut":20'; do
  fault "\"operation\":\"*\",\"times\":3,$kind"
  run list-ecr app/single app/multi
  exits 0 "it gets over $kind"
  grep -E '^image|/app/(single|multi)' "$tmp/good.tsv" >"$tmp/part.tsv"
  file_is "$out" 'and nothing is missing' <"$tmp/part.tsv"
done
fault '"operation":"DescribeImages","error":"ThrottlingException","times":1'
run list-ecr -v app/single
like "$(cat "$err")" 'retry|again' 'with -v it says that it tries again'

# ---- what does not

fault '"operation":"DescribeImages","repository":"app/list","error":"ThrottlingException"'
run list-ecr --max-retries=1
exits 1 'what does not pass is a failed row'
is "$(calls DescribeImages)" "$(($(cut -f 1 "$tmp/want" | sed 's/[@:].*//' | sort -u | grep -c .) + 1))" \
  'after as many tries as were asked for'
is "$(rows "$out" image status digest | grep rate_limited)" "$CLOUD_HOST/app/list	rate_limited	-" \
  'about the repository'
spared '/app/list' 'the others are whole'
is "$(wc -l <"$err")" 1 'it is said in one line'

fault '"operation":"DescribeImages","repository":"app/list","error":"AccessDeniedException","message":"User: x is not authorized to perform: ecr:DescribeImages"'
run list-ecr
exits 1 'a repository that is denied is a failed row'
is "$(rows "$out" image status detail | grep denied)" \
  "$CLOUD_HOST/app/list	denied	DescribeImages: AccessDeniedException: User: x is not authorized to perform: ecr:DescribeImages; allow ecr:DescribeImages" \
  'that says who was denied what'
spared '/app/list' 'the others are whole'
is "$(calls DescribeImages)" "$(cut -f 1 "$tmp/want" | sed 's/[@:].*//' | sort -u | grep -c .)" \
  'it was not tried again'

fault '"operation":"DescribeImages","repository":"app/list","error":"RepositoryNotFoundException"'
run list-ecr
is "$(rows "$out" image status | grep not_found)" "$CLOUD_HOST/app/list	not_found" \
  'a repository that vanishes meanwhile is one that is not there'

fault '"operation":"*","region":"eu-west-1","error":"AccessDeniedException","message":"no"'
run list-ecr --region="eu-west-1,$CLOUD_REGION"
exits 1 'a region that is denied is a failed row'
is "$(rows "$out" image status origin | head -n 1)" "${AWS_ENDPOINT_URL_ECR#http://}	denied	-/eu-west-1" \
  'under the name of the endpoint, where the account is not known'
sed 1d "$out" | sed 1d >"$tmp/rest"
sed 1d "$tmp/good.tsv" >"$tmp/good"
file_is "$tmp/rest" 'the other region is whole' <"$tmp/good"

# ---- single images

fault "\"operation\":\"BatchGetImage.image\",\"digest\":\"$image\",\"failure\":\"ImageNotFound\""
run list-ecr
exits 1 'an image that vanished meanwhile is a failed row'
is "$(rows "$out" image digest status | grep not_found)" "$CLOUD_HOST/app/single:1	$image	not_found" \
  'that says so'
spared '/app/single:1	' 'the others of its batch are whole'
fault "\"operation\":\"BatchGetImage.image\",\"digest\":\"$image\",\"failure\":\"KmsError\",\"message\":\"key is disabled\""
run list-ecr
is "$(rows "$out" image status detail | grep server_error)" \
  "$CLOUD_HOST/app/single:1	server_error	BatchGetImage: KmsError: key is disabled" \
  'another failure is told with its code'
is "$(cat "$err")" 'list-ecr: 1 row could not be read: see the columns status and detail' \
  'standard error has one line for all images'

fault '"operation":"BatchGetImage","repository":"app/single","error":"AccessDeniedException","message":"no"'
run list-ecr
is "$(rows "$out" image status | grep -c '/app/single:.*denied')" 3 \
  'images that must not be read are told, each, and as failed'
spared '/app/single' 'the others are whole'

fault '"operation":"BatchGetImage","repository":"app/single","body":"{\"images\":[],\"failures\":[]}"'
run list-ecr
is "$(rows "$out" image status detail | grep '/app/single:' | cut -f 2,3 | uniq -c | tr -s ' ')" \
  ' 3 server_error	BatchGetImage: the answer says nothing of it' \
  'an answer that lacks images does not lose them, and is to blame'
fault "\"operation\":\"BatchGetImage\",\"repository\":\"app/single\",\"body\":\"{\\\"images\\\":[{\\\"imageId\\\":{\\\"imageDigest\\\":\\\"$image\\\"},\\\"imageManifest\\\":\\\"{}\\\"}]}\""
run list-ecr
is "$(rows "$out" image status | grep '/app/single:1	')" "$CLOUD_HOST/app/single:1	digest_mismatch" \
  'a manifest that is another is not believed'
fault '"operation":"BatchGetImage","repository":"app/single","body":"not JSON\u001b[2J"'
run list-ecr
is "$(rows "$out" status | grep -c server_error)" 3 'what is no JSON is no answer'
unlike "$(cat "$out" "$err")" "$(printf '\033')" 'and drives no terminal'

fault '"operation":"GetBlob","repository":"app/single","body":"{}"'
run list-ecr
is "$(rows "$out" image status settings | grep '/app/single:' | cut -f 2,3 | sort -u)" 'digest_mismatch	-' \
  'a config that is another is not believed'
spared '/app/single' 'the others are whole'
fault '"operation":"GetDownloadUrlForLayer","repository":"app/single","error":"LayersNotFoundException"'
run list-ecr
is "$(rows "$out" image status | grep '/app/single:' | cut -f 2 | sort -u)" server_error \
  'a config that is not there is no image that is not there'
fault '"operation":"GetDownloadUrlForLayer","repository":"app/single","body":"{\"downloadUrl\":\"file:///etc/passwd\"}"'
run list-ecr
is "$(rows "$out" image detail | grep '/app/single:' | cut -f 2 | sort -u)" \
  'its config: GetDownloadUrlForLayer: the downloadUrl is no https URL' 'a download is by HTTP only'

# ---- listings that do not end

fault '"operation":"DescribeImages","repository":"app/single","body":"{\"imageDetails\":[],\"nextToken\":\"x\"}"'
run list-ecr
exits 1 'a page that leads to itself is a failed row'
is "$(rows "$out" image status detail | grep '/app/single	')" \
  "$CLOUD_HOST/app/single	server_error	DescribeImages: a page that leads to itself" 'that says so'
spared '/app/single' 'the others are whole'
fault '"operation":"DescribeRepositories","body":"{\"repositories\":[],\"nextToken\":\"x\"}"'
run list-ecr
is "$(rows "$out" status detail)" "server_error	DescribeRepositories: a page that leads to itself" \
  'of repositories too'
fault '"operation":"DescribeRepositories","body":"{\"repositories\":[{\"repositoryName\":\"../x\"}]}"'
run list-ecr
is "$(rows "$out" status detail)" \
  "server_error	DescribeRepositories: 1 repositories without a valid name were left out" \
  'what cannot be a repository is told'
fault '"operation":"DescribeImages","repository":"app/single","body":"{\"imageDetails\":[{\"imageDigest\":\"latest\"}]}"'
run list-ecr
is "$(rows "$out" image detail | grep '/app/single	')" \
  "$CLOUD_HOST/app/single	DescribeImages: 1 images or tags that are none were left out" \
  'what cannot be an image is told'
is "$(control violations)" '[]' 'ECR has nothing to complain of'

# ---- who asks

# refused STATUS ERE NAME: the last run did nothing, and said why in one line (and where to read more).
refused() {
  exits "$1" "$3"
  is "$(grep -vc "^Try 'list-ecr --help'" "$err")" 1 'in one line'
  like "$(cat "$err")" "^list-ecr: $2" 'that says why'
  unlike "$(cat "$err" "$out")" "$AWS_SECRET_ACCESS_KEY" 'and holds no secret'
}
control reset ''
run env AWS_SECRET_ACCESS_KEY=wrong list-ecr
refused 1 '[^ ]*: unauthorized: .*InvalidSignature.*check the secret of the access key' 'a wrong key is refused'
is "$(calls DescribeRepositories)" 0 'by ECR'
is "$(rows "$out" status)" unauthorized 'it is a row too'
run env AWS_ACCESS_KEY_ID=AKIANOBODY list-ecr
refused 1 '[^ ]*: unauthorized: .*check the access key' 'an unknown key is refused'
run env AWS_SESSION_TOKEN=stale list-ecr
refused 1 '[^ ]*: unauthorized: ' 'so is a session token that is none'
run env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY list-ecr
refused 2 'AWS credentials: none found; looked for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY .not set., .*AWS_EC2_METADATA_DISABLED is set' 'no keys'
is "$(wc -c <"$out")" 0 'nothing is written then'
run env -u AWS_SECRET_ACCESS_KEY list-ecr
refused 2 'AWS credentials: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not' 'half of the keys'
run env -u AWS_REGION -u AWS_DEFAULT_REGION list-ecr
refused 2 'no AWS region: looked for AWS_REGION, AWS_DEFAULT_REGION, region of profile default, instance metadata .*; give --region$' 'no region'
run env -u AWS_REGION -u AWS_DEFAULT_REGION -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY \
  -u AWS_ENDPOINT_URL_ECR -u AWS_ENDPOINT_URL list-ecr
refused 2 'AWS credentials: none found; looked for AWS_ACCESS_KEY_ID .*, .*/credentials .no such file., .*, instance metadata .*; no AWS region: looked for AWS_REGION, AWS_DEFAULT_REGION, region of profile default, instance metadata .*; give --region$' 'neither, in an empty home'
run list-ecr --region=us-east-1,
refused 2 '--region: ' 'a list with an empty part'
run list-ecr --region=US_EAST
refused 2 "--region: not a region's name: US_EAST" 'no region'"'"'s name'
run list-ecr --endpoint-url=localhost:1
refused 2 '--endpoint-url: ' 'an endpoint that is no URL'
run list-ecr --registry-id=123
refused 2 '--registry-id: an account has 12 digits: 123' 'an account that is none'
run list-ecr --reuse="$tmp/none.tsv" app/single
exits 0 'a file to be reused may be missing, the first time'
like "$(cat "$err")" 'none.tsv' 'which is said'
printf 'image\tdigest\n' >"$tmp/lacking.tsv"
run list-ecr --reuse="$tmp/lacking.tsv"
refused 2 '--reuse: .*lacking.tsv' 'one that lacks columns is refused'
cp "$tmp/good.tsv" "$tmp/kept.tsv"
run list-ecr --reuse="$tmp/lacking.tsv" -o "$tmp/kept.tsv"
cmp -s "$tmp/good.tsv" "$tmp/kept.tsv" && ok 'the old output stays then' || not_ok 'the old output stays then'
AWS_ENDPOINT_URL_ECR=http://127.0.0.1:1 run list-ecr --max-retries=0
exits 1 'an endpoint where nobody listens is a failed row'
is "$(rows "$out" image status)" '127.0.0.1:1	network' 'that names it'
