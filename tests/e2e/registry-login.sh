#!/bin/sh
# Credentials of docker and podman: a real registry with htpasswd and one with token authentication,
# files in all their forms, a credential helper run as a process, tokens that run out.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

local=$top_srcdir/infra/local
TMPDIR=$tmp
export TMPDIR
# shellcheck disable=SC2016 # run later
defer '[ ! -e "$tmp/cloud/socket" ] || "$local/cloud" stop "$tmp/cloud"'

# Users of the registry with htpasswd: bcrypt of "open sesame".
cat >"$tmp/htpasswd" <<'END'
reader:$2b$04$tAuMj1ec1AmIqNDzbccjAOs2aP4.qlZEx/NmYKPbaZ23JRNWV8Hoe
END
cat >"$tmp/users" <<'END'
{"": {"repositories": ["public/*"]},
 "alice": {"password": "wonderland", "identity": "alice-refresh/+=", "repositories": ["a/*"]},
 "bob": {"password": "builder:and:more", "identity": "bob-refresh", "repositories": ["b/*"]},
 "all": {"password": "everything", "repositories": ["*", "catalog"]}}
END
secrets='open sesame|wonderland|alice-refresh|builder:and|bob-refresh|everything'

layout=$tmp/layout
mkdir "$tmp/layers"
umoci init --layout "$layout"
"$local/oci-layout" tar "$tmp/layers" app=app
umoci new --image "$layout:app"
umoci raw add-layer --image "$layout:app" "$tmp/layers/app.tar"

# begin [OPTION]...: the cloud, with images in its registry.
begin() {
  "$local/cloud" --token=good --token-users="$tmp/users" --htpasswd="$tmp/htpasswd" "$@" \
    start "$tmp/cloud" || bail 'the cloud does not start'
  # shellcheck source=/dev/null
  . "$tmp/cloud/env"
  for repository in public/app a/one a/two b/one; do
    "$local/oci-layout" push "$layout:app" "$CLOUD_SOURCE/$repository:1" || bail 'push'
  done
  tokens=$CLOUD_TOKEN_REGISTRY
  passwords=$CLOUD_PASSWORD_REGISTRY
  realm=$(jq -r .auth.token.realm "$tmp/cloud/token-registry.json")
}
end() {
  "$local/cloud" stop "$tmp/cloud" || bail 'stop'
}

docker_config() {
  mkdir -p "$HOME/.docker"
  cat >"$HOME/.docker/config.json"
}
auth_file() {
  mkdir -p "$HOME/.config/containers"
  cat >"$HOME/.config/containers/auth.json"
}
no_files() {
  rm -rf "$HOME/.docker" "$HOME/.config" "${tmp:?}/bin"
  mkdir "$tmp/bin"
}
auth() {
  printf '%s' "$1" | base64 -w 0
}
# resolve REFERENCE...: $rows is, of each row, the image without its host, status and detail.
resolve() {
  printf '%s\n' "$@" >"$tmp/input.txt"
  run env "PATH=$tmp/bin:$PATH" resolve-digest -vv --max-retries=0 --tls="$tokens" \
    --cacert="$CLOUD_TOKEN_CACERT" "$tmp/input.txt"
  rows=$(awk -F '\t' 'NR > 1 { sub("^[^/]*/", "", $1); print $1 " " $6 ": " $18 }' "$out")
  shown=$(cat "$out" "$err")
  # Neither as they are, nor as they are sent.
  if printf '%s\n' "$shown" | grep -Eq -e "$secrets" -e "$encoded"; then
    not_ok 'no secret is shown' "$err"
  fi
}
encoded=$(printf '%s\n' 'reader:open sesame' alice:wonderland 'bob:builder:and:more' all:everything \
  reader:wrong-password alice:wrong-password |
  while read -r pair; do auth "$pair" | tr -d '='; echo; done | paste -s -d '|' -)
