# Tests of a release: they take minutes, need a checkout, the tools of distributions and (for clean
# roots of Debian) to be root and the network. One after the other, or each by its name. What they
# made of the last commit stays in release/dist/ of the build folder.

RELEASE_CHECKS = flags tarball deb rpm bare installed coverage
RELEASE_TESTS = \
  tests/release/bare.sh \
  tests/release/coverage.sh \
  tests/release/deb.sh \
  tests/release/flags.sh \
  tests/release/installed.sh \
  tests/release/rpm.sh \
  tests/release/tarball.sh
EXTRA_DIST += tests/release/release.sh $(RELEASE_TESTS)

release-check:
	$(MAKE) check-faults check-streams
	@set -e; for each in $(RELEASE_CHECKS) pipeline; do $(MAKE) release-check-$$each; done
	$(MAKE) distcheck
	$(MAKE) check-kills
	$(MAKE) check-valgrind check-valgrind-programs
	$(MAKE) analyze-paths

$(RELEASE_CHECKS:%=release-check-%): all
	$(MAKE) check-TESTS TESTS='$(@:release-check-%=tests/release/%.sh)' \
	  TEST_SUITE_LOG=tests/release/test-suite.log

# Whether the tests of the pipeline would see a part of it missing.
PIPELINE_MUTATIONS = tests/peers/pipeline-mutations.sh
EXTRA_DIST += tests/peers/pipeline-mutations.py $(PIPELINE_MUTATIONS)
release-check-pipeline: all peers/python.stamp
	$(MAKE) check-TESTS TESTS='$(PIPELINE_MUTATIONS)' TEST_SUITE_LOG=tests/peers/release-suite.log

clean-local: clean-release
clean-release:
	rm -rf release

.PHONY: release-check release-check-pipeline $(RELEASE_CHECKS:%=release-check-%) clean-release
