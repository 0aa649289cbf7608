#!/bin/sh
# Several accounts and regions in one run: whose keys ask what, what becomes of an account that cannot
# be asked, and that none waits for another.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/ecr.sh
. "${srcdir:-.}/tests/e2e/ecr.sh"

here=$CLOUD_ACCOUNT
there=210987654321
role=arn:aws:iam::$there:role/team/reader
for place in "$here/$CLOUD_REGION" "$here/eu-central-1" "$there/$CLOUD_REGION" "$there/eu-central-1"; do
  "$top_srcdir/infra/local/push-images" "$CLOUD_PRIVATE_HOST/$place" 3 2 || bail "no images in $place"
done
control role "{\"arn\":\"$role\",\"external_id\":\"an id\",\"trusts\":\"$here\"}"
own=$CLOUD_HOST
other=$there.dkr.ecr.$CLOUD_REGION.amazonaws.com

# profile NAME [LINE]...: adds to the configuration. keys_of NAME ACCOUNT: one with keys of its own.
mkdir "$HOME/.aws"
profile() {
  printf '[profile %s]\n' "$1" >>"$HOME/.aws/config"
  shift
  for line; do printf '%s\n' "$line" >>"$HOME/.aws/config"; done
}
keys_of() {
  control key "{\"id\":\"AKIA$1\",\"secret\":\"secret-of-$1\",\"account\":\"$2\"}"
  profile "$1" "aws_access_key_id = AKIA$1" "aws_secret_access_key = secret-of-$1"
}
keys_of ONE "$here"
keys_of TWO "$there"
keys_of AGAIN "$there"
profile nobody 'region = us-east-1'
profile stranger 'aws_access_key_id = AKIASTRANGER' 'aws_secret_access_key = x'

# places FILE: origins in the order of the rows. whole NAME: the last run has everything of both.
places() {
  rows "$1" origin | uniq
}
asked() {
  control requests | jq -r '.[] | select(.operation == "DescribeRepositories") | .account' | sort | uniq -c |
    sed 's/^ *//'
}

run list-ecr -o "$tmp/own.tsv"
exits 0 'the own account'
run list-ecr --profile=TWO -o "$tmp/other.tsv"
exits 0 'a profile of another one'
silent 'says nothing'
is "$(places "$tmp/other.tsv")" "$there/$CLOUD_REGION" 'whose account it lists'
is "$(rows "$tmp/other.tsv" image | sort)" \
  "$(rows "$tmp/own.tsv" image | sed "s/^$own/$other/" | sort)" 'all of it'
{
  cat "$tmp/own.tsv"
  sed 1d "$tmp/other.tsv"
} >"$tmp/both.tsv"

control reset ''
run list-ecr --role-arn=- --role-arn="$role" --external-id='an id'
exits 0 'a role, and the account of the keys'
silent 'nothing is said'
file_is "$out" 'all of both, in the order given' <"$tmp/both.tsv"
is "$(calls AssumeRole)" 1 'the role was assumed once'
is "$(control requests | jq -r '.[] | select(.operation == "AssumeRole") | "\(.key) \(.body.ExternalId)"')" \
  "$AWS_ACCESS_KEY_ID an id" 'with the keys that there are'
is "$(asked)" "1 $here
1 $there" 'each account was asked once, as itself'
is "$(control requests | jq -r '[.[] | select(.account == "'"$there"'") | .key | .[:4]] | unique[]')" ASIA \
  'with the keys of the role'
run list-ecr --role-arn="$role" --external-id='an id'
file_is "$out" 'a role alone is its account alone' <"$tmp/other.tsv"
run list-ecr --profile=ONE --role-arn="$role" --external-id='an id'
file_is "$out" 'a role with the keys of a profile' <"$tmp/other.tsv"
is "$(control requests | jq -r '[.[] | select(.operation == "AssumeRole") | .key][-1]')" AKIAONE 'is asked for by it'

