#!/bin/sh
# What the compiler and the linker were asked for is in the built programs. Nothing is looked for
# that the user turned off: --disable-hardening, --enable-sanitizers, CFLAGS without optimisation.

# shellcheck source=tests/e2e/lib.sh
. "${srcdir:-.}/tests/e2e/lib.sh"
needs readelf objdump

# configured NAME: the value of a variable of configure.
configured() {
  sed -n "s/^$1 = *//p" "$builddir/Makefile"
}
case $("$builddir/config.status" --config) in
  *--disable-hardening* | *--enable-hardening=no*)
    plan 0
    exit 0
    ;;
esac
[ -z "$(configured SANITIZE_CFLAGS)" ] || sanitized=yes
machine=$(readelf -h "$builddir/match-report" | sed -n 's/^ *Machine: *//p')

for program in resolve-digest list-ecr list-registry match-report; do
  file=$builddir/$program
  headers=$(readelf -hlW "$file")
  dynamic=$(readelf -dW "$file")
  symbols=$(readelf -sW "$file")
  like "$headers" '^ *Type: *DYN' "$program: position independent"
  like "$dynamic" 'FLAGS_1.* PIE' "$program: an executable so"
  like "$headers" '^ *GNU_STACK .* RW +0x' "$program: no code on the stack"
  unlike "$headers" '^ *LOAD .* RWE ' "$program: nothing to write to is code"
  like "$headers" '^ *GNU_RELRO ' "$program: relocations are read-only"
  like "$dynamic" 'FLAGS.*(BIND_NOW|NOW)' "$program: all of them, being bound at the start"
  unlike "$dynamic" '\((RPATH|RUNPATH)\)' "$program: libraries from nowhere else"
  unlike "$dynamic" '\(TEXTREL\)' "$program: no relocations in code"
  like "$symbols" '__stack_chk_fail' "$program: stacks are watched"
  case ${sanitized-}$(configured CPPFLAGS)$(configured HARDEN_CPPFLAGS)$dynamic in
    yes*) ;;
    *_FORTIFY_SOURCE=[23]*libc.so.6*)
      like "$symbols" '__v?snprintf_chk' "$program: library calls know their buffers"
      ;;
    *libc.so.6*)
      case " $(configured CFLAGS) " in
        *' -O'[123sz]*) not_ok "$program: _FORTIFY_SOURCE" ;;
      esac
      ;;
  esac
done

case $machine in *X86-64*)
  # The linker drops the mark of the whole where the system's own start files lack it.
  objects=$(readelf -nW "$builddir/libocidup.a" | grep -c 'x86 feature.*IBT.*SHSTK')
  files=$("${AR:-ar}" t "$builddir/libocidup.a" | wc -l)
  is "$objects" "$files" 'all objects: jumps lead to marked places only'
  # A function with a buffer of more than a page touches each page of it.
  [ -n "${sanitized-}" ] ||
    like "$(objdump -d --no-show-raw-insn "$builddir/list-ecr")" 'or[a-z]* +\$0x0,(0x[0-9a-f]+)?\(%rsp' \
      'the stack grows page by page'
  ;;
esac

# ---- every object was built so, which one flag in a program does not tell, or the system's own habit hides

flags=" $(configured HARDEN_CFLAGS) $(configured CFLAGS) $(configured HARDEN_LDFLAGS) $(configured LDFLAGS) "
compiler=$(configured CC)
echo 'int main(void) { return 0; }' >"$tmp/main.c"
for flag in -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection \
  -ftrivial-auto-var-init=zero -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack; do
  # shellcheck disable=SC2086 # CC may be a command with options
  if $compiler -Werror -fPIE "$flag" -o "$tmp/main" "$tmp/main.c" 2>/dev/null; then
    like "$flags" " $flag " "configured: $flag"
  fi
done
