#!/bin/sh
# Rules of the source that no compiler knows (HACKING, "Rules"), by what stands in the files.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
cd "$srcdir/src" || bail 'no src'

# Without comments and the content of strings, each line behind its FILE:LINE.
mkdir "$tmp/src"
find . -name '*.[ch]' ! -path ./report/page.c | sed 's,^\./,,' | LC_ALL=C sort >"$tmp/files"
[ "$(wc -l <"$tmp/files")" -gt 100 ] || bail 'where is the source?'
while read -r file; do
  awk -v file="$file" '
    {
      line = ""; n = length($0)
      for (i = 1; i <= n; i++) {
        c = substr($0, i, 1); two = substr($0, i, 2)
        if (comment) { if (two == "*/") { comment = 0; i++ } continue }
        if (quote != "") {
          if (c == "\\") i++
          else if (c == quote) { quote = ""; line = line c }
          continue
        }
        if (two == "/*") { comment = 1; i++; continue }
        if (two == "//") break
        if ((c == "\"" && $0 !~ /^#include/) || c == "\047") quote = c
        line = line c
      }
      quote = ""
      if (line !~ /^[ \t]*$/) print file ":" NR ": " line
    }' "$file"
done <"$tmp/files" >"$tmp/code"

# none ERE NAME [FILES]: no line of code (of the files whose names match FILES) has it.
none() {
  if grep -E "^${3-}[^:]*:[0-9]+:.*($1)" "$tmp/code" >"$tmp/.found"; then
    not_ok "$2" "$tmp/.found"
  else
    ok "$2"
  fi
}
word='(^|[^A-Za-z0-9_>.])'

none "$word(system|popen|wordexp|execl|execlp|execle|execv|execvp|fork|vfork) *\\(" \
  'no shell, and programs are started by base/process'
none "$word(strcpy|stpcpy|strcat|strncat|strncpy|sprintf|vsprintf|gets|strtok|scanf|sscanf|fscanf) *\\(" \
  'no call that does not know its buffer'
none "$word(alloca|strdupa|strndupa) *\\(" 'no memory of the stack by need'
none "$word(tmpnam|tempnam|mktemp|rand|random|atoi|atol|atof) *\\(" \
  'nothing that cannot tell a failure' '(aws|net|registry|report|[a-z-]*\.c)'
none "$word(malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf|reallocarray) *\\(" \
  'memory comes from base/xalloc' '(aws|net|registry|report|[a-z-]*\.c)'
none "$word(printf|puts|putchar|perror|fprintf|vprintf|vfprintf|exit) *\\(" \
  'below the mains nothing is printed and nothing exits' '(aws|net|registry|report)/'
none "$word(exit|_exit|quick_exit) *\\(" 'base exits when memory is out, and by no other way' \
  'base/([^x]|x[^a])'
none '# *(ifndef|define) +(_|[A-Za-z0-9_]*__)' 'no name is reserved for the compiler'
none '# *include +<config\.h>' 'no header includes config.h' '[^:]*\.h'
none '# *pragma|NOLINT|cppcheck-suppress' 'no warning is silenced in the source'

# Every array has a length that is a constant: the compiler says so (-Wvla), if it is asked.
case " $(sed -n 's/^WARN_CFLAGS = *//p' "$builddir/Makefile") " in
  *' -Wvla '*) ok 'the compiler is asked about arrays on the stack' ;;
  *) not_ok 'the compiler is asked about arrays on the stack' ;;
esac

# ---- includes

: >"$tmp/late"
while read -r file; do
  case $file in
    *.c) [ "$(grep -m 1 -E '^#' "$file")" = '#include <config.h>' ] || echo "$file" >>"$tmp/late" ;;
  esac
done <"$tmp/files"
is "$(cat "$tmp/late")" '' 'config.h comes first in every .c'

arrows() {
  from=$1
  shift
  others=
  for folder in aws base net registry report; do
    case " $from $* " in
      *" $folder "*) ;;
      *) others="$others${others:+|}$folder" ;;
    esac
  done
  none "# *include +\"($others)/" "arrows: $from uses ${*:-itself} only" "$from/"
}
arrows base
arrows net base
arrows registry net base
arrows report registry base
arrows aws registry net base