run list-ecr --profile=ONE --profile=TWO --region="eu-central-1,$CLOUD_REGION"
exits 0 'two profiles in two regions'
is "$(places "$out")" "$here/eu-central-1
$here/$CLOUD_REGION
$there/eu-central-1
$there/$CLOUD_REGION" 'come by account, then region, as they are given'
for place in "$here/eu-central-1" "$here/$CLOUD_REGION" "$there/eu-central-1" "$there/$CLOUD_REGION"; do
  printf '%s\n' "$place" "$place" "$place" "$place"
done >"$tmp/want"
rows "$out" origin >"$tmp/got"
file_is "$tmp/got" 'and are whole' <"$tmp/want"
rows "$out" image >"$tmp/images"
is "$(sort "$tmp/images" | uniq -d)" '' 'nothing is told twice'

profile abroad 'aws_access_key_id = AKIATWO' 'aws_secret_access_key = secret-of-TWO' 'region = eu-central-1'
run env -u AWS_REGION -u AWS_DEFAULT_REGION list-ecr --profile=abroad
is "$(places "$out")" "$there/eu-central-1" 'the region of a profile'
run env -u AWS_REGION -u AWS_DEFAULT_REGION list-ecr --profile=abroad --profile=ONE
exits 1 'a profile without a region, where nothing else says one'
is "$(rows "$out" image status origin | tail -n 1)" '-	network	-/-' 'is a failed row of a place that nobody knows'
like "$(cat "$err")" '^list-ecr: network: profile ONE: no AWS region: looked for AWS_REGION, .* region of profile ONE' \
  'that names it'
is "$(grep -c . "$err")" 1 'in one line'
is "$(rows "$out" origin | sort | uniq -c | sed 's/^ *//')" "1 -/-
4 $there/eu-central-1" 'and the other profile is listed'

# ---- the same registry twice

control reset ''
run list-ecr -v --profile=TWO --profile=AGAIN --profile=ONE
exits 0 'two profiles of one account'
is "$(rows "$out" image | sort | uniq -d)" '' 'list it once'
is "$(places "$out")" "$there/$CLOUD_REGION
$here/$CLOUD_REGION" 'at its first place'
like "$(cat "$err")" "^list-ecr: profile AGAIN: $there/$CLOUD_REGION is listed already, by profile TWO$" \
  'with -v it says so'
is "$(asked)" "1 $here
2 $there" 'the second was asked for its repositories, which say whose it is'
is "$(control requests | jq -r '[.[] | select(.key == "AKIAAGAIN") | .operation] | unique[]')" \
  DescribeRepositories 'and for nothing else'
control reset ''
run list-ecr --role-arn="$role" --role-arn="arn:aws:iam::$there:role/another" --external-id='an id'
exits 0 'two roles of one account'
file_is "$out" 'list it once' <"$tmp/other.tsv"
is "$(asked)" "1 $there" 'without another call, since a role says whose it is'
run list-ecr --role-arn="arn:aws:iam::$there:role/another" --role-arn="$role" --external-id='an id'
exits 1 'a role that cannot be had'
sed -n '1p;3,$p' "$out" >"$tmp/rest.tsv"
file_is "$tmp/rest.tsv" 'does not keep another one of its account from listing it' <"$tmp/other.tsv"
run list-ecr --role-arn=- --role-arn=- --region="$CLOUD_REGION"
file_is "$out" 'the same twice is once' <"$tmp/own.tsv"

# ---- whose account keys say they are of, which nobody checked

keys_of CLAIMS "$here"
profile_says() {
  profile "$1" "aws_access_key_id = AKIA$2" "aws_secret_access_key = secret-of-$2" "aws_account_id = $3"
}
profile_says wrong CLAIMS "$there"
profile_says right TWO "$there"
jq -n --arg account "$there" '{Version: 1, AccessKeyId: "AKIACLAIMS",
  SecretAccessKey: "secret-of-CLAIMS", AccountId: $account}' >"$tmp/claims.json"
