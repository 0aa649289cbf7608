# The compiler and linker flags that are ours. They go to AM_CFLAGS,
# AM_CPPFLAGS and AM_LDFLAGS; CFLAGS, CPPFLAGS and LDFLAGS are the user's.

# OCIDUP_TRY_CFLAG(FLAG, VARIABLE): append FLAG to VARIABLE if the compiler takes it.
AC_DEFUN([OCIDUP_TRY_CFLAG], [
  AS_VAR_PUSHDEF([cache], [ocidup_cv_cflag_$1])
  AC_CACHE_CHECK([whether $CC accepts $1], [cache], [
    ocidup_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [[puts("");]])],
      [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    CFLAGS=$ocidup_save_CFLAGS])
  AS_VAR_IF([cache], [yes], [$2="$$2 $1"])
  AS_VAR_POPDEF([cache])
])

# OCIDUP_TRY_LDFLAG(FLAG, VARIABLE): append FLAG to VARIABLE if the linker takes it.
AC_DEFUN([OCIDUP_TRY_LDFLAG], [
  AS_VAR_PUSHDEF([cache], [ocidup_cv_ldflag_$1])
  AC_CACHE_CHECK([whether the linker accepts $1], [cache], [
    ocidup_save_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS $1"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
      [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    LDFLAGS=$ocidup_save_LDFLAGS])
  AS_VAR_IF([cache], [yes], [$2="$$2 $1"])
  AS_VAR_POPDEF([cache])
])

# OCIDUP_WARNINGS: WARN_CFLAGS, and --enable-werror.
AC_DEFUN([OCIDUP_WARNINGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [make warnings errors (for those who work on ocidup)])],
    [], [enable_werror=no])
  WARN_CFLAGS=
  dnl The last one: json-c's loop over an object is such an expression where there are any.
  m4_foreach_w([flag], [-Wall -Wextra -Wpedantic -Wformat=2 -Wshadow -Wstrict-prototypes
      -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wcast-qual
      -Wundef -Wvla -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion -Wconversion
      -Wno-sign-conversion -Wno-gnu-statement-expression],
    [OCIDUP_TRY_CFLAG(flag, [WARN_CFLAGS])])
  AS_IF([test "$enable_werror" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AC_SUBST([WARN_CFLAGS])
])

# OCIDUP_HARDENING: HARDEN_CPPFLAGS, HARDEN_CFLAGS, HARDEN_LDFLAGS, and --disable-hardening.
AC_DEFUN([OCIDUP_HARDENING], [
  AC_ARG_ENABLE([hardening],
    [AS_HELP_STRING([--disable-hardening], [build without PIE, RELRO, stack protector and FORTIFY])],
    [], [enable_hardening=yes])
  HARDEN_CPPFLAGS= HARDEN_CFLAGS= HARDEN_LDFLAGS=
  AS_IF([test "$enable_hardening" = yes], [
    m4_foreach_w([flag], [-fPIE -fstack-protector-strong -fstack-clash-protection
        -fcf-protection -ftrivial-auto-var-init=zero],
      [OCIDUP_TRY_CFLAG(flag, [HARDEN_CFLAGS])])
    m4_foreach([flag], [[-pie], [-Wl,-z,relro], [-Wl,-z,now], [-Wl,-z,noexecstack]],
      [OCIDUP_TRY_LDFLAG(m4_defn([flag]), [HARDEN_LDFLAGS])])
    dnl FORTIFY needs optimisation and does not go with the sanitizers' own checks;
    dnl a level that the user or the distribution chose stays theirs.
    AS_CASE([" $CPPFLAGS $CFLAGS "],
      [*FORTIFY_SOURCE*], [],
      [*" -O"@<:@123sz@:>@*], [AS_IF([test "${enable_sanitizers:-no}" = no],
          [HARDEN_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])])
  AC_SUBST([HARDEN_CPPFLAGS])
  AC_SUBST([HARDEN_CFLAGS])
  AC_SUBST([HARDEN_LDFLAGS])
])

# OCIDUP_COVERAGE: COVERAGE_CFLAGS, and --enable-coverage.
AC_DEFUN([OCIDUP_COVERAGE], [
  AC_ARG_ENABLE([coverage],
    [AS_HELP_STRING([--enable-coverage], [build so that `make coverage` can tell what the tests run (gcc)])],
    [], [enable_coverage=no])
  COVERAGE_CFLAGS=
  AS_IF([test "$enable_coverage" = yes], [COVERAGE_CFLAGS="--coverage -O0 -fprofile-update=atomic"
    HARDEN_CPPFLAGS=])
  AC_SUBST([COVERAGE_CFLAGS])
])

# OCIDUP_SANITIZERS: SANITIZE_CFLAGS, and --enable-sanitizers.
AC_DEFUN([OCIDUP_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers], [build with AddressSanitizer and UndefinedBehaviorSanitizer])],
    [], [enable_sanitizers=no])
  SANITIZE_CFLAGS=
  AS_IF([test "$enable_sanitizers" = yes],
    [SANITIZE_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"])
  AC_SUBST([SANITIZE_CFLAGS])
])

dnl OCIDUP_TAR: what `make dist` calls, so that the same commit gives the same tarball: nothing in it
dnl is of the builder, the order of his file system, his umask or his clock. Needs GNU tar; another
dnl makes a tarball, too, but not that one.
AC_DEFUN([OCIDUP_TAR], [
  AC_REQUIRE([AM_INIT_AUTOMAKE])
  AC_MSG_CHECKING([for a tar that makes reproducible archives])
  AS_IF([AS_ECHO([]) >conftest.tar-in && LC_ALL=C ${TAR-tar} --sort=name --mtime=@0 \
      --mode=go=rX,u+rw --owner=0 --group=0 --numeric-owner -cf /dev/null conftest.tar-in 2>/dev/null],
    [AC_MSG_RESULT([yes])
    am__tar='epoch=`sh $(top_srcdir)/build-aux/version --epoch` && LC_ALL=C $${TAR-tar} chf - --format=ustar --sort=name --mtime=@$$epoch --mode=go=rX,u+rw --owner=0 --group=0 --numeric-owner "$$tardir"'],
    [AC_MSG_RESULT([no])])
  rm -f conftest.tar-in
])
