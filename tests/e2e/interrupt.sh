#!/bin/sh
# Control-C while a program is waited for that has the credentials: it is ended, with all that it
# started, and so are we. And SIGTERM for `make report`, whose listing takes as long as it likes.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"

mkfifo "$tmp/alive"
mkdir "$HOME/.aws" "$HOME/.docker" "$tmp/bin"
# It asks somebody who does not answer; that can take long.
cat >"$tmp/bin/docker-credential-slow" <<'END'
#!/bin/sh
exec 5>"$tmp/alive"
echo started >&5
sleep 20 &
sleep 20
: >"$tmp/answered"
END
chmod +x "$tmp/bin/docker-credential-slow"
OCIDUP_HELPER_ENV=tmp
export tmp OCIDUP_HELPER_ENV
PATH=$tmp/bin:$PATH
cat >"$HOME/.aws/config" <<'END'
[default]
region = eu-central-1
credential_process = docker-credential-slow
END
echo '{"credsStore": "slow"}' >"$HOME/.docker/config.json"

# interrupted NAME COMMAND...: it is sent SIGINT once the program runs; a shell that starts something
# in the background has that ignored.
interrupted() {
  name=$1
  shift
  rm -f "$tmp/answered"
  {
    # shellcheck disable=SC2016 # expanded there
    env --default-signal=INT sh -c 'echo $$ >"$tmp/pid"; exec "$@"' sh "$@" >"$out" 2>"$err" 5>&-
    echo $? >"$tmp/status"
  } 5>"$tmp/alive" &
  job=$!
  # The end of the pipe is that of the last who had it open.
  {
    read -r said && kill -INT "$(cat "$tmp/pid")"
    cat
  } <"$tmp/alive" >"$tmp/rest"
  wait "$job"
  is "$said" started "$name: the program was running"
  is "$(cat "$tmp/status")" 130 "$name: ends by the signal"
  if [ -e "$tmp/answered" ]; then
    not_ok "$name: the program is not waited for, and ended"
  else
    ok "$name: the program is not waited for, and ended"
  fi
}

interrupted 'credential_process of list-ecr' list-ecr

needs python3
challenge='{"status": 401, "headers": {"WWW-Authenticate": "Basic realm=\"stub\""}}'
mkfifo "$tmp/port"
printf '{"HEAD /v2/app/manifests/1": %s, "GET /v2/app/manifests/1": %s}\n' "$challenge" "$challenge" |
  "$top_srcdir/tests/e2e/registry-stub" "$tmp/log" >"$tmp/port" &
defer "kill $!; wait $! 2>/dev/null"
read -r host <"$tmp/port" || bail 'the stub does not start'
echo "$host/app:1" >"$tmp/list"
interrupted 'credential helper of resolve-digest' resolve-digest "$tmp/list"

# make tells its shell, and that the listing.
cat >"$tmp/bin/list-for-ever" <<'END'
#!/bin/sh
exec 5>"$tmp/alive"
echo started >&5
exec tail -f /dev/null
END
chmod +x "$tmp/bin/list-for-ever"
{
  # shellcheck disable=SC2016 # expanded there
  sh -c 'echo $$ >"$tmp/pid"; exec "$@"' sh make -s -f "$top_srcdir/infra/pipeline.mk" report \
    INPUT="$tmp/list" OUT="$tmp/report" LIST=list-for-ever >"$out" 2>"$err" 5>&-
  echo $? >"$tmp/status"
} 5>"$tmp/alive" &
job=$!
{
  read -r said && kill -TERM "$(cat "$tmp/pid")"
  cat
} <"$tmp/alive" >"$tmp/rest"
wait "$job"
is "$said" started 'make report: the listing was running'
is "$(cat "$tmp/status")" 143 'make report: ends by the signal, and the listing before it'
is "$(ls -A "$tmp/report")" input.txt 'make report: nothing is left but what was whole'
