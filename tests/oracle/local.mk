# The join against a slow one in Python. A longer search: make check-oracle ORACLE_SECONDS=600
# ORACLE_SEED=2 (a seed is as good as any other, and gives the same worlds again).

ORACLE_TESTS = tests/oracle/oracle.sh tests/oracle/reuse.sh
TESTS += $(ORACLE_TESTS)
EXTRA_DIST += tests/oracle/compare.py tests/oracle/found.txt tests/oracle/oracle.py tests/oracle/reuse.py \
  tests/oracle/worlds.py $(ORACLE_TESTS)

check_PROGRAMS += tests/oracle/answer
tests_oracle_answer_SOURCES = tests/oracle/answer.c

ORACLE_SECONDS = 60
ORACLE_SEED = 1
check-oracle: match-report tests/oracle/answer
	PYTHONDONTWRITEBYTECODE=1 python3 '$(srcdir)/tests/oracle/compare.py' \
	  --seconds='$(ORACLE_SECONDS)' --seed='$(ORACLE_SEED)'
.PHONY: check-oracle