profile tool "credential_process = cat $tmp/claims.json"
{
  cat "$tmp/other.tsv"
  sed 1d "$tmp/own.tsv"
} >"$tmp/other-own.tsv"
run env AWS_ACCOUNT_ID="$there" list-ecr --role-arn="$role" --role-arn=- --external-id='an id'
exits 0 'AWS_ACCOUNT_ID of another account'
file_is "$out" 'loses nothing' <"$tmp/other-own.tsv"
run env AWS_ACCOUNT_ID="$here" list-ecr --role-arn="$role" --role-arn=- --external-id='an id'
file_is "$out" 'nor does the right one' <"$tmp/other-own.tsv"
run list-ecr --profile=TWO --profile=wrong
exits 0 "another account's ID in a profile"
file_is "$out" 'loses nothing, either' <"$tmp/other-own.tsv"
run list-ecr --profile=wrong --profile=TWO
file_is "$out" 'and nothing behind it' <"$tmp/both.tsv"
run list-ecr --profile=TWO --profile=tool
exits 0 'nor one that a program tells'
file_is "$out" 'loses anything' <"$tmp/other-own.tsv"
run env AWS_ACCOUNT_ID="$there" list-ecr -v --profile=TWO --profile=right
file_is "$out" 'what is the same account indeed is listed once' <"$tmp/other.tsv"

# ---- one that cannot be asked

