#!/bin/sh
# local-ecr against the Amazon ECR API Reference, asked by curl: what it lists, refuses, pages; what
# it checks of signatures; what its blob store refuses; the faults that tests order.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

local=$top_srcdir/infra/local
"$local/cloud" --page-size=3 start "$tmp/cloud" || bail 'the cloud does not start'
# shellcheck disable=SC2016 # run later
defer '"$local/cloud" stop "$tmp/cloud"'
# shellcheck source=/dev/null
. "$tmp/cloud/env"

# ask OPERATION BODY [CURL-OPTION]...: $code, and the answer in $out.
ask() {
  operation=$1 body=$2
  shift 2
  code=$(curl -sS -o "$out" -w '%{http_code}' --aws-sigv4 "aws:amz:$AWS_REGION:ecr" \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    -H 'Content-Type: application/x-amz-json-1.1' \
    -H "X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.$operation" \
    -d "$body" "$@" "$AWS_ENDPOINT_URL_ECR/")
}
# refused TYPE NAME: the last answer was a 400 with that type.
refused() {
  is "$code $(jq -r .__type "$out")" "400 $1" "$2"
}
control() {
  curl -sS --fail-with-body -o "$tmp/answer" "$CLOUD_CONTROL/$1" -d "$2" || bail "control $1"
}
field() {
  jq -c "$1" "$out"
}

# Two repositories: one with an index, an image with two tags and one that lost its tag; an empty
# listing elsewhere.
layout=$tmp/layout
umoci init --layout "$layout"
mkdir "$tmp/layers"
"$local/oci-layout" tar "$tmp/layers" a=a b=b c=c
for name in a b c; do
  umoci new --image "$layout:$name"
  umoci raw add-layer --image "$layout:$name" "$tmp/layers/$name.tar"
done
umoci config --image "$layout:b" --architecture arm64
"$local/oci-layout" index "$layout:both" a b
push() {
  "$local/clean-skopeo" copy -q --all --dest-tls-verify=false "oci:$layout:$1" \
    "docker://$CLOUD_PRIVATE/$2" || bail "push $2"
}
push both team/app:1.0
push c team/app:2
push a team/app:2.1
push a team/app:2
push a other:1
a=$("$local/oci-layout" digest "$layout:a")
b=$("$local/oci-layout" digest "$layout:b")
c=$("$local/oci-layout" digest "$layout:c")
both=$("$local/oci-layout" digest "$layout:both")
five='"acceptedMediaTypes":["application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json","application/vnd.docker.distribution.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json"]'

ask DescribeRepositories '{}'
is "$code $(field '[.repositories[].repositoryName]')" '200 ["other","team/app"]' 'repositories'
is "$(field '.repositories[1].repositoryUri')" \
  '"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app"' "a repository's URI"
ask DescribeRepositories '{"repositoryNames":["team/app"]}'
is "$(field '[.repositories[].repositoryName]')" '["team/app"]' 'one repository'
ask DescribeRepositories '{"repositoryNames":["team/app","team"]}'
refused RepositoryNotFoundException 'one of the repositories is not there'
AWS_REGION=eu-west-1
ask DescribeRepositories '{}'
is "$code $(field .repositories)" '200 []' 'another region has others'
AWS_REGION=us-east-1

ask DescribeImages '{"repositoryName":"team/app"}'
is "$(field '.imageDetails | length')" 3 'a page is no longer than the server says'
first=$(jq -c '[.imageDetails[] | [.imageDigest, .imageTags]]' "$out")
token=$(jq -r .nextToken "$out")
ask DescribeImages "{\"repositoryName\":\"team/app\",\"nextToken\":\"$token\"}"
is "$(field .nextToken)" null 'the last page has no token'
is "$(jq -c --argjson first "$first" '$first + [.imageDetails[] | [.imageDigest, .imageTags]]
    | sort' "$out")" \
  "$(jq -nc "[[\"$a\",[\"2\",\"2.1\"]],[\"$b\",null],[\"$c\",null],[\"$both\",[\"1.0\"]]] | sort")" \
  'the pages together have every manifest, with its tags if any'
ask DescribeImages '{"repositoryName":"other","nextToken":"'"$token"'"}'
refused InvalidParameterException "another repository's token"
ask DescribeImages '{"repositoryName":"team/app","maxResults":1}'
is "$(field '.imageDetails | length')" 1 'maxResults'
for number in 0 1001 '"1"' true; do
  ask DescribeImages '{"repositoryName":"team/app","maxResults":'"$number"'}'
  refused InvalidParameterException "maxResults of $number"
done
ask DescribeImages '{"repositoryName":"nowhere"}'
refused RepositoryNotFoundException 'no such repository'
ask DescribeImages '{"repositoryName":"Not A Name"}'
refused InvalidParameterException 'no repository name'
ask DescribeImages '{"repositoryName":"team/app","imageIds":[{"imageTag":"1.0"}]}'
is "$(field '.imageDetails[0] | [.imageDigest, .imageManifestMediaType, .artifactMediaType, .imageStatus]')" \
  "[\"$both\",\"application/vnd.oci.image.index.v1+json\",null,\"ACTIVE\"]" 'an index'
