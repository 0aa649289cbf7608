# How fast: what is built and run by `make bench` alone.

EXTRA_PROGRAMS += tests/bench/bench-server
tests_bench_bench_server_SOURCES = tests/bench/bench-server.c tests/bench/bench-images.c \
  tests/bench/bench-images.h
tests_bench_bench_server_LDADD = $(CRYPTO_LIBS)
CLEANFILES += tests/bench/bench-server
