# End-to-end tests: shell scripts, one a topic, that run the installed-to-be programs.

# The longest first, so that none of them is left running alone at the end.
E2E_TESTS = \
  tests/e2e/secrets.sh \
  tests/e2e/cloud-scale.sh \
  tests/e2e/cloud-demo.sh \
  tests/e2e/cloud-ecr.sh \
  tests/e2e/cloud-pipeline.sh \
  tests/e2e/cloud-run.sh \
  tests/e2e/cloud-token.sh \
  tests/e2e/ecr-accounts.sh \
  tests/e2e/ecr-dry-run.sh \
  tests/e2e/ecr-expiry.sh \
  tests/e2e/ecr-failures.sh \
  tests/e2e/ecr-keys.sh \
  tests/e2e/ecr-listing.sh \
  tests/e2e/ecr-pages.sh \
  tests/e2e/ecr-same.sh \
  tests/e2e/ecr-source.sh \
  tests/e2e/hardening.sh \
  tests/e2e/interrupt.sh \
  tests/e2e/html.sh \
  tests/e2e/killed.sh \
  tests/e2e/kills.sh \
  tests/e2e/kin.sh \
  tests/e2e/ladder.sh \
  tests/e2e/lists.sh \
  tests/e2e/manual.sh \
  tests/e2e/match-input.sh \
  tests/e2e/match-jobs.sh \
  tests/e2e/memory.sh \
  tests/e2e/missing.sh \
  tests/e2e/origins.sh \
  tests/e2e/programs.sh \
  tests/e2e/progress.sh \
  tests/e2e/proxy.sh \
  tests/e2e/readme.sh \
  tests/e2e/registry-list.sh \
  tests/e2e/registry-login.sh \
  tests/e2e/registry-quota.sh \
  tests/e2e/registry-tokens.sh \
  tests/e2e/resolve-input.sh \
  tests/e2e/resolve-jobs.sh \
  tests/e2e/resolve-reuse.sh \
  tests/e2e/source-rules.sh \
  tests/e2e/within.sh

check_PROGRAMS += tests/e2e/kill-after tests/e2e/kill-at
tests_e2e_kill_after_SOURCES = tests/e2e/kill-after.c
tests_e2e_kill_after_LDADD =
tests_e2e_kill_at_SOURCES = tests/e2e/kill-at.c
tests_e2e_kill_at_LDADD =

# The same as in `make check`, more often: KILLS of the report, and as many of a producer's stream.
KILLS = 200
KILL_SEED = 1
check-kills: all-am $(check_PROGRAMS)
	KILLS='$(KILLS)' KILL_SEED='$(KILL_SEED)' $(MAKE) check-TESTS \
	  TESTS='tests/e2e/killed.sh tests/e2e/kills.sh' TEST_SUITE_LOG=tests/e2e/kills-suite.log
.PHONY: check-kills

TESTS += $(E2E_TESTS)
EXTRA_DIST += tests/e2e/lib.sh tests/e2e/ecr.sh tests/e2e/ecr-images.py \
  tests/e2e/html-check.py tests/e2e/html-records.py tests/e2e/keep.c tests/e2e/keys.sh tests/e2e/memory.py \
  tests/e2e/origins.py \
  tests/e2e/progress.py tests/e2e/records.sh tests/e2e/registry-stub tests/e2e/secrets.py \
  tests/e2e/secrets_told.py tests/e2e/token-stub \
  tests/e2e/web.py $(E2E_TESTS)