# asked: the calls of the token service so far, by user: how many.
asked() {
  curl -s "$CLOUD_TOKEN_CONTROL" |
    jq -r 'group_by(.user // "-")[] | "\(if .[0] | has("user") then .[0].user else "-" end) \(length)"' |
    paste -s -d ' ' -
}

begin

# ---- user name and password

no_files
resolve "$passwords/a/one:1"
exits 1 'without credentials the registry with passwords is not read'
is "$rows" "a/one:1 unauthorized: http://$passwords asks for a user name and password, and none are known: docker login $passwords, or podman login $passwords" \
  'and the row says so'
docker_config <<END
{"auths": {"$passwords": {"auth": "$(auth 'reader:open sesame')"}}}
END
resolve "$passwords/a/one:1" "$passwords/b/one:1"
exits 0 'with them it is'
is "$rows" 'a/one:1 ok: -
b/one:1 ok: -' 'each image of it'
like "$(cat "$err")" "credentials for $passwords: .*/.docker/config.json" '-v says where they are from'
run list-registry "$passwords"
exits 0 'its catalog is read too'
is "$(sed 1d "$out" | wc -l)" 4 'and what it names'
resolve "127.0.0.1:${passwords#*:}/a/one:1"
like "$rows" 'unauthorized: .* none are known' 'another name of the same host is another host'
docker_config <<END
{"auths": {"http://$passwords/v2/": {"username": "reader", "password": "open sesame"}}}
END
resolve "$passwords/a/one:1"
is "$rows" 'a/one:1 ok: -' 'a name may be a URL'
docker_config <<END
{"auths": {"https://$passwords": {"username": "reader", "password": "open sesame"}}}
END
resolve "$passwords/a/one:1"
like "$rows" 'unauthorized: .* none are known' 'for its scheme'
docker_config <<END
{"auths": {"$passwords": {"auth": "$(auth reader:wrong-password)"}}}
END
resolve "$passwords/a/one:1"
exits 1 'a wrong password'
is "$rows" "a/one:1 unauthorized: http://$passwords does not accept the user name and password from $HOME/.docker/config.json" \
  'is one clear failed row'

# ---- mirrors: the one that is asked is shown its own

docker_config <<END
{"auths": {"docker.io": {"auth": "$(auth reader:wrong-password)"},
           "$passwords": {"auth": "$(auth 'reader:open sesame')"}}}
END
echo a/one:1 >"$tmp/input.txt"
run resolve-digest --max-retries=0 --mirror="docker.io=http://$passwords" "$tmp/input.txt"
is "$(awk -F '\t' 'NR > 1 { print $1, $6 }' "$out")" 'docker.io/a/one:1 ok' \
  "a mirror is shown the credentials of the mirror's host"

# ---- tokens

no_files
resolve "$tokens/public/app:1" "$tokens/a/one:1"
exits 1 'without credentials, what is public is read'
like "$rows" '^public/app:1 ok: ' 'from a registry with token authentication'
like "$rows" '^a/one:1 denied: .*/a/one does not exist, or reading it needs other credentials' \
  'and the rest is not'
auth_file <<END
{"auths": {"$tokens/a": {"auth": "$(auth alice:wonderland)"},
           "$tokens/b/one": {"auth": "$(auth bob:builder:and:more)"}}}
END
docker_config <<END
{"auths": {"$tokens": {"auth": "$(auth all:everything)"}}}
END
before=$(asked)
resolve "$tokens/a/one:1" "$tokens/a/two:1" "$tokens/b/one:1" "$tokens/public/app:1"
exits 0 'several repositories of a host, with a credential each'
is "$rows" 'a/one:1 ok: -
a/two:1 ok: -
b/one:1 ok: -
public/app:1 ok: -' 'are read'
is "$before; $(asked)" '- 2; - 2 alice 2 all 1 bob 1' 'each by its own user'
# The list comes first; b has nothing of its own.
auth_file <<END
{"auths": {"$tokens/a/one": {"auth": "$(auth all:everything)"},
           "$tokens/a": {"auth": "$(auth bob:builder:and:more)"}}}
