# shellcheck shell=sh
# What the tests of `make pipeline` share. A script starts with
#
#     . "${srcdir:-.}/tests/peers/pipeline-lib.sh"
#
# and is then run again in a local cloud that has moto, with the demo's images in it. What may be set
# before: peers_server, a script next to this one that runs a moto of its own; peers_images=no.
#
#   $tmp/input.txt                  the demo's list, but for its reference that cannot be read
#   aws …                           the AWS CLI, with the cloud's keys
#   execute [OPTION]... INPUT       one execution of the pipeline; sets $status; $out, $tmp/result.json
#   clone DIR                       what git would check out, into the new folder DIR
#   prebuilt                        puts the programs of the build folder into the build's cache
#   stage QUERY                     jq's answer about the stage Validate
#   latest NAME                     that file of latest/, to standard output; nothing if none
#   control WHAT [DATA]             local-ecr's control
#   manifests                       how many manifests and configs were fetched since control reset

peers_python=${builddir:-$PWD}/peers/python/bin/python
if [ -z "${CLOUD_DIR-}" ]; then
  if [ -n "${peers_server-}" ]; then
    exec "${top_srcdir:-.}/infra/local/cloud" run \
      "$peers_python" "${top_srcdir:-.}/tests/peers/$peers_server" sh "$0"
  fi
  exec "${top_srcdir:-.}/infra/local/cloud" --moto="$peers_python" run sh "$0"
fi
peers_cloud=$(env | sed -n "s/^\(AWS_[A-Z0-9_]*\)=\(.*\)/\1='\2'/p")

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
eval "$peers_cloud"
for peers_name in $(printf '%s\n' "$peers_cloud" | cut -d = -f 1); do export "${peers_name?}"; done

regions=us-east-1,eu-central-1
bucket=ocidup-output-123456789012-us-east-1
artifacts=ocidup-artifacts-123456789012-us-east-1
: "$regions" "$bucket" "$artifacts"

aws() {
  "$(dirname "$peers_python")/aws" "$@"
}
execute() {
  rm -f "$tmp/result.json"
  run "$peers_python" "$top_srcdir/infra/local/codepipeline" --parameter Regions="$regions" \
    --variable RESOLVE_FLAGS="$MIRRORS" --result "$tmp/result.json" "$@"
}
clone() {
  mkdir "$1" || return 1
  if [ -e "$top_srcdir/.git" ]; then
    (cd "$top_srcdir" && git ls-files -z | tar --null -T - -cf -) | tar -C "$1" -xf -
  else
    cp -R "$top_srcdir/." "$1"
  fi
}
prebuilt() {
  prebuilt_key=$(cd "$top_srcdir" && eval "$("$peers_python" -c 'import sys, yaml
print(yaml.safe_load(open("buildspec.yml"))["phases"]["install"]["commands"][0])')" &&
    basename "$PROGRAMS") || return 1
  mkdir -p "$tmp/prebuilt/cache/$prebuilt_key/bin"
  for prebuilt_name in list-ecr list-registry resolve-digest match-report; do
    cp "$builddir/$prebuilt_name" "$tmp/prebuilt/cache/$prebuilt_key/bin/" || return 1
  done
  tar -C "$tmp/prebuilt" -czf "$tmp/prebuilt.tar.gz" cache &&
    "$peers_python" "$top_srcdir/infra/local/codepipeline" --deploy "$tmp/aws" &&
    aws s3 cp --quiet "$tmp/prebuilt.tar.gz" "s3://$artifacts/cache/build-cache.tar.gz"
}
stage() {
  jq -r ".stages[] | select(.name == \"Validate\") | $1" "$tmp/result.json"
}
latest() {
  aws s3 cp --quiet "s3://$bucket/latest/$1" - 2>/dev/null
}
control() {
  if [ $# -gt 1 ]; then
    curl -sS --fail -d "$2" "$CLOUD_CONTROL/$1" >/dev/null
  else
    curl -sS --fail "$CLOUD_CONTROL/$1"
  fi
}
manifests() {
  control calls | jq '(.BatchGetImage // 0) + (.GetDownloadUrlForLayer // 0)'
}

if [ "${peers_images-yes}" = yes ]; then
  "$top_srcdir/infra/local/make-images" "$tmp/demo.txt" >"$tmp/images.log" 2>&1 ||
    bail "no images: $(tail -n 3 "$tmp/images.log")"
  sed '/^# No such tag/,$d' "$tmp/demo.txt" >"$tmp/input.txt"
fi
