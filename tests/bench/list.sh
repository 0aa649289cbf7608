# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the scripts share their variables
# list-ecr: beside what arithmetic allows, and beside programs on AWS's own library. The server's answers
# take 20 ms each, as over a network, or no time: then the client is what is measured.

latency=20
repositories=$(scaled 1000 5)
images=$(scaled 10 2)
large=$(scaled 100000 1000)
most=$(scaled 1000000 1000)
jobs=$(list-ecr --help | sed -n 's/.*--jobs=N.*(\([0-9]*\))$/\1/p')

AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
AWS_DEFAULT_REGION=us-east-1
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION AWS_DEFAULT_REGION

ours() { echo "list-ecr -q --no-configs --endpoint-url=$ecr ${1-}"; }
# Rows that are whole.
listed() { awk -F '\t' '$6 == "ok"' "$work/$1.out" | wc -l | tr -d ' '; }
lines() { wc -l <"$work/$1.out" | tr -d ' '; }
# The calls since the server's start: of OPERATION; COLUMN 2: all, 3: throttled, 4: what they were about.
counted() { curl -s "$ecr/counts" | awk -v name="$1" -v column="$2" '$1 == name { print $column }'; }
calls() { curl -s "$ecr/counts" | awk '/^(Describe|Batch|Get|blob)/ { n += $2 } END { print n }'; }

# For REPOSITORIES of IMAGES: the calls, and the seconds that they must take with $jobs at once, the
# pages of a listing one after the other.
calls_for() {
  calculate "int(($1 + 999) / 1000) + $1 * (int(($2 + 999) / 1000) + int(($2 + 99) / 100))"
}
ideal() {
  awk -v r="$1" -v i="$2" -v calls="$(calls_for "$1" "$2")" -v jobs="$jobs" -v s="$latency" 'BEGIN {
    pages = int((i + 999) / 1000)
    spread = (calls - 1) / jobs
    print s / 1000 * (1 + (pages > spread ? pages : spread)) }'
}

# How much of our runs, the first ones of this server, it was at work.
busy() { echo "server busy $(calculate "int($(counted cpu-ms 2) / 10 / $pairs / $(median 1))") %"; }

# Beside the ideal: REPOSITORIES IMAGES WHAT
versus_ideal() {
  serve_ecr --repositories="$1" --images="$2" --latency-ms="$latency"
  alone "$pairs" "$(ours)"
  did list-ecr "$(listed ours)" "$(($1 * $2))"
  value "$3" calls "$(($(calls) / pairs))" "$(calls_for "$1" "$2")" 'arithmetic' 'ratio<=1'
  value "$3" s "$(median 1)" "$(ideal "$1" "$2")" "the ideal, $latency ms a call, $jobs at once" 'ratio<=1.11' "$(busy)"
}
versus_boto3() { # IMAGES WHAT [IDEAL]: what the latency allows at best
  if ! boto3=$(bench-python -c 'import boto3; print(boto3.__version__)' 2>/dev/null); then
    peer boto3 || return 0
  fi
  versus "$(ours)" "bench-python $bench/peer-boto3.py $ecr"
  did list-ecr "$(listed ours)" "$1"
  did boto3 "$(lines peer)" "$1"
  name="boto3 $boto3, 16 threads"
  row "$2" s "$name" 'ratio<=0.25' "${3:+the ideal is $(calculate "int(100 * $3 / $(median 1 peer))") % of its time}"
  row "$2" 'CPU s' "$name" 'ratio<=0.05'
}

what="$(commas "$repositories") repositories of $images images"
versus_ideal "$repositories" "$images" "$what"
versus_boto3 $((repositories * images)) "$what" "$(ideal "$repositories" "$images")"
if peer aws; then
  some=$(scaled 10 2)
  # One call after the other, as in a script of a few lines.
  cat >"$work/loop" <<END
aws ecr describe-repositories --query 'repositories[].[repositoryName]' --output text --max-items $some --endpoint-url $ecr |
  grep -v None | while read -r repository; do
    aws ecr describe-images --repository-name "\$repository" --endpoint-url $ecr \
      --query 'imageDetails[].[imageDigest]' --output text >$work/digests
    aws ecr batch-get-image --repository-name "\$repository" --endpoint-url $ecr \
      --image-ids \$(sed 's/^/imageDigest=/' $work/digests) --query 'images[].[imageManifest]' --output text
  done
END
  ours_per=$repositories peer_per=$some
  versus "$(ours)" "sh $work/loop"
  did 'the AWS CLI' "$(grep -c schemaVersion "$work/peer.out")" "$((some * images))"
  row 'a repository' s "AWS CLI $(aws --version | sed 's/[^0-9]*//; s/ .*//'), a loop over $some" 'ratio<=0.01'
  unset ours_per peer_per
fi
stop_servers

what="one repository of $(commas "$large") images"
versus_ideal 1 "$large" "$what"
versus_boto3 "$large" "$what" "$(ideal 1 "$large")"
stop_servers