END
rm "$HOME/.docker/config.json"
resolve "$tokens/a/one:1" "$tokens/a/two:1"
like "$rows" '^a/one:1 ok: ' 'the longest name counts'
like "$rows" '^a/two:1 denied: ' 'where no longer one is, a shorter'
auth_file <<END
{"auths": {"$tokens": {"auth": "$(auth alice:wrong-password)"}}}
END
resolve "$tokens/a/one:1"
exits 1 'a wrong password for tokens'
is "$rows" "a/one:1 unauthorized: no token to read https://$tokens with: $realm answered: \
incorrect username or password: https://$tokens does not accept the user name and password from \
$HOME/.config/containers/auth.json" 'is one clear failed row'
before=$(asked)
# shellcheck disable=SC2046 # words
resolve $(for i in 1 2 3 4 5 6 7 8; do echo "$tokens/a/$i:1"; done)
is "$(printf '%s\n' "$rows" | grep -c '^a/.:1 unauthorized: ')" 8 'of many images, all fail'
is "$(curl -s "$CLOUD_TOKEN_CONTROL" | jq '[.[] | select(has("user") and .user == null)] | length')" 2 \
  'but the password is tried once'

# ---- identity tokens

auth_file <<END
{"auths": {"$tokens": {"auth": "$(auth 00000000-0000-0000-0000-000000000000:)",
           "identitytoken": "alice-refresh/+="}}}
END
resolve "$tokens/a/one:1"
is "$rows" 'a/one:1 ok: -' 'an identity token serves'
is "$(curl -s "$CLOUD_TOKEN_CONTROL" | jq -c '.[-1]')" \
  '{"scopes":["repository:a/one:pull"],"authorization":false,"user":"alice","client":"ocidup"}' \
  'by POST'
auth_file <<END
{"auths": {"$tokens": {"identitytoken": "not-a-refresh-token"}}}
END
resolve "$tokens/a/one:1"
like "$rows" "^a/one:1 unauthorized: .* does not accept the identity token from .*/auth.json" \
  'one that is not known is a clear failed row'

# ---- a registry token is shown as it is

token=$(curl -s --cacert "$CLOUD_TOKEN_CACERT" -u alice:wonderland \
  "$realm?service=local-registry&scope=repository:a/one:pull" | jq -r .token)
auth_file <<END
{"auths": {"$tokens": {"registrytoken": "$token"}}}
END
before=$(asked)
resolve "$tokens/a/one:1"
is "$rows" 'a/one:1 ok: -' 'a registry token serves'
is "$(asked)" "$before" 'and no other is asked for'
unlike "$(cat "$out" "$err")" "$token" 'nor is it shown'
resolve "$tokens/a/two:1"
like "$rows" '^a/two:1 (denied|unauthorized): ' 'where it does not reach, the row says so'

# ---- credential helpers

no_files
cat >"$tmp/bin/docker-credential-test" <<END
#!/bin/sh
read -r server
echo "\$1 \$server" >>"$tmp/helper.calls"
case \$server in
  $tokens) echo '{"ServerURL": "x", "Username": "all", "Secret": "everything"}' ;;
  $passwords) echo '{"ServerURL": "x", "Username": "reader", "Secret": "open sesame"}' ;;
  locked:1) echo 'the secret wonderland is locked' >&2; exit 4 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
END
chmod +x "$tmp/bin/docker-credential-test"
docker_config <<END
{"credHelpers": {"$tokens": "test", "$passwords": "test", "locked:1": "test"}}
END
resolve "$tokens/a/one:1" "$tokens/a/two:1" "$tokens/b/one:1" "$passwords/a/one:1" "$passwords/b/one:1"
exits 0 'a credential helper serves'
is "$(sort "$tmp/helper.calls")" "$(printf 'get %s\n' "$tokens" "$passwords" | sort)" \
  'each registry is asked for once'