size=$(field '.imageDetails[0].imageSizeInBytes')
ask DescribeImages '{"repositoryName":"team/app","imageIds":[{"imageDigest":"'"$a"'"},{"imageDigest":"'"$b"'"}]}'
is "$(field '[.imageDetails[].imageSizeInBytes] | max')" "$size" "an index's size is its largest image's"
like "$(field '.imageDetails[0].imagePushedAt')" '^[0-9]+(\.[0-9]+)?$' 'times are numbers'
ask DescribeImages '{"repositoryName":"team/app","imageIds":[{"imageTag":"none"}]}'
refused ImageNotFoundException 'no such image'
ask DescribeImages '{"repositoryName":"team/app","registryId":"111122223333"}'
refused AccessDeniedException "another account's registry"

many=$(jq -nc --arg digest "$a" '[range(101) | {imageDigest: $digest}]')
ask BatchGetImage '{"repositoryName":"team/app","imageIds":'"$many,$five"'}'
refused InvalidParameterException '101 images at once'
many=$(printf '%s' "$many" | jq -c '.[1:]')
ask BatchGetImage '{"repositoryName":"team/app","imageIds":'"$many,$five"'}'
is "$code $(field '.images | length')" '200 100' '100 images at once'
none=sha256:0000000000000000000000000000000000000000000000000000000000000000
ask BatchGetImage '{"repositoryName":"team/app","imageIds":[{"imageDigest":"'"$both"'"},{"imageDigest":"'"$none"'"}],'"$five"'}'
is "$code $(field '[.images[].imageId.imageDigest]') $(field '[.failures[] | [.failureCode, .imageId.imageDigest]]')" \
  "200 [\"$both\"] [[\"ImageNotFound\",\"$none\"]]" 'what is not there is a failure inside a 200'
is "sha256:$(jq -j '.images[0].imageManifest' "$out" | sha256sum | cut -d ' ' -f 1)" "$both" \
  'a manifest is byte for byte what was pushed'
config=$(jq -r '.config.digest' "$layout/blobs/sha256/${a#sha256:}")
control reset ''
ask BatchGetImage '{"repositoryName":"team/app","imageIds":[{"imageTag":"1.0"}],'"$five"'}'
refused InvalidParameterException 'an image by its tag'
ask BatchGetImage '{"repositoryName":"team/app","imageIds":[{"imageDigest":"'"$a"'"}]}'
refused InvalidParameterException 'without the media types'
is "$(curl -s "$CLOUD_CONTROL/violations" | jq length)" 2 'both are remembered'
is "$(curl -s "$CLOUD_CONTROL/calls")" '{"BatchGetImage": 2}' 'calls are counted'

ask GetDownloadUrlForLayer '{"repositoryName":"team/app","layerDigest":"'"$config"'"}'
url=$(jq -r .downloadUrl "$out")
is "sha256:$(curl -s "$url" | sha256sum | cut -d ' ' -f 1)" "$config" "a layer's URL gives the layer"
unlike "$url" "^$AWS_ENDPOINT_URL_ECR" 'on another port than the API'
control reset ''
is "$(curl -s -o "$out" -w '%{http_code}' -u user:password "$url")" 403 \
  'the blob store refuses a request with credentials'
is "$(curl -s -o "$out" -w '%{http_code}' "${url}0")" 403 'and one that is not signed so'
is "$(curl -s "$CLOUD_CONTROL/violations")" \
  '["blob store was sent authorization", "blob store was sent a URL that is not signed"]' \
  'and remembers them'
ask GetDownloadUrlForLayer '{"repositoryName":"team/app","layerDigest":"'"$none"'"}'
refused LayersNotFoundException 'no such layer'

control archive '{"repository":"team/app","digest":"'"$both"'"}'
ask DescribeImages '{"repositoryName":"team/app"}'
is "$(field '[.imageDetails[].imageDigest]')" "[\"$c\"]" 'an archived index is not listed, nor its images'
ask DescribeImages '{"repositoryName":"team/app","filter":{"imageStatus":"ARCHIVED"}}'
is "$(field '[.imageDetails[] | .imageStatus] | unique') $(field '.imageDetails | length')" \
  '["ARCHIVED"] 3' 'but among the archived ones'
ask DescribeImages '{"repositoryName":"team/app","filter":{"imageStatus":"ANY","tagStatus":"TAGGED"}}'
is "$(field '[.imageDetails[].imageDigest] | sort')" "$(jq -nc "[\"$a\",\"$both\"] | sort")" \
  'and among all; filters go together'
ask BatchGetImage '{"repositoryName":"team/app","imageIds":[{"imageDigest":"'"$both"'"}],'"$five"'}'
is "$(field '[.failures[].failureCode]')" '["ImageInaccessible"]' 'an archived image is not given'
control activate '{"repository":"team/app","digest":"'"$both"'"}'

