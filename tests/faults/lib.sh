# shellcheck shell=sh
# For tests that are the fault matrix's, behind tests/e2e/lib.sh.

TMPDIR=$tmp
export TMPDIR

# matrix PYTHON [OPTION]...: its lines are tests of ours.
matrix() {
  matrix_python=$1
  shift
  "$matrix_python" "$top_srcdir/tests/faults/matrix.py" "$@" >"$tmp/lines" 2>"$tmp/err" ||
    [ -s "$tmp/lines" ] || bail "$(cat "$tmp/err")"
  while IFS= read -r line; do
    case $line in
      'ok '*) ok "${line#*- }" ;;
      'not ok '*) not_ok "${line#*- }" ;;
      '#'*) printf '%s\n' "$line" ;;
      1..*) whole=yes ;;
    esac
  done <"$tmp/lines"
  is "${whole-no}" yes 'the matrix came to its end'
  [ ! -s "$tmp/err" ] || not_ok 'it has nothing to complain about' "$tmp/err"
}
