# Peers: programs of other people that must see what we see. They come from PyPI, npm and Go's module
# proxy into peers/ of the build folder, so this is no part of `make check`. What cannot be installed
# is a failure, not a skip.

# The longest first.
PEER_TESTS = \
  tests/peers/pipeline-failures.sh \
  tests/peers/pipeline.sh \
  tests/peers/aws-cli.sh \
  tests/peers/cfn-readme.sh \
  tests/peers/cfn-teardown.sh \
  tests/peers/cfn-templates.sh \
  tests/peers/crane.sh \
  tests/peers/credentials.sh \
  tests/peers/endpoints.sh \
  tests/peers/html.sh \
  tests/peers/junit.sh \
  tests/peers/moto.sh \
  tests/peers/streams.sh

EXTRA_DIST += \
  tests/peers/aws-cli.py \
  tests/peers/cfn-actions.tsv \
  tests/peers/cfn-policy.py \
  tests/peers/cfn-server.py \
  tests/peers/cfn-stacks.json \
  tests/peers/cfn-teardown.py \
  tests/peers/cfn-templates.py \
  tests/peers/cfn_moto.py \
  tests/peers/cfn_tap.py \
  tests/peers/cfn_written.py \
  tests/peers/credentials.py \
  tests/peers/endpoints.py \
  tests/peers/html.js \
  tests/peers/moto-server.py \
  tests/peers/package-lock.json \
  tests/peers/package.json \
  tests/peers/pipeline-lib.sh \
  tests/peers/requirements.txt \
  $(PEER_TESTS)

# What botocore's choice of keys is compared with.
check_PROGRAMS += tests/peers/print-credentials
tests_peers_print_credentials_SOURCES = tests/peers/print-credentials.c

# The newest that the Go of Debian 12 builds.
CRANE = github.com/google/go-containerregistry/cmd/crane@v0.16.1

check-peers: all tests/peers/print-credentials tests/unit/check-region peers/python.stamp peers/crane peers/junit-10.xsd peers/node.stamp
	$(MAKE) check-TESTS TESTS='$(PEER_TESTS)' TEST_SUITE_LOG=tests/peers/test-suite.log

peers/python.stamp: tests/peers/requirements.txt
	rm -rf peers/python
	$(MKDIR_P) peers
	python3 -m venv peers/python
	peers/python/bin/pip install --quiet --disable-pip-version-check -r '$(srcdir)/tests/peers/requirements.txt'
	touch $@

# The schema of Jenkins's xUnit plugin, as pytest has it for its own tests.
PYTEST = 8.3.4
peers/junit-10.xsd: peers/python.stamp
	peers/python/bin/pip download --quiet --disable-pip-version-check --no-deps \
	  --no-binary=pytest --dest=peers 'pytest==$(PYTEST)'
	tar -xzf 'peers/pytest-$(PYTEST).tar.gz' -O \
	  'pytest-$(PYTEST)/testing/example_scripts/junit-10.xsd' >$@.tmp
	mv $@.tmp $@

# By the versions and hashes of package-lock.json; the browser is the distribution's.
peers/node.stamp: tests/peers/package.json tests/peers/package-lock.json
	rm -rf peers/node
	$(MKDIR_P) peers/node
	cp '$(srcdir)/tests/peers/package.json' '$(srcdir)/tests/peers/package-lock.json' peers/node
	cd peers/node && npm ci --silent --ignore-scripts --no-audit --no-fund
	touch $@

peers/crane:
	$(MKDIR_P) peers
	GOBIN='$(abs_builddir)/peers' GOFLAGS=-modcacherw go install $(CRANE)

clean-local: clean-peers
clean-peers:
	rm -rf peers

.PHONY: check-peers clean-peers
