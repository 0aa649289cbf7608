# Faults: every program with everything that a network, a server and a machine can do to it. A slice
# of the matrix is part of `make check`; the whole takes minutes.

FAULT_TESTS = tests/faults/faults.sh
TESTS += $(FAULT_TESTS)
EXTRA_DIST += tests/faults/cell.py tests/faults/faults.py tests/faults/helpers.py tests/faults/judge.py tests/faults/lies.py \
  tests/faults/machine.py tests/faults/matrix.py tests/faults/refusals.py \
  tests/faults/server.py tests/faults/shapes.py tests/faults/soak.py tests/faults/streams.py tests/faults/table.py \
  tests/faults/tls.py tests/faults/wire.py tests/faults/world.py \
  $(FAULT_TESTS)

# All of it. In a build with sanitizers: FAULTS_PATIENCE=5.
check-faults: all
	FAULTS_OPTIONS= $(MAKE) check-TESTS TESTS='$(FAULT_TESTS)' \
	  TEST_SUITE_LOG=tests/faults/test-suite.log

# All of HTTP/2.
check-streams: all peers/python.stamp
	FAULTS_OPTIONS= $(MAKE) check-TESTS TESTS=tests/peers/streams.sh \
	  TEST_SUITE_LOG=tests/faults/test-suite.log

# Figures of a long run, with faults at 5 % of the answers: make soak SOAK_SECONDS=600
SOAK_SECONDS = 600
soak: all
	top_srcdir='$(abs_top_srcdir)' builddir='$(abs_builddir)' python3 \
	  $(top_srcdir)/tests/faults/soak.py --seconds=$(SOAK_SECONDS)
.PHONY: check-faults check-streams soak
