# Tests: `make check` needs packages of the distribution only. Each program or script speaks TAP.

TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
# A unit test that takes 20 seconds hangs; one that takes 4 may be on a machine with much to do.
AM_TESTS_ENVIRONMENT = \
  srcdir='$(srcdir)'; export srcdir; \
  builddir='$(abs_builddir)'; export builddir; \
  top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
  PATH='$(abs_builddir)':"$$PATH"; export PATH; \
  CK_TIMEOUT_MULTIPLIER="$${CK_TIMEOUT_MULTIPLIER-5}"; export CK_TIMEOUT_MULTIPLIER;

include tests/unit/local.mk
include tests/e2e/local.mk
include tests/faults/local.mk
include tests/fuzz/local.mk
include tests/oracle/local.mk
include tests/mutation/local.mk
include tests/peers/local.mk
include tests/bench/local.mk
include tests/valgrind/local.mk
include tests/release/local.mk

# The modules, and the programs on bad input: what is worth running in a sanitizer build each time.
# (All of `make check` runs there, too.)
MEMORY_TESTS = $(UNIT_TESTS) $(FUZZ_TARGETS) tests/e2e/ecr-failures.sh tests/e2e/match-input.sh \
  tests/e2e/registry-list.sh tests/e2e/resolve-input.sh
check-memory:
	$(MAKE) check TESTS='$(MEMORY_TESTS)'

# `make distcheck` with what a tarball can break: it lacks a file, or a test wants to write where it
# lies, or to read where it was built. (All of `make check` runs from a tarball in release-check.)
TARBALL_TESTS = $(UNIT_TESTS) $(FUZZ_TARGETS) tests/e2e/html.sh tests/e2e/kin.sh tests/e2e/lists.sh \
  tests/e2e/manual.sh tests/e2e/match-input.sh tests/e2e/programs.sh
check-tarball:
	$(MAKE) distcheck TESTS='$(TARBALL_TESTS)'
	@tar -tf '$(distdir).tar.xz' | sed 's,^[^/]*/,,' | LC_ALL=C sort >tarball.list; \
	git -C '$(srcdir)' ls-files | grep -v '^\.ci/' | LC_ALL=C sort | comm -23 - tarball.list >tarball.lacks; \
	if test -s tarball.lacks; then sed 's/^/the tarball lacks /' tarball.lacks; exit 1; fi
CLEANFILES += tarball.list tarball.lacks
.PHONY: check-memory check-tarball

# What of src/ the unit and end-to-end tests run, in a build with --enable-coverage. That some fail
# which look at a program more closely than its instrumentation lets them is no matter.
coverage:
	@test -n '$(COVERAGE_CFLAGS)' || { echo 'coverage: configure with --enable-coverage' >&2; exit 1; }
	find . -name '*.gcda' -exec rm -f '{}' +
	-$(MAKE) -k check TESTS='$(UNIT_TESTS) $(E2E_TESTS)'
	gcovr --root '$(srcdir)' --filter '(.*/)?src/.*\.[ch]$$' --exclude '.*/page\.c$$' --print-summary --fail-under-line 90 --fail-under-branch 80 \
	  --gcov-ignore-parse-errors -o coverage.txt .
CLEANFILES += coverage.txt
.PHONY: coverage
