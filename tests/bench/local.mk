# How fast: `make bench` measures the programs beside others, which `make bench-install` brings; HACKING
# tells more. What is here is built by `make check`, too, where tests/bench/smoke.sh runs it small.

BENCH_TOOLS = tests/bench/bench-data tests/bench/bench-server tests/bench/measure
check_PROGRAMS += $(BENCH_TOOLS)
tests_bench_bench_data_SOURCES = tests/bench/bench-data.c
tests_bench_bench_data_LDADD =
tests_bench_bench_server_SOURCES = tests/bench/bench-server.c tests/bench/bench-images.c \
  tests/bench/bench-images.h
tests_bench_bench_server_LDADD = $(CRYPTO_LIBS)
tests_bench_measure_SOURCES = tests/bench/measure.c
tests_bench_measure_LDADD =

BENCH_TESTS = tests/bench/smoke.sh
TESTS += $(BENCH_TESTS)
EXTRA_DIST += \
  tests/bench/bench \
  tests/bench/compare.awk \
  tests/bench/few.awk \
  tests/bench/lib.sh \
  tests/bench/list.sh \
  tests/bench/match.sh \
  tests/bench/peer-boto3.py \
  tests/bench/requirements.txt \
  tests/bench/resolve.sh \
  tests/bench/reuse.sh \
  tests/bench/row.awk \
  tests/bench/same.sh \
  tests/bench/servers.sh \
  tests/bench/start.sh \
  tests/bench/table.awk \
  $(BENCH_TESTS)

# The parts, or all.
BENCH = all
BENCH_SCALE = normal
BENCH_PAIRS = 5
bench: all $(BENCH_TOOLS)
	@BENCH_SCALE='$(BENCH_SCALE)' BENCH_PAIRS='$(BENCH_PAIRS)' $(SHELL) '$(srcdir)/tests/bench/bench' $(BENCH)

# Of the last run, what README.md shows under "How fast".
bench-readme:
	@test -r bench/results.tsv || { echo 'bench-readme: make bench comes first' >&2; exit 1; }
	@awk -f '$(srcdir)/tests/bench/few.awk' bench/results.tsv | awk -v narrow=1 -f '$(srcdir)/tests/bench/table.awk'

# Whether the last two runs agree, within the noise that they state.
bench-compare:
	@awk -f '$(srcdir)/tests/bench/compare.awk' $$(ls bench/runs/*.tsv | tail -n 2)

# What the programs are set beside: the distribution's, PyPI's and Go's.
bench-install: bench/python.stamp peers/crane
	$(MKDIR_P) bench/bin
	cd bench/bin && rm -f aws crane duckdb bench-python && \
	  $(LN_S) ../python/bin/aws aws && $(LN_S) ../../peers/crane crane && \
	  $(LN_S) ../python/lib/python*/site-packages/duckdb_cli/duckdb duckdb
	printf '#!/bin/sh\nexec "%s" "$$@"\n' '$(abs_builddir)/bench/python/bin/python' >bench/bin/bench-python
	chmod +x bench/bin/bench-python
	'$(srcdir)/bootstrap' --bench

bench/python.stamp: tests/bench/requirements.txt
	rm -rf bench/python
	$(MKDIR_P) bench
	python3 -m venv bench/python
	bench/python/bin/pip install --quiet --disable-pip-version-check -r '$(srcdir)/tests/bench/requirements.txt'
	touch $@

clean-local: clean-bench
clean-bench:
	rm -rf bench


.PHONY: bench bench-compare bench-install bench-readme clean-bench
