#!/bin/sh
# What --missing lists is what is missing: the README's recipe copies it, with skopeo, from
# registries under their own names to one that was lacking it, and then nothing is missing.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

local=$top_srcdir/infra/local
readme=$top_srcdir/README.md
TMPDIR=$tmp
export TMPDIR
"$local/cloud" start "$tmp/cloud" || bail 'the cloud does not start'
# shellcheck disable=SC2016 # run later
defer '"$local/cloud" stop "$tmp/cloud"'
# shellcheck source=/dev/null
. "$tmp/cloud/env"
mkdir "$tmp/bin" "$tmp/report" "$tmp/home"
cd "$tmp" || bail 'no folder'
"$local/make-images" input.txt >make.log 2>&1 || bail "$(tail -n 3 make.log)"

# skopeo as it is set up where docker.io has a mirror.
mkdir -p "$tmp/home/.config/containers"
{
  for host in docker.io quay.io ghcr.io public.ecr.aws; do
    printf '[[registry]]\nprefix = "%s"\nlocation = "%s"\ninsecure = true\n' \
      "$host" "$CLOUD_SOURCE/$host"
  done
  printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "${CLOUD_PRIVATE%%/*}"
} >"$tmp/home/.config/containers/registries.conf"
cat >"$tmp/bin/skopeo" <<END
#!/bin/sh
printf '%s\n' "\$*" >>'$tmp/skopeo.log'
HOME='$tmp/home' XDG_DATA_HOME='$tmp/home' XDG_RUNTIME_DIR='$tmp/home' _CONTAINERS_ROOTLESS_UID=1 \
  exec '$(command -v skopeo)' --insecure-policy "\$@"
END
chmod +x "$tmp/bin/skopeo"
PATH=$tmp/bin:$PATH

# shellcheck disable=SC2086 # options
resolve-digest -q $MIRRORS -o report/sources.tsv input.txt
list-ecr -q -o report/inventory.tsv || bail 'list-ecr'
cut -f 1 report/inventory.tsv | sort -u >images.before

# ---- what is missing

run match-report --missing --text=before.txt report/sources.tsv report/inventory.tsv
exits 1 'status 1: a source cannot be read'
cp "$out" listed
file_is listed 'what is absent or only partly there, by its canonical name' <<'END'
docker.io/library/nginx:1.25
docker.io/library/node:20
docker.io/library/golang:1.21
quay.io/prometheus/prometheus:v2.48.0
quay.io/keycloak/keycloak:23.0
quay.io/coreos/etcd:v3.5.10
END
like "$(cat "$err")" \
  '^match-report: --missing has not the 2 of 17 that may be there: 0 partial, 0 likely, 1 archived, 1 unknown$' \
  'and it is told what is not in it'
like "$(tail -n 1 before.txt)" '^17 images: 9 present, 3 partial, 0 likely, 1 archived, 3 absent, 1 unknown$' \
  'by the report that was written with it'

# ---- the recipe, with the registry that is here

awk '/^```sh copy$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$readme" >recipe
like "$(cat recipe)" '^registry=[0-9]+\.dkr\.ecr\.' 'the recipe names a registry'
sed -i "s,^registry=.*,registry=$CLOUD_PRIVATE," recipe
run dash recipe
exits 1 'the recipe runs; the one that cannot be read is still none'
like "$(tail -n 1 "$out")" \
  '^17 images: 15 present, 0 partial, 0 likely, 1 archived, 0 absent, 1 unknown$' \
  'all that was missing is present'
is "$(grep -c ^copy skopeo.log)" 6 'six were copied'
cut -f 1 report/inventory.tsv | sort -u >images.after
comm -13 images.before images.after | grep -v @ >copied
sed "s,^,$CLOUD_HOST/," listed | sort >want
file_is copied 'under the names that the recipe gives, and nothing else was' <want
is "$(comm -23 images.before images.after)" '' 'and nothing is gone'
match-report -q --tsv report/sources.tsv report/inventory.tsv >report.tsv
is "$(awk -F '\t' '$5 ~ /\.amazonaws\.com\/(docker|quay)\.io\// { print $3 }' report.tsv | sort -u)" \
  'index
manifest' 'byte for byte'
run match-report -q --missing report/sources.tsv report/inventory.tsv
is "$(cat "$out")" '' 'then nothing is missing'

# What --map says can be pulled: from where it says, by that digest.
run match-report -q --map report/sources.tsv report/inventory.tsv
is "$(wc -l <"$out" | tr -d ' ')" 15 'the map has what is present'
while IFS="$(printf '\t')" read -r ref target; do
  digest=$(skopeo inspect --raw "docker://$CLOUD_PRIVATE/${target#*/}" | sha256sum | cut -d ' ' -f 1)
  is "sha256:$digest" "${target#*@}" "$ref is at $target"
done <"$out"
