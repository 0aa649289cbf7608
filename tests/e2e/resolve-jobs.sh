#!/bin/sh
# How many requests are under way at once changes nothing of what comes out: not the rows, not their
# order, not the words of failures.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

needs python3
mkfifo "$tmp/port"
cd "$tmp" || bail cd

# Indexes of one image, of two, … of 24, by tag and digest; and what fails.
python3 - >routes <<'END' || bail 'no routes'
import hashlib, json

OCI = "application/vnd.oci.image."
routes, entries = {}, []

def add(kind, name, body):
    digest = "sha256:" + hashlib.sha256(body.encode()).hexdigest()
    for repository in "a", "b/c":
        for reference in name, digest:
            route = {"body": body, "headers": {"Docker-Content-Digest": digest}}
            for method in "GET", "HEAD":
                routes[f"{method} /v2/{repository}/{kind}/{reference}"] = route
    return {"digest": digest, "size": len(body)}

for n in range(1, 25):
    config = add("blobs", "-", json.dumps({"os": "linux", "architecture": "amd64", "author": str(n),
        "config": {}, "rootfs": {"diff_ids": [f"sha256:{n:064}"]}}))
    manifest = add("manifests", f"m{n}", json.dumps({"schemaVersion": 2,
        "mediaType": OCI + "manifest.v1+json",
        "config": {"mediaType": OCI + "config.v1+json", **config},
        "layers": [{"mediaType": OCI + "layer.v1.tar", "digest": f"sha256:{n:064x}", "size": 9}]}))
    entries.append({"mediaType": OCI + "manifest.v1+json", **manifest,
        "platform": {"os": "linux", "architecture": "amd64", "variant": f"v{n}"}})
    add("manifests", f"i{n}", json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
        "manifests": entries}))
routes["GET /v2/a/manifests/busy"] = {"status": 503, "body": "{}"}
routes["GET /v2/a/manifests/no"] = {"status": 403}
routes["GET /v2/a/manifests/json"] = {"body": "{"}
print(json.dumps(routes))
END
"$top_srcdir/tests/e2e/registry-stub" "$tmp/log" <routes >port &
defer "kill $!; wait $! 2>/dev/null"
read -r host <port || bail 'the stub does not start'

# Nobody listens there.
closed=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
{
  seq 24 | sed "s|.*|$host/a:i&\n$host/b/c:m&\n$host/a:missing&\n$host/b/c:i&|"
  printf '%s\n' "$host/a:busy" "$host/a:no" "$host/a:json" "127.0.0.1:$closed/a" 'no reference!' \
    "127.0.0.1:$closed/b" "$host/a:i3" "$host/a@sha256:$(printf none | sha256sum | cut -d " " -f 1)"
} >input
known=
for run in cold again; do
  for jobs in 1 4 256; do
    # shellcheck disable=SC2086 # none or one option
    run resolve-digest --jobs=$jobs --max-retries=1 $known -o $run.$jobs input
    exits 1 "$run, --jobs=$jobs"
  done
  for jobs in 4 256; do
    file_is $run.$jobs "$run, --jobs=$jobs: the same as one after the other" <$run.1
  done
  known=--reuse=cold.1
done
file_is again.1 'what is known makes no difference' <cold.1
is "$(awk -F '\t' 'NR > 1 { print $6 }' cold.1 | sort | uniq -c | awk '{ print $2 ":" $1 }' | tr '\n' ' ')" \
  'bad_manifest:1 denied:1 invalid_reference:1 network:2 not_found:25 ok:627 server_error:1 ' \
  'rows of all kinds are compared'