: >"$tmp/helper.calls"
docker_config <<END
{"auths": {"$passwords": {"auth": "$(auth 'reader:open sesame')"}}, "credsStore": "test"}
END
resolve "$tokens/a/one:1" "$tokens/public/app:1" "127.0.0.1:${passwords#*:}/a/one:1"
like "$rows" '^a/one:1 ok' 'so does the one for all'
is "$(sort "$tmp/helper.calls")" "$(printf 'get %s\n' "$tokens" "127.0.0.1:${passwords#*:}" | sort)" \
  'each registry is asked for once there, too'
sed -i "s/echo 'credentials not found.*exit 1/echo wonderland; exit 5/" "$tmp/bin/docker-credential-test"
resolve "$passwords/a/one:1" "127.0.0.1:${passwords#*:}/a/one:1"
like "$rows" "unauthorized: no credentials for 127.0.0.1:[0-9]*: docker-credential-test ended with status 5" \
  'one that fails is told'
docker_config <<END
{"credsStore": "not-installed"}
END
resolve "$passwords/a/one:1"
like "$rows" "unauthorized: no credentials for $passwords: docker-credential-not-installed: " \
  'and one that is not there'
resolve "$tokens/public/app:1"
is "$rows" 'public/app:1 ok: -' 'which is no matter for what everybody may read'
resolve "$tokens/a/one:1"
like "$rows" "^a/one:1 [a-z]*: no credentials for $tokens: docker-credential-not-installed: .*; asked without: " \
  'but for the rest'
docker_config <<END
{"credsStore": "../bin/docker-credential-test"}
END
resolve "$passwords/a/one:1"
like "$rows" 'unauthorized: .* is refused: it must be a name' 'and one that is a path'

# ---- files that cannot be read

no_files
printf '{"auths": {\n  "r.example": {"auth": "wonderland"\n}' | docker_config
resolve "$tokens/public/app:1"
exits 2 'a file that is no JSON ends it'
like "$(cat "$err")" "^resolve-digest: registry credentials: $HOME/.docker/config.json: line 3, column [0-9]*: not JSON" \
  'with the place'
REGISTRY_AUTH_FILE=$tmp/no-such-file
export REGISTRY_AUTH_FILE
no_files
resolve "$tokens/public/app:1"
exits 2 'so does a REGISTRY_AUTH_FILE that is not there'
cat >"$tmp/auth.json" <<END
{"auths": {"$passwords": {"auth": "$(auth 'reader:open sesame')"}}}
END
REGISTRY_AUTH_FILE=$tmp/auth.json
resolve "$passwords/a/one:1"
is "$rows" 'a/one:1 ok: -' 'one that is there serves'
unset REGISTRY_AUTH_FILE
end

# ---- tokens that run out in mid run, said or not

# tag REPOSITORY N: N tags of the image that is there.
tag() {
  python3 - "$CLOUD_SOURCE" "$@" <<'END'
import http.client, sys
host, repository, count = sys.argv[1:]
connection = http.client.HTTPConnection(host)
kind = "application/vnd.oci.image.manifest.v1+json"
connection.request("GET", f"/v2/{repository}/manifests/1", headers={"Accept": kind})
manifest = connection.getresponse().read()
for number in range(2, int(count) + 1):
    path = f"/v2/{repository}/manifests/{number}"
    connection.request("PUT", path, manifest, {"Content-Type": kind})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
END
}
begin --token-seconds=2 --token-told=60
no_files
auth_file <<END
{"auths": {"$tokens": {"auth": "$(auth all:everything)"}}}
END
tag a/one 1000 || bail 'tag'
tag b/one 1000 || bail 'tag'
run list-registry --jobs=1 --no-configs --tls="$tokens" --cacert="$CLOUD_TOKEN_CACERT" \
  "$tokens/a/one" "$tokens/b/one"
exits 0 'tokens run out in mid run, and their service did not say so'
is "$(sed 1d "$out" | cut -f 1,6 | sort -u | awk '{ print $2 }' | uniq -c | tr -s ' ')" ' 2000 ok' \
  'no row is lost, or there twice'
like "$(asked)" '^all ([3-9]|[1-9][0-9]+)$' 'though new ones were needed'
end