# Signatures.
control reset ''
ask DescribeRepositories '{}' --user "$AWS_ACCESS_KEY_ID:wrong"
refused InvalidSignatureException 'a wrong secret'
ask DescribeRepositories '{}' --user "AKIANOBODY:$AWS_SECRET_ACCESS_KEY"
refused UnrecognizedClientException 'an unknown key'
ask DescribeRepositories '{}' -H 'X-Amz-Security-Token: something'
refused UnrecognizedClientException 'a session token with a key that has none'
ask DescribeRepositories '{}' -H 'X-Amz-Date: 20200101T000000Z'
refused InvalidSignatureException 'an old date'
ask DescribeRepositories '{}' --aws-sigv4 'aws:amz:us-east-1:sts'
refused InvalidSignatureException "another service's signature"
code=$(curl -s -o "$out" -w '%{http_code}' -H 'Content-Type: application/x-amz-json-1.1' -d '{}' \
  -H 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.DescribeRepositories' \
  "$AWS_ENDPOINT_URL_ECR/")
refused MissingAuthenticationTokenException 'no signature'
is "$(curl -s "$CLOUD_CONTROL/calls")" '{}' 'none of them was a call'

# The example of AWS's documentation, "Create a signed AWS API request", and what must not pass.
cat >"$tmp/sigv4.py" <<'END'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from ecr import httpd, sigv4
KEYS = {"AKIDEXAMPLE": sigv4.Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "1")}
NOW = 1440938160
SIGNED = "content-type;host;x-amz-date"
SIGNATURE = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
def verify(query="Action=ListUsers&Version=2010-05-08", signed=SIGNED, extra=(), now=NOW, body=b""):
    headers = [
        ("host", "iam.amazonaws.com"), ("x-amz-date", "20150830T123600Z"),
        ("content-type", "application/x-www-form-urlencoded;  charset=utf-8"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request,"
         f" SignedHeaders={signed}, Signature={SIGNATURE}"), *extra]
    try:
        return sigv4.verify(httpd.Request("GET", "/?" + query, headers, body), KEYS, "iam", now)[1]
    except sigv4.SignatureError as problem:
        return problem.message[:36]
print(verify())
print(verify(query="Version=2010-05-08&Action=ListUsers"))
print(verify(query="Action=ListUsers&Version=2010-05-09"))
print(verify(body=b"x"))
print(verify(extra=[("x-amz-target", "other")]))
print(verify(signed="content-type;x-amz-date"))
print(verify(signed="host;content-type;x-amz-date"))
print(verify(now=NOW + 899))
print(verify(now=NOW + 901))
END
python3 "$tmp/sigv4.py" "$local" >"$out" 2>&1
file_is "$out" "the documentation's example passes, and nothing near it" <<'END'
us-east-1
us-east-1
The request signature we calculated 
The request signature we calculated 
'x-amz-target' must be a 'SignedHead
'host' must be a 'SignedHeader' in t
SignedHeaders must be sorted.
us-east-1
Signature expired: 20150830T123600Z
END

# Faults.
control scenario '[{"operation":"DescribeImages","repository":"other","after":1,"times":1,
  "error":"ThrottlingException"},{"operation":"DescribeRepositories","status":503},
  {"operation":"BatchGetImage","digest":"'"$b"'","drop":true},
  {"operation":"BatchGetImage.image","digest":"'"$a"'","failure":"KmsError","message":"no key"},
  {"operation":"GetBlob","body":"other bytes"}]'
ask DescribeImages '{"repositoryName":"other"}'
is "$code" 200 'a fault: after one call'
ask DescribeImages '{"repositoryName":"other"}'
refused ThrottlingException 'a fault: an error of AWS'
ask DescribeImages '{"repositoryName":"other"}'
is "$code" 200 'a fault: only so many times'
ask DescribeRepositories '{}'
is "$code" 503 'a fault: an HTTP status'
ask BatchGetImage '{"repositoryName":"team/app","imageIds":[{"imageDigest":"'"$b"'"}],'"$five"'}' 2>"$err"
is "$code" 000 'a fault: the connection breaks'
ask BatchGetImage '{"repositoryName":"team/app","imageIds":[{"imageDigest":"'"$a"'"},{"imageDigest":"'"$c"'"}],'"$five"'}'
is "$(field '[.failures[] | [.failureCode, .failureReason]]') $(field '.images | length')" \
  '[["KmsError","no key"]] 1' 'a fault: one image fails'
is "$(curl -s "$url")" 'other bytes' 'a fault: other bytes from the blob store'
is "$(curl -s -o "$out" -w '%{http_code}' "$CLOUD_CONTROL/scenario" -d '[{"operatoin":"x"}]')" 400 \
  'a scenario with a typing error is refused'
control scenario '[]'
control rates '{"DescribeImages":0.001}'
ask DescribeImages '{"repositoryName":"other"}'
is "$code" 200 'a rate: the first call'
ask DescribeImages '{"repositoryName":"other"}'
refused ThrottlingException 'a rate: the second one, long before its time'