# Without latency: REPOSITORIES IMAGES WHAT
versus_clients() {
  serve_ecr --repositories="$1" --images="$2"
  alone "$pairs" "$(ours)"
  row "$3, no latency" s - - "$(busy)"
  versus_boto3 $(($1 * $2)) "$3, no latency"
  stop_servers
}
versus_clients "$repositories" "$images" "$(commas "$repositories") repositories of $images images"
versus_clients 1 "$large" "$what"

# ---- a server that throttles: its rate is what can be had

rate=$(scaled 100 50)
serve_ecr --repositories="$repositories" --images="$images" --latency-ms="$latency" \
  --throttle="DescribeImages:$rate" --throttle="BatchGetImage:$rate"
alone 1 "$(ours)"
did 'list-ecr, throttled' "$(listed ours)" "$((repositories * images))"
served=$(($(counted BatchGetImage 2) - $(counted BatchGetImage 3)))
refused=$(($(counted BatchGetImage 3) + $(counted DescribeImages 3)))
what="throttled, $(commas "$served") calls each of two operations"
value "$what" /s "$(awk -v n="$served" '{ print n / $1 }' "$work/ours.cost")" "$rate" 'what the server allows' 'ratio>=0.9'
value "$what" 'calls refused' "$refused" "$(calls)" 'of all' 'ratio<=0.05'
stop_servers

# ---- the server alone: what it gives to whoever asks it as often and reads nothing

serve_ecr --repositories="$repositories" --images="$images"
calls=$(calls_for "$repositories" "$images")
target='X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.DescribeImages'
name=$(list-ecr -q --no-manifests --endpoint-url="$ecr" | sed -n '2s|^[^/]*/\([^:@]*\).*|\1|p')
versus "$(ours)" "curl -sS --no-progress-meter -Z --parallel-max $jobs -o /dev/null -w '%{http_code}\\n' \
  -H '$target' -H 'Authorization: AWS4-HMAC-SHA256 none' -d '{\"repositoryName\":\"$name\",\"maxResults\":1000}' '$ecr/?[1-$calls]'"
did curl "$(grep -c '^200$' "$work/peer.out")" "$calls"
row "$(commas "$calls") calls, no latency" s "curl -Z, as many DescribeImages" -
stop_servers

# ---- memory, and how it grows

many=$(scaled 1000 10)
serve_ecr --repositories="$many" --images=$((most / many))
alone 1 "$(ours)"
did list-ecr "$(listed ours)" "$most"
row "$(commas "$most") images in $(commas "$many") repositories" MiB - 'ours<=64'
stop_servers
serve_ecr --repositories=1 --images="$most"
alone 1 "$(ours)"
did list-ecr "$(listed ours)" "$most"
row "$(commas "$most") images in one repository" MiB - 'ours<=64'
stop_servers

of_images() {
  stop_servers
  serve_ecr --repositories=1 --images="$1"
  command=$(ours)
}
series 'images, no latency' of_images "$((large / 100))" "$((large / 10))" "$large"
if peer valgrind; then
  few=$(scaled 1000 100)
  instructions_of of_images "$few" "$((few * 2))"
  value 'an image' instructions "$each" - - -
fi
stop_servers

# ---- how many at once

serve_ecr --repositories="$repositories" --images="$images" --latency-ms="$latency"
for at_once in 8 16 32 64 128; do
  alone "$pairs" "$(ours --jobs=$at_once)"
  row "$(commas "$repositories") repositories of $images images, --jobs=$at_once" s - -
done
stop_servers

# ---- configs, and the second time

configs=$(scaled 10000 100)
several=$(scaled 100 10)
serve_ecr --repositories="$several" --images=$((configs / several)) --latency-ms="$latency"
whole="list-ecr -q --endpoint-url=$ecr"
alone 1 "$whole -o $work/first.tsv"
did list-ecr "$(awk -F '\t' '$6 == "ok" && $14 != "-"' "$work/first.tsv" | wc -l | tr -d ' ')" "$configs"
value "$(commas "$configs") images with configs, the first time" calls "$(calls)" "$(($(calls_for "$several" $((configs / several))) + 2 * configs))" arithmetic 'ratio<=1'
ours_ideal=$(calculate "$latency / 1000 * (1 + ($(calls_for "$several" $((configs / several))) - 1 + 2 * $configs) / $jobs)")
value "$(commas "$configs") images with configs, the first time" s "$(cut -f 1 "$work/ours.cost")" "$ours_ideal" \
  "the ideal, $latency ms a call, $jobs at once" 'ratio<=1.11'
before=$(calls)
alone "$pairs" "$whole --reuse=$work/first.tsv"
did 'list-ecr --reuse' "$(cmp "$work/first.tsv" "$work/ours.out" && echo same)" same
value "$(commas "$configs") images with configs, with --reuse" calls "$((($(calls) - before) / pairs))" $((several + 1)) 'listing them' 'ratio<=1'
row "$(commas "$configs") images with configs, with --reuse" s - -
stop_servers
