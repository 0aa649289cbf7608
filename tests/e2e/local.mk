# End-to-end tests: shell scripts, one a topic, that run the installed-to-be programs.

E2E_TESTS =

TESTS += $(E2E_TESTS)
EXTRA_DIST += $(E2E_TESTS)
