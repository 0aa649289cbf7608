#!/bin/sh
# A registry that gives so many manifests in hours, as Docker Hub does: what is left is shown, and
# when nothing is, nothing is asked for any more and rows say when to come back.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

needs jq python3
mkfifo "$tmp/port"
cd "$tmp" || bail cd

layers='"layers":[]'
config='"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:'$(printf '{}' | sha256sum | cut -d ' ' -f 1)'","size":2}'
manifest='{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'$config,$layers'}'
digest=sha256:$(printf '%s' "$manifest" | sha256sum | cut -d ' ' -f 1)

# route REPOSITORY/TAG STATUS REMAINING [NAME VALUE]
route() {
  jq -n --arg path "/v2/${1%/*}/manifests/${1##*/}" --arg body "$manifest" --arg digest "$digest" \
    --argjson status "$2" --arg left "$3" --arg name "${4-X-None}" --arg value "${5-}" '
    {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": ($left + ";w=21600"),
     "Docker-RateLimit-Source": "192.0.2.1", "Docker-Content-Digest": $digest, ($name): $value} as $h
    | {("GET " + $path): {$status, headers: $h,
         body: (if $status == 200 then $body else "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"enough\"}]}" end)},
       ("HEAD " + $path): {status: 200, headers: ($h + {"RateLimit-Remaining": "7;w=21600"})}}'
}
{
  route a/some 200 7
  route a/last 200 0
  route a/over 429 0
  # A time of day, where seconds to go are meant.
  route a/clock 200 0 RateLimit-Reset 4102444800
  route a/more 200 50
  route b/soon 429 9 Retry-After 7200
  # A limit of seconds is none of hours.
  jq -n --arg body "$manifest" '{"GET /v2/c/manifests/x":
    {$body, headers: {"RateLimit-Limit": "5;w=60", "RateLimit-Remaining": "0;w=60"}},
    "GET /v2/c/manifests/y": {$body, headers: {"RateLimit-Remaining": "none"}}}'
} | jq -s add >routes
"$top_srcdir/tests/e2e/registry-stub" "$tmp/log" <routes >port &
defer "kill $!; wait $! 2>/dev/null"
read -r host <port || bail 'the stub does not start'

# resolve TAG... with one request at a time, so that it is known which answer comes first.
resolve() {
  : >log
  printf "$host/%s\n" "$@" >list
  run resolve-digest --no-configs --jobs=1 -v list
}
column() {
  awk -F '\t' -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next }
    { print $c }' "$out"
}
when='20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z'

resolve a:some
exits 0 'a registry with a limit'
like "$(cat "$err")" "^resolve-digest: http://$host: 7 of 100 left, of 6 hours \(192.0.2.1\)\$" \
  'what is left is told at -v'
like "$(cat "$err")" "^resolve-digest: $host: 1 request, .*; 7 of 100 left, of 6 hours" 'and at the end'
unlike "$(cat "$err")" 'try again' 'nothing is used up'

resolve a:some a:last a:more c:x
exits 1 'the last one was given'
is "$(column status)" 'ok
ok
rate_limited
rate_limited' 'what comes after the last one is rate_limited'
like "$(column detail)" \
  "^http://$host/v2/a/manifests/more: not asked, the 100 of 6 hours are used up: try again after $when\$" \
  'and says when to try again'
is "$(grep -c GET log)" 2 'without being asked for'
run resolve-digest --no-configs --jobs=1 list
like "$(cat "$err")" "^resolve-digest: $host: the 100 of 6 hours are used up: try again after $when\$" \
  'that is told without -v'
run resolve-digest --no-configs --jobs=1 -q list
silent 'not with -q'

resolve a:over a:more
exits 1 'a refusal'
is "$(column status)" 'rate_limited
rate_limited' 'what is refused and what comes after it'
is "$(cat log)" 'GET /v2/a/manifests/over' 'a limit of hours is not waited for'
like "$(column detail)" "answered: enough; the 100 of 6 hours are used up: try again after $when\$" \
  'the row says when to try again'

resolve b:soon a:more
is "$(cat log)" 'GET /v2/b/manifests/soon' 'Retry-After of hours is not waited for either'
like "$(column detail)" "answered: enough; .*: try again after $when\$" 'and is told'

resolve a:clock a:more
like "$(column detail)" "not asked, .*: try again after $when\$" 'RateLimit-Reset is no time of day'
is "$(date -d "$(column detail | sed -n '2s/.*after //p')" +%s | awk -v now="$(date +%s)" '{ print $1 <= now + 21600 }')" 1 \
  'and no later than the window ends'

resolve c:x c:y c:x
exits 0 'a limit over a minute stops nothing'
unlike "$(cat "$err")" 'left, of' 'and is none to be shown'

# What is known costs nothing, used up or not.
resolve a:some
cp "$out" known.tsv
printf "$host/%s\n" a:last a:some >list
: >log
run resolve-digest --no-configs --reuse=known.tsv list
exits 0 'with --reuse'
unlike "$(cat log)" GET 'only HEAD is asked'
