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
  tests/bench/lib.sh \
  tests/bench/match.sh \
  tests/bench/row.awk \
  tests/bench/table.awk \
  $(BENCH_TESTS)

# The parts, or all.
BENCH = all
BENCH_SCALE = normal
BENCH_PAIRS = 5
bench: all $(BENCH_TOOLS)
	@BENCH_SCALE='$(BENCH_SCALE)' BENCH_PAIRS='$(BENCH_PAIRS)' $(SHELL) '$(srcdir)/tests/bench/bench' $(BENCH)

clean-local: clean-bench
clean-bench:
	rm -rf bench

.PHONY: bench clean-bench
