# shellcheck shell=sh
# Records written by hand, so that each file has the one trait that is tested. Behind lib.sh.

header='image digest platform manifest_digest config_digest status size pushed created media_type
platforms origin ref settings layers diff_ids layer_sizes detail'
tab=$(printf '\t')

# record [COLUMN=VALUE]...: one row; `-` for what is not named, status ok.
record() {
  record_line=
  for record_column in $header; do
    record_cell=-
    [ "$record_column" != status ] || record_cell=ok
    for record_pair in "$@"; do
      case $record_pair in
      "$record_column="*) record_cell=${record_pair#*=} ;;
      esac
    done
    record_line=$record_line${record_line:+$tab}$record_cell
  done
  printf '%s\n' "$record_line"
}

write_header() {
  # shellcheck disable=SC2086 # a word a column
  printf '%s\t' $header | sed 's/.$//'
  printf '\n'
}
