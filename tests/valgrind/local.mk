# The modules and the programs, in valgrind: nothing is read that was not written, nothing lost, and
# no descriptor forgotten. What it says of each process is in valgrind/.

EXTRA_DIST += tests/valgrind/run tests/valgrind/told
VALGRIND_RUN = '$(abs_top_srcdir)/tests/valgrind/run'
VALGRIND_TOLD = '$(srcdir)/tests/valgrind/told'

# Each test of a module in the one process, so that it is looked at; descriptors are its own business.
check-valgrind:
	rm -rf valgrind/modules && $(MKDIR_P) valgrind/modules
	CK_FORK=no CK_EXCLUDE_TAGS=native CK_TIMEOUT_MULTIPLIER=100 $(MAKE) check \
	  TESTS='$(UNIT_TESTS) $(FUZZ_TARGETS)' LOG_COMPILER="$(VALGRIND_RUN) valgrind/modules/log"
	@$(VALGRIND_TOLD) valgrind/modules

# The programs, in all scripts but those
#   that measure or limit time: ecr-expiry, ecr-keys, ecr-source, progress;
#   that look at a process from outside, in which valgrind is then found: hardening, memory;
#   that close standard output, which valgrind then takes for its own: programs;
#   that start a program which is not there, told by a status 127 where valgrind forks: registry-login;
#   that start programs by the thousand, of which each takes a second: killed, kills, secrets;
#   that have little of the programs in them: cloud-*, manual, readme, source-rules.
VALGRIND_WITHOUT = cloud-% ecr-expiry ecr-keys ecr-source hardening killed kills manual memory progress \
  programs readme registry-login secrets source-rules
VALGRIND_E2E = $(filter-out $(VALGRIND_WITHOUT:%=tests/e2e/%.sh),$(E2E_TESTS))
check-valgrind-programs: all-am $(check_PROGRAMS)
	rm -rf valgrind/programs valgrind/bin && $(MKDIR_P) valgrind/programs valgrind/bin
	@for program in $(bin_PROGRAMS); do \
	  printf '#!/bin/sh\nexec "%s" "%s" %s "%s" "$$@"\n' $(VALGRIND_RUN) \
	    "$(abs_builddir)/valgrind/programs/$$program" '--track-fds=yes --child-silent-after-fork=yes' \
	    "$(abs_builddir)/$$program" >valgrind/bin/$$program && chmod +x valgrind/bin/$$program || exit 1; \
	done
	TEST_PROGRAMS='$(abs_builddir)/valgrind/bin' $(MAKE) check-TESTS TESTS='$(VALGRIND_E2E)' \
	  TEST_SUITE_LOG=valgrind/programs.log
	@$(VALGRIND_TOLD) valgrind/programs

clean-local: clean-valgrind
clean-valgrind:
	rm -rf valgrind
.PHONY: check-valgrind check-valgrind-programs clean-valgrind
