# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the scripts share their variables
# The servers that the programs are measured against; on ports that the kernel gives.

# Of a server that is no longer needed, or at the end.
stop_servers() {
  eval "$stop"
  stop=
}

# Starts bench-server with OPTION...; sets $ecr to its URL.
serve_ecr() {
  rm -f "$work/port" && mkfifo "$work/port"
  bench-server "$@" >"$work/port" &
  stop="kill $! 2>/dev/null; $stop"
  read -r ecr <"$work/port"
  ecr=http://127.0.0.1:$ecr
}

# Sets $port to one that was free a moment ago.
free_port() {
  rm -f "$work/port" && mkfifo "$work/port"
  bench-server --images=1 >"$work/port" &
  read -r port <"$work/port"
  kill "$!"
}

# docker-registry over the images of $registry/storage; with tls, TLS. Sets $host.
serve_registry() {
  cat >"$work/registry.json" <<END
{"version": 0.1, "log": {"level": "info", "accesslog": {"disabled": true}},
 "storage": {"filesystem": {"rootdirectory": "$registry/storage", "maxthreads": 100},
             "cache": {"blobdescriptor": "inmemory"}},
 "http": {"addr": "127.0.0.1:0", "secret": "bench"$([ "${1-}" != tls ] ||
    printf ', "tls": {"certificate": "%s", "key": "%s"}' "$registry/cert.pem" "$registry/key.pem")}}
END
  rm -f "$work/log" && mkfifo "$work/log"
  docker-registry serve "$work/registry.json" >"$work/log" 2>&1 &
  stop="kill $! 2>/dev/null; $stop"
  exec 3<"$work/log"
  host=
  while [ -z "$host" ] && read -r line <&3; do
    host=$(printf '%s\n' "$line" | sed -n 's/.*listening on \([0-9.:]*\).*/\1/p')
  done
  cat <&3 >/dev/null &
  exec 3<&-
  [ -n "$host" ] || { say 'docker-registry does not start'; exit 1; }
}

# nginx over the manifests of $registry/files, and the blobs of its storage: a registry that costs next
# to nothing, so that the clients are what is measured; it has what they ask for who want to know an
# image's digest. Sets $host, and $tls_host of the same with TLS and HTTP/2.
serve_files() {
  for attempt in 1 2 3 4 5; do
    free_port
    host=127.0.0.1:$port
    free_port
    tls_host=127.0.0.1:$port
    cat >"$work/nginx.conf" <<END
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work;
  uwsgi_temp_path $work; scgi_temp_path $work;
  open_file_cache max=10000; keepalive_requests 1000000;
  default_type application/vnd.oci.image.manifest.v1+json;
  root $registry/files;
  map \$uri \$tag { "~/manifests/(?<of>[^/]+)\$" \$of; }
  map \$tag \$digest { include $registry/digests; }
  add_header Docker-Content-Digest \$digest; # none where it is empty
  server {
    listen $host;
    location = /v2/ { return 200; }
    location ~ "^/v2/bench/[^/]+/blobs/sha256:(..)(.+)\$" {
      alias $registry/storage/docker/registry/v2/blobs/sha256/\$1/\$1\$2/data;
    }
    location /accepted { stub_status; }
  }
  server {
    listen $tls_host ssl http2; ssl_certificate $registry/cert.pem; ssl_certificate_key $registry/key.pem;
    http2_max_requests 1000000;
  }
}
END
    if nginx -c "$work/nginx.conf" 2>"$work/nginx.err"; then
      stop="kill \$(cat $work/nginx.pid) 2>/dev/null; $stop"
      return
    fi
  done
  sed 's/^/bench:   /' "$work/nginx.err" >&2
  say 'nginx does not start'
  exit 1
}

# How many connections $host has accepted.
accepted() { curl -s "http://$host/accepted" | awk 'seen { print $1; exit } /accepts/ { seen = 1 }'; }

# $registry: a certificate, a storage folder, and files: $tags images bench/many:t00000 and on, by 100
# names: bench/r00 is bench/many, and so are the others. Its file digests, which is made last, has the
# digest of each.
make_registry() {
  tags=$(scaled 1000 50)
  last_tag=$(printf '%05d' $((tags - 1)))
  registry=$data/registry-$tags
  [ -e "$registry/digests" ] && return
  say "making $registry"
  rm -rf "$registry"
  mkdir -p "$registry/storage"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=bench \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$registry/key.pem" -out "$registry/cert.pem" 2>"$work/openssl.err"
  serve_registry
  "$bench/../../infra/local/push-images" --storage "$registry/storage" "$host/bench" 1 "$tags"
  repositories=$registry/storage/docker/registry/v2/repositories/bench
  files=$registry/files/v2/bench
  mkdir -p "$files/many/manifests" "$files/many/tags"
  curl -sS -o "$files/many/tags/list" "http://$host/v2/bench/many/tags/list"
  curl -sS -o "$files/many/manifests/t#1" -H "Accept: $media_type" "http://$host/v2/bench/many/manifests/t[00000-$last_tag]"
  for many in "$repositories" "$files"; do
    for tens in 0 1 2 3 4 5 6 7 8 9; do
      for units in 0 1 2 3 4 5 6 7 8 9; do ln -s many "$many/r$tens$units"; done
    done
  done
  stop_servers
  (cd "$files/many/manifests" && openssl dgst -sha256 -r t*) |
    sed 's/^\([0-9a-f]*\) .\(.*\)/\2 sha256:\1;/' >"$work/digests" && mv "$work/digests" "$registry/digests"
}
media_type=application/vnd.oci.image.manifest.v1+json
