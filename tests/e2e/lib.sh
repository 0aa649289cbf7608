# shellcheck shell=sh
# What every end-to-end script needs: TAP, a temporary folder, nothing of the user's environment.
# A script starts with
#
#     . "${srcdir:-.}/tests/e2e/lib.sh"
#
# and just ends; the plan is written then (or call `plan N` first). It also ends non-zero when a
# test failed. A command that may fail unexpectedly is followed by `|| bail "why"`. Assertions
# must run in the script's own shell: in a pipe or a subshell they are not counted.
#
#   $tmp           a folder of this script, removed at the end
#   $srcdir, $top_srcdir, $builddir     as automake gives them; programs are first in PATH (and before
#                  them those of the folder $TEST_PROGRAMS)
#
#   ok NAME, not_ok NAME [FILE]         says so; FILE is shown
#   is GOT WANT NAME                    strings are equal
#   like GOT ERE NAME, unlike …         some line of GOT matches (grep -E); none does
#   file_is FILE NAME <<'END'           FILE's bytes are those of standard input
#   run COMMAND...                      sets $status, and the files $out and $err
#   exits STATUS NAME                   the last run ended with STATUS; shows $err if not
#   silent NAME                         the last run wrote nothing to stderr
#   defer 'COMMAND'                     run at the end (last first), however the script ends
#   diag TEXT                           a comment
#   bail WHY                            gives up at once
#   needs PROGRAM...                    skips the rest of the script, saying so, when one is missing
#   needs_cloud [PROGRAM...]            the same for infra/local, whatever of it is used

set -u
LC_ALL=C
export LC_ALL

: "${srcdir:=.}"
: "${top_srcdir:=$(cd "$srcdir" && pwd)}"
: "${builddir:=$PWD}"
PATH=${TEST_PROGRAMS:+$TEST_PROGRAMS:}$builddir:$PATH
export srcdir top_srcdir builddir PATH

tap_count=0
tap_failed=0
tap_planned=
tap_deferred=
status=0

bail() {
  printf 'Bail out! %s\n' "$*"
  exit 99
}

tap_end() {
  tap_status=$?
  trap - EXIT HUP INT TERM
  eval "$tap_deferred"
  cd / && rm -rf "$tmp"
  if [ "$tap_status" -ne 0 ]; then
    [ "$tap_status" -eq 99 ] || printf 'Bail out! the script ended with status %s\n' "$tap_status"
    exit "$tap_status"
  fi
  [ -n "$tap_planned" ] || printf '1..%s\n' "$tap_count"
  [ "$tap_failed" -eq 0 ] || exit 1
  exit 0
}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/ocidup-test.XXXXXX") || {
  printf 'Bail out! no temporary folder\n'
  exit 99
}
trap tap_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# shellcheck disable=SC2034 # for the scripts
out=$tmp/.out err=$tmp/.err

# Neither the user's registries nor their credentials are any of a test's business.
for tap_name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|OCIDUP_[A-Z0-9_]*\)=.*/\1/p'); do
  unset "$tap_name"
done
unset DOCKER_CONFIG REGISTRY_AUTH_FILE XDG_CONFIG_HOME XDG_RUNTIME_DIR SSL_CERT_FILE SSL_CERT_DIR
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
# A make of the test's own is not part of the one that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL
HOME=$tmp/.home AWS_EC2_METADATA_DISABLED=true
export HOME AWS_EC2_METADATA_DISABLED
mkdir "$HOME"

plan() {
  tap_planned=$1
  printf '1..%s\n' "$1"
}

needs() {
  tap_lacking=
  for tap_name in "$@"; do
    command -v "$tap_name" >/dev/null 2>&1 || tap_lacking="$tap_lacking $tap_name"
  done
  [ -n "$tap_lacking" ] || return 0
  if [ "$tap_count" -eq 0 ]; then
    tap_planned=0
    printf '1..0 # SKIP not installed:%s\n' "$tap_lacking"
  else
    tap_count=$((tap_count + 1))
    printf 'ok %s - the rest # SKIP not installed:%s\n' "$tap_count" "$tap_lacking"
  fi
  exit 0
}

needs_cloud() {
  needs python3 docker-registry setpriv skopeo umoci curl jq "$@"
}

# relay COMMAND...: the lines of TAP that it prints are tests of ours.
relay() {
  "$@" >"$tmp/lines" 2>"$tmp/err" || [ -s "$tmp/lines" ] || bail "$(cat "$tmp/err")"
  while IFS= read -r tap_line; do
    case $tap_line in
      'ok '*) ok "${tap_line#*- }" ;;
      'not ok '*) not_ok "${tap_line#*- }" ;;
      '#'*) printf '%s\n' "$tap_line" ;;
      1..*) tap_whole=yes ;;
    esac
  done <"$tmp/lines"
  is "${tap_whole-no}" yes 'it came to its end'
  [ ! -s "$tmp/err" ] || not_ok 'it has nothing to complain about' "$tmp/err"
}

diag() {
  printf '%s\n' "$*" | sed 's/^/# /'
}

defer() {
  tap_deferred="$1
$tap_deferred"
}

ok() {
  tap_count=$((tap_count + 1))
  printf 'ok %s - %s\n' "$tap_count" "$1"
}

not_ok() {
  tap_count=$((tap_count + 1))
  tap_failed=$((tap_failed + 1))
  printf 'not ok %s - %s\n' "$tap_count" "$1"
  if [ $# -gt 1 ]; then
    sed 's/^/#   /' <"$2"
  fi
}

is() {
  if [ "$1" = "$2" ]; then
    ok "$3"
  else
    not_ok "$3"
    diag "got:  $1"
    diag "want: $2"
  fi
}

like() {
  if printf '%s\n' "$1" | grep -Eq -e "$2"; then
    ok "$3"
  else
    not_ok "$3"
    diag "got:  $1"
    diag "want: $2"
  fi
}

unlike() {
  if printf '%s\n' "$1" | grep -Eq -e "$2"; then
    not_ok "$3"
    diag "got:  $1"
    diag "want none of: $2"
  else
    ok "$3"
  fi
}

file_is() {
  cat >"$tmp/.want"
  if cmp -s "$1" "$tmp/.want"; then
    ok "$2"
  else
    diff -u "$tmp/.want" "$1" >"$tmp/.diff" 2>&1
    not_ok "$2" "$tmp/.diff"
  fi
}

run() {
  status=0
  "$@" >"$out" 2>"$err" || status=$?
}

exits() {
  if [ "$status" -eq "$1" ]; then
    ok "$2"
  else
    not_ok "$2" "$err"
    diag "status: $status, want: $1"
  fi
}

silent() {
  if [ -s "$err" ]; then
    not_ok "$1" "$err"
  else
    ok "$1"
  fi
}
