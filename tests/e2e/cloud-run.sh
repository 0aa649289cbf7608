#!/bin/sh
# The local cloud: it starts, it stops, and nothing is left of it, however it ends.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs_cloud

cloud=$top_srcdir/infra/local/cloud
TMPDIR=$tmp/tmp
export TMPDIR
mkdir "$TMPDIR"

# The processes whose command line names $tmp, that is all that a cloud started.
processes() {
  for folder in /proc/[0-9]*; do
    if { tr '\0' ' ' <"$folder/cmdline"; } 2>/dev/null | grep -qF -e "$TMPDIR"; then
      echo "${folder#/proc/}"
    fi
  done
}

# gone PID...: waits until the processes are gone. tail looks after one; it needs no sleep of ours.
gone() {
  for pid; do
    tail --pid="$pid" -f /dev/null
  done
}

run "$cloud" start "$TMPDIR/here"
exits 0 'start'
like "$(cat "$TMPDIR/here/env")" '^export AWS_ENDPOINT_URL_ECR=http://127.0.0.1:[0-9]+$' \
  'the environment is there'
# shellcheck source=/dev/null
is "$(. "$TMPDIR/here/env" && curl -s -o "$out" -w '%{http_code}' "http://$CLOUD_SOURCE/v2/")" 200 \
  'the source registry answers'
# shellcheck source=/dev/null
is "$(. "$TMPDIR/here/env" && curl -s "$CLOUD_CONTROL/calls")" '{}' 'local-ecr answers'
running=$(processes)
is "$(printf '%s\n' "$running" | wc -l | tr -d ' ')" 4 'the supervisor, two registries, and local-ecr run'

run "$cloud" start "$TMPDIR/here"
exits 2 'a second one in the same folder is refused'
like "$(cat "$err")" '^cloud: .*is a cloud there already' 'in one line'
is "$(processes)" "$running" 'and the first one goes on'

run "$cloud" stop "$TMPDIR/here"
exits 0 'stop'
is "$(processes)" '' 'no process is left'
is "$(ls -A "$TMPDIR")" '' 'no file is left'
run "$cloud" stop "$TMPDIR/here"
exits 2 'there is nothing to stop any more'

mkdir "$TMPDIR/mine"
echo precious >"$TMPDIR/mine/file"
"$cloud" start "$TMPDIR/mine" || bail 'start'
"$cloud" stop "$TMPDIR/mine"
is "$(cd "$TMPDIR/mine" && ls -A)" file "what was in the folder before is still there"
rm -r "$TMPDIR/mine"

# shellcheck disable=SC2016 # the inner shell's
run "$cloud" run sh -c 'echo "$AWS_REGION"; exit 7'
exits 7 "run: the command's status"
is "$(cat "$out")" us-east-1 "run: the command has the environment"
is "$(ls -A "$TMPDIR")" '' 'run: nothing is left'
run "$cloud" run sh -c 'kill -9 $$'
exits 137 'run: a command that a signal ended'
run "$cloud" run "$tmp/no-such-command"
exits 2 'run: a command that is not there'
is "$(ls -A "$TMPDIR")$(processes)" '' 'run: nothing is left then either'

# The supervisor is asked to end, by the two signals that people and terminals send.
for signal in TERM INT; do
  mkfifo "$tmp/started"
  # shellcheck disable=SC2016 # the inner shell's
  "$cloud" run sh -c 'echo "$PPID" >"$1"; exec tail -f /dev/null' - "$tmp/started" &
  read -r supervisor <"$tmp/started"
  kill -s "$signal" "$supervisor"
  wait $!
  is "$?" 143 "run: $signal ends the command"
  is "$(ls -A "$TMPDIR")$(processes)" '' "run: $signal leaves nothing"
  rm "$tmp/started"
done

# It is killed: the kernel and the ends of pipes see to its children.
"$cloud" start "$TMPDIR/killed" || bail 'start'
running=$(processes)
for pid in $running; do
  if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'supervisor'; then
    kill -9 "$pid"
  fi
done
# shellcheck disable=SC2086 # words
gone $running
ok 'the children of a supervisor that was killed end'
run "$cloud" stop "$TMPDIR/killed"
exits 0 'stop cleans up after it'
is "$(ls -A "$TMPDIR")" '' 'no file is left'

# One of them dies: the others are not left behind.
"$cloud" start "$TMPDIR/broken" || bail 'start'
running=$(processes)
for pid in $running; do
  if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'local-ecr'; then
    kill -9 "$pid"
  fi
done
# shellcheck disable=SC2086 # words
gone $running
ok 'when one process dies, all end'
"$cloud" stop "$TMPDIR/broken"
is "$(ls -A "$TMPDIR")" '' 'stop cleans up after it too'

mkdir "$tmp/bin"
printf '#!/bin/sh\necho "it is broken" >&2\nexit 1\n' >"$tmp/bin/docker-registry"
chmod +x "$tmp/bin/docker-registry"
for how in run start; do
  run env PATH="$tmp/bin:$PATH" "$cloud" "$how" "$TMPDIR/x"
  exits 2 "$how: a registry that does not start"
  like "$(cat "$err")" '^cloud: source-registry did not start: it is broken$' "$how: says why"
  is "$(ls -A "$TMPDIR")$(processes)" '' "$how: nothing is left of it"
done
