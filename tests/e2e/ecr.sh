# shellcheck shell=sh
# For the tests of list-ecr, behind lib.sh: a cloud of its own ($cloud), and how it is steered.

needs_cloud

# shellcheck disable=SC2154 # $tmp, $out: lib.sh
cloud_dir=$tmp/cloud
: "${cloud_options=}"
# shellcheck disable=SC2086 # options
"$top_srcdir/infra/local/cloud" $cloud_options start "$cloud_dir" || bail "the local cloud did not start"
defer '"$top_srcdir/infra/local/cloud" stop "$cloud_dir"'
# shellcheck source=/dev/null
. "$cloud_dir/env"

# control WHAT [JSON]: reads or steers local-ecr.
control() {
  if [ $# -gt 1 ]; then
    curl -sS --fail-with-body -o "$tmp/.control" "$CLOUD_CONTROL/$1" -d "$2" ||
      bail "control $1: $(cat "$tmp/.control")"
  else
    curl -sS --fail-with-body "$CLOUD_CONTROL/$1" || bail "control $1"
  fi
}

# calls OPERATION: how often it was called since the last reset.
calls() {
  control calls | jq -r --arg name "$1" '.[$name] // 0'
}

# rows FILE COLUMN...: these columns of a record file, without the header.
rows() {
  rows_file=$1
  shift
  awk -F '\t' -v OFS='\t' -v names="$*" '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, want, " "); next }
    { line = $at[want[1]]; for (i = 2; i <= n; i++) line = line OFS $at[want[i]]; print line }
  ' "$rows_file"
}