# fails IMAGE STATUS ORIGIN ERE NAME: the first row is of such a failure, the others are the own account's.
fails() {
  exits 1 "$5"
  is "$(rows "$out" image status origin | head -n 1)" "$1	$2	$3" 'is a failed row of that account'
  like "$(rows "$out" detail | head -n 1)" "$4" 'which says whose it is, and why'
  { sed -n 1p "$out" && sed 1,2d "$out"; } >"$tmp/rest.tsv"
  file_is "$tmp/rest.tsv" 'and the others are whole' <"$tmp/own.tsv"
  is "$(grep -c . "$err")" 1 'it is said in one line'
  unlike "$(cat "$err" "$out")" "secret-of|$AWS_SECRET_ACCESS_KEY" 'and holds no secret'
}
endpoint=${AWS_ENDPOINT_URL_ECR#http://}
run list-ecr --profile=nobody --profile=ONE
fails "$endpoint" unauthorized "-/$CLOUD_REGION" '^profile nobody: ' 'a profile without keys'
run list-ecr --profile=missing --profile=ONE
fails "$endpoint" unauthorized "-/$CLOUD_REGION" '^profile missing: .*missing' 'a profile that there is none of'
profile lost 'role_arn = arn:aws:iam::123456789012:role/x' 'source_profile = nowhere'
run list-ecr --profile=lost --profile=ONE
fails "$endpoint" unauthorized "-/$CLOUD_REGION" \
  '^profile lost: AWS credentials: its source_profile nowhere does not exist' 'a role by nobody, said once'
run list-ecr --profile=lost
like "$(cat "$err")" '^list-ecr: profile lost: AWS credentials: its source_profile nowhere' 'alone, too'
run list-ecr --profile=stranger --profile=ONE
fails "$endpoint" unauthorized "-/$CLOUD_REGION" \
  '^profile stranger: DescribeRepositories: UnrecognizedClientException: ' 'keys that nobody knows'
run list-ecr --role-arn="$role" --role-arn=-
fails "$other" denied "$there/$CLOUD_REGION" "^role $role: .*AccessDenied.*$role" \
  'a role that wants another external ID'
control scenario "[{\"operation\":\"*\",\"account\":\"$there\",\"error\":\"AccessDeniedException\",\"message\":\"no\"}]"
run list-ecr --role-arn="$role" --role-arn=- --external-id='an id'
fails "$other" denied "$there/$CLOUD_REGION" \
  "^role $role: DescribeRepositories: AccessDeniedException: no; allow ecr:DescribeRepositories" \
  'an account that lets nobody in'
control reset ''
run list-ecr --region="$CLOUD_REGION,eu-central-1" --role-arn=- --role-arn="$role"
is "$(rows "$out" image status | grep -v '	ok$')" "$other	denied
$there.dkr.ecr.eu-central-1.amazonaws.com	denied" 'such a row is there for each region'

# What is wrong in a profile is its own trouble.
profile bare 'aws_access_key_id = AKIAONE' 'aws_secret_access_key = secret-of-ONE'
profile badregion 'region = No/where' 'aws_access_key_id = AKIAONE' 'aws_secret_access_key = secret-of-ONE'
profile badca "ca_bundle = $tmp/missing.pem" 'aws_access_key_id = AKIAONE' \
  'aws_secret_access_key = secret-of-ONE' "region = $CLOUD_REGION"
profile badservices 'services = nowhere' 'aws_access_key_id = AKIAONE' \
  'aws_secret_access_key = secret-of-ONE' "region = $CLOUD_REGION"
profile good "region = $CLOUD_REGION" "endpoint_url = $AWS_ENDPOINT_URL_ECR" \
  'aws_access_key_id = AKIAONE' 'aws_secret_access_key = secret-of-ONE'
# amiss PROFILE ROW ERE NAME: with PROFILE, where no variable says a region or an endpoint.
amiss() {
  amiss_profile=$1 amiss_row=$2 amiss_why=$3 amiss_name=$4
  for amiss_first in "$1" good; do
    amiss_second=good
    [ "$amiss_first" = "$1" ] || amiss_second=$1
    run env -u AWS_REGION -u AWS_DEFAULT_REGION -u AWS_ENDPOINT_URL_ECR list-ecr \
      --profile="$amiss_first" --profile="$amiss_second"
    exits 1 "$amiss_name"
    is "$(rows "$out" image status origin | grep -v '	ok	')" "$amiss_row" 'is a failed row of that account'
    like "$(rows "$out" detail)" "^profile $amiss_profile: $amiss_why" 'which says whose it is, and why'
    grep -v "profile $amiss_profile: " "$out" >"$tmp/rest.tsv"
    file_is "$tmp/rest.tsv" 'and the other is whole' <"$tmp/own.tsv"
    is "$(grep -c . "$err")" 1 'it is said in one line'
  done
  run env -u AWS_REGION -u AWS_DEFAULT_REGION -u AWS_ENDPOINT_URL_ECR list-ecr --profile="$amiss_profile"
  exits 2 "$amiss_name alone is nothing to be done"
  like "$(cat "$err")" "^list-ecr: profile $amiss_profile: $amiss_why" 'which is said'
  is "$(grep -c . "$err") $(wc -c <"$out")" '1 0' 'in one line, and nothing is written'
}
amiss bare '-	network	-/-' 'no AWS region: looked for ' 'a profile without a region'
amiss badregion '-	network	-/-' "region of profile badregion holds no region's name" 'a bad region'
amiss badca "api.ecr.$CLOUD_REGION.amazonaws.com	tls	-/$CLOUD_REGION" '.*missing\.pem' 'a ca_bundle that is not there'
amiss badservices "-	network	-/$CLOUD_REGION" 'services of profile badservices names no section' 'a services section that is not there'
amiss god '-	network	-/-' 'no AWS region: there is no profile god' 'a profile that is misspelt'
run env -u AWS_REGION -u AWS_DEFAULT_REGION -u AWS_ENDPOINT_URL_ECR list-ecr --profile=bare --profile=badservices
exits 2 'when all are amiss, nothing can be done'
is "$(sed 's/\(profile [a-z]*\): .*/\1/' "$err")" 'list-ecr: profile bare
list-ecr: profile badservices' 'and each is said'
# One region that has no endpoint.
profile dual 'use_dualstack_endpoint = true' 'aws_access_key_id = AKIAONE' 'aws_secret_access_key = secret-of-ONE'
control reset ''
run env -u AWS_ENDPOINT_URL_ECR list-ecr --profile=good --profile=dual --region=eu-isoe-west-1
exits 1 'a region without dual stack, for the profile that asks for it'
is "$(rows "$out" image status origin)" '-	network	-/eu-isoe-west-1' 'is a failed row'
like "$(rows "$out" detail)" '^profile dual: eu-isoe-west-1: AWS has no dual-stack endpoints' 'that says why'
is "$(calls DescribeRepositories)" 1 'and the other profile is asked'

# refused ERE NAME: the last run did nothing, and said so.
refused() {
  exits 2 "$2"
  like "$(cat "$err")" "$1" 'that says why'
  is "$(wc -c <"$out")" 0 'nothing is written'
}
run list-ecr --profile=nobody --profile=missing
refused '^list-ecr: profile nobody: ' 'no account with keys'
like "$(cat "$err")" '^list-ecr: profile missing: ' 'for each'
is "$(grep -c . "$err")" 2 'in a line'
run list-ecr --role-arn="$role"
refused "^list-ecr: role $role: .*AccessDenied" 'a role alone that cannot be had'
run list-ecr --profile=ONE --profile=TWO --role-arn="$role"
refused '^list-ecr: --role-arn: whose keys' 'two profiles for a role'
run list-ecr --role-arn=reader
refused '^list-ecr: --role-arn: not the ARN of a role .*: reader' 'a role without its ARN'
run list-ecr --role-arn=- --external-id=x
refused '^list-ecr: --external-id: ' 'an external ID for no role'
run list-ecr --profile=
refused '^list-ecr: --profile: ' 'a profile without a name'

# ---- all at once

is "$(control violations | jq -r '.[]' | grep -v 'AKIASTRANGER\|UnrecognizedClient')" '' \
  'ECR and STS have nothing else to complain of'
"$top_srcdir/infra/local/push-images" --storage "$CLOUD_PRIVATE_STORAGE" \
  "$CLOUD_PRIVATE_HOST/$here/ap-south-1" 60 1 || bail "no images"
# beside FIRST SECOND FAULT WAITS NAME ARGUMENT...: list-ecr with these arguments; with FAULT for the
# images of FIRST until WAITS holds and all images of SECOND are read. Its repositories come a second
# late, so that FIRST has taken by then what it can.
beside() {
  beside_first=$1 beside_second=$2 beside_fault=$3 beside_waits=$4 beside_name=$5
  shift 5
  run list-ecr "$@" -o "$tmp/want.tsv"
  exits 0 "$beside_name: there is a listing"
  control reset ''
  control scenario "[{\"operation\":\"DescribeImages\",$beside_first,$beside_fault},
    {\"operation\":\"DescribeRepositories\",$beside_second,\"times\":1,
     \"error\":\"ThrottlingException\",\"headers\":{\"Retry-After\":\"1\"}}]"
  list-ecr -j4 --max-retries=100 --timeout=600 "$@" -o "$tmp/got.tsv" 2>"$err" &
  listing=$!
  control wait "$beside_waits"
  control wait '{"operation":"GetBlob","count":4}'
  ok 'all of the other is read meanwhile'
  is "$(control requests | jq -r '[.[] | select(.operation == "BatchGetImage") | "\(.account)/\(.region)"] |
    unique[]')" "$(places "$tmp/want.tsv" | tail -n 1)" 'and nothing else'
  control scenario '[]'
  status=0
  wait "$listing" || status=$?
  exits 0 'then the listing ends'
  file_is "$tmp/got.tsv" 'and has everything in its order' <"$tmp/want.tsv"
}
# Three of four places are all that one may have.
beside '"region":"ap-south-1"' '"region":"eu-central-1"' '"hold":true' '{"held":3}' \
  'a region that gives no answer' --region=ap-south-1,eu-central-1
beside "\"account\":\"$here\"" "\"account\":\"$there\"" '"hold":true' '{"held":3}' \
  'an account that gives no answer' --profile=ONE --profile=TWO --region=eu-central-1
beside '"region":"ap-south-1"' '"region":"eu-central-1"' '"error":"ThrottlingException"' \
  '{"operation":"DescribeImages","region":"ap-south-1","count":4}' 'a region that throttles' \
  --region=ap-south-1,eu-central-1
