# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the scripts share their variables
# resolve-digest: beside curl, which does nothing with what it fetches, and other tools of the trade.

references=$(scaled 10000 20)
most=$(scaled 100000 100)
slow=$(scaled 2000 20)     # of docker-registry, which takes its time
processes=$(scaled 200 4)  # of tools that are started for each reference
make_registry

# N references of HOST: $tags tags of each of 100 repositories, or as many as are needed.
list() {
  awk -v n="$2" -v host="$1" -v tags="$tags" 'BEGIN {
    for (i = 0; i < n; i++) printf "%s/bench/r%02d:t%05d\n", host, i / tags, i % tags }'
}
# A URL pattern of curl for the same.
pattern() {
  if [ "$2" -gt "$tags" ]; then
    printf '%s/v2/bench/r[00-%02d]/manifests/t[00000-%s]' "$1" $((($2 + tags - 1) / tags - 1)) "$last_tag"
  else
    printf '%s/v2/bench/r00/manifests/t[00000-%05d]' "$1" $(($2 - 1))
  fi
}
ours() { # HOST N [http|https]
  list "$1" "$2" >"$work/input-$2.txt"
  echo "resolve-digest -q --no-configs$([ "${3-http}" = http ] || echo " --tls=$1 --cacert=$registry/cert.pem") $work/input-$2.txt"
}
curl_all() {
  echo "curl -sS --no-progress-meter -Z --parallel-max $jobs$([ "${3-http}" = http ] || echo " --cacert $registry/cert.pem") -H 'Accept: $media_type' -w '%{http_code}\\n' -o /dev/null '${3-http}://$(pattern "$1" "$2")'"
}
jobs=$(resolve-digest --help | sed -n 's/.*--jobs=N.*(\([0-9]*\))$/\1/p')
resolved() { awk -F '\t' '$6 == "ok"' "$work/$1.out" | wc -l | tr -d ' '; }
fetched() { grep -c '^200$' "$work/$1.out" || :; }

versus_curl() { # HOST N SCHEME WHAT
  versus "$(ours "$1" "$2" "$3")" "$(curl_all "$1" "$2" "$3")"
  did resolve-digest "$(resolved ours)" "$2"
  did curl "$(fetched peer)" "$2"
  row "$4" s "curl -Z, $jobs at once" 'ratio<=1.11'
}
# What the server can: whoever fetches one manifest again and again, as fast as it is given. Sets $share
# to what that says of ours.
versus_load() { # HOST N SCHEME WHAT
  share=
  peer wrk || return 0
  ours_rate=$(calculate "$2 / $(median 1)")
  load_rate=$(wrk -t 1 -c "$jobs" -d "$([ "$scale" = tiny ] && echo 1 || echo 5)" -H "Accept: $media_type" "$3://$1/v2/bench/r00/manifests/t00001" |
    sed -n 's/^Requests.sec: *//p')
  share="ours takes $(calculate "int(100 * $ours_rate / $load_rate)") % of what wrk can get of the server"
  value "$4" /s "$ours_rate" "$load_rate" "wrk, $jobs connections, one manifest" - 'ours / what the server can'
}

# Beside tools that are started for each reference, and so on fewer: what one takes is compared.
versus_processes() { # HOST N SERVER ASKED-OF-CRANE ASKED-OF-SKOPEO
  list "$1" "$processes" >"$work/few.txt"
  ours_per=$2 peer_per=$processes
  if peer crane; then
    versus "$(ours "$1" "$2")" "xargs -P 16 -n 1 crane digest <$work/few.txt"
    did crane "$(grep -c '^sha256:' "$work/peer.out")" "$processes"
    row "a reference from $3" s "crane $(crane version), xargs -P 16, of $processes" "$4" "$share"
  fi
  if peer skopeo; then
    skopeo="skopeo $(skopeo --version | sed 's/[^0-9]*//; s/ .*//') inspect"
    each="sed 's|^|docker://|' $work/few.txt | xargs -P 16 -n 1 skopeo inspect --tls-verify=false"
    versus "$(ours "$1" "$2")" "$each --format '{{.Digest}}'"
    did 'skopeo inspect' "$(grep -o 'sha256:' "$work/peer.out" | wc -l | tr -d ' ')" "$processes"
    row "a reference from $3" s "$skopeo --format '{{.Digest}}', xargs -P 16, of $processes" "$5" "$share"
    versus "$(ours "$1" "$2")" "$each --raw"
    did 'skopeo inspect --raw' "$(grep -o '"schemaVersion"' "$work/peer.out" | wc -l | tr -d ' ')" "$processes"
    row "a reference from $3" s "$skopeo --raw, xargs -P 16, of $processes" "$5" "$share"
  fi
  unset ours_per peer_per
}

if peer nginx; then
  serve_files
  what="$(commas "$references") references from nginx"
  versus_curl "$host" "$references" http "$what"
  versus_load "$host" "$references" http "$what"
  versus_processes "$host" "$references" nginx 'ratio<=0.125' 'ratio<=0.05'
  versus_curl "$tls_host" "$references" https "$what, TLS and HTTP/2"

  for at_once in 8 16 32 64 128; do
    alone "$pairs" "$(ours "$host" "$references") --jobs=$at_once"
    row "$what, --jobs=$at_once" s - -
  done

  before=$(accepted)
  sh -c "$(ours "$tls_host" "$references" https)" >/dev/null
  between=$(accepted)
  sh -c "$(curl_all "$tls_host" "$references" https)" >/dev/null
  after=$(accepted)
  value "$(commas "$references") references, TLS" handshakes "$((between - before - 1))" "$((after - between - 1))" 'curl -Z' -

  alone 1 "$(ours "$host" "$most")"
  did resolve-digest "$(resolved ours)" "$most"
  row "$(commas "$most") references" MiB - 'ours<=48'
  of_references() { command=$(ours "$host" "$1"); }
  series 'references' of_references "$((most / 100))" "$((most / 10))" "$most"
  if peer valgrind; then
    curl_of() { command=$(curl_all "$host" "$1"); }
    few=$(scaled 200 20)
    instructions_of of_references "$few" "$((few * 2))"
    ours_each=$each
    instructions_of curl_of "$few" "$((few * 2))"
    value 'a reference' instructions "$ours_each" "$each" 'curl -Z' -
  fi
  stop_servers
fi

if peer docker-registry; then
  serve_registry
  what="$(commas "$slow") references from docker-registry"
  versus_curl "$host" "$slow" http "$what"
  versus_load "$host" "$slow" http "$what"
  versus_processes "$host" "$slow" docker-registry - - # the server is the limit there
  stop_servers
  serve_registry tls
  versus_curl "$host" "$slow" https "$what, TLS and HTTP/2"
  stop_servers
fi
